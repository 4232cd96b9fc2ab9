package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate/store"
)

// BenchmarkBegin and BenchmarkFinish measure one change of many callers at once. Beside the time they report the ratio
// to a store that commits each change by itself, measured turn by turn in the same run, and how many commits a change
// costs.
func BenchmarkBegin(b *testing.B) {
	compare(b, func(s *store.Store, first, callers, count int) time.Duration {
		return concurrently(callers, count, func(i int) error {
			_, err := s.Begin(context.Background(), sent(first+i))
			return err
		})
	})
}

func BenchmarkFinish(b *testing.B) {
	compare(b, func(s *store.Store, first, callers, count int) time.Duration {
		concurrently(64, count, func(i int) error {
			_, err := s.Begin(context.Background(), sent(first+i))
			return err
		})
		return concurrently(callers, count, func(i int) error {
			return s.Finish(context.Background(), final(sent(first+i)), exchange())
		})
	})
}

func compare(b *testing.B, turn func(s *store.Store, first, callers, count int) time.Duration) {
	const round = 512
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			grouped, each := fresh(b, 0), fresh(b, 1)
			var groupedTime, eachTime time.Duration
			for first := 0; first < b.N; first += round {
				count := min(round, b.N-first)
				groupedTime += turn(grouped, first, callers, count)
				eachTime += turn(each, first, callers, count)
			}
			st := grouped.Stats()
			b.ReportMetric(float64(groupedTime.Nanoseconds())/float64(b.N), "ns/change")
			b.ReportMetric(float64(eachTime)/float64(groupedTime), "times-commit-each")
			b.ReportMetric(float64(st.Commits)/float64(st.Changes), "commits/change")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// concurrently runs f for 0..count-1 from several goroutines and returns how long that took.
func concurrently(callers, count int, f func(i int) error) time.Duration {
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					panic(err)
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}
