//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

// codesLimit is how long a version may take to be in force at every node.
const codesLimit = 5 * time.Second

// prepareCodes publishes a second version of the codes, so that there is one to go back to.
func (d *director) prepareCodes(ctx context.Context) error {
	err := d.keepCodes(ctx, "set", service, "error_code", "NODES_DECLINED", "--vendor", "101", "--outcome", "declined")
	if err != nil {
		return err
	}
	return d.keepCodes(ctx, "publish", "--service", service, "--reason", "nodes")
}

// keepCodes runs svcgate codes at one of the nodes.
func (d *director) keepCodes(ctx context.Context, args ...string) error {
	_, err := world.Tool(ctx, d.binary, append(append([]string{"codes"}, args...), "--server", d.any().gateway().Base, "--token-file", d.keeper)...)
	return err
}

// publish publishes a version at one node and waits until it is in force at all. The time counts from before it is asked
// for.
func (d *director) publish(ctx context.Context) (time.Duration, error) {
	token, err := os.ReadFile(d.keeper)
	if err != nil {
		return 0, err
	}
	reader := world.NewOMS(string(token))
	now, err := d.agreed(ctx, reader, 1) // what was published before a fault may still be on its way
	if err != nil {
		return 0, err
	}
	began := time.Now()
	// Versions 1 and 2 take turns: an odd number has the rules of 1.
	if err := d.keepCodes(ctx, "rollback", strconv.Itoa(1+now%2), "--service", service, "--reason", "nodes"); err != nil {
		return 0, err
	}
	_, err = d.agreed(ctx, reader, now+1)
	return time.Since(began), err
}

// agreed waits until one version, the least or a later one, is in force at all nodes.
func (d *director) agreed(ctx context.Context, reader *world.OMS, least int) (int, error) {
	limit := time.Now().Add(4 * codesLimit)
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		var seen []int
		for _, n := range d.nodes {
			v, err := version(ctx, reader, n)
			if err != nil {
				return 0, err
			}
			seen = append(seen, v)
		}
		switch {
		case slices.Min(seen) >= least && slices.Min(seen) == slices.Max(seen):
			return seen[0], nil
		case time.Now().After(limit):
			return 0, fmt.Errorf("the nodes never agree on one version: %v, at least %d", seen, least)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// version is the number of the codes in force at a node.
func version(ctx context.Context, reader *world.OMS, n *node) (int, error) {
	status, content, err := reader.Do(ctx, http.MethodGet, n.gateway().Base+"/v1/services/"+service+"/codes", "", nil)
	if err != nil {
		return 0, fmt.Errorf("reading the codes at %s: %w", n.name, err)
	}
	var v struct{ Version int }
	if err := json.Unmarshal(content, &v); err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("reading the codes at %s: status %d: %w", n.name, status, err)
	}
	return v.Version, nil
}
