package mapping_test

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
)

const (
	active = "6006491234560017"
	other  = "6006491234560025"
	fresh  = "7007491234560017"
)

// eastern is four hours behind UTC, as a bureau in the east of the United States in summer.
var eastern = time.FixedZone("EDT", -4*60*60)

// at is late on March 4 in the bureau and already March 5 in UTC.
var at = time.Date(2026, 3, 5, 2, 30, 15, 987654321, time.UTC)

func bureau() mapping.Bureau {
	return mapping.Bureau{
		Service: "RLT", PresentersID: "00912", SubmittersID: "03", Signon: "WEB01", DefaultCurrency: "USD", Location: eastern,
	}
}

// draft returns a draft of an operation that svcgate.NewRequest takes.
func draft(op svcgate.Operation) svcgate.Draft {
	d := svcgate.Draft{Operation: op, Service: "RLT", Order: "W-10077"}
	info, ok := op.Info()
	if !ok {
		panic("no such operation")
	}
	if info.NeedsCard {
		d.CardNumber = secret.New(active)
	}
	if info.NeedsAmount {
		d.Amount, d.Currency = "45.20", "USD"
	}
	if info.NeedsAuthorization {
		d.Authorization = "70021"
	}
	if info.NeedsKind {
		d.Kind = string(svcgate.Physical)
	}
	return d
}

func request(t testing.TB, d svcgate.Draft) *svcgate.Request {
	t.Helper()
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatalf("draft of %s: %v", d.Operation, err)
	}
	return r
}

func message(t testing.TB, r *svcgate.Request) messages.Request {
	t.Helper()
	m, err := mapping.ToMessage(r, bureau(), at)
	if err != nil {
		t.Fatalf("message of %s: %v", r.Operation(), err)
	}
	return m
}

func decimal(t testing.TB, s string) messages.Decimal {
	t.Helper()
	d, err := messages.ParseDecimal(s)
	if err != nil {
		t.Fatalf("decimal %q: %v", s, err)
	}
	return d
}

func timestamp(t testing.TB, s string) messages.Timestamp {
	t.Helper()
	ts, err := messages.ParseTimestamp(s)
	if err != nil {
		t.Fatalf("timestamp %q: %v", s, err)
	}
	return ts
}

// approval returns an answer that accepts the draft of its operation.
func approval(t testing.TB, r *svcgate.Request) *messages.Answer {
	t.Helper()
	kind := mapping.KindFor(r)
	if kind == messages.GenerateCard {
		return &messages.Answer{
			Kind: kind, ResponseCode: "OK", DateTime: timestamp(t, "2026-03-04T22:30:09"),
			CardPrefix: "00912", CardSeriesSequence: "03", InstrumentID: secret.New("0091203001000042"),
			CardNumber: secret.New(fresh), BatchNumber: "001",
		}
	}
	a := &messages.Answer{
		Kind: kind, InstrumentStatus: "Active", AccountID: "5301", AccountStatus: "Active", AccountType: "SVC",
		Balance: decimal(t, "154.80"), BalanceCurrency: "USD", EffectiveDate: timestamp(t, "2026-02-01T08:00:00-0500"),
		SVATransactionID: "70022", ReasonDescription: kind.AnswerRoot(), ReasonCode: kind.Reason(),
		CurrencyID: "USD", Amount: decimal(t, "45.20"), TransactionDateTime: timestamp(t, "2026-03-04T21:30:09-0500"),
		AuthNumber: "0000070022000417",
	}
	if kind == messages.Inquiry {
		a.Amount = decimal(t, "0.00")
	}
	if kind == messages.Postauthorization {
		a.PreAuthSVATransactionID, a.PreAuthCurrencyID, a.PreAuthAmount = "70021", "USD", decimal(t, "3.10")
	}
	return a
}

func refusal(kind messages.Kind) *messages.Answer {
	return &messages.Answer{
		Kind: kind, ResponseCode: "Rejected", ErrorCode: "CARD_ASLEEP", ResponseDescription: "The card is asleep.",
	}
}
