package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// group is the part of a batch that PostgreSQL writes together: Begins and Finishes, of which there are most. It takes
// three round trips however many there are: one to lock the end of the chain and read what is needed, one to write, one
// to commit.
type group struct {
	begun  []*change
	ended  []*change
	apart  []*change // the rest, to be applied one by one after
	kept   map[string]*transactionRow
	behind map[*change]bool // begun on a card on which something ended meanwhile
}

// errApart says that a group has to be applied one by one: what stands in the way of one of it is found out there.
var errApart = errors.New("something of the group stands in the way of its being written together")

// together writes what it can of the batch at once and answers it, and returns the rest. What cannot be written at once
// is not written at all and belongs to the rest.
func (w *writer) together(batch []*change) (rest []*change) {
	c, server := w.connection.(*serverConnection)
	if !server {
		return batch
	}
	g := newGroup(batch)
	if len(g.begun)+len(g.ended) == 0 {
		return batch
	}
	err := c.lockHead(&w.head, g.ask)
	if err == nil {
		err = w.continues(c)
	}
	if err == nil {
		err = g.write(w, c)
	}
	if err != nil {
		if e, ok := errors.AsType[*pgconn.PgError](err); ok && !lost(e) && e.Code[:2] != "23" { // a row that is refused is told there
			w.log.Error("changes cannot be written together", "changes", len(batch), "err", err)
		}
		_ = c.rollback() // begin sees to what is wrong with the connection
		w.links = w.links[:0]
		return batch
	}
	all := append(g.ended, g.begun...)
	if err := w.ends(); err != nil {
		w.doubt(all, err)
		if len(g.apart) == 0 {
			return nil
		}
		if err := w.settle(); err != nil {
			w.fail(g.apart, err)
			return nil
		}
		return g.apart
	}
	w.commits.Add(1)
	w.joined.Add(uint64(len(all)))
	w.kept(all)
	return g.apart
}

// newGroup leaves apart what another change of the batch may stand in the way of.
func newGroup(batch []*change) *group {
	g := &group{kept: map[string]*transactionRow{}, behind: map[*change]bool{}}
	type pair struct{ a, b string }
	ids, keys, cards := map[string]bool{}, map[pair]bool{}, map[pair]bool{}
	for _, c := range batch {
		if c.end == nil || ids[c.end.row.ID] {
			continue
		}
		ids[c.end.row.ID], cards[pair{c.end.row.CardPrint, c.end.row.Service}] = true, true
		g.ended = append(g.ended, c)
	}
	for _, c := range batch {
		switch {
		case c.begin != nil:
			r := c.begin.row
			key, card := pair{r.Key, r.Caller}, pair{r.CardPrint, r.Service}
			if r.Plan.Valid || r.Key != "" && keys[key] || r.CardPrint != "" && cards[card] {
				g.apart = append(g.apart, c)
				continue
			}
			keys[key], cards[card] = true, true
			g.begun = append(g.begun, c)
		case c.end == nil || !ids[c.end.row.ID]:
			g.apart = append(g.apart, c)
		default:
			delete(ids, c.end.row.ID) // the first of the id was taken, a second is apart
		}
	}
	return g
}

const (
	// So spelled that the rows are found by their ids: what was sent once is still in the index of what is open.
	sqlToFinish = `SELECT id, begun, sent, sends, looks, began FROM transactions WHERE id = ANY ($1) AND (state = 'sent') IS TRUE`

	// As sqlMoved, for all that begin.
	sqlAllMoved = `SELECT b.n FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY AS b (card, service, seen, n)
		WHERE EXISTS (SELECT 1 FROM transactions t WHERE t.card_print = b.card AND t.service = b.service AND t.ended > b.seen
				AND t.ended > 0 AND t.card_print <> '' AND t.operation NOT IN ('generate', 'inquire'))
			OR EXISTS (SELECT 1 FROM transactions t WHERE t.card_print = b.card AND t.service = b.service AND t.chained > b.seen
				AND t.settlement IS NOT NULL AND t.card_print <> '')`
)

