// Package config reads the settings file, lays the environment over it and judges both.
//
// One table of keys (Keys) drives reading, the environment's names, the example file and the documents. Reading never
// stops at the first problem: it returns all of them, each with its line and column. No secret stands in the file or in
// a Config: passwords and tokens are named by file or by environment variable and read when they are needed.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
)

// Config is everything that svcgate can be told.
type Config struct {
	File string // the file it was read from

	Listen       string // address of the API
	AdminListen  string // address of the metrics and health checks
	Database     string // path of the SQLite file, or the postgres:// URL of a database, without a password
	DatabasePass Secret // of the URL's user
	Node         Node
	KeyFile      string // path of the sealing keys; "" only while not Live
	Live         bool   // the cards are real
	Log          Log
	Tracing      Tracing
	Console      Console
	Limits       Limits
	Rates        Rates
	Idempotency  Idempotency
	Duplicates   Duplicates
	Settling     Settling
	Baseline     map[svcgate.Operation]svcgate.BaselinePolicy // of the operations that a balance can settle
	Breaker      Breaker
	KeepNewCards time.Duration // how long a generated number can be asked for again
	Services     []*Service

	given map[string]place // which keys the file or the environment gave, and where
}

// Node says how this process counts among those on the same PostgreSQL database.
type Node struct {
	Name  string        // for people; "" is the machine's
	Lease time.Duration // how long it may send after it last reached the database
}

// Log says what is logged and how.
type Log struct {
	Level  string // debug, info, warn, error
	Format string // text or json
}

// Tracing says where spans of traces go.
type Tracing struct {
	Endpoint string  // of a collector that takes OTLP over HTTP; "" traces nothing
	Sample   float64 // share of the traces that begin here and are kept, 0 to 1
}

// Console says whether people can use browsers, and where these find it.
type Console struct {
	Enabled bool
	URL     string         // scheme and host; "" is http:// and Listen
	Proxies []netip.Prefix // whose word for a browser's address is taken
}

// Limits bound what the gateway takes on.
type Limits struct {
	MaxInFlight           int           // requests at work at one time
	Call                  time.Duration // one operation from the journal's first commit to its last
	ConnectionsPerAddress int
}

// Rates are requests a second of one caller; 0 is no limit.
type Rates struct {
	Requests  int // all but inquiries
	Inquiries int
}

// Idempotency says how requests are known again.
type Idempotency struct {
	Keep       time.Duration // how long a settled request's key is known; at least a day
	DeriveKeys []string      // names of tokens whose requests need no key
}

// Duplicates says when a request looks like an earlier one under another key.
type Duplicates struct {
	Window time.Duration // 0: never
}

// Settling says how outcomes that are not known are looked into.
type Settling struct {
	Schedule []time.Duration // each counted from the try before; the last repeats
	Quiet    time.Duration   // how long a message may still be carried out
	Every    time.Duration   // how often is looked for what is due
}

// Breaker says when a provider is left alone.
type Breaker struct {
	Failures int // messages in a row without an answer; 0: never
	Open     time.Duration
}

// Service is one service bureau: where its messages go and what stands in them.
type Service struct {
	Code     string // the OMS's service code
	Provider string // which provider speaks for it: orce

	URL            string
	AllowPlainHTTP bool // http:// to another machine
	Username       string
	Password       Secret
	BearerToken    Secret
	ProxyHost      string
	ProxyPort      int
	CAFile         string
	CertFile       string
	KeyFile        string
	DialTimeout    time.Duration
	CallTimeout    time.Duration

	StrictSOAP          bool
	BareMessages        bool
	TrustAuthRejections bool // a 401 or 403 proves that the message was not carried out

	PresentersID    string
	SubmittersID    string
	Signon          string
	SendCurrency    bool
	DefaultCurrency string
	Location        *time.Location // of the message's local times

	OMS OMSValues
}

// OMSValues are settings of the order management system and the provider that svcgate does not use itself. Check
// judges those that are given, because with wrong ones right messages do the wrong thing.
type OMSValues struct {
	ImmediateResponse           bool
	PrimaryAuthorizationService string
	CommunicationType           string
	ReauthorizationDays         int
	CardNumberLength            int    // the provider's
	CardNumberPrefix            string // the provider's, one character
	CreditCardLength            int    // of the pay type
	LeadingDigits               string // of the pay type
	SecondPayment               bool   // every order carries another payment
	I24, I26, L13, I08, F93     string
	J19, J20, J21, I96          bool
}

// Load reads the settings file at path and lays the SVCGATE_ variables of env (in the form of os.Environ) over it. It
// returns every problem it finds; the Config is usable only when none of them has SeverityError.
func Load(path string, env []string) (*Config, []Problem) {
	text, err := readFile(path)
	if err != nil {
		return &Config{File: path}, []Problem{{File: path, Severity: SeverityError, Text: "the settings file cannot be read: " + err.Error()}}
	}
	return Parse(path, text, env)
}

// Parse is Load for a file's text that is already at hand; path is named in problems, and the folder that relative
// paths start from is its folder.
func Parse(path string, text []byte, env []string) (*Config, []Problem) {
	r := newReader(path, env)
	if !r.file(text) {
		return r.config, r.sorted()
	}
	r.environment()
	r.fill()
	r.together()
	return r.config, r.sorted()
}

// Service finds a service bureau by its code.
func (c *Config) Service(code string) (*Service, bool) {
	for _, s := range c.Services {
		if s.Code == code {
			return s, true
		}
	}
	return nil, false
}

// Postgres reports whether the database is PostgreSQL.
func (c *Config) Postgres() bool { return isPostgres(c.Database) }

// DatabaseURL returns Database with its password, which is read now. Never log it.
func (c *Config) DatabaseURL() (string, error) {
	if !c.Postgres() || !c.DatabasePass.Given() {
		return c.Database, nil
	}
	password, err := c.DatabasePass.Read()
	if err != nil {
		return "", fmt.Errorf("reading the database's password: %w", err)
	}
	u, err := url.Parse(c.Database)
	if err != nil {
		return "", errors.New("the database's URL cannot be parsed")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// Given reports whether the file or the environment gave a key, such as "key_file" or "services[0].url".
func (c *Config) Given(key string) bool {
	_, given := c.given[key]
	return given
}

// Problem makes a problem at the place of a key, such as "key_file" or "services[0].url", for those who use a value
// and find it wrong.
func (c *Config) Problem(key string, severity Severity, text string) Problem {
	return problemAt(c.given[key], c.File, key, severity, text)
}

const maxFile = 1 << 20

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNotAFile
	}
	if info.Size() > maxFile {
		return nil, errTooLarge
	}
	text, err := os.ReadFile(path)
	return text, cause(err)
}

// absolute makes a path of the file start from the file's folder.
func absolute(file, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// variable gives the environment variable of a key: "limits.call" is SVCGATE_LIMITS_CALL, and "services[].url" is
// SVCGATE_SERVICES_RLT_URL for the service RLT.
func variable(key, service string) string {
	key = strings.Replace(key, "[]", "."+service, 1)
	upper := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, key)
	return prefix + upper
}

const prefix = "SVCGATE_"
