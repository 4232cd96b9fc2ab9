package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/soap"
	"github.com/svcgate/svcgate/store"
)

// replayGate runs cases against everything from the API to the wire. The steps of one case share a database; each case
// finds a fresh one.
type replayGate struct {
	dir    string
	remove func() error
	keys   *secret.Keyring
	token  string
	fresh  []byte // a database to begin with
	cases  int
	store  *store.Store
	codes  *responsecodes.Book
	steps  int
}

const replayTimeout = 10 * time.Second

func newReplayGate() (*replayGate, error) {
	text, err := secret.NewKeyFile("replay")
	if err != nil {
		return nil, err
	}
	keys, err := secret.ParseKeyring(text)
	if err != nil {
		return nil, err
	}
	dir, remove, err := temporaryFolder(fastFolder(), "svcgate-replay-")
	if err != nil {
		return nil, err
	}
	return &replayGate{dir: dir, remove: remove, keys: keys}, nil
}

// fastFolder is where databases live that nobody needs afterwards: in memory where the system has a place for it, since
// every case waits for the disk many times.
func fastFolder() string {
	const inMemory = "/dev/shm"
	if info, err := os.Stat(inMemory); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		return inMemory
	}
	return os.TempDir()
}

// Close removes the data.
func (g *replayGate) Close() error {
	return errors.Join(g.closeStore(), g.remove())
}

func (g *replayGate) closeStore() error {
	if g.store == nil {
		return nil
	}
	path := g.store.Path()
	err := g.store.Close()
	g.store = nil
	for _, end := range []string{"", "-wal", "-shm", ".lock"} {
		err = errors.Join(err, os.RemoveAll(path+end))
	}
	return err
}

// Reset opens a fresh database: a copy of one that was made once, with the starter set and a token.
func (g *replayGate) Reset(ctx context.Context) error {
	if err := g.closeStore(); err != nil {
		return err
	}
	if g.fresh == nil {
		if err := g.makeFresh(ctx); err != nil {
			return err
		}
	}
	g.cases++
	path := filepath.Join(g.dir, fmt.Sprintf("case-%d.db", g.cases))
	if err := os.WriteFile(path, g.fresh, 0o600); err != nil {
		return fmt.Errorf("making the case's database: %w", err)
	}
	return g.openStore(ctx, path)
}

// makeFresh makes the database that every case gets a copy of. Once closed it is one file.
func (g *replayGate) makeFresh(ctx context.Context) error {
	path := filepath.Join(g.dir, "fresh.db")
	if err := g.openStore(ctx, path); err != nil {
		return err
	}
	text, hash := access.NewToken()
	g.token = text
	if err := g.store.PutToken(ctx, access.Token{Name: "replay", Role: access.RoleOMS, Created: time.Now()}, hash); err != nil {
		return err
	}
	if err := g.store.Close(); err != nil {
		return err
	}
	g.store = nil
	var err error
	g.fresh, err = os.ReadFile(path)
	return err
}

func (g *replayGate) openStore(ctx context.Context, path string) (err error) {
	if g.store, err = openStore(ctx, path, discard); err != nil {
		return err
	}
	g.codes, err = openCodes(ctx, g.store, []string{demoService}, discard)
	return err
}

// Run plays one step: the case's player is the provider, the case's time the gateway's clock.
func (g *replayGate) Run(ctx context.Context, c *fixtures.Case) (fixtures.Result, error) {
	player := c.Player()
	url, stop, err := player.Start(ctx)
	if err != nil {
		return fixtures.Result{}, err
	}
	defer stop()
	client, err := soap.NewClient(soap.Config{URL: url, DialTimeout: replayTimeout, CallTimeout: replayTimeout})
	if err != nil {
		return fixtures.Result{}, err
	}
	defer client.Close()
	if err := g.addRule(ctx, c.Rule); err != nil {
		return fixtures.Result{}, err
	}
	face, err := g.face(c, client)
	if err != nil {
		return fixtures.Result{}, err
	}
	operation, err := svcgate.ParseOperation(c.Operation)
	if err != nil {
		return fixtures.Result{}, err
	}
	info, _ := operation.Info()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/v1/"+info.Route, bytes.NewReader(c.Request))
	if err != nil {
		return fixtures.Result{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+g.token)
	if g.steps++; info.NeedsKey {
		request.Header.Set("Idempotency-Key", fmt.Sprintf("replay-%d", g.steps))
	}
	answer := &recorder{header: http.Header{}, status: http.StatusOK}
	face.ServeHTTP(answer, request)
	return fixtures.Result{
		Parts: fixtures.OutgoingPart | fixtures.ReplyPart, Outgoing: player.Outgoing(), Sent: player.Sent(),
		Status: answer.status, Reply: answer.body.Bytes(),
	}, nil
}

func (g *replayGate) addRule(ctx context.Context, r *fixtures.Rule) error {
	if r == nil {
		return nil
	}
	return g.codes.Put(ctx, responsecodes.Rule{
		Service: demoService, Source: svcgate.Source(r.Source), Code: r.Code, Vendor: r.Vendor, Description: r.Description,
		Outcome: svcgate.Outcome(r.Outcome), Messages: []string{},
	})
}

// face puts the API on a gateway with the case's settings.
func (g *replayGate) face(c *fixtures.Case, client orce.Caller) (http.Handler, error) {
	now := func() time.Time { return c.At }
	provider, err := orce.New(orce.Config{
		Bureau: mapping.Bureau{
			Service: demoService, PresentersID: c.Settings.PresentersID, SubmittersID: c.Settings.SubmittersID, Signon: c.Settings.Signon,
			SendCurrency: c.Settings.SendCurrency, DefaultCurrency: c.Settings.DefaultCurrency, Location: c.At.Location(),
		},
		Client: client, StrictSOAP: c.Settings.Form == fixtures.Strict, Bare: c.Settings.Form == fixtures.Bare, Now: now,
	})
	if err != nil {
		return nil, err
	}
	gateway, err := svcgate.NewGateway(svcgate.GatewayConfig{
		Providers: map[string]svcgate.Provider{demoService: provider}, Journal: g.store, History: g.store, Unsettled: g.store, Decisions: g.store,
		Codes: g.codes, Keys: g.keys, Now: now,
	})
	if err != nil {
		return nil, err
	}
	face, err := api.New(api.Config{Gateway: gateway, Settler: gateway, Journal: g.store, Codes: g.codes, Tokens: g.store, TokenKeeper: g.store,
		Auditor: g.store, Trail: g.store, Services: []string{demoService}, Now: now})
	if err != nil {
		return nil, err
	}
	return face.Handler(), nil
}

// recorder keeps an answer that goes over no wire.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the answer's header.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader keeps the status.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write keeps the body.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
