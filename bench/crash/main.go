//go:build linux

// Command crash stops the shipped gateway in the middle of its work and proves that it keeps its promises: it kills it
// at every sync, every write to its files and every send of one operation of each of the eight verbs and of a split
// deposit, and of looking into an unknown outcome; it lets the calls of the operations fail, kills at random under load,
// and cuts the power of its disk where the machine allows. A process that lives on must bring everything to an end by
// itself. After each it starts the gateway again on the same files, compares three records - what the caller was told,
// what the simulated provider booked, what the journal says - and lets svcgate verify go through the journal. It ends
// with 1 when anything was lost, doubled, told wrongly or is unexplained.
//
// It needs Linux, Go with a C compiler, strace and the right to attach it; for power cuts also root, mkfs.ext4, mount
// and xfs_io. Everything stays on 127.0.0.1 and in one temporary folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	seed    uint64
	lanes   int
	kills   int
	cuts    int
	binary  string
	only    string
	limit   time.Duration
	verbose bool
}

func main() {
	o := options{}
	flag.Uint64Var(&o.seed, "seed", 0, "seed of what is drawn; 0 draws one")
	flag.IntVar(&o.lanes, "lanes", 3, "gateways at work at one time")
	flag.IntVar(&o.kills, "kills", 20, "random kills under load")
	flag.IntVar(&o.cuts, "cuts", 5, "power cuts")
	flag.StringVar(&o.binary, "binary", "", "the svcgate to test; built when not given")
	flag.StringVar(&o.only, "only", "", "one part: control, points, settling, starts, failures, load or power")
	flag.DurationVar(&o.limit, "limit", time.Hour, "give up after this time")
	flag.BoolVar(&o.verbose, "v", false, "say when each part ends")
	flag.Parse()
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	fmt.Printf("crash: seed %d (repeat with --seed %d)\n", o.seed, o.seed)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	err := run(ctx, o)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		os.Exit(1)
	}
}

// errFound ends the program with 1 after the table has said why.
var errFound = errors.New("promises were broken, or points were not reached: see the table")

func run(ctx context.Context, o options) (err error) {
	started := time.Now()
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	rows, err := b.work(ctx)
	right := printTable(os.Stdout, rows)
	fmt.Printf("crash: seed %d, %d lanes, %s\n", o.seed, o.lanes, time.Since(started).Round(time.Second))
	if err == nil && !right {
		err = errFound
	}
	return err
}
