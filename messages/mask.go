package messages

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate/internal/secret"
)

// unreadable stands for bytes that are no text: nothing in them can be told from a card number.
const unreadable = "[not text, left out]"

// Mask returns a copy of body that may be stored and shown: what stands in CardNumber and InstrumentID is twelve
// stars and the last four digits, or sixteen stars if it is no number, what stands in AuthenticationData is four
// stars, whatever the prefix and the namespace, in CDATA sections and in escaped XML too. Everywhere else runs of 10
// or more digits are masked, also when spaces, dashes, comments or CDATA borders part them or references spell them;
// only AuthNumber and the provider's ids stay. The bytes need not be XML: Mask reads on where a parser would stop,
// masks to the end what has no end tag, and leaves out altogether what is no text. A masked text masks to itself.
func Mask(body []byte) []byte { return MaskAnswer(body, secret.String{}) }

// MaskAnswer masks like Mask what was answered to a question about a card: not even an id stays that holds the card's
// number.
func MaskAnswer(body []byte, asked secret.String) []byte {
	if bytes.IndexByte(body, 0) >= 0 {
		return []byte(unreadable)
	}
	m := masker{in: body, asked: []byte(asked.Reveal()), out: make([]byte, 0, len(body)+len(body)/8+len(maskedNone))}
	m.run()
	return m.out
}

// sweepText masks runs of digits in a value that was read already.
func sweepText(value []byte) []byte { return Mask(value) }

// hidden are the elements whose content must not be seen, shown those whose digits may. Hidden names are found in
// any case.
var (
	hiddenCards = [...]string{"CardNumber", "InstrumentID"}
	hiddenPIN   = "AuthenticationData"
	shownIDs    = [...]string{authNumber, "SVATransactionID", "PreAuthSVATransactionID", "AccountID"}
)

const authNumber = "AuthNumber"

// ofInterest tells by its length whether a name may be one of them.
var ofInterest = func() (lengths [32]bool) {
	lengths[len(hiddenCards[0])], lengths[len(hiddenCards[1])], lengths[len(hiddenPIN)] = true, true, true
	for _, name := range shownIDs {
		lengths[len(name)] = true
	}
	return lengths
}()

// maxShown is the length of the longest id that is shown, that of an AuthNumber in the samples.
const maxShown = 16

type masker struct {
	in, out []byte
	done    int // so much of in is in out
	known   [maxCardDigits]byte
	digits  int    // of known: the card number met last
	asked   []byte // the card number that the question named; empty for none
	swap    *Swap  // what stands for hidden values instead of stars; nil for Mask

	comments []commentEnd // where comments may end; nil until a comment begins
	dashes   int          // where the --> of the comment that began last stands; 0 for none
	endless  [len(constructs)][2]bool
}

// What the first byte of a character means to the masker.
const (
	dull = iota
	digit
	opening
	elsewhere // a reference, or not ASCII
)

var maskClass = func() (class [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		class[c] = digit
	}
	class['<'], class['&'] = opening, elsewhere
	for c := utf8.RuneSelf; c < len(class); c++ {
		class[c] = elsewhere
	}
	return class
}()

func (m *masker) run() {
	m.scan(0, len(m.in))
	m.out = append(m.out, m.in[m.done:]...)
}

// scan masks what begins in in[from:to]; no number goes on behind it.
func (m *masker) scan(from, to int) {
	for i := from; i < to; {
		switch maskClass[m.in[i]] {
		case dull:
			for i++; i < to && maskClass[m.in[i]] == dull; i++ {
			}
		case digit:
			i = m.number(i, to)
		case opening:
			i = m.tag(i+1, 0)
		default:
			r, size, depth := spelled(m.in[:to], i)
			long := spellsNumber(m.in[i : i+size])
			switch {
			case long && markup(r) != "":
				m.replace(i, i+size, respelled(r, depth))
				i += size
			case long || unicode.IsDigit(r):
				i = m.number(i, to)
				continue
			default:
				i += size
			}
			if r == '<' {
				i = m.tag(i, depth)
			}
		}
	}
}

// replace puts text in the place of in[from:to]. A comment that began before it and ends in it ends behind it, so that
// what stands there is seen as it was.
func (m *masker) replace(from, to int, text string) {
	m.out = append(m.out, m.in[m.done:from]...)
	m.out = append(m.out, text...)
	if m.endsComment(from, to) {
		m.out = append(m.out, closeComment...)
	}
	m.done = to
}

