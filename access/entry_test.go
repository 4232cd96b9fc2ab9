package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/access"
)

func TestEntry(t *testing.T) {
	t.Parallel()
	good := access.Entry{At: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC), Actor: "jo", Action: "transaction.settle", Subject: "txn_b", Detail: "seen – twice"}
	for name, e := range map[string]access.Entry{
		"whole":            good,
		"without the rest": {At: good.At, Actor: "jo", Action: "x"},
		"longest":          {At: good.At, Actor: strings.Repeat("a", access.MaxTokenName), Action: "x", Detail: strings.Repeat("d", access.MaxDetail)},
	} {
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*access.Entry){
		"no instant":        func(e *access.Entry) { e.At = time.Time{} },
		"no actor":          func(e *access.Entry) { e.Actor = "" },
		"no action":         func(e *access.Entry) { e.Action = "" },
		"long actor":        func(e *access.Entry) { e.Actor = strings.Repeat("a", access.MaxTokenName+1) },
		"long action":       func(e *access.Entry) { e.Action = strings.Repeat("a", access.MaxAction+1) },
		"long subject":      func(e *access.Entry) { e.Subject = strings.Repeat("s", access.MaxSubject+1) },
		"long detail":       func(e *access.Entry) { e.Detail = strings.Repeat("d", access.MaxDetail+1) },
		"two lines":         func(e *access.Entry) { e.Detail = "one\ntwo" },
		"a terminal's code": func(e *access.Entry) { e.Actor = "jo\x1b[2J" },
		"no UTF-8":          func(e *access.Entry) { e.Subject = "\xff" },
	} {
		e := good
		spoil(&e)
		err := e.Validate()
		if !errors.Is(err, access.ErrEntry) {
			t.Errorf("%s: %v", name, err)
		} else if e.Detail != "" && strings.Contains(err.Error(), e.Detail) {
			t.Errorf("%s: the error holds what was given", name)
		}
	}
}
