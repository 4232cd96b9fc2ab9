package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
)

const (
	sqlOlderRules = `SELECT service, operation, source, code, vendor, description, outcome, attempts, hold_reason, hold_days,
		days_between, cancel, messages, updated FROM vendor_responses ORDER BY service, operation, source, code`

	sqlOlderLinks = `SELECT subject, digest, max(seq) AS seq FROM chain WHERE kind = 'codes' GROUP BY subject` // the digest is that of the last row
)

// checkOlder refuses a journal from before codes had versions when they are not as they were last set: once they are
// made versions that could not be seen any more.
func checkOlder(ctx context.Context, db *sqlx.DB) error {
	var tables int
	if err := db.GetContext(ctx, &tables, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('vendor_responses', 'chain')`); err != nil || tables < 2 {
		return err
	}
	there, err := olderDigests(ctx, db)
	if err != nil {
		return fmt.Errorf("reading codes: %w", err)
	}
	var links []link
	if err := db.SelectContext(ctx, &links, sqlOlderLinks); err != nil {
		return fmt.Errorf("reading the chain: %w", err)
	}
	for _, l := range links {
		d := there[l.Subject]
		if d == nil {
			d = newDigest()
		}
		if now := d.sum(); !bytes.Equal(now[:], l.Digest) {
			return &BrokenError{l.Seq, "vendor_responses", l.Subject, "it is not as it was last set"}
		}
		delete(there, l.Subject)
	}
	for service := range there {
		var rows int // a chain that was not begun yet tells of nothing
		if err := db.GetContext(ctx, &rows, `SELECT count(*) FROM (SELECT 1 FROM chain LIMIT 1)`); err != nil || rows > 0 {
			return &BrokenError{0, "vendor_responses", service, "the chain does not tell of it"}
		}
	}
	return nil
}

// olderDigests hashes the codes of each service bureau as its rows in the chain were made.
func olderDigests(ctx context.Context, db *sqlx.DB) (_ map[string]*digest, err error) {
	rows, err := db.QueryxContext(ctx, sqlOlderRules)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[string]*digest{}
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		service, ok := values[0].(string)
		if !ok {
			return nil, fmt.Errorf("a service bureau is a %T", values[0])
		}
		if all[service] == nil {
			all[service] = newDigest()
		}
		all[service].values(values)
	}
	return all, rows.Err()
}
