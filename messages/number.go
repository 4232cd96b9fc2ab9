package messages

import (
	"bytes"
	"sort"
	"unicode"
	"unicode/utf8"
)

const (
	// minRun is the shortest run of digits that is taken for a card number.
	minRun = minCardDigits
	// maxGap is how many separators may stand between two digits of one number.
	maxGap = 3
	// maxReach is how many bytes a number may take, without what comments hold. What goes on for longer is masked
	// whatever it is; the limit keeps the work on many digits before the end of one comment small.
	maxReach = 512
)

// number masks the run of digits at i, which does not go on behind limit, if it is long enough, and returns where it
// ends. Of a shorter one it returns the end of what stands before the first border, as a comment between two digits
// may hold a number of its own.
func (m *masker) number(i, limit int) int {
	var tail [shownTail]byte
	count, gap, end, unbroken := 0, 0, i, 0
	sections, left := 0, 0 // CDATA sections begun less those ended: so far, and up to the last digit
	first := 1
	if m.in[i] >= utf8.RuneSelf || m.in[i] == '&' {
		_, first = glyph(m.in[:limit], i)
	}
	reach := i + first + maxReach
	for j := i; j < limit && gap <= maxGap; {
		if j >= reach {
			tail[shownTail-1] = '*'
			count, end, left = minRun, j, sections
			break
		}
		r, size, long := rune(m.in[j]), 1, false
		if r == '&' || r >= utf8.RuneSelf {
			r, size = glyph(m.in[:min(j+first+maxReach, limit)], j)
			long = spellsNumber(m.in[j : j+size])
		}
		if r == '<' || r == ']' {
			if after, begun := m.border(j, r, size); after > j {
				if unbroken == 0 {
					unbroken = end
				}
				sections += begun
				reach += max(0, after-j-len(openSection))
				j = after
				continue
			}
		}
		j += size
		switch {
		case long && markup(r) != "" || r == '<':
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

// parts reports whether r may stand between two digits of one number. That may be any byte that is no UTF-8: other
// encodings write spaces so.
func parts(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r <= ' ' || r == '-' || r == '.' || r == '_' || r == 0x7f
	case r == utf8.RuneError || r == minusSign:
		return true
	}
	return unicode.In(r, unicode.Z, unicode.Pd, unicode.Cf, unicode.Cc)
}

const (
	minusSign    = '\u2212'
	beginSection = "![CDATA["
	endSection   = "]]"
	beginComment = "!--"
	endComment   = "--"
	openSection  = "<" + beginSection
	closeSection = endSection + ">"
	openComment  = "<" + beginComment
	closeComment = endComment + ">"
)

// border returns where the border of a CDATA section or the comment at i ends, or i; the character r of that size
// stands there. They may be escaped. For the start of a section that is not begun is 1, for its end -1.
func (m *masker) border(i int, r rune, size int) (after, begun int) {
	switch r {
	case '<':
		inside := i + size
		if bytes.HasPrefix(m.in[inside:], []byte(beginSection)) {
			if size == 1 {
				begun = 1
			}
			return inside + len(beginSection), begun
		}
		if bytes.HasPrefix(m.in[inside:], []byte(beginComment)) {
			return m.comment(inside + len(beginComment)).after, 0
		}
	case ']':
		if !bytes.HasPrefix(m.in[i:], []byte(endSection)) {
			break
		}
		if r, size := glyphAt(m.in, i+len(endSection)); r == '>' {
			if size == 1 {
				begun = -1
			}
			return i + len(endSection) + size, begun
		}
	}
	return i, 0
}

// commentEnd is a --> however its > is spelled.
type commentEnd struct{ dashes, after int }

// comment returns the end of the comment that holds the place inside; without one it is the end of in. All ends are
// looked for at once, as many a number may come to the same ones.
func (m *masker) comment(inside int) commentEnd {
	if m.comments == nil {
		m.comments = []commentEnd{}
		for i := inside; ; i++ {
			length := bytes.Index(m.in[i:], []byte(endComment))
			if length < 0 {
				break
			}
			i += length
			if r, size := glyphAt(m.in, i+len(endComment)); r == '>' {
				m.comments = append(m.comments, commentEnd{i, i + len(endComment) + size})
			}
		}
	}
	at := sort.Search(len(m.comments), func(i int) bool { return m.comments[i].dashes >= inside })
	if at == len(m.comments) {
		return commentEnd{0, len(m.in)}
	}
	return m.comments[at]
}
