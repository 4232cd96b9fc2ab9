// Command load shows what the shipped binary does under three times the load that it can carry: the rest is turned away
// with 429 or 503 before it is accepted, nothing that was accepted fails, and what was accepted is answered as fast as
// without the overload.
//
//	go run ./bench/load --binary bin/svcgate
//
// It starts a simulated provider and a gateway as processes, and sends recharges at a fixed rate whatever the answers
// are (an open loop): first at the rate that the gateway can carry, then at three times that. It ends with 1 when a
// promise is broken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

type settings struct {
	binary  string
	seconds int
	slots   int
	latency time.Duration
}

func main() {
	var s settings
	flag.StringVar(&s.binary, "binary", "bin/svcgate", "the gateway")
	flag.IntVar(&s.seconds, "seconds", 10, "length of each of the two runs")
	flag.IntVar(&s.slots, "slots", 8, "operations that the gateway takes on at one time (limits.max_in_flight)")
	flag.DurationVar(&s.latency, "latency", 100*time.Millisecond, "how long the provider takes to answer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	w, err := newWorld(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	// What the slots can carry, less a quarter: the commits and this program need time too.
	carried := float64(s.slots) / s.latency.Seconds() * 3 / 4
	fmt.Printf("%d slots, provider answers in %v: %.0f operations a second can be carried\n", s.slots, s.latency, carried)
	calm := w.send(ctx, carried, time.Duration(s.seconds)*time.Second)
	fmt.Printf("1x  %v\n", calm)
	flood := w.send(ctx, 3*carried, time.Duration(s.seconds)*time.Second)
	fmt.Printf("3x  %v\n", flood)
	return errors.Join(ctx.Err(), judge(calm, flood))
}

// judge compares the runs with the promises.
func judge(calm, flood *tally) error {
	var broken []error
	refused := func(t *tally) int {
		return t.statuses[http.StatusTooManyRequests] + t.statuses[http.StatusServiceUnavailable]
	}
	if calm.approved == 0 || flood.approved == 0 {
		broken = append(broken, errors.New("nothing was approved, so nothing is shown"))
	}
	if refused(calm)*20 > calm.sent {
		broken = append(broken, fmt.Errorf("%d of %d were turned away at the rate that can be carried: the machine is too slow for these settings", refused(calm), calm.sent))
	}
	if refused(flood) == 0 {
		broken = append(broken, errors.New("nothing was turned away at three times the rate"))
	}
	for name, t := range map[string]*tally{"1x": calm, "3x": flood} {
		if other := t.sent - t.approved - refused(t); other > 0 {
			broken = append(broken, fmt.Errorf("%s: %d answers are neither an approval nor a refusal: %v", name, other, t))
		}
		if t.accepted > 0 {
			broken = append(broken, fmt.Errorf("%s: %d were accepted and then failed", name, t.accepted))
		}
	}
	if p := flood.percentile(99); p > 2*calm.percentile(99) {
		broken = append(broken, fmt.Errorf("p99 of the accepted is %v, more than twice the %v without overload", p, calm.percentile(99)))
	}
	return errors.Join(broken...)
}

// tally is what came of one run.
type tally struct {
	mu       sync.Mutex
	sent     int
	approved int
	accepted int         // journaled, and answered with 5xx
	statuses map[int]int // 0: no answer
	took     []time.Duration
	sorted   atomic.Bool
}

func (t *tally) add(a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent++
	t.statuses[a.status]++
	if a.status == http.StatusOK {
		t.approved++
		t.took = append(t.took, a.took)
	} else if a.journaled {
		t.accepted++
	}
}

// percentile is of the accepted.
func (t *tally) percentile(p int) time.Duration {
	if len(t.took) == 0 {
		return 0
	}
	if !t.sorted.Swap(true) {
		slices.Sort(t.took)
	}
	return t.took[min(len(t.took)-1, len(t.took)*p/100)]
}

// String is one line of figures.
func (t *tally) String() string {
	return fmt.Sprintf("sent %5d  approved %5d  429 %5d  503 %5d  other %d  accepted and failed %d  p50 %v  p99 %v", t.sent, t.approved,
		t.statuses[http.StatusTooManyRequests], t.statuses[http.StatusServiceUnavailable],
		t.sent-t.approved-t.statuses[http.StatusTooManyRequests]-t.statuses[http.StatusServiceUnavailable], t.accepted,
		t.percentile(50).Round(time.Millisecond), t.percentile(99).Round(time.Millisecond))
}

// send sends at a rate for a time, and waits for the last answer.
func (w *world) send(ctx context.Context, rate float64, length time.Duration) *tally {
	t := &tally{statuses: map[int]int{}}
	var work sync.WaitGroup
	started := time.Now()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	for n := 0; ; {
		select {
		case <-ctx.Done():
			work.Wait()
			return t
		case now := <-ticker.C:
			if now.Sub(started) > length {
				work.Wait()
				return t
			}
			for due := int(now.Sub(started).Seconds() * rate); n < due; n++ {
				work.Go(func() { t.add(w.recharge(ctx)) })
			}
		}
	}
}
