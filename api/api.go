// Package api is the JSON face of svcgate: eight operations for the order management system (OMS), reading of
// transactions and exchanges, the desk for operators, and the vendor response table, the tokens and the audit trail for
// administrators.
//
// A handler decodes, calls one method and returns a value or an error; one wrapper authenticates before it and writes
// after it. What cannot be understood is refused by name; what was sent is never quoted back.
package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// DefaultMaxInFlight is how many operations run at once when Config does not say.
const DefaultMaxInFlight = 256

// Doer carries out operations; *svcgate.Gateway is one.
type Doer interface {
	Do(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error)
}

// Reader reads what the journal keeps: transactions with their plans, and with their readings while they are open. What
// is not there is an *svcgate.Error with CodeNotFound.
type Reader interface {
	Transaction(ctx context.Context, id string) (*svcgate.Transaction, error)
	Transactions(ctx context.Context, f svcgate.Filter) (*svcgate.Page, error)
	Exchange(ctx context.Context, id string) (*svcgate.Exchange, error)
	// Holds returns the approved and partial authorizations of an order, oldest first; authorization stays empty here.
	Holds(ctx context.Context, service, order, authorization string) ([]svcgate.Hold, error)
	// OrphanHolds returns the authorizations on the desk that were found applied.
	OrphanHolds(ctx context.Context, service string) ([]*svcgate.Transaction, error)
}

// TokenFinder finds a token by the SHA-256 of its text (access.HashToken). A token that is not there is an
// *svcgate.Error with CodeNotFound. It is asked for every request, so a revoked token ends at once.
type TokenFinder interface {
	TokenByHash(ctx context.Context, hash string) (access.Token, error)
}

// CodeTable is the vendor response table; *responsecodes.Book is one. Import replaces a service's rules, all or none;
// Preview says what it would do.
type CodeTable interface {
	Rules(service string) []responsecodes.Rule
	Rule(id string) (responsecodes.Rule, bool)
	Put(ctx context.Context, r responsecodes.Rule) error
	Delete(ctx context.Context, id string) error
	Preview(service string, rules []responsecodes.Rule) (responsecodes.Changes, error)
	Import(ctx context.Context, service string, rules []responsecodes.Rule) (responsecodes.Changes, error)
}

// Config is what an API works with. All up to Services must be set.
type Config struct {
	Gateway     Doer
	Settler     Settler // most often the Gateway
	Journal     Reader
	Codes       CodeTable
	Tokens      TokenFinder
	TokenKeeper TokenKeeper
	Auditor     Auditor
	Trail       Trail
	Services    []string                               // codes of the configured service bureaus
	DeriveKeys  func(caller string) bool               // for whom a missing Idempotency-Key is derived; nil: nobody
	Rates       func(caller access.Token) Rates        // how much a caller may send; nil: no limits
	Ready       func(context.Context) error            // must fail while the journal cannot be written; nil: always ready; the error is logged and not shown
	Unresolved  func(context.Context) (float64, error) // how many transactions are unresolved, for /metrics; nil: not told
	Log         *slog.Logger                           // nil: discard
	Now         func() time.Time                       // nil: time.Now
	MaxInFlight int                                    // operations at once; 0: DefaultMaxInFlight
	Metrics     *prometheus.Registry                   // nil: one of its own
	Version     string                                 // told in /metrics
}

// API holds the two faces: Handler for the OMS and programs, Admin for the machine's keepers.
type API struct {
	Config
	services map[string]bool
	slots    chan struct{} // one taken for each operation under way
	limits   limits
	looks    *looker
	metrics  *metrics
}

// New checks the configuration, fills the defaults and registers the metrics. Close ends what reads start in the
// background.
func New(c Config) (*API, error) {
	if c.Gateway == nil || c.Settler == nil || c.Journal == nil || c.Codes == nil || c.Tokens == nil || c.TokenKeeper == nil ||
		c.Auditor == nil || c.Trail == nil || len(c.Services) == 0 {
		return nil, errors.New("api: gateway, settler, journal, codes, tokens, token keeper, auditor, trail and services must be given")
	}
	if c.MaxInFlight < 0 {
		return nil, errors.New("api: the number of operations at once must be above zero")
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = DefaultMaxInFlight
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	a := &API{Config: c, services: map[string]bool{}, slots: make(chan struct{}, c.MaxInFlight),
		limits: limits{limiters: map[bucket]*rate.Limiter{}}, looks: newLooker(c)}
	for _, s := range c.Services {
		a.services[s] = true
	}
	var err error
	a.metrics, err = newMetrics(c, func() float64 { return float64(len(a.slots)) })
	return a, err
}
