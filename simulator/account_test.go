package simulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// The documented answers of one card, in structure: activation, inquiry, hold, capture, hold, void, return.
func TestDocumentedSequence(t *testing.T) {
	t.Parallel()
	s := bench(t)
	steps := []struct {
		ask
		amount, shown, rest string
	}{
		{ask{kind: messages.ActivateInstrument, card: newCard, amount: "180.00"}, "180.00", "180.00", ""},
		{ask{kind: messages.Inquiry, card: newCard}, "0.00", "180.00", ""},
		{ask{kind: messages.Preauthorization, card: newCard, amount: "23.45"}, "23.45", "156.55", ""},
		{ask{kind: messages.Postauthorization, card: newCard, amount: "23.45", earlier: "1003"}, "23.45", "156.55", "0.00"},
		{ask{kind: messages.Preauthorization, card: newCard, amount: "31.20"}, "31.20", "125.35", ""},
		{ask{kind: messages.Void, card: newCard, amount: "31.20", earlier: "1005"}, "31.20", "156.55", ""},
		{ask{kind: messages.Return, card: newCard, amount: "9.99"}, "9.99", "166.54", ""},
		{ask{kind: messages.Recharge, card: newCard, amount: "10.01"}, "10.01", "176.55", ""},
	}
	for i, step := range steps {
		a := approve(t, s, step.ask)
		id := fmt.Sprint(1001 + i)
		if a.SVATransactionID != id || a.Amount.String() != step.amount || a.Balance.String() != step.shown || a.PreAuthAmount.String() != step.rest {
			t.Errorf("step %d: id %s amount %s balance %s rest %q; want %s %s %s %q", i, a.SVATransactionID, a.Amount, a.Balance, a.PreAuthAmount, id, step.amount, step.shown, step.rest)
		}
		if a.Kind != step.kind || a.ReasonCode != step.kind.Reason() || a.ReasonDescription != step.kind.AnswerRoot() {
			t.Errorf("step %d: reason %s %s", i, a.ReasonCode, a.ReasonDescription)
		}
		if a.InstrumentStatus != "Active" || a.AccountStatus != "Active" || a.AccountType != "SVC" || a.AccountID != "503" {
			t.Errorf("step %d: card %s, account %s %s %s", i, a.InstrumentStatus, a.AccountID, a.AccountStatus, a.AccountType)
		}
		if a.CurrencyID != "USD" || a.BalanceCurrency != "USD" {
			t.Errorf("step %d: currency %q %q", i, a.CurrencyID, a.BalanceCurrency)
		}
		if len(a.AuthNumber) != 16 || a.AuthNumber[:10] != "000000"+id || a.AuthNumber[10:13] != "000" {
			t.Errorf("step %d: authorization number %s", i, a.AuthNumber)
		}
		if a.EffectiveDate.String() != "2024-03-05T08:00:00-0400" || a.TransactionDateTime.String() != "2024-03-05T12:00:00-0400" {
			t.Errorf("step %d: effective %s, at %s", i, a.EffectiveDate, a.TransactionDateTime)
		}
	}
	card, err := s.Card(secret.New(newCard))
	if err != nil {
		t.Fatal(err)
	}
	if card.Balance != 176_55 || card.Frozen != 0 || card.Credits != 200_00 || card.Debits != 23_45 || card.Usage != 1 ||
		card.Report != 200_00 || card.Initial != 180_00 || card.Activation != 180_00 || card.OpenHolds != 0 {
		t.Errorf("totals: %+v", card)
	}
}

func TestActivationAddsAgain(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for _, want := range []string{"50.00", "100.00", "150.00"} {
		if a := approve(t, s, ask{kind: messages.ActivateInstrument, card: newCard, amount: "50.00"}); a.Balance.String() != want {
			t.Errorf("balance %s, want %s", a.Balance, want)
		}
	}
	available(t, s, newCard, 150_00)
}

func TestActivationOfNothingIsAllowed(t *testing.T) {
	t.Parallel()
	s := bench(t)
	if a := approve(t, s, ask{kind: messages.ActivateInstrument, card: newCard, amount: "0.00"}); a.Balance.String() != "0.00" || a.InstrumentStatus != "Active" {
		t.Errorf("balance %s, %s", a.Balance, a.InstrumentStatus)
	}
}

