//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// oneProcessor is what traced gateways run on; see startGateway.
const oneProcessor = 1

// tries is how often a point is aimed at before it counts as missed. Where the journal's two commits run on different
// threads, the calls of the second cannot be told from those of the first by count, and nothing is struck.
const tries = 150

// survey runs one operation under strace without harm and returns its calls between acceptance and answer.
func (l *lane) survey(ctx context.Context, op svcgate.OperationInfo) ([]call, error) {
	s, err := l.newScene(ctx, op, oneProcessor)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var names []string
	for _, g := range groups {
		names = append(names, callsOf[g]...)
	}
	t, err := attach(ctx, s.gw.Cmd.Process.Pid, s.trace(), strings.Join(names, ","), "")
	if err != nil {
		return nil, err
	}
	a, err := s.oms.Send(ctx, s.gw.Base, s.next)
	calls, detached := t.detach(ctx, s.gw, false)
	if err := errors.Join(err, detached); err != nil {
		return nil, err
	}
	if a.Row == nil || world.Text(a.Row.Outcome) != svcgate.Approved {
		return nil, fmt.Errorf("surveying %s: status %d %s instead of an approval", op.Name, a.Status, a.Code)
	}
	return calls, nil
}

func (s *scene) trace() string { return filepath.Join(s.dir, "strace.log") }

// target is a point to strike, with the call's name and its place among the calls of that name, from 1.
type target struct {
	point point
	name  string
	n     int
}

// targets lists the points of a group that a survey found.
func targets(calls []call, g group) []target {
	var found []target
	seen := map[string]int{}
	for _, c := range calls {
		seen[c.name]++
		if c.point.group == g && c.point.n > 0 {
			found = append(found, target{c.point, c.name, seen[c.name]})
		}
	}
	return found
}

// killAt kills a gateway at every point of a group of one operation.
func (l *lane) killAt(ctx context.Context, op svcgate.OperationInfo, g group, calls []call) (result, error) {
	r := result{part: "kill at " + string(g), verb: op.Name}
	all := targets(calls, g)
	struck := map[point]bool{}
	for _, t := range all {
		for try := 0; try < tries && !struck[t.point]; try++ {
			// Calls that are no points, such as lines of the log, may come or go before a send.
			hit, report, err := l.killOnce(ctx, op, t.name, t.aim(try))
			if err != nil {
				return r, fmt.Errorf("kill at %s of %s: %w", t.point, op.Name, err)
			}
			r.runs++
			r.report.Add(report)
			if hit != nil {
				r.struck++
				struck[hit.point] = true
			}
		}
		if !struck[t.point] {
			r.missed = append(r.missed, t.point.String())
		}
	}
	r.points = len(all)
	return r, nil
}

// aim is the place that a try strikes. Answers to the bench come between the sends, as many as the moment wants: the
// tries begin where the survey found the point, go on closely around it, and then through all places. The other calls
// come in one order, but on several threads at times, each with a count of its own: after some tries every other one
// goes through all places.
func (t target) aim(try int) int {
	const around, atFirst = 9, 20
	switch {
	case t.point.group != sends && (try < atFirst || try%2 == 0):
		return t.n
	case t.point.group != sends:
		return 1 + (try/2)%t.n
	case try >= around:
		return 1 + (try-around)%(t.n+around)
	case try%2 == 0:
		return t.n + try/2
	}
	return max(1, t.n-(try+1)/2)
}

// killOnce lets SIGKILL take the place of one call, starts the gateway again and checks everything. hit is nil when
// the operation ended before the call was made.
func (l *lane) killOnce(ctx context.Context, op svcgate.OperationInfo, name string, nth int) (hit *call, _ check.Report, err error) {
	s, err := l.newScene(ctx, op, oneProcessor)
	if err != nil {
		return nil, check.Report{}, err
	}
	defer s.close()
	hit, err = s.killDuring(ctx, name, nth, func() error {
		_, err := s.oms.Send(ctx, s.gw.Base, s.next)
		return err
	})
	if err != nil {
		return nil, check.Report{}, err
	}
	report, err := s.aftermath(ctx)
	return hit, report, err
}

// killDuring lets SIGKILL take the place of one call while do runs, whose error is that the gateway gives no answer.
func (s *scene) killDuring(ctx context.Context, name string, nth int, do func() error) (hit *call, err error) {
	t, err := attach(ctx, s.gw.Cmd.Process.Pid, s.trace(), name, fmt.Sprintf("%s:signal=SIGKILL:when=%d", name, nth))
	if err != nil {
		return nil, err
	}
	lost := do() // no answer is what a kill brings
	calls, err := t.detach(ctx, s.gw, lost != nil)
	switch {
	case err != nil:
		return nil, err
	case lost == nil:
		return nil, nil
	case !s.gw.EndsBy(time.Now().Add(world.Patience)):
		return nil, fmt.Errorf("no answer, and the gateway lives: %w", lost)
	}
	if hit = hitBy(calls, name, nth); hit == nil {
		return nil, fmt.Errorf("the gateway ended without being struck: %s", s.gw.LastWords())
	}
	return hit, nil
}

// aftermath starts the gateway again after a stop, checks, repeats the request under its key, checks again, and lets
// svcgate verify go through the journal's chain.
func (s *scene) aftermath(ctx context.Context) (check.Report, error) {
	if err := s.restart(ctx); err != nil {
		return check.Report{}, err
	}
	first, journal, err := s.check(ctx)
	if err != nil || !first.OK() {
		return first, err
	}
	before, err := s.messages(ctx)
	if err != nil {
		return first, err
	}
	_, wrong, err := s.repeat(ctx, rowOf(journal, s.next.Key), before)
	if err != nil {
		return first, err
	}
	last, _, err := s.check(ctx)
	last.Doubled = append(last.Doubled, wrong...)
	if err == nil {
		last.Unexplained = append(last.Unexplained, s.verify(ctx)...)
	}
	return last, err
}

// verify lets svcgate verify look at the files, and returns what it complains of.
func (s *scene) verify(ctx context.Context) []check.Finding {
	if _, err := world.Tool(ctx, s.lane.binary, "verify", "--config", filepath.Join(s.dir, settingsName)); err != nil {
		return []check.Finding{{What: "The journal does not verify: " + err.Error()}}
	}
	return nil
}
