package messages_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

func TestHidePIN(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ pin, text, want string }{
		"in a sentence":           {"7395", "PIN 7395 is wrong", "PIN **** is wrong"},
		"alone":                   {"7395", "7395", "****"},
		"first and last":          {"7395", "7395 is not 7395", "**** is not ****"},
		"with letters":            {"Zq7Wx2Kv", "<p>(Zq7Wx2Kv)</p>", "<p>(****)</p>"},
		"in an attribute":         {"7395", `<a pin="7395"/>`, `<a pin="****"/>`},
		"behind letters":          {"7395", "pin%3D7395, PIN7395x", "pin%3D****, PIN****x"},
		"decimal references":      {"7395", "<s>&#55;&#0051;9&#53;</s>", "<s>****</s>"},
		"hexadecimal references":  {"Zq7W", "&#x5a;&#X71;7W.", "****."},
		"references escaped":      {"7395", "&amp;#55;395 &amp;amp;#x37;395", "**** ****"},
		"in a CDATA section":      {"7395", "<![CDATA[7395]]>", "<![CDATA[****]]>"},
		"parted by CDATA borders": {"7395", "<s>73]]><![CDATA[95</s>", "<s>****</s>"},
		"parted by a comment":     {"7395", "73<!-- x -->95", "****"},
		"in a comment":            {"7395", "<!-- 7395 -->", "<!-- **** -->"},
		"begun twice":             {"7373a", "<b>7373</b>7373a", "<b>7373</b>****"},
		"in a word":               {"Zq7W", "AZq7W1 <XZq7W/>", "A****1 <X****/>"},
		"of letters":              {"abcd", "abcd abcd1 (abcd)", "**** ****1 (****)"},

		"part of a longer number":     {"7395", "17395 73951 1&#55;395", "17395 73951 1&#55;395"},
		"part of a longer word":       {"abcd", "xabcd abcde &#x61;abcd", "xabcd abcde &#x61;abcd"},
		"in other letters":            {"Zq7W", "ZQ7W", "ZQ7W"},
		"grouped":                     {"7395", "73 95 73-95", "73 95 73-95"},
		"too short to be looked for":  {"739", "739", "739"},
		"none":                        {"", "<a>****</a>", "<a>****</a>"},
		"cut":                         {"7395", "739", "739"},
		"parted by something endless": {"7395", "73<!-- 95", "73<!-- 95"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := messages.HidePIN([]byte(c.text), secret.New(c.pin)); string(got) != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A text of whatever kind has the PIN by itself nowhere once it was hidden, and the rest stays.
func TestHidePINLeavesNone(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{"73", "95", "7395", "395", "7", "Zq7W", "&#55;", "&", "#", "<!--", "-->", "<![CDATA[", "]]>", " ", "\xff", "é", "*"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(piece).Draw(t, "text"), "")
		pin := rapid.SampledFrom([]string{"7395", "Zq7W", "77777395"}).Draw(t, "pin")
		got := string(messages.HidePIN([]byte(text), secret.New(pin)))
		if again := string(messages.HidePIN([]byte(got), secret.New(pin))); again != got {
			t.Errorf("%q became %q, and then %q", text, got, again)
		}
		for at, rest := 0, got; ; {
			i := strings.Index(rest, pin)
			if i < 0 {
				break
			}
			at += i
			if !besidePIN(got, at-1) && !besidePIN(got, at+len(pin)) {
				t.Errorf("%q shows the PIN in %q", text, got)
			}
			at, rest = at+1, rest[i+1:]
		}
		if !strings.Contains(strings.ReplaceAll(text, "&#55;", "7"), "7") && got != text {
			t.Errorf("%q became %q", text, got)
		}
	})
}

// besidePIN reports whether what stands there may go on with a PIN, perhaps as the end of a reference.
func besidePIN(text string, i int) bool {
	return i >= 0 && i < len(text) && strings.IndexByte("0123456789ZqWx#;&", text[i]) >= 0
}

func TestHidePINIsLinear(t *testing.T) {
	t.Parallel()
	const size = 1 << 19
	pin := secret.New("7777777777777777")
	for _, part := range []string{"7<!-- ", "7<!---->", "7]]>", "&#55;", "7777777777777777<", "7<!-- -->]]><![CDATA["} {
		in := []byte(strings.Repeat(part, size/len(part)))
		// As in TestMaskIsLinear: a quadratic step would not come back.
		if out := messages.HidePIN(in, pin); len(out) > len(in) {
			t.Errorf("%q: %d bytes become %d", part, len(in), len(out))
		}
	}
}
