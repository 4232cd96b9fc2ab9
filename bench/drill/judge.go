//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// verdict is what came of a drill.
type verdict struct {
	told, covered int // answers, and those that came before the backup began
	lost          int // of the rest, those that are not in it
	since         time.Time
	settled, desk int // of those whose outcome was not known when the backup was opened
	resent        int
	broken        []error
}

// shown is how many findings are printed one by one.
const shown = 5

// judge compares what the OMS was told with what the restored gateway knows, and the messages of money that the provider
// got, by order, before it was started and after.
func judge(told []check.Told, begun time.Time, rows []check.Journaled, before, after map[string]int) (v verdict) {
	known := map[string]*svcgate.Transaction{}
	for i := range rows {
		t := &rows[i].Transaction
		known[t.ID] = t
		switch {
		case t.State == svcgate.StateSent || t.State == svcgate.StateUnresolved:
			v.broken = append(v.broken, fmt.Errorf("transaction %s was not brought to an end: it is %s", t.ID, t.State))
		case t.State == svcgate.StateDesk:
			v.desk++
		case t.Settlement != nil:
			v.settled++
		}
	}
	for _, a := range told {
		if a.TransactionID == "" {
			continue // it was turned away
		}
		v.told++
		t := known[a.TransactionID]
		if a.At.Before(begun) {
			v.covered++
			switch {
			case t == nil:
				v.broken = append(v.broken, fmt.Errorf("transaction %s was answered before the backup began and is not in it", a.TransactionID))
			case a.Certain && (t.Outcome != a.Outcome || t.Reply.TransactionID != a.ProviderID || t.Reply.Amount != a.Acted):
				v.broken = append(v.broken, fmt.Errorf("transaction %s was told as %s and is %s in the backup", a.TransactionID, a.Outcome, t.Outcome))
			}
		} else if t == nil {
			v.lost++
			if v.since.IsZero() || a.At.Before(v.since) {
				v.since = a.At
			}
		}
	}
	for order, n := range after {
		if n > before[order] {
			v.resent += n - before[order]
			v.broken = append(v.broken, fmt.Errorf("a message of order %q was sent after the restore", order))
		}
		if n > 1 {
			v.broken = append(v.broken, fmt.Errorf("order %q was sent %d times", order, n))
		}
	}
	if v.covered == 0 || v.told == v.covered {
		v.broken = append(v.broken, errors.New("nothing was answered before the backup, or nothing after it, so nothing is shown"))
	}
	return v
}

// window is how long before the kill the first answer came that is lost.
func (v *verdict) window(killed time.Time) time.Duration {
	if v.since.IsZero() {
		return 0
	}
	return killed.Sub(v.since)
}

func (v *verdict) err() error {
	if len(v.broken) > shown {
		return errors.Join(append(v.broken[:shown:shown], fmt.Errorf("and %d findings more", len(v.broken)-shown))...)
	}
	return errors.Join(v.broken...)
}
