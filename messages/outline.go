package messages

import "strings"

// outline is the documented text of a request with a hole for each value, cut at the holes. Written this way a request
// is a few copies of constant text, which is what makes it cheap, and the text stands in the source as it is documented.
type outline []piece

// piece is constant text and the hole behind it.
type piece struct {
	text string
	name string // of the element that the hole is in; "" behind the last piece
	end  int    // length of that element's end tag, which the next piece begins with
}

const hole = "%"

func newOutline(text string) outline {
	texts := strings.Split(text, hole)
	pieces := make(outline, len(texts))
	for i, text := range texts {
		pieces[i].text = text
		if i < len(texts)-1 {
			pieces[i].name = text[strings.LastIndexByte(text, '<')+1 : len(text)-1]
			pieces[i].end = len("</>") + len(pieces[i].name)
		}
	}
	return pieces
}

// outlines of the requests, in the three forms that differ in constant text.
var outlines = func() (all [len(pairs) + 1]struct{ bare, documented, strict outline }) {
	for _, p := range pairs {
		text := "<" + p.request + ">" + p.payload + "</" + p.request + ">"
		all[p.kind].bare = newOutline(text)
		all[p.kind].documented = newOutline(beforeAction + p.action + openData + text + afterPayload)
		all[p.kind].strict = newOutline(beforeActionStrict + p.action + openData + text + afterPayload)
	}
	return all
}()

// next writes the text up to the next hole and returns that.
func (w *writer) next() *piece {
	p := &w.pieces[0]
	w.pieces = w.pieces[1:]
	w.buf = append(w.buf, p.text[w.skip:]...)
	w.skip = 0
	return p
}

// fill writes up to the next hole and the value into it; without one the element is an empty one.
func (w *writer) fill(value string, limit int) {
	p := w.next()
	if value == "" {
		w.buf[len(w.buf)-1] = ' '
		w.buf = append(w.buf, "/>"...)
		w.skip = p.end
		return
	}
	w.value(p.name, value, limit)
}

// fillID fills a hole with a short value.
func (w *writer) fillID(value string) { w.fill(value, maxID) }

// fillText fills a hole with a longer value.
func (w *writer) fillText(value string) { w.fill(value, maxText) }

// fillAmount fills a hole with an amount of money that is asked for.
func (w *writer) fillAmount(d Decimal) {
	p := w.next()
	if !d.IsSet() || d.Negative() {
		w.fail(p.name, ErrNoAmount)
	}
	w.buf = d.append(w.buf)
}

// rest writes the text behind the last hole.
func (w *writer) rest() { w.next() }
