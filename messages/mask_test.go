package messages_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// TestMaskEqualsMaskedForm masks what was written in the clear and gets what is written masked.
func TestMaskEqualsMaskedForm(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		r := withPIN(s.request, true)
		for _, form := range []messages.Form{{}, {Bare: true}, {StrictSOAP: true}} {
			masked := form
			masked.Masked = true
			if got, want := messages.Mask(encoded(t, r, form)), encoded(t, r, masked); !bytes.Equal(got, want) {
				t.Errorf("%v\n got %s\nwant %s", r.Kind(), got, want)
			}
		}
		got := messages.Mask(encodedAnswer(t, s.answer, messages.AnswerForm{}))
		if want := encodedAnswer(t, s.answer, messages.AnswerForm{Masked: true}); !bytes.Equal(got, want) {
			t.Errorf("%v\n got %s\nwant %s", s.answer.Kind, got, want)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":             "",
		"plain text":   "plain text",
		"<a>12</a>":    "<a>12</a>",
		"\x00<a>b</a>": "[not text, left out]",

		"<CardNumber>6006491234560017</CardNumber>":                     "<CardNumber>************0017</CardNumber>",
		"<CardNumber> 6006491234560017\n</CardNumber>":                  "<CardNumber>************0017</CardNumber>",
		"<x:CardNumber a='1'>6006491234</x:CardNumber>":                 "<x:CardNumber a='1'>************1234</x:CardNumber>",
		"<cardnumber>6006491234560017</cardnumber>":                     "<cardnumber>************0017</cardnumber>",
		"<CardNumber>12345</CardNumber>":                                "<CardNumber>****************</CardNumber>",
		"<CardNumber>6006 4912 3456 0017</CardNumber>":                  "<CardNumber>****************</CardNumber>",
		"<CardNumber>************0017</CardNumber>":                     "<CardNumber>************0017</CardNumber>",
		"<CardNumber><b>6006</b>491234560017</CardNumber>":              "<CardNumber>****************</CardNumber>",
		"<CardNumber><![CDATA[6006491234560017]]></CardNumber>":         "<CardNumber>************0017</CardNumber>",
		"<CardNumber>6006<![CDATA[4912]]>34560017</CardNumber>":         "<CardNumber>************0017</CardNumber>",
		"<CardNumber>&#54;0064912345600&#x31;7</CardNumber>":            "<CardNumber>************0017</CardNumber>",
		"<CardNumber>6006<!-- x -->491234560017</CardNumber>":           "<CardNumber>************0017</CardNumber>",
		"<CardNumber/>6006":                                             "<CardNumber/>6006",
		"<CardNumber />":                                                "<CardNumber />",
		"<CardNumber></CardNumber>":                                     "<CardNumber></CardNumber>",
		"<CardNumber>60064":                                             "<CardNumber>****************",
		"<CardNumber":                                                   "<CardNumber",
		"<CardNumber 600649123456":                                      "<CardNumber ************3456",
		"<CardNumber a='6006491234560017'>1</CardNumber>":               "<CardNumber a='************0017'>****************</CardNumber>",
		"<CardNumber a='/>'>12345</CardNumber>":                         "<CardNumber a='/>'>****************</CardNumber>",
		"<InstrumentID>4410107003000017</InstrumentID>":                 "<InstrumentID>************0017</InstrumentID>",
		"<AuthenticationData>7395</AuthenticationData>":                 "<AuthenticationData>****</AuthenticationData>",
		"<AuthenticationData \">7395</AuthenticationData>":              "<AuthenticationData \">****</AuthenticationData>",
		"<AuthenticationData />":                                        "<AuthenticationData />",
		"<a:AuthenticationData>x<y/>z</a:AuthenticationData >":          "<a:AuthenticationData>****</a:AuthenticationData >",
		"<AuthenticationData>1<!--</AuthenticationData>":                "<AuthenticationData>****</AuthenticationData>",
		"&lt;CardNumber&gt;6006491234560017&lt;/CardNumber&gt;":         "&lt;CardNumber&gt;************0017&lt;/CardNumber&gt;",
		"&amp;lt;CardNumber&amp;gt;12345&amp;lt;/CardNumber&amp;gt;":    "&amp;lt;CardNumber&amp;gt;****************&amp;lt;/CardNumber&amp;gt;",
		"&#60;AuthenticationData&#x3e;7395&#60;/AuthenticationData&gt;": "&#60;AuthenticationData&#x3e;****&#60;/AuthenticationData&gt;",
		"<![CDATA[<CardNumber>12345</CardNumber>]]>":                    "<![CDATA[<CardNumber>****************</CardNumber>]]>",
		"<!--<AuthenticationData>1</AuthenticationData>-->":             "<!--<AuthenticationData>****</AuthenticationData>-->",

		"<x><![CDATA[Unexpected <CardNumber at column 57]]></x> 1732341234567 ms":                          "<x><![CDATA[Unexpected <CardNumber at column 57]]>****************",
		"<s>&lt;CardNumber a=1<!-- &gt; -->234567890&lt;/CardNumber&gt;</s>":                               "<s>&lt;CardNumber a=1****************&lt;/CardNumber&gt;</s>",
		"near &lt;AuthenticationData at line 5 <!-- 1 -->1732341234567":                                    "near &lt;AuthenticationData at line 5 ****",
		"<CardNumber&#0000000062;12345</CardNumber>":                                                       "<CardNumber&gt;****************</CardNumber>",
		"<AuthenticationData><!--</AuthenticationData>-->7395</AuthenticationData>":                        "<AuthenticationData>****</AuthenticationData>",
		"<AuthenticationData><![CDATA[</AuthenticationData>]]>7395</AuthenticationData>":                   "<AuthenticationData>****</AuthenticationData>",
		"<AuthenticationData><?x </AuthenticationData>?>7395</AuthenticationData>":                         "<AuthenticationData>****</AuthenticationData>",
		"<AuthenticationData>&lt;/AuthenticationData>7395</AuthenticationData>":                            "<AuthenticationData>****</AuthenticationData>",
		"&lt;AuthenticationData>&lt;!--&lt;/AuthenticationData>--&gt;7395&lt;/AuthenticationData>":         "&lt;AuthenticationData>****&lt;/AuthenticationData>",
		"<a:AuthenticationData><b:AuthenticationData>x</b:AuthenticationData>7395</a:AuthenticationData>y": "<a:AuthenticationData>****</a:AuthenticationData>y",
		"<AuthenticationData><AuthenticationData a='>'/>7395</AuthenticationData>y":                        "<AuthenticationData>****</AuthenticationData>y",
		"<é:AuthenticationData xmlns:é='u'>7395</é:AuthenticationData>":                                    "<é:AuthenticationData xmlns:é='u'>****</é:AuthenticationData>",
		"<x><AuthenticationData a=\"x&quot;y\">7395</AuthenticationData><b c=\"d\"/></x>":                  "<x><AuthenticationData a=\"x&quot;y\">****</AuthenticationData><b c=\"d\"/></x>",
		"<AuthenticationData '>7395</AuthenticationData><x a='b'/>":                                        "<AuthenticationData '>****</AuthenticationData><x a='b'/>",
		"<CardNumber a='&lt;AuthenticationData&gt;7395&lt;/AuthenticationData&gt;'>1</CardNumber>":         "<CardNumber a='****************</CardNumber>",
		"<AuthenticationData &#0000000062;</AuthenticationData>x#":                                         "<AuthenticationData &gt;</AuthenticationData>x#",
		"1<!-- 12345<!-- x -->67890abc --> 123456789":                                                      "1<!-- ************7890-->abc --> 123456789",
		"<!-- <CardNumber>6006491234<!-- -->560017</CardNumber>":                                           "<!-- <CardNumber>****************--></CardNumber>",
		"1]]>" + strings.Repeat("]]>", 200) + "x":                                                          "****************]]>" + strings.Repeat("]]>", 30) + "x",

		"6006&nbsp;4912&nbsp;3456&nbsp;0017":                            "************0017",
		"6006&amp;ensp;4912&emsp13;34560017":                            "************0017",
		"6006&nb sp;491234560&toolongtobeanyreferenceatall12345678901;": "6006&nb sp;491234560&toolongtobeanyreferenceatall************8901;",
		"6006\xa04912\xa03456\xff0017":                                  "************0017",
		"6006\u22124912\u221234560017":                                  "************0017",
		"6006\u20284912&#x7f;34560017":                                  "************0017",
		"60064912&lt;!----&gt;34560017":                                 "************0017",
		"60064912]]&gt;&lt;![CDATA[34560017":                            "************0017",

		"card 6006491234560017 gone":                                "card ************0017 gone",
		"card 6006-4912-3456-0017 gone":                             "card ************0017 gone",
		"card 6006 4912 3456 0017 gone":                             "card ************0017 gone",
		"6006.4912.3456.0017":                                       "************0017",
		"6006 - 4912 - 3456 - 0017":                                 "************0017",
		"6006\u00a04912\u20133456\u200b0017":                        "************0017",
		"６００６４９１２３４５６００１７":                                          "****************",
		"600649123456001712":                                        "****************",
		"6006491234560017 600649123456":                             "****************",
		"{\"card\":\"6006491234\"}":                                 "{\"card\":\"************1234\"}",
		"<a b='6006491234560017'/>":                                 "<a b='************0017'/>",
		"<c6006491234560017/>":                                      "<c************0017/>",
		"&#6006491234560017;":                                       "&#************0017;",
		"&#x36;&#x30;0649123456":                                    "************3456",
		"&#54&#480649123456":                                        "&#54&#************3456",
		"&&#0000000000":                                             "&****************",
		"a&#x0000000041;b":                                          "a****************b",
		"&#0000000060":                                              "&lt;",
		"a&#0000000060;/b":                                          "a&lt;/b",
		"1&#0000000060AuthenticationData>7395</AuthenticationData>": "1&lt;AuthenticationData>****</AuthenticationData>",
		"<AuthNumber&#0000000062;12</AuthNumber>":                   "<AuthNumber&gt;12</AuthNumber>",
		"<CardNumber a='&#0000000060;'/>":                           "<CardNumber a='&lt;'/>",
		"600649&#0000000054;123456":                                 "****************",
		"<CardNumber a='&#0001114111;'/>":                           "<CardNumber a='****************'/>",
		"6006<!-- 1 -->4912<![CDATA[3456]]>0017":                    "************0017",
		"6<!-- 6006491234560017 -->4":                               "6<!-- ************0017 -->4",
		"600<!-- 6006491234560017 -->4912<!-- x -->3456":            "************3456",
		"6<!-- 1 -->4<!-- 6006491234560017 -->5":                    "6<!-- 1 -->4<!-- ************0017 -->5",
		"6006<!-- 6006491234560017 --> x":                           "6006<!-- ************0017 --> x",
		"<a><![CDATA[600649]]>1234<![CDATA[]]>":                     "<a><![CDATA[************1234]]><![CDATA[]]>",
		"123456789":                                                 "123456789",
		"123-456-789":                                               "123-456-789",
		"1234567890":                                                "************7890",
		"<D>2024-03-09T14:05:06-0400</D>":                           "<D>2024-03-09T14:05:06-0400</D>",
		"<Amount>123456.78</Amount>":                                "<Amount>123456.78</Amount>",

		"<AuthNumber>0000020018000417</AuthNumber>":                                          "<AuthNumber>0000020018000417</AuthNumber>",
		"<a:AuthNumber>0000020018000417</a:AuthNumber>":                                      "<a:AuthNumber>0000020018000417</a:AuthNumber>",
		"<SVATransactionID>1234567890</SVATransactionID>":                                    "<SVATransactionID>1234567890</SVATransactionID>",
		"<AuthNumber>00000200180004171</AuthNumber>":                                         "<AuthNumber>****************</AuthNumber>",
		"<AuthNumber>0000 0200 1800 0417</AuthNumber>":                                       "<AuthNumber>************0417</AuthNumber>",
		"<AuthNumber>0000020018000417 x</AuthNumber>":                                        "<AuthNumber>************0417 x</AuthNumber>",
		"<AuthNumber a='0000020018000417'>1</AuthNumber>":                                    "<AuthNumber a='************0417'>1</AuthNumber>",
		"<AuthNumber>0000020018<![CDATA[000417]]></AuthNumber>":                              "<AuthNumber>************0417<![CDATA[]]></AuthNumber>",
		"<authnumber>0000020018000417</authnumber>":                                          "<authnumber>************0417</authnumber>",
		"<AuthNumber>0000020018000417":                                                       "<AuthNumber>************0417",
		"<RTPTransactionID>6006491234560017</RTPTransactionID>":                              "<RTPTransactionID>************0017</RTPTransactionID>",
		"<CardNumber>6006491234560017</CardNumber><AuthNumber>6006491234560017</AuthNumber>": "<CardNumber>************0017</CardNumber><AuthNumber>************0017</AuthNumber>",
	} {
		got := string(messages.Mask([]byte(in)))
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
		if again := string(messages.Mask([]byte(got))); again != got {
			t.Errorf("%q is masked again to %q", got, again)
		}
	}
}

