package svcgate_test

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

var gains = []svcgate.Operation{svcgate.Activate, svcgate.Recharge, svcgate.Return, svcgate.Void}

func TestWhatAnUnchangedBalanceProvesOfAGain(t *testing.T) {
	t.Parallel()
	const active, inactive, none = svcgate.StatusActive, svcgate.StatusInactive, svcgate.Status("")
	for _, c := range []struct {
		name          string
		balance       string // before and after
		before, after svcgate.Status
		ops           []svcgate.Operation
		want          svcgate.Verdict
	}{
		{"more than the amount", "50.00", active, active, gains, svcgate.NotApplied},
		{"less than the amount", "11.06", active, active, gains, svcgate.NotApplied},
		{"zero", "0.00", active, active, gains, svcgate.CannotTell},
		{"zero, no status told", "0.00", none, none, gains, svcgate.CannotTell},
		{"the amount itself", "11.07", active, active, gains, svcgate.CannotTell},
		{"inactive still", "0.00", inactive, inactive, gains[:1], svcgate.NotApplied},
		{"inactive, with a balance", "50.00", inactive, inactive, gains[:1], svcgate.NotApplied},
		{"inactive, nothing known before", "", none, inactive, gains[:1], svcgate.NotApplied},
		{"it became active", "0.00", inactive, active, gains[:1], svcgate.CannotTell},
		{"it became active with what was on it", "50.00", inactive, active, gains[:1], svcgate.CannotTell},
		{"it became inactive", "50.00", active, inactive, gains[:1], svcgate.CannotTell},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, op := range c.ops {
				before, after := svcgate.Reading{Status: c.before}, svcgate.Reading{At: time.Unix(1, 0), Status: c.after}
				if c.balance != "" {
					before.Balance, after.Balance = money(t, c.balance, "USD"), money(t, c.balance, "USD")
				}
				if f := svcgate.Weigh(op, money(t, "11.07", "USD"), before, after); f.Verdict != c.want || f.Why == "" {
					t.Errorf("%s: %+v", op, f)
				}
			}
		})
	}
}

// What is spent elsewhere to the last cent, before an operation's effect or after it, must not hide it.
func TestAGainThatWasSpentIsNoGainThatNeverCame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		known string // the balance that was told last
		spend func(w *world, gain int64)
	}{
		"spent after it came":                  {"0.00", func(w *world, gain int64) { w.balance = 0 }},
		"what there was, spent before it came": {"11.07", func(w *world, gain int64) { w.balance = gain }},
	} {
		for _, op := range gains {
			t.Run(name+", "+op.String(), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				w := &world{sent: map[svcgate.Operation]int{}, status: svcgate.StatusActive}
				w.effect = func(w *world, r *svcgate.Request) { c.spend(w, r.Amount().Minor()) }
				b.Providers["RLT"] = w
				b.journal.reading = svcgate.Reading{At: b.now.Add(-time.Hour), Balance: money(t, c.known, "USD"), Status: svcgate.StatusActive}
				res, err := b.Do(t.Context(), "oms", "k", request(t, draft(op)))
				if svcgate.CodeOf(err) != svcgate.CodeUnknown {
					t.Fatal(err)
				}
				b.sweep(t, minutes(6)...)
				if got := b.journal.finished[res.Transaction.ID]; got.State != svcgate.StateDesk || w.sent[op] != 1 {
					t.Errorf("%s %s %q after %d messages", got.State, got.Outcome, got.Failure, w.sent[op])
				}
			})
		}
	}
}

// A balance proves nothing while a person may move money on the card for another operation, neither way.
func TestADisturbedBalanceProvesNothing(t *testing.T) {
	t.Parallel()
	moves := map[string]func(w *world, r *svcgate.Request){
		"unchanged": nil,
		"risen":     func(w *world, r *svcgate.Request) { w.balance += r.Amount().Minor() },
		"fallen":    func(w *world, r *svcgate.Request) { w.balance -= r.Amount().Minor() },
	}
	for name, effect := range moves {
		for _, op := range append(gains[:4:4], svcgate.Authorize) {
			t.Run(op.String()+", "+name, func(t *testing.T) {
				t.Parallel()
				w := &world{effect: effect}
				b, tx := lose(t, op, w)
				b.journal.disturbed = true
				b.sweep(t, time.Minute)
				if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved {
					t.Errorf("%s within the quiet time", got.State)
				}
				b.sweep(t, minutes(5)...)
				got := b.journal.finished[tx.ID]
				if got.State != svcgate.StateDesk || got.Finding.Verdict != svcgate.CannotTell || w.sent[op] != 1 {
					t.Errorf("%s %s, %+v, %d messages", got.State, got.Outcome, got.Finding, w.sent[op])
				}
			})
		}
	}
}
