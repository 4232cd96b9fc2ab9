//go:build linux

package world_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/bench/world"
)

// A child that says more in one line than is kept of it must not wait for somebody to listen.
func TestAChildMaySayLongLines(t *testing.T) {
	t.Parallel()
	const script = `head -c 200000 /dev/zero | tr '\\0' x >&2; echo >&2; echo 'ready on 7' >&2; head -c 400000 /dev/zero | tr '\\0' y >&2; echo >&2; echo last >&2`
	p, match, err := world.Start(t.Context(), regexp.MustCompile(`^ready on (\d)$`), nil, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	if match[1] != "7" {
		t.Errorf("matched %q", match)
	}
	if !p.EndsBy(time.Now().Add(world.Patience)) {
		p.Kill()
		t.Fatal("the child still waits")
	}
	if !strings.HasSuffix(p.LastWords(), " | last") {
		t.Errorf("its last words end with %q", p.LastWords()[max(0, len(p.LastWords())-20):])
	}
}