func TestActivationSwitchesOn(t *testing.T) {
	t.Parallel()
	inactive := "6006491234560033"
	s := bench(t, func(c *simulator.Config) {
		c.Cards = append(c.Cards, simulator.CardSpec{Number: secret.New(inactive), Balance: 40_00, Card: simulator.StandingInactive})
	})
	if a := approve(t, s, ask{kind: messages.Inquiry, card: inactive}); a.InstrumentStatus != "Inactive" || a.AccountStatus != "Inactive" || a.SVATransactionID != "1001" || a.Balance.String() != "40.00" {
		t.Errorf("inquiry: %s %s %s %s", a.InstrumentStatus, a.AccountStatus, a.SVATransactionID, a.Balance)
	}
	for _, kind := range []messages.Kind{messages.Preauthorization, messages.Return, messages.Recharge} {
		rejects(t, s, ask{kind: kind, card: inactive, amount: "1.00"}, simulator.CodeCardInactive)
	}
	rejects(t, s, ask{kind: messages.Postauthorization, card: inactive, amount: "1.00", earlier: "1001"}, simulator.CodeCardInactive)
	if a := approve(t, s, ask{kind: messages.ActivateInstrument, card: inactive, amount: "5.00"}); a.Balance.String() != "45.00" || a.InstrumentStatus != "Active" {
		t.Errorf("activation: %s %s", a.Balance, a.InstrumentStatus)
	}
}

func TestPartialApproval(t *testing.T) {
	t.Parallel()
	s := bench(t)
	a := approve(t, s, ask{kind: messages.Preauthorization, card: cardB, amount: "100.00"})
	if a.Amount.String() != "75.50" || a.Balance.String() != "0.00" || a.ReasonCode != "24" {
		t.Errorf("amount %s, balance %s, reason %s", a.Amount, a.Balance, a.ReasonCode)
	}
	rejects(t, s, ask{kind: messages.Preauthorization, card: cardB, amount: "0.01"}, simulator.CodeInsufficientFunds)
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	s := bench(t)
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "40.00"})  // 1001
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "150.00"}) // 1002
	deposit := func(amount, earlier string) ask {
		return ask{kind: messages.Postauthorization, card: cardA, amount: amount, earlier: earlier}
	}
	// The balance and both holds together would cover it; no single hold does.
	rejects(t, s, deposit("150.01", "1002"), simulator.CodeAmountAboveHold)
	rejects(t, s, deposit("1.00", ""), simulator.CodeTransactionMissing)
	for _, id := range []string{"999", "01001", "+1001", "1001.0", "x", "99999999999999999999"} {
		rejects(t, s, deposit("1.00", id), simulator.CodeTransactionNotFound)
	}
	rejects(t, s, ask{kind: messages.Postauthorization, card: cardB, amount: "1.00", earlier: "1001"}, simulator.CodeTransactionOther)
	a := approve(t, s, deposit("30.00", "1001"))
	if a.PreAuthAmount.String() != "10.00" || a.PreAuthSVATransactionID != "1001" || a.PreAuthCurrencyID != "USD" || a.Balance.String() != "60.00" {
		t.Errorf("rest %s of %s, balance %s", a.PreAuthAmount, a.PreAuthSVATransactionID, a.Balance)
	}
	rejects(t, s, deposit("1.00", a.SVATransactionID), simulator.CodeNotAHold)
	rejects(t, s, deposit("10.01", "1001"), simulator.CodeAmountAboveHold)
	if a := approve(t, s, deposit("10.00", "1001")); a.PreAuthAmount.String() != "0.00" {
		t.Errorf("rest %s", a.PreAuthAmount)
	}
	rejects(t, s, deposit("0.01", "1001"), simulator.CodeHoldCaptured)
	available(t, s, cardA, 60_00)
}

