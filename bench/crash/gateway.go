//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"golang.org/x/sys/unix"
)

// gateway is the shipped binary serving one folder of files.
type gateway struct {
	proc        *process
	base, admin string
}

var gatewayReady = regexp.MustCompile(`msg=ready .*api=(\S+) admin=(\S+)`)

// quiet is settling.quiet of the settings.
const quiet = 5 * time.Second

const settings = `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
database: svcgate.db
key_file: svcgate.key
limits: {call: 8s}
settling: {schedule: [1h], quiet: 5s, every: 100ms}
services:
  - code: RLT
    url: %s/relateui/OMS/xmlapi
    dial_timeout: 2s
    call_timeout: 5s
    presenters_id: "60064"
    submitters_id: "01"
    signon: CRASH
`

const settingsName = "svcgate.yaml"

// makeTemplate makes the files of a gateway that never served: settings, keys, a database with one token. It returns
// the token.
func makeTemplate(ctx context.Context, binary, dir string) (token string, err error) {
	if err := writeSettings(dir, "http://127.0.0.1:1"); err != nil {
		return "", err
	}
	if _, err := runTool(ctx, binary, "keys", "init", filepath.Join(dir, "svcgate.key")); err != nil {
		return "", err
	}
	return runTool(ctx, binary, "tokens", "create", "oms", "--role", "oms", "--config", filepath.Join(dir, settingsName))
}

func writeSettings(dir, providerURL string) error {
	return os.WriteFile(filepath.Join(dir, settingsName), fmt.Appendf(nil, settings, providerURL), 0o600)
}

// copyTemplate fills dir, which must exist and be empty, and points its settings at a provider. The files are on disk
// when it returns: they stand for an installation that is there for long.
func copyTemplate(template, dir, providerURL string) error {
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		return err
	}
	for _, name := range []string{"svcgate.db", "svcgate.key"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
			return err
		}
	}
	if err := writeSettings(dir, providerURL); err != nil {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(f.Fd())), f.Close())
}

// startGateway serves dir and waits for /readyz. One processor keeps the journal's writer on one thread most of the
// time, which is what strace counts calls by; zero takes all.
func startGateway(ctx context.Context, binary, dir string, processors int) (*gateway, error) {
	var env []string
	if processors > 0 {
		env = []string{fmt.Sprintf("GOMAXPROCS=%d", processors)}
	}
	proc, match, err := startProcess(ctx, gatewayReady, env, binary, "serve", "--config", filepath.Join(dir, settingsName))
	if err != nil {
		return nil, err
	}
	g := &gateway{proc, "http://" + match[1], "http://" + match[2]}
	if err := g.waitReady(ctx); err != nil {
		proc.kill()
		return nil, err
	}
	return g, nil
}

// waitReady asks /readyz until it is green, within bounds.
func (g *gateway) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	client := newHTTPClient()
	for {
		if status := g.readiness(ctx, client); status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the gateway is not ready: %w: %s", ctx.Err(), g.proc.lastWords())
		case <-g.proc.done:
			return fmt.Errorf("the gateway ended: %s", g.proc.lastWords())
		case <-again.C:
		}
	}
}

// readiness returns the status of /readyz, 0 when nothing answers.
func (g *gateway) readiness(ctx context.Context, client *http.Client) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.admin+"/readyz", http.NoBody)
	if err != nil {
		return 0
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxRead)) // only the status counts
	return answer.StatusCode
}
