package main

import "bytes"

// A template is a text with places where numbers go: so no request and no answer costs more than a copy.
type template struct {
	text    []byte
	numbers []int // where the running number goes
	cards   []int // where the end of the card number goes
}

const (
	digits      = 10           // of both
	numberPlace = "7770007770" // stands for the running number,
	cardPlace   = "7771117771" // and this for the end of the card number
	cardPrefix  = "600649"
	asked       = 10_00 // of every authorization, in minor units
)

func newTemplate(text []byte) *template {
	return &template{bytes.Clone(text), places(text, numberPlace), places(text, cardPlace)}
}

func places(text []byte, what string) (at []int) {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(what))
		if i < 0 {
			return at
		}
		at = append(at, from+i)
		from += i + len(what)
	}
}

// fill appends the text with a number and the end of a card number to dst.
func (t *template) fill(dst []byte, number uint64, card string) []byte {
	from := len(dst)
	dst = append(dst, t.text...)
	for _, at := range t.numbers {
		putNumber(dst[from+at:], number)
	}
	for _, at := range t.cards {
		copy(dst[from+at:from+at+digits], card)
	}
	return dst
}

// putNumber writes the last ten digits of a number.
func putNumber(to []byte, n uint64) {
	for i := digits - 1; i >= 0; i-- {
		to[i] = '0' + byte(n%10)
		n /= 10
	}
}
