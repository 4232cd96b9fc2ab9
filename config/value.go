package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones are the same on every machine

	"github.com/svcgate/svcgate"
)

// target is where a value goes: s is nil for keys of the whole file.
type target struct {
	c *Config
	s *Service
}

// value reads the text of one key into its place.
type value struct {
	name string   // of the type, for people
	tags []string // YAML scalars it may be written as; nil: any but null and bool
	set  func(t target, text string, r *reader) error
	list bool // may be written as a YAML list too; set gets the entries with commas between them
}

var (
	tagText   = []string{"!!str", "!!int", "!!float", "!!timestamp"}
	tagNumber = []string{"!!int"}
	tagFlag   = []string{"!!bool"}
)

func text(at func(target) *string, checks ...func(string) error) value {
	return value{name: "text", tags: tagText, set: func(t target, text string, _ *reader) error {
		for _, check := range checks {
			if err := check(text); err != nil {
				return err
			}
		}
		*at(t) = text
		return nil
	}}
}

func number(at func(target) *int, least, most int) value {
	return value{name: "whole number", tags: tagNumber, set: func(t target, text string, _ *reader) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		*at(t) = n
		return nil
	}}
}

func share(at func(target) *float64) value {
	return value{name: "share from 0 to 1", tags: []string{"!!int", "!!float"}, set: func(t target, text string, _ *reader) error {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || !(n >= 0 && n <= 1) { // which refuses NaN
			return errors.New("want a number from 0 to 1, such as 0.1")
		}
		*at(t) = n
		return nil
	}}
}

func flag(at func(target) *bool) value {
	return value{name: "true or false", tags: tagFlag, set: func(t target, text string, _ *reader) error {
		switch text {
		case "true":
			*at(t) = true
		case "false":
			*at(t) = false
		default:
			return errors.New("want true or false")
		}
		return nil
	}}
}

// selected reads a control value as the OMS shows it.
func selected(at func(target) *bool) value {
	return value{name: "yes or no", tags: []string{"!!str", "!!bool"}, set: func(t target, text string, _ *reader) error {
		switch strings.ToLower(text) {
		case "yes", "y", "true":
			*at(t) = true
		case "no", "n", "false":
			*at(t) = false
		default:
			return errors.New("want yes or no")
		}
		return nil
	}}
}

func duration(at func(target) *time.Duration, least, most time.Duration) value {
	return value{name: "duration", tags: tagText, set: func(t target, text string, _ *reader) error {
		d, err := parseDuration(text, least, most)
		if err == nil {
			*at(t) = d
		}
		return err
	}}
}

// durations is one or several of them.
func durations(at func(target) *[]time.Duration, least, most time.Duration) value {
	return value{name: "list of durations", tags: tagText, list: true, set: func(t target, text string, _ *reader) error {
		var all []time.Duration
		for _, entry := range entries(text) {
			d, err := parseDuration(entry, least, most)
			if err != nil {
				return err
			}
			all = append(all, d)
		}
		if len(all) == 0 {
			return errors.New("the list is empty")
		}
		*at(t) = all
		return nil
	}}
}

// names is a list of the names of tokens.
func names(at func(target) *[]string) value {
	return value{name: "list of names", tags: tagText, list: true, set: func(t target, text string, _ *reader) error {
		all := entries(text)
		for _, name := range all {
			if !tokenName.MatchString(name) {
				return errors.New("want names of tokens: a letter and then letters, digits, dots, underscores or dashes, at most 64 in all")
			}
		}
		*at(t) = all
		return nil
	}}
}

// networks takes addresses and networks.
func networks(at func(target) *[]netip.Prefix) value {
	return value{name: "list of addresses", tags: tagText, list: true, set: func(t target, text string, _ *reader) error {
		var all []netip.Prefix
		for _, entry := range entries(text) {
			p, err := netip.ParsePrefix(entry)
			if a, bad := netip.ParseAddr(entry); bad == nil && a.Zone() == "" && !a.Is4In6() {
				p, err = a.Prefix(a.BitLen())
			}
			if err != nil || p.Addr().Is4In6() {
				return errors.New("want addresses or networks, such as 10.0.0.5 or 10.1.0.0/16")
			}
			all = append(all, p.Masked())
		}
		*at(t) = all
		return nil
	}}
}

