package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/soap"
	"github.com/svcgate/svcgate/store"
	"github.com/svcgate/svcgate/telemetry"
)

// gate is everything that serves, put together.
type gate struct {
	config  *config.Config
	store   *store.Store
	codes   *responsecodes.Book
	keys    *secret.Keyring
	gateway *svcgate.Gateway
	door    *access.Door
	api     *api.API
	clients map[string]*soap.Client // of the services whose provider speaks over one
	health  *health
	tracing *telemetry.Tracing // nil: nothing is traced
	watch   *telemetry.Watch
	log     *slog.Logger
	demo    bool // nothing is real

	draining atomic.Bool
	close    []func() error // in reverse
}

// openGate opens the store and puts gateway and API on it. When it returns, attempts of an earlier process without an
// outcome are unresolved and due, so whoever serves afterwards is ready. Close it after use.
func openGate(ctx context.Context, c *config.Config, log *slog.Logger, guard *leakGuard) (_ *gate, err error) {
	g := &gate{config: c, log: log, health: newHealth(), clients: map[string]*soap.Client{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Close())
		}
	}()
	if g.keys, err = gateKeys(c, log); err != nil {
		return nil, err
	}
	database, err := databaseOf(c)
	if err != nil {
		return nil, err
	}
	database.Node = g.node()
	if g.store, err = openStore(ctx, database, log); err != nil {
		return nil, err
	}
	g.close = append(g.close, g.store.Close)
	if g.tracing, err = g.openTracing(ctx); err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	if g.watch, err = telemetry.NewWatch(g.tracing, registry); err != nil {
		return nil, err
	}
	codes := make([]string, len(c.Services))
	providers := map[string]svcgate.Provider{}
	for i, s := range c.Services {
		provider, closeClient, err := newProvider(s)
		if err != nil {
			return nil, fail(exitUsage, "%w", err)
		}
		g.close = append(g.close, func() error { closeClient(); return nil })
		if w, ok := provider.(wired); ok {
			g.clients[s.Code] = w.client
		}
		g.watch.Known(s.Code)
		codes[i], providers[s.Code] = s.Code, g.watch.Provider(provider)
	}
	if g.codes, err = openCodes(ctx, g.store, codes, log); err != nil {
		return nil, err
	}
	if g.gateway, err = svcgate.NewGateway(g.gatewayConfig(providers)); err != nil {
		return nil, err
	}
	g.door = newDoor(g.store, g.keys, g.health.counts)
	registerMetrics(registry, g, guard)
	if g.api, err = api.New(g.apiConfig(codes, registry)); err != nil {
		return g, err
	}
	g.gateway.Resume(ctx) // before anything is taken: it is for what earlier processes left
	return g, nil
}

// node is this process among others on the same PostgreSQL database. The keys are told by a fingerprint, as cards are.
func (g *gate) node() store.Node {
	return store.Node{Name: g.config.Node.Name, Version: thisBuild().Version, Lease: g.config.Node.Lease,
		Keys: g.keys.Fingerprint("node", secret.New("keys")), Claim: 2 * g.config.Limits.Call}
}

// gatewayConfig gives the gateway the store for all that it keeps. In the settings 0 is never; for the gateway it is the
// default.
func (g *gate) gatewayConfig(providers map[string]svcgate.Provider) svcgate.GatewayConfig {
	never := func(n int64) int64 {
		if n == 0 {
			return -1
		}
		return n
	}
	c := g.config
	return svcgate.GatewayConfig{
		Providers: providers, Journal: g.watch.Journal(g.store), History: g.store, Unsettled: g.store, Decisions: g.watch.Decisions(g.store), Codes: g.codes, Keys: g.keys,
		CallLimit: c.Limits.Call, KeepCard: c.KeepNewCards, Log: g.log, Now: g.store.Now, Permit: g.store.Permit,
		Schedule: c.Settling.Schedule, Quiet: c.Settling.Quiet, Baseline: c.Baseline,
		Breaker: svcgate.Breaker{Failures: int(never(int64(c.Breaker.Failures))), Open: c.Breaker.Open},
		Window:  time.Duration(never(int64(c.Duplicates.Window))),
	}
}

func (g *gate) apiConfig(services []string, registry *prometheus.Registry) api.Config {
	c := g.config
	rates := api.Rates{Requests: perSecond(c.Rates.Requests), Inquiries: perSecond(c.Rates.Inquiries)}
	return api.Config{
		Gateway: g.gateway, Settler: settler{g.gateway, g.watch}, Journal: g.store, Codes: g.codes, Services: services,
		Tokens: g.store, TokenKeeper: g.store, People: g.door, Auditor: auditor{g.store, g.health}, Trail: g.store,
		Review: &responsecodes.Review{Book: g.codes, Journal: g.store}, Figures: g.store,
		DeriveKeys: func(caller string) bool { return slices.Contains(c.Idempotency.DeriveKeys, caller) },
		Rates:      func(access.Token) api.Rates { return rates },
		Ready:      g.ready,
		Now:        g.store.Now,
		Tracer:     g.tracer(),
		Log:        g.log, MaxInFlight: c.Limits.MaxInFlight, Metrics: registry, Version: thisBuild().Version,
	}
}

// perSecond is a rate that allows twice as many at once after a pause.
func perSecond(n int) api.Rate { return api.Rate{PerSecond: float64(n), Burst: 2 * n} }

// openCodes reads the vendor response table and gives every service that has none the starter set.
func openCodes(ctx context.Context, s *store.Store, services []string, log *slog.Logger) (*responsecodes.Book, error) {
	book, err := responsecodes.NewBook(ctx, s)
	if err != nil {
		return nil, err
	}
	book.Log, book.Now, book.Word = log, s.Now, s.Published()
	for _, service := range services {
		started, err := book.Start(ctx, service, responsecodes.StarterSet(service))
		if err != nil {
			return nil, fmt.Errorf("writing the starter set of %s: %w", service, err)
		}
		if started {
			log.Info("starter set of vendor responses published", "service", service)
		}
	}
	return book, nil
}

var errDraining = errors.New("the server is stopping")

func (g *gate) ready(ctx context.Context) error {
	if g.draining.Load() {
		return errDraining
	}
	return g.store.Check(ctx)
}

// Close closes what openGate opened, the last first.
func (g *gate) Close() error {
	var errs []error
	for _, step := range slices.Backward(g.close) {
		errs = append(errs, step())
	}
	g.close = nil
	return errors.Join(errs...)
}