func TestVoids(t *testing.T) {
	t.Parallel()
	s := bench(t)
	void := func(amount, earlier string) ask {
		return ask{kind: messages.Void, card: cardA, amount: amount, earlier: earlier}
	}
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "40.00"})                                        // 1001
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "60.00"})                                        // 1002
	approve(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "25.00", earlier: "1002"})                      // 1003
	rejects(t, s, ask{kind: messages.Void, card: cardB, amount: "40.00", earlier: "1001"}, simulator.CodeTransactionOther)   // 1004
	rejects(t, s, ask{kind: messages.Void, card: cardA, amount: "40.00", earlier: "777"}, simulator.CodeTransactionNotFound) // 1005
	rejects(t, s, void("40.00", ""), simulator.CodeTransactionMissing)                                                       // 1006
	rejects(t, s, void("25.00", "1003"), simulator.CodeNotVoidable)                                                          // 1007
	rejects(t, s, void("40.00", "1004"), simulator.CodeTransactionOther)                                                     // 1008
	if a := approve(t, s, void("40.00", "1001")); a.Amount.String() != "40.00" || a.Balance.String() != "190.00" {           // 1009
		t.Errorf("voided %s, balance %s", a.Amount, a.Balance)
	}
	rejects(t, s, void("40.00", "1001"), simulator.CodeHoldVoided)
	rejects(t, s, void("40.00", "1009"), simulator.CodeNotVoidable)
	rejects(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "1.00", earlier: "1001"}, simulator.CodeHoldVoided)
	// The rest of a partly captured hold is released, whatever amount is named.
	if a := approve(t, s, void("60.00", "1002")); a.Amount.String() != "35.00" || a.Balance.String() != "225.00" {
		t.Errorf("voided %s, balance %s", a.Amount, a.Balance)
	}
	approve(t, s, ask{kind: messages.Preauthorization, card: cardA, amount: "5.00"})
	id := last(t, s).ID
	approve(t, s, ask{kind: messages.Postauthorization, card: cardA, amount: "5.00", earlier: fmt.Sprint(id)})
	rejects(t, s, void("5.00", fmt.Sprint(id)), simulator.CodeHoldCaptured)
	available(t, s, cardA, 220_00)
}

func TestEveryMessageTakesAnID(t *testing.T) {
	t.Parallel()
	s := bench(t)
	say(t, s, ask{kind: messages.Inquiry, card: noCard})
	say(t, s, ask{kind: messages.Preauthorization, card: noCard, amount: "1.00"})
	say(t, s, ask{kind: messages.GenerateCard, earlier: "01"})
	say(t, s, ask{kind: messages.GenerateCard, earlier: "77"})
	if a := approve(t, s, ask{kind: messages.Inquiry, card: cardA}); a.SVATransactionID != "1005" {
		t.Errorf("id %s", a.SVATransactionID)
	}
	if n := len(s.Ledger()); n != 5 {
		t.Errorf("%d entries", n)
	}
}

func TestGenerateCard(t *testing.T) {
	t.Parallel()
	s := bench(t)
	seen := map[string]bool{}
	for _, want := range []struct{ serial, batch string }{{"6006401001000001", "001"}, {"6006401001000002", "001"}, {"6006401002000003", "002"}} {
		a := approve(t, s, ask{kind: messages.GenerateCard, earlier: "01"})
		number := a.CardNumber.Reveal()
		if a.ResponseCode != "OK" || a.InstrumentID.Reveal() != want.serial || a.BatchNumber != want.batch || a.CardPrefix != "60064" || a.CardSeriesSequence != "01" {
			t.Errorf("%s %s %s, want %v", a.ResponseCode, a.InstrumentID.Reveal(), a.BatchNumber, want)
		}
		if len(number) != 16 || number[0] != '6' || seen[number] {
			t.Errorf("number of %d digits, seen %t", len(number), seen[number])
		}
		if a.DateTime.String() != "2024-03-05T12:00:00" {
			t.Errorf("date %s", a.DateTime)
		}
		seen[number] = true
		if got := approve(t, s, ask{kind: messages.Inquiry, card: number}); got.Balance.String() != "0.00" || got.InstrumentStatus != "Active" {
			t.Errorf("new card: %s %s", got.Balance, got.InstrumentStatus)
		}
		if got := approve(t, s, ask{kind: messages.Recharge, card: number, serial: want.serial, amount: "20.00"}); got.Balance.String() != "20.00" {
			t.Errorf("recharged: %s", got.Balance)
		}
	}
	rejects(t, s, ask{kind: messages.GenerateCard, earlier: "01"}, simulator.CodeAllCardsGenerated)
	rejects(t, s, ask{kind: messages.GenerateCard, earlier: "02"}, simulator.CodeSeriesNotFound)
}

