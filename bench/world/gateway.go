//go:build linux

package world

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"
)

// Gateway is a "svcgate serve" process.
type Gateway struct {
	*Process
	Base, Admin string // addresses, as URLs
}

// GatewayReady matches the line that a gateway logs when it serves: the addresses of the API and of /readyz.
var GatewayReady = regexp.MustCompile(`msg=ready .*api=(\S+) admin=(\S+)`)

// Serve starts a gateway with a file of settings, which must have it log text, and waits for /readyz.
func Serve(ctx context.Context, binary, settings string, env []string) (*Gateway, error) {
	p, match, err := Start(ctx, GatewayReady, env, binary, "serve", "--config", settings)
	if err != nil {
		return nil, err
	}
	g := &Gateway{p, "http://" + match[1], "http://" + match[2]}
	if err := g.WaitReady(ctx); err != nil {
		g.Kill()
		return nil, err
	}
	return g, nil
}

// WaitReady asks /readyz until it is green, within bounds.
func (g *Gateway) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	client := Client()
	for {
		if g.readiness(ctx, client) == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the gateway is not ready: %w: %s", ctx.Err(), g.LastWords())
		case <-g.Done:
			return fmt.Errorf("the gateway ended: %s", g.LastWords())
		case <-again.C:
		}
	}
}

// readiness returns the status of /readyz, 0 when nothing answers.
func (g *Gateway) readiness(ctx context.Context, client *http.Client) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.Admin+"/readyz", http.NoBody)
	if err != nil {
		return 0
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, MaxRead)) // only the status counts
	return answer.StatusCode
}
