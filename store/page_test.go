package store

import (
	"errors"
	"testing"

	"github.com/svcgate/svcgate"
)

// A cursor that somebody made, with the right sum, is refused where it holds what no database takes.
func TestACursorHoldsAPlainID(t *testing.T) {
	t.Parallel()
	f := svcgate.Filter{Order: "3242"}
	for id, refused := range map[string]bool{"txn_abc": false, "txn\x00": true, "txn_\xff": true} {
		f.Cursor = position{created: 7, id: id}.cursor(f, search{})
		at, err := parseCursor(f, search{})
		e, invalid := errors.AsType[*svcgate.Error](err)
		if invalid != refused || refused && e.Reason != "invalid_cursor" || !refused && at.id != id {
			t.Errorf("%q: %+v, %v", id, at, err)
		}
	}
}
