package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/svcgate/svcgate/console"
	"github.com/svcgate/svcgate/responsecodes"
)

// openConsole makes the pages, unless the settings want none. listen is the address of the API's door, under which
// browsers find them when the settings name no other.
func (g *gate) openConsole(listen string) (http.Handler, error) {
	if !g.config.Console.Enabled {
		return nil, nil
	}
	address := &url.URL{Scheme: "http", Host: listen}
	if text := g.config.Console.URL; text != "" {
		var err error
		if address, err = url.Parse(text); err != nil {
			return nil, fail(exitUsage, "console.url: %w", err)
		}
	}
	review := &responsecodes.Review{Book: g.codes, Journal: g.store}
	pages, err := console.New(console.Config{
		Door: g.door, Sessions: g.store.SessionStore(), Keeper: g.store, Auditor: auditor{g.store, g.health}, Trail: g.store, Tokens: g.store, Journal: g.store,
		Holds: g.store, Gateway: g.gateway, Explainer: review, Codes: g.codes, Reviewer: review, Evidence: g.store,
		Services: g.services(), Currency: g.config.Services[0].DefaultCurrency, InquiryRate: float64(g.config.Rates.Inquiries),
		Activity: g.activity, Unmapped: g.unmapped, Providing: g.gateway.Providing, Bureaus: bureaus{g.config},
		URL: address, Proxies: g.config.Console.Proxies, Environment: g.environment(), Production: g.config.Live && !g.demo, Now: g.store.Now, Log: g.log,
	})
	if err != nil {
		return nil, err
	}
	return pages.Handler(), nil
}

// services are the codes of the service bureaus, in the order of the settings.
func (g *gate) services() []string {
	var codes []string
	for _, s := range g.config.Services {
		codes = append(codes, s.Code)
	}
	return codes
}

// environment is what every page says of this system.
func (g *gate) environment() string {
	switch {
	case g.demo:
		return "Demonstration"
	case g.config.Live:
		return "Live"
	}
	return "Test system"
}

func (g *gate) activity(ctx context.Context, since time.Time, every time.Duration) ([]console.Bucket, error) {
	found, err := g.store.Activity(ctx, since, every)
	buckets := make([]console.Bucket, len(found))
	for i, b := range found {
		buckets[i] = console.Bucket(b)
	}
	return buckets, err
}

// unmapped counts the codes that no published rule knows, of all services.
func (g *gate) unmapped(ctx context.Context, since time.Time) (int, error) {
	review, n := responsecodes.Review{Book: g.codes, Journal: g.store}, 0
	for _, s := range g.config.Services {
		found, err := review.Unmapped(ctx, s.Code, since)
		if err != nil {
			return 0, fmt.Errorf("counting codes without a rule: %w", err)
		}
		n += len(found)
	}
	return n, nil
}

// faces serves the console's pages below its root and the API everywhere else.
func faces(api, pages http.Handler) http.Handler {
	if pages == nil {
		return api
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == console.Root || strings.HasPrefix(r.URL.Path, console.Root+"/") {
			pages.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}
