package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
)

// CopyOptions says how to copy.
type CopyOptions struct {
	// Still refuses a source that a process has open, and one that changed while it was copied: for moving house, where
	// what is written to the old place later would be lost.
	Still bool
	// Try only counts what would be copied and checks that it could be.
	Try bool
	// Progress is told how many of all rows are done; nil for nobody.
	Progress func(done, total int64)
	// Proving is told how many rows of the copy's chain are proven; nil for nobody.
	Proving func(done, total int)
}

// CopyReport is what Copy copied, or with Try would have.
type CopyReport struct {
	Tables []CopiedTable // in the order in which they are copied
	Rows   int64         // of all tables
	Verify VerifyReport  // of the copy
}

// CopiedTable is how many rows one table has.
type CopiedTable struct {
	Name string
	Rows int64
}

// rowsAtOnce are copied between two looks at the context and two words of progress.
const rowsAtOnce = 1000

// ownTables belong to one database and mean nothing in another: its schema, its writers and nodes.
var ownTables = []string{"goose_db_version", "schema_floor", "fence", "chain_head", "nodes"}

// ownColumns are the same of columns, with what a copy has there, in SQL. No digest covers them.
var ownColumns = map[string]string{"transactions.node_epoch": "0", "transactions.claimed_until": "NULL"}

// copyTable is what a database says of one of its tables.
type copyTable struct {
	columns []string
	types   []string // as the database spells them
	needs   []string // tables that its foreign keys name
}

// side is one of the two databases while it is copied, in one transaction.
type side interface {
	tables(ctx context.Context) (map[string]*copyTable, error)
	query() sqlx.QueryerContext
	// close ends the transaction. What a target was given and did not keep is gone then.
	close() error
}

// copySource gives rows. Their values are int64, string, []byte and nil, whatever the database makes of them.
type copySource interface {
	side
	rows(ctx context.Context, name string, columns []string) iter.Seq2[[]any, error]
}

// copyTarget takes rows of such values into an empty database.
type copyTarget interface {
	side
	write(ctx context.Context, name string, t *copyTable, rows iter.Seq2[[]any, error]) error
	// verify goes through the copy before it is kept.
	verify(ctx context.Context, progress func(done, total int)) (VerifyReport, error)
	keep(ctx context.Context) error
}

// Copy copies everything that a store keeps, as it is at one moment, into another that is empty, and proves the chain of
// the copy. Either is a file or a PostgreSQL database. Others may work on the source meanwhile. The copy is kept as a
// whole or not at all: after an error the target is as empty as before. Attempts that are under way become unresolved
// when the copy is opened, and claims and leases of the source's nodes are not copied.
func Copy(ctx context.Context, from, to Config, o CopyOptions) (report CopyReport, err error) {
	source, err := openSource(ctx, from, o.Still)
	if err != nil {
		return report, fmt.Errorf("reading %s: %w", from.place(), err)
	}
	defer func() { err = errors.Join(err, source.close()) }()
	target, err := openTarget(ctx, to, o.Try)
	if err != nil {
		return report, fmt.Errorf("writing %s: %w", to.place(), err)
	}
	defer func() { err = errors.Join(err, target.close()) }()
	here, err := source.tables(ctx)
	if err != nil {
		return report, err
	}
	there, err := target.tables(ctx)
	if err != nil {
		return report, err
	}
	bare := o.Try && len(there) == 0 // its tables are made when it is copied to
	if bare {
		there = here
	}
	if err := sameTables(here, there); err != nil {
		return report, err
	}
	for _, name := range copyOrder(there) {
		if !bare {
			if n, err := countRows(ctx, target, name); err != nil {
				return report, err
			} else if n > 0 {
				return report, fmt.Errorf("%s holds %d rows in table %s already; give an empty database", to.place(), n, name)
			}
		}
		n, err := countRows(ctx, source, name)
		if err != nil {
			return report, err
		}
		report.Tables = append(report.Tables, CopiedTable{name, n})
		report.Rows += n
	}
	if o.Try {
		return report, nil
	}
	if err := copyRows(ctx, source, target, there, report, o.Progress); err != nil {
		return report, err
	}
	if report.Verify, err = target.verify(ctx, o.Proving); err != nil {
		return report, fmt.Errorf("verifying the copy: %w", err)
	}
	if err := sameHead(ctx, source, report.Verify.Head); err != nil {
		return report, err
	}
	if o.Still && from.DSN != "" { // a file is held by its lock
		if err := unchanged(ctx, from, report.Verify.Head); err != nil {
			return report, err
		}
	}
	return report, target.keep(ctx)
}