// entries takes a list apart, as it stands in a variable or between the brackets of the table's defaults.
func entries(text string) []string {
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "["), "]")
	if strings.TrimSpace(text) == "" {
		return nil
	}
	all := strings.Split(text, ",")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func parseDuration(text string, least, most time.Duration) (time.Duration, error) {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return 0, fmt.Errorf("%s has no unit; write %ss for seconds", text, text)
	}
	d, err := time.ParseDuration(text)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		var n int
		n, err = strconv.Atoi(days)
		if n < 0 || n > maxDays {
			n = maxDays
		}
		d = time.Duration(n) * day
	}
	if err != nil {
		return 0, errors.New("want a duration with its unit, such as 500ms, 30s or 24h")
	}
	if d < least || d > most {
		return 0, fmt.Errorf("want a duration from %s to %s", short(least), short(most))
	}
	return d, nil
}

const (
	day     = 24 * time.Hour
	maxDays = 36_500
)

// policies are the choices of a baseline.
var policies = []string{string(svcgate.BaselineLastKnown), string(svcgate.BaselineFresh), string(svcgate.BaselineOff)}

// policy reads the baseline of one operation.
func policy(op svcgate.Operation) value {
	return value{name: "text", tags: tagText, set: func(t target, text string, _ *reader) error {
		p, err := svcgate.ParseBaselinePolicy(text)
		if err != nil {
			return err
		}
		if t.c.Baseline == nil {
			t.c.Baseline = map[svcgate.Operation]svcgate.BaselinePolicy{}
		}
		t.c.Baseline[op] = p
		return nil
	}}
}

// short prints 24h instead of 24h0m0s, and whole days beyond the first as days.
func short(d time.Duration) string {
	if d > day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func address(at func(target) *string) value {
	return value{name: "host:port", tags: tagText, set: func(t target, text string, _ *reader) error {
		host, port, err := net.SplitHostPort(text)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
			return errors.New("want host:port, such as 127.0.0.1:8080")
		}
		if host != "" && net.ParseIP(host) == nil && hostName(host) != nil {
			return errors.New("want an IP address or a host name before the port")
		}
		*at(t) = text
		return nil
	}}
}

func path(at func(target) *string) value {
	return value{name: "path", tags: tagText, set: func(t target, text string, r *reader) error {
		if err := pathText(text); err != nil {
			return err
		}
		*at(t) = absolute(r.config.File, text)
		return nil
	}}
}

// database is a path or the URL of a PostgreSQL database.
func database(at func(target) *string) value {
	file := path(at)
	return value{name: "path or URL", tags: tagText, set: func(t target, text string, r *reader) error {
		if !isPostgres(text) {
			if strings.Contains(text, "://") {
				return errors.New("want a path, or a URL that begins with postgres://")
			}
			return file.set(t, text, r)
		}
		if err := postgresURL(text); err != nil {
			return err
		}
		*at(t) = text
		return nil
	}}
}

func isPostgres(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// postgresURL never quotes the URL: it may hold a password.
func postgresURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || printable(text) != nil:
		return errors.New("want a URL such as postgres://svcgate@db.example.com/svcgate?sslmode=verify-full")
	case u.User == nil || u.User.Username() == "":
		return errors.New("the URL names no user; want postgres://user@host/name")
	}
	if _, given := u.User.Password(); given || u.Query().Has("password") {
		return errors.New("the URL holds a password; give database_password_file instead")
	}
	if strings.Trim(u.Path, "/") == "" {
		return errors.New("the URL names no database; want postgres://user@host/name")
	}
	return nil
}

func pathText(text string) error {
	if text == "" {
		return errors.New("the path is empty")
	}
	return printable(text)
}

// readable is the path of a file that is read when svcgate starts.
func readable(at func(target) *string) value {
	return value{name: "path", tags: tagText, set: func(t target, text string, r *reader) error {
		if err := pathText(text); err != nil {
			return err
		}
		name := absolute(r.config.File, text)
		if _, err := readFile(name); err != nil {
			return fmt.Errorf("the file cannot be read: %w", err)
		}
		*at(t) = name
		return nil
	}}
}

// keyFile is the path of a file of keys that only its owner may read.
func keyFile(at func(target) *string) value {
	return value{name: "path", tags: tagText, set: func(t target, text string, r *reader) error {
		if err := pathText(text); err != nil {
			return err
		}
		*at(t) = absolute(r.config.File, text)
		return PrivateFile(*at(t), r.lookup("CREDENTIALS_DIRECTORY"))
	}}
}

func secretFile(at func(target) *Secret) value {
	return value{name: "path", tags: tagText, set: func(t target, text string, r *reader) error {
		if err := pathText(text); err != nil {
			return err
		}
		name, credentials := absolute(r.config.File, text), r.lookup("CREDENTIALS_DIRECTORY")
		s := Secret{file: name, text: func() (string, error) { return readSecretFile(name, credentials) }}
		return s.into(at(t))
	}}
}