// endsComment reports whether the comment that began last before from ends before to.
func (m *masker) endsComment(from, to int) bool {
	return m.dashes > 0 && from <= m.dashes && m.dashes < to
}

// tag looks at what follows a < that ends before i and was escaped depth times. It hides the content of the element if
// that must be, and returns where to go on.
func (m *masker) tag(i, depth int) int {
	if bytes.HasPrefix(m.in[i:], []byte(beginComment)) {
		m.dashes = m.comment(i + len(beginComment)).dashes
		return i
	}
	if i < len(m.in) && m.in[i] == '/' {
		if name, end := localName(m.in, i+1); m.concerns(name) && m.hides(name) {
			return m.prefix(i+1, end-len(name))
		}
		return i
	}
	name, end, whole := startName(m.in, i)
	if !whole || !m.concerns(name) {
		return i
	}
	for _, shown := range shownIDs {
		if string(name) == shown {
			m.prefix(i, end-len(name))
			return m.id(name, end)
		}
	}
	if !m.hides(name) {
		return i
	}
	m.prefix(i, end-len(name))
	content, empty := m.tagEnd(end, depth)
	if m.scan(end, content); empty {
		return content
	}
	to := m.closing(content, depth, name)
	if len(bytes.Trim(m.in[content:to], spaces)) == 0 {
		return to
	}
	text := ""
	if hidesCard(name) {
		text = m.card(content, to)
	} else {
		text = m.swap.hide(m.in[content:to])
	}
	if text != "" {
		m.replace(content, to, text)
	}
	return to
}

// concerns reports whether a name is worth a closer look.
func (m *masker) concerns(name []byte) bool {
	return m.swap != nil || ofInterest[min(len(name), len(ofInterest)-1)]
}

// prefix leaves the prefix of a name away that has as many digits as a card number, and returns where it ends. Stars in
// it would end the name, and what is hidden by it would be read otherwise the next time.
func (m *masker) prefix(from, to int) int {
	digits := 0
	for _, r := range string(m.in[from:to]) {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	if digits >= minRun {
		m.replace(from, to, "")
	}
	return to
}

// hides reports whether what stands in elements of that name must not be seen.
func (m *masker) hides(name []byte) bool {
	return hidesCard(name) || bytes.EqualFold(name, []byte(hiddenPIN)) || m.swap.secret(name)
}

func hidesCard[T string | []byte](name T) bool {
	return strings.EqualFold(string(name), hiddenCards[0]) || strings.EqualFold(string(name), hiddenCards[1])
}

// card returns how the content of a card number's element is shown; "" leaves it as it is.
func (m *masker) card(from, to int) string {
	var text [maxID]byte
	n := 0
	for i := from; i < to; {
		r, size := glyph(m.in, i)
		if after, _ := m.border(i, r, size); after > i {
			i = after
			continue
		}
		i += size
		if r >= utf8.RuneSelf || n == len(text) {
			return maskedNone
		}
		text[n] = byte(r)
		n++
	}
	number := bytes.Trim(text[:n], spaces)
	if allDigits(number) && len(number) <= maxCardDigits {
		m.digits = copy(m.known[:], number)
	}
	if len(number) == 0 || m.endsComment(from, to) {
		return maskedNone
	}
	masked := maskedCard(number)
	if m.swap != nil && masked != maskedNone && number[0] != '*' {
		return m.swap.number(from, string(number))
	}
	return masked
}

// id lets the digits of an id stand that is nothing but digits and not the card number, and returns where to go on.
func (m *masker) id(name []byte, end int) int {
	r, size := glyphAt(m.in, end)
	first := end + size
	last := first
	for last < len(m.in) && last-first <= maxShown && maskClass[m.in[last]] == digit {
		last++
	}
	next, width := glyphAt(m.in, last)
	if r != '>' || spellsNumber(m.in[end:first]) || next != '<' || last+width == len(m.in) || m.in[last+width] != '/' || last-first > maxShown || m.isCard(m.in[first:last]) {
		return end
	}
	if m.swap != nil && last-first >= minRun && !(string(name) == authNumber && isAuthNumber(m.in[first:last])) {
		return end
	}
	return last
}

func (m *masker) isCard(id []byte) bool {
	return bytes.Equal(id, m.known[:m.digits]) || len(m.asked) > 0 && bytes.Contains(id, m.asked)
}
