package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/simulator"
)

// demoFlags say how the demonstration runs.
type demoFlags struct {
	port    int
	keep    string
	once    bool
	json    bool
	verbose bool
}

func demoCommand(s *shell) *cobra.Command {
	f := demoFlags{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show everything on this machine: gateway, database and simulated provider",
		Long: "Starts the gateway on a fresh database together with a simulated provider, sends the eight messages once through\n" +
			"the API, prints what came of them, and serves until interrupted. Nothing leaves this machine.\n" +
			"Ends with 1 when a result is not as it must be.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if f.port < 0 || f.port > 65535 {
				return fail(exitUsage, "--port wants a number from 0 to 65535")
			}
			return s.demo(c.Context(), f)
		},
	}
	c.Flags().IntVar(&f.port, "port", 8080, "port of the API; a free one when it is taken")
	c.Flags().StringVar(&f.keep, "keep", "", "keep the data in this folder, which must be new or empty")
	c.Flags().BoolVar(&f.once, "once", false, "end after the tour")
	c.Flags().BoolVarP(&f.verbose, "verbose", "v", false, "log every request")
	c.Flags().BoolVar(&f.json, "json", false, "print the tour's results as JSON")
	return c
}

const (
	demoService = "RLT"
	demoFile    = "demo" // stands for a settings file: all of them are given in code
	demoRelate  = "/relateui/OMS/xmlapi"
	demoTimeout = 3 * time.Second // so that an answer that never comes is soon unknown
	demoSweep   = 200 * time.Millisecond
	demoKeep    = 35 * 24 * time.Hour
)

func (s *shell) demo(ctx context.Context, f demoFlags) (err error) {
	dir, clean, err := demoFolder(f.keep)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	if err := harden(); err != nil {
		s.tell("hardening the process failed: %v", err)
	}
	level := "error"
	if f.verbose {
		level = "info"
	}
	log, guard, err := newLogger(s.err, level, "text")
	if err != nil {
		return err
	}
	stopSim, simURL, err := startSim(ctx, "127.0.0.1:0", simulator.Config{Seed: 1, Cards: simulator.DemoCards(), Series: simulator.DemoSeries()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopSim()) }()
	settings, err := demoConfig(dir, simURL)
	if err != nil {
		return err
	}
	doors, err := s.demoDoors(ctx, settings, f.port)
	if err != nil {
		return err
	}
	g, err := openGate(ctx, settings, log, guard)
	if err != nil {
		return errors.Join(err, doors.api.Close(), doors.admin.Close())
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	g.demo = true
	tokens, err := g.demoRecords(ctx)
	if err != nil {
		return errors.Join(err, doors.api.Close(), doors.admin.Close())
	}
	link, err := g.demoPerson(ctx)
	if err != nil {
		return errors.Join(err, doors.api.Close(), doors.admin.Close())
	}
	return s.demoServe(ctx, g, doors, demo{demoFlags: f, dir: dir, sim: simURL, tokens: tokens, link: link, log: log})
}

// demo is one demonstration that runs.
type demo struct {
	demoFlags
	dir, sim string
	tokens   map[access.Role]string
	link     access.Link // by which the person demo comes in
	log      *slog.Logger
}

// demoServe serves, takes the tour and then waits for the end.
func (s *shell) demoServe(ctx context.Context, g *gate, doors doors, d demo) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- g.serve(ctx, doors) }()

	url := "http://" + doors.api.Addr().String()
	s.tell("%s, data in %s", s.paint(strong, "svcgate "+thisBuild().Version+" demo"), d.where())
	results, tourErr := takeTour(ctx, newClient(url, d.tokens[access.RoleOMS]))
	if ctx.Err() != nil {
		return <-served
	}
	if tourErr == nil {
		tourErr = s.showTour(results, d.json)
	}
	if tourErr != nil || d.once {
		stop()
		return errors.Join(tourErr, <-served)
	}
	s.demoHints(d, url, doors.admin.Addr().String())
	return <-served
}

func (d demo) where() string {
	if d.keep != "" {
		return d.dir
	}
	return d.dir + " (removed at the end)"
}

func (s *shell) demoHints(d demo, url, admin string) {
	name := func(text string) string { return s.paint(strong, fmt.Sprintf("%-17s", text)) }
	s.tell("\n%s %s%s   (once, within a day: choose a password for the person %q)", name("Console"), url, d.link.Path(), d.link.Person)
	s.tell("%s %s/v1   (described at %s/openapi.yaml)", name("API"), url, url)
	s.tell("%s http://%s/metrics   (svcgate top --server http://%s shows them live)", name("Metrics"), admin, admin)
	s.tell("%s %s%s   (%s/ledger tells what really happened)", name("Provider"), d.sim, demoRelate, d.sim)
	for _, role := range access.TokenRoles() {
		s.tell("%s %s", name("Token "+string(role)), d.tokens[role])
	}
	s.tell("\nHold 11.07 USD on a card:\n")
	s.tell("  curl -s %s/v1/authorizations -H 'Authorization: Bearer %s' \\", url, d.tokens[access.RoleOMS])
	s.tell("    -H 'Idempotency-Key: try-1' -H 'Content-Type: application/json' \\")
	s.tell(`    -d '{"service":"RLT","order":"3242","sequence":1,"card":{"number":"6006491234560017"},"amount":"11.07","currency":"USD"}'`)
	s.tell("\nOther cards: 6006491234569901 is declined, ...9902 has no money, ...9903 is approved in part, ...9904 answers a code")
	s.tell("that no rule knows, ...9909 books and breaks the line (unknown), ...0033 is inactive. All of them: %s/magic", d.sim)
	s.tell("\nInterrupt (Ctrl-C) to stop.")
}

