package check_test

import (
	"testing"

	"github.com/svcgate/svcgate"
)

// ask adds an inquiry of svcgate's own, which nobody is told of.
func (w *world) ask(caller string) *svcgate.Transaction {
	w.add(svcgate.Inquire, svcgate.Approved, 0, 0, false)
	w.told = w.told[:len(w.told)-1]
	own := &w.journal[len(w.journal)-1].Transaction
	own.Caller, own.Key = caller, ""
	return own
}

// void is a void that was sent so often, the last time with effect.
func void(sends int) *world {
	w := &world{}
	w.add(svcgate.Void, svcgate.Approved, 5_00, 5_00, true)
	w.journal[0].Transaction.Sends = sends
	for range sends - 1 {
		refused := w.booked[0]
		refused.ID, refused.Moved = "", false
		w.booked = append(w.booked, refused)
	}
	return w
}

func TestWhatSettlingLeavesIsExplained(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func() *world{
		"own inquiries": func() *world {
			w := oneWorld()
			for _, caller := range []string{svcgate.CallerSettling, svcgate.CallerBaseline, svcgate.CallerProbe} {
				w.ask(caller)
			}
			return w
		},
		"an own inquiry without an answer": func() *world {
			w := oneWorld()
			own := w.ask(svcgate.CallerProbe)
			own.Outcome, own.Reply = svcgate.Unavailable, svcgate.Reply{}
			return w
		},
		"an inquiry asked again": func() *world {
			w := &world{}
			w.add(svcgate.Inquire, svcgate.Unknown, 0, 0, false)
			lost := w.ask(svcgate.CallerSettling).Reply.TransactionID
			first := &w.journal[0].Transaction
			first.State, first.Outcome, first.Reply.TransactionID = svcgate.StateFinal, svcgate.Approved, lost
			first.Settlement = &svcgate.Settlement{By: svcgate.CallerSettling}
			return w
		},
		"on the desk, booked and not": func() *world {
			w := rightWorld()
			for i := range w.journal {
				if tr := &w.journal[i].Transaction; tr.State == svcgate.StateUnresolved {
					tr.State = svcgate.StateDesk
				}
			}
			return w
		},
		"a void sent once":        func() *world { return void(1) },
		"a void sent again":       func() *world { return void(2) },
		"a void sent three times": func() *world { return void(3) },
		"a void that came once of two": func() *world {
			w := void(2)
			w.booked = w.booked[:1]
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := make().run(); !r.OK() {
				t.Errorf("found:\n%s", r.String())
			}
		})
	}
}

func TestWhatSettlingMustNotLeaveIsFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                              string
		make                              func() *world
		lost, doubled, wrong, unexplained int
		says                              string
	}{
		{"money moved by itself", func() *world {
			w := &world{}
			w.add(svcgate.Recharge, svcgate.Approved, 5_00, 5_00, true)
			w.told, w.journal[0].Transaction.Caller, w.journal[0].Transaction.Key = nil, svcgate.CallerSettling, ""
			return w
		}, 0, 0, 0, 1, "it is no inquiry: recharge"},
		{"a caller that is none", func() *world { w := oneWorld(); w.ask("svcgate:other"); return w }, 0, 0, 0, 1, "Nobody is called svcgate:other"},
		{"a key taken", func() *world { w := oneWorld(); w.ask(svcgate.CallerProbe).Key = "key-7"; return w }, 0, 0, 0, 1, "took a key"},
		{"one answer, two inquiries", func() *world {
			w := &world{}
			w.add(svcgate.Inquire, svcgate.Approved, 0, 0, false)
			w.ask(svcgate.CallerSettling).Reply.TransactionID = w.journal[0].Transaction.Reply.TransactionID
			return w
		}, 0, 0, 1, 0, "name one id"},
		{"a void more often than journaled", func() *world { w := void(3); w.journal[0].Transaction.Sends = 2; return w }, 0, 1, 0, 0, "got the void 3 times"},
		{"a void four times", func() *world { return void(4) }, 0, 1, 0, 0, "more than 3"},
		{"a return again", func() *world {
			w := &world{}
			w.add(svcgate.Return, svcgate.Approved, 5_00, 5_00, true)
			w.journal[0].Transaction.Sends = 2
			return w
		}, 0, 1, 0, 0, "sent 2 times"},
		{"final and unknown", func() *world {
			w := oneWorld()
			w.told, w.journal[0].Transaction.Outcome = nil, svcgate.Unknown
			return w
		}, 0, 0, 0, 1, "final without an outcome"},
		{"on the desk and approved", func() *world {
			w := oneWorld()
			w.told, w.journal[0].Transaction.State = nil, svcgate.StateDesk
			return w
		}, 0, 0, 0, 1, "desk with the outcome approved"},
		{"settled as not applied, booked", func() *world {
			w := oneWorld()
			w.told, w.journal[0].Transaction.Outcome, w.journal[0].Transaction.Reply = nil, svcgate.Unavailable, svcgate.Reply{}
			w.journal[0].Transaction.Settlement = &svcgate.Settlement{By: svcgate.CallerSettling}
			return w
		}, 0, 0, 1, 0, "Told unavailable, and the provider booked it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			expect(t, test.make(), test.lost, test.doubled, test.wrong, test.unexplained, test.says)
		})
	}
}
