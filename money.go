package svcgate

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/Rhymond/go-money"
)

// Errors of amounts. None holds the input.
var (
	ErrAmount   = errors.New("an amount is digits, a point and the currency's decimals, such as 11.07: no sign, spaces, exponent or leading zeros")
	ErrCurrency = errors.New("a currency is an ISO 4217 code in capitals, such as USD")
	ErrRange    = errors.New("the amount is out of range")
)

const maxWholeDigits = 12

// Money is a whole number of minor units (cents for USD) of one ISO 4217 currency. It is never negative and never a
// float. The zero value is no money at all; 0.00 USD is not zero in that sense.
type Money struct {
	minor    int64
	currency string
}

// ParseMoney reads "11.07" and "USD". At most twelve digits stand before the point; the decimals are none or exactly
// those of the currency. Errors are ErrAmount, ErrCurrency.
func ParseMoney(amount, currency string) (Money, error) {
	digits, err := currencyDigits(currency)
	if err != nil {
		return Money{}, err
	}
	whole, fraction, point := strings.Cut(amount, ".")
	if whole == "" || len(whole) > maxWholeDigits || len(whole) > 1 && whole[0] == '0' {
		return Money{}, ErrAmount
	}
	if point && len(fraction) != digits || point && digits == 0 {
		return Money{}, fmt.Errorf("%w; %s takes %d decimals", ErrAmount, currency, digits)
	}
	minor := int64(0)
	for _, part := range [2]string{whole, fraction} {
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return Money{}, ErrAmount
			}
			minor = minor*10 + int64(part[i]-'0')
		}
	}
	if !point {
		for range digits {
			minor *= 10
		}
	}
	return Money{minor, currency}, nil
}

// MoneyFromMinor makes Money from minor units, as stores and providers keep them. Negative units are ErrRange.
func MoneyFromMinor(minor int64, currency string) (Money, error) {
	if _, err := currencyDigits(currency); err != nil {
		return Money{}, err
	}
	if minor < 0 {
		return Money{}, ErrRange
	}
	return Money{minor, currency}, nil
}

// IsZero reports whether m is the zero value: no money was named.
func (m Money) IsZero() bool { return m.currency == "" }

// Minor returns the minor units.
func (m Money) Minor() int64 { return m.minor }

// Currency returns the ISO 4217 code, "" for the zero value.
func (m Money) Currency() string { return m.currency }

// Digits returns the currency's number of decimals.
func (m Money) Digits() int {
	digits, err := currencyDigits(m.currency)
	if err != nil {
		return 0
	}
	return digits
}

// Decimal returns the amount alone, with all decimals of the currency: "11.07", "500" for yen.
func (m Money) Decimal() string { return string(m.appendDecimal(nil)) }

func (m Money) appendDecimal(b []byte) []byte {
	digits, start := m.Digits(), len(b)
	b = strconv.AppendInt(b, m.minor, 10)
	if digits == 0 {
		return b
	}
	for len(b)-start <= digits {
		b = slices.Insert(b, start, '0')
	}
	return slices.Insert(b, len(b)-digits, '.')
}

// String returns "11.07 USD", or "-" for the zero value.
func (m Money) String() string {
	if m.IsZero() {
		return "-"
	}
	return m.Decimal() + " " + m.currency
}

// Less reports m < n. Amounts of different currencies are never less than each other; compare Currency first.
func (m Money) Less(n Money) bool { return m.currency == n.currency && m.minor < n.minor }

// Plus adds. Different currencies and overflow are ErrRange.
func (m Money) Plus(n Money) (Money, error) {
	if m.currency != n.currency || m.minor > math.MaxInt64-n.minor {
		return Money{}, ErrRange
	}
	return Money{m.minor + n.minor, m.currency}, nil
}

// Minus subtracts. Different currencies and a result below zero are ErrRange.
func (m Money) Minus(n Money) (Money, error) {
	if m.currency != n.currency || m.minor < n.minor {
		return Money{}, ErrRange
	}
	return Money{m.minor - n.minor, m.currency}, nil
}

// MarshalJSON gives {"amount":"11.07","currency":"USD"}, and null for the zero value.
func (m Money) MarshalJSON() ([]byte, error) {
	if m.IsZero() {
		return []byte("null"), nil
	}
	b := append(make([]byte, 0, 64), `{"amount":"`...)
	b = append(append(m.appendDecimal(b), `","currency":"`...), m.currency...)
	return append(b, `"}`...), nil
}

func currencyDigits(code string) (int, error) {
	if len(code) != 3 || strings.ToUpper(code) != code {
		return 0, ErrCurrency
	}
	c := money.GetCurrency(code)
	if c == nil {
		return 0, ErrCurrency
	}
	return c.Fraction, nil
}

// Codes of ISO 4217 that the library's table lacks, with their decimals. The test pins the whole table.
func init() {
	for code, digits := range map[string]int{
		"BOV": 2, "CHE": 2, "CHW": 2, "COU": 2, "MXV": 2, "USN": 2, "UYI": 0, "UYW": 4, "VED": 2, "ZWG": 2,
	} {
		money.AddCurrency(code, code, "1 $", ".", ",", digits)
	}
}
