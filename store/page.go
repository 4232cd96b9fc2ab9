package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/svcgate/svcgate"
)

// Page sizes of Transactions.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// Transactions returns one page of the records that the filter chooses, newest first; equal instants are ordered by
// id. A limit, state, outcome, operation or cursor that is not one is an *svcgate.Error with CodeInvalid.
func (s *Store) Transactions(ctx context.Context, f svcgate.Filter) (*svcgate.Page, error) {
	return s.page(ctx, f, search{})
}

// search narrows a filter by what it cannot say.
type search struct {
	name  string // in cursors; different for each
	index string // to search by, unless the filter names a key, an order or a card; "" for the filter's
	where string // "" for none
	args  []any
}

func (s *Store) page(ctx context.Context, f svcgate.Filter, more search) (*svcgate.Page, error) {
	limit := f.Limit
	if limit == 0 {
		limit = DefaultPage
	}
	if limit < 0 || limit > MaxPage {
		return nil, invalid("limit", "invalid_limit", fmt.Sprintf("A page has 1 to %d transactions.", MaxPage))
	}
	query, args, err := pageQuery(f, more)
	if err != nil {
		return nil, err
	}
	var rows []transactionRow
	if err := s.read.search(ctx, &rows, query, append(args, limit+1)...); err != nil {
		return nil, fmt.Errorf("reading transactions: %w", err)
	}
	page := &svcgate.Page{}
	if len(rows) > limit {
		rows = rows[:limit]
		last := &rows[limit-1]
		page.Next = position{last.Created, last.ID}.cursor(f, more)
	}
	page.Transactions, err = s.transactions(ctx, rows)
	if err != nil {
		return nil, err
	}
	return page, nil
}

// pageQuery gives the filter's SQL; what is left open is the limit, its last argument.
func pageQuery(f svcgate.Filter, more search) (query string, args []any, err error) {
	where, args, err := conditions(f)
	if err != nil {
		return "", nil, err
	}
	if more.where != "" {
		where, args = append(where, more.where), append(args, more.args...)
	}
	if f.Cursor != "" {
		at, err := parseCursor(f, more)
		if err != nil {
			return "", nil, err
		}
		where = append(where, `(created, id) < (?, ?)`)
		args = append(args, at.created, at.id)
	}
	query = `SELECT ` + transactionColumns + ` FROM transactions INDEXED BY ` + indexFor(f, more.index)
	if len(where) > 0 {
		query += ` WHERE ` + strings.Join(where, ` AND `)
	}
	return query + ` ORDER BY created DESC, id DESC LIMIT ?`, args, nil
}

// indexFor chooses the index to search by: the one that most likely leaves the fewest rows to look at. SQLite would have
// to guess, because no statistics are kept.
func indexFor(f svcgate.Filter, index string) string {
	switch {
	case f.Key != "":
		return "transactions_key"
	case f.Order != "":
		return "transactions_order"
	case f.Last4 != "":
		return "transactions_last4"
	case index != "":
		return index
	case f.Code != "":
		return "transactions_code"
	case f.State != "" && f.State != svcgate.StateFinal:
		return "transactions_open"
	case f.Outcome != "" && f.Outcome != svcgate.Approved:
		return "transactions_outcome"
	case f.Operation != 0:
		return "transactions_operation"
	}
	return "transactions_created"
}

// conditions gives the filter in SQL. Where an index covers only some rows its condition is repeated word by word,
// because SQLite uses the index only then.
func conditions(f svcgate.Filter) (where []string, args []any, err error) {
	add := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if f.Service != "" {
		add(`service = ?`, f.Service)
	}
	if f.Order != "" {
		add(`order_number = ?`, f.Order)
	}
	if f.Last4 != "" {
		add(`last4 = ?`, f.Last4)
	}
	if f.Key != "" {
		add(`idempotency_key = ? AND idempotency_key <> ''`, f.Key)
	}
	if f.Operation != 0 {
		if _, ok := f.Operation.Info(); !ok {
			return nil, nil, invalid("operation", "invalid_operation", "Name one of the eight operations.")
		}
		add(`operation = ?`, f.Operation.String())
	}
	if f.Source != "" {
		if !slices.Contains(svcgate.Sources(), f.Source) {
			return nil, nil, invalid("source", "invalid_source", "Name where the code stands: error_code, reason_code, response_code or transport.")
		}
		add(`source = ?`, string(f.Source))
	}
	if f.Code != "" {
		add(`code = ? AND code <> ''`, f.Code)
	}
	if f.Outcome != "" {
		if _, err := svcgate.ParseOutcome(string(f.Outcome)); err != nil {
			return nil, nil, invalid("outcome", "invalid_outcome", "Name one of the outcomes.")
		}
		add(`outcome = ?`, string(f.Outcome))
		if f.Outcome != svcgate.Approved {
			add(`outcome NOT IN ('', 'approved')`)
		}
	}
	if f.State != "" {
		if _, err := svcgate.ParseState(string(f.State)); err != nil {
			return nil, nil, invalid("state", "invalid_state", "Name one of the states.")
		}
		add(`state = ?`, string(f.State))
		if f.State != svcgate.StateFinal {
			add(`state <> 'final'`)
		}
	}
	if !f.From.IsZero() {
		add(`created >= ?`, f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		add(`created < ?`, f.To.UnixMicro())
	}
	if !f.Least.IsZero() {
		add(`requested_currency = ? AND requested_minor >= ?`, f.Least.Currency(), f.Least.Minor())
	}
	if !f.Most.IsZero() {
		add(`requested_currency = ? AND requested_minor <= ?`, f.Most.Currency(), f.Most.Minor())
	}
	return where, args, nil
}

// position is the last row of a page.
type position struct {
	created int64
	id      string
}

const (
	cursorVersion = 1
	cursorSum     = 8
)

// cursor writes the position with a checksum over it and the filter: a cursor that was changed, or that belongs to
// another search, is refused rather than answered with some other page.
func (p position) cursor(f svcgate.Filter, more search) string {
	body := binary.BigEndian.AppendUint64([]byte{cursorVersion}, uint64(p.created))
	body = append(body, p.id...)
	return base64.RawURLEncoding.EncodeToString(append(body, cursorChecksum(body, f, more)...))
}

func parseCursor(f svcgate.Filter, more search) (position, error) {
	refused := invalid("cursor", "invalid_cursor", "Give the cursor as it came with the page before, with the same filters.")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(f.Cursor)
	if err != nil || len(raw) <= 9+cursorSum || raw[0] != cursorVersion {
		return position{}, refused
	}
	body, sum := raw[:len(raw)-cursorSum], raw[len(raw)-cursorSum:]
	if !bytes.Equal(sum, cursorChecksum(body, f, more)) {
		return position{}, refused
	}
	at := position{int64(binary.BigEndian.Uint64(body[1:9])), string(body[9:])}
	if plain(at.id) != at.id { // the sum is no secret, and no database takes such a text
		return position{}, refused
	}
	return at, nil
}

func cursorChecksum(body []byte, f svcgate.Filter, more search) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %d %q %q %d %d %q %q %q %s %s %v %x", f.Service, f.Order, f.Last4, f.Key, f.Operation, f.Outcome, f.State,
		f.From.UnixMicro(), f.To.UnixMicro(), f.Source, f.Code, more.name, f.Least, f.Most, more.args, body)
	return h.Sum(nil)[:cursorSum]
}

func invalid(field, reason, detail string) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: reason, Field: field, Detail: detail}
}
