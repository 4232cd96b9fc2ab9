package console

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/svcgate/svcgate/messages"
)

// piece is a stretch of a message of one kind. Class is a class of the style sheet: t a tag or a name, a an attribute,
// v a value, c punctuation and comments, m what is masked; "" for the rest.
type piece struct{ Class, Text string }

// pretty lays out a message, XML or JSON, a line an element or member, and says what each stretch is. It is masked
// again, whatever was done before; what it cannot read stays as it is. Templates show it with "code".
func pretty(body []byte) []piece {
	text := bytes.TrimSpace(messages.Mask(body))
	switch {
	case len(text) == 0:
		return nil
	case text[0] == '<':
		return prettyXML(string(text))
	case text[0] == '{' || text[0] == '[':
		return prettyJSON(text)
	}
	return []piece{{Text: string(text)}}
}

// xmlToken finds markup: comments, CDATA and processing instructions as a whole, tags with quotes respected.
var xmlToken = regexp.MustCompile(`<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>`)

const indent = "  "

// prettyXML writes an element a line; one that holds nothing but text stays on its line.
func prettyXML(text string) []piece {
	var out []piece
	depth, at, open := 0, 0, false // open: the last thing written was a start tag
	newline := func() {
		if len(out) > 0 {
			out = append(out, piece{Text: "\n" + strings.Repeat(indent, max(depth, 0))})
		}
	}
	for _, m := range xmlToken.FindAllStringIndex(text, -1) {
		if between := strings.TrimSpace(text[at:m[0]]); between != "" {
			if !open && len(out) > 0 {
				newline()
			}
			out = append(out, value(between))
		}
		tag := text[m[0]:m[1]]
		at = m[1]
		switch {
		case strings.HasPrefix(tag, "</"):
			depth--
			if !open {
				newline()
			}
			out, open = append(out, piece{"t", tag}), false
		case strings.HasPrefix(tag, "<![CDATA["):
			out = append(out, value(tag))
		case strings.HasPrefix(tag, "<!"), strings.HasPrefix(tag, "<?"):
			newline()
			out, open = append(out, piece{"c", tag}), false
		default:
			newline()
			out = append(out, tagPieces(tag)...)
			if open = !strings.HasSuffix(tag, "/>"); open {
				depth++
			}
		}
	}
	if rest := strings.TrimSpace(text[at:]); rest != "" {
		out = append(out, piece{Text: "\n" + rest})
	}
	return out
}

var attribute = regexp.MustCompile(`(\s[^\s=]+)(\s*=\s*)("[^"]*"|'[^']*')`)

func tagPieces(tag string) []piece {
	var out []piece
	at := 0
	for _, m := range attribute.FindAllStringSubmatchIndex(tag, -1) {
		if m[2] > at {
			out = append(out, piece{"t", tag[at:m[2]]})
		}
		out = append(out, piece{"a", tag[m[2]:m[3]]}, piece{"c", tag[m[4]:m[5]]}, value(tag[m[6]:m[7]]))
		at = m[1]
	}
	return append(out, piece{"t", tag[at:]})
}

// value marks what is masked, so that nobody takes stars for what was sent.
func value(text string) piece {
	if strings.Contains(text, "****") {
		return piece{"m", text}
	}
	return piece{"v", text}
}

var jsonToken = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(?:\s*:)?|-?[0-9][0-9.eE+-]*|true|false|null`)

func prettyJSON(text []byte) []piece {
	var laid bytes.Buffer
	if err := json.Indent(&laid, text, "", indent); err != nil {
		return []piece{{Text: string(text)}}
	}
	var out []piece
	s, at := laid.String(), 0
	for _, m := range jsonToken.FindAllStringIndex(s, -1) {
		if m[0] > at {
			out = append(out, piece{"c", s[at:m[0]]})
		}
		if name, is := strings.CutSuffix(s[m[0]:m[1]], ":"); is {
			out = append(out, piece{"t", name}, piece{"c", ":"})
		} else {
			out = append(out, value(s[m[0]:m[1]]))
		}
		at = m[1]
	}
	return append(out, piece{"c", s[at:]})
}

var longRun = regexp.MustCompile(`[0-9]{10,}`)

// groups puts long runs of digits into groups of four.
func groups(text string) []piece {
	var out []piece
	at := 0
	for _, m := range longRun.FindAllStringIndex(text, -1) {
		if m[0] > at {
			out = append(out, piece{Text: text[at:m[0]]})
		}
		for i := m[0]; i < m[1]; i += 4 {
			out = append(out, piece{"g", text[i:min(i+4, m[1])]})
		}
		at = m[1]
	}
	if at < len(text) {
		out = append(out, piece{Text: text[at:]})
	}
	return out
}
