package messages

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/svcgate/svcgate/internal/secret"
)

// unreadable stands for bytes that are no text: nothing in them can be told from a card number.
const unreadable = "[not text, left out]"

// minRun is the shortest run of digits that is taken for a card number.
const minRun = minCardDigits

// maxGap is how many separators may stand between two digits of one number.
const maxGap = 3

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

	commentFrom, commentEnd int // where the next --> was looked for, and where it stands
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
	for i := 0; i < len(m.in); {
		switch maskClass[m.in[i]] {
		case dull:
			for i++; i < len(m.in) && maskClass[m.in[i]] == dull; i++ {
			}
		case digit:
			i = m.number(i)
		case opening:
			i = m.tag(i + 1)
		default:
			r, size := glyph(m.in, i)
			switch {
			case r == '<':
				i = m.tag(m.angle(i, size))
			case unicode.IsDigit(r) || spellsNumber(m.in[i:i+size]):
				i = m.number(i)
			default:
				i += size
			}
		}
	}
	m.out = append(m.out, m.in[m.done:]...)
}

// replace puts text in the place of in[from:to].
func (m *masker) replace(from, to int, text string) {
	m.out = append(m.out, m.in[m.done:from]...)
	m.out = append(m.out, text...)
	m.done = to
}

// angle passes over a < of that size and respells it when its own spelling has the digits of a card number. It stays
// a <: what follows may be an element whose content must be hidden.
func (m *masker) angle(i, size int) (end int) {
	if spellsNumber(m.in[i : i+size]) {
		m.replace(i, i+size, "&lt;")
	}
	return i + size
}

// number masks the run of digits at i if it is long enough, and returns where it ends. Of a shorter one it returns the
// end of what stands before the first border, as a comment between two digits may hold a number of its own.
func (m *masker) number(i int) int {
	var tail [shownTail]byte
	count, gap, end, unbroken := 0, 0, i, 0
	sections, left := 0, 0 // CDATA sections begun less those ended: so far, and up to the last digit
	for j := i; j < len(m.in) && gap <= maxGap; {
		if after, begun := m.border(j); after > j {
			if unbroken == 0 {
				unbroken = end
			}
			sections += begun
			j = after
			continue
		}
		r, size := glyph(m.in, j)
		long := spellsNumber(m.in[j : j+size])
		j += size
		switch {
		case r == '<':
			gap = maxGap + 1
		case long:
			tail[shownTail-1] = '*'
			count += minRun
			gap, end, left = 0, j, sections
		case r >= '0' && r <= '9' || r >= utf8.RuneSelf && unicode.IsDigit(r):
			tail = [...]byte{tail[1], tail[2], tail[3], byte(r)}
			if r >= utf8.RuneSelf {
				tail[3] = '*'
			}
			count++
			gap, end, left = 0, j, sections
		case parts(r):
			gap++
		default:
			gap = maxGap + 1
		}
	}
	if count < minRun {
		if unbroken > 0 {
			return unbroken
		}
		return end
	}
	text := maskedNone
	if count <= maxCardDigits && allDigits(tail[:]) {
		text = stars + string(tail[:])
		if m.swap != nil {
			text = m.swapped(i, end)
		}
	}
	if text == "" {
		return end
	}
	switch { // the section that the run begins or ends is still there behind it
	case left > 0:
		text += openSection
	case left < 0:
		text += closeSection
	}
	m.replace(i, end, text)
	return end
}

// parts reports whether r may stand between two digits of one number.
func parts(r rune) bool {
	if r < utf8.RuneSelf {
		return r == ' ' || r == '-' || r == '.' || r == '\t' || r == '\n' || r == '\r' || r == '_'
	}
	return unicode.In(r, unicode.Zs, unicode.Pd, unicode.Cf)
}

const (
	openSection  = "<![CDATA["
	closeSection = "]]>"
	openComment  = "<!--"
	closeComment = "-->"
)

// border returns where the border of a CDATA section or the comment at i ends, or i. For the start of a section
// begun is 1, for its end -1.
func (m *masker) border(i int) (after, begun int) {
	switch rest := m.in[i:]; {
	case rest[0] == '<' && bytes.HasPrefix(rest, []byte(openSection)):
		return i + len(openSection), 1
	case rest[0] == ']' && bytes.HasPrefix(rest, []byte(closeSection)):
		return i + len(closeSection), -1
	case rest[0] != '<' || !bytes.HasPrefix(rest, []byte(openComment)):
		return i, 0
	}
	inside := i + len(openComment)
	if inside < m.commentFrom || m.commentEnd < inside {
		m.commentFrom, m.commentEnd = inside, len(m.in)
		if length := bytes.Index(m.in[inside:], []byte(closeComment)); length >= 0 {
			m.commentEnd = inside + length
		}
	}
	return min(m.commentEnd+len(closeComment), len(m.in)), 0
}

// tag looks at what follows the < that ends before i. It hides the content of the element if that must be, and
// returns where to go on.
func (m *masker) tag(i int) int {
	name, end := localName(m.in, i)
	if m.swap == nil && !ofInterest[min(len(name), len(ofInterest)-1)] || end < len(m.in) && !endsName(m.in[end]) {
		return i
	}
	for _, shown := range shownIDs {
		if string(name) == shown {
			return m.id(name, end)
		}
	}
	card := bytes.EqualFold(name, []byte(hiddenCards[0])) || bytes.EqualFold(name, []byte(hiddenCards[1]))
	if !card && !bytes.EqualFold(name, []byte(hiddenPIN)) && !m.swap.secret(name) {
		return i
	}
	content, empty := tagEnd(m.in, end)
	if m.sweep(end, content); empty {
		return content
	}
	to := closing(m.in, content, name)
	switch {
	case len(bytes.Trim(m.in[content:to], spaces)) == 0:
	case card:
		if text := m.card(content, to); text != "" {
			m.replace(content, to, text)
		}
	default:
		m.replace(content, to, m.swap.hide(m.in[content:to]))
	}
	return to
}

// sweep masks numbers among the attributes in in[from:to].
func (m *masker) sweep(from, to int) {
	for i := from; i < to; {
		r, size := glyph(m.in, i)
		switch {
		case r == '<':
			i = m.angle(i, size)
		case unicode.IsDigit(r) || spellsNumber(m.in[i:i+size]):
			i = m.number(i)
		default:
			i += size
		}
	}
}

// card returns how the content of a card number's element is shown; "" leaves it as it is.
func (m *masker) card(from, to int) string {
	var text [maxID]byte
	n := 0
	for i := from; i < to; {
		if after, _ := m.border(i); after > i {
			i = after
			continue
		}
		r, size := glyph(m.in, i)
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
	if len(number) == 0 {
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