func secretEnv(at func(target) *Secret) value {
	return value{name: "variable", tags: tagText, set: func(t target, text string, r *reader) error {
		if !variableName.MatchString(text) {
			return errors.New("want the name of an environment variable, such as ORCE_PASSWORD, not the secret")
		}
		secret := r.lookup(text)
		r.used[text] = true
		s := Secret{text: func() (string, error) { return oneLine(secret) }}
		if secret == "" {
			*at(t) = s
			return fmt.Errorf("the environment variable is not set")
		}
		return s.into(at(t))
	}}
}

// into keeps the secret's place and reports what is wrong with the secret.
func (s Secret) into(place *Secret) error {
	*place = s
	_, err := s.text()
	return err
}

func zone(at func(target) **time.Location) value {
	return value{name: "time zone", tags: tagText, set: func(t target, text string, _ *reader) error {
		location, err := time.LoadLocation(text)
		if err != nil || text == "" || text == "Local" {
			return errors.New("want a zone of the tz database, such as UTC or America/New_York")
		}
		*at(t) = location
		return nil
	}}
}

// maxHost is how long a name of a host may be. It does not stand in the pattern, which would be as many times as long.
const maxHost = 253

var (
	variableName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,99}$`)
	tokenName    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,63}$`)
	nodeText     = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)
	serviceText  = regexp.MustCompile(`^[A-Za-z0-9._-]{1,16}$`)
	hostText     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$`) // at most maxHost bytes
	idText       = regexp.MustCompile(`^[A-Za-z0-9 ._-]{0,20}$`)
)

func serviceCode(s string) error {
	if !serviceText.MatchString(s) {
		return errors.New("want 1 to 16 letters, digits, dots or dashes, such as RLT")
	}
	return nil
}

func nodeName(s string) error {
	if !nodeText.MatchString(s) {
		return errors.New("want 1 to 63 letters, digits, dots or dashes, such as svcgate-1")
	}
	return nil
}

func hostName(s string) error {
	if (len(s) > maxHost || !hostText.MatchString(s)) && net.ParseIP(s) == nil {
		return errors.New("want a host name or an IP address, without a port")
	}
	return nil
}

func identifier(s string) error {
	if !idText.MatchString(s) {
		return errors.New("want at most 20 ASCII letters, digits, spaces, dots or dashes")
	}
	return nil
}

func printable(s string) error {
	if len(s) > 4096 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == 0xfffd }) {
		return errors.New("want printable text of at most 4096 bytes")
	}
	return nil
}

func currency(s string) error {
	if _, err := svcgate.MoneyFromMinor(0, s); err != nil {
		return errors.New("want an ISO 4217 code in capitals, such as USD")
	}
	return nil
}

// collectorURL never quotes the URL: it may hold credentials.
func collectorURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || printable(s) != nil:
		return errors.New("want a URL with a host, such as http://127.0.0.1:4318")
	case u.User != nil:
		return errors.New("the URL holds credentials; give them in OTEL_EXPORTER_OTLP_HEADERS instead")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the URL must begin with http:// or https://")
	case u.RawQuery != "" || strings.ContainsAny(s, "?#"):
		return errors.New("the URL has a query or a fragment; drop it")
	}
	return nil
}

// consoleURL takes a scheme and a host: the console's pages have addresses of their own below it.
func consoleURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || printable(s) != nil:
		return errors.New("want a URL with a host, such as https://svcgate.example.com")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return errors.New("the URL must begin with https://; only on this machine browsers keep a session over http://")
	case u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || strings.ContainsAny(s, "?#"):
		return errors.New("want scheme and host only, such as https://svcgate.example.com")
	}
	return nil
}

// providerURL never quotes the URL: it may hold credentials.
func providerURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return errors.New("want a URL with a host, such as https://orce.example.com/relateui/OMS/xmlapi")
	case u.User != nil:
		return errors.New("the URL holds credentials; give username and password_file instead")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the URL must begin with https://")
	case u.Fragment != "" || strings.Contains(s, "#"):
		return errors.New("the URL has a fragment (#...); drop it")
	case printable(s) != nil:
		return errors.New("the URL holds characters that cannot be printed")
	}
	return nil
}

// loopback reports whether a URL's host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func environ(env []string) map[string]string {
	all := make(map[string]string, len(env))
	for _, entry := range slices.Backward(env) { // the first of two equal names wins, as in os.Getenv
		if name, text, found := strings.Cut(entry, "="); found {
			all[name] = text
		}
	}
	return all
}

func userName(s string) error {
	if strings.Contains(s, ":") {
		return errors.New("a user name must not hold a colon; the password belongs into password_file")
	}
	return printable(s)
}
