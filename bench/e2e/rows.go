package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

// startRows makes an arm of the shipped binary whose journal is long already.
func (b *bench) startRows(ctx context.Context, a *arm) error {
	if b.rows <= 0 {
		return absentError("--rows was not given")
	}
	path := filepath.Join(b.dir, "rows.db")
	began := time.Now()
	if err := fill(ctx, store.Config{Path: path}, b.rows); err != nil {
		return fmt.Errorf("filling a journal: %w", err)
	}
	fmt.Printf("e2e: a journal of %d transactions took %v\n", b.rows, time.Since(began).Round(time.Second))
	g, err := b.newGateway(ctx, a.name, path)
	if err != nil {
		return err
	}
	if b.extras.Rows, err = b.measureStart(ctx, g, rowStarts); err != nil {
		return err
	}
	if slices.ContainsFunc(b.arms, func(a *arm) bool { return a.name == armPostgres }) {
		if err := b.measureServerRows(ctx, path); err != nil {
			return err
		}
	}
	a.figures, a.caller = "http://"+g.admin+"/metrics", gatewayCaller(g.face, g.token)
	a.process, _, err = g.serve(ctx, b)
	return err
}

const rowStarts = 3

// measureServerRows copies the journal into PostgreSQL and measures the start there.
func (b *bench) measureServerRows(ctx context.Context, path string) error {
	dsn, err := b.newDatabase(ctx, armRows)
	if _, absent := errors.AsType[absentError](err); absent {
		return nil // told with the arm
	}
	if err != nil {
		return err
	}
	if _, err := store.Copy(ctx, store.Config{Path: path}, store.Config{DSN: dsn}, store.CopyOptions{}); err != nil {
		return fmt.Errorf("copying the journal to PostgreSQL: %w", err)
	}
	g, err := b.newGateway(ctx, "rows-"+armPostgres, dsn)
	if err != nil {
		return err
	}
	b.extras.ServerRows, err = b.measureStart(ctx, g, rowStarts)
	return err
}

// fillers fill at the same time: with so many the writer's groups are as large as they may be.
const fillers = 512

// fill puts authorizations that were approved into a store, the way the gateway does: begun, then finished with their
// messages.
func fill(ctx context.Context, c store.Config, rows int) error {
	c.Batch = 2 * fillers
	db, err := store.Open(ctx, c)
	if err != nil {
		return err
	}
	var next, told atomic.Int64
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var work sync.WaitGroup
	for range fillers {
		work.Go(func() {
			for n := next.Add(1); n <= int64(rows) && ctx.Err() == nil; n = next.Add(1) {
				if err := keep(ctx, db, n, int64(rows)); err != nil {
					cancel(err)
				}
				if done := told.Add(1); done%100_000 == 0 {
					fmt.Printf("e2e: %d of %d transactions\n", done, rows)
				}
			}
		})
	}
	work.Wait()
	return errors.Join(context.Cause(ctx), db.Close())
}

// keep keeps one transaction of the last thirty days.
func keep(ctx context.Context, db *store.Store, n, rows int64) error {
	amount, err := svcgate.MoneyFromMinor(asked, "USD")
	if err != nil {
		return err
	}
	at := time.Now().UTC().Truncate(time.Millisecond).Add(-time.Duration(rows-n) * (30 * 24 * time.Hour / time.Duration(rows)))
	t := &svcgate.Transaction{
		ID: svcgate.NewTransactionID(), Caller: "filler", Key: fmt.Sprintf("filled-%d", n), Content: fmt.Sprintf("%064d", n), Operation: svcgate.Authorize,
		Service: ways[way0].service, Order: fmt.Sprintf("W%d", n/3), Sequence: int(n%3) + 1, Last4: fmt.Sprintf("%04d", n%10_000),
		CardPrint: fmt.Sprintf("%064x", n), Requested: amount, State: svcgate.StateSent, Created: at, Sent: at, Sends: 1,
	}
	if _, err := db.Begin(ctx, t); err != nil {
		return err
	}
	t.State, t.Outcome, t.Class, t.Finished, t.CodesVersion = svcgate.StateFinal, svcgate.Approved, svcgate.ClassAnswered, at, 1
	t.Reply = svcgate.Reply{Accepted: true, Source: svcgate.SourceReasonCode, Code: "24", Description: "PreauthorizationResponse", Amount: amount, Balance: amount,
		CardStatus: svcgate.StatusActive, Account: svcgate.Account{ID: fmt.Sprint(n), Status: svcgate.StatusActive, Type: "SVC"},
		TransactionID: fmt.Sprint(5_000_000_000 + n), AuthNumber: fmt.Sprintf("%016d", n), Time: at}
	t.Vendor = &svcgate.VendorResponse{Code: "100", Description: "Approved", Rule: "D0:authorize:reason_code:24"}
	return db.Finish(ctx, t, &svcgate.Exchange{Class: svcgate.ClassAnswered, Sent: filling(1_600), Received: filling(1_000), Started: at, Took: time.Millisecond, Status: 200})
}

// filling is as long as a message.
func filling(n int) []byte { return bytes.Repeat([]byte("m"), n) }
