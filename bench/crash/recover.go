//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// recoveryJobs kills gateways while they start on files that a killed one left behind, with a message on the wire.
func (b *bench) recoveryJobs(ctx context.Context) ([]job, error) {
	s, calls, err := b.lanesOf[0].startStopped(ctx, "")
	if s != nil {
		s.close()
	}
	if err != nil {
		return nil, err
	}
	var jobs []job
	for _, g := range []group{syncs, writes} {
		if len(targets(calls, g)) == 0 {
			return nil, fmt.Errorf("starting makes no call of the group %s: strace does not see what it should", g)
		}
		jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) { return l.killStarts(ctx, g, calls) }})
	}
	return jobs, nil
}

// killStarts kills at every point of a group while a gateway starts.
func (l *lane) killStarts(ctx context.Context, g group, calls []call) (result, error) {
	all := targets(calls, g)
	r := result{part: "kill at " + string(g), verb: "(starting)", points: len(all)}
	struck := map[point]bool{}
	for _, t := range all {
		for try := 0; try < tries && !struck[t.point]; try++ {
			report, hit, err := l.killStart(ctx, t)
			if err != nil {
				return r, fmt.Errorf("kill at %s of starting: %w", t.point, err)
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

func (l *lane) killStart(ctx context.Context, t target) (report check.Report, hit *call, err error) {
	s, calls, err := l.startStopped(ctx, fmt.Sprintf("%s:signal=SIGKILL:when=%d", t.name, t.n))
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return report, nil, err
	}
	report, err = s.aftermath(ctx)
	return report, hitBy(calls, t.name, t.n), err
}

// startStopped leaves files of which one attempt has no outcome, starts a gateway on them under strace, ends it, and
// returns the calls of its start. The scene is returned with every error that comes after it was made.
func (l *lane) startStopped(ctx context.Context, inject string) (*scene, []call, error) {
	op, _ := svcgate.Authorize.Info()
	s, err := l.newScene(ctx, op, oneProcessor)
	if err != nil {
		return nil, nil, err
	}
	if err := s.cutOff(ctx); err != nil {
		return s, nil, err
	}
	names := append(append([]string(nil), callsOf[syncs]...), callsOf[writes]...)
	args := []string{"-D", "-f", "-yy", "-s", "0", "-e", "signal=none", "-o", s.trace(), "-e", "trace=" + strings.Join(names, ",")}
	if inject != "" {
		args = append(args, "-e", "inject="+inject)
	}
	args = append(args, l.binary, "serve", "--config", filepath.Join(s.dir, settingsName))
	proc, _, err := world.Start(ctx, world.GatewayReady, []string{fmt.Sprintf("GOMAXPROCS=%d", oneProcessor)}, "strace", args...)
	if proc != nil {
		proc.Kill() // with -D the child is the gateway itself, and strace ends after it
	}
	if err != nil && (inject == "" || !errors.Is(err, world.ErrEnded)) {
		return s, nil, err
	}
	text, err := os.ReadFile(s.trace())
	if err != nil {
		return s, nil, err
	}
	return s, readCalls(strings.Split(string(text), "\n"), ""), nil
}

// cutOff sends the request to a provider that books it and keeps silent, and kills the gateway while it waits.
func (s *scene) cutOff(ctx context.Context) error {
	rule := map[string]any{"fault": "silence-after", "message": world.MessageOf[s.next.Op.Operation], "count": 1}
	if err := s.lane.sim.ask(ctx, "POST", "/faults", rule, nil); err != nil {
		return err
	}
	gone := make(chan error, 1)
	go func() {
		_, err := s.oms.Send(ctx, s.gw.Base, s.next)
		gone <- err
	}()
	limit := time.Now().Add(world.Patience)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for {
		n, err := s.messages(ctx)
		switch {
		case err != nil:
			return err
		case n > 0:
			s.gw.Kill()
			if <-gone == nil {
				return errors.New("an answer came from a provider that keeps silent")
			}
			return nil
		case time.Now().After(limit):
			return errors.New("the message did not reach the provider")
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
