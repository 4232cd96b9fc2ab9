package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/soap"
	"github.com/svcgate/svcgate/store"
)

// replayGate runs cases against everything from the API to the wire, with a provider that plays the case.
//
// A case finds only what its own setup left. Opening a database costs more than everything else in a case, so a new one
// is opened only when it is needed: the gateway looks for earlier transactions by card, by order and by the provider's
// transaction id, and by nothing else. Each case has keys of its own, under which no earlier fingerprint is found
// again, and a case that shares an order or an id of the provider with one before gets a new database.
type replayGate struct {
	dir    string
	remove func() error
	token  string
	fresh  []byte // a database to begin with

	store keptStore
	codes keptCodes
	face  http.Handler
	seen  map[string]bool // orders and ids in the open database
	cases int             // in the open database
	keys  *secret.Keyring // of the case
	step  replayStep

	databases, steps int
}

// replayStep is what changes below the API from step to step.
type replayStep struct {
	*svcgate.Gateway
	at time.Time
}

// keptStore and keptCodes are the open database and its codes, so that the API above them can stay when they change.
type (
	keptStore struct{ *store.Store }
	keptCodes struct{ *responsecodes.Book }
)

// replayCases is how many cases share a database at most, so that the last runs as fast as the first.
const replayCases = 250

const replayTimeout = 10 * time.Second

func newReplayGate() (*replayGate, error) {
	dir, remove, err := temporaryFolder(fastFolder(), "svcgate-replay-")
	if err != nil {
		return nil, err
	}
	g := &replayGate{dir: dir, remove: remove}
	if g.face, err = g.newFace(); err != nil {
		return nil, errors.Join(err, remove())
	}
	return g, nil
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
	if g.store.Store == nil {
		return nil
	}
	path := g.store.Path()
	err := g.store.Close()
	g.store.Store = nil
	for _, end := range []string{"", "-wal", "-shm", ".lock"} {
		err = errors.Join(err, os.RemoveAll(path+end))
	}
	return err
}

// Reset sees to it that the case finds nothing of those before.
func (g *replayGate) Reset(ctx context.Context, c *fixtures.Case) error {
	text, err := secret.NewKeyFile("replay")
	if err != nil {
		return err
	}
	if g.keys, err = secret.ParseKeyring(text); err != nil {
		return err
	}
	names := namesIn(c)
	if g.store.Store == nil || g.cases == replayCases || slices.ContainsFunc(names, func(name string) bool { return g.seen[name] }) {
		if err := g.openFresh(ctx); err != nil {
			return err
		}
	}
	for _, name := range names {
		g.seen[name] = true
	}
	g.cases++
	return nil
}

// namesIn lists the orders and the provider's transaction ids that the case and its setup put into the journal or look
// for there.
func namesIn(c *fixtures.Case) []string {
	var names []string
	for _, step := range c.Steps() {
		var asked struct{ Order, Authorization string }
		if json.Unmarshal(step.Request, &asked) == nil {
			names = append(names, "order "+asked.Order, "id "+asked.Authorization)
		}
		var answer messages.Answer
		if step.Incoming != nil && messages.ReadAnswer(step.Incoming, &answer) == nil {
			names = append(names, "id "+answer.SVATransactionID, "id "+answer.PreAuthSVATransactionID)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, " ") })
}

// openFresh opens a copy of a database that was made once, with the starter set and a token.
func (g *replayGate) openFresh(ctx context.Context) error {
	if err := g.closeStore(); err != nil {
		return err
	}
	if g.fresh == nil {
		if err := g.makeFresh(ctx); err != nil {
			return err
		}
	}
	g.databases++
	path := filepath.Join(g.dir, fmt.Sprintf("%d.db", g.databases))
	if err := os.WriteFile(path, g.fresh, 0o600); err != nil {
		return fmt.Errorf("making a database for the case: %w", err)
	}
	if err := g.openStore(ctx, path); err != nil {
		return err
	}
	g.seen, g.cases = map[string]bool{}, 0
	return nil
}

