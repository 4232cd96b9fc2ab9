package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/store"
)

func verifyCommand(s *shell) *cobra.Command {
	l, asJSON := &location{}, false
	c := &cobra.Command{
		Use:   "verify (--config FILE | --database PLACE)",
		Short: "Prove that nothing in the journal was changed or taken out",
		Long: "Goes through the chain of hashes over everything that the journal ever wrote. Ends with 0 when it is whole and 1 when\n" +
			"it is not; the first row that is wrong is named. The server may run and the database stays as it is: of a file a copy\n" +
			"is looked at, and PostgreSQL is only read. Keep the number of rows and the head of each run elsewhere: only they\n" +
			"show that nothing was cut off since.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := l.here(c, s); err != nil {
				return err
			}
			return l.read(c.Context(), s, func(db books, _ []string) error { return s.verify(c.Context(), db, asJSON) })
		},
	}
	l.addHere(c)
	jsonFlag(c, &asJSON)
	return c
}

// books are what can be looked at beside a running server.
type books interface {
	Verify(ctx context.Context, progress func(done, total int)) (store.VerifyReport, error)
	Drift(ctx context.Context, service string) ([]store.CardDrift, error)
	Recovered() int
	Close() error
}

// read runs work on the database, which a server may have open and which stays as it is.
func (l *location) read(ctx context.Context, s *shell, work func(db books, services []string) error) (err error) {
	place, services, err := l.place(s)
	if err != nil {
		return err
	}
	var db books
	if place.DSN != "" {
		db, err = store.OpenReader(ctx, place)
	} else {
		var remove func() error
		if db, remove, err = s.copyOf(ctx, place.Path); err == nil {
			defer func() { err = errors.Join(err, remove()) }()
		}
	}
	if err != nil {
		return refused(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(db, services)
}

// copyOf opens a copy of a database, which is removed after use.
func (s *shell) copyOf(ctx context.Context, path string) (db books, remove func() error, err error) {
	dir, remove, err := temporaryFolder(filepath.Dir(path), "svcgate-copy-") // where sealed numbers lie anyway
	if err != nil {
		return nil, nil, err
	}
	copied := filepath.Join(dir, "svcgate.db")
	if err = s.copyFile(ctx, path, copied); err == nil {
		db, err = openStore(ctx, store.Config{Path: copied}, discard)
	}
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return db, remove, nil
}

func (s *shell) verify(ctx context.Context, db books, asJSON bool) error {
	step, done := s.progress("rows")
	report, err := db.Verify(ctx, step)
	done()
	if err != nil {
		return err
	}
	if db.Recovered() > 0 {
		report.Head = "" // of the copy, in which attempts under way were closed
		s.tell("%d operations are under way, so this run has no head to keep", db.Recovered())
	}
	if asJSON {
		return s.json(map[string]any{
			"whole": true, "under_way": db.Recovered(), "rows": report.Rows, "transactions": report.Transactions, "exchanges": report.Exchanges,
			"readings": report.Readings, "audit_entries": report.Entries, "head": report.Head,
		})
	}
	for _, line := range []struct {
		name  string
		value any
	}{
		{"rows", report.Rows}, {"transactions", report.Transactions}, {"exchanges", report.Exchanges},
		{"readings", report.Readings}, {"audit entries", report.Entries}, {"head", cmp.Or(report.Head, "-")},
	} {
		fmt.Fprintf(s.out, "%-13s %v\n", line.name, line.value)
	}
	s.tell("%s", s.paint(good, "the chain is whole"))
	return nil
}

func driftCommand(s *shell) *cobra.Command {
	l, service, asJSON := &location{}, "", false
	c := &cobra.Command{
		Use:   "drift (--config FILE | --database PLACE)",
		Short: "List the cards whose balance is not what their operations make of it",
		Long: "Compares, for every card, the balance that the provider told last with what the journal's operations make of the\n" +
			"balance that it told first. A difference is money that moved elsewhere, such as at a till, or an operation that\n" +
			"went otherwise than the journal says. Ends with 1 when there is one. The server may run.",
		Args: arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := l.here(c, s); err != nil {
				return err
			}
			if l.database != "" {
				if err := needFlag(c, "service", service); err != nil {
					return err
				}
			}
			return l.read(c.Context(), s, func(db books, services []string) error {
				if service != "" {
					services = []string{service}
				}
				return s.drift(c.Context(), db, services, asJSON)
			})
		},
	}
	l.addHere(c)
	c.Flags().StringVar(&service, "service", "", "only of this service bureau (default: all of the settings)")
	jsonFlag(c, &asJSON)
	return c
}

// driftRow is how a card is listed.
type driftRow struct {
	Service     string    `json:"service"`
	Card        string    `json:"card"`
	Told        amount    `json:"told"`
	Computed    amount    `json:"computed"`
	Difference  amount    `json:"difference"`
	Transaction string    `json:"transaction"`
	At          time.Time `json:"at"`
	Since       time.Time `json:"since"`
	Unknown     int       `json:"unknown"`
}

func newDriftRow(service string, d store.CardDrift) (driftRow, error) {
	currency := d.Told.Currency()
	computed, err := signed(d.Told.Minor()-d.Minor, currency)
	if err != nil {
		return driftRow{}, err
	}
	difference, err := signed(d.Minor, currency)
	if err != nil {
		return driftRow{}, err
	}
	return driftRow{service, svcgate.MaskLast4(d.Last4), amount{d.Told.Decimal(), currency}, computed, difference,
		d.Transaction, d.At.UTC(), d.Since.UTC(), d.Unknown}, nil
}

// signed writes an amount that may be below zero.
func signed(minor int64, currency string) (amount, error) {
	sign := ""
	if minor < 0 {
		sign, minor = "-", -minor
	}
	m, err := svcgate.MoneyFromMinor(minor, currency)
	if err != nil {
		return amount{}, err
	}
	return amount{sign + m.Decimal(), currency}, nil
}

func (s *shell) drift(ctx context.Context, db books, services []string, asJSON bool) error {
	rows := []driftRow{}
	for _, service := range services {
		drifts, err := db.Drift(ctx, service)
		if err != nil {
			return err
		}
		for _, d := range drifts {
			row, err := newDriftRow(service, d)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	switch {
	case asJSON:
		if err := s.json(rows); err != nil {
			return err
		}
	case len(rows) > 0:
		t := &table{head: []string{"SERVICE", "CARD", "TOLD", "COMPUTED", "DIFFERENCE", "UNKNOWN", "TOLD BY", "AT"},
			right: map[int]bool{2: true, 3: true, 4: true, 5: true}}
		for _, r := range rows {
			t.add(cells(r.Service, r.Card, r.Told.String(), r.Computed.String(), r.Difference.String(),
				fmt.Sprint(r.Unknown), r.Transaction, r.At.Format(time.RFC3339))...)
		}
		s.table(s.out, t)
	}
	if len(rows) > 0 {
		return fail(exitFailed, "%d cards have another balance than their operations make", len(rows))
	}
	s.tell("%s", s.paint(good, "every card has the balance that its operations make"))
	return nil
}
