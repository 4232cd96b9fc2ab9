package config

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// fill gives every key that was not given its default, and reports those that must be given.
func (r *reader) fill() {
	for i := range keys {
		row := &keys[i]
		if !strings.HasPrefix(row.Name, "services[]") {
			r.fillKey(row, row.Name, place{}, target{c: r.config})
			continue
		}
		for n, s := range r.config.Services {
			entry := fmt.Sprintf("services[%d]", n)
			r.fillKey(row, strings.Replace(row.Name, "services[]", entry, 1), r.config.given[entry], target{c: r.config, s: s})
		}
	}
}

func (r *reader) fillKey(row *Key, key string, section place, t target) {
	if _, given := r.config.given[key]; given {
		return
	}
	switch {
	case row.Required:
		r.report(section, key, SeverityError, "%s is missing", last(key))
	case row.Default != "":
		before := len(r.problems)
		r.put(row, key, strings.Trim(row.Default, `"`), section, t)
		for i := range r.problems[before:] {
			r.problems[before+i].Text += " (not given; the default is " + row.Default + ")"
		}
	}
}

// together judges values that depend on each other.
func (r *reader) together() {
	c := r.config
	if c.Live && c.KeyFile == "" && !anyAt(r.problems, "key_file") {
		r.at("key_file", SeverityError, "key_file is missing: card numbers are sealed with its keys; make it with svcgate keys init FILE (only a test system, live: false, starts without)")
	}
	if c.Listen == c.AdminListen && c.Listen != "" && !strings.HasSuffix(c.Listen, ":0") {
		r.at("admin_listen", SeverityError, "admin_listen and listen are the same address")
	}
	for _, key := range []string{"listen", "admin_listen"} {
		address := c.Listen
		if key == "admin_listen" {
			address = c.AdminListen
		}
		if host, _, err := net.SplitHostPort(address); err == nil && !loopback(host) {
			r.at(key, SeverityWarning, "%s reaches beyond this machine over plain HTTP; a proxy with TLS must stand before it", key)
		}
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !loopback(host) && c.Console.Enabled && c.Console.URL == "" && !anyAt(r.problems, "console.url") {
		r.at("console.url", SeverityWarning, "console.url is missing: browsers on other machines keep no session without https; name the proxy's address, or turn console.enabled off")
	}
	r.databaseTogether()
	if len(c.Services) == 0 && !anyAt(r.problems, "services") {
		r.at("services", SeverityError, "services is missing: at least one service bureau is needed")
	}
	codes := map[string]int{}
	for n, s := range c.Services {
		if first, twice := codes[s.Code]; twice && s.Code != "" {
			r.at(entryKey(n, "code"), SeverityError, "two services have the code %q; the first is in line %d", s.Code, c.given[entryKey(first, "code")].line)
		}
		codes[s.Code] = n
		r.service(n, s)
	}
}

// databaseTogether judges what goes with one kind of database only.
func (r *reader) databaseTogether() {
	c := r.config
	if !c.Postgres() {
		if c.Given("database_password_file") {
			r.at("database_password_file", SeverityError, "a SQLite file has no password; give it or the URL of a PostgreSQL database, not both")
		}
		return
	}
	u, err := url.Parse(c.Database)
	if err != nil {
		return
	}
	local := u.Hostname() == "" || loopback(u.Hostname()) || strings.HasPrefix(u.Query().Get("host"), "/")
	if mode := u.Query().Get("sslmode"); !local && mode != "verify-full" && mode != "verify-ca" {
		r.at("database", SeverityWarning, "anybody on the way to the database can read and change what passes; add sslmode=verify-full to the URL")
	}
}

func (r *reader) service(n int, s *Service) {
	needs := func(key, other, why string) {
		if _, given := r.config.given[entryKey(n, key)]; !given {
			return
		}
		for _, name := range strings.Split(other, "|") {
			if _, given := r.config.given[entryKey(n, name)]; given {
				return
			}
		}
		r.at(entryKey(n, key), SeverityError, "%s", why)
	}
	clash := func(key, other, why string) {
		if r.has(n, key) && r.has(n, other) {
			r.at(entryKey(n, key), SeverityError, "%s", why)
		}
	}
	needs("username", "password_file|password_env", "username needs password_file or password_env")
	needs("password_file", "username", "password_file needs username")
	needs("password_env", "username", "password_env needs username")
	needs("proxy_host", "proxy_port", "proxy_host needs proxy_port")
	needs("proxy_port", "proxy_host", "proxy_port needs proxy_host")
	needs("cert_file", "key_file", "cert_file needs key_file")
	needs("key_file", "cert_file", "key_file needs cert_file")
	clash("password_env", "password_file", "give password_file or password_env, not both")
	clash("bearer_token_env", "bearer_token_file", "give bearer_token_file or bearer_token_env, not both")
	if s.BearerToken.Given() && s.Password.Given() {
		r.at(entryKey(n, "username"), SeverityError, "give a user with a password or a bearer token, not both: a request carries one of them")
	}
	if u, err := url.Parse(s.URL); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		if s.AllowPlainHTTP {
			r.at(entryKey(n, "allow_plain_http"), SeverityWarning, "card numbers travel in the clear to the provider")
		} else {
			r.at(entryKey(n, "url"), SeverityError, "url: the URL must begin with https://; only a simulator on this machine may be reached over http://")
		}
	}
	if least := s.CallTimeout + roomForJournal; s.CallTimeout > 0 && r.config.Limits.Call > 0 && r.config.Limits.Call < least {
		r.at(entryKey(n, "call_timeout"), SeverityError, "call_timeout is %s, but limits.call is %s; limits.call must be at least %s",
			short(s.CallTimeout), short(r.config.Limits.Call), short(least))
	}
	if quiet := r.config.Settling.Quiet; quiet > 0 && quiet < s.CallTimeout {
		r.at(entryKey(n, "call_timeout"), SeverityError, "call_timeout is %s, but settling.quiet is %s; settling.quiet must be at least as long, or a message that is still on its way is taken for one that got lost",
			short(s.CallTimeout), short(quiet))
	}
	if s.DialTimeout > s.CallTimeout && s.CallTimeout > 0 {
		r.at(entryKey(n, "dial_timeout"), SeverityError, "dial_timeout is longer than call_timeout")
	}
}

// roomForJournal is what an operation needs beside the provider's call: two commits.
const roomForJournal = time.Second

func (r *reader) has(n int, key string) bool {
	_, given := r.config.given[entryKey(n, key)]
	return given
}

// at reports at a key's place, or at its service's when the key was not given.
func (r *reader) at(key string, severity Severity, format string, args ...any) {
	at, given := r.config.given[key]
	if entry, _, inService := strings.Cut(key, "."); !given && inService {
		at = r.config.given[entry]
	}
	r.report(at, key, severity, format, args...)
}

func anyAt(problems []Problem, key string) bool {
	for _, p := range problems {
		if p.Key == key {
			return true
		}
	}
	return false
}

func entryKey(n int, key string) string { return fmt.Sprintf("services[%d].%s", n, key) }
