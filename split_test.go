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
)

// splitting asks for a deposit that is taken from two holds, of 38.32 and 170.00.
func (b *bench) splitting(t *testing.T, amount string) (*svcgate.Result, error) {
	t.Helper()
	d := draft(svcgate.Deposit)
	d.Authorization, d.Split, d.Amount = "", svcgate.SplitAuto, amount
	print := b.Keys.Fingerprint("card", d.CardNumber)
	b.journal.holds = []svcgate.Hold{
		{Authorization: "1", Order: "3242", CardPrint: print, Amount: money(t, "38.32", "USD"), Remaining: money(t, "38.32", "USD")},
		{Authorization: "2", Order: "3242", CardPrint: print, Amount: money(t, "170.00", "USD"), Remaining: money(t, "170.00", "USD")},
	}
	return b.Do(t.Context(), "oms", "k", request(t, d))
}

// stopped makes the deposit what a stop leaves of it: its parts have their outcomes, and it has none.
func (b *bench) stopped(t *svcgate.Transaction) {
	left := *t
	left.State, left.Outcome, left.Reply, left.Vendor, left.Next = svcgate.StateUnresolved, svcgate.Unknown, svcgate.Reply{}, nil, b.now
	b.journal.finished[t.ID] = &left
}

// parted is a provider that answers each deposit in its own way: "" is lost, a code that begins with - is refused.
type parted struct {
	*world
	codes []string
}

type partedMessage struct {
	p *parted
	r *svcgate.Request
}

func (p *parted) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return partedMessage{p, r}, nil
}

func (m partedMessage) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	answered := svcgate.Exchange{Class: svcgate.ClassAnswered}
	code := m.p.codes[m.p.sent[svcgate.Deposit]]
	m.p.sent[svcgate.Deposit]++
	switch {
	case code == "":
		return svcgate.Reply{}, svcgate.Exchange{Class: svcgate.ClassNoReply}, &svcgate.Error{Code: svcgate.CodeUnknown}
	case code[0] == '-':
		return svcgate.Reply{Source: svcgate.SourceErrorCode, Code: code[1:]}, answered, nil
	}
	return svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: code, Amount: m.r.Amount(),
		TransactionID: fmt.Sprint(m.p.sent[svcgate.Deposit])}, answered, nil
}

func (b *bench) answering(codes ...string) *world {
	w := &world{sent: map[svcgate.Operation]int{}}
	b.Providers["RLT"] = &parted{w, codes}
	return w
}

// What a node began in an epoch that was ended it does not go on with in the next one.
func TestASplitDepositHasOneEpoch(t *testing.T) {
	for name, c := range map[string]struct {
		begin   int  // the epoch ends when this attempt is begun; 0: when the first part is on its way
		waits   bool // another node has the card meanwhile
		sent    int
		begun   int // parts
		outcome svcgate.Outcome
	}{
		"ended before the first part":         {begin: 1, outcome: svcgate.Unavailable},
		"ended between the parts":             {sent: 1, begun: 1, outcome: svcgate.Partial},
		"ended while the second part waits":   {begin: 3, waits: true, sent: 1, begun: 1, outcome: svcgate.Partial},
		"ended when the second part is begun": {begin: 3, sent: 1, begun: 2, outcome: svcgate.Partial},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				epoch, begins := 1, 0
				b.Permit = func() func() error {
					mine := epoch
					return func() error {
						if mine != epoch {
							return errors.New("the lease is over")
						}
						return nil
					}
				}
				w := &world{answers: true, sent: map[svcgate.Operation]int{}}
				w.effect = func(*world, *svcgate.Request) {
					if c.begin == 0 {
						epoch = 2
					}
				}
				b.Providers["RLT"] = w
				b.journal.onBegin = func() {
					if begins++; begins != c.begin {
						return
					}
					if !c.waits {
						epoch = 2
						return
					}
					b.elsewhere()
					time.AfterFunc(time.Second, func() { epoch = 2; b.ends(svcgate.StateFinal) })
				}
				res, err := b.splitting(t, "170.32")
				if res == nil || w.sent[svcgate.Deposit] != c.sent {
					t.Fatalf("%d messages, %+v, %v", w.sent[svcgate.Deposit], res, err)
				}
				got, begun := res.Transaction, 0
				for _, part := range got.Plan {
					if part.TransactionID != "" {
						begun++
					}
				}
				if got.Outcome != c.outcome || begun != c.begun {
					t.Errorf("%s, %d parts begun, %v", got.Outcome, begun, err)
				}
				if c.begun == 2 {
					if x := b.journal.exchanges[got.Plan[1].TransactionID]; x == nil || x.Class != svcgate.ClassNotSent {
						t.Errorf("the exchange of the second part is %+v", x)
					}
				}
			})
		})
	}
}

