package svcgate_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// A first answer about a card may be another card's; the card's own account must be believed in the end.
func TestAnotherAccountIsBelievedTheThirdTimeInARow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		named []string // accounts of the answers, one after the other
		wrong []bool   // refused as another card's
	}{
		"the known one":         {[]string{"5120", "5120"}, []bool{false, false}},
		"none":                  {[]string{"", "5121", ""}, []bool{false, true, false}},
		"three in a row":        {[]string{"5121", "5121", "5121", "5121"}, []bool{true, true, false, false}},
		"the known one between": {[]string{"5121", "5121", "5120", "5121", "5121", "5121"}, []bool{true, true, false, true, true, false}},
		"different ones":        {[]string{"5121", "5122", "5121", "5122"}, []bool{true, true, true, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.journal.account = "5120"
			for i, account := range c.named {
				b.provider.reply.Account.ID = account
				b.provider.reply.TransactionID = strconv.Itoa(9000 + i)
				_, err := b.Do(t.Context(), "oms", "", request(t, draft(svcgate.Inquire)))
				if wrong := svcgate.CodeOf(err) == svcgate.CodeUnknown; wrong != c.wrong[i] || err != nil && !wrong {
					t.Fatalf("answer %d: %v", i, err)
				}
			}
		})
	}
}

// accountWorld answers inquiries with an account.
type accountWorld struct {
	*world
	account string
}

func (w accountWorld) Prepare(r *svcgate.Request, at time.Time) (svcgate.Message, error) {
	m, err := w.world.Prepare(r, at)
	return accountMessage{m, w.account}, err
}

type accountMessage struct {
	svcgate.Message
	account string
}

func (m accountMessage) Send(ctx context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	reply, x, err := m.Message.Send(ctx)
	reply.Account.ID = m.account
	return reply, x, err
}

// A balance of one account proves nothing of another: such an outcome is a person's to decide, and comes to the desk.
func TestReadingsOfTwoAccountsAreNotCompared(t *testing.T) {
	t.Parallel()
	w := &world{}
	b, tx := lose(t, svcgate.Recharge, w)
	b.journal.finished[tx.ID].Baseline.Account = "5120"
	b.journal.account = "5120"
	b.Providers["RLT"] = accountWorld{w, "5121"}
	b.sweep(t, minutes(20)...)
	got := b.journal.finished[tx.ID]
	if got.State != svcgate.StateDesk || got.Finding == nil || got.Finding.Verdict != svcgate.CannotTell {
		t.Fatalf("%s, finding %+v", got.State, got.Finding)
	}
	if w.sent[svcgate.Recharge] != 1 {
		t.Errorf("%d messages", w.sent[svcgate.Recharge])
	}
}
