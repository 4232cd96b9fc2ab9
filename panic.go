package svcgate

import (
	"fmt"
	"runtime/debug"
)

// PanicError is a panic that was caught, so that one defect neither ends the process nor lets what was sent be forgotten.
// Of the panic's value, which may hold anything, it has the type alone.
type PanicError struct {
	Kind  string // type of the value
	Stack string // for the log
}

// NewPanicError makes the error for what recover returned, in the function that called it.
func NewPanicError(v any) *PanicError {
	return &PanicError{Kind: fmt.Sprintf("%T", v), Stack: string(debug.Stack())}
}

// Error names the type of the panic's value.
func (e *PanicError) Error() string { return "panicked: " + e.Kind }

// safely does something with a transaction, and logs a panic and returns it as a *PanicError.
func (g *Gateway) safely(what, id string, do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p := NewPanicError(v)
			g.logPanic(what, id, p)
			err = p
		}
	}()
	return do()
}

func (g *Gateway) logPanic(what, id string, p *PanicError) {
	g.Log.Error(what+" panicked", "transaction", id, "panic", p.Kind, "stack", p.Stack)
}