// ask reads what the group needs to know.
func (g *group) ask(batch *pgx.Batch) {
	var ids, cards, services []string
	for _, c := range g.ended {
		ids = append(ids, c.end.row.ID)
	}
	if len(ids) > 0 {
		batch.Queue(sqlToFinish, ids).Query(func(rows pgx.Rows) error {
			var r transactionRow
			_, err := pgx.ForEachRow(rows, []any{&r.ID, &r.Begun, &r.Sent, &r.Sends, &r.Looks, &r.Began}, func() error {
				kept := r
				g.kept[r.ID] = &kept
				r.Begun = nil // the next one has bytes of its own
				return nil
			})
			return err
		})
	}
	var seen []int64
	var asked []*change
	for _, c := range g.begun {
		if b := c.begin; b.seen > 0 && b.row.CardPrint != "" {
			asked, cards, services, seen = append(asked, c), append(cards, b.row.CardPrint), append(services, b.row.Service), append(seen, b.seen)
		}
	}
	if len(asked) > 0 {
		batch.Queue(sqlAllMoved, cards, services, seen).Query(func(rows pgx.Rows) error {
			var n int64
			_, err := pgx.ForEachRow(rows, []any{&n}, func() error { g.behind[asked[n-1]] = true; return nil })
			return err
		})
	}
}

// write writes the group, what ended first, and its rows of the chain.
func (g *group) write(w *writer, c *serverConnection) error {
	batch := &pgx.Batch{}
	g.writeEnded(w, batch)
	g.writeBegun(w, batch)
	if len(w.links) == 0 {
		return errApart
	}
	links := make([][]any, len(w.links))
	for i := range w.links {
		l := &w.links[i]
		links[i] = []any{l.Seq, l.At, l.Kind, l.Subject, l.Part, l.Digest, l.Record, l.Hash}
	}
	queue(batch, manyLinks, links)
	queue(batch, manyHeads, [][]any{{w.head.seq, w.head.hash}})
	w.links = w.links[:0]
	return c.with(func(ctx context.Context) error { return c.pg.SendBatch(ctx, batch).Close() })
}

func (g *group) writeEnded(w *writer, batch *pgx.Batch) {
	var rows, exchanges [][]any
	var here []*change
	for _, c := range g.ended {
		kept := g.kept[c.end.row.ID]
		if kept == nil || kept.Sends != c.end.sends() {
			g.apart = append(g.apart, c)
			continue
		}
		rows = append(rows, c.end.values(w))
		if values := c.end.link(w, kept); values != nil {
			exchanges = append(exchanges, values)
		}
		c.last = w.head
		here = append(here, c)
	}
	g.ended = here
	queue(batch, manyOutcomes, rows)
	queue(batch, manyExchanges, exchanges)
}

func (g *group) writeBegun(w *writer, batch *pgx.Batch) {
	var rows [][]any
	var here []*change
	for _, c := range g.begun {
		if g.behind[c] {
			g.apart = append(g.apart, c)
			continue
		}
		b := c.begin
		b.earlier, b.held, b.moved = "", nil, false
		rows = append(rows, b.values(w))
		b.link(w)
		c.last = w.head
		here = append(here, c)
	}
	g.begun = here
	queue(batch, manyTransactions, rows)
}

// many is a statement that writes any number of rows: their values are given column by column.
type many struct {
	query string
	types []string // of the columns
}

// newMany makes a statement of one in which %s stands for the table r of the columns.
func newMany(query, columns string, types map[string]string) many {
	names := strings.Split(columns, ",")
	m := many{types: make([]string, len(names))}
	arrays := make([]string, len(names))
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		m.types[i] = "text"
		if t, ok := types[names[i]]; ok {
			m.types[i] = t
		}
		arrays[i] = "$" + strconv.Itoa(i+1) + "::" + m.types[i] + "[]"
	}
	m.query = fmt.Sprintf(query, "unnest("+strings.Join(arrays, ", ")+") AS r ("+strings.Join(names, ", ")+")")
	return m
}

