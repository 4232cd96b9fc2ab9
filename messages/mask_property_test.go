package messages_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/messages"
)

// grammar makes texts out of what could lead a masker astray.
type grammar struct{ *rand.Rand }

func (g grammar) pick(of ...string) string { return of[g.IntN(len(of))] }

// many joins up to n things.
func (g grammar) many(n int, make func() string) string {
	var b strings.Builder
	for range g.IntN(n + 1) {
		b.WriteString(make())
	}
	return b.String()
}

// escaped spells each mark of a text as it is, or in the ways in which references do.
func (g grammar) escaped(text string) string {
	way := g.IntN(8)
	var b strings.Builder
	for _, c := range text {
		name := map[rune]string{'<': "lt", '>': "gt", '"': "quot", '\'': "apos", '&': "amp"}[c]
		switch {
		case way < 3 || name == "":
			b.WriteRune(c)
		case way == 3:
			fmt.Fprintf(&b, "&#%d;", c)
		case way == 4:
			fmt.Fprintf(&b, "&#%012d;", c)
		case way == 5:
			fmt.Fprintf(&b, "&amp;%s;", name)
		case way == 6 && g.IntN(2) == 0:
			b.WriteRune(c)
		default:
			fmt.Fprintf(&b, "&%s;", name)
		}
	}
	return b.String()
}

func (g grammar) hiddenName() string {
	return g.pick("", "", "a:", "é:") + g.pick("CardNumber", "InstrumentID", "AuthenticationData", "AuthenticationData", "authenticationdata")
}

func (g grammar) value() string {
	return g.pick("", "x", "/", ">", "&gt;", "&quot;", "&lt;x", "&lt;AuthenticationData&gt;", "&apos;", "&lt;!--", "&#0000000039;", "]]>")
}

// tag makes a tag that may lack anything.
func (g grammar) tag() string {
	attributes := g.many(2, func() string {
		return g.pick(" a=", " ", " b") + g.pick("'", "\"", "") + g.value() + g.pick("'", "\"", "")
	})
	return g.escaped(g.pick("<", "<", "</") + g.pick(g.hiddenName(), g.hiddenName(), "AuthNumber", "x") + attributes + g.pick(">", ">", ">", "/>", " at column", ""))
}

func (g grammar) soup() string {
	return g.many(12, func() string {
		switch g.IntN(8) {
		case 0, 1, 2:
			return g.tag()
		case 3, 4:
			return g.escaped(g.pick("<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "--", "<!---->", "<!-->", "]]", ">", "<", "'", "\""))
		case 5:
			return g.pick(" ", "-", "x", "7395", "\xa0", "&nbsp;", "&", ";", "&#", "&#00000000", "&amp;", "\u00b6", "&a1234567890;")
		default:
			return "1234567890123456789"[:g.IntN(14)]
		}
	})
}

// TestMaskOfAnything masks what is hardly XML: it does not panic, leaves no number, and what is masked stays as it is.
func TestMaskOfAnything(t *testing.T) {
	t.Parallel()
	eachText(t, 4_000, func(t *testing.T, g grammar) {
		body := g.soup()
		defer panicsNot(t, body)
		masked := messages.Mask([]byte(body))
		if again := messages.Mask(masked); !bytes.Equal(again, masked) {
			t.Fatalf("%q\nmasked %q\ntwice  %q", body, masked, again)
		}
		if at := longRun(masked); at >= 0 {
			t.Fatalf("%q\nmasked %q: ten digits at %d", body, masked, at)
		}
	})
}

