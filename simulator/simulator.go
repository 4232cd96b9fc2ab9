package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

// Config says what is played. The zero value is a provider without cards, in the eastern American zone of the
// documented answers, without credentials.
type Config struct {
	Seed uint64           // card numbers, authorization numbers and the luck of faults follow from it
	Now  func() time.Time // nil is time.Now
	Skew time.Duration    // added to Now: the provider's clock is not ours
	Zone *time.Location   // nil is -0400, as in the documented answers

	Switches Switches
	Cards    []CardSpec
	Series   []SeriesSpec

	// FirstTransactionID and FirstAccountID start the two counters; zero is 1001 and 501.
	FirstTransactionID int64
	FirstAccountID     int64

	// Username and Password are asked for as HTTP Basic when Username is set.
	Username string
	Password secret.String

	// Wait is how delays and silence pass: it returns after d, or earlier with the context's error. Nil is a timer.
	// No delay is longer than MaxDelay.
	Wait func(ctx context.Context, d time.Duration) error

	// LedgerLimit is how many of the latest entries are kept at least, and an eighth more at most; zero is 100,000.
	LedgerLimit int
}

// MaxDelay bounds every delay and every silence.
const MaxDelay = 2 * time.Minute

const (
	firstTransactionID = 1001
	firstAccountID     = 501
	ledgerLimit        = 100_000
)

// Simulator is one provider. It is an http.Handler and safe for concurrent use.
type Simulator struct {
	cfg     Config
	keys    *secret.Keyring
	handler http.Handler
	closing context.Context // ended by Close: no wait outlives it
	stop    context.CancelFunc

	mu    sync.Mutex
	state *state // replaced by Reset
}

// New makes a provider with its first cards. All bad cards and series are named in one error; numbers never are.
func New(cfg Config) (*Simulator, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Zone == nil {
		cfg.Zone = time.FixedZone("-0400", -4*60*60)
	}
	if cfg.Wait == nil {
		cfg.Wait = wait
	}
	if cfg.FirstTransactionID == 0 {
		cfg.FirstTransactionID = firstTransactionID
	}
	if cfg.FirstAccountID == 0 {
		cfg.FirstAccountID = firstAccountID
	}
	if cfg.LedgerLimit == 0 {
		cfg.LedgerLimit = ledgerLimit
	}
	if cfg.FirstTransactionID < 0 || cfg.FirstAccountID < 0 || cfg.LedgerLimit < 0 {
		return nil, errors.New("simulator: first transaction id, first account id and ledger limit are not negative")
	}
	if cfg.Username == "" && !cfg.Password.IsZero() {
		return nil, errors.New("simulator: a password needs a user name")
	}
	// The key is made anew each time: a fingerprint is an index here and is never shown.
	file, err := secret.NewKeyFile("simulator")
	if err != nil {
		return nil, fmt.Errorf("simulator: making the index key: %w", err)
	}
	keys, err := secret.ParseKeyring(file)
	if err != nil {
		return nil, fmt.Errorf("simulator: reading the index key: %w", err)
	}
	s := &Simulator{cfg: cfg, keys: keys}
	if s.state, err = s.newState(); err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	s.closing, s.stop = context.WithCancel(context.Background())
	s.handler = s.routes()
	return s, nil
}

// Close ends every delay and silence under way. Messages are still answered after it.
func (s *Simulator) Close() { s.stop() }

// ServeHTTP answers the provider's door and the control routes; GET / lists them.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Reset brings back the first cards and series, empties the ledger and removes all fault rules.
func (s *Simulator) Reset() error {
	fresh, err := s.newState()
	if err != nil {
		return fmt.Errorf("simulator: reset: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = fresh
	return nil
}

// now is the provider's clock.
func (s *Simulator) now() time.Time { return s.cfg.Now().Add(s.cfg.Skew).In(s.cfg.Zone) }

// pause waits d, at most MaxDelay, or until ctx or the simulator ends.
func (s *Simulator) pause(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	_ = s.cfg.Wait(ctx, min(d, MaxDelay)) // an early end is an end
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// form is how answers are written unless a fault says otherwise.
func (s *Simulator) form() messages.AnswerForm {
	return messages.AnswerForm{Enveloped: s.cfg.Switches.Enveloped, NoNamespace: s.cfg.Switches.NoNamespace}
}
