package svcgate

import (
	"sync"
	"time"
)

// watches measure, without the wall clock, how long ago messages left and how far apart looks are: a clock that is set
// must not make a proof. They live as long as the process; after a restart the quiet time runs again.
type watches struct {
	mu  sync.Mutex
	ids map[string]*watch
}

type watch struct {
	sends int           // the message, as the transaction counts them
	since time.Duration // when it left, or was first looked into by this process
	not   bool          // a look after the quiet time said "not applied"
	at    time.Duration // when that was
	first Reading       // what it saw
	vain  int           // looks in a row that told nothing
	last  time.Duration // when the last of them was
	heard int           // messages that the provider had answered then
}

func (w *watches) begin(id string, sends int, now time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ids == nil {
		w.ids = map[string]*watch{}
	}
	w.ids[id] = &watch{sends: sends, since: now, heard: -1}
}

// age returns how long the message has been away. One that is not watched yet is watched from now on: another node may
// have sent it, after one that was watched here.
func (w *watches) age(id string, sends int, now time.Duration) time.Duration {
	w.mu.Lock()
	known := w.ids[id]
	w.mu.Unlock()
	if known == nil || known.sends != sends {
		w.begin(id, sends, now)
		return 0
	}
	return now - known.since
}

// agreed takes a look that said "not applied" of the message after the quiet time. It returns the first such look once
// this one is far enough from it.
func (w *watches) agreed(id string, sends int, now time.Duration, look Reading) (first Reading, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.ids[id]
	if k == nil || k.sends != sends {
		return Reading{}, false
	}
	if !k.not {
		k.not, k.at, k.first = true, now, look
		return Reading{}, false
	}
	return k.first, now-k.at >= Between
}

// overtaken reports whether the provider answered messages since a look that told nothing was noted here last.
func (w *watches) overtaken(id string, answers int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.ids[id]
	if k == nil {
		return false
	}
	before := k.heard
	k.heard = answers
	return before >= 0 && answers > before
}

// useless counts the looks in a row that told nothing; of those less than Between apart, one.
func (w *watches) useless(id string, now time.Duration) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.ids[id]
	if k == nil {
		return 0
	}
	if k.vain == 0 || now-k.last >= Between {
		k.vain, k.last = k.vain+1, now
	}
	return k.vain
}

// usable ends the row of looks that told nothing.
func (w *watches) usable(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if k := w.ids[id]; k != nil {
		k.vain, k.heard = 0, -1
	}
}

func (w *watches) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ids, id)
}

// jumps notices that the wall clock was set: it moved otherwise than time passed.
type jumps struct {
	mu      sync.Mutex
	started bool
	wall    time.Time
	elapsed time.Duration
}

// jumpTolerance is how far the clocks may drift apart between two sweeps.
const jumpTolerance = 5 * time.Second

// The first call says so too: the clock may have been set while no process ran.
func (j *jumps) since(wall time.Time, elapsed time.Duration) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	wall = wall.Round(0) // without the monotonic reading
	drift := wall.Sub(j.wall) - (elapsed - j.elapsed)
	jumped := !j.started || drift.Abs() > jumpTolerance
	j.started, j.wall, j.elapsed = true, wall, elapsed
	return jumped
}

// forget makes the next call of since say that the clock was set.
func (j *jumps) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.started = false
}
