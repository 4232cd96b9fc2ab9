// Command browser uses the console as people do, in Debian's Chromium, on the real binary with a simulated provider.
//
//	go run ./bench/browser --binary bin/svcgate --axe "$(bench/browser/fetch.sh)"
//
// The first person comes in by the bootstrap link and invites four others, each in a browser of their own. They map a
// code that no rule knows, publish, see the next transaction worded anew and roll back; settle what waits on the desk;
// ask for balances; and open every page of the console's table of routes. Every page is looked at: axe-core finds nothing
// serious on it, light and dark, it does not scroll sideways at 320 pixels, and it can be read without scripts. An error
// in the browser's console, a breach of the content policy or a request to another host ends the run.
//
// With --write DIR the pictures of the documents are made. With --wapiti the console is scanned from outside instead.
// Ends with 1 when something is not as it must be, with 2 when nothing could be tried.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// settings are what the command line says.
type settings struct {
	binary   string
	chromium string
	axe      string
	routes   string
	write    string
	evidence string
	wapiti   bool
	limit    time.Duration
}

func main() {
	s := settings{}
	flag.StringVar(&s.binary, "binary", "bin/svcgate", "the gateway")
	flag.StringVar(&s.chromium, "chromium", "chromium", "the browser")
	flag.StringVar(&s.axe, "axe", "", "axe-core's package, which bench/browser/fetch.sh brings")
	flag.StringVar(&s.routes, "routes", "console/testdata/routes.txt", "the console's table of routes: every page of it is opened")
	flag.StringVar(&s.write, "write", "", "write the pictures of the pages to this folder")
	flag.StringVar(&s.evidence, "evidence", "", "keep a picture and the text of the page where a step failed in this folder; otherwise in a temporary one")
	flag.BoolVar(&s.wapiti, "wapiti", false, "scan the console with wapiti instead")
	flag.DurationVar(&s.limit, "limit", 0, "give up after this time; 10m, and 5m for wapiti")
	flag.Parse()
	signal.Ignore(syscall.SIGPIPE) // what was started is ended, even when nobody reads on
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(start(ctx, s))
}

// errUntried says that nothing could be tried.
var errUntried = errors.New("nothing was tried")

func start(ctx context.Context, s settings) int {
	if s.limit == 0 {
		s.limit = 10 * time.Minute
		if s.wapiti {
			s.limit = 5 * time.Minute
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	began := time.Now()
	try := browse
	if s.wapiti {
		try = scan
	}
	err := try(ctx, s)
	fmt.Printf("took %s\n", time.Since(began).Round(100*time.Millisecond))
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "browser:", err)
	if errors.Is(err, errUntried) {
		return 2
	}
	return 1
}

// need finds a program, or names the package that brings it.
func need(program, pkg string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%w: %s is missing: apt-get install %s", errUntried, program, pkg)
	}
	return path, nil
}

// browse walks through the console.
func browse(ctx context.Context, s settings) (err error) {
	chromium, err := need(s.chromium, "chromium")
	if err != nil {
		return err
	}
	axe, err := readAxe(s.axe)
	if err != nil {
		return err
	}
	pages, err := readRoutes(s.routes)
	if err != nil {
		return err
	}
	w, err := newWorld(ctx, s.binary, "people", "bootstrap")
	if err != nil {
		return fmt.Errorf("%w: %w", errUntried, err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	b, err := openBrowser(ctx, chromium, w)
	if err != nil {
		return fmt.Errorf("%w: %w", errUntried, err)
	}
	defer func() { err = errors.Join(err, b.close()) }()
	walk := &walk{world: w, browser: b, people: map[string]*person{}, eye: &eye{axe: axe, pages: pages, write: s.write}, evidence: s.evidence}
	return walk.take(ctx)
}
