package store

import (
	"regexp"
	"testing"
)

// A value that SQLite looks at when it plans makes it plan anew each time the statement is run.
func TestAwaitedReadsArePlannedOnce(t *testing.T) {
	t.Parallel()
	bare := regexp.MustCompile(`[^(]\?`)
	for query := range awaited {
		if at := bare.FindString(steady(query)); at != "" {
			t.Errorf("%q is still bare in %s", at, steady(query))
		}
	}
}
