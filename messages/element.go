package messages

import (
	"bytes"
	"unicode/utf8"
)

// endsName reports whether c may stand behind the name of an element.
func endsName(c byte) bool { return isSpace(c) || c == '>' || c == '/' || c == '&' }

// localName reads a name at i and returns it without its prefix.
func localName(in []byte, i int) (name []byte, end int) {
	for end = i; end < len(in) && (classes[in[end]]&inName != 0 || in[end] == ':' || in[end] >= utf8.RuneSelf); end++ {
		if in[end] == ':' {
			i = end + 1
		}
	}
	return in[i:end], end
}

// startName is localName for a start tag; whole is whether nothing else goes on where the name ends.
func startName(in []byte, i int) (name []byte, end int, whole bool) {
	name, end = localName(in, i)
	return name, end, end == len(in) || endsName(in[end])
}

// tagEnd returns where the tag that goes on at i ends and whether it was empty; its < was escaped depth times, and so
// are its quotes at most. At the latest it ends where another tag begins, but for one in an attribute that hides
// nothing. A quote that does not end quotes nothing.
func (m *masker) tagEnd(i, depth int) (end int, empty bool) {
	quote, slash, unquoted := rune(0), false, 0
	for i < len(m.in) {
		r, size, deep := spelled(m.in, i)
		if r == '<' && (deep <= depth || m.begins(i+size)) {
			break
		}
		i += size
		switch {
		case quote != 0:
			if r == quote && deep <= depth {
				quote, unquoted = 0, 0
			} else if r == '>' && unquoted == 0 {
				unquoted = i
			}
		case (r == '"' || r == '\'') && deep <= depth:
			quote = r
		case r == '>':
			return i, slash && deep <= depth
		}
		slash = r == '/' && size == 1
	}
	if unquoted > 0 {
		return unquoted, false
	}
	return i, false
}

// begins reports whether what stands behind a < is a comment, a section or an element whose content must be hidden.
func (m *masker) begins(i int) bool {
	name, _, whole := startName(m.in, i)
	return i < len(m.in) && m.in[i] == '!' || whole && m.hides(name)
}

// closing returns where the end tag of an element begins whose content begins at i and whose start tag was escaped
// depth times; the end of in if there is none. Elements of that name may stand in it. What was escaped more often is
// text, as are comments, CDATA sections and processing instructions, so that no end tag in them counts.
func (m *masker) closing(i, depth int, name []byte) int {
	for open := 1; i < len(m.in); {
		r, size, deep := spelled(m.in, i)
		inside := i + size
		if r != '<' || deep > depth {
			i = inside
			continue
		}
		if after := m.construct(inside, deep > 0); after > inside {
			i = after
			continue
		}
		if inside < len(m.in) && m.in[inside] == '/' {
			if local, _ := localName(m.in, inside+1); bytes.EqualFold(local, name) {
				if open--; open == 0 {
					return i
				}
			}
		} else if local, end, whole := startName(m.in, inside); whole && bytes.EqualFold(local, name) {
			empty := false
			if inside, empty = m.tagEnd(end, deep); !empty {
				open++
			}
		}
		i = inside
	}
	return len(m.in)
}

// constructs are what hides tags from a parser: what they begin with behind the < and end with before the >.
var constructs = [...]struct{ begin, end []byte }{
	{[]byte(beginComment), []byte(endComment)}, {[]byte(beginSection), []byte(endSection)}, {[]byte("?"), []byte("?")},
}

// construct returns where the construct ends that begins behind the < before i, or i if none does or it does not end.
// An escaped one may end with any >.
func (m *masker) construct(i int, escaped bool) (after int) {
	kind, level := 0, 0
	for kind < len(constructs) && !bytes.HasPrefix(m.in[i:], constructs[kind].begin) {
		kind++
	}
	if escaped {
		level = 1
	}
	if kind == len(constructs) || m.endless[kind][level] {
		return i
	}
	end := constructs[kind].end
	for j := i + len(constructs[kind].begin); ; j++ {
		length := bytes.Index(m.in[j:], end)
		if length < 0 {
			m.endless[kind][level] = true
			return i
		}
		j += length
		if r, size := glyphAt(m.in, j+len(end)); r == '>' && (escaped || size == 1) {
			return j + len(end) + size
		}
	}
}
