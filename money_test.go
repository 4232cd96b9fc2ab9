package svcgate_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate"
)

func money(t testing.TB, amount, currency string) svcgate.Money {
	t.Helper()
	m, err := svcgate.ParseMoney(amount, currency)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount, currency string
		minor            int64
		text             string
	}{
		{"11.07", "USD", 1107, "11.07"}, {"0.01", "USD", 1, "0.01"}, {"0.00", "USD", 0, "0.00"}, {"250", "USD", 25000, "250.00"},
		{"999999999999.99", "USD", 99999999999999, "999999999999.99"}, {"500", "JPY", 500, "500"}, {"1.234", "KWD", 1234, "1.234"},
	} {
		m, err := svcgate.ParseMoney(c.amount, c.currency)
		if err != nil || m.Minor() != c.minor || m.Decimal() != c.text || m.Currency() != c.currency {
			t.Errorf("%s %s: %v, %d, %v", c.amount, c.currency, m, m.Minor(), err)
		}
	}
	for _, amount := range []string{"", ".", "1.", ".5", "1.0", "1.000", "-1.00", "-0.00", "+1.00", "1e3", "0x10", "NaN", "Inf", "1,00",
		"1 000.00", "01.00", "00", "1000000000000.00", "1.0.0", "١.٠٠", "1.00 ", " 1.00", "1.0a", "1_0.00", "9223372036854775808"} {
		if m, err := svcgate.ParseMoney(amount, "USD"); !errors.Is(err, svcgate.ErrAmount) {
			t.Errorf("%q accepted as %v (%v)", amount, m, err)
		}
	}
	for _, currency := range []string{"", "usd", "Usd", "US", "USDD", "US$", "XXY", "840", "ÜSD"} {
		if m, err := svcgate.ParseMoney("1.00", currency); !errors.Is(err, svcgate.ErrCurrency) {
			t.Errorf("%q accepted as %v (%v)", currency, m, err)
		}
	}
	if _, err := svcgate.ParseMoney("1.00", "JPY"); !errors.Is(err, svcgate.ErrAmount) {
		t.Errorf("yen with decimals: %v", err)
	}
}

func TestMoneyArithmetic(t *testing.T) {
	t.Parallel()
	usd, eur := money(t, "10.00", "USD"), money(t, "10.00", "EUR")
	if rest, err := usd.Minus(money(t, "2.50", "USD")); err != nil || rest.String() != "7.50 USD" {
		t.Errorf("minus: %v %v", rest, err)
	}
	max, err := svcgate.MoneyFromMinor(math.MaxInt64, "USD")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() (svcgate.Money, error){
		"below zero":       func() (svcgate.Money, error) { return money(t, "1.00", "USD").Minus(usd) },
		"other currency +": func() (svcgate.Money, error) { return usd.Plus(eur) },
		"other currency -": func() (svcgate.Money, error) { return usd.Minus(eur) },
		"overflow":         func() (svcgate.Money, error) { return max.Plus(usd) },
		"negative minor":   func() (svcgate.Money, error) { return svcgate.MoneyFromMinor(-1, "USD") },
	} {
		if m, err := f(); !errors.Is(err, svcgate.ErrRange) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
	if usd.Less(eur) || eur.Less(usd) {
		t.Error("different currencies compare")
	}
}

func TestMoneyTextIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF", "UYI"}).Draw(t, "currency")
		m, err := svcgate.MoneyFromMinor(rapid.Int64Range(0, 99_999_999_999_9).Draw(t, "minor"), currency)
		if err != nil {
			t.Fatal(err)
		}
		again, err := svcgate.ParseMoney(m.Decimal(), currency)
		if err != nil || again != m {
			t.Fatalf("%v became %v: %v", m, again, err)
		}
	})
}

// Digits of ISO 4217 (list one, 2025), without the codes for metals, funds units and testing that have none.
const iso4217 = `0 BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF
3 BHD IQD JOD KWD LYD OMR TND
4 CLF UYW
2 AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP
2 CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT
2 LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
2 RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES
2 WST XCD XCG YER ZAR ZMW ZWG`

func TestCurrencyDigitsAreThoseOfISO4217(t *testing.T) {
	t.Parallel()
	count := 0
	for line := range strings.Lines(iso4217) {
		fields := strings.Fields(line)
		for _, code := range fields[1:] {
			count++
			m, err := svcgate.MoneyFromMinor(1, code)
			if err != nil {
				t.Errorf("%s is not known", code)
			} else if got := m.Digits(); got != int(fields[0][0]-'0') {
				t.Errorf("%s has %d digits, not %s", code, got, fields[0])
			}
		}
	}
	if count < 160 {
		t.Errorf("only %d currencies compared", count)
	}
}
