package check_test

import (
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// splitWorld is one deposit of 30.00 over holds of 20.00 and 10.00, approved whole.
func splitWorld() *world {
	w := &world{}
	w.add(svcgate.Deposit, svcgate.Approved, 20_00, 20_00, true)
	w.add(svcgate.Deposit, svcgate.Approved, 10_00, 10_00, true)
	for i, hold := range []string{"501", "502"} {
		part := &w.journal[i].Transaction
		part.Key, part.Parent, part.Authorization, part.Order, part.Sends = "", "txn_whole", hold, "order-1", 1
		w.told[i].Key, w.told[i].Order, w.booked[i].Order = "", "order-1", "order-1"
	}
	whole := svcgate.Transaction{ID: "txn_whole", Caller: "oms", Key: "key-whole", Operation: svcgate.Deposit, Order: "order-1", Last4: "0017",
		Requested: usd(30_00), State: svcgate.StateFinal, Outcome: svcgate.Approved, Reply: svcgate.Reply{Amount: usd(30_00)},
		Plan: []svcgate.Part{{Authorization: "501", Amount: usd(20_00), TransactionID: "txn_1"}, {Authorization: "502", Amount: usd(10_00), TransactionID: "txn_2"}}}
	w.journal = append(w.journal, check.Journaled{Transaction: whole})
	w.told = append(w.told, check.Told{Key: "key-whole", TransactionID: "txn_whole", Operation: svcgate.Deposit, Card: "0017", Order: "order-1",
		Amount: usd(30_00), Acted: usd(30_00), Outcome: svcgate.Approved, Certain: true, HTTP: 200})
	return w
}

func (w *world) part() *svcgate.Transaction  { return &w.journal[1].Transaction }
func (w *world) whole() *svcgate.Transaction { return &w.journal[2].Transaction }

// second gives the second part and the whole other outcomes, in the journal and told.
func (w *world) second(part, whole svcgate.Outcome, state svcgate.State, acted int64, booked bool) {
	w.part().Outcome, w.part().State, w.part().Reply = part, state, svcgate.Reply{}
	w.whole().Outcome, w.whole().State, w.whole().Reply.Amount = whole, state, svcgate.Money{}
	w.told[1].Outcome, w.told[1].Certain, w.told[1].HTTP, w.told[1].Acted, w.told[1].ProviderID = part, state == svcgate.StateFinal, statusOf[part], svcgate.Money{}, ""
	w.told[2].Outcome, w.told[2].Certain, w.told[2].HTTP, w.told[2].Acted = whole, state == svcgate.StateFinal, statusOf[whole], svcgate.Money{}
	if acted > 0 {
		w.whole().Reply.Amount, w.told[2].Acted = usd(acted), usd(acted)
	}
	if !booked {
		w.booked = w.booked[:1]
	}
}

func TestASplitDepositIsTheSumOfItsParts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"approved":                func(*world) {},
		"its parts were not told": func(w *world) { w.told = w.told[2:] },
		"one part declined":       func(w *world) { w.second(svcgate.Declined, svcgate.Partial, svcgate.StateFinal, 20_00, false) },
		"one part unknown, taken": func(w *world) { w.second(svcgate.Unknown, svcgate.Unknown, svcgate.StateUnresolved, 0, true) },
		"one part unknown, not":   func(w *world) { w.second(svcgate.Unknown, svcgate.Unknown, svcgate.StateUnresolved, 0, false) },
		"one part on the desk":    func(w *world) { w.second(svcgate.Unknown, svcgate.Unknown, svcgate.StateDesk, 0, true) },
		"a part was never begun": func(w *world) {
			w.second(svcgate.Unavailable, svcgate.Partial, svcgate.StateFinal, 20_00, false)
			w.unbegun()
		},
		"the rows in other orders": func(w *world) { w.journal[0], w.journal[2] = w.journal[2], w.journal[0] },
		"nothing was begun at all": func(w *world) {
			w.second(svcgate.Unavailable, svcgate.Unavailable, svcgate.StateFinal, 0, false)
			w.unbegun()
			w.journal, w.booked, w.told = w.journal[1:], nil, w.told[1:]
			w.journal[0].Transaction.Plan[0].TransactionID = ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := splitWorld()
			change(w)
			if r := w.run(); !r.OK() {
				t.Errorf("found:\n%s", r.String())
			}
		})
	}
}

