// Command chaos puts every network fault between the gateway and the provider, under each of the eight operations,
// and looks at what the caller is told, what reached the provider and what it booked.
//
// The gateway, toxiproxy and the simulator run as programs of their own on this machine's loopback address. Every row
// of the table has a gateway with a fresh database and a simulator with a fresh ledger; every cell has a service
// bureau, a way to the simulator and cards of its own. One message is sent under each form of a fault. Then the fault
// is taken back, the message is repeated under its key, which must send nothing, and another card must be served. What
// is unknown is read, which lets the gateway look into it, and repeated once more; in two more rows the gateway looks by
// itself until everything is settled or waits for a person.
//
// With --database postgres every row has three gateways on one database: its cells are spread over them, and each message
// is repeated at another gateway than took it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/svcgate/svcgate/internal/pgtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(chaos(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	programs
	seed     uint64
	rounds   int
	jobs     int
	only     string
	markdown string
	keep     string
	database string
	limit    time.Duration
	rows     []row
}

func parseOptions(args []string, complain io.Writer) (options, error) {
	o := options{}
	f := flag.NewFlagSet("chaos", flag.ContinueOnError)
	f.SetOutput(complain)
	f.Uint64Var(&o.seed, "seed", 0, "seed of cards, orders and the simulator's numbers; 0 draws one")
	f.IntVar(&o.rounds, "rounds", 1, "play everything so often, each time with other cards")
	f.IntVar(&o.jobs, "jobs", 4, "rows at one time")
	f.StringVar(&o.only, "row", "", "play these rows only, such as N7 or N7,N9")
	f.StringVar(&o.markdown, "markdown", "", "write the table for the documents to this file")
	f.StringVar(&o.keep, "keep", "", "keep settings and databases in this folder, which must be new")
	f.StringVar(&o.database, "database", "sqlite", "sqlite, or postgres: then each row has three gateways on one database")
	f.StringVar(&o.svcgate, "svcgate", "", "the binary to test; otherwise it is built")
	f.StringVar(&o.toxiproxy, "toxiproxy", "", "toxiproxy's server; otherwise it is built from the module")
	f.DurationVar(&o.limit, "limit", 30*time.Minute, "give up after this time, for each round")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("there are no arguments, only flags: %q", f.Arg(0))
	case o.database != "sqlite" && o.database != "postgres":
		return o, fmt.Errorf("there is no database %q; there are sqlite and postgres", o.database)
	case o.rounds < 1 || o.jobs < 1 || o.limit <= 0:
		return o, errors.New("rounds, jobs and limit are above zero")
	}
	var err error
	o.rows, err = chooseRows(o.only)
	return o, err
}

// chooseRows finds rows by their names, all of them for "".
func chooseRows(names string) ([]row, error) {
	if names == "" {
		return everything(), nil
	}
	rows := everything()
	var chosen []row
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(rows, func(r row) bool { return strings.EqualFold(r.id, strings.TrimSpace(name)) })
		if i < 0 {
			return nil, fmt.Errorf("there is no row %q; the rows are %s to %s, S1 and S2", name, rows[0].id, rows[len(rows)-len(settlings)-1].id)
		}
		chosen = append(chosen, rows[i])
	}
	return chosen, nil
}

// chaos is the program. It returns 0 when every cell is right, 1 when one is not, 2 when nothing could be tested.
func chaos(ctx context.Context, args []string, out, complain io.Writer) int {
	o, err := parseOptions(args, complain)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(complain, "chaos:", err)
		return 2
	}
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(1<<32)
	}
	fmt.Fprintf(out, "seed %d\n", o.seed)
	right, err := o.play(ctx, out)
	if err != nil {
		fmt.Fprintln(complain, "chaos:", err)
		return 2
	}
	if !right {
		fmt.Fprintf(out, "again with: go run ./bench/chaos --seed %d\n", o.seed)
		return 1
	}
	return 0
}

// play sets the world up and plays all rounds in it.
func (o options) play(ctx context.Context, out io.Writer) (right bool, err error) {
	dir, clean, err := folder(o.keep)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, clean()) }()
	if err := o.build(ctx, dir); err != nil {
		return false, err
	}
	w := &world{programs: o.programs, dir: dir, seed: o.seed, nodes: 1}
	defer func() { err = errors.Join(err, w.close()) }()
	if o.database == "postgres" {
		w.nodes = 3
		if w.cluster, err = pgtest.Start(ctx, pgtest.Options{}); err != nil {
			return false, err
		}
	}
	if err := w.setUp(ctx); err != nil {
		return false, err
	}
	right = true
	for w.round = range o.rounds {
		good, err := o.round(ctx, w, out)
		if err != nil {
			return false, err
		}
		right = right && good
	}
	return right, nil
}

// round plays every row once and prints the table.
func (o options) round(ctx context.Context, w *world, out io.Writer) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, o.limit)
	defer cancel()
	began := time.Now()
	results := run(ctx, w, o.rows, o.jobs, func(r result) {
		word := "right"
		if !r.right() {
			word = "WRONG"
		}
		fmt.Fprintf(out, "%-4s %-42s %s in %s\n", r.row.id, r.row.name, word, r.took.Round(100*time.Millisecond))
	})
	fmt.Fprintln(out)
	printGrid(out, results)
	fmt.Fprintln(out)
	right := summary(out, results)
	for name, trap := range map[string]*trap{"the proxy that the environment names": w.env, "where redirects point": w.away} {
		if n := trap.caught.Load(); n > 0 {
			fmt.Fprintf(out, "✗ wrong: %d connections went %s\n", n, name)
			right = false
		}
	}
	fmt.Fprintf(out, "round %d of %d took %s\n", w.round+1, o.rounds, time.Since(began).Round(100*time.Millisecond))
	if o.markdown == "" {
		return right, nil
	}
	var text bytes.Buffer
	writeMarkdown(&text, results, fmt.Sprintf("make chaos CHAOS=\"--seed %d --markdown %s\"", o.seed, o.markdown))
	return right, os.WriteFile(o.markdown, text.Bytes(), 0o644)
}

func (w *world) setUp(ctx context.Context) (err error) {
	if w.papers, err = newPapers(w.dir); err != nil {
		return err
	}
	if w.env, err = openTrap(ctx); err != nil {
		return err
	}
	if w.away, err = openTrap(ctx); err != nil {
		return err
	}
	w.network, err = startNetwork(ctx, w.toxiproxy)
	return err
}

func (w *world) close() error {
	var errs []error
	for _, t := range []*trap{w.env, w.away} {
		if t != nil {
			errs = append(errs, t.close())
		}
	}
	if w.network != nil {
		errs = append(errs, w.network.stop())
	}
	if w.cluster != nil {
		errs = append(errs, w.cluster.Stop())
	}
	return errors.Join(errs...)
}

// folder makes the folder of a run and says how to clean up.
func folder(keep string) (string, func() error, error) {
	if keep != "" {
		if err := os.Mkdir(keep, 0o700); err != nil {
			return "", nil, fmt.Errorf("--keep: %w", err)
		}
		return keep, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "svcgate-chaos-")
	if err != nil {
		return "", nil, fmt.Errorf("making a folder: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}
