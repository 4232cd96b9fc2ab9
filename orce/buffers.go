package orce

import "sync"

// bufferSize is room for a message in its envelope, so that a buffer grows at most once.
const bufferSize = 2048

// maskGrowth is by how much stars can be longer than what they hide.
const maskGrowth = 32

// buffers keeps the room for messages between calls, without the messages.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, bufferSize); return &b }}

func takeBuffer() []byte { return *buffers.Get().(*[]byte) }

// giveBuffer erases a message, which holds a card number, and gives its room back.
func giveBuffer(b []byte) {
	clear(b[:cap(b)])
	b = b[:0]
	buffers.Put(&b)
}
