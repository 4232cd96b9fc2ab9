package orce_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/orce/orcetest"
	"github.com/svcgate/svcgate/simulator"
)

const (
	active = "6006491234560017"
	unused = "6006491234560041"
	absent = "6006491234569999"
)

// bench is a gateway's provider on one side and a simulated ORCE on the other, with HTTP between them.
type bench struct {
	*simulator.Simulator
	provider *orce.Provider
	silent   chan struct{} // gives a value when the simulator falls silent
}

func newBench(t testing.TB, switches simulator.Switches, c orce.Config) *bench {
	t.Helper()
	b := &bench{silent: make(chan struct{}, 1)}
	s, err := simulator.New(simulator.Config{
		Seed: 1, Switches: switches, Series: []simulator.SeriesSpec{{Prefix: "00912", Sequence: "03", Cards: 1}},
		Cards: []simulator.CardSpec{
			{Number: secret.New(active), Balance: 250_00},
			{Number: secret.New(unused), Card: simulator.StandingNew},
		},
		Wait: func(ctx context.Context, d time.Duration) error {
			if d < simulator.MaxDelay {
				return nil
			}
			b.silent <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	c.Bureau, c.Client = bureau(), client(t, server.URL+"/relateui/SHOP/xmlapi")
	b.Simulator, b.provider = s, provider(t, c)
	t.Cleanup(func() {
		s.Close()
		server.Close()
		if err := s.Err(); err != nil {
			t.Errorf("the simulator's books: %v", err)
		}
	})
	return b
}

// send sends one message and gives up when the simulator falls silent.
func (b *bench) send(t testing.TB, d svcgate.Draft) (svcgate.Reply, svcgate.Exchange, error) {
	t.Helper()
	d.Service = "RLT"
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.provider.Prepare(r, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		select {
		case <-b.silent:
			cancel()
		case <-ctx.Done():
		}
	}()
	return m.Send(ctx)
}

// booked returns the entries of a kind, which must have come once, and whether it took effect.
func (b *bench) booked(t testing.TB, kind messages.Kind) (simulator.Entry, bool) {
	t.Helper()
	var found []simulator.Entry
	for _, e := range b.Ledger() {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	if len(found) > 1 {
		t.Fatalf("%d %s messages came: %+v", len(found), kind, found)
	}
	if len(found) == 0 {
		return simulator.Entry{}, false
	}
	return found[0], found[0].Booked
}

func card(d svcgate.Draft, number, amount string) svcgate.Draft {
	d.CardNumber, d.Amount = secret.New(number), amount
	if amount != "" {
		d.Currency = "USD"
	}
	return d
}

// TestLifeOfACard sends all eight messages and compares what is told with what was booked.
func TestLifeOfACard(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		switches simulator.Switches
		config   orce.Config
	}{
		"documented":       {},
		"enveloped answer": {switches: simulator.Switches{Enveloped: true}},
		"no namespace":     {switches: simulator.Switches{NoNamespace: true}},
		"strict SOAP":      {config: orce.Config{StrictSOAP: true}},
		"bare request":     {config: orce.Config{Bare: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lifeOfACard(t, newBench(t, test.switches, test.config))
		})
	}
}

func lifeOfACard(t *testing.T, b *bench) {
	generated, _, err := b.send(t, svcgate.Draft{Operation: svcgate.Generate, Order: "W-1"})
	if err != nil || generated.Card.IsZero() || generated.Code != "OK" {
		t.Fatalf("generate: %+v, %v", generated, err)
	}
	order := svcgate.Draft{Order: "W-1"}
	steps := []struct {
		op      svcgate.Operation
		edit    func(*svcgate.Draft)
		card    string
		amount  string
		acted   string
		balance string
		reason  string
	}{
		{svcgate.Activate, func(d *svcgate.Draft) { d.Kind = "physical" }, unused, "50.00", "50.00 USD", "50.00 USD", "2"},
		{svcgate.Activate, func(d *svcgate.Draft) { d.Kind = "virtual" }, "", "25.00", "25.00 USD", "25.00 USD", "8"},
		{svcgate.Recharge, nil, active, "10.00", "10.00 USD", "260.00 USD", "8"},
		{svcgate.Inquire, nil, active, "", "-", "260.00 USD", "16"},
		{svcgate.Authorize, nil, active, "60.00", "60.00 USD", "200.00 USD", "24"},
		{svcgate.Deposit, nil, active, "45.50", "45.50 USD", "200.00 USD", "26"},
		{svcgate.Void, nil, active, "14.50", "14.50 USD", "214.50 USD", "22"},
		{svcgate.Return, nil, active, "5.05", "5.05 USD", "219.55 USD", "18"},
		{svcgate.Authorize, nil, active, "500.00", "219.55 USD", "0.00 USD", "24"},
	}
	hold := ""
	for _, step := range steps {
		d := card(order, step.card, step.amount)
		d.Operation = step.op
		if step.card == "" {
			d.CardNumber = generated.Card.Number()
		}
		if info, _ := step.op.Info(); info.NeedsAuthorization {
			d.Authorization = hold
		}
		if step.edit != nil {
			step.edit(&d)
		}
		before := len(b.Ledger())
		got, x, err := b.send(t, d)
		if err != nil || !got.Accepted {
			t.Fatalf("%s: %+v, %v", step.op, got, err)
		}
		if got.Amount.String() != step.acted || got.Balance.String() != step.balance || got.Code != step.reason {
			t.Errorf("%s: %s, balance %s, code %s; want %s, %s, %s", step.op, got.Amount, got.Balance, got.Code, step.acted, step.balance, step.reason)
		}
		if got.CardStatus != svcgate.StatusActive || got.Account.Type != "SVC" || got.Account.ID == "" || got.Time.IsZero() || got.TransactionID == "" {
			t.Errorf("%s: %+v", step.op, got)
		}
		if x.Class != svcgate.ClassAnswered || x.Status != 200 {
			t.Errorf("%s: %s, status %d", step.op, x.Class, x.Status)
		}
		ledger := b.Ledger()
		if len(ledger) != before+1 {
			t.Fatalf("%s: %d entries", step.op, len(ledger)-before)
		}
		e := ledger[before]
		if !e.Booked || got.Amount.Minor() != e.Amount || got.Balance.Minor() != e.Available || e.AskedFor != step.amount || e.RTPTransactionID != orderOf(step.op) {
			t.Errorf("%s: told %+v, booked %+v", step.op, got, e)
		}
		if step.op == svcgate.Authorize && hold == "" {
			hold = got.TransactionID
		}
		if step.op == svcgate.Deposit && got.HoldRest.Minor() != 14_50 {
			t.Errorf("the hold has %s left", got.HoldRest)
		}
	}
}

// orderOf returns the order as the provider sees it; an inquiry has none.
func orderOf(op svcgate.Operation) string {
	if op == svcgate.Inquire {
		return ""
	}
	return "W-1"
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		draft svcgate.Draft
		kind  messages.Kind
		code  string
	}{
		"unknown card":         {card(svcgate.Draft{Operation: svcgate.Inquire}, absent, ""), messages.Inquiry, simulator.CodeCardNotFound},
		"card never activated": {card(svcgate.Draft{Operation: svcgate.Authorize, Order: "W-2"}, unused, "5.00"), messages.Preauthorization, simulator.CodeCardInactive},
		"unknown hold":         {card(svcgate.Draft{Operation: svcgate.Deposit, Order: "W-2", Authorization: "999"}, active, "5.00"), messages.Postauthorization, simulator.CodeTransactionNotFound},
		"unknown hold to void": {card(svcgate.Draft{Operation: svcgate.Void, Order: "W-2", Authorization: "999"}, active, "5.00"), messages.Void, simulator.CodeTransactionNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, simulator.Switches{}, orce.Config{})
			got, x, err := b.send(t, test.draft)
			if err != nil || got.Accepted || got.Source != svcgate.SourceErrorCode || got.Code != test.code || got.Description == "" {
				t.Errorf("%+v, %v; want refused as %s", got, err, test.code)
			}
			if _, booked := b.booked(t, test.kind); booked || x.Class != svcgate.ClassAnswered {
				t.Errorf("booked %t, class %s", booked, x.Class)
			}
		})
	}
	t.Run("series without a free card", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, simulator.Switches{}, orce.Config{})
		for _, want := range []bool{true, false} {
			got, _, err := b.send(t, svcgate.Draft{Operation: svcgate.Generate})
			if err != nil || got.Accepted != want || got.Card.IsZero() == want {
				t.Errorf("%+v, %v; want accepted %t", got, err, want)
			}
			if !want && (got.Code != simulator.CodeAllCardsGenerated || got.Source != svcgate.SourceErrorCode) {
				t.Errorf("refused as %s %s", got.Source, got.Code)
			}
		}
	})
}

