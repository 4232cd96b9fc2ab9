// Command e2e measures the shipped gateway from end to end, side by side with what it is to be compared with, and
// judges the goals of docs/performance.md.
//
//	make bench-e2e                     everything, about 40 minutes
//	make bench-e2e BENCH=--quick       smaller counts, about 5 minutes
//
// It starts a stub provider, the gateway on SQLite and on PostgreSQL, a bare reverse proxy, nginx, a naive adapter and
// gowsdl's client, each as a process on 127.0.0.1, and loads them by turns: one round visits every cell, and what is
// told is the median of the ratios that each round gave. So a machine that is slow for a while is slow for both sides
// of a ratio. It ends with 1 when a gateway's answer was no approval; a goal that is missed is told and is no error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// options are what the bench is started with.
type options struct {
	binary   string
	dir      string
	quick    bool
	rounds   int
	only     string
	seed     uint64
	rows     int
	patience time.Duration
	profile  string
	json     string
	markdown string
	svg      string
	noMicro  bool
	verbose  bool
}

// roles are the processes that the bench is itself.
var roles = map[string]func(args []string) error{
	"provider":  provide,
	"proxy":     proxy,
	"naive":     naive,
	"assembled": assembled,
}

func main() {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			if err := role(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[1], err)
				os.Exit(1)
			}
			return
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, readOptions()); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

func readOptions() options {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/svcgate", "the gateway")
	flag.StringVar(&o.dir, "dir", "", "where databases and logs go, on the disk to be measured (default a temporary folder, removed at the end)")
	flag.BoolVar(&o.quick, "quick", false, "smaller counts and three rounds")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds (default 3 with --quick, else 7)")
	flag.StringVar(&o.only, "only", "", "only these arms, by name, with commas between ("+strings.Join(armNames(), ",")+"); the goals that need others are left out")
	flag.Uint64Var(&o.seed, "seed", 0, "of the order in which a round visits the arms, and of the cards (default: the clock)")
	flag.IntVar(&o.rows, "rows", 0, "also measure with a journal of so many transactions, made first (1000000 is what the goal names)")
	flag.DurationVar(&o.patience, "patience", 0, "wait so long before each cell for the rest of the machine to be quiet (default 0 with --quick, else 10s)")
	flag.StringVar(&o.profile, "profile", "", "write a CPU profile of the assembled gateway (group-commit, or the one that --only names) at 64 connections to this file, and print its top")
	flag.StringVar(&o.json, "json", "", "write everything measured to this file")
	flag.StringVar(&o.markdown, "markdown", "", "put the tables into this file, between its marks (docs/performance.md)")
	flag.StringVar(&o.svg, "svg", "", "write the chart to this file (docs/performance.svg)")
	flag.BoolVar(&o.noMicro, "no-micro", false, "leave out the benchmarks of go test")
	flag.BoolVar(&o.verbose, "v", false, "print each cell when it is measured")
	flag.Parse()
	if o.rounds == 0 {
		o.rounds = 7
		if o.quick {
			o.rounds = 3
		}
	}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["patience"] && !o.quick {
		o.patience = 10 * time.Second
	}
	if !given["seed"] {
		o.seed = uint64(time.Now().UnixNano())
	}
	return o
}

func run(ctx context.Context, o options) (err error) {
	if err := o.writable(); err != nil {
		return err
	}
	b, err := newBench(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if err := b.measure(ctx); err != nil {
		return err
	}
	r := b.report()
	fmt.Print("\n", r.text())
	return errors.Join(r.write(o), r.wrong())
}
