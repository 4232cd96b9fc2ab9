package soap

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxHead = 64 << 10 // bytes of status line and headers
	maxPage = 64 << 10 // bytes kept of a body that is no answer
)

// response is a complete HTTP answer.
type response struct {
	status    int
	header    http.Header
	body      []byte
	room      *room // that the body stands in; nil for one of its own
	oversized bool  // the body is cut
	reusable  bool  // the connection may carry another call
}

// room holds most answers.
type room [2 << 10]byte

var rooms = sync.Pool{New: func() any { return new(room) }}

// exchange writes the request once and reads the answer, both until an instant. Every error is a *TransportError.
func (c *Client) exchange(ctx context.Context, k *conn, until time.Time, body []byte) (*response, error) {
	if err := k.wire.SetDeadline(until); err != nil {
		return nil, transportError(ctx, OpSend, false, err)
	}
	stop := context.AfterFunc(ctx, k.wire.interrupt) // after the deadline, which it overrides
	defer stop()

	k.wire.written, k.got = 0, 0
	k.out = c.appendRequest(k.out[:0], body)
	if err := c.maySend(ctx); err != nil { // asked last: connecting, and a machine that stood still, take time
		clear(k.out)
		return nil, transportError(ctx, OpFence, false, err)
	}
	_, err := k.end.Write(k.out)
	clear(k.out) // credentials and card number
	if err != nil {
		return nil, transportError(ctx, OpSend, k.wire.written > 0, err)
	}
	r, err := k.read(c.maxAnswer)
	if err != nil {
		e := transportError(ctx, OpRead, true, err)
		e.Begun = k.got > 0
		return nil, e
	}
	if !stop() || k.wire.SetDeadline(time.Time{}) != nil { // interrupted, if too late
		r.reusable = false
	}
	return r, nil
}

// read reads one answer, whose body may have limit bytes.
func (k *conn) read(limit int64) (*response, error) {
	resp, err := k.readHead()
	if err != nil {
		return nil, err
	}
	r := &response{status: resp.StatusCode, header: resp.Header}
	k.limit.N = math.MaxInt64 // from here on the body's length counts
	if length := resp.ContentLength; 0 <= length && length <= min(limit, int64(len(room{}))) {
		r.room = rooms.Get().(*room)
		r.body = r.room[:length]
		_, err = io.ReadFull(resp.Body, r.body)
	} else {
		r.body, r.oversized, err = readAll(resp.Body, length, limit)
	}
	if err != nil {
		return nil, err
	}
	r.reusable = !resp.Close && !r.oversized
	if err := r.decode(limit); err != nil {
		return nil, err
	}
	if r.oversized && r.status == http.StatusOK && isXML(r.header.Get("Content-Type")) {
		return nil, ErrTooLarge
	}
	return r, nil
}

// posted tells net/http what is answered.
var posted = &http.Request{Method: http.MethodPost}

// readHead reads up to the body, past a few interim answers.
func (k *conn) readHead() (*http.Response, error) {
	k.limit.N = maxHead
	for range 5 {
		resp, err := http.ReadResponse(k.in, posted)
		if err != nil {
			if k.limit.N <= 0 {
				return nil, ErrTooLarge
			}
			return nil, err
		}
		if resp.StatusCode >= 200 {
			return resp, nil
		}
		if resp.StatusCode == http.StatusSwitchingProtocols {
			break
		}
	}
	return nil, ErrNotHTTP
}

// readAll reads a body to its end, or limit bytes of a larger one. The length is -1 if it was not announced.
func readAll(body io.Reader, length, limit int64) (b []byte, oversized bool, err error) {
	room := int64(bytes.MinRead)
	if length >= 0 {
		room += min(length, limit)
	}
	var buf bytes.Buffer
	buf.Grow(int(room))
	if _, err := buf.ReadFrom(io.LimitReader(body, limit+1)); err != nil {
		return nil, false, err
	}
	if b = buf.Bytes(); int64(len(b)) > limit {
		return b[:limit], true, nil
	}
	return b, false, nil
}

// decode undoes gzip, which some servers apply although identity was asked for.
func (r *response) decode(limit int64) error {
	switch strings.ToLower(strings.TrimSpace(strings.Join(r.header.Values("Content-Encoding"), ","))) {
	case "", "identity":
		return nil
	case "gzip", "x-gzip":
	default:
		return ErrEncoding
	}
	if r.oversized {
		return ErrTooLarge
	}
	z, err := gzip.NewReader(bytes.NewReader(r.body))
	if err != nil {
		return ErrEncoding
	}
	r.room = nil
	r.body, r.oversized, err = readAll(z, -1, limit)
	if err != nil {
		return ErrEncoding
	}
	return nil
}

// judge sorts a complete answer into Answer, Fault or StatusError.
func (r *response) judge() (*Answer, error) {
	contentType := r.header.Get("Content-Type")
	if isXML(contentType) {
		if fault := readFault(r.body); fault != nil {
			fault.Status = r.status
			return nil, fault
		}
		if r.status == http.StatusOK && len(r.body) > 0 {
			return &Answer{r.status, contentType, r.body, r.room}, nil
		}
	}
	page := r.body
	if len(page) > maxPage {
		page = page[:maxPage:maxPage]
	}
	return nil, &StatusError{Status: r.status, ContentType: contentType, Body: page, RetryAfter: retryAfter(r.header)}
}

func mediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// isXML accepts the types under which SOAP servers send XML, and none: then the body has to speak for itself.
func isXML(contentType string) bool {
	switch mediaType(contentType) {
	case "", "text/xml", "application/xml", "application/soap+xml":
		return true
	}
	return false
}

// retryAfter reads both forms of Retry-After. A date is counted from the answer's own Date: the clocks of two
// machines are not compared.
func retryAfter(h http.Header) time.Duration {
	const day = 24 * time.Hour
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(day/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, min(at.Sub(date), day))
}
