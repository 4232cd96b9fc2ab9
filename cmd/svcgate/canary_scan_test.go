package main

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A canary is a number or PIN that must not be found anywhere once it went through.
type canary struct{ text string }

// canarySeed makes the canaries; the same numbers in every run, so that a finding can be looked for.
const canarySeed = 20261122

// makeCanaries makes so many different card numbers of every length. None begins or ends like those that the simulator
// or other tests use. Few are short: in ten thousand numbers a short one would be met by chance.
func makeCanaries(n int) []canary {
	r := rand.New(rand.NewPCG(canarySeed, 1))
	seen := map[string]bool{}
	var all []canary
	for len(all) < n {
		length := 13 + len(all)%4
		if len(all)%20 == 0 {
			length = 10 + len(all)/20%3
		}
		text := []byte{byte('3' + r.IntN(3))}
		for len(text) < length-1 {
			text = append(text, byte('0'+r.IntN(10)))
		}
		text = append(text, byte('5'+r.IntN(4)))
		if !seen[string(text)] {
			seen[string(text)] = true
			all = append(all, canary{string(text)})
		}
	}
	return all
}

// forms are the ways in which a text can hide in bytes, by name: for a number of 14 digits and more the 22 encodings of
// a leak run, and two more. Shorter ones have fewer, because seven random bytes are soon met by chance.
func (c canary) forms() map[string][]byte {
	text := []byte(c.text)
	forms := map[string][]byte{
		"plain":    text,
		"reversed": reversed(c.text),
		"hex":      []byte(hex.EncodeToString(text)),
		"HEX":      []byte(strings.ToUpper(hex.EncodeToString(text))),
	}
	for name, each := range map[string]string{"percent": "%%%02X", "decimal reference": "&#%d;", "hex reference": "&#x%x;", "HEX reference": "&#X%X;", "json escape": `\u%04x`} {
		var b bytes.Buffer
		for _, letter := range text {
			fmt.Fprintf(&b, each, letter)
		}
		forms[name] = b.Bytes()
	}
	for _, separator := range []string{" ", "-"} {
		var groups []string
		for at := 0; at < len(c.text); at += 4 {
			groups = append(groups, c.text[at:min(at+4, len(c.text))])
		}
		forms["grouped by "+separator] = []byte(strings.Join(groups, separator))
	}
	for offset := range 3 {
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, offset), c.text...))
		// The first and last letters also hold bits of what stands beside.
		forms[fmt.Sprintf("base64 at %d", offset)] = []byte(encoded[(offset*4+2)/3 : (offset+len(c.text))/3*4])
	}
	var little, big []byte
	for _, unit := range utf16.Encode([]rune(c.text)) {
		little, big = binary.LittleEndian.AppendUint16(little, unit), binary.BigEndian.AppendUint16(big, unit)
	}
	forms["UTF-16 LE"], forms["UTF-16 BE"] = little, big
	md, one, two := md5.Sum(text), sha1.Sum(text), sha256.Sum256(text)
	for name, sum := range map[string][]byte{"MD5": md[:], "SHA-1": one[:], "SHA-256": two[:]} {
		forms[name], forms[name+" in hex"] = sum, []byte(hex.EncodeToString(sum))
	}
	if number, err := strconv.ParseUint(c.text, 10, 64); err == nil && len(c.text) >= 14 {
		forms["hex integer"] = []byte(strconv.FormatUint(number, 16))
		forms["integer LE"] = binary.LittleEndian.AppendUint64(nil, number)
		forms["integer BE"] = binary.BigEndian.AppendUint64(nil, number)
		forms["BCD"] = packed(c.text)
	}
	if len(c.text) >= 16 {
		forms["all but the last four"] = text[:len(c.text)-4]
	}
	return forms
}

// packed writes two digits a byte; of an odd number of digits the first stands alone.
func packed(digits string) []byte {
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	out, err := hex.DecodeString(digits)
	if err != nil {
		panic("a canary is digits")
	}
	return out
}

func reversed(s string) []byte {
	out := []byte(s)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// scanner finds canaries in bytes, however many: by the first bytes of each form.
type scanner struct {
	needles map[uint64][]needle
	filter  []uint64 // a bit for each hash of a needle's first bytes
	forms   int
}

type needle struct {
	canary int // its place in the list; never the number
	form   string
	text   []byte
}

const (
	leadBytes  = 7 // no form is shorter
	leadMask   = 1<<(8*leadBytes) - 1
	filterBits = 26
	hashFactor = 0x9e3779b97f4a7c15 // 2^64 by the golden ratio
)

func newScanner(canaries []canary) *scanner {
	s := &scanner{needles: map[uint64][]needle{}, filter: make([]uint64, 1<<(filterBits-6))}
	for i, c := range canaries {
		for form, text := range c.forms() {
			lead := binary.LittleEndian.Uint64(append(bytes.Clone(text), 0, 0)) & leadMask
			s.needles[lead] = append(s.needles[lead], needle{i, form, text})
			at := lead * hashFactor >> (64 - filterBits)
			s.filter[at>>6] |= 1 << (at & 63)
			s.forms++
		}
	}
	return s
}

func (s *scanner) scan(haystack []byte) []string {
	var found []string
	for _, at := range s.candidates(haystack) {
		lead := binary.LittleEndian.Uint64(append(bytes.Clone(haystack[at:at+leadBytes]), 0)) & leadMask
		for _, n := range s.needles[lead] {
			if bytes.HasPrefix(haystack[at:], n.text) {
				found = append(found, fmt.Sprintf("canary %d as %s", n.canary, n.form))
			}
		}
	}
	return found
}

// candidates are the places where the filter does not rule a needle out. The race detector, which would look at every
// byte too, is kept out: nobody else has the haystack.
//
//go:norace
func (s *scanner) candidates(haystack []byte) (places []int) {
	var lead uint64
	for at, b := range haystack {
		lead = lead>>8 | uint64(b)<<(8*(leadBytes-1))
		bit := lead * hashFactor >> (64 - filterBits)
		if at >= leadBytes-1 && s.filter[bit>>6]>>(bit&63)&1 != 0 {
			places = append(places, at-leadBytes+1)
		}
	}
	return places
}