// told is what must be said of a recharge when a fault of the simulator strikes.
type told struct {
	accepted bool
	code     svcgate.Code // of the error; "" for a reply
	class    svcgate.Class
}

var (
	yes        = told{true, "", svcgate.ClassAnswered}
	no         = told{false, "", svcgate.ClassAnswered}
	notSent    = told{false, svcgate.CodeUnavailable, svcgate.ClassNotSent}
	noReply    = told{false, svcgate.CodeUnknown, svcgate.ClassNoReply}
	noReading  = told{false, svcgate.CodeUnknown, svcgate.ClassUnreadable}
	faulted    = told{false, svcgate.CodeUnknown, svcgate.ClassFault}
	mismatched = told{false, svcgate.CodeUnknown, svcgate.ClassMismatch}
)

// faultsOf has every fault that the simulator knows, with the class that a recharge ends in. A class of "" is for
// faults that may show in two ways, for a connection's end overtakes the bytes before it.
var faultsOf = map[string]told{
	"delay-before:1ms": yes, "delay-after:1ms": yes, "dribble:1ms": yes, "bare": yes, "enveloped": yes, "no-namespace": yes,
	"inactive": yes, "content-type:application/xml": yes, "duplicate": yes, "partial": yes, "reason-code:77": yes,
	"error-code:CARD_LOST": no, "error-code-booked:CARD_LOST": no,
	"status-401": notSent, "status-429": notSent, "status:415": notSent,
	"silence-before": noReply, "silence-after": noReply,
	"refuse": {code: svcgate.CodeUnknown}, "reset-before": {code: svcgate.CodeUnknown}, "reset-after": {code: svcgate.CodeUnknown},
	"html-502": noReading, "html-200": noReading, "empty-500": noReading, "truncated": {code: svcgate.CodeUnknown},
	"html-502-booked": noReading, "html-200-booked": noReading, "empty-500-booked": noReading, "status-booked:503": noReading,
	"garbage": noReading, "oversize": noReading, "doubled-body": noReading, "negative-amount": noReading,
	"no-reason": noReading, "no-transaction-id": noReading,
	"soap-fault": faulted, "soap-fault-booked": faulted, "redirect-307": faulted,
	"more-than-asked": mismatched, "other-currency": mismatched, "wrong-message": mismatched, "previous-answer": mismatched,
}

