//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
)

// bench is one run of the program.
type bench struct {
	options
	dir      string // removed at the end
	template string
	token    string // of the OMS
	viewer   string // of whom reads what a look told
	lanesOf  []*lane
}

// newBench builds the gateway, makes the template of its files and starts the simulators.
func newBench(ctx context.Context, o options) (b *bench, err error) {
	if _, err := exec.LookPath("strace"); err != nil {
		return nil, errors.New("strace is missing: apt-get install strace")
	}
	b = &bench{options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if b.dir, err = os.MkdirTemp("", "svcgate-crash-"); err != nil {
		return b, err
	}
	if b.binary == "" {
		b.binary = filepath.Join(b.dir, "svcgate")
		b.say("building svcgate")
		if _, err := world.Tool(ctx, "go", "build", "-tags=sqlite_omit_load_extension", "-buildvcs=false", "-o", b.binary, "./cmd/svcgate"); err != nil {
			return b, err
		}
	}
	b.template = filepath.Join(b.dir, "template")
	if err := os.Mkdir(b.template, 0o700); err != nil {
		return b, err
	}
	if b.token, b.viewer, err = makeTemplate(ctx, b.binary, b.template); err != nil {
		return b, err
	}
	for n := range max(1, o.lanes) {
		sim, err := startProvider(ctx, b.binary, o.seed+uint64(n))
		if err != nil {
			return b, err
		}
		b.lanesOf = append(b.lanesOf, &lane{bench: b, n: n, sim: sim})
	}
	return b, nil
}

// close ends the simulators and removes all files.
func (b *bench) close() error {
	var errs []error
	for _, l := range b.lanesOf {
		errs = append(errs, l.sim.proc.End())
	}
	if b.dir != "" {
		errs = append(errs, os.RemoveAll(b.dir))
	}
	return errors.Join(errs...)
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "crash: "+format+"\n", args...)
}

// job is one row of the table to be.
type job struct {
	do func(context.Context, *lane) (result, error)
}

// work does all jobs on the lanes and returns the rows in order. The first error stops the rest.
func (b *bench) work(ctx context.Context) ([]result, error) {
	var rows []result
	for _, part := range []struct {
		name string
		jobs func(context.Context) ([]job, error)
	}{
		{"control", b.controlJobs}, {"points", b.pointJobs}, {"settling", b.settlingJobs}, {"starts", b.recoveryJobs}, {"failures", b.failureJobs}, {"load", b.loadJobs}, {"power", b.powerJobs},
	} {
		if b.only != "" && b.only != part.name {
			continue
		}
		jobs, err := part.jobs(ctx)
		if err != nil {
			return rows, err
		}
		more, err := b.share(ctx, jobs)
		rows = append(rows, more...)
		if err != nil {
			return rows, err
		}
		b.say("%s done", part.name)
	}
	return rows, nil
}

// share gives the jobs to the lanes, each to the next that is free.
func (b *bench) share(ctx context.Context, jobs []job) ([]result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	waiting := make(chan int, len(jobs))
	for i := range jobs {
		waiting <- i
	}
	close(waiting)
	done := make([]*result, len(jobs))
	var all sync.WaitGroup
	for _, l := range b.lanesOf {
		all.Go(func() {
			for i := range waiting {
				if ctx.Err() != nil {
					return
				}
				r, err := jobs[i].do(ctx, l)
				if err != nil {
					stop(err)
					return
				}
				done[i] = &r
				if b.verbose {
					b.say("%s, %s: %d runs, ok %t", r.part, r.verb, r.runs, r.ok())
				}
			}
		})
	}
	all.Wait()
	var rows []result
	for _, r := range done {
		if r != nil {
			rows = append(rows, *r)
		}
	}
	return rows, context.Cause(ctx)
}

// splitDeposit is the name of the ninth verb: a deposit that is taken from two holds, one message each.
const splitDeposit = "split deposit"

// verbs are the eight operations and the split deposit.
func verbs() []svcgate.OperationInfo {
	deposit, _ := svcgate.Deposit.Info()
	deposit.Name = splitDeposit
	return append(svcgate.Operations(), deposit)
}

// surveys asks once for the calls of each operation.
func (b *bench) surveys(ctx context.Context) (map[string][]call, error) {
	calls := map[string][]call{}
	for _, op := range verbs() {
		found, err := b.lanesOf[0].survey(ctx, op)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if len(targets(found, g)) == 0 {
				return nil, fmt.Errorf("%s makes no call of the group %s: strace does not see what it should", op.Name, g)
			}
		}
		calls[op.Name] = found
	}
	return calls, nil
}

// pointJobs kills at every call of the three groups.
func (b *bench) pointJobs(ctx context.Context) ([]job, error) {
	calls, err := b.surveys(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []job
	for _, g := range groups {
		for _, op := range verbs() {
			jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) {
				return l.killAt(ctx, op, g, calls[op.Name])
			}})
		}
	}
	return jobs, nil
}

// failureJobs lets the same calls fail.
func (b *bench) failureJobs(ctx context.Context) ([]job, error) {
	calls, err := b.surveys(ctx)
	if err != nil {
		return nil, err
	}
	var jobs []job
	for _, f := range faults {
		for _, op := range verbs() {
			jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) {
				return l.failAt(ctx, op, f, calls[op.Name])
			}})
		}
	}
	return jobs, nil
}
