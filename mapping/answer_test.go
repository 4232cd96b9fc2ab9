package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
)

func usd(t testing.TB, minor int64) svcgate.Money { return money(t, minor, "USD") }

func money(t testing.TB, minor int64, currency string) svcgate.Money {
	t.Helper()
	m, err := svcgate.MoneyFromMinor(minor, currency)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// answered maps the approval of an operation after edit.
func answered(t testing.TB, op svcgate.Operation, edit func(*messages.Answer)) (svcgate.Reply, error) {
	t.Helper()
	r := request(t, draft(op))
	a := approval(t, r)
	if edit != nil {
		edit(a)
	}
	return mapping.FromAnswer(r, message(t, r), a, bureau())
}

func TestApprovals(t *testing.T) {
	t.Parallel()
	for _, info := range svcgate.Operations() {
		t.Run(info.Name, func(t *testing.T) {
			t.Parallel()
			got, err := answered(t, info.Operation, nil)
			if err != nil {
				t.Fatal(err)
			}
			kind := mapping.KindFor(request(t, draft(info.Operation)))
			want := svcgate.Reply{
				Accepted: true, Source: svcgate.SourceReasonCode, Code: kind.Reason(), Description: kind.AnswerRoot(),
				Amount: usd(t, 4520), Balance: usd(t, 15480), CardStatus: svcgate.StatusActive,
				Account:       svcgate.Account{ID: "5301", Status: svcgate.StatusActive, Type: "SVC"},
				TransactionID: "70022", AuthNumber: "0000070022000417",
				Time: time.Date(2026, 3, 5, 2, 30, 9, 0, time.UTC),
			}
			switch info.Operation {
			case svcgate.Inquire:
				want.Amount = svcgate.Money{}
			case svcgate.Deposit:
				want.HoldRest = usd(t, 310)
			case svcgate.Generate:
				card, err := svcgate.ParseCard(secret.New(fresh))
				if err != nil {
					t.Fatal(err)
				}
				want = svcgate.Reply{Accepted: true, Source: svcgate.SourceResponseCode, Code: "OK", Card: card, Time: want.Time}
			}
			if !got.Time.Equal(want.Time) {
				t.Errorf("time %s, want %s", got.Time, want.Time)
			}
			got.Time, want.Time = time.Time{}, time.Time{}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("FromAnswer\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		op       svcgate.Operation
		edit     func(*messages.Answer)
		accepted bool
		source   svcgate.Source
		code     string
		text     string
	}{
		{"error code", svcgate.Authorize, func(a *messages.Answer) { *a = *refusal(a.Kind) },
			false, svcgate.SourceErrorCode, "CARD_ASLEEP", "The card is asleep."},
		{"error code of a generation", svcgate.Generate, func(a *messages.Answer) { *a = *refusal(a.Kind) },
			false, svcgate.SourceErrorCode, "CARD_ASLEEP", "The card is asleep."},
		{"error code beside a whole approval", svcgate.Return, func(a *messages.Answer) { a.ErrorCode = "CARD_ASLEEP" },
			false, svcgate.SourceErrorCode, "CARD_ASLEEP", ""},
		{"error code beside OK", svcgate.Generate, func(a *messages.Answer) { a.ErrorCode = "CARD_ASLEEP" },
			false, svcgate.SourceErrorCode, "CARD_ASLEEP", ""},
		{"rejected without error code", svcgate.Void, func(a *messages.Answer) { a.ResponseCode = "Rejected" },
			false, svcgate.SourceResponseCode, "Rejected", ""},
		{"OK in other letters is not OK", svcgate.Recharge, func(a *messages.Answer) { a.ResponseCode = "ok" },
			false, svcgate.SourceResponseCode, "ok", ""},
		{"fault detail", svcgate.Activate, func(a *messages.Answer) { a.ErrorCode, a.FaultDetail = "X", "Out of paper" },
			false, svcgate.SourceErrorCode, "X", "Out of paper"},
		{"OK beside the reason code", svcgate.Deposit, func(a *messages.Answer) { a.ResponseCode = "OK" },
			true, svcgate.SourceReasonCode, "26", "PostauthorizationResponse"},
		{"OK without a reason code", svcgate.Deposit, func(a *messages.Answer) { a.ResponseCode, a.ReasonCode = "OK", "" },
			true, svcgate.SourceResponseCode, "OK", ""},
		{"reason code that no message has", svcgate.Authorize, func(a *messages.Answer) { a.ReasonCode = "77" },
			true, svcgate.SourceReasonCode, "77", "PreauthorizationResponse"},
		{"card number in the error code", svcgate.Authorize, func(a *messages.Answer) { a.ErrorCode = "NO_" + active },
			false, svcgate.SourceErrorCode, "NO_************0017", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := answered(t, test.op, test.edit)
			if err != nil {
				t.Fatal(err)
			}
			if got.Accepted != test.accepted || got.Source != test.source || got.Code != test.code || got.Description != test.text {
				t.Errorf("got accepted %t, %s %q, %q; want %t, %s %q, %q", got.Accepted, got.Source, got.Code, got.Description,
					test.accepted, test.source, test.code, test.text)
			}
			if !got.Accepted && (!got.Amount.IsZero() || !got.HoldRest.IsZero() || !got.Card.IsZero()) {
				t.Errorf("a refusal acted: %+v", got)
			}
		})
	}
}

func TestMismatches(t *testing.T) {
	t.Parallel()
	set := func(s string) messages.Decimal { return decimal(t, s) }
	tests := []struct {
		name string
		op   svcgate.Operation
		edit func(*messages.Answer)
		want mapping.Mismatch
	}{
		{"other root", svcgate.Authorize, func(a *messages.Answer) { a.Kind = messages.Postauthorization }, mapping.OtherMessage},
		{"root of no message", svcgate.Authorize, func(a *messages.Answer) { a.Kind = 0 }, mapping.OtherMessage},
		{"refusal of another message", svcgate.Activate, func(a *messages.Answer) { *a = *refusal(messages.Recharge) }, mapping.OtherMessage},
		{"refusal in the form of a card series", svcgate.Void, func(a *messages.Answer) { *a = *refusal(messages.GenerateCard) }, mapping.OtherMessage},
		{"other reason code", svcgate.Authorize, func(a *messages.Answer) { a.ReasonCode = "26" }, mapping.OtherReason},
		{"other reason code beside an error code", svcgate.Authorize, func(a *messages.Answer) { a.ReasonCode, a.ErrorCode = "22", "X" }, mapping.OtherReason},
		{"reason code on a generation", svcgate.Generate, func(a *messages.Answer) { a.ReasonCode = "8" }, mapping.OtherReason},
		{"no code", svcgate.Return, func(a *messages.Answer) { a.ReasonCode = "" }, mapping.NoCode},
		{"no code on a generation", svcgate.Generate, func(a *messages.Answer) { a.ResponseCode = "" }, mapping.NoCode},
		{"only a description", svcgate.Inquire, func(a *messages.Answer) { *a = messages.Answer{Kind: a.Kind, ResponseDescription: "Fine."} }, mapping.NoCode},
		{"other card", svcgate.Inquire, func(a *messages.Answer) { a.CardNumber = secret.New(other) }, mapping.OtherCard},
		{"other card, masked", svcgate.Inquire, func(a *messages.Answer) { a.CardNumber = secret.New("************0025") }, mapping.OtherCard},
		{"other card on a refusal", svcgate.Recharge, func(a *messages.Answer) { a.ErrorCode, a.CardNumber = "X", secret.New(other) }, mapping.OtherCard},
		{"other hold", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthSVATransactionID = "70020" }, mapping.OtherAuthorization},
		{"other hold on a refusal", svcgate.Deposit, func(a *messages.Answer) { a.ErrorCode, a.PreAuthSVATransactionID = "X", "7002" }, mapping.OtherAuthorization},
		{"other prefix", svcgate.Generate, func(a *messages.Answer) { a.CardPrefix = "912" }, mapping.OtherSeries},
		{"other series", svcgate.Generate, func(a *messages.Answer) { a.CardSeriesSequence = "3" }, mapping.OtherSeries},
		{"other series on a refusal", svcgate.Generate, func(a *messages.Answer) { a.ErrorCode, a.CardSeriesSequence = "X", "04" }, mapping.OtherSeries},
		{"no number", svcgate.Generate, func(a *messages.Answer) { a.CardNumber = secret.String{} }, mapping.NoCardNumber},
		{"masked number", svcgate.Generate, func(a *messages.Answer) { a.CardNumber = secret.New("************0017") }, mapping.BadCardNumber},
		{"short number", svcgate.Generate, func(a *messages.Answer) { a.CardNumber = secret.New("600649123") }, mapping.BadCardNumber},
		{"no id", svcgate.Authorize, func(a *messages.Answer) { a.SVATransactionID = "" }, mapping.NoTransactionID},
		{"no id on an unknown code", svcgate.Authorize, func(a *messages.Answer) { a.ReasonCode, a.SVATransactionID = "77", "" }, mapping.NoTransactionID},
		{"id with letters", svcgate.Authorize, func(a *messages.Answer) { a.SVATransactionID = "A70022" }, mapping.BadTransactionID},
		{"id as long as an authorization number", svcgate.Void, func(a *messages.Answer) { a.SVATransactionID = a.AuthNumber }, mapping.BadTransactionID},
		{"no amount", svcgate.Recharge, func(a *messages.Answer) { a.Amount = messages.Decimal{} }, mapping.NoAmount},
		{"negative amount", svcgate.Return, func(a *messages.Answer) { a.Amount = set("-45.20") }, mapping.BadAmount},
		{"half a cent", svcgate.Return, func(a *messages.Answer) { a.Amount = set("45.195") }, mapping.BadAmount},
		{"amount beyond all", svcgate.Return, func(a *messages.Answer) { a.Amount = set("999999999999999999") }, mapping.BadAmount},
		{"one cent more", svcgate.Authorize, func(a *messages.Answer) { a.Amount = set("45.21") }, mapping.MoreThanAsked},
		{"one cent more put back", svcgate.Return, func(a *messages.Answer) { a.Amount = set("45.21") }, mapping.MoreThanAsked},
		{"one cent less put back", svcgate.Return, func(a *messages.Answer) { a.Amount = set("45.19") }, mapping.LessThanAsked},
		{"one cent less recharged", svcgate.Recharge, func(a *messages.Answer) { a.Amount = set("45.19") }, mapping.LessThanAsked},
		{"activated with nothing", svcgate.Activate, func(a *messages.Answer) { a.Amount = set("0.00") }, mapping.LessThanAsked},
		{"other currency", svcgate.Authorize, func(a *messages.Answer) { a.CurrencyID = "EUR" }, mapping.OtherCurrency},
		{"other currency of the rest", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthCurrencyID = "CAD" }, mapping.OtherCurrency},
		{"currency in small letters", svcgate.Authorize, func(a *messages.Answer) { a.CurrencyID = "usd" }, mapping.BadCurrency},
		{"unknown currency", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthCurrencyID = "QQQ" }, mapping.BadCurrency},
		{"balance in small letters", svcgate.Inquire, func(a *messages.Answer) { a.BalanceCurrency = "usd" }, mapping.BadCurrency},
		{"card number as account", svcgate.Inquire, func(a *messages.Answer) { a.AccountID = active }, mapping.CardNumberInAnswer},
		{"card number as authorization number", svcgate.Authorize, func(a *messages.Answer) { a.AuthNumber = active }, mapping.CardNumberInAnswer},
		{"card number within the account", svcgate.Authorize, func(a *messages.Answer) { a.AccountID = "SVC-" + active }, mapping.CardNumberInAnswer},
		{"card number within the account on a refusal", svcgate.Authorize, func(a *messages.Answer) { a.ErrorCode, a.AccountID = "X", active+"-1" }, mapping.CardNumberInAnswer},
		{"card number in groups", svcgate.Recharge, func(a *messages.Answer) { a.AccountID = "6006-4912-3456-0017" }, mapping.CardNumberInAnswer},
		{"card number in groups behind another digit", svcgate.Recharge, func(a *messages.Answer) { a.AccountID = "1:6006.4912.3456.0017" }, mapping.CardNumberInAnswer},
		{"card number within the authorization number", svcgate.Authorize, func(a *messages.Answer) { a.AuthNumber = "A" + active }, mapping.CardNumberInAnswer},
		{"new card number as account", svcgate.Generate, func(a *messages.Answer) { a.AccountID = fresh }, mapping.CardNumberInAnswer},
		{"new card number within the authorization number", svcgate.Generate, func(a *messages.Answer) { a.AuthNumber = "A" + fresh }, mapping.CardNumberInAnswer},
	}
	reached := map[mapping.Mismatch]bool{}
	for _, test := range tests {
		reached[test.want] = true
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := answered(t, test.op, test.edit)
			e, ok := errors.AsType[*mapping.MismatchError](err)
			if !ok || e.Reason != test.want {
				t.Fatalf("FromAnswer = %+v, %v; want %s", got, err, test.want)
			}
			if !reflect.DeepEqual(got, svcgate.Reply{}) {
				t.Errorf("a mismatch replied %+v", got)
			}
		})
	}
	if s := mapping.Mismatch("whim").Sentence(); s != "" {
		t.Errorf("a word that is no mismatch has the sentence %q", s)
	}
	for _, m := range mapping.Mismatches() {
		if !reached[m] {
			t.Errorf("no answer here leads to %s", m)
		}
		if s := m.Sentence(); !strings.HasSuffix(s, ".") || !strings.Contains((&mapping.MismatchError{Reason: m}).Error(), s) {
			t.Errorf("%s has the sentence %q", m, s)
		}
	}
}

