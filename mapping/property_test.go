package mapping_test

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
)

// drawRequest makes any request that svcgate.NewRequest takes.
func drawRequest(t *rapid.T) *svcgate.Request {
	info := rapid.SampledFrom(svcgate.Operations()).Draw(t, "operation")
	d := svcgate.Draft{
		Operation: info.Operation, Service: "RLT",
		Order: rapid.StringMatching(`[A-Za-z][A-Za-z._/#-]{0,20}[0-9]{0,9}`).Draw(t, "order"),
	}
	if info.NeedsCard {
		d.CardNumber = secret.New(rapid.StringMatching(`[0-9]{10,16}`).Draw(t, "card"))
		d.PIN = secret.New(rapid.StringMatching(`([A-Za-z0-9]{1,16})?`).Draw(t, "pin"))
		d.Swiped = rapid.Bool().Draw(t, "swiped")
	}
	if info.NeedsAmount {
		m, err := svcgate.MoneyFromMinor(rapid.Int64Range(1, 999_999_999_999).Draw(t, "minor"),
			rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF", "EUR"}).Draw(t, "currency"))
		if err != nil {
			t.Fatal(err)
		}
		d.Amount, d.Currency = m.Decimal(), m.Currency()
	}
	if info.NeedsAuthorization || info.Operation == svcgate.Return && rapid.Bool().Draw(t, "linked") {
		d.Authorization = rapid.StringMatching(`[0-9]{1,15}`).Draw(t, "authorization")
	}
	if info.NeedsKind {
		d.Kind = rapid.SampledFrom([]string{"physical", "virtual"}).Draw(t, "kind")
	}
	r, err := svcgate.NewRequest(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func drawBureau(t *rapid.T) mapping.Bureau {
	return mapping.Bureau{
		Service: "RLT", PresentersID: rapid.StringMatching(`[0-9]{5}`).Draw(t, "presenter"),
		SubmittersID: rapid.StringMatching(`[0-9]{2}`).Draw(t, "submitter"),
		Signon:       rapid.StringMatching(`[A-Z0-9]{0,10}`).Draw(t, "signon"),
		SendCurrency: rapid.Bool().Draw(t, "send currency"),
		Location:     time.FixedZone("", rapid.IntRange(-12*60, 14*60).Draw(t, "offset")*60),
	}
}

// TestNothingIsLostOnTheWay sends any request through mapping and codec and finds all of it on the other side.
func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, b := drawRequest(t), drawBureau(t)
		form := messages.Form{Bare: rapid.Bool().Draw(t, "bare"), StrictSOAP: rapid.Bool().Draw(t, "strict")}
		instant := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "instant"), 0)
		sent, err := mapping.ToMessage(r, b, instant)
		if err != nil {
			t.Fatalf("ToMessage: %v", err)
		}
		body, err := messages.AppendRequest(nil, sent, form)
		if err != nil {
			t.Fatalf("AppendRequest: %v", err)
		}
		read, err := messages.ReadRequest(body)
		if err != nil {
			t.Fatalf("ReadRequest: %v", err)
		}
		if !reflect.DeepEqual(read, sent) {
			t.Fatalf("sent %+v, read %+v", sent, read)
		}
		again, err := messages.AppendRequest(nil, read, form)
		if err != nil || !bytes.Equal(again, body) {
			t.Fatalf("written again, the message differs (%v)", err)
		}
		if p := partsOf(read); p != nil {
			checkParts(t, r, b, instant, p)
		}
	})
}

// parts are the members that most messages share.
type parts struct {
	instrument messages.Instrument
	rtp        *messages.RTPTransaction
	referred   string
}

func partsOf(m messages.Request) *parts {
	switch m := m.(type) {
	case *messages.ActivateInstrumentRequest:
		return &parts{m.Instrument, &m.RTPTransaction, ""}
	case *messages.RechargeRequest:
		return &parts{m.Instrument, &m.RTPTransaction, ""}
	case *messages.PreauthorizationRequest:
		return &parts{m.Instrument, &m.RTPTransaction, ""}
	case *messages.PostauthorizationRequest:
		return &parts{m.Instrument, &m.RTPTransaction, m.SVATransactionID}
	case *messages.ReturnRequest:
		return &parts{m.Instrument, &m.RTPTransaction, m.SVATransactionID}
	case *messages.VoidRequest:
		return &parts{m.Instrument, &m.RTPTransaction, m.SVATransactionID}
	case *messages.InquiryRequest:
		return &parts{m.Instrument, nil, ""}
	}
	return nil
}

func checkParts(t *rapid.T, r *svcgate.Request, b mapping.Bureau, instant time.Time, p *parts) {
	if !p.instrument.CardNumber.Equal(r.Card().Number()) || !p.instrument.AuthenticationData.Equal(r.PIN()) ||
		p.instrument.CardSwiped != r.Swiped() || p.referred != r.Authorization() {
		t.Fatal("card, PIN, swipe or authorization changed")
	}
	if p.rtp == nil {
		return
	}
	minor, ok := p.rtp.Amount.Minor(r.Amount().Digits())
	if !ok || minor != r.Amount().Minor() || p.rtp.Amount.String() != r.Amount().Decimal() {
		t.Fatalf("%s became %s", r.Amount(), p.rtp.Amount)
	}
	if want := r.Amount().Currency(); b.SendCurrency && p.rtp.CurrencyID != want || !b.SendCurrency && p.rtp.CurrencyID != "" {
		t.Fatalf("currency %q of %q", p.rtp.CurrencyID, want)
	}
	wall, err := time.ParseInLocation("2006-01-02T15:04:05", p.rtp.TransactionDateTime, b.Location)
	if err != nil || !wall.Equal(instant) || p.rtp.BusinessDate != p.rtp.TransactionDateTime[:10] {
		t.Fatalf("%s became %s of %s (%v)", instant, p.rtp.TransactionDateTime, p.rtp.BusinessDate, err)
	}
	if p.rtp.LocationID != b.Signon || p.rtp.RTPTransactionID != r.Order() {
		t.Fatal("signon or order changed")
	}
}

