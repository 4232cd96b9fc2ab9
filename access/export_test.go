package access

import (
	"sync/atomic"
	"testing"
)

// Fill takes every place for a hash, until release.
func (d *Door) Fill() (release func()) {
	for range cap(d.hashes) {
		d.hashes <- struct{}{}
	}
	return func() {
		for range cap(d.hashes) {
			<-d.hashes
		}
	}
}

// CountHashes returns how many hashes were begun since.
func (d *Door) CountHashes(t testing.TB) func() int {
	var n atomic.Int64
	places, stop := make(chan struct{}), make(chan struct{})
	d.hashes = places
	t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-places: // one takes the only place
				n.Add(1)
				places <- struct{}{} // and gives it back
			case <-stop:
				return
			}
		}
	}()
	return func() int { return int(n.Load()) }
}