// demoFolder makes the folder of the data and says how to clean up.
func demoFolder(keep string) (dir string, clean func() error, err error) {
	if keep == "" {
		return temporaryFolder(os.TempDir(), "svcgate-demo-")
	}
	if dir, err = filepath.Abs(keep); err != nil {
		return "", nil, fail(exitUsage, "--keep: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fail(exitUsage, "--keep: %w", err)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return "", nil, fail(exitUsage, "--keep: %w", err)
	case len(entries) > 0:
		return "", nil, fail(exitConflict, "--keep: %s is not empty; name a new folder", dir)
	}
	return dir, func() error { return nil }, nil
}

// temporaryFolder makes a folder and says how to remove it. Its name has no digits, which the log would mask.
func temporaryFolder(in, prefix string) (dir string, remove func() error, err error) {
	dir = filepath.Join(in, prefix+strings.TrimPrefix(svcgate.NewTransactionID(), "txn_"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("making a folder for the data: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

func demoConfig(dir, sim string) (*config.Config, error) {
	c := &config.Config{
		File: demoFile, Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0",
		Database: filepath.Join(dir, "svcgate.db"), KeyFile: filepath.Join(dir, "svcgate.key"),
		Live: true, Console: config.Console{Enabled: true}, KeepNewCards: svcgate.DefaultKeepCard,
		Limits:      config.Limits{MaxInFlight: 256, Call: demoTimeout + 5*time.Second, ConnectionsPerAddress: api.DefaultPerAddress},
		Idempotency: config.Idempotency{Keep: demoKeep}, Duplicates: config.Duplicates{Window: svcgate.DefaultWindow},
		// As short as it can be, so that the tour need not wait long for what the sweeper finds out.
		Settling: config.Settling{Schedule: []time.Duration{demoSweep, time.Minute}, Quiet: demoTimeout, Every: demoSweep},
		Breaker:  config.Breaker{Failures: svcgate.DefaultBreakerFailures, Open: svcgate.DefaultBreakerOpen},
		Services: []*config.Service{{
			Code: demoService, Provider: "orce", URL: sim + demoRelate, DialTimeout: time.Second, CallTimeout: demoTimeout,
			PresentersID: "60064", SubmittersID: "01", Signon: "SVCGATE", DefaultCurrency: "USD", Location: time.UTC, TrustAuthRejections: true,
		}},
	}
	return c, makeKeyFile(c.KeyFile, "demo")
}

// demoDoors opens the API's door on the port, or on a free one when it is taken.
func (s *shell) demoDoors(ctx context.Context, c *config.Config, port int) (doors, error) {
	c.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	d, err := openDoors(ctx, c)
	if errors.Is(err, syscall.EADDRINUSE) {
		s.tell("port %d is taken, so a free one is used", port)
		c.Listen = "127.0.0.1:0"
		d, err = openDoors(ctx, c)
	}
	return d, err
}

// demoRecords makes a token for every role and rules for the simulator's own error codes, which no starter set knows.
func (g *gate) demoRecords(ctx context.Context) (map[access.Role]string, error) {
	if err := g.demoCodes(ctx); err != nil {
		return nil, err
	}
	tokens := map[access.Role]string{}
	for _, role := range access.TokenRoles() {
		text, hash := access.NewToken()
		tokens[role] = text
		if err := g.store.PutToken(ctx, access.Token{Name: "demo-" + string(role), Role: role, Created: time.Now().UTC()}, hash); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

const demoActor = "svcgate:demo"

// demoPerson invites a person who may do everything that people may.
func (g *gate) demoPerson(ctx context.Context) (access.Link, error) {
	return g.door.Add(ctx, demoActor, access.Person{Name: "demo", FullName: "Demonstration", Roles: access.PersonRoles()})
}

func (g *gate) demoCodes(ctx context.Context) error {
	d, err := g.codes.Draft(ctx, demoService)
	if err != nil {
		return err
	}
	d, err = g.codes.EditDraft(ctx, demoActor, demoService, d.ETag, func(rules []responsecodes.Rule) ([]responsecodes.Rule, error) {
		for code, description := range simulator.Codes() {
			if !slices.ContainsFunc(rules, func(r responsecodes.Rule) bool { return r.Code == code }) {
				rules = append(rules, responsecodes.Rule{Service: demoService, Source: svcgate.SourceErrorCode, Code: code,
					Vendor: responsecodes.VendorDeclined, Description: shorten(description), Outcome: svcgate.Declined, Messages: []string{}})
			}
		}
		return rules, nil
	})
	if err != nil || !d.Exists {
		return err
	}
	_, err = g.codes.Publish(ctx, demoActor, demoService, d.ETag, "The simulator's refusals")
	return err
}

func shorten(text string) string { return text[:min(len(text), responsecodes.MaxDescription)] }