// TestThePINIsNotTakenOver has the request's own PIN in the texts of an answer.
func TestThePINIsNotTakenOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pin  string
		edit func(*messages.Answer)
		want func(*svcgate.Reply) // of the reply without the edit
	}{
		"description": {"7395", func(a *messages.Answer) { a.ResponseDescription = "7395 fits." },
			func(r *svcgate.Reply) { r.Description = "**** fits." }},
		"description of the reason": {"Zq7Wx2Kv", func(a *messages.Answer) { a.ReasonDescription = "<Zq7Wx2Kv>" },
			func(r *svcgate.Reply) { r.Description = "<****>" }},
		"fault detail": {"7395", func(a *messages.Answer) {
			*a = *refusal(a.Kind)
			a.ResponseDescription, a.FaultDetail = "", "PIN 7395 is wrong"
		},
			func(r *svcgate.Reply) { refuse(r, "CARD_ASLEEP", "PIN **** is wrong") }},
		"error code": {"7395", func(a *messages.Answer) { *a = *refusal(a.Kind); a.ErrorCode = "PIN 7395" },
			func(r *svcgate.Reply) { refuse(r, "PIN ****", "The card is asleep.") }},
		"response code": {"7395", func(a *messages.Answer) { a.ResponseCode = "NO-7395" },
			func(r *svcgate.Reply) {
				r.Accepted, r.Source, r.Code, r.Description, r.Amount = false, svcgate.SourceResponseCode, "NO-****", "", svcgate.Money{}
			}},
		"ids": {"7395", func(a *messages.Answer) { a.AccountID, a.AuthNumber = "7395", "A7395" },
			func(r *svcgate.Reply) { r.Account.ID, r.AuthNumber = "", "" }},
		"digits of a longer id":        {"7002", func(*messages.Answer) {}, func(*svcgate.Reply) {}},
		"the transaction id by chance": {"70022", func(*messages.Answer) {}, func(*svcgate.Reply) {}},
		"the reason code by chance":    {"24", func(*messages.Answer) {}, func(*svcgate.Reply) {}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := draft(svcgate.Authorize)
			d.PIN = secret.New(c.pin)
			r := request(t, d)
			a := approval(t, r)
			want, err := mapping.FromAnswer(r, message(t, r), a, bureau())
			if err != nil {
				t.Fatal(err)
			}
			c.want(&want)
			c.edit(a)
			got, err := mapping.FromAnswer(r, message(t, r), a, bureau())
			if err != nil {
				t.Fatal(err)
			}
			if !got.Time.Equal(want.Time) && !got.Time.IsZero() {
				t.Errorf("time %s, want %s", got.Time, want.Time)
			}
			got.Time, want.Time = time.Time{}, time.Time{}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("FromAnswer\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

// refuse makes of a reply what refusal does of an answer.
func refuse(r *svcgate.Reply, code, text string) {
	*r = svcgate.Reply{Source: svcgate.SourceErrorCode, Code: code, Description: text}
}

// TestShortCardNumberWithinAnID fills the number up to the length of an id.
func TestShortCardNumberWithinAnID(t *testing.T) {
	t.Parallel()
	const short = "6006491234"
	d := draft(svcgate.Authorize)
	d.CardNumber = secret.New(short)
	r := request(t, d)
	for name, edit := range map[string]func(*messages.Answer){
		"zeros in front of an authorization number": func(a *messages.Answer) { a.AuthNumber = "000000" + short },
		"zeros in front of a transaction id":        func(a *messages.Answer) { a.SVATransactionID = "00000" + short },
		"digits around it":                          func(a *messages.Answer) { a.AccountID = "1" + short + "1" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := approval(t, r)
			edit(a)
			got, err := mapping.FromAnswer(r, message(t, r), a, bureau())
			if e, ok := errors.AsType[*mapping.MismatchError](err); !ok || e.Reason != mapping.CardNumberInAnswer {
				t.Errorf("FromAnswer = %+v, %v", got, err)
			}
		})
	}
}

// TestAnswersThatStillBelong has what looks odd and is no sign of another question.
func TestAnswersThatStillBelong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		op    svcgate.Operation
		edit  func(*messages.Answer)
		check func(svcgate.Reply) bool
	}{
		{"partial approval", svcgate.Authorize, func(a *messages.Answer) { a.Amount = messages.NewDecimal(2362, 2) },
			func(r svcgate.Reply) bool { return r.Accepted && r.Amount.Decimal() == "23.62" }},
		{"no decimals", svcgate.Authorize, func(a *messages.Answer) { a.Amount = messages.NewDecimal(45, 0) },
			func(r svcgate.Reply) bool { return r.Amount.Decimal() == "45.00" }},
		{"no currency at all", svcgate.Authorize, func(a *messages.Answer) { a.CurrencyID, a.BalanceCurrency = "", "" },
			func(r svcgate.Reply) bool {
				return r.Amount.Currency() == "USD" && r.Balance.String() == "154.80 USD"
			}},
		{"balance of an account in another currency", svcgate.Authorize, func(a *messages.Answer) { a.BalanceCurrency = "CAD" },
			func(r svcgate.Reply) bool { return r.Balance.String() == "154.80 CAD" }},
		{"inquiry answered in no currency", svcgate.Inquire, func(a *messages.Answer) { a.CurrencyID, a.BalanceCurrency = "", "" },
			func(r svcgate.Reply) bool { return r.Balance.String() == "154.80 USD" }},
		{"no balance", svcgate.Inquire, func(a *messages.Answer) { a.Balance = messages.Decimal{} },
			func(r svcgate.Reply) bool { return r.Accepted && r.Balance.IsZero() }},
		{"balance of nothing is told", svcgate.Inquire, func(a *messages.Answer) { a.Balance = messages.NewDecimal(0, 2) },
			func(r svcgate.Reply) bool { return r.Balance.String() == "0.00 USD" }},
		{"negative balance is not told", svcgate.Inquire, func(a *messages.Answer) { a.Balance = messages.NewDecimal(-1, 2) },
			func(r svcgate.Reply) bool { return r.Accepted && r.Balance.IsZero() }},
		{"balance with half a cent is not told", svcgate.Return, func(a *messages.Answer) { a.Balance = messages.NewDecimal(154805, 3) },
			func(r svcgate.Reply) bool { return r.Accepted && r.Balance.IsZero() }},
		{"negative rest is not told", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthAmount = messages.NewDecimal(-1, 2) },
			func(r svcgate.Reply) bool { return r.Accepted && r.HoldRest.IsZero() }},
		{"whole hold taken", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthAmount = messages.NewDecimal(0, 2) },
			func(r svcgate.Reply) bool { return r.HoldRest.String() == "0.00 USD" }},
		{"hold not named", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthSVATransactionID = "" },
			func(r svcgate.Reply) bool { return r.Accepted }},
		{"hold with zeros in front", svcgate.Deposit, func(a *messages.Answer) { a.PreAuthSVATransactionID = "0070021" },
			func(r svcgate.Reply) bool { return r.Accepted }},
		{"our card named", svcgate.Inquire, func(a *messages.Answer) { a.CardNumber = secret.New(active) },
			func(r svcgate.Reply) bool { return r.Accepted && r.Card.IsZero() }},
		{"our card named, masked", svcgate.Inquire, func(a *messages.Answer) { a.CardNumber = secret.New("************0017") },
			func(r svcgate.Reply) bool { return r.Accepted }},
		{"series not named", svcgate.Generate, func(a *messages.Answer) { a.CardPrefix, a.CardSeriesSequence = "", "" },
			func(r svcgate.Reply) bool { return r.Card.Last4() == "0017" }},
		{"void without id and amount", svcgate.Void, func(a *messages.Answer) { a.SVATransactionID, a.Amount = "", messages.Decimal{} },
			func(r svcgate.Reply) bool { return r.Accepted && r.Amount.IsZero() }},
		{"card number as status", svcgate.Void, func(a *messages.Answer) { a.InstrumentStatus, a.AccountType = active, active },
			func(r svcgate.Reply) bool { return r.CardStatus == "" && r.Account.Type == "" }},
		{"inquiry without an id", svcgate.Inquire, func(a *messages.Answer) { a.SVATransactionID = "" },
			func(r svcgate.Reply) bool { return r.Accepted && r.TransactionID == "" }},
		{"inactive card", svcgate.Inquire, func(a *messages.Answer) { a.InstrumentStatus, a.AccountStatus = "INACTIVE", "Inactive" },
			func(r svcgate.Reply) bool {
				return r.CardStatus == svcgate.StatusInactive && r.Account.Status == svcgate.StatusInactive
			}},
		{"undocumented status", svcgate.Inquire, func(a *messages.Answer) { a.InstrumentStatus, a.AccountStatus = "On-Hold", "sleeps until 9" },
			func(r svcgate.Reply) bool { return r.CardStatus == "on-hold" && r.Account.Status == "" }},
		{"endless status", svcgate.Inquire, func(a *messages.Answer) { a.InstrumentStatus = strings.Repeat("a", 33) },
			func(r svcgate.Reply) bool { return r.CardStatus == "" }},
		{"refusal keeps id and balance", svcgate.Authorize, func(a *messages.Answer) { a.ErrorCode = "X" },
			func(r svcgate.Reply) bool { return r.TransactionID == "70022" && r.Balance.String() == "154.80 USD" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := answered(t, test.op, test.edit)
			if err != nil || !test.check(got) {
				t.Errorf("FromAnswer = %+v, %v", got, err)
			}
		})
	}
}

func TestTimeOfTheAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ wire, want string }{
		{"2026-03-04T21:30:09-0500", "2026-03-04T21:30:09-05:00"},
		{"2026-03-04T21:30:09+05:30", "2026-03-04T21:30:09+05:30"},
		{"2026-03-04T21:30:09Z", "2026-03-04T21:30:09Z"},
		{"2026-03-04T21:30:09", "2026-03-04T21:30:09-04:00"},
		{"2026-03-04T21:30:09.250-0500", "2026-03-04T21:30:09.25-05:00"},
	} {
		t.Run(test.wire, func(t *testing.T) {
			t.Parallel()
			got, err := answered(t, svcgate.Inquire, func(a *messages.Answer) { a.TransactionDateTime = timestamp(t, test.wire) })
			if err != nil {
				t.Fatal(err)
			}
			if s := got.Time.Format(time.RFC3339Nano); s != test.want {
				t.Errorf("time %s, want %s", s, test.want)
			}
		})
	}
	t.Run("none, and the effective date is none", func(t *testing.T) {
		t.Parallel()
		got, err := answered(t, svcgate.Inquire, func(a *messages.Answer) { a.TransactionDateTime = messages.Timestamp{} })
		if err != nil || !got.Time.IsZero() {
			t.Errorf("time %s, %v; want none", got.Time, err)
		}
	})
}

