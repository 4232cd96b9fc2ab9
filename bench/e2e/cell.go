package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"time"
)

// spot is where a cell stands in the table.
type spot struct {
	Arm   string `json:"arm"`
	Way   way    `json:"provider"`
	Conns int    `json:"connections"`
}

// cell is one measurement: one arm, one way to the provider, so many connections, in one round.
type cell struct {
	spot
	Round    int           `json:"round"`
	Requests int           `json:"requests"`
	Errors   int           `json:"errors"`
	Rate     float64       `json:"requests_per_second"`
	P50      time.Duration `json:"p50_ns"`
	P99      time.Duration `json:"p99_ns"`
	CPU      float64       `json:"cpu_us_per_request"`        // of what stands between; of the client when there is nothing
	Server   float64       `json:"server_cpu_us_per_request"` // of the database server
	Commits  float64       `json:"commits_per_request"`
	Written  float64       `json:"bytes_written_per_request"`
	Bytes    float64       `json:"bytes_allocated_per_request"`
	Objects  float64       `json:"objects_allocated_per_request"`
	Foreign  float64       `json:"foreign_share"` // of the machine's CPU, taken by others meanwhile
	At       time.Time     `json:"at"`
	First    string        `json:"first_error,omitempty"`
}

// noisy is from where on a cell is flagged: the share of the machine that others took.
const noisy = 0.10

func (c cell) Noisy() bool { return c.Foreign > noisy }

// counts are what an arm has counted since its start.
type counts struct{ commits, bytes, objects, written float64 }

// counted reads them; what an arm does not tell is 0.
func (a *arm) counted() (c counts) {
	if a.figures != "" {
		if text, err := get(a.figures); err == nil {
			c.commits, _ = numberIn(text, "svcgate_store_commits_total ")
			c.bytes, _ = numberIn(text, "go_memstats_alloc_bytes_total ")
			c.objects, _ = numberIn(text, "go_memstats_mallocs_total ")
		}
	}
	if a.process != nil {
		c.written = a.process.written()
	}
	return c
}

// cpu is what an arm has used of the CPU.
func (a *arm) cpu() time.Duration {
	if a.process == nil {
		return cpuOf(os.Getpid())
	}
	return cpuOfTree(a.process.cmd.Process.Pid)
}

// state is all that is read before and after a cell.
type state struct {
	counts
	at                        time.Time
	cpu, server, machine, own time.Duration
}

// cell measures one.
func (b *bench) cell(ctx context.Context, a *arm, s spot, round int) (cell, error) {
	open, err := a.caller(s.Way)
	if err != nil {
		return cell{}, err
	}
	b.awaitQuiet(ctx)
	l := load{conns: s.Conns, warm: max(1, 16/s.Conns), requests: a.requests(s.Way, s.Conns, b.quick), limit: b.limit()}
	var before, after state
	o, err := l.run(ctx, open,
		func() { // the CPU last, because reading the rest costs some
			before.counts = a.counted()
			before.machine, before.own, before.server, before.at, before.cpu = machine(), b.ownCPU(), b.serverCPU(), time.Now(), a.cpu()
		},
		func() {
			after.cpu, after.at, after.server, after.own, after.machine = a.cpu(), time.Now(), b.serverCPU(), b.ownCPU(), machine()
			after.counts = a.counted()
		})
	if err != nil {
		return cell{}, fmt.Errorf("%s, %s, %d connections: %w", s.Arm, s.Way, s.Conns, err)
	}
	n := float64(max(1, o.done+o.errors))
	foreign := (after.machine - before.machine) - (after.own - before.own)
	c := cell{
		spot: s, Round: round, Requests: o.done + o.errors, Errors: o.errors, Rate: o.rate, P50: o.percentile(50), P99: o.percentile(99), At: before.at,
		CPU: micros(after.cpu-before.cpu) / n, Server: micros(after.server-before.server) / n,
		Commits: (after.commits - before.commits) / n, Written: (after.written - before.written) / n,
		Bytes: (after.bytes - before.bytes) / n, Objects: (after.objects - before.objects) / n,
		Foreign: float64(foreign) / float64(after.at.Sub(before.at)) / float64(runtime.NumCPU()),
	}
	if o.first != nil {
		c.First = o.first.Error()
	}
	return c, nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

// waits is how often the patience may be used up in one run: some machines are never quiet.
const waits = 60

// awaitQuiet waits until others leave most of the machine alone, at most as long as the patience lasts.
func (b *bench) awaitQuiet(ctx context.Context) {
	const look = 300 * time.Millisecond
	began := time.Now()
	defer func() { b.waited += time.Since(began) }()
	for time.Since(began) < b.patience && b.waited < waits*b.patience && ctx.Err() == nil {
		all, own := machine(), b.ownCPU()
		time.Sleep(look)
		if share := float64((machine()-all)-(b.ownCPU()-own)) / float64(look) / float64(runtime.NumCPU()); share < noisy {
			return
		}
	}
}

// limit is how long a cell may take: what is slow has fewer requests, and is slow all the same.
func (b *bench) limit() time.Duration {
	if b.quick {
		return 5 * time.Second
	}
	return 20 * time.Second
}
