package svcgate_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate"
)

// elsewhere puts another node's attempt on every card.
func (b *bench) elsewhere() {
	b.journal.held = &svcgate.CardHeldError{TransactionID: "txn_elsewhere", Operation: svcgate.Recharge, State: svcgate.StateSent}
	b.journal.rows["txn_elsewhere"] = &svcgate.Transaction{ID: "txn_elsewhere", State: svcgate.StateSent}
}

// ends gives it an outcome, or none that is known.
func (b *bench) ends(s svcgate.State) {
	b.journal.mu.Lock()
	defer b.journal.mu.Unlock()
	b.journal.rows["txn_elsewhere"] = &svcgate.Transaction{ID: "txn_elsewhere", State: s}
	b.journal.held.State = s
	if s != svcgate.StateUnresolved {
		b.journal.held = nil
	}
}

// wantRefused fails unless nothing was sent or begun and the error has the reason.
func (b *bench) wantRefused(t *testing.T, err error, reason string) {
	t.Helper()
	if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != reason || e.Code.MayHaveMoved() || b.provider.sends.Load() != 0 || len(b.journal.byKey) != 0 {
		t.Errorf("%d messages, %d begun, %v; want %s", b.provider.sends.Load(), len(b.journal.byKey), err, reason)
	}
}

func TestAnotherNodesOperationOnTheCardIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		ends   svcgate.State // after three seconds; "" never
		reason string
		least  time.Duration
	}{
		"it ends":               {svcgate.StateFinal, "", 3 * time.Second},
		"it goes to the desk":   {svcgate.StateDesk, "", 3 * time.Second},
		"nobody knows":          {svcgate.StateUnresolved, "card_unresolved", 3 * time.Second},
		"it goes on and on":     {"", "card_busy", svcgate.DefaultCallLimit},
		"the caller goes first": {"", "card_busy", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, began := newBench(t), time.Now()
				b.elsewhere()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.least == time.Second {
					time.AfterFunc(time.Second, cancel)
				}
				if c.ends != "" {
					time.AfterFunc(3*time.Second, func() { b.ends(c.ends) })
				}
				_, err := b.Do(ctx, "oms", "k", request(t, draft(svcgate.Recharge)))
				if took := time.Since(began); took < c.least || took > c.least+time.Second {
					t.Errorf("took %v", took)
				}
				if c.reason != "" {
					b.wantRefused(t, err, c.reason)
				} else if err != nil || b.provider.sends.Load() != 1 {
					t.Errorf("%d messages, %v", b.provider.sends.Load(), err)
				}
			})
		})
	}
}

// What this process could not record yet ends when the journal takes it, not by waiting.
func TestWhatIsNotRecordedYetIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, began := newBench(t), time.Now()
		b.journal.finishErr = errors.New("the disk")
		res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		if svcgate.CodeOf(err) != svcgate.CodeUnknown {
			t.Fatal(err)
		}
		b.journal.held = &svcgate.CardHeldError{TransactionID: res.Transaction.ID, Operation: svcgate.Recharge, State: svcgate.StateSent}
		_, err = b.Do(t.Context(), "oms", "k2", request(t, draft(svcgate.Recharge)))
		if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "card_busy" || time.Since(began) != 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestWhatWasReadHoldsWhenTheAttemptBegins(t *testing.T) {
	t.Parallel()
	fast := func(b *bench, times int) {
		b.journal.head = 7
		b.journal.onBegin = func() {
			b.journal.mu.Lock()
			defer b.journal.mu.Unlock()
			if times > 0 {
				times--
				b.journal.head++
				b.journal.moved = b.journal.head
			}
		}
	}
	t.Run("another node was faster", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		fast(b, 3)
		if _, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge))); err != nil || b.provider.sends.Load() != 1 {
			t.Errorf("%d messages, %v", b.provider.sends.Load(), err)
		}
	})
	t.Run("the checks are made again", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		fast(b, 1)
		once := b.journal.onBegin
		b.journal.onBegin = func() { once(); b.journal.similar = "txn_elsewhere" }
		_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		b.wantRefused(t, err, "possible_duplicate")
	})
	t.Run("other nodes are faster each time", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		fast(b, 1000)
		_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		b.wantRefused(t, err, "card_busy")
		b.sweep(t, time.Second)
		if len(b.journal.finished) != 0 {
			t.Error("what was never begun was finished")
		}
	})
	t.Run("an inquiry minds nobody", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		fast(b, 1000)
		b.journal.headErr = errors.New("not read")
		if _, err := b.Do(t.Context(), "oms", "", request(t, draft(svcgate.Inquire))); err != nil {
			t.Error(err)
		}
	})
	t.Run("no head, nothing sent", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.journal.headErr = errors.New("the database")
		_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		b.wantRefused(t, err, "journal_unavailable")
	})
}

