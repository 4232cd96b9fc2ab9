package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// A canary is a number or PIN that must not be found anywhere once it went through.
type canary struct{ text string }

// canarySeed makes the canaries; the same numbers in every run, so that a finding can be looked for.
const canarySeed = 20261122

// makeCanaries makes card numbers of every length. None begins or ends like those that the simulator or other tests use.
func makeCanaries(perLength int) []canary {
	r := rand.New(rand.NewPCG(canarySeed, 1))
	var all []canary
	for length := 10; length <= 16; length++ {
		for range perLength {
			text := []byte{byte('3' + r.IntN(3))}
			for len(text) < length-1 {
				text = append(text, byte('0'+r.IntN(10)))
			}
			all = append(all, canary{string(append(text, byte('5'+r.IntN(4))))})
		}
	}
	return all
}

// forms are the ways in which a text can hide in bytes, by name.
func (c canary) forms() map[string][]byte {
	forms := map[string][]byte{
		"plain":    []byte(c.text),
		"reversed": reversed(c.text),
		"hex":      []byte(hex.EncodeToString([]byte(c.text))),
		"HEX":      []byte(strings.ToUpper(hex.EncodeToString([]byte(c.text)))),
	}
	for name, each := range map[string]string{"percent": "%%%02X", "decimal reference": "&#%d;", "hex reference": "&#x%x;", "HEX reference": "&#X%X;", "json escape": `\u%04x`} {
		var b bytes.Buffer
		for _, letter := range []byte(c.text) {
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
	var wide bytes.Buffer
	for _, unit := range utf16.Encode([]rune(c.text)) {
		wide.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	forms["UTF-16"] = wide.Bytes()
	if len(c.text) >= 13 {
		forms["all but the last four"] = []byte(c.text[:len(c.text)-4])
	}
	return forms
}

func reversed(s string) []byte {
	out := []byte(s)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// scanner finds canaries in bytes.
type scanner struct{ needles []needle }

type needle struct {
	name string // of the canary by its place in the list, and the form; never the number
	text []byte
}

func newScanner(canaries []canary) *scanner {
	s := &scanner{}
	for i, c := range canaries {
		for form, text := range c.forms() {
			s.needles = append(s.needles, needle{fmt.Sprintf("canary %d as %s", i, form), text})
		}
	}
	return s
}

func (s *scanner) scan(haystack []byte) []string {
	var found []string
	for _, n := range s.needles {
		if bytes.Contains(haystack, n.text) {
			found = append(found, n.name)
		}
	}
	return found
}