func TestMaskCopies(t *testing.T) {
	t.Parallel()
	body := []byte("<a>b</a>")
	masked := messages.Mask(body)
	body[1] = 'x'
	if string(masked) != "<a>b</a>" {
		t.Error("the masked text changes with the body")
	}
}

// spell writes a number in one of the ways in which it could hide.
func spell(t *rapid.T, number string) string {
	var b strings.Builder
	how := rapid.IntRange(0, 8).Draw(t, "how")
	for i, c := range number {
		switch {
		case how == 1 && i%4 == 0 && i > 0:
			b.WriteByte('-')
		case how == 2 && i%4 == 0 && i > 0:
			b.WriteByte(' ')
		}
		switch how {
		case 3:
			fmt.Fprintf(&b, "&#%d;", c)
		case 4:
			fmt.Fprintf(&b, "&#x%x;", c)
		case 5:
			fmt.Fprintf(&b, "&amp;#%d;", c)
		case 6:
			if i == len(number)/2 {
				b.WriteString("]]><![CDATA[")
			}
			b.WriteRune(c)
		case 7:
			if i == 3 {
				b.WriteString("<!-- half -->")
			}
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	switch how {
	case 6:
		return "<![CDATA[" + b.String() + "]]>"
	case 8:
		return "<![CDATA[" + number + "]]>"
	}
	return b.String()
}

// flat takes out of a text what could part or spell digits, so that a number that shows in any way shows in it.
func flat(text string) string {
	for i := range 10 {
		for _, format := range []string{"&#%d;", "&#x%x;", "&amp;#%d;"} {
			text = strings.ReplaceAll(text, fmt.Sprintf(format, '0'+i), fmt.Sprint(i))
		}
	}
	return strings.NewReplacer("<![CDATA[", "", "]]>", "", "<!-- half -->", "", "-", "", " ", "").Replace(text)
}

func TestMaskNeverLeaks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`[1-9][0-9]{9,15}`).Draw(t, "number")
		wrap := rapid.SampledFrom([]string{
			"%s", "<CardNumber>%s</CardNumber>", "<x:CardNumber>%s", "<InstrumentID>%s</InstrumentID>", "<Any>%s</Any>", "<a b=\"%s\"/>",
			"<AuthenticationData>%s</AuthenticationData>", "<ErrorCode>card %s unknown</ErrorCode>", "<Comments>(%s)</Comments>", "<!-- %s -->",
			"&lt;CardNumber&gt;%s&lt;/CardNumber&gt;", "<RTPTransactionID>%s</RTPTransactionID>", "{\"card\": \"%s\"}", "<CardNumber><b>%s</b></CardNumber>",
		}).Draw(t, "wrap")
		hidden := fmt.Sprintf(wrap, spell(t, number))
		place := rapid.IntRange(0, len(bare)).Draw(t, "place")
		body := hidden
		if rapid.Bool().Draw(t, "inside a message") {
			// A digit of the message right beside the number would make it another number.
			body = bare[:place] + "\u00b6" + hidden + "\u00b6" + bare[place:]
		}
		masked := string(messages.Mask([]byte(body)))
		if strings.Contains(flat(masked), number) {
			t.Fatalf("%s shows in\n%s\nmasked from\n%s", number, masked, body)
		}
		if again := string(messages.Mask([]byte(masked))); again != masked {
			t.Fatalf("masked twice:\n%s\n%s", again, masked)
		}
	})
}

