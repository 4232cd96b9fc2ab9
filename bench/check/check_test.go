package check_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// world is the three records of a run.
type world struct {
	told    []check.Told
	booked  []check.Booked
	journal []check.Journaled
}

func (w *world) run() check.Report { return check.Run(w.told, w.booked, w.journal) }

var kindOf = map[svcgate.Operation]string{
	svcgate.Generate: "GenerateCard", svcgate.Activate: "ActivateInstrumentRequest", svcgate.Recharge: "RechargeRequest",
	svcgate.Inquire: "InquiryRequest", svcgate.Authorize: "PreauthorizationRequest", svcgate.Deposit: "PostauthorizationRequest",
	svcgate.Return: "ReturnRequest", svcgate.Void: "VoidRequest",
}

var statusOf = map[svcgate.Outcome]int{
	svcgate.Approved: 200, svcgate.Partial: 200, svcgate.Declined: 200, svcgate.Undefined: 200, svcgate.Unavailable: 503, svcgate.Unknown: 504,
}

func usd(minor int64) svcgate.Money {
	m, err := svcgate.MoneyFromMinor(minor, "USD")
	if err != nil {
		panic(err)
	}
	return m
}

// add puts one operation into all three records as a right gateway would. moved says what the provider did.
func (w *world) add(op svcgate.Operation, outcome svcgate.Outcome, asked, acted int64, moved bool) {
	n := strconv.Itoa(len(w.journal) + 1)
	at := time.Date(2026, 3, 1, 12, 0, len(w.journal), 0, time.UTC)
	t := svcgate.Transaction{ID: "txn_" + n, Caller: "oms", Key: "key-" + n, Operation: op, Order: "order-" + n, Last4: "0017",
		State: svcgate.StateFinal, Outcome: outcome}
	told := check.Told{Key: t.Key, TransactionID: t.ID, Operation: op, Card: "0017", Order: t.Order, Outcome: outcome,
		Certain: true, HTTP: statusOf[outcome], At: at}
	booked := check.Booked{ID: "9" + n, Kind: kindOf[op], Card: "0017", Order: t.Order, Moved: moved, At: at}
	if asked > 0 {
		t.Requested, told.Amount = usd(asked), usd(asked)
	}
	if outcome == svcgate.Unknown {
		t.State, told.Certain = svcgate.StateUnresolved, false
	}
	if outcome == svcgate.Approved || outcome == svcgate.Partial {
		t.Reply.TransactionID, told.ProviderID = booked.ID, booked.ID
		if acted > 0 {
			t.Reply.Amount, told.Acted = usd(acted), usd(acted)
		}
	}
	if moved && acted > 0 {
		booked.Amount = usd(acted)
	}
	w.journal = append(w.journal, check.Journaled{Transaction: t})
	w.told = append(w.told, told)
	if moved || outcome == svcgate.Declined || op == svcgate.Inquire {
		w.booked = append(w.booked, booked)
	}
}

// rightWorld has every operation and outcome, unknown ones both carried out and not.
func rightWorld() *world {
	w := &world{}
	w.add(svcgate.Generate, svcgate.Approved, 0, 0, true)
	for _, op := range []svcgate.Operation{svcgate.Activate, svcgate.Recharge, svcgate.Authorize, svcgate.Deposit, svcgate.Return, svcgate.Void} {
		w.add(op, svcgate.Approved, 11_07, 11_07, true)
		w.add(op, svcgate.Declined, 11_07, 0, false)
		w.add(op, svcgate.Unknown, 11_07, 0, false)
		w.add(op, svcgate.Unknown, 11_07, 11_07, true)
		w.add(op, svcgate.Unavailable, 11_07, 0, false)
		w.add(op, svcgate.Undefined, 11_07, 11_07, true)
	}
	w.add(svcgate.Inquire, svcgate.Approved, 0, 0, false)
	w.add(svcgate.Authorize, svcgate.Partial, 100_00, 75_50, true)
	return w
}

