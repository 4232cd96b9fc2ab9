package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// result is what came of one seed.
type result struct {
	seed     uint64
	findings []string
	history  string
	cover    *coverage
	hash     uint64 // of all events: the same seed has the same
}

// runSeeds runs the seeds with o.workers at a time and reports each; the reports come one at a time.
func runSeeds(t *testing.T, seeds []uint64, o options, report func(done int, r result)) {
	todo := make(chan uint64)
	results := make(chan result)
	var workers sync.WaitGroup
	for range o.workers {
		workers.Go(func() {
			for seed := range todo {
				results <- runSeed(t, seed, o)
			}
		})
	}
	go func() {
		for _, seed := range seeds {
			todo <- seed
		}
		close(todo)
		workers.Wait()
		close(results)
	}()
	done := 0
	for r := range results {
		done++
		report(done, r)
	}
}

// runSeed runs one seed in a bubble of its own.
func runSeed(t *testing.T, seed uint64, o options) (r result) {
	r = result{seed: seed, cover: newCoverage()}
	dir, err := scratch()
	if err != nil {
		r.findings = []string{"no folder for the database: " + err.Error()}
		return r
	}
	defer func() { _ = os.RemoveAll(dir) }()
	defer func() {
		if v := recover(); v != nil {
			r.findings = append(r.findings, fmt.Sprintf("the run broke off: %v\n%s", v, debug.Stack()))
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w := newWorld(seed, o, dir)
		r.cover = w.cover
		if err := w.drawSetUp(); err != nil {
			r.findings = append(r.findings, "the bench's set-up: "+err.Error())
			return
		}
		defer w.sim.Close()
		w.net = &network{w: w}
		w.drawErrands()
		w.spawn("world", nil, w.play)
		w.direct()
		report := w.judge()
		r.findings = findings(w, report)
		if len(r.findings) > 0 {
			r.history = w.history(r.findings[0])
		}
		r.hash = w.hash()
		w.tally(report.Told, report.Moved, report.Journaled)
		w.cover.count("simulated hours", int(time.Since(w.start).Hours()))
	})
	return r
}

// tally adds the run's figures to its coverage.
func (w *world) tally(told, moved, rows int) {
	struck := 0
	for _, ops := range w.cover.hits {
		for _, n := range ops {
			struck += n
		}
	}
	for _, row := range []struct {
		name string
		n    int
	}{
		{"requests", w.asked}, {"answers heard", told}, {"messages", w.net.n}, {"bookings", moved}, {"journal rows", rows}, {"crashes", w.crashes},
		{"faults drawn", w.faultsDrawn}, {"faults struck", struck},
	} {
		w.cover.count(row.name, row.n)
	}
}

// hash is a fingerprint of the whole history.
func (w *world) hash() uint64 {
	h := uint64(14695981039346656037)
	for _, e := range w.events {
		for _, c := range []byte(e.String()) {
			h = (h ^ uint64(c)) * 1099511628211
		}
	}
	return h
}

// scratch makes a folder in memory where there is one: what a crash leaves is the page cache, not the disk.
func scratch() (string, error) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if dir, err := os.MkdirTemp("/dev/shm", "svcgate-sim-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "svcgate-sim-")
}

// regressionsPath is regressions.txt beside this source.
func regressionsPath() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "regressions.txt")
}

// readRegressions reads the seeds that failed once: a seed and a comment a line.
func readRegressions(path string) ([]uint64, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var seeds []uint64
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: a line is a seed and a comment", path, n)
		}
		seeds = append(seeds, seed)
	}
	return seeds, lines.Err()
}

// keepRegression adds a failing seed with what was found, unless it is there.
func keepRegression(path string, seed uint64, finding string) error {
	known, err := readRegressions(path)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k == seed {
			return nil
		}
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	finding, _, _ = strings.Cut(finding, "\n")
	_, err = fmt.Fprintf(f, "%d # %s\n", seed, finding)
	return errors.Join(err, f.Close())
}
