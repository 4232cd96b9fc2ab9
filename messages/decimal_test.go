package messages_test

import (
	"errors"
	"math"
	"testing"

	"github.com/svcgate/svcgate/messages"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		digits int
		minor  int64
		ok     bool
	}{
		"11.07":               {2, 1107, true},
		"0":                   {2, 0, true},
		"0.00":                {2, 0, true},
		"500":                 {2, 50000, true},
		"5.000":               {2, 500, true},
		"5.005":               {2, 0, false},
		"-3.20":               {2, -320, true},
		"0.000001":            {6, 1, true},
		"999999999999.999999": {6, 999999999999999999, true},
		"999999999999999999":  {0, 999999999999999999, true},
		"99999999999999999":   {2, 0, false},
	} {
		d, err := messages.ParseDecimal(text)
		if err != nil || d.String() != text || !d.IsSet() || d.Negative() != (text[0] == '-') {
			t.Errorf("ParseDecimal(%q) = %v, %v", text, d, err)
		}
		if minor, ok := d.Minor(want.digits); ok != want.ok || minor != want.minor {
			t.Errorf("%q: Minor(%d) = %d, %v; want %d, %v", text, want.digits, minor, ok, want.minor, want.ok)
		}
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", ".", "-", "-.", ".5", "5.", "-5.", "+5", "--5", "5-", "05", "00", "-05", "-0", "-0.00", "1,000.00", "11,07", "1 000",
		" 11.07", "11.07 ", "1.2.3", "1e3", "1E3", "0x10", "NaN", "Infinity", "11.0\x00", "１１", "$5", "5 USD", "0.0000001",
		"1234567890123456789", "1234567890123.4567890", "99999999999999999999999999",
	} {
		if d, err := messages.ParseDecimal(text); !errors.Is(err, messages.ErrDecimal) || d.IsSet() {
			t.Errorf("ParseDecimal(%q) = %v, %v", text, d, err)
		}
	}
}

func TestNewDecimal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor  int64
		digits int
		want   string
	}{
		{1107, 2, "11.07"}, {7, 2, "0.07"}, {-7, 2, "-0.07"}, {0, 2, "0.00"}, {0, 0, "0"}, {500, 0, "500"}, {12345, 3, "12.345"},
		{math.MaxInt64, 2, ""}, {math.MinInt64, 2, ""}, {1, -1, ""}, {1, 7, ""},
	} {
		if got := messages.NewDecimal(c.minor, c.digits); got.String() != c.want || got.IsSet() != (c.want != "") {
			t.Errorf("NewDecimal(%d, %d) = %q, want %q", c.minor, c.digits, got, c.want)
		}
	}
	var none messages.Decimal
	if _, ok := none.Minor(2); ok || none.Negative() || none.String() != "" {
		t.Error("the zero Decimal is an amount")
	}
	if _, ok := messages.NewDecimal(1, 0).Minor(-1); ok {
		t.Error("Minor(-1) is ok")
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, seed := range []string{"11.07", "-0.01", "0", "999999999999.999999", "1e9", "007", ".", "-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := messages.ParseDecimal(text)
		if err != nil {
			if d.IsSet() {
				t.Errorf("%q: refused and set", text)
			}
			return
		}
		if d.String() != text {
			t.Errorf("%q is written %q", text, d)
		}
		minor, ok := d.Minor(6)
		if ok && messages.NewDecimal(minor, 6).IsSet() {
			if again, ok := messages.NewDecimal(minor, 6).Minor(6); !ok || again != minor {
				t.Errorf("%q: %d becomes %d", text, minor, again)
			}
		}
	})
}
