package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/svcgate/svcgate"
)

// call is one call of the history: a Begin under a key on a card, or the Finish that frees the card.
type call struct {
	id        string
	key, card int
	finish    bool
}

// answer says which transaction has the key, or holds the card; both empty: it was done.
type answer struct{ earlier, heldBy string }

// shelf is the state of the model: who has which key, and who holds which card.
type shelf struct{ keys, cards [3]string }

var journalModel = porcupine.Model{
	Init: func() any { return shelf{} },
	Step: func(state, input, output any) (bool, any) {
		s, c, a := state.(shelf), input.(call), output.(answer)
		switch {
		case c.finish:
			ok := s.cards[c.card] == c.id
			s.cards[c.card] = ""
			return ok && a == answer{}, s
		case s.keys[c.key] != "":
			return a == answer{earlier: s.keys[c.key]}, s
		case s.cards[c.card] != "":
			return a == answer{heldBy: s.cards[c.card]}, s
		}
		s.keys[c.key], s.cards[c.card] = c.id, c.id
		return a == answer{}, s
	},
}

// testLinearizable lets several callers work at once on few keys and cards, and looks for an order of their calls, each
// at an instant between its start and its end, in which one after the other would have had the same answers.
func testLinearizable(t *testing.T, open Open) {
	ctx := context.Background()
	t.Run("history", func(t *testing.T) {
		t.Parallel()
		for round := range 8 {
			seed := uint64(time.Now().UnixNano())
			db := opened(t, open)
			if history := work(t, db, seed); !porcupine.CheckOperations(journalModel, history) {
				t.Errorf("round %d, seed %d: no order explains the answers: %+v", round, seed, history)
			}
		}
	})
	t.Run("the model refuses what is wrong", func(t *testing.T) {
		t.Parallel()
		one, other := call{id: "a"}, call{id: "b", key: 1}
		for name, answers := range map[string][2]answer{
			"two hold a card": {{}, {}}, "each waits for the other": {{heldBy: "b"}, {heldBy: "a"}}, "held by nobody": {{}, {heldBy: "c"}},
		} {
			history := []porcupine.Operation{
				{Input: one, Output: answers[0], Call: 1, Return: 3}, {Input: other, Output: answers[1], Call: 2, Return: 4},
			}
			if porcupine.CheckOperations(journalModel, history) {
				t.Errorf("%s: the model takes it", name)
			}
		}
	})
	t.Run("200 at once on one card, one begins", func(t *testing.T) {
		t.Parallel()
		db := opened(t, open)
		var began atomic.Int32
		var all sync.WaitGroup
		for n := range 200 {
			all.Go(func() {
				_, err := db.Begin(ctx, onCard(t, n, svcgate.Recharge))
				if _, held := errors.AsType[*svcgate.CardHeldError](err); err == nil {
					began.Add(1)
				} else if !held {
					t.Errorf("Begin: %v", err)
				}
			})
		}
		all.Wait()
		if began.Load() != 1 {
			t.Errorf("%d began", began.Load())
		}
	})
}

// work is the history of some callers.
func work(t *testing.T, db Database, seed uint64) []porcupine.Operation {
	t.Helper()
	const callers, calls = 6, 12
	var clock atomic.Int64
	var number atomic.Int32
	histories := make([][]porcupine.Operation, callers)
	var all sync.WaitGroup
	for who := range callers {
		random := rand.New(rand.NewPCG(seed, uint64(who)))
		all.Go(func() {
			var mine *call
			for range calls {
				c := call{key: random.IntN(3), card: random.IntN(3)}
				if mine != nil {
					c = *mine
					c.finish = true
				} else {
					c.id = name(int(number.Add(1)))
				}
				op := porcupine.Operation{ClientId: who, Input: c, Call: clock.Add(1)}
				a, err := do(t, db, c)
				op.Output, op.Return = a, clock.Add(1)
				if err != nil {
					t.Errorf("seed %d: %v", seed, err)
					return
				}
				histories[who] = append(histories[who], op)
				mine = nil
				if a == (answer{}) && !c.finish {
					mine = &c
				}
			}
		})
	}
	all.Wait()
	var history []porcupine.Operation
	for _, h := range histories {
		history = append(history, h...)
	}
	return history
}

func do(t *testing.T, db Database, c call) (answer, error) {
	tx := sent(t, 1)
	tx.ID, tx.Key, tx.CardPrint = c.id, fmt.Sprintf("key-%d", c.key), fmt.Sprintf("card-%d", c.card)
	if c.finish {
		return answer{}, db.Finish(context.Background(), finished(t, tx), answered())
	}
	earlier, err := db.Begin(context.Background(), tx)
	if held, ok := errors.AsType[*svcgate.CardHeldError](err); ok {
		return answer{heldBy: held.TransactionID}, nil
	}
	if earlier != nil {
		return answer{earlier: earlier.ID}, err
	}
	return answer{}, err
}
