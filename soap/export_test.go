package soap

import (
	"context"
	"net"
	"time"
)

// ExchangeOver runs one exchange over an end that a test makes. It also returns what is left of the request in memory.
func ExchangeOver(ctx context.Context, c *Client, end net.Conn, body []byte) (left []byte, err error) {
	w := &wire{Conn: end}
	k := newConn(w, w)
	_, err = c.exchange(ctx, k, time.Now().Add(c.callTimeout), body)
	return k.out, err
}
