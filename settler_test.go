package svcgate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

// world is a provider with one card. Money messages strike it as told and are then lost; inquiries answer.
type world struct {
	balance int64
	status  svcgate.Status
	effect  func(w *world, r *svcgate.Request) // of the money message
	after   func(w *world)                     // before each inquiry
	silent  bool                               // for inquiries too
	answers bool                               // money messages are answered
	sent    map[svcgate.Operation]int
}

type worldMessage struct {
	w *world
	r *svcgate.Request
}

func (w *world) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return worldMessage{w, r}, nil
}

func (w *world) Approval(svcgate.Operation, svcgate.Kind) (svcgate.Source, string) {
	return svcgate.SourceReasonCode, "24"
}

func (m worldMessage) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	w := m.w
	w.sent[m.r.Operation()]++
	lost := &svcgate.Error{Code: svcgate.CodeUnknown}
	if m.r.Operation() != svcgate.Inquire {
		if w.effect != nil {
			w.effect(w, m.r)
		}
		if !w.answers {
			return svcgate.Reply{}, svcgate.Exchange{Class: svcgate.ClassNoReply}, lost
		}
		return svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: "24", Amount: m.r.Amount(), TransactionID: "7"},
			svcgate.Exchange{Class: svcgate.ClassAnswered}, nil
	}
	if w.after != nil {
		w.after(w)
	}
	if w.silent {
		return svcgate.Reply{}, svcgate.Exchange{Class: svcgate.ClassNoReply}, lost
	}
	balance, err := svcgate.MoneyFromMinor(w.balance, "USD")
	if err != nil {
		return svcgate.Reply{}, svcgate.Exchange{}, err
	}
	return svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: "24", Balance: balance, CardStatus: w.status},
		svcgate.Exchange{Class: svcgate.ClassAnswered}, nil
}

// lose sends one operation whose answer is lost, with a baseline of 100.00.
func lose(t *testing.T, op svcgate.Operation, w *world) (*bench, *svcgate.Transaction) {
	t.Helper()
	b := newBench(t)
	w.sent = map[svcgate.Operation]int{}
	if w.status == "" {
		w.status = svcgate.StatusActive
	}
	b.Providers["RLT"] = w
	b.journal.reading = svcgate.Reading{At: b.now.Add(-time.Hour), Balance: money(t, "100.00", "USD"), Status: svcgate.StatusActive}
	w.balance = 10000
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(op)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatalf("%+v, %v", res, err)
	}
	return b, res.Transaction
}

// sweep lets the time pass in steps and sweeps after each.
func (b *bench) sweep(t *testing.T, steps ...time.Duration) {
	t.Helper()
	for _, d := range steps {
		b.now = b.now.Add(d)
		if _, err := b.Sweep(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
	}
}

func minutes(n int) []time.Duration {
	steps := make([]time.Duration, n)
	for i := range steps {
		steps[i] = time.Minute
	}
	return steps
}

func TestUnknownOutcomesAreSettled(t *testing.T) {
	t.Parallel()
	gain := func(w *world, r *svcgate.Request) { w.balance += r.Amount().Minor() }
	hold := func(w *world, r *svcgate.Request) { w.balance -= r.Amount().Minor() }
	odd := func(w *world, _ *svcgate.Request) { w.balance -= 1 }
	for _, c := range []struct {
		name   string
		op     svcgate.Operation
		effect func(*world, *svcgate.Request)
		state  svcgate.State
		want   svcgate.Outcome
		found  svcgate.Verdict
	}{
		{"recharge applied", svcgate.Recharge, gain, svcgate.StateFinal, svcgate.Approved, ""},
		{"recharge not applied", svcgate.Recharge, nil, svcgate.StateFinal, svcgate.Unavailable, ""},
		{"recharge beside another change", svcgate.Recharge, odd, svcgate.StateDesk, svcgate.Unknown, svcgate.CannotTell},
		{"activation applied", svcgate.Activate, gain, svcgate.StateFinal, svcgate.Approved, ""},
		{"return applied", svcgate.Return, gain, svcgate.StateFinal, svcgate.Approved, ""},
		{"return not applied", svcgate.Return, nil, svcgate.StateFinal, svcgate.Unavailable, ""},
		{"authorization applied is an orphan hold", svcgate.Authorize, hold, svcgate.StateDesk, svcgate.Unknown, svcgate.Applied},
		{"authorization not applied", svcgate.Authorize, nil, svcgate.StateFinal, svcgate.Unavailable, ""},
		{"void applied", svcgate.Void, gain, svcgate.StateFinal, svcgate.Approved, ""},
		{"deposit", svcgate.Deposit, nil, svcgate.StateDesk, svcgate.Unknown, svcgate.CannotTell},
		{"generation", svcgate.Generate, nil, svcgate.StateDesk, svcgate.Unknown, svcgate.CannotTell},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := &world{effect: c.effect}
			b, tx := lose(t, c.op, w)
			b.sweep(t, minutes(10)...)
			got := b.journal.finished[tx.ID]
			if got.State != c.state || got.Outcome != c.want {
				t.Fatalf("%s, %s, readings %v", got.State, got.Outcome, got.Readings)
			}
			if c.found != "" && (got.Finding == nil || got.Finding.Verdict != c.found) {
				t.Errorf("finding %+v", got.Finding)
			}
			if c.state == svcgate.StateFinal && (got.Settlement == nil || len(got.Settlement.Evidence) < 2 || got.Finished.IsZero()) {
				t.Errorf("settlement %+v", got.Settlement)
			}
			if c.want == svcgate.Approved && (got.Reply.Amount != got.Requested || got.Vendor == nil || got.Vendor.Code != "100") {
				t.Errorf("told %v, vendor %+v", got.Reply.Amount, got.Vendor)
			}
			if w.sent[c.op] != 1 {
				t.Errorf("%d messages", w.sent[c.op])
			}
		})
	}
}