// TestAmountsAreExact lets a provider act on any amount: what is told is exactly that, or nothing is told at all.
func TestAmountsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := draft(svcgate.Authorize)
		asked, err := svcgate.MoneyFromMinor(rapid.Int64Range(1, 1_000_000).Draw(t, "asked"),
			rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency"))
		if err != nil {
			t.Fatal(err)
		}
		d.Amount, d.Currency = asked.Decimal(), asked.Currency()
		r, err := svcgate.NewRequest(d)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := mapping.ToMessage(r, bureau(), at)
		if err != nil {
			t.Fatal(err)
		}
		acted := messages.NewDecimal(rapid.Int64Range(-100, 2_000_000).Draw(t, "acted"), rapid.IntRange(0, 6).Draw(t, "decimals"))
		a := &messages.Answer{Kind: messages.Preauthorization, ReasonCode: "24", SVATransactionID: "1", Amount: acted,
			CurrencyID: rapid.SampledFrom([]string{"", asked.Currency()}).Draw(t, "named")}
		body, err := messages.AppendAnswer(nil, a, messages.AnswerForm{})
		if err == nil { // a negative amount cannot be written, but may be read
			*a = messages.Answer{}
			err = messages.ReadAnswer(body, a)
			if err != nil {
				t.Fatalf("ReadAnswer: %v", err)
			}
		}
		reply, err := mapping.FromAnswer(r, sent, a, bureau())
		minor, exact := acted.Minor(asked.Digits())
		if want := exact && minor >= 0 && minor <= asked.Minor(); want != (err == nil) {
			t.Fatalf("%s of %s: %v", acted, asked, err)
		}
		if err == nil && (reply.Amount.Minor() != minor || reply.Amount.Currency() != asked.Currency()) {
			t.Fatalf("%s of %s told as %s", acted, asked, reply.Amount)
		}
	})
}

// TestNoAnswerMakesMoreOfAMessage draws answers at will: whatever is accepted acted on at most what was asked, in its
// currency and with an id, and whatever is an error has no reply.
func TestNoAnswerMakesMoreOfAMessage(tt *testing.T) {
	tt.Parallel()
	word := rapid.SampledFrom([]string{"", "OK", "Rejected", "ok", "2", "8", "16", "18", "22", "24", "26", "77", "X_Y", active})
	currency := rapid.SampledFrom([]string{"", "USD", "EUR", "usd", "QQQ"})
	rapid.Check(tt, func(t *rapid.T) {
		r := request(tt, draft(rapid.SampledFrom(svcgate.Operations()).Draw(t, "operation").Operation))
		a := &messages.Answer{
			Kind:         rapid.SampledFrom([]messages.Kind{mapping.KindFor(r), mapping.KindFor(r), mapping.KindFor(r), messages.Void}).Draw(t, "kind"),
			ResponseCode: word.Draw(t, "response code"), ErrorCode: word.Draw(t, "error code"), ReasonCode: word.Draw(t, "reason code"),
			SVATransactionID: word.Draw(t, "id"), CurrencyID: currency.Draw(t, "currency"),
			Amount:     messages.NewDecimal(rapid.Int64Range(-1, 5000).Draw(t, "amount"), 2),
			Balance:    messages.NewDecimal(rapid.Int64Range(-1, 5000).Draw(t, "balance"), 2),
			CardNumber: secret.New(rapid.SampledFrom([]string{"", active, other, "1"}).Draw(t, "card")),
		}
		reply, err := mapping.FromAnswer(r, message(tt, r), a, bureau())
		if err != nil {
			if !reflect.DeepEqual(reply, svcgate.Reply{}) {
				t.Fatalf("%v came with %+v", err, reply)
			}
			return
		}
		info, _ := r.Operation().Info()
		if reply.Code == "" || reply.Source == "" || reply.Accepted && a.ErrorCode != "" {
			t.Fatalf("%+v made of %+v", reply, a)
		}
		if reply.Accepted && info.MovesMoney && info.Operation != svcgate.Void && (reply.TransactionID == "" ||
			r.Amount().Less(reply.Amount) || reply.Amount.Currency() != r.Amount().Currency()) {
			t.Fatalf("accepted as %+v", reply)
		}
		switch info.Operation {
		case svcgate.Activate, svcgate.Recharge, svcgate.Return:
			if reply.Accepted && reply.Amount.Less(r.Amount()) {
				t.Fatalf("%s added, and %s was to be: %+v", reply.Amount, r.Amount(), reply)
			}
		}
		if !reply.Card.IsZero() && (!reply.Accepted || r.Operation() != svcgate.Generate) {
			t.Fatalf("a card out of %s", r.Operation())
		}
	})
}
