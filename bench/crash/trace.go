//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

// group is a sort of system call that the bench stops a gateway at.
type group string

// The groups. Go writes to sockets with write; the others are watched in case that changes.
const (
	syncs  group = "sync"
	writes group = "pwrite"
	sends  group = "send"
)

var groups = []group{syncs, writes, sends}

var callsOf = map[group][]string{
	syncs:  {"fsync", "fdatasync"},
	writes: {"pwrite64", "pwritev", "pwritev2"},
	sends:  {"write", "writev", "sendto", "sendmsg", "sendmmsg"},
}

var groupOf = func() map[string]group {
	of := map[string]group{}
	for g, names := range callsOf {
		for _, name := range names {
			of[name] = g
		}
	}
	return of
}()

// call is one traced system call, in the order in which they were entered.
type call struct {
	thread int
	name   string
	where  string // "wal", "db" or another file's name; "provider", "answer"; "" for what is no point
	nth    int    // among the calls of this name on this thread, from 1: what strace counts by
	point  point
}

// point names a call so that it is the same one in every run of the same operation.
type point struct {
	group group
	where string // of a send: to whom; "" of the others
	n     int    // from 1
}

func (p point) String() string {
	if p.where != "" {
		return fmt.Sprintf("%s %d to the %s", p.group, p.n, p.where)
	}
	return fmt.Sprintf("%s %d", p.group, p.n)
}

// tracer is strace attached to a gateway. Its counts begin with the attachment, so the calls of starting up are none
// of them.
type tracer struct {
	proc *world.Process
	log  string
}

var tracerReady = regexp.MustCompile(`Process \d+ attached`)

// attach traces the gateway's calls of these names; inject is what strace shall do, "" for nothing.
func attach(ctx context.Context, pid int, log, names, inject string) (*tracer, error) {
	args := []string{"-f", "-yy", "-s", "0", "-e", "signal=none", "-o", log, "-e", "trace=" + names}
	if inject != "" {
		args = append(args, "-e", "inject="+inject)
	}
	proc, _, err := world.Start(ctx, tracerReady, nil, "strace", append(args, "-p", strconv.Itoa(pid))...)
	if err != nil {
		return nil, fmt.Errorf("attaching strace: %w", err)
	}
	return &tracer{proc, log}, nil
}

// detach lets the gateway go and returns the calls. Of a gateway that is dying it waits for the end: strace can wait
// for ever for a thread that it lets go in the moment of its death.
func (t *tracer) detach(ctx context.Context, g *world.Gateway, dying bool) ([]call, error) {
	if ctx.Err() != nil {
		g.Kill()
		t.proc.Kill()
		return nil, ctx.Err()
	}
	if dying {
		if !t.proc.EndsBy(time.Now().Add(world.Patience)) {
			t.proc.Kill()
			return nil, errors.New("strace did not see the end of the gateway")
		}
	} else if err := t.proc.End(); err != nil {
		return nil, err
	}
	f, err := os.Open(t.log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	return readCalls(lines, strings.TrimPrefix(g.Base, "http://")), nil
}

var (
	callLine = regexp.MustCompile(`^(\d+) +([a-z0-9]+)\(\d+<(.*?)>(?:,|\)| )`)
	tcpPair  = regexp.MustCompile(`^TCP(?:v6)?:\[(\S+)->(\S+)\]$`)
)

// readCalls reads strace's log. A call's second line, when it was interrupted by another thread's, is none of its own.
func readCalls(lines []string, api string) []call {
	var calls []call
	nth := map[string]int{}
	points := map[point]int{}
	for _, line := range lines {
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c := call{name: m[2]}
		c.thread, _ = strconv.Atoi(m[1]) // digits by the expression
		counter := m[1] + " " + c.name
		nth[counter]++
		c.nth = nth[counter]
		c.point.group = groupOf[c.name]
		c.where = place(m[3], api)
		if c.point.group == sends {
			c.point.where = c.where
		}
		if c.where != "" {
			points[c.point]++
			c.point.n = points[c.point]
		}
		calls = append(calls, c)
	}
	return calls
}

// place says what a file descriptor is. A socket is the caller's when this end is the API's address, else the
// provider's; what is neither a socket nor a file of the database is no place.
func place(descriptor, api string) string {
	if pair := tcpPair.FindStringSubmatch(descriptor); pair != nil {
		if pair[1] == api {
			return "caller"
		}
		return "provider"
	}
	if i := strings.LastIndex(descriptor, "/svcgate.db"); i >= 0 {
		return descriptor[i+1:]
	}
	return ""
}

// hitBy returns the call at which strace struck: the first of this name that was its thread's nth.
func hitBy(calls []call, name string, nth int) *call {
	for i := range calls {
		if calls[i].name == name && calls[i].nth == nth {
			return &calls[i]
		}
	}
	return nil
}
