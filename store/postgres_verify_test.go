package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/svcgate/svcgate/store"
)

// TestServerVouchesForEveryByte changes one value after another, in each column of each table, and takes it back.
func TestServerVouchesForEveryByte(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := empty(t)
	s := ending(t, store.Config{DSN: dsn, Node: still})
	fillAll(t, s)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	// As who owns the database could: no trigger, no check and no key heeds what is done.
	_, err = conn.Exec(ctx, `SET session_replication_role = replica;
		DO $$ BEGIN EXECUTE (SELECT string_agg(format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), ';')
			FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace); END $$`)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()
		AND table_name IN ('transactions', 'exchanges', 'readings', 'chain', 'chain_head', 'audit', 'tokens', 'code_versions', 'code_drafts')
		AND column_name NOT IN ('sealed', 'node_epoch', 'claimed_until') AND (table_name, column_name) <> ('chain_head', 'id')`)
	if err != nil {
		t.Fatal(err)
	}
	type place struct{ Table, Column, Type string }
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	if err != nil || len(all) < 90 {
		t.Fatalf("%d columns, %v", len(all), err)
	}
	changed := 0
	for _, c := range all {
		var row string
		var value any
		err := conn.QueryRow(ctx, fmt.Sprintf(`SELECT ctid::text, %[1]s%[3]s FROM %[2]s WHERE %[1]s IS NOT NULL AND %[1]s::text NOT IN ('', '\x') ORDER BY ctid DESC LIMIT 1`,
			c.Column, c.Table, map[bool]string{true: "::text"}[c.Type == "json"])).Scan(&row, &value)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			t.Fatalf("%v: %v", c, err)
		}
		var other any
		switch v := value.(type) {
		case int64:
			other = v ^ 1<<20
		case bool:
			other = !v
		case string:
			other = v + " "
		case []byte:
			other = append(slices.Clone(v[:len(v)-1]), v[len(v)-1]^1)
		default:
			t.Fatalf("%v is a %T", c, value)
		}
		set := func(v any, row string) (at string) {
			err := conn.QueryRow(ctx, fmt.Sprintf(`UPDATE %s SET %s = $1 WHERE ctid = $2::tid RETURNING ctid::text`, c.Table, c.Column), v, row).Scan(&at)
			if err != nil {
				t.Fatalf("%v: %v", c, err)
			}
			return at
		}
		row = set(other, row)
		if _, err := s.Verify(ctx, nil); err == nil {
			t.Errorf("%s.%s: nobody noticed", c.Table, c.Column)
		}
		set(value, row)
		changed++
	}
	if changed < 70 {
		t.Errorf("only %d columns hold anything", changed)
	}
	if _, err := s.Verify(ctx, nil); err != nil {
		t.Errorf("when all was taken back: %v", err)
	}
	asked(t, dsn, `UPDATE chain_head SET seq = seq - 1`)
	if other, err := store.Open(ctx, store.Config{DSN: dsn, Node: still}); err == nil {
		t.Error("opened with a chain that goes on after its end", other.Close())
	}
	asked(t, dsn, `UPDATE chain_head SET seq = seq + 1`)
}
