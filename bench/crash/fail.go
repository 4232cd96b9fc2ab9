//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// fault is what a failing disk or line does to one group of calls.
type fault struct {
	group group
	errno string
	ever  bool // from the struck call on, instead of once
}

var faults = []fault{{syncs, "EIO", false}, {syncs, "EIO", true}, {writes, "ENOSPC", false}, {writes, "ENOSPC", true}, {sends, "ECONNRESET", false}}

func (f fault) String() string {
	if f.ever {
		return f.errno + " at " + string(f.group) + ", for ever"
	}
	return f.errno + " at " + string(f.group) + ", once"
}

// failAt lets a call fail at every point of one operation.
func (l *lane) failAt(ctx context.Context, op svcgate.OperationInfo, f fault, calls []call) (result, error) {
	all := targets(calls, f.group)
	r := result{part: f.String(), verb: op.Name, points: len(all)}
	struck := map[point]bool{}
	for _, t := range all {
		for try := 0; try < tries && !struck[t.point]; try++ {
			hit, report, err := l.failOnce(ctx, op, f, t.name, t.aim(try))
			if err != nil {
				return r, fmt.Errorf("%s, %s of %s: %w", f, t.point, op.Name, err)
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
	return r, nil
}

// failOnce lets one call fail. The gateway must go on: answer, keep its promise that nothing was sent where it gives
// it, be ready again once the disk is, and know the key.
func (l *lane) failOnce(ctx context.Context, op svcgate.OperationInfo, f fault, name string, nth int) (hit *call, report check.Report, err error) {
	s, err := l.newScene(ctx, op, oneProcessor)
	if err != nil {
		return nil, report, err
	}
	defer s.close()
	inject := fmt.Sprintf("%s:error=%s:when=%d", name, f.errno, nth)
	if f.ever {
		inject += "+"
	}
	tr, err := attach(ctx, s.gw.Cmd.Process.Pid, s.trace(), name, inject)
	if err != nil {
		return nil, report, err
	}
	a, lost := s.oms.Send(ctx, s.gw.Base, s.next)
	_, _, unread := s.oms.List(ctx, s.gw.Base, nil) // reads go on while the disk fails
	calls, err := tr.detach(ctx, s.gw, false)
	hit = hitBy(calls, name, nth)
	if f.group == sends && hit != nil && hit.where == "" {
		return nil, report, nil // no line and no file failed, but a call by which the program's threads wake each other
	}
	if f.group == sends { // the line to the caller may have failed, at the answer or at the reading
		lost, unread = nil, nil
	}
	if err := errors.Join(lost, unread, err); err != nil {
		return nil, report, fmt.Errorf("while calls fail: %w: %s", err, s.gw.LastWords())
	}
	sent, err := s.messages(ctx)
	if err != nil {
		return nil, report, err
	}
	wrong := s.judgeRefusal(a, sent)
	if err := s.gw.WaitReady(ctx); err != nil {
		return nil, report, fmt.Errorf("after the disk failed: %w", err)
	}
	// An outcome that the disk did not take is recorded late: nothing may stay under way while the process lives.
	alive, journal, err := s.check(ctx)
	if err != nil || !alive.OK() {
		alive.WronglyTold = append(alive.WronglyTold, wrong...)
		return hit, alive, err
	}
	again, more, err := s.repeat(ctx, rowOf(journal, s.next.Key), sent)
	if err != nil {
		return nil, report, err
	}
	if again.Status == http.StatusConflict {
		wrong = append(wrong, check.Finding{What: "The key is refused with " + again.Code + " although nothing is under way.", Key: s.next.Key, Order: s.next.Order})
	}
	report, err = s.aftermath(ctx)
	report.WronglyTold = append(report.WronglyTold, wrong...)
	report.Doubled = append(report.Doubled, more...)
	return hit, report, err
}

// judgeRefusal holds the gateway to what an answer without a transaction promises: nothing was sent.
func (s *scene) judgeRefusal(a world.Answer, sent int) []check.Finding {
	if a.Status == 0 || a.Row != nil || sent == 0 {
		return nil
	}
	return []check.Finding{{What: fmt.Sprintf("Told %s with status %d, which says that nothing was sent, and the provider got the message.", a.Code, a.Status),
		Key: s.next.Key, Order: s.next.Order}}
}