// oneWorld is one approved authorization.
func oneWorld() *world {
	w := &world{}
	w.add(svcgate.Authorize, svcgate.Approved, 11_07, 11_07, true)
	return w
}

func TestRightRecordsGiveNothing(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"as they are": func(*world) {},
		"nothing at all": func(w *world) {
			*w = world{}
		},
		"everything was told twice": func(w *world) { w.told = append(w.told, w.told...) },
		"no answer arrived":         func(w *world) { w.told = nil },
		"a ledger in another order": func(w *world) { slices.Reverse(w.booked) },
		"an unknown one was settled": func(w *world) {
			for i := range w.journal {
				tr := &w.journal[i].Transaction
				if tr.Outcome != svcgate.Unknown {
					continue
				}
				tr.State, tr.Outcome = svcgate.StateFinal, svcgate.Declined
				for _, b := range w.booked {
					if b.Order == tr.Order {
						tr.Outcome, tr.Reply.Amount = svcgate.Approved, b.Amount
					}
				}
			}
		},
		"a refusal without a transaction": func(w *world) {
			w.told = append(w.told, check.Told{Key: "key-new", HTTP: 503}, check.Told{Key: "key-1", HTTP: 409}, check.Told{Key: "key-1", HTTP: 422})
		},
		"an unread message": func(w *world) { w.booked = append(w.booked, check.Booked{}) },
		"an aliased card": func(w *world) {
			for i := range w.booked {
				w.booked[i].Card = "card-0001"
			}
		},
		"a void sent again after it was refused": func(w *world) {
			for _, b := range w.booked {
				if b.Kind == "VoidRequest" && !b.Moved {
					b.ID = "777"
					w.booked = append(w.booked, b)
					return
				}
			}
		},
		"an order with two authorizations": func(w *world) {
			w.add(svcgate.Authorize, svcgate.Approved, 5_00, 5_00, true)
			i, j := len(w.journal)-1, len(w.booked)-1
			w.journal[i].Transaction.Order = "order-2"
			w.told[len(w.told)-1].Order = "order-2"
			w.booked[j].Order = "order-2"
		},
		"two unknown ones of an order, one carried out": func(w *world) {
			*w = world{}
			w.add(svcgate.Authorize, svcgate.Unknown, 5_00, 5_00, true)
			w.add(svcgate.Authorize, svcgate.Unknown, 6_00, 6_00, false)
			w.journal[1].Transaction.Order, w.told[1].Order = "order-1", "order-1"
		},
		"generations without an order": func(w *world) {
			*w = world{}
			for i := range 3 {
				w.add(svcgate.Generate, svcgate.Unknown, 0, 0, i != 1)
				w.journal[i].Transaction.Order, w.journal[i].Transaction.Last4 = "", ""
				w.told[i].Order, w.told[i].Card = "", ""
			}
			for i := range w.booked {
				w.booked[i].Order, w.booked[i].Card = "", strconv.Itoa(4000+i)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rightWorld()
			change(w)
			if r := w.run(); !r.OK() {
				t.Errorf("found:\n%s", r.String())
			}
		})
	}
}