// newFace puts an API on whatever database and gateway there are at the time. Nothing is read through it that would need
// its Close.
func (g *replayGate) newFace() (http.Handler, error) {
	face, err := api.New(api.Config{Gateway: &g.step, Settler: &g.step, Journal: &g.store, Codes: &g.codes, Tokens: &g.store, TokenKeeper: &g.store,
		People: struct{ api.PeopleKeeper }{}, Auditor: &g.store, Trail: &g.store, Services: []string{demoService}, Now: func() time.Time { return g.step.at }})
	if err != nil {
		return nil, err
	}
	return face.Handler(), nil
}

// makeFresh makes the database that openFresh copies. Once closed it is one file.
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
	g.store.Store = nil
	var err error
	g.fresh, err = os.ReadFile(path)
	return err
}

// openStore opens a database; nobody reads it beside the case, so one reader does.
func (g *replayGate) openStore(ctx context.Context, path string) (err error) {
	if g.store.Store, err = store.Open(ctx, store.Config{Path: path, Readers: 1}); err != nil {
		return err
	}
	g.codes.Book, err = openCodes(ctx, g.store.Store, []string{demoService}, discard)
	return err
}

// Run plays one step: the case's player is the provider, the case's time the gateway's clock.
func (g *replayGate) Run(ctx context.Context, c *fixtures.Case) (fixtures.Result, error) {
	if c.Wire() {
		return fixtures.Result{}, nil
	}
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
	if err := g.begin(c, client); err != nil {
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
	g.face.ServeHTTP(answer, request)
	return fixtures.Result{
		Parts: fixtures.OutgoingPart | fixtures.ReplyPart, Outgoing: player.Outgoing(), Sent: player.Sent(),
		Status: answer.status, Reply: answer.body.Bytes(),
	}, nil
}

// begin puts a gateway with the case's settings below the API.
func (g *replayGate) begin(c *fixtures.Case, client orce.Caller) error {
	now := func() time.Time { return c.At }
	provider, err := orce.New(orce.Config{
		Bureau: mapping.Bureau{
			Service: demoService, PresentersID: c.Settings.PresentersID, SubmittersID: c.Settings.SubmittersID, Signon: c.Settings.Signon,
			SendCurrency: c.Settings.SendCurrency, DefaultCurrency: c.Settings.DefaultCurrency, Location: c.At.Location(),
		},
		Client: client, StrictSOAP: c.Settings.Form == fixtures.Strict, Bare: c.Settings.Form == fixtures.Bare, Now: now,
	})
	if err != nil {
		return err
	}
	gateway, err := svcgate.NewGateway(svcgate.GatewayConfig{
		Providers: map[string]svcgate.Provider{demoService: provider}, Journal: g.store, History: g.store, Unsettled: g.store, Decisions: g.store,
		Codes: caseCodes{g.codes, c.Rule}, Keys: g.keys, Now: now,
	})
	g.step = replayStep{gateway, c.At}
	return err
}

// caseCodes is the starter set with the case's own rule, if it has one, before it.
type caseCodes struct {
	svcgate.CodeBook
	rule *fixtures.Rule
}

// Lookup finds the case's rule, else one of the starter set.
func (b caseCodes) Lookup(service string, op svcgate.Operation, source svcgate.Source, code string) (svcgate.VendorResponse, bool) {
	v, found := b.CodeBook.Lookup(service, op, source, code)
	if r := b.rule; r != nil && r.Code == code && svcgate.Source(r.Source) == source {
		return svcgate.VendorResponse{
			Version: v.Version, Code: r.Vendor, Description: r.Description, Messages: []string{}, Outcome: svcgate.Outcome(r.Outcome),
			Rule: service + ":*:" + r.Source + ":" + r.Code,
		}, true
	}
	return v, found
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
