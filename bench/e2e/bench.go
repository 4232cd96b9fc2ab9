package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate/internal/pgtest"
)

// bench is one run: the processes, and what was measured.
type bench struct {
	options
	own         string // path of this program
	temporary   bool   // dir is removed at the end
	certificate string
	plain       string // address of the provider
	secure      string // and with TLS
	arms        []*arm
	processes   []*process
	cluster     *pgtest.Cluster // nil: there is none
	database    int             // process id of the PostgreSQL server; 0: there is none
	absent      []string
	waited      time.Duration // for quiet, in all
	cells       cells
	extras      extras
}

func newBench(ctx context.Context, o options) (_ *bench, err error) {
	b := &bench{options: o, extras: extras{Processes: map[string]processFigures{}}}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if b.own, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.binary, err = filepath.Abs(o.binary); err != nil {
		return nil, err
	}
	if b.dir == "" {
		b.dir, err = os.MkdirTemp("", "svcgate-e2e-")
		b.temporary = true
	} else if b.dir, err = filepath.Abs(b.dir); err == nil {
		err = os.MkdirAll(b.dir, 0o700)
	}
	if err != nil {
		return nil, err
	}
	only := strings.FieldsFunc(o.only, func(r rune) bool { return r == ',' })
	if b.arms, err = chosen(only); err != nil {
		return nil, err
	}
	numbers.Store(o.seed % 1_000_000_000)
	fmt.Printf("e2e: seed %d, %d rounds, %d CPUs, %s, %s\n", o.seed, o.rounds, runtime.NumCPU(), runtime.Version(), b.dir)
	if err := b.startProvider(ctx); err != nil {
		return nil, err
	}
	return b, b.startArms(ctx)
}

func (b *bench) startProvider(ctx context.Context) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	b.plain, b.secure, b.certificate = ports[0], ports[1], filepath.Join(b.dir, "provider.pem")
	p, err := b.start("provider", b.own, "provider", "-listen", b.plain, "-tls", b.secure, "-certificate", b.certificate)
	if err != nil {
		return err
	}
	for _, address := range ports {
		if _, err := p.await(ctx, listening(address)); err != nil {
			return err
		}
	}
	return nil
}

// start starts a process that ends with the bench.
func (b *bench) start(name, program string, args ...string) (*process, error) {
	p, err := start(b.dir, name, program, args...)
	if err == nil {
		b.processes = append(b.processes, p)
	}
	return p, err
}

// end ends one of them earlier.
func (b *bench) end(p *process) error {
	b.processes = slices.DeleteFunc(b.processes, func(other *process) bool { return other == p })
	return p.stop()
}

// providerURL is where messages go.
func (b *bench) providerURL(w way) string {
	base := "http://" + b.plain
	if w == wayTLS {
		base = "https://" + b.secure
	}
	return base + "/delay/" + ways[w].delay + messagePath
}

// ownCPU is what the bench and its processes have used.
func (b *bench) ownCPU() time.Duration {
	total := cpuOf(os.Getpid()) + b.serverCPU()
	for _, p := range b.processes {
		total += cpuOfTree(p.cmd.Process.Pid)
	}
	return total
}

// serverCPU is what the database server has used.
func (b *bench) serverCPU() time.Duration {
	if b.database == 0 {
		return 0
	}
	return cpuOfTree(b.database)
}

// measure runs the rounds, and what is measured besides.
func (b *bench) measure(ctx context.Context) error {
	order := rand.New(rand.NewPCG(b.seed, 1))
	for round := 1; round <= b.rounds; round++ {
		began := time.Now()
		if err := b.round(ctx, round, order); err != nil {
			return err
		}
		fmt.Printf("e2e: round %d of %d took %v\n", round, b.rounds, time.Since(began).Round(time.Second))
	}
	if b.profile != "" {
		if err := b.takeProfile(ctx); err != nil {
			return err
		}
	}
	if err := b.measureProcess(ctx); err != nil {
		return err
	}
	if b.noMicro {
		return ctx.Err()
	}
	return b.measureParts(ctx)
}

// round visits every cell once: for each way and number of connections all arms, in an order of the seed.
func (b *bench) round(ctx context.Context, round int, order *rand.Rand) error {
	b.extras.Sync = append(b.extras.Sync, appendSync(b.dir))
	for _, w := range []way{way0, way20, way100, wayTLS} {
		for _, conns := range connections {
			arms := slices.Clone(b.arms)
			order.Shuffle(len(arms), func(i, j int) { arms[i], arms[j] = arms[j], arms[i] })
			for _, a := range arms {
				if !a.has(w, conns) {
					continue
				}
				c, err := b.cell(ctx, a, spot{a.name, w, conns}, round)
				if err != nil {
					return err
				}
				b.cells = append(b.cells, c)
				if b.verbose {
					fmt.Printf("%-18s %-6s %4d  %8.0f req/s  p50 %9.3f ms  p99 %9.3f ms  CPU %7.0f us  others %3.0f%%\n", c.Arm, c.Way, c.Conns, c.Rate, p50(c)/1000, p99(c)/1000, c.CPU, c.Foreign*100)
				}
			}
		}
	}
	return ctx.Err()
}

// close ends the processes, the last first, and removes what they wrote.
func (b *bench) close() error {
	var errs []error
	for _, p := range slices.Backward(b.processes) {
		errs = append(errs, p.stop())
	}
	b.processes = nil
	if b.cluster != nil {
		errs = append(errs, b.cluster.Stop())
	}
	if b.temporary {
		errs = append(errs, os.RemoveAll(b.dir))
	}
	return errors.Join(errs...)
}
