package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"

	"github.com/jmoiron/sqlx/reflectx"
)

// direct is a statement of SQLite that is run on the driver's own connection: database/sql and sqlx cost more than most
// statements here do, and the driver binds all values at once only to what is asked as a query. It is not to be
// interrupted, and is used by one goroutine at a time.
type direct struct {
	statement driver.StmtQueryContext
	args      []driver.NamedValue
	row       []driver.Value
	columns   []string
	into      reflect.Type // what rows were last read into
	fields    [][]int      // of it, one a column; nil for a single value
}

// peeked are values that SQLite looks at when it plans: whether they are 0 or 1, or what a partial index has. It plans
// anew whenever they are bound again, which takes several times as long as the statement.
var peeked = regexp.MustCompile(`(=|<>|<=|>=|<|>|LIMIT) (\?\d*)`)

// steady hides them behind a function that does nothing.
func steady(query string) string { return peeked.ReplaceAllString(query, `$1 likely($2)`) }

func prepareDirect(conn driver.Conn, query string) (*direct, error) {
	statement, err := conn.Prepare(steady(query))
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", query, err)
	}
	return &direct{statement: statement.(driver.StmtQueryContext)}, nil
}

func (d *direct) close() error { return d.statement.(driver.Stmt).Close() }

// run runs the statement to its end and calls each for every row that it gives.
func (d *direct) run(args []any, each func() error) (err error) {
	d.args = d.args[:0]
	for i, arg := range args {
		switch arg.(type) {
		case nil, string, int64, bool, []byte:
		default:
			if arg, err = driver.DefaultParameterConverter.ConvertValue(arg); err != nil {
				return fmt.Errorf("value %d: %w", i+1, err)
			}
		}
		d.args = append(d.args, driver.NamedValue{Ordinal: i + 1, Value: arg})
	}
	rows, err := d.statement.QueryContext(context.Background(), d.args)
	clear(d.args)
	if err != nil {
		return err
	}
	if d.columns == nil {
		d.columns = append([]string{}, rows.Columns()...)
		d.row = make([]driver.Value, len(d.columns))
	}
	for err == nil {
		if err = rows.Next(d.row); err == nil {
			err = each()
		}
	}
	clear(d.row)
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, rows.Close())
}

func (d *direct) exec(args []any) error {
	return d.run(args, func() error { return nil })
}

// get reads the first row; without one it is sql.ErrNoRows.
func (d *direct) get(dest any, args []any) error {
	found := false
	err := d.run(args, func() error {
		if found {
			return nil
		}
		found = true
		return d.scan(reflect.ValueOf(dest).Elem())
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// list reads all rows into a slice.
func (d *direct) list(dest any, args []any) error {
	all := reflect.ValueOf(dest).Elem()
	all.SetLen(0)
	return d.run(args, func() error {
		n := all.Len()
		all.Grow(1)
		all.SetLen(n + 1)
		all.Index(n).SetZero()
		return d.scan(all.Index(n))
	})
}

// scan reads a row into a struct by the names of its columns, or its only column into a single value.
func (d *direct) scan(to reflect.Value) error {
	if d.into != to.Type() {
		if err := d.learn(to.Type()); err != nil {
			return err
		}
	}
	if d.fields == nil {
		return assign(to.Addr().Interface(), d.row[0])
	}
	for i, field := range d.fields {
		if err := assign(to.FieldByIndex(field).Addr().Interface(), d.row[i]); err != nil {
			return fmt.Errorf("column %s: %w", d.columns[i], err)
		}
	}
	return nil
}

var (
	mapper  = reflectx.NewMapper("db")
	scanner = reflect.TypeFor[sql.Scanner]()
)

// learn finds the fields of a type.
func (d *direct) learn(t reflect.Type) error {
	d.into, d.fields = nil, nil
	if t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(scanner) {
		names := mapper.TypeMap(t)
		for _, column := range d.columns {
			field := names.GetByPath(column)
			if field == nil {
				return fmt.Errorf("column %s has no field in %s", column, t)
			}
			d.fields = append(d.fields, field.Index)
		}
	} else if len(d.columns) != 1 {
		return fmt.Errorf("%d columns do not go into a %s", len(d.columns), t)
	}
	d.into = t
	return nil
}

// assign puts a value that SQLite gave where it belongs. What does not fit is an error.
func assign(to any, from driver.Value) error {
	ok := false
	switch to := to.(type) {
	case *string:
		*to, ok = from.(string)
	case *int64:
		*to, ok = from.(int64)
	case *bool:
		var n int64
		n, ok = from.(int64)
		*to = n != 0
	case *[]byte:
		*to, ok = from.([]byte)
		ok = ok || from == nil
	case *sql.Null[string]:
		to.V, to.Valid = from.(string)
		ok = to.Valid || from == nil
	case *sql.Null[int64]:
		to.V, to.Valid = from.(int64)
		ok = to.Valid || from == nil
	case sql.Scanner:
		return to.Scan(from)
	default:
		ok = assignOther(reflect.ValueOf(to).Elem(), from)
	}
	if !ok {
		return fmt.Errorf("a %T does not go into a %T", from, to)
	}
	return nil
}

// assignOther is for types that are made of a text or a number.
func assignOther(to reflect.Value, from driver.Value) bool {
	switch from := from.(type) {
	case string:
		if to.Kind() == reflect.String {
			to.SetString(from)
			return true
		}
	case int64:
		if to.CanInt() {
			to.SetInt(from)
			return !to.OverflowInt(from)
		}
	}
	return false
}
