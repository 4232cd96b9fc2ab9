package main

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/soap"
	"github.com/svcgate/svcgate/store"
)

// assembled is the gateway's packages put together here, for what the shipped binary has no setting for: no journal at
// all, a commit for each change, and a profile. Tokens, checks, metrics and the log are as in the binary.
func assembled(args []string) error {
	flags := flag.NewFlagSet("assembled", flag.ContinueOnError)
	listen := flags.String("listen", "", "address")
	admin := flags.String("admin", "", "address of metrics, health and profiles")
	journal := flags.String("journal", "group", "group, each (a commit for each change), statement (a statement for each change) or none")
	path := flags.String("database", "", "path of a SQLite file")
	url := flags.String("postgres", "", "URL of a database, instead")
	statements := flags.String("statements", "", "URL of the database of the journal \"statement\"")
	token := flags.String("token", "", "that is let in")
	provider := flags.String("provider", "", "URL")
	service := flags.String("service", "", "code")
	if err := flags.Parse(args); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ctx := context.Background()
	settings := store.Config{Path: *path, DSN: *url, Log: log}
	if *journal == "each" {
		settings.Batch = 1
	}
	db, err := store.Open(ctx, settings)
	if err != nil {
		return err
	}
	if err := db.PutToken(ctx, access.Token{Name: "bench", Role: access.RoleOMS, Created: time.Now().UTC()}, access.HashToken(*token)); err != nil {
		return err
	}
	codes, err := responsecodes.NewBook(ctx, db)
	if err != nil {
		return err
	}
	if _, err := codes.Start(ctx, *service, responsecodes.StarterSet(*service)); err != nil {
		return err
	}
	client, err := soap.NewClient(soap.Config{URL: *provider})
	if err != nil {
		return err
	}
	answers, err := orce.New(orce.Config{Bureau: mapping.Bureau{Service: *service, DefaultCurrency: "USD", Location: time.UTC}, Client: client})
	if err != nil {
		return err
	}
	file, err := secret.NewKeyFile("bench")
	if err != nil {
		return err
	}
	keys, err := secret.ParseKeyring(file)
	if err != nil {
		return err
	}
	config := svcgate.GatewayConfig{Providers: map[string]svcgate.Provider{*service: answers}, Journal: db, History: db, Unsettled: db, Decisions: db,
		Codes: codes, Keys: keys, Log: log}
	switch forgets := (forgetful{db, db}); *journal {
	case "none":
		config.Journal, config.History = forgets, forgets
	case "statement":
		one, err := openStatements(ctx, *statements, forgets)
		if err != nil {
			return err
		}
		config.Journal, config.History = one, forgets
	}
	gateway, err := svcgate.NewGateway(config)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "svcgate_store_commits_total", Help: "Commits of the database."},
		func() float64 { return float64(db.Stats().Commits) }))
	face, err := api.New(api.Config{Gateway: gateway, Settler: gateway, Journal: db, Codes: codes, Services: []string{*service}, Tokens: db, TokenKeeper: db,
		People: access.NewDoor(access.DoorConfig{Store: db}), Auditor: db, Trail: db, Ready: db.Check, Log: log, MaxInFlight: 1024, Metrics: registry})
	if err != nil {
		return err
	}
	keepers := http.NewServeMux()
	keepers.Handle("/", face.Admin())
	keepers.HandleFunc("/debug/pprof/profile", pprof.Profile)
	failed := make(chan error, 2)
	for address, handler := range map[string]http.Handler{*listen: face.Handler(), *admin: keepers} {
		go func() { failed <- (&http.Server{Addr: address, Handler: handler}).ListenAndServe() }()
	}
	return <-failed
}
