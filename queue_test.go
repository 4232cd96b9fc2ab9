package svcgate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func waitsFor(caller context.Context) *patience {
	return &patience{caller: caller, until: time.Now().Add(time.Minute)}
}

func TestACardIsServedInTheOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q cardQueue
		if _, err := q.enter(waitsFor(t.Context()), "a"); err != nil {
			t.Fatal(err)
		}
		served := make(chan int, MaxWaiting)
		for n := range MaxWaiting {
			go func() {
				if _, err := q.enter(waitsFor(t.Context()), "a"); err != nil {
					t.Error(err)
					return
				}
				served <- n
				q.leave("a")
			}()
			synctest.Wait()
		}
		if _, err := q.enter(waitsFor(t.Context()), "a"); err != errLine {
			t.Errorf("one more: %v", err)
		}
		if waited, err := q.enter(waitsFor(t.Context()), "b"); err != nil || waited {
			t.Errorf("another card: %v", err)
		}
		q.leave("b")
		q.leave("a")
		for n := range MaxWaiting {
			if got := <-served; got != n {
				t.Errorf("%d was served in place of %d", got, n)
			}
		}
		synctest.Wait()
		if len(q.lines) != 0 {
			t.Errorf("%d lines left", len(q.lines))
		}
	})
}

func TestWhoGivesUpLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q cardQueue
		if _, err := q.enter(waitsFor(t.Context()), "a"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone, served := make(chan error), make(chan struct{})
		go func() { _, err := q.enter(waitsFor(ctx), "a"); gone <- err }()
		synctest.Wait()
		go func() {
			if _, err := q.enter(waitsFor(t.Context()), "a"); err != nil {
				t.Error(err)
				return
			}
			close(served)
			q.leave("a")
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; err != context.Canceled {
			t.Errorf("gave up with %v", err)
		}
		q.leave("a")
		<-served
	})
}
