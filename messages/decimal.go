package messages

import (
	"errors"
	"strconv"
)

// Limits of a Decimal: so many digits in all, so many of them behind the point. Every value fits an int64.
const (
	maxDecimalDigits = 18
	maxDecimalScale  = 6
)

const maxUnscaled = 999_999_999_999_999_999

// ErrDecimal is returned for text that is no amount. It never holds the text.
var ErrDecimal = errors.New("messages: an amount is digits with an optional point and up to 6 decimals, 18 digits in all, without plus sign, leading zeros, spaces or exponent")

// Decimal is an amount as the provider writes it: a whole number and how many of its digits stand behind the point.
// It keeps the digits it was read with, so 5.0 and 5.00 differ under ==; compare Minor. The zero value is no amount.
type Decimal struct {
	unscaled int64
	scale    uint8
	set      bool
}

// ParseDecimal reads amounts such as "11.07", "500" and "-3.20". What it accepts, String gives back byte for byte;
// a minus zero is therefore refused. The error is ErrDecimal.
func ParseDecimal(text string) (Decimal, error) { return parseDecimal(text) }

func parseDecimal[T string | []byte](text T) (Decimal, error) {
	i := 0
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		i = 1
	}
	first, point, n := i, -1, int64(0)
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			if i-first > maxDecimalDigits {
				return Decimal{}, ErrDecimal
			}
			n = n*10 + int64(c-'0')
		case c == '.' && point < 0 && i > first:
			point = i
		default:
			return Decimal{}, ErrDecimal
		}
	}
	whole, scale := len(text)-first, 0
	if point >= 0 {
		whole, scale = point-first, len(text)-point-1
		if scale == 0 {
			return Decimal{}, ErrDecimal
		}
	}
	switch {
	case whole == 0, whole > 1 && text[first] == '0':
		return Decimal{}, ErrDecimal
	case whole+scale > maxDecimalDigits, scale > maxDecimalScale:
		return Decimal{}, ErrDecimal
	case negative && n == 0:
		return Decimal{}, ErrDecimal
	}
	if negative {
		n = -n
	}
	return Decimal{n, uint8(scale), true}, nil
}

// NewDecimal makes the amount of so many minor units of a currency with so many decimals: NewDecimal(1107, 2) is
// 11.07. More than 18 digits, or decimals outside 0 to 6, give the zero Decimal, which the codec refuses to write.
func NewDecimal(minor int64, digits int) Decimal {
	if digits < 0 || digits > maxDecimalScale || minor > maxUnscaled || minor < -maxUnscaled {
		return Decimal{}
	}
	return Decimal{minor, uint8(digits), true}
}

// IsSet reports whether d is an amount; 0.00 is one.
func (d Decimal) IsSet() bool { return d.set }

// Negative reports whether d is below zero.
func (d Decimal) Negative() bool { return d.unscaled < 0 }

// Minor returns d in minor units of a currency with so many decimals. It is exact or not ok: nothing is rounded,
// and no amount at all is not ok either.
func (d Decimal) Minor(digits int) (minor int64, ok bool) {
	if !d.set || digits < 0 || digits > maxDecimalDigits {
		return 0, false
	}
	minor = d.unscaled
	for s := int(d.scale); s > digits; s-- {
		if minor%10 != 0 {
			return 0, false
		}
		minor /= 10
	}
	for s := int(d.scale); s < digits; s++ {
		if minor > maxUnscaled/10 || minor < -maxUnscaled/10 {
			return 0, false
		}
		minor *= 10
	}
	return minor, true
}

// String returns the amount as it stands on the wire, "" when there is none.
func (d Decimal) String() string {
	if !d.set {
		return ""
	}
	var buf [24]byte
	return string(d.append(buf[:0]))
}

func (d Decimal) append(dst []byte) []byte {
	n := d.unscaled
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	}
	if d.scale == 0 {
		return strconv.AppendInt(dst, n, 10)
	}
	unit := int64(1)
	for range d.scale {
		unit *= 10
	}
	dst = strconv.AppendInt(dst, n/unit, 10)
	dst = append(dst, '.')
	for rest := n % unit; unit > 1; rest %= unit {
		unit /= 10
		dst = append(dst, '0'+byte(rest/unit))
	}
	return dst
}