// typed names the type of each column that is not text.
func typed(types map[string]string) map[string]string {
	all := map[string]string{}
	for t, columns := range types {
		for column := range strings.FieldsFuncSeq(columns, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
			all[column] = t
		}
	}
	return all
}

// outcomeNames are the columns of outcomeColumns but the last.
var outcomeNames = func() []string {
	set := strings.Split(strings.Join(strings.Fields(outcomeColumns), " "), " = ?, ")
	return set[:len(set)-1]
}()

var (
	transactionTypes = typed(map[string]string{
		"bigint": `sequence, requested_minor, created, amount_minor, balance_minor, hold_rest_minor, finished, sent, sends, looks, next, began, ended,
			codes_version, chained, node_epoch`,
		"json": `plan, baseline, vendor, finding, settlement`, "boolean": `accepted`, "bytea": `sealed, begun`,
	})
	manyTransactions = newMany(`INSERT INTO transactions (`+transactionColumns+`, node_epoch) SELECT * FROM %s ON CONFLICT DO NOTHING`,
		transactionColumns+`, node_epoch`, transactionTypes)

	manyOutcomes = newMany(`UPDATE transactions t SET (`+strings.Join(outcomeNames, ", ")+`, sealed) = (r.`+strings.Join(outcomeNames, ", r.")+`,
		CASE WHEN t.operation = 'generate' THEN r.sealed WHEN r.final = 'final' THEN NULL ELSE t.sealed END)
		FROM %s WHERE t.id = r.id AND (t.state = 'sent') IS TRUE AND t.sends = r.sends`, // so spelled that the row is found by its id
		strings.Join(outcomeNames, ", ")+`, sealed, final, id, sends`, transactionTypes)

	manyExchanges = newMany(`INSERT INTO exchanges (`+exchangeColumns+`) SELECT * FROM %s`, exchangeColumns,
		typed(map[string]string{"bigint": `send, started, took, status`, "bytea": `sent, received`}))

	manyLinks = newMany(`INSERT INTO chain (`+chainColumns+`) SELECT * FROM %s`, chainColumns,
		typed(map[string]string{"bigint": `seq, at, part`, "bytea": `digest, record, hash`}))

	manyHeads = newMany(`UPDATE chain_head h SET seq = r.seq, hash = r.hash FROM %s WHERE h.id = 1`, `seq, hash`,
		typed(map[string]string{"bigint": `seq`, "bytea": `hash`}))
)

// queue adds the statement for the rows. That it writes another number is errApart.
func queue(batch *pgx.Batch, m many, rows [][]any) {
	if len(rows) == 0 {
		return
	}
	args := make([]any, len(m.types))
	for i, t := range m.types {
		switch t {
		case "bigint":
			args[i] = column[int64](rows, i)
		case "boolean":
			args[i] = column[bool](rows, i)
		case "bytea":
			args[i] = column[[]byte](rows, i)
		default:
			args[i] = column[string](rows, i)
		}
	}
	batch.Queue(m.query, args...).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != int64(len(rows)) {
			return errApart
		}
		return nil
	})
}

// column gives the i-th value of each row; some may be nil.
func column[T any](rows [][]any, i int) any {
	all := make([]T, len(rows))
	for j, row := range rows {
		v, ok := row[i].(T)
		if !ok {
			return optionalColumn[T](rows, i)
		}
		all[j] = v
	}
	return all
}

func optionalColumn[T any](rows [][]any, i int) any {
	all := make([]*T, len(rows))
	for j, row := range rows {
		if v, ok := row[i].(T); ok {
			all[j] = &v
		}
	}
	return all
}
