package access

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ForgetAfter is when failed sign-ins are forgotten.
const ForgetAfter = 24 * time.Hour

// How sign-in is slowed. After slowAt failures the next try of the name is taken after a minute, then after two, four,
// and so on; at lockAt the name is locked.
const (
	slowAt        = 5
	lockAt        = 10
	lockTime      = 30 * time.Minute
	perMinute     = 30     // tries of an address
	maxAddresses  = 10_000 // remembered at once
	unknownSource = "an unknown address"
)

// ThrottledError says that no try is taken now. It tells nothing of the name: those that nobody has are slowed alike.
type ThrottledError struct{ Wait time.Duration }

// Error says how long to wait, in whole minutes.
func (e *ThrottledError) Error() string {
	if minutes := int((e.Wait + time.Minute - 1) / time.Minute); minutes > 1 {
		return fmt.Sprintf("too many tries; try again in %d minutes", minutes)
	}
	return "too many tries; try again in a minute"
}

// take counts a try as failed before it is made, so that tries at the same time are counted too; a good one forgets.
func (f *Failures) take(now time.Time) error {
	if now.Before(f.Until) {
		return &ThrottledError{f.Until.Sub(now)}
	}
	if now.Sub(f.Last) > ForgetAfter {
		f.Count = 0
	}
	f.Count++
	f.Last, f.Until = now, time.Time{}
	switch {
	case f.Count >= lockAt:
		f.Until = now.Add(lockTime)
	case f.Count >= slowAt:
		f.Until = now.Add(time.Minute << (f.Count - slowAt))
	}
	return nil
}

// addresses limits the tries of each address.
type addresses struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
}

func (a *addresses) take(from string, now time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.limiters[from]
	if l == nil {
		if len(a.limiters) >= maxAddresses {
			clear(a.limiters) // names are still slowed
		}
		l = rate.NewLimiter(rate.Every(time.Minute/perMinute), perMinute)
		a.limiters[from] = l
	}
	if !l.AllowN(now, 1) {
		return &ThrottledError{time.Minute}
	}
	return nil
}

// source reads where somebody signs in from: an address, with or without port. An IPv6 subscriber has a whole /64.
func source(from string) (shown, limited string) {
	at, err := netip.ParseAddr(from)
	if err != nil {
		port, err := netip.ParseAddrPort(from)
		if err != nil {
			return unknownSource, unknownSource
		}
		at = port.Addr()
	}
	at = at.Unmap().WithZone("")
	if at.Is6() {
		if prefix, err := at.Prefix(64); err == nil {
			return at.String(), prefix.String()
		}
	}
	return at.String(), at.String()
}

// throttle takes a try of a name from an address, or says how long to wait. It returns how often the name failed, this
// try included.
func (d *Door) throttle(ctx context.Context, name, limited string, now time.Time) (count int, err error) {
	if err := d.from.take(limited, now); err != nil {
		return 0, err
	}
	err = d.store.ChangeFailures(ctx, failureKey(name), func(f *Failures) error {
		err := f.take(now)
		count = f.Count
		return err
	})
	return count, err
}

// forgive forgets the failures of a name.
func (d *Door) forgive(ctx context.Context, name string) error {
	return d.store.ChangeFailures(ctx, failureKey(name), func(f *Failures) error {
		*f = Failures{}
		return nil
	})
}

// failureKey hides the name: what is typed there by mistake may be a password.
func failureKey(name string) string { return HashToken("sign-in " + name) }
