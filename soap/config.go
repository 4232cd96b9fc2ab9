package soap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
)

// Config says where the provider is and how to reach it. Only URL is required.
type Config struct {
	URL string // https://server:port/relateui/organisation/xmlapi, without user information

	Username    string        // HTTP Basic, with Password
	Password    secret.String //
	BearerToken secret.String // instead of Username and Password

	ProxyHost string // proxies named by the environment are ignored
	ProxyPort int

	// PEM files, read once by NewClient: a renewed file takes effect with the next Client.
	CAFile   string // trust these authorities and no others; "" trusts the system's
	CertFile string // client certificate, with KeyFile
	KeyFile  string

	DialTimeout time.Duration // until a connection is ready, tunnel and TLS included; 5 s
	CallTimeout time.Duration // the whole call, dialling and reading the body included; 30 s
	// How long a connection may wait for the next call; negative gives every call its own connection. The default of
	// 4 s stays below the 5 s after which Apache httpd, the most impatient of the common servers, hangs up.
	IdleTimeout time.Duration
	MaxAnswer   int64 // bytes of the answer's body, also after decompression; 1 MiB

	AllowPlainHTTP bool // http:// to anything but this machine

	// MaySend is asked with Call's context when the connection is ready, right before the first byte of each request is
	// written; an error writes nothing. nil: always.
	MaySend func(context.Context) error
}

func (c *Config) setDefaults() {
	if c.DialTimeout == 0 {
		c.DialTimeout = 5 * time.Second
	}
	if c.CallTimeout == 0 {
		c.CallTimeout = 30 * time.Second
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = 4 * time.Second
	}
	if c.MaxAnswer == 0 {
		c.MaxAnswer = 1 << 20
	}
	if c.MaySend == nil {
		c.MaySend = func(context.Context) error { return nil }
	}
}

// check reports everything that is wrong with the settings. No message quotes a value: an URL may hold a password by
// mistake.
func (c *Config) check() (*url.URL, error) {
	var problems []error
	refuse := func(format string, args ...any) { problems = append(problems, fmt.Errorf("soap: "+format, args...)) }

	u, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		refuse("URL is missing")
	case err != nil: // its text quotes the URL
		refuse("URL cannot be parsed")
	case u.Scheme != "https" && u.Scheme != "http":
		refuse("URL must begin with https://")
	case u.Hostname() == "" || strings.ContainsFunc(u.Host, notPrintable):
		refuse("URL names no usable host")
	case u.User != nil:
		refuse("URL must not hold a user or a password; use Username and Password")
	case strings.ContainsFunc(u.RequestURI(), notPrintable):
		refuse("URL has characters that must be percent-encoded")
	case u.Fragment != "":
		refuse("URL must not have a fragment")
	case u.Port() != "" && !validPort(u.Port()):
		refuse("URL has an invalid port")
	case u.Scheme == "http" && !c.AllowPlainHTTP && (!loopback(u.Hostname()) || c.ProxyHost != ""):
		refuse("URL must begin with https://: over http:// anyone on the way can read card numbers")
	}

	if (c.ProxyHost == "") != (c.ProxyPort == 0) {
		refuse("ProxyHost and ProxyPort need each other")
	}
	if c.ProxyPort < 0 || c.ProxyPort > 65535 {
		refuse("ProxyPort must lie between 1 and 65535")
	}
	if strings.ContainsAny(c.ProxyHost, "/@?# ") || strings.ContainsFunc(c.ProxyHost, notPrintable) {
		refuse("ProxyHost must be a host name or an address, without scheme, user or port")
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		refuse("CertFile and KeyFile need each other")
	}
	if c.DialTimeout < 0 || c.CallTimeout < 0 || c.MaxAnswer < 0 {
		refuse("DialTimeout, CallTimeout and MaxAnswer must not be negative")
	}
	return u, errors.Join(problems...)
}

func notPrintable(r rune) bool { return r <= ' ' || r >= 0x7f }

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// tlsConfig never goes below TLS 1.2 and never skips verification.
func (c *Config) tlsConfig(host string) (*tls.Config, error) {
	t := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         host,
		NextProtos:         []string{"http/1.1"},
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("soap: read CAFile: %w", err)
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("soap: CAFile holds no PEM certificate")
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("soap: read CertFile and KeyFile: %w", err)
		}
		t.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}