func TestGeneratePassesOverTakenSerials(t *testing.T) {
	t.Parallel()
	s := bench(t)
	for _, serial := range []string{"6006401001000001", "6006401002000003"} {
		if err := s.AddCard(simulator.CardSpec{Number: secret.New("600649999999" + serial[12:]), Serial: secret.New(serial)}); err != nil {
			t.Fatal(err)
		}
	}
	if a := approve(t, s, ask{kind: messages.GenerateCard, earlier: "01"}); a.InstrumentID.Reveal() != "6006401001000002" {
		t.Errorf("serial %s", a.InstrumentID.Reveal())
	}
	rejects(t, s, ask{kind: messages.GenerateCard, earlier: "01"}, simulator.CodeAllCardsGenerated)
}

func TestRefusedInput(t *testing.T) {
	t.Parallel()
	const (
		expired = "6006491234560058"
		pinned  = "6006491234560066"
		yen     = "6006491234560082"
		serial  = "6006491234560108"
		halved  = "6006491234560116"
		chip    = "6006491234560124"
	)
	s := bench(t, func(c *simulator.Config) {
		c.Cards = append(c.Cards,
			simulator.CardSpec{Number: secret.New(expired), Balance: 100, Expires: noon},
			simulator.CardSpec{Number: secret.New(pinned), Balance: 10_00, PIN: secret.New("4321"), PINRule: simulator.PINAlways},
			simulator.CardSpec{Number: secret.New(chip), Balance: 10_00, PIN: secret.New("4321"), PINRule: simulator.PINNotSwiped},
			simulator.CardSpec{Number: secret.New(yen), Balance: 1000, Currency: "JPY"},
			simulator.CardSpec{Number: secret.New(serial), Balance: 1000, Serial: secret.New("6006401001000108")},
			simulator.CardSpec{Number: secret.New(halved), Balance: 1000, Account: simulator.StandingInactive},
		)
	})
	auth := messages.Preauthorization
	for name, c := range map[string]struct {
		ask
		code string
	}{
		"unknown card":               {ask{kind: auth, card: noCard, amount: "1.00"}, simulator.CodeCardNotFound},
		"inquiry on unknown card":    {ask{kind: messages.Inquiry, card: noCard}, simulator.CodeCardNotFound},
		"new card":                   {ask{kind: auth, card: newCard, amount: "1.00"}, simulator.CodeCardInactive},
		"recharge of a new card":     {ask{kind: messages.Recharge, card: newCard, amount: "1.00"}, simulator.CodeCardInactive},
		"inactive account":           {ask{kind: auth, card: halved, amount: "1.00"}, simulator.CodeAccountInactive},
		"recharge, inactive account": {ask{kind: messages.Recharge, card: halved, amount: "1.00"}, simulator.CodeAccountInactive},
		"expired":                    {ask{kind: auth, card: expired, amount: "1.00"}, simulator.CodeCardExpired},
		"expired activation":         {ask{kind: messages.ActivateInstrument, card: expired, amount: "1.00"}, simulator.CodeCardExpired},
		"expired recharge":           {ask{kind: messages.Recharge, card: expired, amount: "1.00"}, simulator.CodeCardExpired},
		"expired return":             {ask{kind: messages.Return, card: expired, amount: "1.00"}, simulator.CodeCardExpired},
		"zero amount":                {ask{kind: auth, card: cardA, amount: "0.00"}, simulator.CodeAmountInvalid},
		"zero return":                {ask{kind: messages.Return, card: cardA, amount: "0.00"}, simulator.CodeAmountInvalid},
		"too many decimals":          {ask{kind: auth, card: cardA, amount: "1.001"}, simulator.CodeAmountInvalid},
		"cents of yen":               {ask{kind: auth, card: yen, amount: "1.50"}, simulator.CodeAmountInvalid},
		"too large a return":         {ask{kind: messages.Return, card: cardA, amount: "10000000000000.00"}, simulator.CodeAmountTooLarge},
		"too large a recharge":       {ask{kind: messages.Recharge, card: cardA, amount: "9999999999999999.00"}, simulator.CodeAmountTooLarge},
		"too large an activation":    {ask{kind: messages.ActivateInstrument, card: newCard, amount: "9999999999999999.00"}, simulator.CodeAmountTooLarge},
		"other currency":             {ask{kind: auth, card: cardA, amount: "1.00", currency: "EUR"}, simulator.CodeCurrencyMismatch},
		"unknown currency":           {ask{kind: auth, card: cardA, amount: "1.00", currency: "XXX"}, simulator.CodeCurrencyMismatch},
		"PIN missing":                {ask{kind: auth, card: pinned, amount: "1.00"}, simulator.CodePINRequired},
		"PIN missing though swiped":  {ask{kind: auth, card: pinned, amount: "1.00", swiped: true}, simulator.CodePINRequired},
		"PIN wrong":                  {ask{kind: auth, card: pinned, amount: "1.00", pin: "1234"}, simulator.CodePINWrong},
		"PIN missing, not swiped":    {ask{kind: auth, card: chip, amount: "1.00"}, simulator.CodePINRequired},
		"PIN for a card without":     {ask{kind: auth, card: cardA, amount: "1.00", pin: "1234"}, simulator.CodePINWrong},
		"serial of a card without":   {ask{kind: auth, card: cardA, amount: "1.00", serial: "6006401001000108"}, simulator.CodeSerialMismatch},
		"wrong serial":               {ask{kind: auth, card: serial, amount: "1.00", serial: "6006401001000109"}, simulator.CodeSerialMismatch},
		"serial of nothing":          {ask{kind: auth, serial: "6006401001000109", amount: "1.00"}, simulator.CodeCardNotFound},
	} {
		t.Run(name, func(t *testing.T) { rejects(t, s, c.ask, c.code) })
	}
	for name, a := range map[string]ask{
		"right PIN":        {kind: auth, card: pinned, amount: "1.00", pin: "4321"},
		"swiped":           {kind: auth, card: chip, amount: "1.00", swiped: true},
		"right serial":     {kind: auth, card: serial, amount: "1.00", serial: "6006401001000108"},
		"serial alone":     {kind: auth, serial: "6006401001000108", amount: "1.00"},
		"account currency": {kind: auth, card: cardA, amount: "1.00", currency: "USD"},
		"no decimals":      {kind: auth, card: cardA, amount: "1"},
		"yen":              {kind: auth, card: yen, amount: "150", currency: "JPY"},
		"yen with zeros":   {kind: auth, card: yen, amount: "150.00", currency: "JPY"},
	} {
		t.Run(name, func(t *testing.T) { approve(t, s, a) })
	}
	if a := approve(t, s, ask{kind: messages.Inquiry, card: yen}); a.Balance.String() != "700" || a.BalanceCurrency != "JPY" {
		t.Errorf("yen: %s %s", a.Balance, a.BalanceCurrency)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	s := bench(t, func(c *simulator.Config) {
		c.Skew = -17 * time.Second
		c.Zone = time.FixedZone("", 5*60*60+30*60)
	})
	a := approve(t, s, ask{kind: messages.Inquiry, card: cardA})
	if a.TransactionDateTime.String() != "2024-03-05T21:29:43+0530" || a.EffectiveDate.String() != "2024-03-05T08:00:00+0530" {
		t.Errorf("at %s, effective %s", a.TransactionDateTime, a.EffectiveDate)
	}
}

func TestEffectiveDateStays(t *testing.T) {
	t.Parallel()
	now := noon
	s := bench(t, func(c *simulator.Config) { c.Now = func() time.Time { return now } })
	now = noon.AddDate(0, 0, 3)
	approve(t, s, ask{kind: messages.ActivateInstrument, card: newCard, amount: "1.00"})
	now = noon.AddDate(0, 0, 9)
	a := approve(t, s, ask{kind: messages.ActivateInstrument, card: newCard, amount: "1.00"})
	if a.EffectiveDate.String() != "2024-03-08T08:00:00-0400" || a.TransactionDateTime.String() != "2024-03-14T12:00:00-0400" {
		t.Errorf("effective %s, at %s", a.EffectiveDate, a.TransactionDateTime)
	}
}

func TestBadCards(t *testing.T) {
	t.Parallel()
	good := secret.New(cardA)
	for name, c := range map[string]struct {
		spec simulator.CardSpec
		want error
	}{
		"no number":        {simulator.CardSpec{}, simulator.ErrCardNumber},
		"short":            {simulator.CardSpec{Number: secret.New("123456789")}, simulator.ErrCardNumber},
		"long":             {simulator.CardSpec{Number: secret.New("12345678901234567")}, simulator.ErrCardNumber},
		"letters":          {simulator.CardSpec{Number: secret.New("60064912345600a7")}, simulator.ErrCardNumber},
		"spaces":           {simulator.CardSpec{Number: secret.New("6006 4912 3456 0017")}, simulator.ErrCardNumber},
		"masked":           {simulator.CardSpec{Number: secret.New("************0017")}, simulator.ErrCardNumber},
		"markup":           {simulator.CardSpec{Number: secret.New("</CardNumber>000")}, simulator.ErrCardNumber},
		"currency":         {simulator.CardSpec{Number: good, Currency: "usd"}, simulator.ErrCurrency},
		"negative balance": {simulator.CardSpec{Number: good, Balance: -1}, simulator.ErrBalance},
		"huge balance":     {simulator.CardSpec{Number: good, Balance: 1 << 60}, simulator.ErrBalance},
		"standing":         {simulator.CardSpec{Number: good, Card: "frozen"}, simulator.ErrStanding},
		"account standing": {simulator.CardSpec{Number: good, Account: "frozen"}, simulator.ErrStanding},
		"PIN rule":         {simulator.CardSpec{Number: good, PINRule: "sometimes", PIN: secret.New("1")}, simulator.ErrPINRule},
		"rule without PIN": {simulator.CardSpec{Number: good, PINRule: simulator.PINAlways}, simulator.ErrPINRule},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := simulator.New(simulator.Config{Cards: []simulator.CardSpec{c.spec}})
			wantErr(t, err, c.want)
		})
	}
	_, err := simulator.New(simulator.Config{Cards: []simulator.CardSpec{{Number: good}, {Number: good}}})
	wantErr(t, err, simulator.ErrCardTwice)
	_, err = simulator.New(simulator.Config{Cards: []simulator.CardSpec{{Number: good, Serial: good}, {Number: secret.New(cardB), Serial: good}}})
	wantErr(t, err, simulator.ErrCardTwice)
}

