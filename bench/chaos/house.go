package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/pgtest"
)

// world is what all rows share.
type world struct {
	programs
	dir     string
	seed    uint64
	round   int
	nodes   int             // gateways of each row, on one database
	cluster *pgtest.Cluster // nil with SQLite
	network *network
	papers  *papers
	env     *trap // named by HTTP_PROXY and its sisters
	away    *trap // named by redirects
}

// house is one row's gateway and simulator, with a door between them for each operation.
type house struct {
	*world
	row      row
	folder   string
	names    *names
	database string // what database: says
	provider *provider
	gateways []*gateway
	doors    map[svcgate.Operation]keeper

	mu      sync.Mutex
	answers []answer // all that the gateway told
}

// answer is one thing told, with what was asked for.
type answer struct {
	subject subject
	told    told
}

// open starts a row's processes. Close the house after use, also when there was an error.
func (w *world) open(ctx context.Context, r row) (*house, error) {
	index := r.number()
	h := &house{world: w, row: r, names: newNames(w.seed, index, w.round), doors: map[svcgate.Operation]keeper{}}
	h.folder = filepath.Join(w.dir, fmt.Sprintf("%s.%d", r.id, w.round))
	if err := os.Mkdir(h.folder, 0o700); err != nil {
		return h, fmt.Errorf("making a folder: %w", err)
	}
	var err error
	if h.provider, err = startProvider(ctx, w.svcgate, w.seed+uint64(index)); err != nil {
		return h, err
	}
	bureaus := map[string]bureau{plainService: {url: "http://" + h.provider.address + relatePath}}
	for _, op := range svcgate.Operations() {
		d, err := h.door(ctx, op.Name)
		if err != nil {
			return h, err
		}
		h.doors[op.Operation] = d
		bureaus[h.service(op.Operation)] = d.bureau()
	}
	if h.database, err = w.newDatabase(ctx, fmt.Sprintf("%s_%d", r.id, w.round)); err != nil {
		return h, err
	}
	h.gateways, err = startGateways(ctx, w.svcgate, h.folder, h.database, w.nodes, bureaus, r.pace(), w.environment())
	if err != nil || r.declines == "" {
		return h, err
	}
	for _, op := range svcgate.Operations() {
		if err := h.gateways[0].decline(ctx, h.service(op.Operation), r.declines); err != nil {
			return h, err
		}
		for _, g := range h.gateways {
			if err := g.learns(ctx, h.service(op.Operation), r.declines); err != nil {
				return h, err
			}
		}
	}
	return h, nil
}

// newDatabase makes a database of a name, or names the file beside the settings.
func (w *world) newDatabase(ctx context.Context, name string) (string, error) {
	if w.cluster == nil {
		return "svcgate.db", nil
	}
	return w.cluster.DSN(name), w.cluster.Create(ctx, name, "")
}

// service is the code of the service bureau of a cell: each has one of its own, so that no cell spoils another's.
func (h *house) service(op svcgate.Operation) string { return h.row.id + "." + op.String() }

func (h *house) door(ctx context.Context, name string) (keeper, error) {
	simulator := h.provider.address
	switch h.row.door() {
	case doorProxy:
		return h.network.open(fmt.Sprintf("%s.%d.%s", h.row.id, h.round, name), h.row.host(), simulator)
	case doorFront:
		return openFront(ctx, simulator, h.away.address(), nil)
	case doorTLS:
		return openFront(ctx, simulator, h.away.address(), h.papers)
	case doorTunnel:
		f, err := openFront(ctx, simulator, h.away.address(), h.papers)
		if err != nil {
			return nil, err
		}
		return openTunnel(ctx, f)
	case doorBacklog:
		return openBacklog(ctx, simulator)
	case doorNowhere:
		return nowhere{}, nil
	}
	return nil, fmt.Errorf("there is no door %q", h.row.door())
}

// environment names the trap as the proxy of everything, in all the ways there are.
func (w *world) environment() []string {
	trap := (&url.URL{Scheme: "http", Host: w.env.address()}).String()
	env := []string{"NO_PROXY=", "no_proxy="}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		env = append(env, name+"="+trap, strings.ToLower(name)+"="+trap)
	}
	return env
}

// note keeps what was told for the join at the end.
func (h *house) note(s subject, t told) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answers = append(h.answers, answer{s, t})
}

// close ends what open started.
func (h *house) close() error {
	var errs []error
	for _, g := range h.gateways {
		errs = append(errs, g.stop(), g.save(h.folder))
	}
	for _, d := range h.doors {
		errs = append(errs, d.close())
	}
	if h.provider != nil {
		errs = append(errs, h.provider.stop(), h.provider.save(h.folder))
	}
	return errors.Join(errs...)
}
