package mapping_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
)

func TestToMessage(t *testing.T) {
	t.Parallel()
	instrument := messages.Instrument{CardNumber: secret.New(active)}
	rtp := messages.RTPTransaction{
		RTPTransactionID: "W-10077", OperatorID: "OMS", LocationID: "WEB01", TransactionDateTime: "2026-03-04T22:30:15",
		BusinessDate: "2026-03-04", Amount: messages.NewDecimal(4520, 2),
	}
	tests := []struct {
		name string
		op   svcgate.Operation
		edit func(*svcgate.Draft)
		want messages.Request
	}{
		{"generate", svcgate.Generate, nil,
			&messages.GenerateCardRequest{UserName: "OMS", CardPrefix: "00912", CardSeriesSequence: "03"}},
		{"activate a physical card", svcgate.Activate, nil,
			&messages.ActivateInstrumentRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, Comments: "Activation Request"}},
		{"activate a virtual card", svcgate.Activate, func(d *svcgate.Draft) { d.Kind = "virtual" },
			&messages.RechargeRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, Comments: "Recharge Request"}},
		{"recharge", svcgate.Recharge, nil,
			&messages.RechargeRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, Comments: "Recharge Request"}},
		{"inquire", svcgate.Inquire, nil,
			&messages.InquiryRequest{UserID: "OMS", Instrument: instrument, Comments: "Inquiry Request"}},
		{"authorize", svcgate.Authorize, nil,
			&messages.PreauthorizationRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, Comments: "Preauthorization Request"}},
		{"deposit", svcgate.Deposit, nil,
			&messages.PostauthorizationRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, SVATransactionID: "70021", Comments: "Postauthorization Request"}},
		{"return", svcgate.Return, nil,
			&messages.ReturnRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, Comments: "Return Request"}},
		{"return of a known transaction", svcgate.Return, func(d *svcgate.Draft) { d.Authorization = "70021" },
			&messages.ReturnRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, SVATransactionID: "70021", Comments: "Return Request"}},
		{"void", svcgate.Void, nil,
			&messages.VoidRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: rtp, SVATransactionID: "70021", Comments: "Void Request"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := draft(test.op)
			if test.edit != nil {
				test.edit(&d)
			}
			r := request(t, d)
			if got := message(t, r); !reflect.DeepEqual(got, test.want) {
				t.Errorf("ToMessage\n got %+v\nwant %+v", got, test.want)
			}
			if got := mapping.KindFor(r); got != test.want.Kind() {
				t.Errorf("KindFor = %v, want %v", got, test.want.Kind())
			}
		})
	}
}

func TestSettingsOfTheBureau(t *testing.T) {
	t.Parallel()
	authorization := func(t *testing.T, b mapping.Bureau, edit func(*svcgate.Draft)) *messages.PreauthorizationRequest {
		t.Helper()
		d := draft(svcgate.Authorize)
		if edit != nil {
			edit(&d)
		}
		m, err := mapping.ToMessage(request(t, d), b, at)
		if err != nil {
			t.Fatal(err)
		}
		return m.(*messages.PreauthorizationRequest)
	}
	t.Run("user", func(t *testing.T) {
		t.Parallel()
		b := bureau()
		b.UserID = "SHOP"
		if m := authorization(t, b, nil); m.UserID != "SHOP" || m.RTPTransaction.OperatorID != "SHOP" {
			t.Errorf("UserID %q, OperatorID %q, want SHOP in both", m.UserID, m.RTPTransaction.OperatorID)
		}
	})
	t.Run("no signon", func(t *testing.T) {
		t.Parallel()
		b := bureau()
		b.Signon = ""
		if m := authorization(t, b, nil); m.RTPTransaction.LocationID != "" {
			t.Errorf("LocationID %q, want none", m.RTPTransaction.LocationID)
		}
	})
	t.Run("currency sent", func(t *testing.T) {
		t.Parallel()
		b := bureau()
		b.SendCurrency = true
		m := authorization(t, b, func(d *svcgate.Draft) { d.Amount, d.Currency = "500", "JPY" })
		if m.RTPTransaction.CurrencyID != "JPY" || m.RTPTransaction.Amount.String() != "500" {
			t.Errorf("%s %q, want 500 JPY", m.RTPTransaction.Amount, m.RTPTransaction.CurrencyID)
		}
	})
	t.Run("three decimals", func(t *testing.T) {
		t.Parallel()
		m := authorization(t, bureau(), func(d *svcgate.Draft) { d.Amount, d.Currency = "7", "KWD" })
		if m.RTPTransaction.CurrencyID != "" || m.RTPTransaction.Amount.String() != "7.000" {
			t.Errorf("%s %q, want 7.000 and no currency", m.RTPTransaction.Amount, m.RTPTransaction.CurrencyID)
		}
	})
	t.Run("no place is UTC", func(t *testing.T) {
		t.Parallel()
		b := bureau()
		b.Location = nil
		m := authorization(t, b, nil)
		if m.RTPTransaction.TransactionDateTime != "2026-03-05T02:30:15" || m.RTPTransaction.BusinessDate != "2026-03-05" {
			t.Errorf("stamped %s of %s", m.RTPTransaction.TransactionDateTime, m.RTPTransaction.BusinessDate)
		}
	})
	t.Run("PIN and swipe", func(t *testing.T) {
		t.Parallel()
		m := authorization(t, bureau(), func(d *svcgate.Draft) { d.PIN, d.Swiped = secret.New("8264"), true })
		if m.Instrument.AuthenticationData.Reveal() != "8264" || !m.Instrument.CardSwiped {
			t.Error("the PIN or the swipe did not arrive")
		}
		if !m.Instrument.InstrumentID.IsZero() {
			t.Error("a serial number was made up")
		}
	})
}