// TestMaskKeepsTheRest masks a whole answer and reads it: all but the numbers is there.
func TestMaskKeepsTheRest(t *testing.T) {
	t.Parallel()
	for _, s := range samples() {
		want := s.answer
		if want.Kind == messages.GenerateCard {
			want.CardNumber, want.InstrumentID = secret.New("************0017"), secret.New("************0017")
		}
		var got messages.Answer
		if err := messages.ReadAnswer(messages.Mask(encodedAnswer(t, s.answer, messages.AnswerForm{Enveloped: true})), &got); err != nil {
			t.Fatalf("%v: %v", s.answer.Kind, err)
		}
		if !got.CardNumber.Equal(want.CardNumber) || got.AuthNumber != want.AuthNumber || got.SVATransactionID != want.SVATransactionID ||
			got.TransactionDateTime != want.TransactionDateTime || got.Balance != want.Balance || got.DateTime != want.DateTime {
			t.Errorf("%v: %+v", s.answer.Kind, got)
		}
	}
}

func TestMaskIsLinear(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	var shapes []string
	for _, piece := range []string{
		"1<!--", "1<!---->a", "1<!---->1<!---->1<!---->1<!---->1<!---->1<!---->a", "<CardNumber>", "<CardNumber ", "&amp;", "&lt;CardNumber&gt;", "1 ", "<", "&", "&#", "<![CDATA[1", "<AuthNumber>1", "</CardNumber>1", "&amp;#49;", "\xff",
	} {
		shapes = append(shapes, strings.Repeat(piece, size/len(piece)))
	}
	for _, piece := range []string{"<AuthenticationData '>", "<AuthenticationData><!--", "<a>&lt;AuthenticationData></a>&lt;![CDATA[", "<CardNumber/>"} {
		shapes = append(shapes, strings.Repeat(piece, size/4/len(piece)))
	}
	// Many digits before one end of a comment, and much to walk over behind it.
	shapes = append(shapes, strings.Repeat("1<!-- ", size/12)+"-->"+strings.Repeat("]]>", size/6))
	many := strings.Repeat("1<!-- ", size/256)
	for _, behind := range []string{"<!---->", "&amp;", "<!--" + strings.Repeat("-", size/40) + "-->", "&#0", "&lt;!----&gt;", "1]]>x"} {
		shapes = append(shapes, many+"-->"+strings.Repeat(behind, size/16/len(behind)))
	}
	for _, shape := range shapes {
		in, piece := []byte(shape), shape[:10]+"..."+shape[len(shape)-10:]
		// Twice the text has to take about twice the work; a quadratic step would not come back from 1 MiB at all.
		if out := messages.Mask(in); len(out) > 20*size {
			t.Errorf("%q: %d bytes become %d", piece, len(in), len(out))
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range samples() {
		f.Add(encoded(f, withPIN(s.request, true), messages.Form{}))
		f.Add(encodedAnswer(f, s.answer, messages.AnswerForm{}))
	}
	f.Add([]byte("6006<!-- 1 -->4912<![CDATA[3456]]>0017"))
	f.Add([]byte("6<!-- 15555555555555555555555 -->4"))
	f.Add([]byte("\xaa&&#0000000000"))
	f.Add([]byte("&#0000000060"))
	f.Add([]byte("<AuthNumber&#0000000062;12</AuthNumber>"))
	f.Add([]byte("1&#0000000060AuthenticationData>1234&#x000000000003c;/AuthenticationData>"))
	f.Add([]byte("<CardNumber a=\"&#0000000060;\">1</CardNumber>"))
	f.Add([]byte("<1234567890:CardNumber>1</1234567890:CardNumber>"))
	f.Add([]byte("<a12.34-567890:AuthNumber>12345678901234</a12.34-567890:AuthNumber>"))
	for seed := range uint64(200) {
		f.Add([]byte(grammar{rand.New(rand.NewPCG(seed, 0))}.soup()))
	}
	f.Add([]byte("&amp;lt;CardNumber&amp;gt;12345&amp;lt;/CardNumber&amp;gt;"))
	f.Fuzz(func(t *testing.T, body []byte) {
		masked := messages.Mask(body)
		if again := messages.Mask(masked); !bytes.Equal(again, masked) {
			t.Errorf("masked twice:\n%q\n%q\nof %q", again, masked, body)
		}
		if at := longRun(masked); at >= 0 {
			t.Fatalf("ten digits are left at %d in %q, masked from %q", at, masked, body)
		}
		var a messages.Answer
		if messages.ReadAnswer(body, &a) == nil {
			for _, number := range []secret.String{a.CardNumber, a.InstrumentID} {
				if n := number.Reveal(); len(n) >= 10 && strings.Trim(n, "0123456789") == "" && bytes.Contains(masked, []byte(n)) {
					t.Errorf("a number shows in %q", masked)
				}
			}
		}
	})
}

// besideID reports whether text ends in the start of an element whose digits may be seen.
func besideID(text []byte) bool {
	for _, name := range []string{"AuthNumber", "SVATransactionID", "AccountID"} {
		if i := bytes.LastIndex(text, []byte(name)); i >= 0 && len(text)-i-len(name) < 40 {
			return true
		}
	}
	return false
}

func TestAnIDThatHoldsTheAskedCardIsMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, body, want string }{
		{"6006491234560017", "<AuthNumber>6006491234560017</AuthNumber>", "<AuthNumber>************0017</AuthNumber>"},
		{"6006491234", "<AuthNumber>0000006006491234</AuthNumber>", "<AuthNumber>************1234</AuthNumber>"},
		{"6006491234", "<AccountID>6006491234</AccountID>", "<AccountID>************1234</AccountID>"},
		{"6006491234", "<AuthNumber>0000009354000382</AuthNumber>", "<AuthNumber>0000009354000382</AuthNumber>"},
		{"", "<AuthNumber>0000009354000382</AuthNumber>", "<AuthNumber>0000009354000382</AuthNumber>"},
	} {
		if got := messages.MaskAnswer([]byte(c.body), secret.New(c.asked)); string(got) != c.want {
			t.Errorf("asked about a card of %d digits: %s", len(c.asked), got)
		}
	}
}
