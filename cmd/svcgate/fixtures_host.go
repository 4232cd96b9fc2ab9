package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/fixtures"
	"github.com/svcgate/svcgate/internal/secret"
)

// hostFlags say which provider is asked and what it may be asked for.
type hostFlags struct {
	config                                 fixtures.HostConfig
	cards, allowFile, passwordFile, caFile string
}

func (f *hostFlags) add(c *cobra.Command, name, what string) {
	flags := c.Flags()
	flags.StringVar(&f.config.URL, name, "", what)
	flags.BoolVar(&f.config.Live, "live", false, "the provider is not on this machine; it also has to be allowed, and is only asked for balances")
	flags.StringArrayVar(&f.config.Allow, "allow", nil, "allow a live provider, as `HOST:PORT`; may be repeated")
	flags.StringVar(&f.allowFile, "allow-file", "", "`FILE` with a HOST:PORT a line that is allowed")
	flags.StringArrayVar(&f.config.AllowMoney, "allow-money", nil, "also ask a live provider for this `OPERATION`, such as authorize; may be repeated")
	flags.StringVar(&f.cards, "cards", "", "`FILE` (mode 0600) of the cards to send where a case has an alias or a mask")
	flags.StringVar(&f.config.Username, "username", "", "user for HTTP Basic authentication")
	flags.StringVar(&f.passwordFile, "password-file", "", "`FILE` with that user's password")
	flags.StringVar(&f.caFile, "ca-file", "", "`FILE` with the certificates that the provider's is signed by")
	flags.DurationVar(&f.config.Timeout, "timeout", 30*time.Second, "how long an answer may take")
}

// guard makes what stands before the provider.
func (f *hostFlags) guard(s *shell, r *fixtures.Redactor) (fixtures.Guard, error) {
	if f.allowFile != "" {
		text, err := os.ReadFile(f.allowFile)
		if err != nil {
			return fixtures.Guard{}, fail(exitUsage, "%w", err)
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				f.config.Allow = append(f.config.Allow, line)
			}
		}
	}
	if f.passwordFile != "" {
		password, err := readSecret(s, f.passwordFile)
		if err != nil {
			return fixtures.Guard{}, err
		}
		f.config.Password = secret.New(password)
	}
	if f.caFile != "" {
		text, err := os.ReadFile(f.caFile)
		if err != nil {
			return fixtures.Guard{}, fail(exitUsage, "%w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return fixtures.Guard{}, fail(exitUsage, "%s holds no certificate", f.caFile)
		}
		f.config.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	host, err := fixtures.NewHost(f.config)
	if err != nil {
		status := exitUsage
		if errors.Is(err, fixtures.ErrNotAllowed) {
			status = exitRefused
		}
		return fixtures.Guard{}, fail(status, "%w; see --live, --allow and --allow-money", err)
	}
	guard := fixtures.Guard{Host: host}
	if f.cards != "" {
		if guard.Cards, err = fixtures.ReadLiveCards(f.cards, r); err != nil {
			return fixtures.Guard{}, fail(exitUsage, "%w", err)
		}
	}
	return guard, nil
}

// keyFlag names the key of aliases.
func keyFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "key", "", "`FILE` with the key of aliases; made when it is not there (default: svcgate/fixtures.key where settings are kept)")
}

// redactor opens the key of aliases for a corpus; "" for the one that is built in.
func (s *shell) redactor(key, corpus string) (*fixtures.Redactor, error) {
	if key == "" {
		dir := s.getenv("XDG_CONFIG_HOME")
		if dir == "" {
			home := s.getenv("HOME")
			if home == "" {
				return nil, fail(exitUsage, "name the key of aliases with --key FILE")
			}
			dir = filepath.Join(home, ".config")
		}
		key = filepath.Join(dir, "svcgate", "fixtures.key")
	}
	_, statErr := os.Stat(key)
	keys, err := fixtures.OpenKeys(key)
	if err != nil {
		return nil, fail(exitUsage, "%w; another file can be named with --key", err)
	}
	if statErr != nil {
		s.tell("%s made: the key of aliases. Keep it, and keep it apart from the cases", key)
	}
	if corpus == "" {
		return newRedactor(fixtures.NewRedactor(keys, fixtures.Corpus))
	}
	return newRedactor(fixtures.NewRedactor(keys, os.DirFS(corpus)))
}

func newRedactor(r *fixtures.Redactor, err error) (*fixtures.Redactor, error) {
	if err != nil {
		return nil, fail(exitUsage, "%w", err)
	}
	return r, nil
}

// listenFlag names the address of a proxy or a replay server.
func listenFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "listen", "127.0.0.1:8083", "`ADDRESS` to listen on, of this machine")
}

// play serves a proxy or replay server until it is interrupted. Everybody who reaches it may use it, so it is for this
// machine only.
func (s *shell) play(ctx context.Context, address string, handler http.Handler) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fail(exitUsage, "--listen wants an address of this machine, such as 127.0.0.1:8083")
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return cannotListen("messages", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaderLimit, ReadTimeout: simLimit, WriteTimeout: simLimit,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	var work sync.WaitGroup
	var broken error
	work.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			broken = err
		}
	})
	s.tell("%s http://%s%s", s.paint(strong, "send to"), listener.Addr(), fixtures.Path)
	<-ctx.Done()
	// What was sent to a provider is waited for: its answer is wanted.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), simLimit)
	defer cancel()
	err = server.Shutdown(ending)
	work.Wait()
	return errors.Join(err, broken)
}

// playLog tells people what a proxy or replay server does.
func (s *shell) playLog() (*slog.Logger, error) {
	log, _, err := newLogger(s.err, "info", "text")
	return log, err
}
