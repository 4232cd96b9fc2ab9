//go:build linux

package main

import (
	"fmt"
	"sync"
	"time"
)

// watchProgress looks at the gateways every second and says how it goes now and then, until stop is called.
func watchProgress(l *load, w *watch) (stop func() error) {
	over := make(chan struct{})
	var work sync.WaitGroup
	var broken error
	every := max(5, int(l.length/time.Second)/20) // seconds: some twenty lines in all
	work.Go(func() {
		second := time.NewTicker(time.Second)
		defer second.Stop()
		for n := 0; ; n++ {
			if broken = w.look(); broken != nil {
				return
			}
			if n > 0 && n%every == 0 {
				l.say(n, w.looks[len(w.looks)-1], w.looks[len(w.looks)-1-every], every)
			}
			select {
			case <-second.C:
			case <-over:
				broken = w.look()
				return
			}
		}
	})
	return func() error {
		close(over)
		work.Wait()
		return broken
	}
}

// say prints one line of the last part.
func (l *load) say(second int, now, before []usage, every int) {
	t := l.lastPart()
	var resident int64
	var cpu time.Duration
	for i := range now {
		resident = max(resident, now[i].resident)
		cpu += now[i].cpu - before[i].cpu
	}
	fmt.Printf("%6ds  %7d sent  %6d answered  %d errors  added p50 %s, p99 %s  %s  %3.0f%% of a core\n", second, l.sent.Load(), len(t.late), t.errors,
		milliseconds(percentile(t.added, 50)), milliseconds(percentile(t.added, 99)), mebibytes(resident), 100*cpu.Seconds()/float64(every))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
