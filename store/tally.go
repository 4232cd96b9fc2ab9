package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/svcgate/svcgate"
)

// slotLength is how finely figures are kept apart by time.
const slotLength = 15 * time.Minute

// slotMargin is how long after its end a slot may still get a transaction: one is given its instant shortly before it is
// recorded.
const slotMargin = 2 * time.Minute

// figures counts the journal's transactions by kind and slot. A slot that is over and has as many open transactions as
// when it was counted can have changed in nothing, because what is final stays: it is counted once in a process's life
// and answered from memory since. Nothing is written for it.
type figures struct {
	turn  chan struct{} // holds one token; whoever takes it may use what follows
	kinds []kind
	index map[kindKey]int32
	slots map[int64]slot // those that are over
}

func newFigures() *figures {
	f := &figures{turn: make(chan struct{}, 1), index: map[kindKey]int32{}, slots: map[int64]slot{}}
	f.turn <- struct{}{}
	return f
}

// kindKey is what transactions of a kind have in common.
type kindKey struct {
	Service   string `db:"service"`
	Operation string `db:"operation"`
	Role      string `db:"role"`
	Source    string `db:"source"`
	Code      string `db:"code"`
	Accepted  bool   `db:"accepted"`
	Short     bool   `db:"short"`
	Outcome   string `db:"outcome"`
	Vendor    string `db:"vendor_code"`
	Rule      string `db:"rule"`
}

// Roles of a transaction: how it came about.
const (
	roleAsked = ""      // somebody asked for it
	roleSplit = "split" // so too, and it was split over several holds; its parts carry the answers
	rolePart  = "part"  // of a split deposit
	roleOwn   = "own"   // svcgate asked by itself
)

// kind is a kindKey with the latest transaction that was seen of it.
type kind struct {
	kindKey
	sample   string
	sampleAt int64
}

// slot is what one slot holds.
type slot struct {
	open   int // transactions that were not final
	rows   int // all of them
	counts []kindCount
}

type kindCount struct {
	kind        int32
	n           int
	first, last int64 // created
}

type kindRow struct {
	Slot int64 `db:"slot"`
	kindKey
	Count  int    `db:"n"`
	First  int64  `db:"first"`
	Last   int64  `db:"last"`
	Sample string `db:"id"` // of one in the slot
}

const (
	sqlShort  = `requested_currency <> '' AND amount_currency = requested_currency AND amount_minor < requested_minor`
	sqlNotOwn = `caller NOT IN ('` + svcgate.CallerSettling + `', '` + svcgate.CallerBaseline + `', '` + svcgate.CallerProbe + `')`

	kindColumns = `created / 900000000 AS slot, service, operation,
		CASE WHEN NOT (` + sqlNotOwn + `) THEN 'own'
			WHEN parent <> '' THEN 'part' WHEN plan IS NOT NULL THEN 'split' ELSE '' END AS role,
		source, code, accepted,
		` + sqlShort + ` AS short,
		outcome, coalesce(vendor ->> 'code', '') AS vendor_code, coalesce(vendor ->> 'rule', '') AS rule,
		count(*) AS n, min(created) AS first, max(created) AS last, max(id) AS id`

	sqlFinalKinds = `SELECT ` + kindColumns + ` FROM transactions INDEXED BY transactions_created
		WHERE created >= ? AND created < ? AND state = 'final' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`

	sqlOpenKinds = `SELECT ` + kindColumns + ` FROM transactions INDEXED BY transactions_open
		WHERE state <> 'final' AND created >= ? GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`

	sqlFirstCreated = `SELECT created FROM transactions WHERE created >= ? ORDER BY created LIMIT 1`
	sqlCountSince   = `SELECT count(*) FROM transactions WHERE created >= ?`
)

// slotsAtOnce are counted by one statement.
const slotsAtOnce = 4

const lastInstant = math.MaxInt64

