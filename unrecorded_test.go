package svcgate_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// finishes counts what a journal is given to finish.
type finishes struct {
	*memory
	n int
}

func (f *finishes) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	f.n++
	return f.memory.Finish(ctx, t, x)
}

// Only what is in doubt is remembered: a journal that takes no writes is asked again and again.
func TestWhatWasNotBegunIsRememberedOnlyInDoubt(t *testing.T) {
	t.Parallel()
	split := draft(svcgate.Deposit)
	split.Authorization, split.Split = "", svcgate.SplitAuto
	for name, c := range map[string]struct {
		err       error
		remembers int
	}{
		"nothing was written": {errors.New("disk full"), 0},
		"unsure":              {fmt.Errorf("committing: %w", svcgate.ErrUnsure), 3},
	} {
		for op, d := range map[string]svcgate.Draft{"recharge": draft(svcgate.Recharge), "inquire": draft(svcgate.Inquire), "split": split} {
			t.Run(name+", "+op, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				f := &finishes{memory: b.journal}
				config := b.GatewayConfig
				config.Journal = f
				g, err := svcgate.NewGateway(config)
				if err != nil {
					t.Fatal(err)
				}
				b.journal.beginErr = c.err
				b.journal.holds = []svcgate.Hold{{Authorization: "9354", Order: "3242", CardPrint: b.Keys.Fingerprint("card", d.CardNumber),
					Amount: money(t, "11.07", "USD"), Remaining: money(t, "11.07", "USD")}}
				for range 3 {
					_, err := g.Do(t.Context(), "oms", "k", request(t, d))
					b.wantRefused(t, err, "journal_unavailable")
				}
				if n := g.Unrecorded(); n != c.remembers {
					t.Errorf("%d are remembered", n)
				}
				for range 2 {
					if _, err := g.Sweep(t.Context(), 10); err != nil {
						t.Fatal(err)
					}
				}
				if f.n != c.remembers || g.Unrecorded() != 0 {
					t.Errorf("the journal was given %d, %d are remembered still", f.n, g.Unrecorded())
				}
			})
		}
	}
}

// Answers that are known are not forgotten for more of them: nothing begins while there is no room.
func TestNothingBeginsWhileTooMuchIsUnrecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal.finishErr = errors.New("disk full")
	do := func(key string, op svcgate.Operation) (*svcgate.Result, error) {
		return b.Do(t.Context(), "oms", key, request(t, draft(op)))
	}
	for n := range svcgate.MaxUnrecorded - 1 {
		if _, err := do(fmt.Sprint(n), svcgate.Recharge); svcgate.CodeOf(err) != svcgate.CodeUnknown {
			t.Fatal(err)
		}
	}
	b.provider.during = func(context.Context) { // while the last one is under way another one ends
		b.provider.during = nil
		if _, err := do("meanwhile", svcgate.Inquire); svcgate.CodeOf(err) != svcgate.CodeUnknown {
			t.Error(err)
		}
	}
	open, err := do("last", svcgate.Recharge)
	if svcgate.CodeOf(err) != svcgate.CodeUnknown || b.Unrecorded() != svcgate.MaxUnrecorded+1 {
		t.Fatalf("%d wait, %v", b.Unrecorded(), err)
	}
	sent, begun := b.provider.sends.Load(), len(b.journal.rows)
	b.journal.finished[open.Transaction.ID] = open.Transaction // as another node left it
	for _, op := range []svcgate.Operation{svcgate.Recharge, svcgate.Inquire, svcgate.Generate} {
		_, err := do("too many", op)
		if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "journal_unavailable" || e.Code != svcgate.CodeOverloaded {
			t.Errorf("%s: %v", op, err)
		}
	}
	if err := b.LookInto(t.Context(), open.Transaction.ID); svcgate.CodeOf(err) != svcgate.CodeOverloaded {
		t.Errorf("looking: %v", err)
	}
	if res, err := do("last", svcgate.Recharge); res == nil || !res.Replayed || svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Errorf("the key again: %+v, %v", res, err)
	}
	if b.provider.sends.Load() != sent || len(b.journal.rows) != begun || b.Unrecorded() != svcgate.MaxUnrecorded+1 {
		t.Errorf("%d messages more, %d begun more, %d wait", b.provider.sends.Load()-sent, len(b.journal.rows)-begun, b.Unrecorded())
	}
	b.journal.finishErr = nil
	if _, err := b.Sweep(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	approved := 0
	for _, done := range b.journal.finished {
		if done.Outcome == svcgate.Approved {
			approved++
		}
	}
	if _, err := do("room", svcgate.Recharge); err != nil || approved != svcgate.MaxUnrecorded+1 || b.Unrecorded() != 0 {
		t.Errorf("%d are recorded, %d wait, and then: %v", approved, b.Unrecorded(), err)
	}
}

// sendsAgain is a journal that fails to move a void back to sent.
type sendsAgain struct {
	*memory
	err    error
	failed int
}

func (s *sendsAgain) SendAgain(ctx context.Context, id string, sends int, at time.Time) error {
	if s.err != nil {
		s.failed++
		return s.err
	}
	return s.memory.SendAgain(ctx, id, sends, at)
}

// What is remembered of a void that was not sent again must not end the one that is.
func TestAVoidIsNotSentAgainWhileTheJournalIsUnsureOfIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		waits  int
		voided int // messages before a sweep
	}{
		"nothing was written": {errors.New("disk full"), 0, 2},
		"unsure":              {svcgate.ErrUnsure, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			b, tx := lose(t, svcgate.Void, w)
			s := &sendsAgain{memory: b.journal, err: c.err}
			b.Decisions = s
			for range 10 {
				if b.now = b.now.Add(time.Minute); s.failed == 0 {
					_, _ = b.Sweep(t.Context(), 10) // tells the failure
				}
			}
			if s.failed != 1 || b.Unrecorded() != c.waits || w.sent[svcgate.Void] != 1 {
				t.Fatalf("failed %d times, %d wait, %d messages", s.failed, b.Unrecorded(), w.sent[svcgate.Void])
			}
			s.err, w.answers = nil, true
			if err := b.LookInto(t.Context(), tx.ID); err != nil || w.sent[svcgate.Void] != c.voided {
				t.Errorf("%d messages, %v", w.sent[svcgate.Void], err)
			}
			if c.waits == 0 {
				return
			}
			b.journal.finishErr = svcgate.ErrFinished // it was not kept
			_, _ = b.Sweep(t.Context(), 10)           // our own inquiry is not recorded then either
			b.journal.finishErr = nil
			b.sweep(t, minutes(3)...)
			if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Approved || w.sent[svcgate.Void] != 2 || b.Unrecorded() != 0 {
				t.Errorf("%s %s, %d messages, %d wait", got.State, got.Outcome, w.sent[svcgate.Void], b.Unrecorded())
			}
		})
	}
}
