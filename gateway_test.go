package svcgate_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
)

func TestOutcomes(t *testing.T) {
	t.Parallel()
	unavailable := &svcgate.Error{Code: svcgate.CodeUnavailable}
	unknown := &svcgate.Error{Code: svcgate.CodeUnknown}
	cases := []struct {
		name   string
		reply  svcgate.Reply
		err    error
		want   svcgate.Outcome
		state  svcgate.State
		vendor string
		code   svcgate.Code
	}{
		{"approved", accepted(t, "24", "11.07"), nil, svcgate.Approved, svcgate.StateFinal, "100", ""},
		{"partial", accepted(t, "24", "5.00"), nil, svcgate.Partial, svcgate.StateFinal, "100", ""},
		{"declined", refused("NO_MONEY"), nil, svcgate.Declined, svcgate.StateFinal, "101", ""},
		{"unmapped reason", accepted(t, "99", "11.07"), nil, svcgate.Undefined, svcgate.StateFinal, "", ""},
		{"unmapped error", refused("NEVER_SEEN"), nil, svcgate.Undefined, svcgate.StateFinal, "", ""},
		{"a rule that approves a refusal", refused("BAD_RULE"), nil, svcgate.Undefined, svcgate.StateFinal, "100", ""},
		{"a rule that declines what was done", accepted(t, "40", "11.07"), nil, svcgate.Undefined, svcgate.StateFinal, "104", ""},
		{"a rule that calls an answer unavailable", refused("GONE"), nil, svcgate.Undefined, svcgate.StateFinal, "SU", ""},
		{"a rule that says unknown", refused("ODD"), nil, svcgate.Unknown, svcgate.StateUnresolved, "102", svcgate.CodeUnknown},
		{"a rule without outcome", refused("EMPTY"), nil, svcgate.Unknown, svcgate.StateUnresolved, "103", svcgate.CodeUnknown},
		{"not sent", svcgate.Reply{}, unavailable, svcgate.Unavailable, svcgate.StateFinal, "SU", svcgate.CodeUnavailable},
		{"sent and lost", svcgate.Reply{}, unknown, svcgate.Unknown, svcgate.StateUnresolved, "", svcgate.CodeUnknown},
		{"an error that is none of ours", svcgate.Reply{}, errors.New("x"), svcgate.Unknown, svcgate.StateUnresolved, "", svcgate.CodeUnknown},
	}
	for _, code := range svcgate.Codes() {
		if code != svcgate.CodeUnavailable && code != svcgate.CodeUnknown {
			cases = append(cases, struct {
				name   string
				reply  svcgate.Reply
				err    error
				want   svcgate.Outcome
				state  svcgate.State
				vendor string
				code   svcgate.Code
			}{"provider error " + string(code), svcgate.Reply{}, &svcgate.Error{Code: code}, svcgate.Unknown, svcgate.StateUnresolved, "", svcgate.CodeUnknown})
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.provider.reply, b.provider.err = c.reply, c.err
			res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
			if svcgate.CodeOf(err) != c.code {
				t.Fatalf("error %v", err)
			}
			got := res.Transaction
			if got.Outcome != c.want || got.State != c.state {
				t.Errorf("%s, %s", got.Outcome, got.State)
			}
			if vendor := got.Vendor; vendor == nil && c.vendor != "" || vendor != nil && vendor.Code != c.vendor {
				t.Errorf("vendor response %+v", vendor)
			}
			if kept := b.journal.finished[got.ID]; kept == nil || kept.Outcome != c.want {
				t.Errorf("journal has %+v", kept)
			}
			if (got.State == svcgate.StateFinal) == got.Finished.IsZero() {
				t.Errorf("state %s finished %v", got.State, got.Finished)
			}
			if n := b.provider.sends.Load(); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestPartialAuthorizationAsksForAnotherPayment(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.provider.reply = accepted(t, "24", "4.00")
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if err != nil {
		t.Fatal(err)
	}
	rest, ok := res.Transaction.Remainder()
	if !ok || rest.String() != "7.07 USD" {
		t.Errorf("remainder %v, %v", rest, ok)
	}
	if m := res.Transaction.Vendor.Messages; len(m) != 1 || m[0] != svcgate.PartialMessage {
		t.Errorf("messages %v", m)
	}
	if len(testBook["reason_code:24"].Messages) != 0 {
		t.Error("the rule itself was changed")
	}
}

func TestARepeatedKeyIsAnsweredFromTheJournal(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if err != nil || first.Replayed {
		t.Fatal(first, err)
	}
	again, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if err != nil || !again.Replayed || again.Transaction.ID != first.Transaction.ID {
		t.Fatalf("%+v, %v", again, err)
	}
	other := draft(svcgate.Authorize)
	for name, change := range map[string]func(*svcgate.Draft){
		"amount":    func(d *svcgate.Draft) { d.Amount = "11.08" },
		"currency":  func(d *svcgate.Draft) { d.Currency = "EUR" },
		"order":     func(d *svcgate.Draft) { d.Order = "3243" },
		"sequence":  func(d *svcgate.Draft) { d.Sequence = 2 },
		"card":      func(d *svcgate.Draft) { d.CardNumber = secret.New("6006491234560025") },
		"operation": func(d *svcgate.Draft) { *d = draft(svcgate.Recharge) },
	} {
		d := other
		change(&d)
		res, err := b.Do(t.Context(), "oms", "k", request(t, d))
		if res != nil || svcgate.CodeOf(err) != svcgate.CodeKeyReused {
			t.Errorf("other %s under one key: %+v, %v", name, res, err)
		}
	}
	if _, err := b.Do(t.Context(), "another", "k", request(t, draft(svcgate.Authorize))); err != nil {
		t.Errorf("another caller's key of the same text: %v", err)
	}
	if n := b.provider.sends.Load(); n != 2 {
		t.Errorf("%d messages, one for each caller expected", n)
	}
}

func TestAnUncertainOutcomeIsReplayedAsUncertain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.provider.err = &svcgate.Error{Code: svcgate.CodeUnknown}
	for range 3 {
		res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
		if svcgate.CodeOf(err) != svcgate.CodeUnknown || res.Transaction.Outcome != svcgate.Unknown {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	if n := b.provider.sends.Load(); n != 1 {
		t.Errorf("%d messages: the money was added %d times", n, n)
	}
}

func TestManyCallersWithOneKeySendOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	release := make(chan struct{})
	begun := make(chan struct{})
	b.provider.during = func(context.Context) { close(begun); <-release }
	r := request(t, draft(svcgate.Activate))
	b.provider.reply.Code = "24"
	codes := make(chan svcgate.Code, 50)
	do := func() {
		_, err := b.Do(context.Background(), "oms", "k", r)
		codes <- svcgate.CodeOf(err)
	}
	go do()
	<-begun
	for range 49 {
		go do()
	}
	for range 49 {
		if c := <-codes; c != svcgate.CodeConflict {
			t.Errorf("code %q while the first is under way", c)
		}
	}
	close(release)
	if c := <-codes; c != "" {
		t.Errorf("the first ended with %q", c)
	}
	if n := b.provider.sends.Load(); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestTheCallerHangingUpChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx, hangUp := context.WithCancel(t.Context())
	b.provider.during = func(sending context.Context) {
		hangUp()
		if sending.Err() != nil {
			t.Error("the message was cut off")
		}
		if _, limited := sending.Deadline(); !limited {
			t.Error("the message has no deadline")
		}
	}
	res, err := b.Do(ctx, "oms", "k", request(t, draft(svcgate.Authorize)))
	if err != nil || b.journal.finished[res.Transaction.ID] == nil {
		t.Fatalf("%+v, %v", res, err)
	}
}

func TestNothingIsSentWithoutTheJournal(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*bench){
		"begin":    func(b *bench) { b.journal.beginErr = errors.New("disk full") },
		"holds":    func(b *bench) { b.journal.holdsErr = errors.New("disk gone") },
		"prepare":  func(b *bench) { b.provider.prepareErr = &svcgate.Error{Code: svcgate.CodeInvalid} },
		"provider": func(b *bench) { b.Gateway.Providers = map[string]svcgate.Provider{"XYZ": b.provider} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			spoil(b)
			res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Deposit)))
			if res != nil || svcgate.CodeOf(err).MayHaveMoved() {
				t.Errorf("%+v, %v", res, err)
			}
			if n := b.provider.sends.Load(); n != 0 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestAnAnswerThatCannotBeRecordedIsUnknown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal.finishErr = errors.New("disk full")
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown || res.Transaction.Outcome != svcgate.Unknown || res.Transaction.Reply.TransactionID != "" {
		t.Errorf("%+v, %v", res.Transaction, err)
	}
}

func TestADepositFitsItsHold(t *testing.T) {
	t.Parallel()
	hold := func(b *bench, id, order, cardNumber, amount, rest string) svcgate.Hold {
		return svcgate.Hold{Authorization: id, Order: order, CardPrint: b.Keys.Fingerprint("card", secret.New(cardNumber)),
			Amount: money(t, amount, "USD"), Remaining: money(t, rest, "USD")}
	}
	for _, c := range []struct {
		name   string
		op     svcgate.Operation
		hold   func(b *bench) []svcgate.Hold
		reason string
		says   string
	}{
		{"fits", svcgate.Deposit, func(b *bench) []svcgate.Hold {
			return []svcgate.Hold{hold(b, "9354", "3242", testCard, "20.00", "11.07")}
		}, "", ""},
		{"not known here", svcgate.Deposit, func(b *bench) []svcgate.Hold {
			return []svcgate.Hold{hold(b, "9000", "3242", testCard, "1.00", "1.00")}
		}, "", ""},
		{"larger than its hold", svcgate.Deposit, func(b *bench) []svcgate.Hold {
			return []svcgate.Hold{hold(b, "9354", "3242", testCard, "11.06", "11.06"), hold(b, "9360", "3242", testCard, "170.00", "170.00"),
				hold(b, "9361", "3242", testCard, "5.00", "0.00")}
		}, "exceeds_authorization", "9354 (11.06 USD), 9360 (170.00 USD)."},
		{"already taken", svcgate.Deposit, func(b *bench) []svcgate.Hold {
			return []svcgate.Hold{hold(b, "9354", "3242", testCard, "20.00", "0.00")}
		},
			"exceeds_authorization", "open authorizations of the order: none"},
		{"another card's", svcgate.Deposit, func(b *bench) []svcgate.Hold {
			return []svcgate.Hold{hold(b, "9354", "3242", "6006491234560025", "20.00", "20.00")}
		}, "authorization_of_other_card", "another card"},
		{"void of another card's", svcgate.Void, func(b *bench) []svcgate.Hold {
			return []svcgate.Hold{hold(b, "9354", "3242", "6006491234560025", "20.00", "20.00")}
		}, "authorization_of_other_card", "another card"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.journal.holds = c.hold(b)
			b.provider.reply = accepted(t, "26", "11.07")
			_, err := b.Do(t.Context(), "oms", "k", request(t, draft(c.op)))
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := errors.AsType[*svcgate.Error](err)
			if !ok || e.Code != svcgate.CodeInvalid || e.Reason != c.reason || !strings.Contains(e.Detail, c.says) {
				t.Errorf("got %v", err)
			}
			if n := b.provider.sends.Load(); n != 0 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

func TestAGeneratedNumberIsToldWhileItsSealIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	fresh := card(t, "6006499876540013")
	b.provider.reply = svcgate.Reply{Accepted: true, Source: svcgate.SourceResponseCode, Code: "OK", Card: fresh}
	do := func() *svcgate.Result {
		t.Helper()
		res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Generate)))
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	first := do()
	if !first.NewCard.Equal(fresh) || first.Transaction.Last4 != "0013" || !first.Transaction.Reply.Card.IsZero() {
		t.Fatalf("%+v", first.Transaction)
	}
	b.now = b.now.Add(svcgate.DefaultKeepCard - time.Second)
	if again := do(); !again.Replayed || !again.NewCard.Equal(fresh) {
		t.Error("not told again within its time")
	}
	b.now = b.now.Add(2 * time.Second)
	if late := do(); !late.Replayed || !late.NewCard.IsZero() || late.Transaction.Last4 != "0013" {
		t.Error("told after its time")
	}
	kept := b.journal.finished[first.Transaction.ID]
	kept.Sealed = append([]byte(nil), kept.Sealed...)
	kept.Sealed[len(kept.Sealed)-1] ^= 1
	b.now = b.now.Add(-time.Hour)
	if spoilt := do(); !spoilt.NewCard.IsZero() {
		t.Error("a spoilt seal opened")
	}
}

func TestNewGatewayWantsItsParts(t *testing.T) {
	t.Parallel()
	if g, err := svcgate.NewGateway(svcgate.GatewayConfig{}); err == nil {
		t.Errorf("got %v", g)
	}
}

func TestTransactionIDs(t *testing.T) {
	t.Parallel()
	last := ""
	for range 1000 {
		id := svcgate.NewTransactionID()
		if len(id) != 36 || !strings.HasPrefix(id, "txn_") || strings.ContainsAny(id, "0123456789") || id <= last {
			t.Fatalf("%q after %q", id, last)
		}
		last = id
	}
}

func TestAnAnswerIsRecordedOnceTheDiskTakesIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.journal.finishErr = errors.New("disk full")
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown {
		t.Fatal(err)
	}
	b.journal.finishErr = nil
	for range 2 {
		if _, err := b.Sweep(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.journal.finished[res.Transaction.ID]; got == nil || got.Outcome != svcgate.Approved || got.Reply.TransactionID != "9354" {
		t.Errorf("journal has %+v", got)
	}
	if n := b.provider.sends.Load(); n != 1 {
		t.Errorf("%d messages", n)
	}
}

func TestASilentProviderIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBenchWith(t, svcgate.Breaker{})
		b.provider.err, b.provider.exchange = &svcgate.Error{Code: svcgate.CodeUnavailable}, svcgate.Exchange{Class: svcgate.ClassNotSent}
		do := func(op svcgate.Operation, n int) *svcgate.Transaction {
			t.Helper()
			res, _ := b.Do(t.Context(), "oms", fmt.Sprint(op, n), request(t, draft(op)))
			if res == nil {
				t.Fatal("no result")
			}
			return res.Transaction
		}
		for n := range svcgate.DefaultBreakerFailures {
			do(svcgate.Recharge, n)
		}
		if got := do(svcgate.Recharge, 100); got.Outcome != svcgate.Unavailable || int(b.provider.sends.Load()) != svcgate.DefaultBreakerFailures {
			t.Fatalf("%s after %d messages", got.Outcome, b.provider.sends.Load())
		}
		if state := b.Providing()["RLT"]; state != "open" {
			t.Errorf("the way is %s", state)
		}
		time.Sleep(svcgate.DefaultBreakerOpen + time.Second) // of the bubble's clock
		if alone := b.LeftAlone()["RLT"]; alone != svcgate.DefaultBreakerOpen+time.Second {
			t.Errorf("left alone for %s", alone)
		}
		before := b.provider.sends.Load()
		do(svcgate.Recharge, 101)
		if got := b.provider.sends.Load() - before; got != 1 || b.provider.last != svcgate.Inquire {
			t.Errorf("%d messages, the last %s: one inquiry was due", got, b.provider.last)
		}
		time.Sleep(svcgate.DefaultBreakerOpen + time.Second)
		if alone := b.LeftAlone()["RLT"]; alone != 2*(svcgate.DefaultBreakerOpen+time.Second) {
			t.Errorf("left alone for %s, as if the inquiry without an answer had begun it anew", alone)
		}
		b.provider.err, b.provider.exchange = nil, svcgate.Exchange{Class: svcgate.ClassAnswered}
		if got := do(svcgate.Recharge, 102); got.Outcome != svcgate.Approved || b.provider.last != svcgate.Recharge {
			t.Errorf("%s when the provider is back", got.Outcome)
		}
		if alone := b.LeftAlone()["RLT"]; alone != 0 {
			t.Errorf("a provider that is back is left alone for %s", alone)
		}
		if state := b.Providing()["RLT"]; state != "closed" {
			t.Errorf("the way is %s", state)
		}
	})
}

