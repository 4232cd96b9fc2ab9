package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// Tallies counts the answers of a service bureau since then (rounded down to a quarter of an hour), by all that a vendor
// response table looks at and how they were told. A split deposit counts by its parts, and what was never answered does
// not count. progress (nil for none) is told how many transactions are done; it is called at least once.
func (s *Store) Tallies(ctx context.Context, service string, since time.Time, progress func(done, total int)) ([]responsecodes.Tally, error) {
	sums := map[*kind]*kindCount{}
	err := s.count(ctx, since, progress, func(_ int64, k *kind, c kindCount) {
		if k.Service != service || k.Source == "" || k.Role == roleSplit || k.Outcome == "" {
			return
		}
		sum := sums[k]
		if sum == nil {
			sums[k] = &c
			return
		}
		sum.n, sum.first, sum.last = sum.n+c.n, min(sum.first, c.first), max(sum.last, c.last)
	})
	if err != nil {
		return nil, err
	}
	tallies := make([]responsecodes.Tally, 0, len(sums))
	for k, sum := range sums {
		tallies = append(tallies, responsecodes.Tally{
			Operation: k.Operation, Source: svcgate.Source(k.Source), Code: k.Code, Accepted: k.Accepted, Short: k.Short, Own: k.Role == roleOwn,
			Outcome: svcgate.Outcome(k.Outcome), Vendor: k.Vendor, Rule: k.Rule, Count: sum.n,
			First: instant(sum.first), Last: instant(sum.last), Sample: k.sample,
		})
	}
	slices.SortFunc(tallies, func(a, b responsecodes.Tally) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), a.First.Compare(b.First), cmp.Compare(a.Sample, b.Sample))
	})
	return tallies, nil
}

// MaxBuckets is how many spans Activity and RuleHits tell at most.
const MaxBuckets = 2000

// Activity counts what was asked for since then (rounded down to a quarter of an hour) in spans of the given length, a
// multiple of a quarter of an hour: the first begins there, the last holds now. A split deposit counts once, and what
// svcgate asked by itself does not. Another length, or more than MaxBuckets, is an *svcgate.Error with CodeInvalid.
func (s *Store) Activity(ctx context.Context, since time.Time, bucket time.Duration) ([]svcgate.Bucket, error) {
	start := slotStart(slotOf(since.UnixMicro()))
	n := s.now().Sub(start)/max(bucket, 1) + 1
	if bucket < slotLength || bucket%slotLength != 0 || since.After(s.now()) || n > MaxBuckets {
		return nil, invalid("bucket", "invalid_parameter", "Count in quarters of an hour or multiples of them, in the past and at most 2000.")
	}
	buckets := make([]svcgate.Bucket, n)
	for i := range buckets {
		buckets[i] = svcgate.Bucket{At: start.Add(time.Duration(i) * bucket), ByOutcome: map[svcgate.Outcome]int{}}
	}
	err := s.count(ctx, since, nil, func(at int64, k *kind, c kindCount) {
		i := int(slotStart(at).Sub(start) / bucket)
		if k.Outcome == "" || k.Role != roleAsked && k.Role != roleSplit || i >= len(buckets) {
			return
		}
		buckets[i].ByOutcome[svcgate.Outcome(k.Outcome)] += c.n
	})
	return buckets, err
}

// RuleHits counts, by rule id, how often each rule of a service bureau gave what was told since then (rounded down to a
// quarter of an hour), in so many equal spans up to now. A span shorter than a quarter of an hour gets all or nothing
// of one.
func (s *Store) RuleHits(ctx context.Context, service string, since time.Time, buckets int) (map[string][]int, error) {
	if buckets < 1 || buckets > MaxBuckets || !since.Before(s.now()) {
		return nil, invalid("buckets", "invalid_parameter", "Count in 1 to 2000 spans of the past.")
	}
	start := slotStart(slotOf(since.UnixMicro()))
	span := s.now().Sub(start)/time.Duration(buckets) + 1
	hits := map[string][]int{}
	err := s.count(ctx, since, nil, func(at int64, k *kind, c kindCount) {
		if k.Service != service || k.Rule == "" || k.Role == roleSplit {
			return
		}
		of := hits[k.Rule]
		if of == nil {
			of = make([]int, buckets)
			hits[k.Rule] = of
		}
		of[min(int(slotStart(at).Sub(start)/span), buckets-1)] += c.n
	})
	return hits, err
}