// spelledNumber spells a number with what may stand between its digits; flatDigits reads it.
func (g grammar) spelledNumber(digits string) string {
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && g.IntN(4) == 0 {
			b.WriteString(g.pick(" ", "-", " - ", ".", "\u00a0", "\xa0", "\xff", "\u2212", "\u2028", "&nbsp;", "&amp;nbsp;", "&#160;", "&#x7f;", "<!-- x -->", "<!----><!---->",
				"]]><![CDATA[", "<![CDATA[", "]]&gt;", "&lt;!----&gt;", "&lt;!-- x --&gt;", "&amp;lt;!----&amp;gt;", "]]>"))
		}
		switch g.IntN(12) {
		case 0:
			fmt.Fprintf(&b, "&#%d;", c)
		case 1:
			fmt.Fprintf(&b, "&amp;#x%x;", c)
		case 2:
			fmt.Fprintf(&b, "&#%012d;", c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func flatDigits(text []byte) string {
	flat := string(text)
	for range 4 {
		flat = html.UnescapeString(flat)
	}
	return strings.Map(func(c rune) rune {
		if c < '0' || c > '9' {
			return -1
		}
		return c
	}, flat)
}

// TestMaskLeavesNoNumber puts a number among tags and borders that have no digits: not ten digits of it are left.
func TestMaskLeavesNoNumber(t *testing.T) {
	t.Parallel()
	without := strings.NewReplacer("0", "", "1", "", "2", "", "3", "", "4", "", "5", "", "6", "", "7", "", "8", "", "9", "", "AuthNumber", "x")
	eachText(t, 1_000, func(t *testing.T, g grammar) {
		number := g.spelledNumber("6006491234560017"[:10+g.IntN(7)])
		body := without.Replace(g.soup()) + "\u00b6" + number + "\u00b6" + without.Replace(g.soup())
		defer panicsNot(t, body)
		masked := messages.Mask([]byte(body))
		if left := flatDigits(masked); len(left) >= 10 {
			t.Fatalf("%q\nmasked %q", body, masked)
		}
	})
}

const grammarPIN = "Zq7395Wx"

// authentication makes a well-formed element that hides a PIN. What looks like its tags in comments, sections, text
// and attributes is none.
func (g grammar) authentication(depth int) string {
	name := g.pick("", "", "a:", "é:") + "AuthenticationData"
	fake := func() string {
		return g.pick("</"+name+">", "</AuthenticationData >", "<AuthenticationData/>", "<"+name+">", "<b c='", "x", "'", "\"", ">", "<?", "<!")
	}
	escape := func(s string) string {
		return strings.NewReplacer("<", "&lt;", ">", "&gt;", "\"", "&quot;", "'", "&#39;").Replace(s)
	}
	quoted := func() string {
		return g.pick(` a="`+escape(g.many(2, fake))+`>"`, ` a='`+escape(g.many(2, fake))+`"/>'`, ` b = "'"`)
	}
	content := g.many(6, func() string {
		switch g.IntN(9) {
		case 0, 1:
			return grammarPIN
		case 2:
			return "<!--" + g.many(2, fake) + "-->"
		case 3:
			return "<![CDATA[" + g.many(2, fake) + grammarPIN + "]]>"
		case 4:
			return escape(g.many(2, fake))
		case 5:
			return strings.ReplaceAll(escape(g.many(2, fake)), "&", "&amp;")
		case 6:
			return "<?p " + g.many(2, fake) + "?>"
		case 7:
			return "<x" + g.many(1, quoted) + g.pick("/>", ">"+grammarPIN+"</x>")
		}
		if depth == 0 {
			return g.pick("<"+name+"/>", "<"+name+" a='/' />", "<"+name+" a='>'></"+name+">")
		}
		return g.authentication(depth - 1)
	})
	return "<" + name + g.many(1, quoted) + ">" + content + "</" + name + g.pick("", " ", "\n") + ">"
}

// TestMaskHidesThePIN puts PINs into elements of well-formed documents, which may be escaped themselves: none is left,
// and what stands behind is.
func TestMaskHidesThePIN(t *testing.T) {
	t.Parallel()
	eachText(t, 1_000, func(t *testing.T, g grammar) {
		inner := "<a>" + g.many(2, func() string { return g.pick("text", "<b c='d'/>", "<!-- x -->") }) + g.authentication(2) + "</a>"
		decoder := xml.NewDecoder(strings.NewReader(inner))
		for {
			if _, err := decoder.RawToken(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, inner)
			}
		}
		body := inner + "<end/>"
		switch how := g.IntN(4); {
		case how == 1:
			body = "<s b=\"" + html.EscapeString(body) + "\"/>"
		case how == 2:
			body = "<s>" + html.EscapeString(html.EscapeString(body)) + "</s>"
		case how == 3:
			body = "<s><![CDATA[" + strings.ReplaceAll(body, "]]>", "]]]]><![CDATA[>") + "]]></s>"
		}
		masked := messages.Mask([]byte(body))
		if bytes.Contains(masked, []byte(grammarPIN)) {
			t.Fatalf("%s\nmasked %s", body, masked)
		}
		if body[1] == 'a' && !bytes.HasSuffix(masked, []byte("<end/>")) {
			t.Fatalf("%s\nmasked to the end: %s", body, masked)
		}
		if again := messages.Mask(masked); !bytes.Equal(again, masked) {
			t.Fatalf("%s\nmasked %s\ntwice  %s", body, masked, again)
		}
	})
}

// eachText runs check with a grammar for each seed; a failure names the seed.
func eachText(t *testing.T, seeds uint64, check func(*testing.T, grammar)) {
	for seed := range seeds {
		check(t, grammar{rand.New(rand.NewPCG(seed, 0))})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func panicsNot(t *testing.T, body string) {
	if problem := recover(); problem != nil {
		t.Fatalf("%q: %v", body, problem)
	}
}

// longRun returns where ten digits stand that no id explains, or -1.
func longRun(masked []byte) int {
	run := 0
	for i, c := range masked {
		if c < '0' || c > '9' {
			run = 0
		} else if run++; run >= 10 && !besideID(masked[:i+1-run]) {
			return i
		}
	}
	return -1
}
