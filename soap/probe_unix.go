//go:build unix

package soap

import (
	"io"
	"syscall"
)

// probe reads what has arrived, without waiting. It is kept with its connection, so that it is made once.
type probe struct {
	into []byte
	n    int
	err  error
	read func(fd uintptr) bool
}

func (p *probe) readNow(raw syscall.RawConn, into []byte) (int, error) {
	if p.read == nil {
		p.read = func(fd uintptr) bool {
			p.n, p.err = syscall.Read(int(fd), p.into)
			return true
		}
	}
	p.into = into
	outer := raw.Read(p.read)
	p.into = nil
	switch {
	case outer != nil:
		return 0, outer
	case p.err == syscall.EAGAIN:
		return 0, errNothing
	case p.err != nil:
		return 0, p.err
	case p.n == 0:
		return 0, io.EOF
	}
	return p.n, nil
}
