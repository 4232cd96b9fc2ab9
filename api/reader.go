package api

import (
	"bytes"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// reader is the room that reading a JSON body needs, kept between requests without what was read.
type reader struct {
	decoder jsontext.Decoder
	in      bytes.Buffer
}

var readers = sync.Pool{New: func() any { return new(reader) }}

func takeReader() *reader { return readers.Get().(*reader) }

// over returns the decoder at the beginning of a copy of the body: it writes into what it reads.
func (r *reader) over(body []byte, options ...jsontext.Options) *jsontext.Decoder {
	r.in.Reset()
	r.in.Write(body)
	r.decoder.Reset(&r.in, options...)
	return &r.decoder
}

// give erases the body, which may hold a card number, and gives the room back. What is too large to keep is left.
func (r *reader) give() {
	r.in.Reset()
	room := r.in.AvailableBuffer()
	if cap(room) > maxKept {
		return
	}
	clear(room[:cap(room)])
	readers.Put(r)
}

// maxKept is more than any operation's body needs.
const maxKept = 8 << 10

// bodies is room for the bodies of operations.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// giveBody erases a body and gives its room back.
func giveBody(b *bytes.Buffer) {
	b.Reset()
	room := b.AvailableBuffer()
	if cap(room) > maxKept {
		return
	}
	clear(room[:cap(room)])
	bodies.Put(b)
}