func TestCurrencyOfAnInquiry(t *testing.T) {
	t.Parallel()
	b := bureau()
	b.DefaultCurrency = ""
	r := request(t, draft(svcgate.Inquire))
	a := approval(t, r)
	a.BalanceCurrency = ""
	got, err := mapping.FromAnswer(r, message(t, r), a, b)
	if err != nil || !got.Balance.IsZero() {
		t.Errorf("balance %s, %v; a balance in no known currency is not told", got.Balance, err)
	}
}

func TestAnswerToAnotherOperation(t *testing.T) {
	t.Parallel()
	r, sent := request(t, draft(svcgate.Authorize)), message(t, request(t, draft(svcgate.Void)))
	got, err := mapping.FromAnswer(r, sent, approval(t, r), bureau())
	if err == nil || got.Accepted {
		t.Errorf("FromAnswer = %+v, %v for a request that was not sent as such", got, err)
	}
}

// TestOnlyTheOwnAnswerBelongs crosses every question with every answer.
func TestOnlyTheOwnAnswerBelongs(t *testing.T) {
	t.Parallel()
	for _, asked := range svcgate.Operations() {
		for _, told := range svcgate.Operations() {
			r, s := request(t, draft(asked.Operation)), request(t, draft(told.Operation))
			for name, a := range map[string]*messages.Answer{"approval": approval(t, s), "refusal": refusal(mapping.KindFor(s))} {
				_, err := mapping.FromAnswer(r, message(t, r), a, bureau())
				if same := asked.Operation == told.Operation; same != (err == nil) {
					t.Errorf("%s of %s to %s: %v", name, told.Name, asked.Name, err)
				}
			}
		}
	}
}
