package svcgate_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
)

const told = "card 6006491234560017" // in the values of panics

// breakable is a journal that panics over one transaction.
type breakable struct {
	*memory
	id    string
	looks bool // in Look too
}

func (b *breakable) Open(ctx context.Context, id string) (*svcgate.Transaction, error) {
	b.breakOver(id)
	return b.memory.Open(ctx, id)
}

func (b *breakable) Look(ctx context.Context, id string, r svcgate.Reading, next time.Time) error {
	if b.looks {
		b.breakOver(id)
	}
	return b.memory.Look(ctx, id, r, next)
}

func (b *breakable) Finish(ctx context.Context, t *svcgate.Transaction, x *svcgate.Exchange) error {
	b.breakOver(t.ID)
	return b.memory.Finish(ctx, t, x)
}

func (b *breakable) breakOver(id string) {
	if id == b.id {
		panic(told)
	}
}

// logged lets the bench log into what it returns.
func (b *bench) logged() *bytes.Buffer {
	log := new(bytes.Buffer)
	b.Log = slog.New(slog.NewTextHandler(log, nil))
	return log
}

// wantPanics wants so many panics in the log, each with its stack and without its value.
func wantPanics(t *testing.T, log *bytes.Buffer, what, id string, times int) {
	t.Helper()
	text := log.String()
	if n := strings.Count(text, `msg="`+what+` panicked" transaction=`+id+` panic=string stack="goroutine `); n != times || strings.Contains(text, told) {
		t.Errorf("%d panics of %q, want %d:\n%s", n, what, times, text)
	}
}

func TestATransactionThatCannotBeLookedIntoStopsNoOther(t *testing.T) {
	t.Parallel()
	for name, looks := range map[string]bool{"and is looked into later": false, "and not even put off": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			b, bad := lose(t, svcgate.Deposit, w)
			log := b.logged()
			res, err := b.Do(t.Context(), "oms", "k2", request(t, draft(svcgate.Deposit)))
			if svcgate.CodeOf(err) != svcgate.CodeUnknown {
				t.Fatalf("%+v, %v", res, err)
			}
			good := res.Transaction
			b.Unsettled = &breakable{b.journal, bad.ID, looks}
			for range 10 {
				b.now = b.now.Add(time.Minute)
				if _, err := b.Sweep(t.Context(), 100); err != nil && !strings.HasPrefix(err.Error(), bad.ID+": panicked: string") {
					t.Fatal(err)
				}
			}
			if got := b.journal.finished[good.ID]; got.State != svcgate.StateDesk {
				t.Errorf("the other one is %s", got.State)
			}
			got, times := b.journal.finished[bad.ID], 2 // after a minute and two minutes more
			if looks {
				times = 10
			}
			if got.State != svcgate.StateUnresolved || (got.Looks == 0) != looks || got.Next.After(b.now) == looks || len(got.Readings) != 0 {
				t.Errorf("the broken one is %s after %d looks, next %s", got.State, got.Looks, got.Next)
			}
			wantPanics(t, log, "looking into a transaction", bad.ID, times)
		})
	}
}

func TestAnOutcomeThatBreaksTheJournalKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	log := b.logged()
	b.journal.finishErr = errors.New("disk full")
	var ids []string
	for _, key := range []string{"k1", "k2", "k3"} {
		res, err := b.Do(t.Context(), "oms", key, request(t, draft(svcgate.Recharge)))
		if svcgate.CodeOf(err) != svcgate.CodeUnknown {
			t.Fatalf("%+v, %v", res, err)
		}
		ids = append(ids, res.Transaction.ID)
	}
	b.journal.finishErr = nil
	b.Journal = &breakable{memory: b.journal, id: ids[0]}
	log.Reset()
	b.sweep(t, time.Second, time.Second)
	for i, id := range ids {
		if recorded := b.journal.finished[id] != nil; recorded != (i > 0) {
			t.Errorf("outcome %d recorded: %t", i, recorded)
		}
	}
	if n := b.Unrecorded(); n != 1 {
		t.Errorf("%d outcomes wait", n)
	}
	wantPanics(t, log, "recording an outcome late", ids[0], 2)
}

// A provider that tells of a panic of its own keeps the outcome, and the log has the stack.
func TestAPanicOfAProviderIsLogged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	log := b.logged()
	b.provider.err = &svcgate.Error{Code: svcgate.CodeUnknown, Err: svcgate.NewPanicError(told)}
	b.provider.exchange = svcgate.Exchange{Class: svcgate.ClassUnreadable, Failure: "broke down"}
	res, err := b.Do(t.Context(), "oms", "k", request(t, draft(svcgate.Recharge)))
	if svcgate.CodeOf(err) != svcgate.CodeUnknown || res.Transaction.State != svcgate.StateUnresolved || res.Transaction.Class != svcgate.ClassUnreadable {
		t.Fatalf("%+v, %v", res, err)
	}
	wantPanics(t, log, "sending or reading its answer", res.Transaction.ID, 1)
}
