//go:build linux

// Command nodes lets three gateways share one PostgreSQL and does to them what happens to machines: nodes are killed,
// stopped for longer than their lease and woken, ended and started one after the other; the database restarts in the
// middle of its work, goes away for a while, throws everybody out; the network between nodes and provider loses, delays
// and cuts messages. Meanwhile an OMS sends to any node, repeats under the same key at another one when it gets no answer,
// uses one card at several nodes at once, and codes that are published at one node must be in force at the others soon.
//
//	go run ./bench/nodes --binary bin/svcgate --seed 7
//
// One seed draws the requests, the faults and their order. When all is settled it joins what the OMS was told, what the
// provider booked and what the journal says, repeats settled requests at every node, and at last plants a bug, messages
// that are sent twice, which it must see. It ends with 1 when a promise was broken.
//
// It needs PostgreSQL's server; --database sqlite works one node without what needs several.
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

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/world"
)

// options are the flags.
type options struct {
	binary   string
	database string
	nodes    int
	callers  int
	length   time.Duration
	settle   time.Duration
	seed     uint64
	only     string
	keep     string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "bin/svcgate", "the gateway")
	flag.StringVar(&o.database, "database", world.Postgres, "postgres or sqlite")
	flag.IntVar(&o.nodes, "nodes", 3, "gateways on the database")
	flag.IntVar(&o.callers, "callers", 24, "requests at one time")
	flag.DurationVar(&o.length, "for", 45*time.Second, "how long faults are made; each is made once at least")
	flag.DurationVar(&o.settle, "settle", 3*time.Minute, "how long settling may take after that")
	flag.Uint64Var(&o.seed, "seed", 0, "seed of requests and faults; 0 draws one")
	flag.StringVar(&o.only, "only", "", "one sort of fault: "+faultNames())
	flag.StringVar(&o.keep, "keep", "", "keep settings and logs in this folder, which must be new")
	flag.Parse()
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(1<<32)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "nodes:", err)
		fmt.Fprintf(os.Stderr, "nodes: again with: go run ./bench/nodes --seed %d\n", o.seed)
		os.Exit(1)
	}
}

func (o options) check() error {
	switch {
	case o.nodes < 1 || o.callers < 1 || o.length <= 0 || o.settle <= 0:
		return errors.New("nodes, callers, for and settle are above zero")
	case o.nodes > 1 && o.database != world.Postgres:
		return errors.New("several nodes need --database postgres")
	case o.only != "" && faultOf(o.only) == nil:
		return fmt.Errorf("there is no fault %q; the faults are %s", o.only, faultNames())
	}
	return nil
}

// errFound ends the program with 1 after what was found is printed.
var errFound = errors.New("promises were broken")

func run(ctx context.Context, o options) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	fmt.Printf("nodes: %d x svcgate on %s, %d callers, faults for %v, seed %d\n", o.nodes, o.database, o.callers, o.length, o.seed)
	began := time.Now()
	s, err := newSite(ctx, o)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return err
	}
	d := newDirector(s)
	w, err := newLoad(s)
	if err != nil {
		return err
	}
	if err := w.during(ctx, func() error { return d.play(ctx) }); err != nil {
		return err
	}
	d.say("faults are over: waiting until everything is settled")
	v := verdict{director: d, load: w, states: map[svcgate.State]int{}}
	if v.rest, err = s.settled(ctx); err != nil {
		return err
	}
	if err := v.compare(ctx); err != nil {
		return err
	}
	if v.caught, err = v.control(ctx); err != nil {
		return err
	}
	v.print(os.Stdout)
	fmt.Printf("nodes: seed %d, %v\n", o.seed, time.Since(began).Round(time.Second))
	if !v.ok() {
		return errFound
	}
	return nil
}
