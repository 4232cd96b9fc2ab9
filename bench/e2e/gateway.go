package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// gateway is the shipped binary with settings, keys, a token and a database of its own.
type gateway struct {
	binary, dir, name, settings string
	face, admin, token          string
}

const gatewaySettings = `listen: %s
admin_listen: %s
database: %s
key_file: %s.key
log: {level: info, format: json}
limits: {max_in_flight: 1024, connections_per_address: 10000}
rates: {requests: 0, inquiries: 0}
services:
`

// newGateway writes the settings and makes keys and a token. database is a path or a URL.
func (b *bench) newGateway(ctx context.Context, name, database string) (*gateway, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	g := &gateway{binary: b.binary, dir: b.dir, name: name, settings: filepath.Join(b.dir, name+".yaml"), face: ports[0], admin: ports[1]}
	text := fmt.Appendf(nil, gatewaySettings, g.face, g.admin, database, name)
	for w, s := range ways {
		text = fmt.Appendf(text, "  - code: %s\n    url: %s\n", s.service, b.providerURL(w))
		if w == wayTLS {
			text = fmt.Appendf(text, "    ca_file: %s\n", b.certificate)
		}
	}
	if err := os.WriteFile(g.settings, text, 0o600); err != nil {
		return nil, fmt.Errorf("writing the settings: %w", err)
	}
	if _, err := g.tool(ctx, "keys", "init", name+".key"); err != nil {
		return nil, err
	}
	g.token, err = g.tool(ctx, "tokens", "create", name, "--role", "oms", "--config", g.settings)
	return g, err
}

func (g *gateway) tool(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, g.binary, args...)
	c.Dir, c.Env = g.dir, plainEnvironment()
	out, err := c.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%w: %s", err, e.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("svcgate %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// serve starts it and returns how long it took until it was ready.
func (g *gateway) serve(ctx context.Context, b *bench) (*process, time.Duration, error) {
	p, err := b.start(g.name, g.binary, "serve", "--config", g.settings)
	if err != nil {
		return nil, 0, err
	}
	took, err := p.await(ctx, answering("http://"+g.admin+"/readyz"))
	return p, took, err
}

// startGateway makes an arm of the shipped binary.
func (b *bench) startGateway(ctx context.Context, a *arm, database string) error {
	g, err := b.newGateway(ctx, a.name, database)
	if err != nil {
		return err
	}
	a.figures, a.caller = "http://"+g.admin+"/metrics", gatewayCaller(g.face, g.token)
	a.process, _, err = g.serve(ctx, b)
	return err
}

func (b *bench) startSQLite(ctx context.Context, a *arm) error {
	return b.startGateway(ctx, a, filepath.Join(b.dir, "sqlite.db"))
}