func TestAnAnswerAboutAnotherAccountIsUnknown(t *testing.T) {
	t.Parallel()
	for account, want := range map[string]svcgate.Outcome{"": svcgate.Approved, "8413": svcgate.Approved, "8632": svcgate.Unknown} {
		b := newBench(t)
		b.journal.account = account
		b.provider.reply.Account.ID = "8413"
		res, _ := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Authorize)))
		if res.Transaction.Outcome != want || want == svcgate.Unknown && (res.Transaction.Class != svcgate.ClassMismatch || res.Transaction.Reply.TransactionID != "") {
			t.Errorf("known %q: %+v", account, res.Transaction)
		}
	}
}

// The second request with a key found it new, waited for the card behind the first, and must get the first's answer:
// not be measured against a hold that the first has used up.
func TestARepeatThatWaitedForTheCardIsReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.provider.reply = accepted(t, "26", "11.07")
		begun, release := make(chan struct{}), make(chan struct{})
		b.journal.onBegin = func() {
			close(begun)
			<-release
		}
		d := draft(svcgate.Deposit)
		hold := svcgate.Hold{Authorization: "9354", Order: "3242", CardPrint: b.Keys.Fingerprint("card", d.CardNumber),
			Amount: money(t, "11.07", "USD"), Remaining: money(t, "11.07", "USD")}
		b.journal.holds = []svcgate.Hold{hold}
		results := make(chan *svcgate.Result, 2)
		var phases [2]svcgate.Phases
		do := func(p *svcgate.Phases) {
			res, err := b.Do(svcgate.WithPhases(context.Background(), p), "oms", "k", request(t, d))
			if err != nil {
				t.Error(err)
			}
			results <- res
		}
		go do(&phases[0])
		<-begun
		b.journal.onBegin = nil
		go do(&phases[1])
		synctest.Wait()
		b.now = b.now.Add(3 * time.Second)
		hold.Remaining = money(t, "0.00", "USD")
		b.journal.holds = []svcgate.Hold{hold}
		close(release)
		first, second := <-results, <-results
		if first == nil || second == nil || first.Transaction.ID != second.Transaction.ID || first.Replayed == second.Replayed {
			t.Errorf("%+v and %+v", first, second)
		}
		if n := b.provider.sends.Load(); n != 1 {
			t.Errorf("%d messages", n)
		}
		if phases != [2]svcgate.Phases{{Tries: 1}, {Queue: 3 * time.Second}} {
			t.Errorf("phases %+v", phases)
		}
	})
}