// Each case breaks one promise in one place, and nothing else may be found than what it says.
func TestBrokenPromisesAreFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                              string
		change                            func(*world)
		lost, doubled, wrong, unexplained int
		says                              string
	}{
		{"an approval is not in the journal", func(w *world) { w.journal = nil }, 1, 0, 0, 0, "the journal lacks"},
		{"an approval told twice is lost once", func(w *world) { w.journal = nil; w.told = append(w.told, w.told[0]) }, 1, 0, 0, 0, "the journal lacks"},
		{"an unknown one is not in the journal", func(w *world) {
			w.journal, w.told[0].Outcome, w.told[0].HTTP, w.told[0].Certain = nil, svcgate.Unknown, 504, false
		}, 1, 0, 0, 0, "the journal lacks"},
		{"an unavailable one is not in the journal", func(w *world) {
			w.journal, w.booked, w.told[0].Outcome, w.told[0].HTTP = nil, nil, svcgate.Unavailable, 503
		}, 1, 0, 0, 0, "the journal lacks"},
		{"an outcome without an id", func(w *world) { w.told[0].TransactionID = "" }, 1, 0, 0, 0, "without the id"},

		{"booked twice", func(w *world) { w.again("92") }, 0, 1, 0, 0, "booked it twice: first as 91"},
		{"booked three times", func(w *world) { w.again("92"); w.again("93") }, 0, 2, 0, 0, "booked it twice"},
		{"booked twice, nothing told", func(w *world) {
			w.told = nil
			w.journal[0].Transaction.Outcome, w.journal[0].Transaction.State = svcgate.Unknown, svcgate.StateUnresolved
			w.journal[0].Transaction.Reply = svcgate.Reply{}
			w.again("92")
		}, 0, 1, 0, 0, "booked it twice"},
		{"booked twice, another amount", func(w *world) { w.again("92"); w.booked[1].Amount = usd(3_00) }, 0, 1, 0, 0, "booked it twice"},
		{"sent again and refused", func(w *world) { w.again("92"); w.booked[1].Moved = false }, 0, 1, 0, 0, "sent twice"},
		{"sent again and lost", func(w *world) { w.again(""); w.booked[1].Moved = false }, 0, 1, 0, 0, "sent twice"},
		{"a void that took effect twice", func(w *world) {
			*w = world{}
			w.add(svcgate.Void, svcgate.Approved, 5_00, 5_00, true)
			w.again("92")
		}, 0, 1, 0, 0, "booked it twice"},
		{"a number given away twice", func(w *world) {
			*w = world{}
			w.add(svcgate.Generate, svcgate.Approved, 0, 0, true)
			w.again("92")
			w.booked[1].Card = "0025" // another number
		}, 0, 1, 0, 0, "booked it twice"},
		{"one key, two rows", func(w *world) {
			w.add(svcgate.Authorize, svcgate.Approved, 11_07, 11_07, true)
			w.journal[1].Transaction.Key, w.told[1].Key = "key-1", ""
		}, 0, 1, 0, 0, "two transactions of one key"},
		{"one key, two answers", func(w *world) {
			w.add(svcgate.Authorize, svcgate.Approved, 11_07, 11_07, true)
			w.journal[1].Transaction.Key, w.journal[1].Transaction.Caller, w.told[1].Key = "key-1", "other", "key-1"
		}, 0, 1, 0, 0, "answered with two transactions"},

		{"approved, not booked", func(w *world) { w.booked = nil }, 0, 0, 1, 0, "booked nothing"},
		{"approved, refused", func(w *world) { w.booked[0].Moved = false }, 0, 0, 1, 0, "booked nothing"},
		{"partial, not booked", func(w *world) { w.outcome(svcgate.Partial); w.booked = nil }, 0, 0, 1, 0, "booked nothing"},
		{"a generation without a number", func(w *world) {
			*w = world{}
			w.add(svcgate.Generate, svcgate.Approved, 0, 0, false)
		}, 0, 0, 1, 0, "booked nothing"},
		{"declined, booked", func(w *world) { w.outcome(svcgate.Declined) }, 0, 0, 1, 0, "Told declined, and the provider booked it"},
		{"unavailable, booked", func(w *world) { w.outcome(svcgate.Unavailable) }, 0, 0, 1, 0, "Told unavailable, and the provider booked it"},
		{"only the journal declines", func(w *world) { w.outcome(svcgate.Declined); w.told = nil }, 0, 0, 1, 0, "Told declined"},
		{"told less than was booked", func(w *world) { w.acted(11_06) }, 0, 0, 1, 0, "Told approved of 11.06 USD, and the provider booked 11.07 USD"},
		{"told more than was booked", func(w *world) { w.acted(99_00) }, 0, 0, 1, 0, "Told approved of 99.00 USD"},
		{"told in another currency", func(w *world) {
			eur, _ := svcgate.MoneyFromMinor(11_07, "EUR")
			w.told[0].Acted, w.journal[0].Transaction.Reply.Amount = eur, eur
		}, 0, 0, 1, 0, "11.07 EUR"},
		{"in full for a part", func(w *world) { w.acted(5_00); w.booked[0].Amount = usd(5_00) }, 0, 0, 1, 0, "booked 5.00 USD of 11.07 USD"},
		{"told before it was final", func(w *world) { w.told[0].Certain = false }, 0, 0, 1, 0, "before it was final"},
		{"told as another operation", func(w *world) { w.told[0].Operation = svcgate.Return }, 0, 0, 1, 0, "another operation"},
		{"two claim one booking", func(w *world) {
			w.add(svcgate.Authorize, svcgate.Approved, 11_07, 11_07, true)
			w.journal[1].Transaction.Reply.TransactionID, w.told[1].ProviderID = "91", "91"
		}, 0, 0, 1, 0, "name one id"},
		{"it names another order's booking", func(w *world) {
			w.add(svcgate.Return, svcgate.Unknown, 11_07, 11_07, true)
			w.journal[0].Transaction.Reply.TransactionID, w.told[0].ProviderID = "92", "92"
		}, 0, 0, 1, 0, "another order, card or operation"},

		{"a booking of no transaction", func(w *world) { w.journal, w.told = nil, nil }, 0, 0, 0, 1, "no transaction of the journal asked for"},
		{"a refused message of no transaction", func(w *world) { w.journal, w.told, w.booked[0].Moved = nil, nil, false }, 0, 0, 0, 1, "no transaction of the journal asked for"},
		{"a booking of another order", func(w *world) { w.stray(func(b *check.Booked) { b.Order = "order-7" }) }, 0, 0, 0, 1, "no transaction"},
		{"a booking on another card", func(w *world) { w.stray(func(b *check.Booked) { b.Card = "0025" }) }, 0, 0, 0, 1, "no transaction"},
		{"a booking of another sort", func(w *world) { w.stray(func(b *check.Booked) { b.Kind = "ReturnRequest" }) }, 0, 0, 0, 1, "no transaction"},
		{"a booking of no sort there is", func(w *world) { w.stray(func(b *check.Booked) { b.Kind = "Preauthorization" }) }, 0, 0, 0, 1, "none of the operations"},
		{"an inquiry that moved money", func(w *world) { w.stray(func(b *check.Booked) { b.Kind = "InquiryRequest" }) }, 0, 0, 0, 1, "none of the operations"},
		{"more than was asked for", func(w *world) { w.outcome(svcgate.Unknown); w.booked[0].Amount = usd(12_00) }, 0, 0, 0, 1, "moved 12.00 USD although 11.07 USD"},
		{"told otherwise afterwards", func(w *world) {
			later := w.told[0]
			later.Outcome, later.Acted = svcgate.Undefined, svcgate.Money{}
			w.told = append(w.told, later)
		}, 0, 0, 0, 1, "was final with approved 11.07 USD, and was told as undefined -"},
		{"the journal says otherwise", func(w *world) {
			w.journal[0].Transaction.Outcome = svcgate.Undefined
		}, 0, 0, 0, 1, "the journal says undefined 11.07 USD"},
		{"final, and unresolved again", func(w *world) {
			w.journal[0].Transaction.Outcome, w.journal[0].Transaction.State = svcgate.Unknown, svcgate.StateUnresolved
		}, 0, 0, 0, 1, "the journal says unknown"},
		{"under way for ever", func(w *world) {
			w.told, w.journal[0].Transaction.State, w.journal[0].Transaction.Outcome = nil, svcgate.StateSent, ""
		}, 0, 0, 0, 1, "still has it under way"},
		{"final without an outcome", func(w *world) { w.told, w.journal[0].Transaction.Outcome = nil, "" }, 0, 0, 0, 1, "without an outcome"},
		{"another key", func(w *world) { w.told[0].Key = "key-7" }, 0, 0, 0, 1, "under another key"},
		{"one id, two rows", func(w *world) { w.journal = append(w.journal, w.journal[0]) }, 0, 0, 0, 1, "two rows of one id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := oneWorld()
			test.change(w)
			r := w.run()
			if len(r.Lost) != test.lost || len(r.Doubled) != test.doubled || len(r.WronglyTold) != test.wrong || len(r.Unexplained) != test.unexplained {
				t.Errorf("want %d lost, %d doubled, %d wrongly told, %d unexplained; found:\n%s",
					test.lost, test.doubled, test.wrong, test.unexplained, r.String())
			}
			if r.OK() {
				t.Error("the report says that all is right")
			}
			if !strings.Contains(r.String(), test.says) {
				t.Errorf("the report does not say %q:\n%s", test.says, r.String())
			}
		})
	}
}

