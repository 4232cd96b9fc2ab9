package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/config"
)

// dueAtOnce is how many unresolved transactions one sweep looks into.
const dueAtOnce = 100

// chore is work that a server does by itself, from time to time.
type chore struct {
	every time.Duration
	do    func(context.Context)
}

// chores are all of them. Each runs by itself: a provider that is slow to answer a sweep keeps nothing else waiting.
func (g *gate) chores() []chore {
	keep := g.config.KeepNewCards
	return []chore{
		{g.config.Settling.Every, g.sweep},
		{time.Hour, g.tellUnserved},
		{max(min(keep/4, time.Hour), time.Second), g.eraseCards},
		{time.Hour, g.forgetKeys},
		{watchChain, g.checkChain},
	}
}

// watchCodes is how often the published codes are looked for: another process's version is in force within it.
const watchCodes = 2 * time.Second

// upkeep does the chores, now and each at its pace, until ctx ends. Done is closed when the last one has ended.
func (g *gate) upkeep(ctx context.Context) (done <-chan struct{}) {
	var work sync.WaitGroup
	work.Go(func() { g.codes.Watch(ctx, watchCodes) })
	for _, c := range g.chores() {
		work.Go(func() {
			ticker := time.NewTicker(c.every)
			defer ticker.Stop()
			for ctx.Err() == nil {
				g.do(ctx, c)
				select {
				case <-ctx.Done():
				case <-ticker.C:
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		work.Wait()
	}()
	return ended
}

// do does a chore once. When it panics the process goes on serving, and the chore is tried again at its next time.
func (g *gate) do(ctx context.Context, c chore) {
	defer func() {
		if v := recover(); v != nil {
			p := svcgate.NewPanicError(v)
			g.log.Error("work in the background panicked", "panic", p.Kind, "stack", p.Stack)
		}
	}()
	c.do(ctx)
}

// sweep looks into the unresolved transactions that are due.
func (g *gate) sweep(ctx context.Context) {
	n := 0
	err := g.watch.Work(ctx, "sweep", func(ctx context.Context) (did bool, err error) {
		n, err = g.gateway.Sweep(ctx, dueAtOnce)
		return n > 0, err
	})
	switch {
	case ctx.Err() != nil:
	case err != nil:
		g.log.Warn("looking into unresolved transactions failed", "due", n, "err", err)
	case n > 0:
		g.log.Info("unresolved transactions looked into", "count", n)
	}
}

// tellUnserved warns of the service bureaus that have unresolved transactions and are not in the settings: those wait until
// they are again, or for another node.
func (g *gate) tellUnserved(ctx context.Context) {
	services, err := g.store.UnresolvedServices(ctx)
	missing := slices.DeleteFunc(services, func(code string) bool {
		return slices.ContainsFunc(g.config.Services, func(s *config.Service) bool { return s.Code == code })
	})
	switch {
	case ctx.Err() != nil:
	case err != nil:
		g.log.Warn("reading which service bureaus have unresolved transactions failed", "err", err)
	case len(missing) > 0:
		g.log.Warn("unresolved transactions of service bureaus that are not configured here are not looked into; put them back into services, unless another node has them",
			"services", missing)
	}
}

// eraseCards erases the sealed copies of generated numbers whose time is over.
func (g *gate) eraseCards(ctx context.Context) {
	n, err := g.store.EraseCards(ctx, g.store.Now().Add(-g.config.KeepNewCards))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		g.log.Error("erasing generated card numbers failed", "err", err)
	case n > 0:
		g.log.Info("generated card numbers erased", "count", n)
	}
}

// forgetKeys frees the keys of settled requests whose time is over.
func (g *gate) forgetKeys(ctx context.Context) {
	n, err := g.store.ForgetKeys(ctx, g.store.Now().Add(-g.config.Idempotency.Keep))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		g.log.Error("forgetting old keys failed", "err", err)
	case n > 0:
		g.log.Info("old keys forgotten", "count", n)
	}
}
