// Sim runs the gateway's real code - Gateway, sweeper, mapping, messages, store - against the simulator in one process,
// with clock, randomness, network and commits replaced. One seed drives everything: the same seed is the same history.
//
//	go run ./bench/sim -seeds 500
//	go run ./bench/sim -seed 17 -v
//
// Each seed draws requests of several OMS callers and faults of the network, the process, the disk and the clock. In the
// end three records are compared that were written independently: what the OMS was told, what the simulator's ledger
// booked, what the journal says. Every finding is an error; its seed is kept in regressions.txt and run first from then on.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"
)

// options are the flags, and what a seed draws of the set-up.
type options struct {
	seeds, ops, faults, workers int
	first                       uint64
	verbose, keep               bool
	sameVerb                    bool
	without                     []string
	plant                       plant
	draws                       draws
}

func main() {
	o := options{}
	flags := flag.NewFlagSet("sim", flag.ExitOnError)
	flags.IntVar(&o.seeds, "seeds", 500, "how many seeds to run")
	one := flags.Uint64("seed", 0, "run this seed only")
	flags.Uint64Var(&o.first, "first", 0, "the first seed; 0 takes one from the clock")
	flags.IntVar(&o.ops, "ops", 100, "requests a seed")
	flags.IntVar(&o.faults, "faults", 25, "faults a seed, beside those of the sweeper, the clock and the world")
	flags.IntVar(&o.workers, "workers", runtime.NumCPU(), "seeds that run at the same time")
	flags.BoolVar(&o.verbose, "v", false, "print the history as it happens")
	flags.BoolVar(&o.sameVerb, "swap-same-verb", true, "swap answers of one operation between cards, too")
	profile := flags.String("cpuprofile", "", "write a CPU profile to this file")
	without := flags.String("without", "", "leave out faults and events whose names hold one of these texts, with commas between, to narrow a search")
	planted := flags.String("plant", "", "put a bug in, to see it found: resend, early or hasty")
	_ = flags.Parse(os.Args[1:]) // exits by itself
	var err error
	if o.plant, err = parsePlant(*planted); err != nil || flags.NArg() > 0 || o.ops < 1 || o.seeds < 1 || o.workers < 1 || o.faults < 0 {
		fmt.Fprintln(os.Stderr, "sim: seeds, ops and workers are above zero, faults not below;", err)
		os.Exit(2)
	}
	if *without != "" {
		o.without = strings.Split(*without, ",")
	}
	var seeds []uint64
	switch {
	case *one != 0:
		seeds, o.workers = []uint64{*one}, 1
	default:
		known, err := readRegressions(regressionsPath())
		if err != nil {
			fmt.Fprintln(os.Stderr, "sim:", err)
			os.Exit(2)
		}
		if o.first == 0 {
			o.first = uint64(time.Now().Unix())
		}
		seeds = append(seeds, known...)
		for i := range o.seeds {
			seeds = append(seeds, o.first+uint64(i))
		}
		o.keep = o.plant == "" && o.without == nil
	}
	fmt.Printf("sim: seed %d, %d seeds, %d requests and %d faults each, %d workers\n", seeds[0], len(seeds), o.ops, o.faults, o.workers)
	if *one == 0 {
		fmt.Printf("sim: the first new seed is %d\n", o.first)
	}
	debug.SetGCPercent(400) // many small lives, much memory
	// synctest wants a test to hang on to.
	os.Args = os.Args[:1]
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "sim", F: func(t *testing.T) {
		stop, err := profiling(*profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "sim:", err)
			os.Exit(2)
		}
		ok := run(t, seeds, o, os.Stdout, os.Stderr)
		stop()
		if !ok {
			os.Exit(1)
		}
		os.Exit(0)
	}}}, nil, nil)
}

// profiling writes a CPU profile until stop is called; an empty path writes none.
func profiling(path string) (stop func(), err error) {
	if path == "" {
		return func() {}, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a profile that is cut says so itself
	}, nil
}

// leavesOut reports whether a fault or an event is not wanted.
func (o options) leavesOut(name string) bool {
	return slices.ContainsFunc(o.without, func(text string) bool { return strings.Contains(name, text) })
}

// run runs the seeds and prints what came of them. It reports whether all was well.
func run(t *testing.T, seeds []uint64, o options, out, progress io.Writer) bool {
	began := time.Now()
	total := newCoverage()
	failed := 0
	runSeeds(t, seeds, o, func(done int, r result) {
		total.add(r.cover)
		if len(r.findings) > 0 {
			failed++
			fmt.Fprintf(out, "\nseed %d: %d findings\n", r.seed, len(r.findings))
			for i, f := range r.findings {
				if i == 8 {
					fmt.Fprintf(out, "  ... and %d more\n", len(r.findings)-i)
					break
				}
				fmt.Fprintln(out, " ", f)
			}
			if failed <= 3 {
				fmt.Fprintf(out, "history of %s:\n%s", r.findings[0], r.history)
			}
			fmt.Fprintf(out, "replay: go run ./bench/sim -seed %d -ops %d -faults %d\n", r.seed, o.ops, o.faults)
			if o.keep {
				if err := keepRegression(regressionsPath(), r.seed, r.findings[0]); err != nil {
					fmt.Fprintln(progress, "sim:", err)
				}
			}
		}
		if done%25 == 0 || done == len(seeds) {
			fmt.Fprintf(progress, "sim: %d of %d seeds, %d with findings, %s\n", done, len(seeds), failed, time.Since(began).Round(time.Second))
		}
	})
	took := time.Since(began)
	fmt.Fprintln(out)
	total.print(out)
	ok := failed == 0
	if gaps := total.gaps(); len(gaps) > 0 && len(seeds) >= 500 {
		ok = false
		for _, gap := range gaps {
			fmt.Fprintln(out, "never hit:", gap)
		}
	}
	verdict := "lost = doubled = wrongly told = unexplained = 0"
	if failed > 0 {
		verdict = fmt.Sprintf("%d seeds with findings", failed)
	}
	fmt.Fprintf(out, "\n%d seeds in %s, %.1f a second: %s\n", len(seeds), took.Round(time.Millisecond), float64(len(seeds))/took.Seconds(), verdict)
	return ok
}
