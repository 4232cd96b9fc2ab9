package console

import (
	"context"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// SessionKeeper tells of the sessions that the store of Config.Sessions keeps.
type SessionKeeper interface {
	// Sessions returns a person's good sessions, the last begun first.
	Sessions(ctx context.Context, person string) ([]access.Session, error)
	// EndSessions ends a person's session of the id, or all for "", with an entry for the audit trail, and says how many.
	EndSessions(ctx context.Context, person, id string, e access.Entry) (int, error)
}

// Auditor keeps who changed what. An entry that was taken is durable.
type Auditor interface {
	Audit(ctx context.Context, e access.Entry) error
}

// Trail reads what an Auditor keeps, newest first, at most limit entries a page. next is "" on the last. A cursor that
// is none is an *svcgate.Error with CodeInvalid.
type Trail interface {
	AuditTrail(ctx context.Context, f access.EntryFilter) (entries []access.Entry, next string, err error)
}

// TokenKeeper keeps tokens. A name that is taken is an *svcgate.Error with CodeConflict, one that is not there
// CodeNotFound.
type TokenKeeper interface {
	Tokens(ctx context.Context) ([]access.Token, error)
	PutToken(ctx context.Context, t access.Token, hash string) error
	RevokeToken(ctx context.Context, name string) error
}

// Journal reads what happened. A transaction that is not there is an *svcgate.Error with CodeNotFound.
type Journal interface {
	Transactions(ctx context.Context, f svcgate.Filter) (*svcgate.Page, error)
	Transaction(ctx context.Context, id string) (*svcgate.Transaction, error)
	// Report returns a page of a report of transactions, newest first.
	Report(ctx context.Context, name svcgate.ReportName, f svcgate.Filter) (*svcgate.Page, error)
}

// HoldFinder tells what cards hold.
type HoldFinder interface {
	// OpenHolds returns the holds that the filter chooses and that are not used up for certain, the oldest first, at most
	// the filter's limit.
	OpenHolds(ctx context.Context, f svcgate.Filter) ([]svcgate.Hold, error)
	// OrphanHolds returns the authorizations that were carried out although the answer with their id was lost.
	OrphanHolds(ctx context.Context, service string) ([]*svcgate.Transaction, error)
}

// Gateway carries out operations and takes a person's decision; *svcgate.Gateway is one.
type Gateway interface {
	Do(ctx context.Context, caller, key string, r *svcgate.Request) (*svcgate.Result, error)
	SettleByHand(ctx context.Context, id string, d svcgate.Decision) (*svcgate.Transaction, error)
}

// Explainer looks back at what happened; *responsecodes.Review is one.
type Explainer interface {
	// Explain follows a transaction from the request to what the OMS was told.
	Explain(ctx context.Context, id string) (*responsecodes.Explanation, error)
	// Unmapped lists the codes that were answered since then and that no published rule knows.
	Unmapped(ctx context.Context, service string, since time.Time) ([]responsecodes.Unmapped, error)
}

// Codes is the vendor response table, in versions; *responsecodes.Book is one, and keeps who changed it. What a person
// cannot have is an *svcgate.Error, a write that names another draft one with a *responsecodes.StaleError.
type Codes interface {
	// Published returns the version in force, nil for none. It is shared.
	Published(service string) *responsecodes.Version
	Version(ctx context.Context, service string, number int) (*responsecodes.Version, error)
	// Versions returns versions without their rules, the newest first.
	Versions(ctx context.Context, service string, limit int) ([]responsecodes.Version, error)
	Draft(ctx context.Context, service string) (*responsecodes.Draft, error)
	EditDraft(ctx context.Context, by, service, ifMatch string, edit responsecodes.Edit) (*responsecodes.Draft, error)
	DiscardDraft(ctx context.Context, by, service, ifMatch string) error
	RebaseDraft(ctx context.Context, by, service, ifMatch string) (*responsecodes.Draft, error)
	Publish(ctx context.Context, by, service, ifMatch, reason string) (*responsecodes.Version, error)
	Rollback(ctx context.Context, by, service string, seen, number int, reason string) (*responsecodes.Version, error)
}

// Reviewer says what tables make of the answers in the journal; *responsecodes.Review is one.
type Reviewer interface {
	// DryRun tells what publishing the draft would change, by the answers since then.
	DryRun(ctx context.Context, service string, since time.Time, progress func(done, total int)) (*responsecodes.Report, error)
	// Reevaluate tells which answers since then would mean something else by now.
	Reevaluate(ctx context.Context, service string, since time.Time, progress func(done, total int)) (*responsecodes.Report, error)
}

// Evidence shows what the journal holds of a code.
type Evidence interface {
	// RuleHits counts, by rule id, how often each rule gave what was told since then, in so many equal spans.
	RuleHits(ctx context.Context, service string, since time.Time, buckets int) (map[string][]int, error)
	// Affected returns a page of the transactions that a Tally like this counts, newest first.
	Affected(ctx context.Context, service string, like responsecodes.Tally, since time.Time, limit int, cursor string) (*svcgate.Page, error)
	// Exchange returns the masked messages of a transaction, or an *svcgate.Error with CodeNotFound.
	Exchange(ctx context.Context, id string) (*svcgate.Exchange, error)
}

// Bucket counts the transactions begun in one stretch of time.
type Bucket struct {
	At        time.Time
	ByOutcome map[svcgate.Outcome]int
}

// Config is what a console works with. All up to Bureaus must be set.
type Config struct {
	Door      *access.Door
	Sessions  scs.CtxStore // finds a person's sessions by what access.SessionPerson holds
	Keeper    SessionKeeper
	Auditor   Auditor
	Trail     Trail
	Tokens    TokenKeeper
	Journal   Journal
	Holds     HoldFinder
	Gateway   Gateway
	Explainer Explainer
	Codes     Codes
	Reviewer  Reviewer
	Evidence  Evidence
	// Activity counts the transactions since then, in stretches of the given length, oldest first.
	Activity func(ctx context.Context, since time.Time, every time.Duration) ([]Bucket, error)
	// Unmapped counts the codes that providers answered since then and no published rule knows.
	Unmapped func(ctx context.Context, since time.Time) (int, error)
	// Providing says how the ways to the providers stand: svcgate.Gateway.Providing.
	Providing func() map[string]string
	Bureaus   Bureaus

	Services    []string       // codes of the service bureaus, in the order of the settings
	Currency    string         // of amounts that are looked for without one; "": USD
	InquiryRate float64        // balance inquiries a second that one person may make; 0: one
	URL         *url.URL       // where browsers find this server: scheme and host
	Proxies     []netip.Prefix // whose X-Forwarded-For is believed
	Environment string         // shown on every page, such as "Test system"
	Production  bool           // the cards are real, which is shown too
	MaxUpload   int64          // largest form in bytes; 0: a table's largest file and what a form puts around it
	MaxInFlight int            // pages at once; 0: 64
	Log         *slog.Logger
	Now         func() time.Time
}

// Console is the pages. Handler serves them.
type Console struct {
	Config
	sessions  *scs.SessionManager
	origins   *http.CrossOriginProtection
	slots     chan struct{} // one taken for each page under way
	inquiries inquiryRates
	assets    map[string]asset
	pages     map[string]func() (*template.Template, error)
	table     []route
	handler   http.Handler
}

// New checks the configuration, fills the defaults and parses every page.
func New(config Config) (*Console, error) {
	c := &Console{Config: config}
	if c.Door == nil || c.Sessions == nil || c.Keeper == nil || c.Auditor == nil || c.Trail == nil || c.Tokens == nil || c.Journal == nil ||
		c.Holds == nil || c.Gateway == nil || c.Explainer == nil || c.Codes == nil || c.Reviewer == nil || c.Evidence == nil ||
		c.Activity == nil || c.Unmapped == nil || c.Providing == nil || c.Bureaus == nil {
		return nil, errors.New("console: door, sessions, keeper, auditor, trail, tokens, journal, holds, gateway, explainer, codes, reviewer, evidence, activity, unmapped, providing and bureaus must be given")
	}
	if c.URL == nil || c.URL.Host == "" || c.URL.Scheme != "http" && c.URL.Scheme != "https" {
		return nil, errors.New("console: the address that browsers use must be given")
	}
	if c.MaxUpload == 0 {
		c.MaxUpload = responsecodes.MaxFile + 64<<10
	}
	if c.MaxInFlight == 0 {
		c.MaxInFlight = 64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.slots = make(chan struct{}, c.MaxInFlight)
	c.sessions = newSessions(c.Sessions)
	c.origins = http.NewCrossOriginProtection()
	// A proxy may give the request another Host than the browser's.
	if err := c.origins.AddTrustedOrigin(c.URL.Scheme + "://" + c.URL.Host); err != nil {
		return nil, errors.New("console: the address that browsers use is not one")
	}
	var err error
	if c.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	if err := c.loadPages(); err != nil {
		return nil, err
	}
	c.table = c.routes()
	if err := check(c.table); err != nil {
		return nil, err
	}
	c.handler = c.router(c.table)
	return c, nil
}

// Handler serves everything below /console. What is not there is a page that says so.
func (c *Console) Handler() http.Handler { return c.handler }