// again books the first message once more.
func (w *world) again(id string) {
	b := w.booked[0]
	b.ID = id
	w.booked = append(w.booked, b)
}

// stray adds a booking that differs from the first.
func (w *world) stray(change func(*check.Booked)) {
	w.again("99")
	change(&w.booked[1])
}

// outcome lets both the OMS and the journal have another outcome.
func (w *world) outcome(o svcgate.Outcome) {
	w.journal[0].Transaction.Outcome, w.told[0].Outcome, w.told[0].HTTP = o, o, statusOf[o]
	if o == svcgate.Unknown {
		w.journal[0].Transaction.State, w.told[0].Certain = svcgate.StateUnresolved, false
	}
	if o == svcgate.Approved || o == svcgate.Partial {
		return
	}
	w.journal[0].Transaction.Reply, w.told[0].Acted, w.told[0].ProviderID = svcgate.Reply{}, svcgate.Money{}, ""
}

func (w *world) acted(minor int64) {
	w.told[0].Acted, w.journal[0].Transaction.Reply.Amount = usd(minor), usd(minor)
}

func TestAFindingSaysWhereToLook(t *testing.T) {
	t.Parallel()
	w := oneWorld()
	w.again("92")
	r := w.run()
	f := r.Doubled[0]
	if f.TransactionID != "txn_1" || f.Key != "key-1" || f.Order != "order-1" || f.BookingID != "92" || f.At.IsZero() {
		t.Errorf("finding %+v", f)
	}
}

func TestReportsAddUp(t *testing.T) {
	t.Parallel()
	broken := oneWorld()
	broken.journal = nil
	var total check.Report
	total.Add(rightWorld().run())
	total.Add(broken.run())
	total.Add(broken.run())
	right := rightWorld()
	want := check.Counts{Told: len(right.told) + 2, Acknowledged: len(right.told) + 2, Booked: len(right.booked) + 2, Journaled: len(right.journal)}
	for _, b := range right.booked {
		if b.Moved {
			want.Moved++
		}
	}
	want.Moved += 2
	if total.OK() || len(total.Lost) != 2 || total.Counts != want {
		t.Errorf("total %+v, want counts %+v:\n%s", total.Counts, want, total.String())
	}
}

func TestALongReportIsCut(t *testing.T) {
	t.Parallel()
	w := oneWorld()
	w.told, w.journal = nil, nil
	for i := range 50 {
		w.again(strconv.Itoa(100 + i))
	}
	text := new(w.run()).String()
	if !strings.Contains(text, "unexplained    51\n") || !strings.Contains(text, "unexplained: 31 more\n") {
		t.Errorf("the report is\n%s", text)
	}
}
