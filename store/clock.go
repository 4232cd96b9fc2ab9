package store

import (
	"sync/atomic"
	"time"
)

// clock estimates the database's clock, so that nodes on several machines agree on what is due and what is recent. It
// goes by what the database told last, and by how much time has passed here since, which setting a clock does not change.
type clock struct{ last atomic.Pointer[reckoning] }

type reckoning struct {
	database, here time.Time
	off            time.Duration // at most
}

// asking is when the database is asked.
type asking struct {
	here time.Time
	up   time.Duration
}

func (c *clock) asks() asking { return asking{time.Now(), uptime()} }

// told takes an answer: the database's instant, in microseconds, lies between asking and now. A slow answer is taken
// only when the last one is older than it is slow.
func (c *clock) told(a asking, micros int64) {
	took := time.Since(a.here)
	if last := c.last.Load(); last != nil && took > 4*last.off+time.Millisecond && time.Since(last.here) < 20*took {
		return
	}
	c.last.Store(&reckoning{instant(micros), a.here.Add(took / 2), took / 2})
}

func (c *clock) now() time.Time {
	last := c.last.Load()
	if last == nil {
		return time.Now()
	}
	return last.database.Add(time.Since(last.here))
}

// Now returns the instant by the clock that all nodes share: the database's on PostgreSQL, this machine's on SQLite.
func (s *Store) Now() time.Time { return s.now() }
