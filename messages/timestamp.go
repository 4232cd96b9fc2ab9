package messages

import (
	"errors"
	"time"
)

// ErrTimestamp is returned for text that is no date and time. It never holds the text.
var ErrTimestamp = errors.New("messages: a date and time is YYYY-MM-DDTHH:MM:SS with an optional fraction of a second and an offset written -0400, -04:00, Z or not at all")

// How an offset is written. The zero value is no timestamp.
const (
	offsetUnset = iota
	offsetNone  // no offset: the wall time of a place that the text does not name
	offsetBasic // -0400, as the provider's samples have it
	offsetColon // -04:00
	offsetZ
)

const (
	maxFraction     = 9
	maxOffset       = 14 * 60 // minutes, as XML Schema has it
	secondsInMinute = 60
)

// Timestamp is a date and time as the provider writes it, with an offset or without. It keeps the spelling it was
// read with, so that String gives it back byte for byte; compare instants through In. The zero value is none.
type Timestamp struct {
	wall     int64 // seconds since 1970 of the wall clock, as if it stood at UTC
	nanos    int32
	offset   int16 // minutes east of UTC
	fraction uint8 // digits of the fraction
	spelling uint8
}

// ParseTimestamp reads "2010-08-25T09:20:45-0400", the same with -04:00, with Z, and without an offset. Up to nine
// digits of a fraction are taken although no sample has one. The error is ErrTimestamp.
func ParseTimestamp(text string) (Timestamp, error) { return parseTimestamp(text) }

func parseTimestamp[T string | []byte](text T) (Timestamp, error) {
	const seconds = len("2006-01-02T15:04:05")
	if len(text) < seconds || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return Timestamp{}, ErrTimestamp
	}
	century, ok0 := twoDigits(text, 0, 99)
	years, ok1 := twoDigits(text, 2, 99)
	month, ok2 := twoDigits(text, 5, 12)
	day, ok3 := twoDigits(text, 8, 31)
	hour, ok4 := twoDigits(text, 11, 23)
	minute, ok5 := twoDigits(text, 14, 59)
	second, ok6 := twoDigits(text, 17, 59)
	year := century*100 + years
	if !(ok0 && ok1 && ok2 && ok3 && ok4 && ok5 && ok6) || year == 0 || month == 0 || day == 0 || day > daysIn(year, month) {
		return Timestamp{}, ErrTimestamp
	}
	t := Timestamp{wall: wallSeconds(year, month, day, hour, minute, second), spelling: offsetNone}
	i := seconds
	if i < len(text) && text[i] == '.' {
		unit := int32(1_000_000_000)
		for i++; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
			if t.fraction++; t.fraction > maxFraction {
				return Timestamp{}, ErrTimestamp
			}
			unit /= 10
			t.nanos += int32(text[i]-'0') * unit
		}
		if t.fraction == 0 {
			return Timestamp{}, ErrTimestamp
		}
	}
	switch rest := len(text) - i; {
	case rest == 0:
		return t, nil
	case rest == 1 && text[i] == 'Z':
		t.spelling = offsetZ
		return t, nil
	case rest == 5:
		t.spelling = offsetBasic
	case rest == 6 && text[i+3] == ':':
		t.spelling = offsetColon
	default:
		return Timestamp{}, ErrTimestamp
	}
	hours, ok1 := twoDigits(text, i+1, maxOffset/60)
	minutes, ok2 := twoDigits(text, len(text)-2, 59)
	t.offset = int16(hours*60 + minutes)
	if !ok1 || !ok2 || t.offset > maxOffset {
		return Timestamp{}, ErrTimestamp
	}
	switch {
	case text[i] == '-' && t.offset != 0: // minus zero would not be written back as it was
		t.offset = -t.offset
	case text[i] != '+':
		return Timestamp{}, ErrTimestamp
	}
	return t, nil
}

func twoDigits[T string | []byte](text T, i, most int) (n int, ok bool) {
	tens, ones := text[i]-'0', text[i+1]-'0'
	n = int(tens)*10 + int(ones)
	return n, tens <= 9 && ones <= 9 && n <= most
}

func daysIn(year, month int) int {
	switch {
	case month == 2 && (year%4 != 0 || year%100 == 0 && year%400 != 0):
		return 28
	case month == 2:
		return 29
	case month == 4 || month == 6 || month == 9 || month == 11:
		return 30
	}
	return 31
}

func wallSeconds(year, month, day, hour, minute, second int) int64 {
	return time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix()
}

// NewTimestamp makes a Timestamp that is written with the offset of t's place, as the provider's clock is:
// "2010-08-25T09:20:45-0400". Fractions of a second are dropped. A year outside 1 to 9999 or an offset beyond 14 hours
// gives the zero Timestamp.
func NewTimestamp(t time.Time) Timestamp {
	_, east := t.Zone()
	minutes := int16(east / secondsInMinute)
	return written(Timestamp{wall: t.Unix() + int64(minutes)*secondsInMinute, offset: minutes, spelling: offsetBasic})
}

// NewLocalTimestamp makes a Timestamp of t's wall clock that is written without offset. Fractions of a second are
// dropped. A year outside 1 to 9999 gives the zero Timestamp.
func NewLocalTimestamp(t time.Time) Timestamp {
	_, east := t.Zone()
	return written(Timestamp{wall: t.Unix() + int64(east), spelling: offsetNone})
}

func written(t Timestamp) Timestamp {
	if year := t.clock().Year(); year < 1 || year > 9999 || t.offset > maxOffset || t.offset < -maxOffset {
		return Timestamp{}
	}
	return t
}

// IsZero reports whether there is no timestamp.
func (t Timestamp) IsZero() bool { return t.spelling == offsetUnset }

// Zoned reports whether the text carried an offset.
func (t Timestamp) Zoned() bool { return t.spelling > offsetNone }

// In returns the instant, shown in loc. A timestamp without offset is the wall time of loc. The zero Timestamp gives
// the zero Time.
func (t Timestamp) In(loc *time.Location) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	if t.Zoned() {
		return time.Unix(t.wall-int64(t.offset)*secondsInMinute, int64(t.nanos)).In(loc)
	}
	c := t.clock()
	return time.Date(c.Year(), c.Month(), c.Day(), c.Hour(), c.Minute(), c.Second(), int(t.nanos), loc)
}

// String returns the text as it stands on the wire, "" for the zero Timestamp.
func (t Timestamp) String() string {
	var buf [40]byte
	return string(t.append(buf[:0]))
}

func (t Timestamp) clock() time.Time { return time.Unix(t.wall, int64(t.nanos)).UTC() }

func (t Timestamp) append(dst []byte) []byte {
	if t.IsZero() {
		return dst
	}
	dst = t.clock().AppendFormat(dst, "2006-01-02T15:04:05")
	if t.fraction > 0 {
		dst = append(dst, '.')
		for rest, unit, left := t.nanos, int32(100_000_000), t.fraction; left > 0; left-- {
			dst = append(dst, '0'+byte(rest/unit))
			rest %= unit
			unit /= 10
		}
	}
	sign, minutes := byte('+'), int(t.offset)
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	switch t.spelling {
	case offsetZ:
		return append(dst, 'Z')
	case offsetBasic, offsetColon:
		dst = append(dst, sign, '0'+byte(minutes/600), '0'+byte(minutes/60%10))
		if t.spelling == offsetColon {
			dst = append(dst, ':')
		}
		return append(dst, '0'+byte(minutes%60/10), '0'+byte(minutes%10))
	}
	return dst
}
