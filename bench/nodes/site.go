//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

const (
	service = "RLT"
	lease   = 2 * time.Second // of a node
	quiet   = 4 * time.Second // settling.quiet; no message is on its way for longer
)

// settings are short where something is waited for.
const settings = `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
database: %q
key_file: ../svcgate.key
limits: {call: 5s}
rates: {requests: 0, inquiries: 0}
settling: {schedule: [2s], quiet: %s, every: 200ms}
breaker: {failures: 8, open: 1s}
services:
  - code: RLT
    url: %s/relateui/OMS/xmlapi
    dial_timeout: 1s
    call_timeout: 2s
    presenters_id: "60064"
    submitters_id: "01"
    signon: NODES
`

// several is added for nodes that share a database.
const several = "node: {name: %s, lease: %s}\n"

// site is the provider, the database and the nodes, with a line of its own from each node to the provider.
type site struct {
	options
	dir, token string
	keeper     string // a file with the token of whom publishes codes
	database   *world.Database
	provider   world.Provider
	turns      turns
	nodes      []*node
}

// node is one gateway, whose process comes and goes.
type node struct {
	name, file string
	line       *line
	door       *httptest.Server

	mu     sync.Mutex
	gw     *world.Gateway // the one that serves, or the last one that did
	stops  []stop
	starts int
}

// stop is a time in which a node stood still for longer than its lease.
type stop struct {
	from, to time.Time
	taken    map[string]bool // transactions that were not under way any more just before it woke
}

// newSite starts everything. Close it after use, also when there was an error.
func newSite(ctx context.Context, o options) (s *site, err error) {
	s = &site{options: o, dir: o.keep, turns: turns{inside: map[string]string{}}}
	if o.keep != "" {
		err = os.Mkdir(o.keep, 0o700)
	} else {
		s.dir, err = os.MkdirTemp("", "svcgate-nodes-")
	}
	if err != nil {
		return s, err
	}
	if s.provider, err = world.NewProvider(o.seed); err != nil {
		return s, err
	}
	if s.database, err = world.OpenDatabase(ctx, o.database); err != nil {
		return s, err
	}
	for i := range o.nodes {
		n := &node{name: fmt.Sprintf("n%d", i+1), line: newLine(s.provider, &s.turns, rand.New(rand.NewPCG(o.seed, 100+uint64(i))))}
		n.door = httptest.NewServer(n.line)
		s.nodes = append(s.nodes, n)
		n.file = filepath.Join(s.dir, n.name, "svcgate.yaml")
		text := fmt.Sprintf(settings, s.database.Setting, quiet, n.door.URL)
		if s.database.Cluster != nil {
			text += fmt.Sprintf(several, n.name, lease)
		}
		if err := errors.Join(os.Mkdir(filepath.Dir(n.file), 0o700), os.WriteFile(n.file, []byte(text), 0o600)); err != nil {
			return s, err
		}
	}
	first := s.nodes[0].file
	if _, err := world.Tool(ctx, o.binary, "keys", "init", filepath.Join(s.dir, "svcgate.key")); err != nil {
		return s, err
	}
	if s.token, err = world.Tool(ctx, o.binary, "tokens", "create", "oms", "--role", "oms", "--config", first); err != nil {
		return s, err
	}
	admin, err := world.Tool(ctx, o.binary, "tokens", "create", "keeper", "--role", "admin", "--config", first)
	if err != nil {
		return s, err
	}
	s.keeper = filepath.Join(s.dir, "keeper.token")
	if err := os.WriteFile(s.keeper, []byte(admin), 0o600); err != nil {
		return s, err
	}
	for _, n := range s.nodes {
		if err := s.start(ctx, n); err != nil {
			return s, err
		}
	}
	return s, nil
}

// start starts a node's process.
func (s *site) start(ctx context.Context, n *node) error {
	gw, err := world.Serve(ctx, s.binary, n.file, nil)
	if err != nil {
		return fmt.Errorf("starting %s: %w", n.name, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gw = gw
	n.starts++
	return nil
}

// gateway is the process that serves, or the last one that did.
func (n *node) gateway() *world.Gateway {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.gw
}

// close ends what newSite started.
func (s *site) close() error {
	var errs []error
	for _, n := range s.nodes {
		if gw := n.gateway(); gw != nil {
			_ = gw.Cmd.Process.Signal(syscall.SIGCONT) // it may have ended
			errs = append(errs, gw.End())
		}
	}
	errs = append(errs, s.database.Close())
	for _, n := range s.nodes {
		n.door.CloseClientConnections()
		n.door.Close()
	}
	if s.dir != "" && s.keep == "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
