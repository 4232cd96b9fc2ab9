package svcgate

import (
	"crypto/rand"

	"github.com/google/uuid"
)

// idLetters spells ids without digits or vowels: an id never looks like a card number, nor like a word.
const idLetters = "bcdfghjkmnpqrstv"

// NewTransactionID makes an id such as txn_bbkq…; later ids sort after earlier ones.
func NewTransactionID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic("svcgate: no randomness: " + err.Error())
	}
	return "txn_" + inLetters(id[:])
}

// NewRequestID names one request to one of our faces, such as req_bbkq….
func NewRequestID() string { return "req_" + RandomLetters(24) }

// RandomLetters returns n random letters of four bits each, for ids and tags.
func RandomLetters(n int) string {
	bits := make([]byte, (n+1)/2)
	_, _ = rand.Read(bits) // never fails
	return inLetters(bits)[:n]
}

func inLetters(bits []byte) string {
	out := make([]byte, 0, 2*len(bits))
	for _, b := range bits {
		out = append(out, idLetters[b>>4], idLetters[b&15])
	}
	return string(out)
}