func copyRows(ctx context.Context, source copySource, target copyTarget, tables map[string]*copyTable, report CopyReport, progress func(done, total int64)) error {
	done := int64(0)
	for _, c := range report.Tables {
		before := done
		counted := func(yield func([]any, error) bool) {
			for row, err := range source.rows(ctx, c.Name, tables[c.Name].columns) {
				if done++; done%rowsAtOnce == 0 {
					if err == nil {
						err = context.Cause(ctx)
					}
					if progress != nil {
						progress(done, report.Rows)
					}
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
		if err := target.write(ctx, c.Name, tables[c.Name], counted); err != nil {
			return fmt.Errorf("copying table %s: %w", c.Name, err)
		}
		if done-before != c.Rows {
			return fmt.Errorf("table %s gave %d rows of %d", c.Name, done-before, c.Rows)
		}
	}
	if progress != nil {
		progress(done, report.Rows)
	}
	return nil
}

// sameTables refuses databases of which one has a table or a column that the other lacks. What belongs to one database
// is taken out of both.
func sameTables(here, there map[string]*copyTable) error {
	for _, tables := range []map[string]*copyTable{here, there} {
		maps.DeleteFunc(tables, func(name string, _ *copyTable) bool { return slices.Contains(ownTables, name) })
	}
	if a, b := slices.Sorted(maps.Keys(here)), slices.Sorted(maps.Keys(there)); !slices.Equal(a, b) {
		return fmt.Errorf("the tables are %v here and %v there: these are databases of different versions of svcgate", a, b)
	}
	for name, t := range there {
		shared := func(c string) bool { _, own := ownColumns[name+"."+c]; return !own }
		a, b := slices.Sorted(filtered(here[name].columns, shared)), slices.Sorted(filtered(t.columns, shared))
		if !slices.Equal(a, b) {
			return fmt.Errorf("the columns of table %s are %v here and %v there: these are databases of different versions of svcgate", name, a, b)
		}
	}
	return nil
}

func filtered(all []string, keep func(string) bool) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, s := range all {
			if keep(s) && !yield(s) {
				return
			}
		}
	}
}

// copyOrder puts tables after those that their foreign keys name.
func copyOrder(tables map[string]*copyTable) []string {
	var order []string
	var put func(name string)
	put = func(name string) {
		if slices.Contains(order, name) {
			return
		}
		for _, before := range tables[name].needs {
			if before != name {
				put(before)
			}
		}
		order = append(order, name)
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		put(name)
	}
	return order
}

func countRows(ctx context.Context, s side, table string) (n int64, err error) {
	if err = sqlx.GetContext(ctx, s.query(), &n, `SELECT count(*) FROM `+table); err != nil {
		err = fmt.Errorf("counting the rows of table %s: %w", table, err)
	}
	return n, err
}

func sameHead(ctx context.Context, source side, got string) error {
	want, err := headOf(ctx, source.query())
	if err != nil {
		return err
	}
	if want != got {
		return fmt.Errorf("the chain of the copy ends with %q and that of the original with %q", got, want)
	}
	return nil
}

// headOf is the hash of a chain's last row in hexadecimal, "" when there is none.
func headOf(ctx context.Context, q sqlx.QueryerContext) (string, error) {
	var rows []link
	if err := sqlx.SelectContext(ctx, q, &rows, sqlHead); err != nil {
		return "", fmt.Errorf("reading the end of the chain: %w", err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	return hex.EncodeToString(bytes.Clone(rows[0].Hash)), nil
}

// unchanged refuses a source whose chain has grown since it was copied.
func unchanged(ctx context.Context, from Config, copied string) (err error) {
	again, err := openSource(ctx, from, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, again.close()) }()
	now, err := headOf(ctx, again.query())
	if err == nil && now != copied {
		err = fmt.Errorf("%s was written to while it was copied; stop everything that works on it first", from.place())
	}
	return err
}