func TestANodeWithoutItsLeaseSendsNothing(t *testing.T) {
	t.Parallel()
	lost := errors.New("the lease is over")
	// after gives permits that are good for n questions in all.
	after := func(n int) func() func() error {
		return func() func() error {
			return func() error {
				if n--; n < 0 {
					return lost
				}
				return nil
			}
		}
	}
	t.Run("before it begins", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.Permit = after(0)
		_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		b.wantRefused(t, err, "journal_unavailable")
	})
	t.Run("after it began", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.Permit = after(1)
		res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		if svcgate.CodeOf(err) != svcgate.CodeUnavailable || b.provider.sends.Load() != 0 {
			t.Fatalf("%d messages, %v", b.provider.sends.Load(), err)
		}
		if x := b.journal.exchanges[res.Transaction.ID]; x == nil || x.Class != svcgate.ClassNotSent {
			t.Errorf("the exchange is %+v", x)
		}
	})
	t.Run("a new lease is not the old one", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		epoch := 1
		b.Permit = func() func() error {
			mine := epoch
			return func() error {
				if mine != epoch {
					return lost
				}
				return nil
			}
		}
		b.journal.onBegin = func() { epoch = 2 }
		_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		if svcgate.CodeOf(err) != svcgate.CodeUnavailable || b.provider.sends.Load() != 0 {
			t.Errorf("%d messages, %v", b.provider.sends.Load(), err)
		}
		b.journal.onBegin, b.provider.during = nil, func(ctx context.Context) {
			epoch = 3
			if err := svcgate.MaySend(ctx); !errors.Is(err, lost) {
				t.Errorf("the provider is told %v", err)
			}
		}
		if _, err := b.Do(t.Context(), "oms", "k2", request(t, draft(svcgate.Recharge))); err != nil || b.provider.sends.Load() != 1 {
			t.Errorf("%d messages, %v", b.provider.sends.Load(), err)
		}
	})
	t.Run("and another node took it over", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.Permit, b.journal.finishErr = after(1), errors.New("fenced")
		res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		if svcgate.CodeOf(err) != svcgate.CodeUnknown || res.Transaction.Outcome != svcgate.Unknown || b.provider.sends.Load() != 0 {
			t.Fatalf("%d messages, %v", b.provider.sends.Load(), err)
		}
		b.journal.finishErr = svcgate.ErrFinished
		b.sweep(t, time.Second)
		if b.journal.finishErr = nil; len(b.journal.finished) != 0 {
			t.Error("finished although another node has it")
		}
		b.sweep(t, time.Second)
		if len(b.journal.finished) != 0 {
			t.Error("finished later although another node has it")
		}
	})
}

