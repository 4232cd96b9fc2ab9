package messages

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// maxSize is the size of the largest document that is read, in bytes.
const maxSize = 1 << 20

// charset is how the bytes of a document become characters.
type charset uint8

const (
	charsetUndeclared charset = iota
	charsetUTF8
	charsetASCII
	charsetLatin1
	charset850
)

// charsets names the encodings that are read. The frame around the messages names its charset "850", so code page 850
// is among them although no sample holds a byte of it.
var charsets = map[string]charset{
	"utf-8":      charsetUTF8,
	"us-ascii":   charsetASCII,
	"ascii":      charsetASCII,
	"iso-8859-1": charsetLatin1,
	"latin1":     charsetLatin1,
	"cp850":      charset850,
	"ibm850":     charset850,
	"850":        charset850,
}

// characters returns body as UTF-8, without byte order mark and from behind the XML declaration on. Without a declared
// encoding, bytes that are not UTF-8 are read as code page 850, which the frame of the messages names; the provider's
// text outside ASCII could only stand in a description. The offset of failures counts in text.
func characters(body []byte) (text []byte, start int, f failure) {
	if len(body) > maxSize {
		return nil, 0, failure{code: CodeSizeLimit, detail: "the document is larger than 1 MiB"}
	}
	if bytes.HasPrefix(body, []byte("\xfe\xff")) || bytes.HasPrefix(body, []byte("\xff\xfe")) || bytes.IndexByte(body, 0) >= 0 {
		return nil, 0, failure{code: CodeEncoding, detail: "the document is UTF-16, UTF-32 or not text at all"}
	}
	text = body
	marked := bytes.HasPrefix(text, []byte("\xef\xbb\xbf"))
	if marked {
		text = text[3:]
	}
	declared := charsetUndeclared
	if len(text) > 5 && string(text[:5]) == "<?xml" && isSpace(text[5]) {
		if declared, start, f = declaration(text); f.code != "" {
			return text, 0, f
		}
	}
	if marked && declared != charsetUTF8 && declared != charsetUndeclared {
		return text, 0, failure{code: CodeEncoding, detail: "the byte order mark says UTF-8 and the declaration something else"}
	}
	if utf8.Valid(text) {
		// A Latin-1 text can look like UTF-8 by chance, an ASCII text with high bytes is none.
		if declared <= charsetUTF8 || isASCII(text) {
			return text, start, failure{}
		}
	}
	switch {
	case declared == charsetLatin1:
		return decode(text, charmap.ISO8859_1), start, failure{}
	case declared == charset850:
		return decode(text, charmap.CodePage850), start, failure{}
	case declared == charsetUndeclared && !marked:
		if at := forbiddenUTF8(text); at >= 0 {
			return text, 0, failure{code: CodeMalformed, at: at, detail: "a character that XML 1.0 forbids"}
		}
		return decode(text, charmap.CodePage850), start, failure{}
	}
	return text, 0, failure{code: CodeEncoding, detail: "the bytes are not in the encoding of the document"}
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// forbiddenUTF8 finds surrogates and what is beyond Unicode, written as UTF-8 would write them, or returns -1. Such
// bytes were meant as UTF-8, so they are not taken for another encoding.
func forbiddenUTF8(text []byte) int {
	for i := 0; i+2 < len(text); i++ {
		switch c, next := text[i], text[i+1]; {
		case c == 0xED && next >= 0xA0 && continues(next) && continues(text[i+2]):
			return i
		case c >= 0xF4 && c <= 0xF7 && (c > 0xF4 || next >= 0x90) && continues(next) && continues(text[i+2]):
			return i
		}
	}
	return -1
}

func continues(c byte) bool { return c >= 0x80 && c <= 0xBF }

func decode(text []byte, from *charmap.Charmap) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	for _, c := range text {
		if c < utf8.RuneSelf {
			out = append(out, c)
		} else {
			out = utf8.AppendRune(out, from.DecodeByte(c))
		}
	}
	return out
}

// declaration reads the XML declaration that text begins with: version 1.0, then an encoding and standalone, each at
// most once and in this order.
func declaration(text []byte) (declared charset, end int, f failure) {
	malformed := failure{code: CodeMalformed, detail: "the XML declaration is malformed"}
	length := bytes.Index(text, []byte("?>"))
	if length < 0 {
		return 0, 0, malformed
	}
	rest := string(text[len("<?xml"):length])
	version, rest, ok := pseudoAttribute(rest, "version")
	if !ok {
		return 0, 0, malformed
	}
	if version != "1.0" {
		return 0, 0, failure{code: CodeEncoding, detail: "only XML 1.0 is read"}
	}
	if name, after, ok := pseudoAttribute(rest, "encoding"); ok {
		if declared = charsets[strings.ToLower(name)]; declared == charsetUndeclared {
			return 0, 0, failure{code: CodeEncoding, detail: "the encoding is none of UTF-8, US-ASCII, ISO-8859-1 and cp850"}
		}
		rest = after
	}
	if alone, after, ok := pseudoAttribute(rest, "standalone"); ok {
		if alone != "yes" && alone != "no" {
			return 0, 0, malformed
		}
		rest = after
	}
	if strings.Trim(rest, spaces) != "" {
		return 0, 0, malformed
	}
	return declared, length + len("?>"), failure{}
}

const spaces = " \t\r\n"

func pseudoAttribute(text, name string) (value, rest string, ok bool) {
	trimmed := strings.TrimLeft(text, spaces)
	if len(trimmed) == len(text) {
		return "", text, false
	}
	after, ok := strings.CutPrefix(trimmed, name)
	if !ok {
		return "", text, false
	}
	if after, ok = strings.CutPrefix(strings.TrimLeft(after, spaces), "="); !ok {
		return "", text, false
	}
	after = strings.TrimLeft(after, spaces)
	if after == "" || after[0] != '"' && after[0] != '\'' {
		return "", text, false
	}
	return strings.Cut(after[1:], after[:1])
}
