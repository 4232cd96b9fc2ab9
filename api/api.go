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
	// OpenHolds returns the holds that the filter chooses and that are not used up for certain, the oldest first, at most
	// the filter's limit.
	OpenHolds(ctx context.Context, f svcgate.Filter) ([]svcgate.Hold, error)
	// OrphanHolds returns the authorizations on the desk that were found applied.
	OrphanHolds(ctx context.Context, service string) ([]*svcgate.Transaction, error)
}

// TokenFinder finds a token by the SHA-256 of its text (access.HashToken). A token that is not there is an
// *svcgate.Error with CodeNotFound. It is asked for every request, so a revoked token ends at once.
type TokenFinder interface {
	TokenByHash(ctx context.Context, hash string) (access.Token, error)
}

// Config is what an API works with. All up to Services must be set.
type Config struct {
	Gateway     Doer
	Settler     Settler // most often the Gateway
	Journal     Reader
	Codes       CodeTable
	Tokens      TokenFinder
	TokenKeeper TokenKeeper
	People      PeopleKeeper
	Auditor     Auditor
	Trail       Trail
	Review      Reviewer // with Figures; nil: their addresses are not there
	Figures     Figures
	Services    []string                        // codes of the configured service bureaus
	DeriveKeys  func(caller string) bool        // for whom a missing Idempotency-Key is derived; nil: nobody
	Rates       func(caller access.Token) Rates // how much a caller may send; nil: no limits
	Ready       func(context.Context) error     // must fail while the journal cannot be written; nil: always ready; the error is logged and not shown
	Tracer      Tracer                          // nil: nothing is traced
	Log         *slog.Logger                    // nil: discard
	Now         func() time.Time                // nil: time.Now
	MaxInFlight int                             // operations at once; 0: DefaultMaxInFlight
	Metrics     *prometheus.Registry            // nil: one of its own
	Version     string                          // told in /metrics
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
	if c.Gateway == nil || c.Settler == nil || c.Journal == nil || c.Codes == nil || c.Tokens == nil || c.TokenKeeper == nil || c.People == nil ||
		c.Auditor == nil || c.Trail == nil || len(c.Services) == 0 {
		return nil, errors.New("api: gateway, settler, journal, codes, tokens, token keeper, people, auditor, trail and services must be given")
	}
	if (c.Review == nil) != (c.Figures == nil) {
		return nil, errors.New("api: review and figures must be given together")
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