// unbegun takes the second part out of the records.
func (w *world) unbegun() {
	w.whole().Plan[1].TransactionID = ""
	w.journal = append(w.journal[:1], w.journal[2])
	w.told = append(w.told[:1], w.told[2])
}

func TestBrokenPromisesOfASplitDepositAreFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                              string
		change                            func(*world)
		lost, doubled, wrong, unexplained int
		says                              string
	}{
		{"the whole is lost", func(w *world) { w.journal = w.journal[:2] }, 1, 0, 1, 2, "no split deposit of the journal"},
		{"a part is lost", func(w *world) { w.journal = append(w.journal[:1], w.journal[2]) }, 1, 0, 1, 1, "which is no part of it"},
		{"a part is booked twice", func(w *world) { w.again("99") }, 0, 1, 0, 0, "booked it twice"},
		{"two parts of one hold", func(w *world) { w.part().Authorization = "501" }, 0, 1, 0, 0, "from one hold"},
		{"the whole was sent too", func(w *world) {
			w.again("99")
			w.booked[2].Amount = usd(30_00)
		}, 0, 1, 0, 0, "booked it twice"},
		{"approved, a part not booked", func(w *world) { w.booked = w.booked[:1] }, 0, 0, 2, 0, "booked 20.00 USD in its parts"},
		{"partial, all booked", func(w *world) { w.whole().Outcome, w.told[2].Outcome = svcgate.Partial, svcgate.Partial }, 0, 0, 1, 0, "Told partial, and the provider booked 30.00 USD of 30.00 USD"},
		{"approved, half booked", func(w *world) {
			w.second(svcgate.Declined, svcgate.Approved, svcgate.StateFinal, 0, false)
		}, 0, 0, 1, 0, "Told approved, and the provider booked 20.00 USD of 30.00 USD"},
		{"declined, half booked", func(w *world) {
			w.second(svcgate.Declined, svcgate.Declined, svcgate.StateFinal, 0, false)
		}, 0, 0, 1, 0, "Told declined, and the provider booked 20.00 USD"},
		{"told another sum", func(w *world) { w.whole().Reply.Amount, w.told[2].Acted = usd(29_00), usd(29_00) }, 0, 0, 1, 0, "Told approved of 29.00 USD"},
		{"final before its part", func(w *world) {
			w.second(svcgate.Unknown, svcgate.Partial, svcgate.StateFinal, 20_00, false)
			w.part().State, w.told[1].Certain = svcgate.StateUnresolved, false
		}, 0, 0, 0, 1, "is final and its part txn_2 is unresolved"},
		{"not as planned", func(w *world) { w.whole().Plan[1].Amount = usd(9_00) }, 0, 0, 0, 1, "did not plan"},
		{"of a hold not planned", func(w *world) { w.part().Authorization = "503" }, 0, 0, 0, 1, "did not plan"},
		{"a part with a key", func(w *world) { w.part().Key = "key-part" }, 0, 0, 0, 1, "key of its own"},
		{"a part of another caller", func(w *world) { w.part().Caller = "other" }, 0, 0, 0, 1, "another operation, order or caller"},
		{"a part of no split deposit", func(w *world) { w.whole().Plan = nil; w.part().Parent = "" }, 0, 0, 1, 1, "no split deposit of the journal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := splitWorld()
			test.change(w)
			expect(t, w, test.lost, test.doubled, test.wrong, test.unexplained, test.says)
		})
	}
}

func expect(t *testing.T, w *world, lost, doubled, wrong, unexplained int, says string) {
	t.Helper()
	r := w.run()
	if len(r.Lost) != lost || len(r.Doubled) != doubled || len(r.WronglyTold) != wrong || len(r.Unexplained) != unexplained {
		t.Errorf("want %d lost, %d doubled, %d wrongly told, %d unexplained; found:\n%s", lost, doubled, wrong, unexplained, r.String())
	}
	if !strings.Contains(r.String(), says) {
		t.Errorf("the report does not say %q:\n%s", says, r.String())
	}
}