// TestFaults lets every fault of the simulator strike one recharge: it is booked at most once, and what is told is
// never better than the truth.
func TestFaults(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for text := range faultsOf {
		name, _, _ := strings.Cut(text, ":")
		known[name] = true
	}
	for _, row := range simulator.FaultTable() {
		if !known[row.Name] {
			t.Errorf("nothing says what comes of the fault %q", row.Name)
		}
	}
	for text, want := range faultsOf {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, simulator.Switches{}, orce.Config{})
			fault, err := simulator.ParseFault(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.AddFault(simulator.FaultRule{Kind: messages.Recharge, Fault: fault}); err != nil {
				t.Fatal(err)
			}
			got, x, err := b.send(t, card(svcgate.Draft{Operation: svcgate.Recharge, Order: "W-3"}, active, "12.34"))
			if svcgate.CodeOf(err) != want.code || got.Accepted != want.accepted || want.class != "" && x.Class != want.class {
				t.Errorf("%s, %+v, %v; want %+v", x.Class, got, err, want)
			}
			e, booked := b.booked(t, messages.Recharge)
			if got.Accepted && (!booked || got.Amount.Minor() != e.Amount) {
				t.Errorf("accepted %s, booked %+v", got.Amount, e)
			}
			if want == notSent && booked {
				t.Error("what was told not to be sent was booked")
			}
			if minor, _, err := b.Balance(secret.New(active)); err != nil || booked && minor != 262_34 || !booked && minor != 250_00 {
				t.Errorf("booked %t, balance %d (%v)", booked, minor, err)
			}
		})
	}
}

// TestDistrust shows what the setting is for: a provider that books and then answers 401.
func TestDistrust(t *testing.T) {
	t.Parallel()
	b := newBench(t, simulator.Switches{}, orce.Config{DistrustAuthRejections: true})
	fault, err := simulator.ParseFault("status-booked:401")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddFault(simulator.FaultRule{Fault: fault}); err != nil {
		t.Fatal(err)
	}
	_, x, err := b.send(t, card(svcgate.Draft{Operation: svcgate.Return, Order: "W-4"}, active, "1.00"))
	if _, booked := b.booked(t, messages.Return); !booked || svcgate.CodeOf(err) != svcgate.CodeUnknown || x.Class != svcgate.ClassUnreadable {
		t.Errorf("booked %t, told %s, %v", booked, x.Class, err)
	}
}

// TestProviderIsDown sends to a port that nobody listens on.
func TestProviderIsDown(t *testing.T) {
	t.Parallel()
	url := orcetest.NewServer(t, orcetest.Unreachable).URL
	p := provider(t, orce.Config{Bureau: mapping.Bureau{Service: "RLT"}, Client: client(t, url)})
	b := &bench{provider: p}
	_, x, err := b.send(t, card(svcgate.Draft{Operation: svcgate.Return, Order: "W-5"}, active, "1.00"))
	if svcgate.CodeOf(err) != svcgate.CodeUnavailable || x.Class != svcgate.ClassNotSent || !strings.Contains(x.Failure, "could not be reached") {
		t.Errorf("%s %q, %v", x.Class, x.Failure, err)
	}
}
