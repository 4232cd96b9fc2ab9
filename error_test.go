package svcgate_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/svcgate/svcgate"
)

func TestCodeOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want svcgate.Code
	}{
		{nil, ""}, {io.EOF, svcgate.CodeInternal}, {&svcgate.Error{Code: svcgate.CodeConflict}, svcgate.CodeConflict},
		{fmt.Errorf("sending: %w", &svcgate.Error{Code: svcgate.CodeUnknown, Err: io.EOF}), svcgate.CodeUnknown},
	} {
		if got := svcgate.CodeOf(c.err); got != c.want {
			t.Errorf("%v: %q", c.err, got)
		}
	}
	if err := fmt.Errorf("x: %w", &svcgate.Error{Code: svcgate.CodeUnknown, Err: io.EOF}); !errors.Is(err, io.EOF) {
		t.Error("the cause is lost")
	}
}

func TestOnlyTwoCodesMayHaveMovedMoney(t *testing.T) {
	t.Parallel()
	var may []svcgate.Code
	for _, c := range svcgate.Codes() {
		if c.MayHaveMoved() {
			may = append(may, c)
		}
	}
	if !slices.Equal(may, []svcgate.Code{svcgate.CodeUnknown, svcgate.CodeInternal}) {
		t.Errorf("got %v", may)
	}
}