func TestWhatAnotherNodeLooksIntoIsLeftToIt(t *testing.T) {
	t.Parallel()
	w := &world{}
	b, tx := lose(t, svcgate.Recharge, w)
	b.journal.claimed = true
	b.now = b.now.Add(time.Hour)
	if err := b.LookInto(t.Context(), tx.ID); err != nil || w.sent[svcgate.Inquire] != 0 || b.journal.finished[tx.ID].Looks != 0 {
		t.Errorf("%v, %d inquiries, %d looks", err, w.sent[svcgate.Inquire], b.journal.finished[tx.ID].Looks)
	}
	b.journal.claimed, b.journal.claimErr = false, errors.New("not told")
	if err := b.LookInto(t.Context(), tx.ID); !errors.Is(err, b.journal.claimErr) {
		t.Errorf("%v", err)
	}
}

// What another node takes from a hold may be declined: no deposit is refused for it before that is known.
func TestAHoldThatAnotherNodeTakesFromIsWaitedFor(t *testing.T) {
	whole := draft(svcgate.Deposit)
	split := whole
	split.Authorization, split.Split = "", svcgate.SplitAuto
	for name, c := range map[string]struct {
		draft  svcgate.Draft
		ends   bool
		rest   string // of the hold, after that
		reason string
	}{
		"it is declined":          {whole, true, "11.07", ""},
		"it is taken":             {whole, true, "0.00", "exceeds_authorization"},
		"nobody knows":            {whole, false, "", "card_busy"},
		"it is declined, a split": {split, true, "11.07", ""},
		"it is taken, a split":    {split, true, "0.00", "exceeds_authorizations"},
		"nobody knows, a split":   {split, false, "", "card_busy"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.provider.reply = accepted(t, "26", "11.07")
				b.elsewhere()
				held := *b.journal.held
				b.journal.held = nil
				hold := svcgate.Hold{Authorization: "9354", Order: "3242", CardPrint: b.Keys.Fingerprint("card", c.draft.CardNumber),
					Amount: money(t, "11.07", "USD"), Remaining: money(t, "0.00", "USD"), UnderWay: held}
				b.journal.holds = []svcgate.Hold{hold}
				began := time.Now()
				if c.ends {
					time.AfterFunc(3*time.Second, func() {
						b.journal.mu.Lock()
						defer b.journal.mu.Unlock()
						hold.Remaining, hold.UnderWay = money(t, c.rest, "USD"), svcgate.CardHeldError{}
						b.journal.holds = []svcgate.Hold{hold}
						b.journal.rows["txn_elsewhere"] = &svcgate.Transaction{ID: "txn_elsewhere", State: svcgate.StateFinal}
					})
				}
				_, err := b.Do(t.Context(), "oms", "k", request(t, c.draft))
				if took := time.Since(began); took < 3*time.Second || !c.ends && took < svcgate.DefaultCallLimit {
					t.Errorf("took %v", took)
				}
				if c.reason != "" {
					b.wantRefused(t, err, c.reason)
				} else if err != nil || b.provider.sends.Load() != 1 {
					t.Errorf("%d messages, %v", b.provider.sends.Load(), err)
				}
			})
		})
	}
}

func TestASimilarRequestOfAnotherNodeIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		ends    bool
		similar string // after that
		reason  string
	}{
		"it is declined": {true, "", ""},
		"it is approved": {true, "txn_elsewhere", "possible_duplicate"},
		"nobody knows":   {false, "", "card_busy"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.elsewhere()
				b.journal.held, b.journal.similar = nil, "txn_elsewhere"
				began := time.Now()
				if c.ends {
					time.AfterFunc(3*time.Second, func() {
						b.journal.mu.Lock()
						defer b.journal.mu.Unlock()
						b.journal.similar = c.similar
						b.journal.rows["txn_elsewhere"] = &svcgate.Transaction{ID: "txn_elsewhere", State: svcgate.StateFinal}
					})
				}
				_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
				if took := time.Since(began); took < 3*time.Second || !c.ends && took < svcgate.DefaultCallLimit {
					t.Errorf("took %v", took)
				}
				if c.reason != "" {
					b.wantRefused(t, err, c.reason)
				} else if err != nil || b.provider.sends.Load() != 1 {
					t.Errorf("%d messages, %v", b.provider.sends.Load(), err)
				}
			})
		})
	}
}