// count brings the figures up to date and calls each for every kind in every slot since the one that since lies in.
// progress (nil for none) is told how many transactions are done.
func (s *Store) count(ctx context.Context, since time.Time, progress func(done, total int), each func(slot int64, k *kind, c kindCount)) error {
	f := s.figures
	select {
	case <-f.turn:
		defer func() { f.turn <- struct{}{} }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	now, err := s.read.snapshot(ctx) // what is final now was not open
	if err != nil {
		return fmt.Errorf("counting transactions: %w", err)
	}
	defer now.close()
	c := counter{f, now}
	fresh, err := c.bring(ctx, since, s.now(), progress)
	if err != nil {
		return fmt.Errorf("counting transactions: %w", err)
	}
	from := slotOf(since.UnixMicro())
	for at, sl := range f.slots {
		if at >= from {
			for _, c := range sl.counts {
				each(at, &f.kinds[c.kind], c)
			}
		}
	}
	for at, counts := range fresh {
		for _, c := range counts {
			each(at, &f.kinds[c.kind], c)
		}
	}
	return nil
}

// counter counts in one snapshot.
type counter struct {
	*figures
	at *snapshot
}

// bring counts the slots that are over and not known, and returns what is kept nowhere: open transactions, and the slots
// that are not over.
func (f *counter) bring(ctx context.Context, since, now time.Time, progress func(done, total int)) (fresh map[int64][]kindCount, err error) {
	var first []int64
	if err := f.at.SelectContext(ctx, &first, sqlFirstCreated, slotOf(since.UnixMicro())*slotLength.Microseconds()); err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, nil
	}
	var total, done int
	if progress == nil {
		progress = func(int, int) {}
	} else if err := f.at.GetContext(ctx, &total, sqlCountSince, first[0]); err != nil {
		return nil, err
	}
	var rows []kindRow
	if err := f.at.SelectContext(ctx, &rows, sqlOpenKinds, first[0]); err != nil {
		return nil, err
	}
	fresh, open := map[int64][]kindCount{}, map[int64]int{}
	for i := range rows {
		open[rows[i].Slot] += rows[i].Count
		f.add(fresh, &rows[i])
	}
	from, over := slotOf(first[0]), slotOf(now.Add(-slotMargin).UnixMicro())
	for at := from; at < over; {
		if known, ok := f.slots[at]; ok && known.open == open[at] {
			done += known.rows
			at++
			continue
		}
		end := min(at+slotsAtOnce, over)
		counted, err := f.count(ctx, at, end*slotLength.Microseconds())
		if err != nil {
			return nil, err
		}
		for ; at < end; at++ {
			sl := slot{open: open[at], rows: open[at], counts: counted[at]}
			for _, c := range sl.counts {
				sl.rows += c.n
			}
			f.slots[at] = sl
			done += sl.rows
		}
		progress(done, total)
	}
	rest, err := f.count(ctx, max(from, over), lastInstant)
	if err != nil {
		return nil, err
	}
	for at, counts := range rest {
		fresh[at] = append(fresh[at], counts...)
	}
	progress(total, total)
	return fresh, nil
}

// count counts what is final from a slot on, before an instant.
func (f *counter) count(ctx context.Context, from, before int64) (map[int64][]kindCount, error) {
	var rows []kindRow
	if err := f.at.SelectContext(ctx, &rows, sqlFinalKinds, from*slotLength.Microseconds(), before); err != nil {
		return nil, err
	}
	counted := map[int64][]kindCount{}
	for i := range rows {
		f.add(counted, &rows[i])
	}
	return counted, nil
}

// add notes a row under its slot.
func (f *figures) add(to map[int64][]kindCount, r *kindRow) {
	i, known := f.index[r.kindKey]
	if !known {
		i = int32(len(f.kinds))
		f.index[r.kindKey], f.kinds = i, append(f.kinds, kind{kindKey: r.kindKey})
	}
	if k := &f.kinds[i]; r.Last >= k.sampleAt {
		k.sample, k.sampleAt = r.Sample, r.Last
	}
	to[r.Slot] = append(to[r.Slot], kindCount{i, r.Count, r.First, r.Last})
}

func slotOf(micro int64) int64 { return micro / slotLength.Microseconds() }

func slotStart(at int64) time.Time { return instant(at * slotLength.Microseconds()) }
