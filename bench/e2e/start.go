package main

import (
	"context"
	"path/filepath"
	"time"
)

const (
	starts    = 15
	settled   = time.Second // after which a process is at rest
	worked    = 10_000      // exchanges before memory is looked at again
	workedBy  = 64
	warmStart = 1 // the first start reads the binary from disk and is not counted
)

// measureStart measures how long a gateway takes from exec to its first answer that it is ready: on a database that is
// there, as after an update or a crash.
func (b *bench) measureStart(ctx context.Context, g *gateway, times int) (figure, error) {
	var took []float64
	for range times + warmStart {
		p, ready, err := g.serve(ctx, b)
		if err != nil {
			return figure{}, err
		}
		took = append(took, ready.Seconds()*1000)
		if err := b.end(p); err != nil {
			return figure{}, err
		}
	}
	return figureOf(took[warmStart:]), nil
}

// measureMemory measures the memory of a fresh gateway at rest and after work.
func (b *bench) measureMemory(ctx context.Context, g *gateway) (rest, after figure, err error) {
	p, _, err := g.serve(ctx, b)
	if err != nil {
		return rest, after, err
	}
	select {
	case <-time.After(settled):
	case <-ctx.Done():
		return rest, after, ctx.Err()
	}
	rest = figureOf([]float64{p.rss()})
	open, err := gatewayCaller(g.face, g.token)(way0)
	if err != nil {
		return rest, after, err
	}
	if _, err := (load{conns: workedBy, requests: worked, limit: time.Minute}).run(ctx, open, func() {}, func() {}); err != nil {
		return rest, after, err
	}
	after = figureOf([]float64{p.rss()})
	return rest, after, b.end(p)
}

// measureProcess measures start and memory of the shipped binary on each database that is there.
func (b *bench) measureProcess(ctx context.Context) error {
	for _, a := range b.arms {
		database := ""
		switch a.name {
		case armSQLite:
			database = filepath.Join(b.dir, "start.db")
		case armPostgres:
			var err error
			if database, err = b.newDatabase(ctx, "start"); err != nil {
				return err
			}
		default:
			continue
		}
		g, err := b.newGateway(ctx, "start-"+a.name, database)
		if err != nil {
			return err
		}
		ready, err := b.measureStart(ctx, g, starts)
		if err != nil {
			return err
		}
		rest, after, err := b.measureMemory(ctx, g)
		if err != nil {
			return err
		}
		b.extras.Processes[a.name] = processFigures{Ready: ready, Rest: rest, After: after}
	}
	return nil
}

// processFigures are of one process: milliseconds and bytes.
type processFigures struct {
	Ready figure `json:"exec_to_ready_ms"`
	Rest  figure `json:"rss_at_rest_bytes"`
	After figure `json:"rss_after_work_bytes"`
}