// Nobody can say what such a part took, so nobody may collect the rest.
func TestAPartWithoutARuleMakesTheWholeUndefined(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes  []string
		amount string // "" none
		vendor string
	}{
		"the second is accepted":                    {[]string{"26", "99"}, "38.32", ""},
		"the second is refused":                     {[]string{"26", "-NEVER_SEEN"}, "38.32", ""},
		"the first is accepted":                     {[]string{"99"}, "", ""},
		"the first is refused":                      {[]string{"-NEVER_SEEN"}, "", ""},
		"the rule of the second contradicts itself": {[]string{"26", "40"}, "38.32", "104"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			w := b.answering(c.codes...)
			res, err := b.splitting(t, "170.32")
			if err != nil {
				t.Fatal(err)
			}
			again, err := b.splitting(t, "170.32")
			if err != nil || !again.Replayed || w.sent[svcgate.Deposit] != len(c.codes) {
				t.Fatalf("%+v, %v, %d messages", again, err, w.sent[svcgate.Deposit])
			}
			for _, got := range []*svcgate.Transaction{res.Transaction, again.Transaction} {
				amount := ""
				if !got.Reply.Amount.IsZero() {
					amount = got.Reply.Amount.Decimal()
				}
				rest, told := got.Remainder()
				if got.Outcome != svcgate.Undefined || amount != c.amount || told || got.Reply.Code != strings.TrimPrefix(c.codes[len(c.codes)-1], "-") {
					t.Errorf("%s of %q under %s, remainder %v", got.Outcome, amount, got.Reply.Code, rest)
				}
				if v := got.Vendor; v == nil && c.vendor != "" || v != nil && v.Code != c.vendor {
					t.Errorf("vendor response %+v", v)
				}
			}
		})
	}
}

func TestWhatALateSumFinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes   []string
		byHand  svcgate.Verdict // of the lost part
		want    svcgate.Outcome
		verdict svcgate.Verdict
		amount  string // "" none
	}{
		"all of it":                      {[]string{"26", "26"}, "", svcgate.Approved, svcgate.Applied, "170.32"},
		"a lost part was applied":        {[]string{"26", ""}, svcgate.Applied, svcgate.Approved, svcgate.Applied, "170.32"},
		"a lost part was not applied":    {[]string{"26", ""}, svcgate.NotApplied, svcgate.Partial, svcgate.Applied, "38.32"},
		"the second part is declined":    {[]string{"26", "-NO_MONEY"}, "", svcgate.Partial, svcgate.Applied, "38.32"},
		"the first part is declined":     {[]string{"-NO_MONEY"}, "", svcgate.Declined, svcgate.NotApplied, ""},
		"the first part was not applied": {[]string{""}, svcgate.NotApplied, svcgate.Unavailable, svcgate.NotApplied, ""},
		"the first part was undone":      {[]string{""}, svcgate.Released, svcgate.Unavailable, svcgate.Released, ""},
		"the first part has no rule":     {[]string{"99"}, "", svcgate.Undefined, svcgate.CannotTell, ""},
		"the second part has no rule":    {[]string{"26", "99"}, "", svcgate.Undefined, svcgate.CannotTell, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			w := b.answering(c.codes...)
			res, err := b.splitting(t, "170.32")
			if res == nil {
				t.Fatal(err)
			}
			whole := res.Transaction
			b.stopped(whole)
			if c.byHand != "" {
				lost := whole.Plan[len(c.codes)-1].TransactionID
				if _, err := b.SettleByHand(t.Context(), lost, svcgate.Decision{Verdict: c.byHand, Reason: "x", By: "ann"}); err != nil {
					t.Fatal(err)
				}
			}
			b.sweep(t, time.Second)
			got := b.journal.finished[whole.ID]
			if got.State != svcgate.StateFinal || got.Outcome != c.want || got.Settlement == nil || w.sent[svcgate.Deposit] != len(c.codes) {
				t.Fatalf("%s %s, settlement %+v, %d messages", got.State, got.Outcome, got.Settlement, w.sent[svcgate.Deposit])
			}
			f, amount := got.Settlement.Finding, ""
			if !f.Amount.IsZero() {
				amount = f.Amount.Decimal()
			}
			if f.Verdict != c.verdict || amount != c.amount || f.Why == "" {
				t.Errorf("found %+v", f)
			}
		})
	}
}
