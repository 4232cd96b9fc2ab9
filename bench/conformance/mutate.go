package main

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/messages"
)

// message is a document to be read, as an answer or as a request.
type message struct {
	text   []byte
	answer bool
}

// messagesOf are the messages of the corpus and each of them bare, enveloped and strict where it can be written again.
func messagesOf(cases []*fixtures.Case) []message {
	var all []message
	for _, c := range cases {
		if request, err := messages.ReadRequest(c.Outgoing); err == nil {
			all = append(all, message{text: c.Outgoing})
			for _, form := range []messages.Form{{}, {Bare: true}, {StrictSOAP: true}} {
				if text, err := messages.AppendRequest(nil, request, form); err == nil {
					all = append(all, message{text: text})
				}
			}
		}
		var a messages.Answer
		if messages.ReadAnswer(c.Incoming, &a) == nil {
			all = append(all, message{text: c.Incoming, answer: true})
			for _, form := range []messages.AnswerForm{{}, {Enveloped: true}, {NoNamespace: true}, {Enveloped: true, NoNamespace: true}} {
				if text, err := messages.AppendAnswer(nil, &a, form); err == nil {
					all = append(all, message{text: text, answer: true})
				}
			}
		}
	}
	return all
}

// harmless may stand between two tags without changing a value; whether it may stand where it lands is the readers'
// business.
var harmless = []string{
	" ", "\n\t", "\r\n", "<!-- beside -->", "<!---->", "<Extra/>", "<Extra a='1' b=\"2\">text &amp; more</Extra>", "<Extra xmlns:p='urn:p' p:a='1'/>",
	"<Extra xmlns=''/>", "<Extra><Amount>9.99</Amount></Extra>", "<![CDATA[ ]]>", "&#32;", "&#x9;", "&#13;",
}

// harmful breaks a document, or must not be taken for something else.
var harmful = []string{
	"&#0;", "&#xD800;", "&nope;", "&", "<", ">", "]]>", "<![CDATA[", "<!--", "-->", "<!-- a -- b -->", "<?x y?>", "<!DOCTYPE a>", "<p:e/>", "<:e/>", "<e:/>",
	"\x00", "\x01", "\x7f", "\u0085", "\u2028", "\ufffe", "\ufeff", "\xc0\xaf", "\xed\xa0\x80", "\xe9", "'", "\"", "=", "/", "<e a='1' a='2'/>",
	"<e xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>", "<e xmlns:p=''/>", "<e xmlns:xml='u'/>", "<e xmlns:xmlns='u'/>", "<e a='<'/>", "<e a=1/>", "</e>", "<e>",
	"<Amount>1.00</Amount>", "<SVATransaction/>", "<x:Amount xmlns:x='urn:x'>7.00</x:Amount>", "<VoidResponse/>", "<a ResponseCode='X'/>", "1", "-", ".", "0",
}

var declarations = []string{
	`<?xml version="1.0"?>`, `<?xml version='1.0' encoding='UTF-8' standalone='yes'?>`, `<?xml version="1.0" encoding="ISO-8859-1"?>`, `<?xml version="1.0" encoding="US-ASCII"?>`,
	`<?xml version="1.0" encoding="cp850"?>`, `<?xml version="1.0" encoding="850"?>`, `<?xml version="1.0"  encoding = "utf-8" ?>`, `<?xml encoding="UTF-8"?>`,
	`<?xml version="1.1"?>`, `<?xml version="1.0" standalone="maybe"?>`, "\ufeff", "\ufeff<?xml version=\"1.0\"?>", " ", `<?XML version="1.0"?>`, `<?xml version="1.0" encoding="UTF-16"?>`,
}

// mutate changes a message in one to four places.
func mutate(r *rand.Rand, text []byte) []byte {
	text = bytes.Clone(text)
	for range 1 + r.IntN(4) {
		switch r.IntN(12) {
		case 0, 1, 2:
			text = insert(text, afterTag(r, text), pick(r, harmless))
		case 3:
			text = insert(text, r.IntN(len(text)+1), pick(r, harmful))
		case 4:
			text = insert(text, afterTag(r, text), pick(r, harmful))
		case 5:
			text[r.IntN(len(text))] = byte(r.IntN(256))
		case 6:
			from := r.IntN(len(text))
			text = append(text[:from], text[min(len(text), from+1+r.IntN(8)):]...)
		case 7:
			text = inside(r, text, respell)
		case 8:
			text = inside(r, text, func(r *rand.Rand, value string) string { return "<![CDATA[" + value + "]]>" })
		case 9:
			if text = bytes.TrimPrefix(text, []byte("\ufeff")); bytes.HasPrefix(text, []byte("<?xml")) {
				text = text[bytes.Index(text, []byte("?>"))+2:]
			}
			text = insert(text, 0, pick(r, declarations))
		case 10:
			text = inside(r, text, func(r *rand.Rand, value string) string {
				return value + pick(r, []string{"\u00e9", "\xe9", "\u20ac", "\U0001F600", "&lt;", "&#233;", "&apos;", " ", "\t", "\r\n"})
			})
		case 11:
			prefix := pick(r, []string{"SOAP-ENV", "dtv", "xhead"})
			text = bytes.ReplaceAll(text, []byte(prefix+":"), []byte("n1:"))
			text = bytes.ReplaceAll(text, []byte("xmlns:"+prefix+"="), []byte("xmlns:n1="))
		}
		if len(text) == 0 {
			return []byte("<a/>")
		}
	}
	return text
}

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

func insert(text []byte, at int, what string) []byte {
	return append(text[:at:at], append([]byte(what), text[at:]...)...)
}

// afterTag is a place behind one of the tags.
func afterTag(r *rand.Rand, text []byte) int {
	if n := bytes.Count(text, []byte(">")); n > 0 {
		at := 0
		for range 1 + r.IntN(n) {
			at += bytes.IndexByte(text[at:], '>') + 1
		}
		return at
	}
	return 0
}

// inside changes the text between two tags.
func inside(r *rand.Rand, text []byte, change func(*rand.Rand, string) string) []byte {
	from := afterTag(r, text)
	length := bytes.IndexByte(text[from:], '<')
	if length <= 0 {
		return text
	}
	return append(text[:from:from], append([]byte(change(r, string(text[from:from+length]))), text[from+length:]...)...)
}

// respell writes characters as references.
func respell(r *rand.Rand, value string) string {
	var b strings.Builder
	for _, c := range value {
		switch {
		case c > 0x7e || c == '&' || c == ';' || r.IntN(3) > 0:
			b.WriteRune(c)
		case r.IntN(2) == 0:
			b.WriteString("&#" + strconv.FormatInt(int64(c), 10) + ";")
		default:
			b.WriteString("&#x00" + strconv.FormatInt(int64(c), 16) + ";")
		}
	}
	return b.String()
}

var (
	declared = regexp.MustCompile(`^(?:\x{FEFF})?<\?xml[^>]*encoding`)
	by850    = regexp.MustCompile(`^(<\?xml[^>]*encoding\s*=\s*["'])850(["'])`)
)

// forPeers is a document that package messages took, as the peers get it. Two of its liberties XML does not know: bytes
// without a declared encoding that are no UTF-8 are code page 850, as the frame of the messages says, and a declaration
// may call that page by the frame's name for it, "850".
func forPeers(text []byte) []byte {
	if !utf8.Valid(text) && !declared.Match(text) {
		if decoded, err := charmap.CodePage850.NewDecoder().Bytes(text); err == nil {
			return decoded
		}
	}
	return by850.ReplaceAll(text, []byte("${1}cp850${2}"))
}