func TestOneNotAppliedIsNoProof(t *testing.T) {
	t.Parallel()
	var late *svcgate.Request
	looks := 0
	w := &world{effect: func(_ *world, r *svcgate.Request) { late = r }}
	w.after = func(w *world) {
		if looks++; looks == 3 { // after one agreeing look past the quiet time, the message arrives after all
			w.balance += late.Amount().Minor()
		}
	}
	b, tx := lose(t, svcgate.Recharge, w)
	b.sweep(t, minutes(10)...)
	if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Approved {
		t.Errorf("%s, %s after %d looks", got.State, got.Outcome, looks)
	}
}

func TestNothingIsBelievedDuringTheQuietTime(t *testing.T) {
	t.Parallel()
	b, tx := lose(t, svcgate.Recharge, &world{})
	b.sweep(t, 30*time.Second, 29*time.Second, 30*time.Second)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved {
		t.Errorf("%s %s after 89 s", got.State, got.Outcome)
	}
}

func TestAVoidProvenNotAppliedIsSentAgain(t *testing.T) {
	t.Parallel()
	w := &world{}
	b, tx := lose(t, svcgate.Void, w)
	w.effect = func(w *world, _ *svcgate.Request) { w.answers = true }
	b.sweep(t, minutes(6)...)
	got := b.journal.finished[tx.ID]
	if got.Outcome != svcgate.Approved || got.Sends != 2 || w.sent[svcgate.Void] != 2 {
		t.Errorf("%s %s, %d sends, %d messages", got.State, got.Outcome, got.Sends, w.sent[svcgate.Void])
	}
}

func TestAVoidThatNeverWorksEndsOnTheDesk(t *testing.T) {
	t.Parallel()
	w := &world{}
	b, tx := lose(t, svcgate.Void, w)
	b.sweep(t, minutes(60)...)
	got := b.journal.finished[tx.ID]
	if got.State != svcgate.StateDesk || w.sent[svcgate.Void] != svcgate.MaxVoids {
		t.Errorf("%s, %d messages", got.State, w.sent[svcgate.Void])
	}
}

func TestAProviderThatAnswersAgainIsAskedAtOnce(t *testing.T) {
	t.Parallel()
	w := &world{silent: true}
	b, tx := lose(t, svcgate.Deposit, w)
	b.sweep(t, minutes(24*60)...)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved {
		t.Fatalf("%s while nobody answers", got.State)
	}
	w.silent = false
	if _, err := b.Do(t.Context(), "oms", "", request(t, draft(svcgate.Inquire))); err != nil {
		t.Fatal(err)
	}
	b.sweep(t, minutes(15)...)
	if got := b.journal.finished[tx.ID]; got.State != svcgate.StateDesk {
		t.Errorf("%s 15 minutes after the provider answers again", got.State)
	}
}

func TestSettlingByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		op       svcgate.Operation
		decision svcgate.Decision
		want     svcgate.Outcome
		reason   string
	}{
		{"applied", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Applied, TransactionID: "9400", Reason: "seen in ORCE"}, svcgate.Approved, ""},
		{"applied in part", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Applied, TransactionID: "9400", Amount: "5.00", Reason: "seen"}, svcgate.Partial, ""},
		{"applied without id", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Applied, Reason: "seen"}, "", "transaction_id_required"},
		{"deposit without id", svcgate.Deposit, svcgate.Decision{Verdict: svcgate.Applied, Reason: "seen"}, svcgate.Approved, ""},
		{"auth number for an id", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Applied, TransactionID: "0000009354000382", Reason: "x"}, "", "invalid_transaction_id"},
		{"more than asked", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Applied, TransactionID: "1", Amount: "11.08", Reason: "x"}, "", "invalid_amount"},
		{"nothing", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Applied, TransactionID: "1", Amount: "0.00", Reason: "x"}, "", "invalid_amount"},
		{"not applied", svcgate.Deposit, svcgate.Decision{Verdict: svcgate.NotApplied, Reason: "ORCE has none"}, svcgate.Unavailable, ""},
		{"released", svcgate.Authorize, svcgate.Decision{Verdict: svcgate.Released, Reason: "freed in ORCE"}, svcgate.Unavailable, ""},
		{"not applied with an id", svcgate.Deposit, svcgate.Decision{Verdict: svcgate.NotApplied, TransactionID: "1", Reason: "x"}, "", "not_applicable"},
		{"no reason", svcgate.Deposit, svcgate.Decision{Verdict: svcgate.NotApplied, Reason: "  "}, "", "invalid_reason"},
		{"cannot tell", svcgate.Deposit, svcgate.Decision{Verdict: svcgate.CannotTell, Reason: "x"}, "", "invalid_verdict"},
		{"no verdict", svcgate.Deposit, svcgate.Decision{Reason: "x"}, "", "invalid_verdict"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b, tx := lose(t, c.op, &world{})
			c.decision.By = "ann"
			got, err := b.SettleByHand(t.Context(), tx.ID, c.decision)
			if c.reason != "" {
				if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != c.reason {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil || got.Outcome != c.want || got.State != svcgate.StateFinal || got.Settlement.By != "ann" {
				t.Fatalf("%+v, %v", got, err)
			}
			if got.Reply.TransactionID != c.decision.TransactionID {
				t.Errorf("id %q", got.Reply.TransactionID)
			}
			if _, err := b.SettleByHand(t.Context(), tx.ID, c.decision); svcgate.CodeOf(err) != svcgate.CodeConflict {
				t.Errorf("settled twice: %v", err)
			}
		})
	}
}

func TestAnAnswerWithASeenIDIsUnknown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal.idSeen = true
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown || res.Transaction.Class != svcgate.ClassMismatch {
		t.Errorf("%+v, %v", res.Transaction, err)
	}
	if kept := b.journal.finished[res.Transaction.ID]; kept == nil || kept.Outcome != svcgate.Unknown || kept.Next.IsZero() {
		t.Errorf("journal has %+v", kept)
	}
}

func TestACardThatWaitsIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op     svcgate.Operation
		held   svcgate.CardHeldError
		reason string
	}{
		{svcgate.Recharge, svcgate.CardHeldError{Operation: svcgate.Authorize, Order: "3242"}, "card_unresolved"},
		{svcgate.Deposit, svcgate.CardHeldError{Operation: svcgate.Authorize, Order: "3242"}, "depends_on_unresolved"},
		{svcgate.Void, svcgate.CardHeldError{Operation: svcgate.Authorize, Order: "3242"}, "depends_on_unresolved"},
		{svcgate.Void, svcgate.CardHeldError{Operation: svcgate.Authorize, Order: "1"}, "card_unresolved"},
	} {
		b := newBench(t)
		b.journal.held = &c.held
		_, err := b.Do(t.Context(), "oms", "k", request(t, draft(c.op)))
		e, ok := errors.AsType[*svcgate.Error](err)
		if !ok || e.Code != svcgate.CodeConflict || e.Reason != c.reason || b.provider.sends.Load() != 0 {
			t.Errorf("%s: %v", c.op, err)
		}
	}
}

func TestASimilarRequestWantsToBeConfirmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal.similar = "txn_x"
	_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
	if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "possible_duplicate" {
		t.Errorf("%v", err)
	}
	d := draft(svcgate.Recharge)
	d.ConfirmDuplicate = true
	if _, err := b.Do(t.Context(), "oms", "k", request(t, d)); err != nil {
		t.Errorf("confirmed: %v", err)
	}
	if _, err := b.Do(t.Context(), "oms", "", request(t, draft(svcgate.Inquire))); err != nil {
		t.Errorf("inquiry: %v", err)
	}
}

func TestASplitDeposit(t *testing.T) {
	t.Parallel()
	split := func(b *bench, amount string) (*svcgate.Result, error) {
		d := draft(svcgate.Deposit)
		d.Authorization, d.Split, d.Amount = "", svcgate.SplitAuto, amount
		print := b.Keys.Fingerprint("card", d.CardNumber)
		b.journal.holds = []svcgate.Hold{
			{Authorization: "1", Order: "3242", CardPrint: print, Amount: money(t, "38.32", "USD"), Remaining: money(t, "38.32", "USD")},
			{Authorization: "9", Order: "3242", CardPrint: "another", Amount: money(t, "500.00", "USD"), Remaining: money(t, "500.00", "USD")},
			{Authorization: "2", Order: "3242", CardPrint: print, Amount: money(t, "170.00", "USD"), Remaining: money(t, "170.00", "USD")},
		}
		return b.Do(t.Context(), "oms", "k", request(t, d))
	}
	t.Run("over two holds", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		w := &world{answers: true, sent: map[svcgate.Operation]int{}}
		b.Providers["RLT"] = w
		res, err := split(b, "170.32")
		if err != nil {
			t.Fatal(err)
		}
		got := res.Transaction
		if got.Outcome != svcgate.Approved || got.Reply.Amount.Decimal() != "170.32" || len(got.Plan) != 2 || w.sent[svcgate.Deposit] != 2 ||
			got.Plan[0].Amount.Decimal() != "38.32" || got.Plan[1].Amount.Decimal() != "132.00" || got.Plan[1].TransactionID == "" {
			t.Errorf("%+v", got)
		}
		if again, err := split(b, "170.32"); err != nil || !again.Replayed || w.sent[svcgate.Deposit] != 2 {
			t.Errorf("again: %+v, %v", again, err)
		}
	})
	t.Run("more than they hold", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		_, err := split(b, "208.33")
		if e, ok := errors.AsType[*svcgate.Error](err); !ok || e.Reason != "exceeds_authorizations" || b.provider.sends.Load() != 0 {
			t.Errorf("%v", err)
		}
	})
	t.Run("the second part is lost", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		w := &world{answers: true, sent: map[svcgate.Operation]int{}, status: svcgate.StatusActive}
		w.effect = func(w *world, _ *svcgate.Request) { w.answers = w.sent[svcgate.Deposit] == 1 }
		b.Providers["RLT"] = w
		res, err := split(b, "170.32")
		if svcgate.CodeOf(err) != svcgate.CodeUnknown {
			t.Fatalf("%+v, %v", res, err)
		}
		parent := res.Transaction
		b.journal.finished[parent.ID].Plan = parent.Plan
		b.sweep(t, minutes(10)...)
		lost := parent.Plan[1].TransactionID
		if s := b.journal.finished[lost].State; s != svcgate.StateDesk {
			t.Fatalf("the lost part is %s", s)
		}
		if _, err := b.SettleByHand(t.Context(), parent.ID, svcgate.Decision{Verdict: svcgate.Applied, Reason: "x", By: "ann"}); svcgate.CodeOf(err) != svcgate.CodeConflict {
			t.Errorf("the whole was settled: %v", err)
		}
		if _, err := b.SettleByHand(t.Context(), lost, svcgate.Decision{Verdict: svcgate.NotApplied, Reason: "x", By: "ann"}); err != nil {
			t.Fatal(err)
		}
		b.sweep(t, minutes(2)...)
		if got := b.journal.finished[parent.ID]; got.Outcome != svcgate.Partial || got.Reply.Amount.Decimal() != "38.32" {
			t.Errorf("%s %s %v", got.State, got.Outcome, got.Reply.Amount)
		}
	})
}

func TestAFreshBaselineIsAskedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := &world{answers: true, sent: map[svcgate.Operation]int{}, balance: 5000, status: svcgate.StatusActive}
	b.Providers["RLT"] = w
	b.GatewayConfig.Baseline = map[svcgate.Operation]svcgate.BaselinePolicy{svcgate.Recharge: svcgate.BaselineFresh}
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
	if err != nil || res.Transaction.Baseline.Balance.Decimal() != "50.00" || w.sent[svcgate.Inquire] != 1 {
		t.Errorf("%+v, %v", res, err)
	}
	w.silent = true
	if _, err := b.Do(t.Context(), "oms", "k2", request(t, draft(svcgate.Recharge))); svcgate.CodeOf(err) != svcgate.CodeOverloaded || w.sent[svcgate.Recharge] != 1 {
		t.Errorf("without a baseline: %v", err)
	}
}

func TestAClockThatIsSetProvesNothing(t *testing.T) {
	t.Parallel()
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		b, tx := lose(t, svcgate.Recharge, &world{})
		b.sweep(t, time.Second)
		b.jump = jump
		b.sweep(t, 10*time.Second, 30*time.Second, 40*time.Second)
		if got := b.journal.finished[tx.ID]; got.State != svcgate.StateUnresolved {
			t.Errorf("clock set by %v: %s %s after 81 s", jump, got.State, got.Outcome)
		}
		b.sweep(t, minutes(6)...)
		if got := b.journal.finished[tx.ID]; got.Outcome != svcgate.Unavailable {
			t.Errorf("clock set by %v: %s %s after six minutes more", jump, got.State, got.Outcome)
		}
	}
}

// A card that was spent to zero looks like one of which all was held, and its message may still be on its way: the card is
// not free for another before the quiet time is over.
func TestAHoldOfWhatWasLeftWaitsForTheQuietTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := &world{status: svcgate.StatusActive, sent: map[svcgate.Operation]int{}}
	b.Providers["RLT"] = w
	b.journal.reading = svcgate.Reading{At: b.now.Add(-time.Hour), Balance: money(t, "0.01", "USD"), Status: svcgate.StatusActive}
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatal(err)
	}
	b.sweep(t, 30*time.Second)
	if got := b.journal.finished[res.Transaction.ID]; got.State != svcgate.StateUnresolved || len(got.Readings) != 1 {
		t.Errorf("within the quiet time: %s, %v", got.State, got.Readings)
	}
	b.sweep(t, minutes(2)...)
	if got := b.journal.finished[res.Transaction.ID]; got.State != svcgate.StateDesk || got.Finding.Verdict != svcgate.Applied {
		t.Errorf("after it: %s, %+v", got.State, got.Finding)
	}
}

// What a process sends after Resume waits for its own time: its first sweep does not ask an inquiry again.
func TestResumeWakesWhatWasLeftAndNothingNew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := &world{silent: true, sent: map[svcgate.Operation]int{}}
	b.Providers["RLT"] = w
	ask := func() {
		t.Helper()
		if _, err := b.Do(t.Context(), "oms", "", request(t, draft(svcgate.Inquire))); svcgate.CodeOf(err) != svcgate.CodeUnknown {
			t.Fatal(err)
		}
	}
	ask()
	b.Resume(t.Context())
	ask()
	b.sweep(t, time.Second, time.Second)
	if w.sent[svcgate.Inquire] != 3 || b.journal.woken != 1 {
		t.Errorf("%d inquiries were sent, not the two and the first again; woken %d times", w.sent[svcgate.Inquire], b.journal.woken)
	}
}

func TestABeginThatWasKeptAfterAllIsClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal.beginErr = errors.Join(errors.New("commit failed"), svcgate.ErrUnsure)
	b.journal.beginKept = true
	_, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
	if svcgate.CodeOf(err) != svcgate.CodeOverloaded {
		t.Fatal(err)
	}
	b.journal.beginErr = nil
	b.sweep(t, time.Second)
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
	if svcgate.CodeOf(err) != svcgate.CodeUnavailable || !res.Replayed || b.provider.sends.Load() != 0 {
		t.Errorf("%+v, %v", res, err)
	}
}