func TestGenerateNeedsTheSeries(t *testing.T) {
	t.Parallel()
	for reason, edit := range map[string]func(*mapping.Bureau){
		"presenters_id_missing": func(b *mapping.Bureau) { b.PresentersID = "" },
		"submitters_id_missing": func(b *mapping.Bureau) { b.SubmittersID = "" },
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			b := bureau()
			edit(&b)
			m, err := mapping.ToMessage(request(t, draft(svcgate.Generate)), b, at)
			e, ok := errors.AsType[*svcgate.Error](err)
			if !ok || e.Code != svcgate.CodeInvalid || e.Reason != reason || m != nil {
				t.Fatalf("ToMessage = %v, %v; want invalid/%s", m, err, reason)
			}
			if _, err := mapping.ToMessage(request(t, draft(svcgate.Inquire)), b, at); err != nil {
				t.Errorf("an inquiry needs no series: %v", err)
			}
		})
	}
}

// TestEveryOperationHasAMessage names the rows that a new operation or kind of card lacks.
func TestEveryOperationHasAMessage(t *testing.T) {
	t.Parallel()
	carried := map[messages.Kind]bool{}
	for _, info := range svcgate.Operations() {
		for _, card := range []svcgate.Kind{"", svcgate.Physical, svcgate.Virtual} {
			if info.NeedsKind == (card == "") {
				continue
			}
			d := draft(info.Operation)
			d.Kind = string(card)
			r := request(t, d)
			m, err := mapping.ToMessage(r, bureau(), at)
			if err != nil {
				t.Errorf("%s %s: %v", info.Name, card, err)
				continue
			}
			if m.Kind() != mapping.KindFor(r) {
				t.Errorf("%s %s is built as %s and expected as %s", info.Name, card, m.Kind(), mapping.KindFor(r))
			}
			carried[m.Kind()] = true
		}
	}
	for _, kind := range messages.Kinds() {
		if !carried[kind] {
			t.Errorf("no operation is carried by %s", kind)
		}
	}
}

func TestTheDayOfTheBureau(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	b := bureau()
	b.Location = berlin
	// One second before clocks go from 02:00 to 03:00.
	for instant, want := range map[time.Time]string{
		time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC): "2026-03-29T01:59:59",
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC):   "2026-03-29T03:00:00",
	} {
		m, err := mapping.ToMessage(request(t, draft(svcgate.Void)), b, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(*messages.VoidRequest).RTPTransaction.TransactionDateTime; got != want {
			t.Errorf("%s is stamped %s, want %s", instant, got, want)
		}
	}
}

func TestARequestThatNobodyMade(t *testing.T) {
	t.Parallel()
	m, err := mapping.ToMessage(new(svcgate.Request), bureau(), at)
	e, ok := errors.AsType[*svcgate.Error](err)
	if !ok || e.Code != svcgate.CodeInvalid || e.Reason != "unsupported_operation" || m != nil {
		t.Errorf("ToMessage = %v, %v", m, err)
	}
	if kind := mapping.KindFor(new(svcgate.Request)); kind.Valid() {
		t.Errorf("KindFor = %s", kind)
	}
}
