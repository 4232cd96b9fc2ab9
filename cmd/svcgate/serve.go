package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/config"
)

func serveCommand(s *shell) *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Serve the API until interrupted",
		Long: "Reads the settings, opens the database and serves the API and, on its own address, metrics and health checks.\n" +
			"SIGTERM or an interrupt stops it: what is under way is finished first, for at most limits.call.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			path, err := configPath(c, s, file)
			if err != nil {
				return err
			}
			settings, err := s.loadConfig(path)
			if err != nil {
				return err
			}
			s.tellProblems(settings.Check())
			return s.serve(c.Context(), settings)
		},
	}
	configFlag(c, &file)
	return c
}

func (s *shell) serve(ctx context.Context, c *config.Config) (err error) {
	log, guard, err := newLogger(s.err, c.Log.Level, c.Log.Format)
	if err != nil {
		return err
	}
	if err := harden(); err != nil {
		log.Warn("hardening the process failed", "err", err)
	}
	g, err := openGate(ctx, c, log, guard)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	doors, err := openDoors(ctx, c)
	if err != nil {
		return err
	}
	names := make([]string, len(c.Services))
	for i, service := range c.Services {
		names[i] = service.Code
	}
	log.Info("ready", "version", thisBuild().Version, "api", doors.api.Addr().String(), "admin", doors.admin.Addr().String(),
		"database", g.store.Path(), "services", names, "unresolved", g.store.Recovered())
	return g.serve(ctx, doors)
}

// doors are the two listeners.
type doors struct{ api, admin net.Listener }

func openDoors(ctx context.Context, c *config.Config) (doors, error) {
	var lc net.ListenConfig
	face, err := lc.Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return doors{}, cannotListen("the API", err)
	}
	admin, err := lc.Listen(ctx, "tcp", c.AdminListen)
	if err != nil {
		return doors{}, cannotListen("metrics", errors.Join(err, face.Close()))
	}
	return doors{face, admin}, nil
}

// cannotListen tells an address that is taken from one that is none.
func cannotListen(what string, err error) error {
	status := exitUsage
	if errors.Is(err, syscall.EADDRINUSE) {
		status = exitConflict
	}
	return fail(status, "listening for %s: %w", what, err)
}

const (
	readHeaderLimit = 5 * time.Second // of the servers beside the API
	longestDrain    = 35 * time.Second
)

// server is one face's, with the limits that api.NewServer sets.
func (g *gate) server(h http.Handler) *http.Server {
	s := api.NewServer(h, g.config.Limits.Call)
	s.ErrorLog = slog.NewLogLogger(g.log.Handler(), slog.LevelWarn)
	return s
}

// serve answers on both doors and does the chores until ctx ends, then finishes what is under way. It closes the doors.
func (g *gate) serve(ctx context.Context, d doors) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	pages, err := g.openConsole(d.api.Addr().String())
	if err != nil {
		return errors.Join(err, d.api.Close(), d.admin.Close())
	}
	face, admin := g.server(faces(g.api.Handler(), g.traced(pages))), g.server(g.api.Admin())
	broken := make(chan error, 2)
	var work sync.WaitGroup
	listeners := map[*http.Server]net.Listener{
		face: api.Listen(d.api, g.config.Limits.ConnectionsPerAddress), admin: d.admin,
	}
	for server, listener := range listeners {
		work.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				broken <- fmt.Errorf("serving on %s: %w", listener.Addr(), err)
				stop()
			}
		})
	}
	kept := g.upkeep(ctx)

	<-ctx.Done()
	err = g.drain(face, admin, kept)
	work.Wait()
	close(broken)
	for failure := range broken {
		err = errors.Join(err, failure)
	}
	return err
}

// drain stops accepting and waits for what is under way: requests, looks that reads started, and the chores. What does
// not end in time is cut off; the journal has it as sent, and the next start makes it unresolved.
func (g *gate) drain(face, admin *http.Server, kept <-chan struct{}) error {
	g.draining.Store(true)
	limit := min(g.config.Limits.Call, longestDrain)
	g.log.Info("stopping", "wait_at_most", limit)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := face.Shutdown(ctx)
	err = errors.Join(err, g.api.Close(ctx), admin.Shutdown(ctx))
	select {
	case <-kept:
	case <-ctx.Done():
		err = errors.Join(err, fmt.Errorf("looking into unresolved transactions: %w", ctx.Err()))
	}
	if err != nil {
		err = fmt.Errorf("work was still under way after %s and was cut off: %w", limit, errors.Join(err, face.Close(), admin.Close()))
		g.log.Error("stopped before all was finished", "err", err)
	}
	g.log.Info("stopped")
	return err
}
