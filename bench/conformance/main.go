// Command conformance holds the two readers of foreign text against what others wrote to test such readers: the one
// of package messages against the W3C's XML suite, expat and libxml2, the JSON door of the API against JSONTestSuite.
//
// The suites are not part of the repository; fetch.sh brings them into a cache folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(conformance(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// conformance is the program. It returns 0 when all is right, 1 when something is not, 2 when nothing could be tested.
func conformance(ctx context.Context, args []string, out, complain io.Writer) int {
	f := flag.NewFlagSet("conformance", flag.ContinueOnError)
	f.SetOutput(complain)
	cache := f.String("cache", "", "folder with the suites, as fetch.sh prints it")
	seed := f.Uint64("seed", 0, "seed of the mutations; 0 draws one")
	count := f.Int("mutations", 20_000, "how many changed messages all readers read")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case *cache == "" || *count < 1 || f.NArg() > 0:
		fmt.Fprintln(complain, "conformance: wants -cache, a number of mutations above zero, and no arguments")
		return 2
	}
	if *seed == 0 {
		*seed = 1 + rand.Uint64N(1<<32)
	}
	all := true
	for _, judge := range []func() (bool, error){
		func() (bool, error) { return judgeSuite(out, *cache) },
		func() (bool, error) { return judgeReaders(ctx, out, *seed, *count) },
		func() (bool, error) { return judgeDoor(ctx, out, *cache) },
	} {
		right, err := judge()
		if err != nil {
			fmt.Fprintln(complain, "conformance:", err)
			return 2
		}
		all = all && right
	}
	if !all {
		fmt.Fprintf(out, "✗ not conformant; again with -seed %d\n", *seed)
		return 1
	}
	fmt.Fprintln(out, "conformance: all right")
	return 0
}
