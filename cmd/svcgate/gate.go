package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

// gate is everything that serves, put together.
type gate struct {
	config *config.Config
	store  *store.Store
	codes  *responsecodes.Book
	keys   *secret.Keyring
	api    *api.API
	log    *slog.Logger

	draining atomic.Bool
	close    []func() error // in reverse
}

// openGate opens the store and puts gateway and API on it. Close it after use.
func openGate(ctx context.Context, c *config.Config, log *slog.Logger, guard *leakGuard) (_ *gate, err error) {
	g := &gate{config: c, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Close())
		}
	}()
	if g.keys, err = readKeys(c.KeyFile); err != nil {
		return nil, fail(exitUsage, "%w", err)
	}
	if g.store, err = openStore(ctx, c.Database, log); err != nil {
		return nil, err
	}
	g.close = append(g.close, g.store.Close)
	codes := make([]string, len(c.Services))
	providers := map[string]svcgate.Provider{}
	for i, s := range c.Services {
		provider, closeClient, err := newProvider(s)
		if err != nil {
			return nil, fail(exitUsage, "%w", err)
		}
		g.close = append(g.close, func() error { closeClient(); return nil })
		codes[i], providers[s.Code] = s.Code, provider
	}
	if g.codes, err = openCodes(ctx, g.store, codes, log); err != nil {
		return nil, err
	}
	gateway, err := svcgate.NewGateway(svcgate.GatewayConfig{
		Providers: providers, Journal: g.store, Codes: g.codes, Keys: g.keys,
		CallLimit: c.Limits.Call, KeepCard: c.KeepNewCards, Log: log,
	})
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registerMetrics(registry, g.store, guard)
	g.api, err = api.New(api.Config{
		Gateway: gateway, Journal: g.store, Codes: g.codes, Tokens: g.store, Services: codes, Ready: g.ready,
		Unresolved: func(ctx context.Context) (float64, error) { return countUnresolved(ctx, g.store) },
		Log:        log, MaxInFlight: c.Limits.MaxInFlight, Metrics: registry, Version: thisBuild().Version,
	})
	return g, err
}

// openStore opens the database for this process alone. A path that cannot be is wrong use; any other refusal is a
// conflict with what is there: another process, another program's file, a newer schema.
func openStore(ctx context.Context, path string, log *slog.Logger) (*store.Store, error) {
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return nil, fail(exitUsage, "the database's folder %s does not exist; make it first, for this user alone", filepath.Dir(path))
	}
	s, err := store.Open(ctx, store.Config{Path: path, Log: log})
	if err != nil {
		return nil, fail(exitConflict, "%w", err)
	}
	return s, nil
}

// openCodes reads the vendor response table and gives every service that has none the starter set.
func openCodes(ctx context.Context, s *store.Store, services []string, log *slog.Logger) (*responsecodes.Book, error) {
	book, err := responsecodes.NewBook(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, service := range services {
		if len(book.Rules(service)) > 0 {
			continue
		}
		changes, err := book.Import(ctx, service, responsecodes.StarterSet(service))
		if err != nil {
			return nil, fmt.Errorf("writing the starter set of %s: %w", service, err)
		}
		log.Info("starter set of vendor responses written", "service", service, "rules", len(changes.Added))
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

// countUnresolved counts the transactions whose outcome is not known.
func countUnresolved(ctx context.Context, s *store.Store) (float64, error) {
	n, cursor := 0, ""
	for {
		page, err := s.Transactions(ctx, svcgate.Filter{State: svcgate.StateUnresolved, Limit: 500, Cursor: cursor})
		if err != nil {
			return 0, err
		}
		n += len(page.Transactions)
		if cursor = page.Next; cursor == "" {
			return float64(n), nil
		}
	}
}

// eraseCards erases the sealed copies of generated numbers whose time is over, now and from time to time until ctx
// ends.
func (g *gate) eraseCards(ctx context.Context) {
	keep := g.config.KeepNewCards
	ticker := time.NewTicker(max(min(keep/4, time.Hour), time.Second))
	defer ticker.Stop()
	for {
		n, err := g.store.EraseCards(ctx, time.Now().Add(-keep))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			g.log.Error("erasing generated card numbers failed", "err", err)
		case n > 0:
			g.log.Info("generated card numbers erased", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
