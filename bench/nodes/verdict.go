//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// rest is how settling ended.
type rest struct {
	open int // neither final nor on the desk
	took time.Duration
}

// settled heals the network and waits until no transaction is under way or unresolved, or the time is over. Reading a
// transaction lets a node look into it.
func (s *site) settled(ctx context.Context) (r rest, err error) {
	for _, n := range s.nodes {
		n.line.set(func(l *line) { l.calm = true })
	}
	began := time.Now()
	reader := world.NewOMS(s.token)
	again := time.NewTicker(2 * time.Second)
	defer again.Stop()
	for i := 0; ; i++ {
		base := s.nodes[i%len(s.nodes)].gateway().Base
		before := r.open
		r.open = 0
		var open []string
		for _, state := range []svcgate.State{svcgate.StateSent, svcgate.StateUnresolved} {
			rows, _, err := reader.List(ctx, base, url.Values{"state": {string(state)}})
			if err != nil {
				return r, err
			}
			r.open += len(rows)
			for _, row := range rows {
				open = append(open, row.Transaction.Operation.String())
				if _, _, err := reader.Do(ctx, http.MethodGet, base+"/v1/transactions/"+row.Transaction.ID, "", nil); err != nil {
					return r, err
				}
			}
		}
		if r.open != before {
			slices.Sort(open)
			fmt.Printf("         %d open after %v: %s\n", r.open, time.Since(began).Round(time.Second), strings.Join(open, " "))
		}
		if r.took = time.Since(began); r.open == 0 || r.took > s.settle {
			return r, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
	}
}

// verdict is what came of a run.
type verdict struct {
	director *director
	load     *load
	rest     rest
	states   map[svcgate.State]int
	report   check.Report
	late     []string // messages that a node sent after it had lost its lease
	caught   caught
}

// records returns what was told, booked and journaled.
func (w *load) records(ctx context.Context) (told []check.Told, booked []check.Booked, journal []check.Journaled, err error) {
	if journal, err = w.oms.ReadAll(ctx, w.nodes[0].gateway().Base); err != nil {
		return nil, nil, nil, err
	}
	booked, err = w.provider.Booked()
	return w.oms.Log(), booked, journal, err
}

// compare lets many callers use one key and repeats settled requests at every node, compares the three records, and lets svcgate verify walk the journal's
// chain.
func (v *verdict) compare(ctx context.Context) error {
	w := v.load
	if err := errors.Join(w.stampede(ctx), w.repeatAll(ctx)); err != nil {
		return err
	}
	told, booked, journal, err := w.records(ctx)
	if err != nil {
		return err
	}
	for _, row := range journal {
		v.states[row.Transaction.State]++
	}
	v.report = check.Run(told, booked, journal)
	v.report.WronglyTold = append(v.report.WronglyTold, w.denied...)
	v.report.Unexplained = append(v.report.Unexplained, w.wrong...)
	for _, what := range w.turns.found() {
		v.report.Unexplained = append(v.report.Unexplained, check.Finding{What: what})
	}
	if _, err := world.Tool(ctx, w.binary, "verify", "--config", w.nodes[0].file); err != nil {
		v.report.Unexplained = append(v.report.Unexplained, check.Finding{What: "The journal does not verify: " + err.Error()})
	}
	for _, n := range w.nodes {
		n.line.set(func(l *line) { v.late = append(v.late, lateSends(n.stops, l.arrivals, journal)...) })
	}
	return nil
}

// sentFor names a message by what it was sent for.
type sentFor struct{ order, message string }

// lateSends finds the messages that a node sent when it woke for what it had begun and others had taken over meanwhile. A
// void that was sent again is left out.
func lateSends(stops []stop, arrivals []arrival, journal []check.Journaled) (late []string) {
	begun := map[sentFor]string{}
	for _, row := range journal {
		if t := row.Transaction; t.Order != "" && t.Sends <= 1 {
			begun[sentFor{t.Order, world.MessageOf[t.Operation]}] = t.ID
		}
	}
	for _, a := range arrivals {
		id := begun[sentFor{a.order, a.message}]
		for _, s := range stops {
			if s.taken[id] && a.at.After(s.to) {
				late = append(late, fmt.Sprintf("%s left %v after its node woke, and was no longer under way before that", id, a.at.Sub(s.to)))
			}
		}
	}
	return late
}

func (v *verdict) problems() (all []string) {
	say := func(bad bool, format string, args ...any) {
		if bad {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	r := v.report
	say(!r.OK(), "lost %d, doubled %d, wrongly told %d, unexplained %d", len(r.Lost), len(r.Doubled), len(r.WronglyTold), len(r.Unexplained))
	say(v.rest.open > 0, "%d transactions are not settled and on nobody's desk after %v", v.rest.open, v.rest.took.Round(time.Second))
	for _, text := range v.late {
		say(true, "a node sent without its lease: %s", text)
	}
	for _, took := range v.director.codes {
		say(took > codesLimit, "codes were everywhere only after %v", took)
	}
	say(v.caught.missed() > 0, "the planted bug was not seen in %d of %d operations: the comparison is blind", v.caught.missed(), v.caught.planted)
	return append(all, v.load.refusals()...)
}

func (v *verdict) ok() bool { return len(v.problems()) == 0 }

func (v *verdict) print(w io.Writer) {
	l, d := v.load, v.director
	fmt.Fprintf(w, "\nrequests    %d; %d repeated at another node, %d more at the same time as others under one key\n", l.requests, l.elsewhere, l.twins)
	fmt.Fprintf(w, "refused     %v\n", l.refused)
	if slices.Sort(l.took); len(l.took) > 0 {
		fmt.Fprintf(w, "answered    p50 %v, p99 %v; slowest after %s\n", l.took[len(l.took)/2].Round(time.Millisecond), l.took[len(l.took)*99/100].Round(time.Millisecond), &l.slowest)
	}
	fmt.Fprintf(w, "faults      %v\n", d.struck)
	starts, stops := 0, 0
	network := map[harm]int{}
	for _, n := range l.nodes {
		starts += n.starts
		stops += len(n.stops)
		n.line.set(func(l *line) {
			for h, times := range l.struck {
				network[h] += times
			}
		})
	}
	fmt.Fprintf(w, "network     %v\n", network)
	fmt.Fprintf(w, "nodes       %d processes; %d times one was stopped for longer than its lease, and then sent %d messages that others had taken over\n", starts, stops, len(v.late))
	if len(d.codes) > 0 {
		all := slices.Sorted(slices.Values(d.codes))
		fmt.Fprintf(w, "codes       in force at all nodes after %v, at most %v, %d versions\n", all[len(all)/2].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond), len(all))
	}
	fmt.Fprintf(w, "settled     %v after %v\n", v.states, v.rest.took.Round(time.Second))
	fmt.Fprintf(w, "control     %d operations sent twice, %d reported\n", v.caught.planted, v.caught.reported)
	fmt.Fprint(w, v.report.String())
	for _, p := range v.problems() {
		fmt.Fprintln(w, "✗ wrong:", p)
	}
	if v.ok() {
		fmt.Fprintln(w, "✓ lost = doubled = wrongly told = unexplained = 0")
	}
}
