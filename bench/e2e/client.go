package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// client is a connection over which prepared requests go. It takes little of the two cores that it shares with what it
// measures: a request costs one copy and one write, an answer is not parsed beyond its length.
type client struct {
	request  *template
	approved []byte // what stands in an approval
	conn     net.Conn
	in       *bufio.Reader
	out      []byte
	body     []byte
}

var errNotApproved = errors.New("not approved")

// answerLimit bounds one request and its answer.
const answerLimit = 60 * time.Second

func openClient(address string, request *template, approved string) (*client, error) {
	conn, err := net.DialTimeout("tcp", address, answerLimit)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	return &client{request: request, approved: []byte(approved), conn: conn, in: bufio.NewReaderSize(conn, 16<<10)}, nil
}

func (c *client) close() { _ = c.conn.Close() }

func (c *client) call(number uint64) error {
	c.out = c.request.fill(c.out[:0], number, "")
	if err := c.conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return err
	}
	if _, err := c.conn.Write(c.out); err != nil {
		return err
	}
	status, err := c.read()
	if err != nil {
		return err
	}
	if status != 200 || !bytes.Contains(c.body, c.approved) {
		return fmt.Errorf("%w: HTTP %d: %.300s", errNotApproved, status, c.body)
	}
	return nil
}

// read reads one answer; its body stays in c.body.
func (c *client) read() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(line)
	if len(fields) < 2 {
		return 0, errors.New("no status line")
	}
	if status, err = strconv.Atoi(string(fields[1])); err != nil {
		return 0, err
	}
	length, chunked := -1, false
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		name, value, found := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		if !found {
			break
		}
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
	c.body = c.body[:0]
	switch {
	case chunked:
		return status, c.readChunks()
	case length < 0:
		return status, errors.New("an answer without a length")
	}
	return status, c.readBody(length)
}

func (c *client) readChunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 20)
		if err != nil {
			return err
		}
		if err := c.readBody(int(size)); err != nil {
			return err
		}
		if _, err := c.in.Discard(len("\r\n")); err != nil {
			return err
		}
		if size == 0 {
			return nil
		}
	}
}

func (c *client) readBody(length int) error {
	for length > 0 {
		part, err := c.in.Peek(min(length, c.in.Size()))
		if err != nil {
			return err
		}
		c.body = append(c.body, part...)
		if _, err := c.in.Discard(len(part)); err != nil {
			return err
		}
		length -= len(part)
	}
	return nil
}
