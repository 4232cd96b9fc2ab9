package svcgate

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestACardIsServedInTheOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q cardQueue
		leave, _, err := q.enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan int, MaxWaiting)
		for n := range MaxWaiting {
			go func() {
				leave, _, err := q.enter(context.Background(), "a")
				if err != nil {
					t.Error(err)
					return
				}
				served <- n
				leave()
			}()
			synctest.Wait()
		}
		if _, _, err := q.enter(t.Context(), "a"); err != errLine {
			t.Errorf("one more: %v", err)
		}
		if other, waited, err := q.enter(t.Context(), "b"); err != nil || waited {
			t.Errorf("another card: %v", err)
		} else {
			other()
		}
		leave()
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
		leave, _, err := q.enter(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone, served := make(chan error), make(chan struct{})
		go func() { _, _, err := q.enter(ctx, "a"); gone <- err }()
		synctest.Wait()
		go func() {
			leave, _, err := q.enter(context.Background(), "a")
			if err != nil {
				t.Error(err)
				return
			}
			close(served)
			leave()
		}()
		synctest.Wait()
		cancel()
		if err := <-gone; err != context.Canceled {
			t.Errorf("gave up with %v", err)
		}
		leave()
		<-served
	})
}
