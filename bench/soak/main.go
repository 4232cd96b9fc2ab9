//go:build linux

// Command soak works the shipped binary at a constant rate for long, as an OMS would: mixed operations over many cards,
// with authentication, metrics and logs on, and a provider that takes its time. It measures what the gateway itself adds
// to the provider's time, memory and processor time, counts every answer that was not asked for, and in the end compares
// what the OMS was told, what the provider booked and what the journal says.
//
//	go run ./bench/soak --rate 400 --for 30m
//	go run ./bench/soak --database postgres --nodes 3
//
// Requests leave at their times whatever the answers are (an open loop), and a request's time counts from when it was
// due: a gateway that stands still is not spared the requests that it kept from being sent. The OMS and the provider are
// this process, which shares the machine with the gateway; what that costs counts as the gateway's. It ends with 1 when
// a goal is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

// options are the flags.
type options struct {
	binary   string
	database string
	nodes    int
	rate     int
	length   time.Duration
	delay    time.Duration
	cards    int
	seed     uint64
	plant    string
}

// plantDouble is a provider's line that now and then carries a message twice, to show that the bench sees it.
const plantDouble = "double"

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/svcgate", "the gateway")
	flag.StringVar(&o.database, "database", world.SQLite, "sqlite or postgres")
	flag.IntVar(&o.nodes, "nodes", 1, "gateways on one database; several need postgres")
	flag.IntVar(&o.rate, "rate", 200, "operations a second")
	flag.DurationVar(&o.length, "for", time.Minute, "how long")
	flag.DurationVar(&o.delay, "provider-delay", 50*time.Millisecond, "how long the provider takes to answer")
	flag.IntVar(&o.cards, "cards", 5000, "cards at the start; each activation adds one")
	flag.Uint64Var(&o.seed, "seed", 0, "seed of what is drawn; 0 draws one")
	flag.StringVar(&o.plant, "plant", "", "plant a bug: double carries one message in a hundred twice, and the run must find it")
	flag.Parse()
	if o.seed == 0 {
		o.seed = rand.Uint64()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func (o options) check() error {
	switch {
	case o.rate < 1 || o.nodes < 1 || o.cards < 1 || o.length < time.Second || o.delay < 0:
		return errors.New("rate, nodes, cards and length are above zero")
	case o.nodes > 1 && o.database != world.Postgres:
		return errors.New("several nodes need --database postgres")
	case o.plant != "" && o.plant != plantDouble:
		return fmt.Errorf("there is no plant %q; there is %s", o.plant, plantDouble)
	}
	return nil
}

// errMissed ends the program with 1 after the verdict has said why.
var errMissed = errors.New("a goal was missed: see the verdict")

func run(ctx context.Context, o options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	fmt.Printf("soak: %d op/s for %v, provider answers in %v, %d x svcgate on %s, %d cards, seed %d\n", o.rate, o.length, o.delay, o.nodes, o.database, o.cards, o.seed)
	s, err := newSite(ctx, o)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return err
	}
	l, err := newLoad(s)
	if err != nil {
		return err
	}
	w := &watch{gateways: s.gateways}
	if w.file, err = os.Create(filepath.Join(s.dir, "disk")); err != nil {
		return err
	}
	defer w.file.Close()
	stop := watchProgress(l, w)
	took := l.send(ctx)
	if err := errors.Join(stop(), context.Cause(ctx)); err != nil {
		return err
	}
	report, err := s.compare(ctx, l.oms)
	if err != nil {
		return err
	}
	v := verdict{l.total, sum(w.looks), w.synced, report, float64(o.rate), took}
	v.print(os.Stdout)
	if !v.ok() {
		return errMissed
	}
	fmt.Println("soak: every goal that was judged was met")
	return nil
}