func TestBadSeries(t *testing.T) {
	t.Parallel()
	good := simulator.SeriesSpec{Prefix: "60064", Sequence: "01", Cards: 1}
	for name, change := range map[string]func(*simulator.SeriesSpec){
		"short prefix":     func(s *simulator.SeriesSpec) { s.Prefix = "6006" },
		"prefix letters":   func(s *simulator.SeriesSpec) { s.Prefix = "6006x" },
		"long sequence":    func(s *simulator.SeriesSpec) { s.Sequence = "001" },
		"no cards":         func(s *simulator.SeriesSpec) { s.Cards = 0 },
		"too many cards":   func(s *simulator.SeriesSpec) { s.Cards, s.Batch = 1_000_001, 2000 },
		"too many batches": func(s *simulator.SeriesSpec) { s.Cards, s.Batch = 1000, 1 },
		"short number":     func(s *simulator.SeriesSpec) { s.Length = 9 },
		"long number":      func(s *simulator.SeriesSpec) { s.Length = 17 },
		"two leads":        func(s *simulator.SeriesSpec) { s.Lead = "60" },
		"negative batch":   func(s *simulator.SeriesSpec) { s.Batch = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			change(&bad)
			_, err := simulator.New(simulator.Config{Series: []simulator.SeriesSpec{bad}})
			wantErr(t, err, simulator.ErrSeries)
		})
	}
	_, err := simulator.New(simulator.Config{Series: []simulator.SeriesSpec{good, good}})
	wantErr(t, err, simulator.ErrSeriesTwice)
	good.Currency = "XXX"
	_, err = simulator.New(simulator.Config{Series: []simulator.SeriesSpec{good}})
	wantErr(t, err, simulator.ErrCurrency)
}
