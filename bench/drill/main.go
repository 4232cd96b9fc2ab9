//go:build linux

// Command drill practises the loss of a machine: a gateway works under load, is backed up while it works, and is killed;
// its database is gone. The backup is restored into a new place, verified, and a gateway is started on it. Then
//
//   - every operation that was answered before the backup began must be in it, as it was told,
//   - no message may leave that the provider was sent before, nor any other that moves money,
//   - what was under way in the backup must be settled, or lie on the desk.
//
// What was answered later is lost with the machine: how much that is, is printed.
//
//	go run ./bench/drill --binary bin/svcgate
//
// It does so on SQLite and on PostgreSQL, and ends with 1 when a promise is broken.
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

	"github.com/svcgate/svcgate/bench/world"
)

// options are the flags.
type options struct {
	binary string
	rate   int           // operations a second
	before time.Duration // of load, until the backup begins
	after  time.Duration // of load, from the end of the backup to the kill
}

func main() {
	var o options
	databases := flag.String("databases", world.SQLite+","+world.Postgres, "where the journal is kept, one after the other")
	flag.StringVar(&o.binary, "binary", "bin/svcgate", "the gateway")
	flag.IntVar(&o.rate, "rate", 300, "operations a second")
	flag.DurationVar(&o.before, "before", 5*time.Second, "load before the backup begins")
	flag.DurationVar(&o.after, "after", 2*time.Second, "load from the end of the backup to the kill")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, strings.Split(*databases, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "drill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, databases []string) error {
	if o.rate < 1 || o.before <= 0 || o.after <= 0 {
		return errors.New("rate, before and after are above zero")
	}
	for _, kind := range databases {
		if err := practise(ctx, o, kind); err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// practise loses one gateway and its database, and brings them back.
func practise(ctx context.Context, o options, kind string) (err error) {
	s, err := newSite(ctx, o, kind)
	defer func() { err = errors.Join(err, s.close()) }()
	if err != nil {
		return err
	}
	begun, backedUp, killed, err := s.lose(ctx)
	if err != nil {
		return err
	}
	sent, err := s.messages()
	if err != nil {
		return err
	}
	restored, err := s.restore(ctx)
	if err != nil {
		return err
	}
	rows, err := s.settle(ctx)
	if err != nil {
		return err
	}
	again, err := s.messages()
	if err != nil {
		return err
	}
	v := judge(s.oms.Log(), begun, rows, sent, again)
	fmt.Printf("drill: %-8s %d operations answered, %d before the backup began; backup made in %v, restored in %v\n",
		kind, v.told, v.covered, backedUp.Sub(begun).Round(time.Millisecond), restored.Round(time.Millisecond))
	fmt.Printf("drill: %-8s %d were under way in the backup: %d settled, %d on the desk; %d messages before, %d of money after\n",
		kind, v.settled+v.desk, v.settled, v.desk, len(sent), v.resent)
	fmt.Printf("drill: %-8s lost: %d operations answered after the backup, of the last %v before the kill\n",
		kind, v.lost, v.window(killed).Round(time.Millisecond))
	return v.err()
}
