package store

import (
	"sync/atomic"
	"time"
)

// lease says until when an epoch may send, by a clock of this machine that cannot be set and does not stand still while
// the machine or this process does. The database's own instant for it is later: it is reckoned from when the database
// was asked.
type lease struct {
	epoch int64
	until atomic.Int64 // on the clock of uptime; 0 once the epoch was ended
	since atomic.Int64 // from when on it held without a break
}

func newLease(epoch int64, until time.Duration) *lease {
	l := &lease{epoch: epoch}
	l.until.Store(int64(until))
	l.since.Store(int64(uptime()))
	return l
}

// extend moves the end, unless the epoch was ended.
func (l *lease) extend(until time.Duration) {
	was := l.until.Load()
	if was == 0 {
		return
	}
	if now := int64(uptime()); was < now {
		l.since.Store(now)
	}
	l.until.CompareAndSwap(was, int64(until))
}

// held is for how long it has held without a break.
func (l *lease) held() time.Duration {
	if l.left() == 0 {
		return 0
	}
	return uptime() - time.Duration(l.since.Load())
}

// end reports whether it had not ended before.
func (l *lease) end() bool { return l.until.Swap(0) != 0 }

// left is how much of it is left, never less than nothing.
func (l *lease) left() time.Duration {
	return max(0, time.Duration(l.until.Load())-uptime())
}

func (l *lease) check() error {
	if l.left() == 0 {
		return ErrFenced
	}
	return nil
}

// Permit gives leave to send what is begun from now on: what it returns is asked before the message leaves, and refuses
// with ErrFenced while this node's lease is over, and for ever once its epoch was ended. On SQLite it never refuses.
func (s *Store) Permit() func() error {
	if s.node == nil {
		return func() error { return nil }
	}
	return s.node.lease.Load().check
}
