package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

const (
	defaultAdmin = "http://127.0.0.1:8081"
	topEvery     = 2 * time.Second
	topLimit     = 5 * time.Second // one look
)

func topCommand(s *shell) *cobra.Command {
	server, once, asJSON, every := "", false, false, topEvery
	c := &cobra.Command{
		Use:   "top --server URL",
		Short: "Watch a running server: rates, latencies, outcomes, what waits",
		Long: "Shows what /metrics of a server's admin address (admin_listen) tells, again and again until q is pressed; p pauses.\n" +
			"Rates and latencies are those since the look before; of a first look, and with --once, since the server's start.\n" +
			"Without a terminal it prints one look, as with --once.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if server == "" {
				server = s.getenv("SVCGATE_ADMIN")
			}
			t, err := newTop(server)
			if err != nil {
				return err
			}
			if every < 100*time.Millisecond || every > time.Hour {
				return fail(exitUsage, "--every wants a time from 100ms to 1h")
			}
			if once || asJSON || !isTerminal(s.out) || !isTerminal(s.in) {
				return t.once(c.Context(), s, asJSON)
			}
			return t.watch(c.Context(), s, every)
		},
	}
	c.Flags().StringVar(&server, "server", "", "admin address of the server (default: the variable SVCGATE_ADMIN, or "+defaultAdmin+")")
	c.Flags().BoolVar(&once, "once", false, "print one look and end")
	c.Flags().BoolVar(&asJSON, "json", false, "print one look as JSON")
	c.Flags().DurationVar(&every, "every", topEvery, "how often to look")
	return c
}

// top looks at one server.
type top struct {
	server string
	http   *http.Client
	now    func() time.Time
	before *scrape
}

func newTop(server string) (*top, error) {
	if server == "" {
		server = defaultAdmin
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return nil, fail(exitUsage, "--server wants an address such as %s", defaultAdmin)
	}
	return &top{server: u.Scheme + "://" + u.Host, now: time.Now, http: &http.Client{Timeout: topLimit, Transport: &http.Transport{Proxy: nil}}}, nil
}

// look asks once. Every error has its exit status.
func (t *top) look(ctx context.Context) (topFigures, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.server+"/metrics", nil)
	if err != nil {
		return topFigures{}, fail(exitUsage, "--server wants an address such as %s", defaultAdmin)
	}
	answer, err := t.http.Do(r)
	if err != nil {
		return topFigures{}, noAnswer(http.MethodGet, t.server, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return topFigures{}, noAnswer(http.MethodGet, t.server, err)
	}
	now, err := readScrape(bytes.NewReader(text), t.now())
	if answer.StatusCode != http.StatusOK || err != nil {
		return topFigures{}, fail(exitFailed, "%s/metrics does not tell the metrics of svcgate (HTTP status %d): give the admin address, admin_listen in the settings", t.server, answer.StatusCode)
	}
	f := now.figures(t.before, t.server)
	t.before = now
	return f, nil
}

func (t *top) once(ctx context.Context, s *shell, asJSON bool) error {
	f, err := t.look(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return s.json(f)
	}
	s.showTop(s.out, f)
	return nil
}

const (
	enterScreen = "\x1b[?1049h\x1b[?25l" // another screen, no cursor
	leaveScreen = "\x1b[?25h\x1b[?1049l"
	drawFromTop = "\x1b[H"
	clearLine   = "\x1b[K"
	clearBelow  = "\x1b[J"
)

// watch draws until q is pressed or ctx ends.
func (t *top) watch(ctx context.Context, s *shell, every time.Duration) (err error) {
	in := s.in.(*os.File)
	before, err := term.MakeRaw(in.Fd())
	if err != nil {
		return fmt.Errorf("preparing the terminal: %w", err)
	}
	fmt.Fprint(s.out, enterScreen)
	defer func() {
		fmt.Fprint(s.out, leaveScreen)
		err = errors.Join(err, term.Restore(in.Fd(), before))
	}()
	keys := make(chan byte)
	go func() { // it ends with the process: a read of a terminal cannot be broken off
		one := make([]byte, 1)
		for {
			if n, err := in.Read(one); err != nil {
				close(keys)
				return
			} else if n == 1 {
				keys <- one[0]
			}
		}
	}()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	return t.loop(ctx, s, ticker.C, keys)
}

// loop looks at each tick and heeds the keys: q, Ctrl-C and Ctrl-D end it, p pauses and goes on.
func (t *top) loop(ctx context.Context, s *shell, ticks <-chan time.Time, keys <-chan byte) error {
	var last topFigures
	paused := false
	look := func() {
		f, err := t.look(ctx)
		if err == nil {
			last = f
		}
		s.drawTop(last, err, paused)
	}
	look()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
			if !paused {
				look()
			}
		case key, open := <-keys:
			switch {
			case !open, key == 'q', key == 'Q', key == 3, key == 4:
				return nil
			case key == 'p', key == 'P', key == ' ':
				paused = !paused
				s.drawTop(last, nil, paused)
			}
		}
	}
}

// drawTop fills the screen. In a raw terminal a line ends with a return too.
func (s *shell) drawTop(f topFigures, trouble error, paused bool) {
	var b bytes.Buffer
	if !f.At.IsZero() {
		s.showTop(&b, f)
	}
	if trouble != nil {
		fmt.Fprintf(&b, "\n%s\n", s.paint(bad, oneLine(trouble.Error())))
	}
	fmt.Fprintf(&b, "\n%s\n", s.paint(faint, map[bool]string{false: "q quit  p pause", true: "q quit  p go on  (paused)"}[paused]))
	fmt.Fprint(s.out, drawFromTop+strings.ReplaceAll(b.String(), "\n", clearLine+"\r\n")+clearBelow)
}
