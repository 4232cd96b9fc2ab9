// Command interop lets SOAP stacks that others wrote speak with svcgate: as the provider against its client, in each
// form of the message, and as clients, by its WSDL, against its simulator, in each form of the answer. All eight
// messages; a cell of the matrix is a whole exchange with the right amounts, or the reason why not.
//
// Each stack reads and writes with its own parser and serializer; the little programs around them are in stacks. They
// run as processes of their own on this machine's loopback address. The matrix is kept in docs/interop.md: a run fails
// when that says something else, --write writes it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// enough is how many stacks must speak all eight messages in one form at least, in each direction.
const enough = 6

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(interop(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// interop is the program. It returns 0 when all is as the document says, 1 when not or when a stack is missing.
func interop(ctx context.Context, args []string, out, complain io.Writer) int {
	f := flag.NewFlagSet("interop", flag.ContinueOnError)
	f.SetOutput(complain)
	folder := f.String("stacks", "bench/interop/stacks", "folder of the stacks' programs")
	page := f.String("document", "docs/interop.md", "the document that holds the matrix")
	write := f.Bool("write", false, "write the matrix into the document")
	limit := f.Duration("limit", 10*time.Minute, "give up after this time")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil || f.NArg() > 0 {
		fmt.Fprintln(complain, "interop: there are only flags; --help lists them")
		return 1
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	if err := run(ctx, out, *folder, *page, *write); err != nil {
		fmt.Fprintln(complain, "interop:", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, out io.Writer, folder, page string, write bool) (err error) {
	began := time.Now()
	b, err := newBench(out, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.work)) }()
	if err := b.missing(ctx, stacks); err != nil {
		return err
	}
	asProvider, err := b.askServers(ctx)
	if err != nil {
		return err
	}
	asClient, err := b.answerClients(ctx)
	if err != nil {
		return err
	}
	text := asProvider.markdown() + "\n" + asClient.markdown()
	fmt.Fprintf(out, "\n%s\n%s\n", asProvider.terminal(), asClient.terminal())
	for _, m := range []*matrix{asProvider, asClient} {
		fmt.Fprintf(out, "%s: %d stacks, %d of them speak all eight messages in one form at least; %d of %d exchanges\n",
			m.title, m.stacks(), m.working(), m.right(), m.cells())
	}
	fmt.Fprintf(out, "took %s\n", time.Since(began).Round(100*time.Millisecond))
	if asProvider.working() < enough || asClient.working() < enough {
		return fmt.Errorf("fewer than %d stacks work in a direction", enough)
	}
	return keep(page, text, write)
}

// bench is where a run takes place.
type bench struct {
	out    io.Writer
	stacks string     // absolute
	cache  string     // where install.sh puts npm's packages
	work   string     // a temporary folder for what is built
	mu     sync.Mutex // guards out
}

func newBench(out io.Writer, folder string) (*bench, error) {
	stacks, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("finding the stacks: %w", err)
	}
	if _, err := os.Stat(filepath.Join(stacks, "entrance.wsdl")); err != nil {
		return nil, fmt.Errorf("there are no stacks in %s; run it in the repository's root or use --stacks: %w", folder, err)
	}
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		cache = filepath.Join(os.Getenv("HOME"), ".cache")
	}
	work, err := os.MkdirTemp("", "svcgate-interop-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	return &bench{out: out, stacks: stacks, cache: filepath.Join(cache, "svcgate-interop"), work: work}, nil
}

// say prints a line of progress.
func (b *bench) say(stack, role string, began time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(b.out, "%-16s as %s in %s\n", stack, role, time.Since(began).Round(100*time.Millisecond))
}

func (b *bench) program(parts ...string) string {
	return filepath.Join(append([]string{b.stacks}, parts...)...)
}
