//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/svcgate/svcgate/bench/world"
)

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

// makeTemplate makes the files of a gateway that never served: settings, keys, a database with two tokens, which it
// returns: of the OMS and of a viewer.
func makeTemplate(ctx context.Context, binary, dir string) (oms, viewer string, err error) {
	if err := writeSettings(dir, "http://127.0.0.1:1"); err != nil {
		return "", "", err
	}
	if _, err := world.Tool(ctx, binary, "keys", "init", filepath.Join(dir, "svcgate.key")); err != nil {
		return "", "", err
	}
	file := filepath.Join(dir, settingsName)
	if oms, err = world.Tool(ctx, binary, "tokens", "create", "oms", "--role", "oms", "--config", file); err != nil {
		return "", "", err
	}
	viewer, err = world.Tool(ctx, binary, "tokens", "create", "viewer", "--role", "viewer", "--config", file)
	return oms, viewer, err
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
func startGateway(ctx context.Context, binary, dir string, processors int) (*world.Gateway, error) {
	var env []string
	if processors > 0 {
		env = []string{fmt.Sprintf("GOMAXPROCS=%d", processors)}
	}
	return world.Serve(ctx, binary, filepath.Join(dir, settingsName), env)
}
