package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strings"
)

// VerifyReport is what Verify looked at. Whoever keeps Rows and Head elsewhere can show later that nothing before them
// was cut off or written anew: the file alone cannot.
type VerifyReport struct {
	Rows         int    // of the chain
	Transactions int    // as the chain left them
	Exchanges    int    // as they were recorded
	Readings     int    // as they were recorded
	Entries      int    // of the audit trail
	Versions     int    // of the codes
	Head         string // the last row's hash in hexadecimal; "" for an empty journal
}

// BrokenError names the first row that is not what the journal wrote.
type BrokenError struct {
	Row   int64  // of the chain, at which it was found; 0 for none
	Table string // that holds the bad row
	Name  string // of the row there; "" when its place in the chain says which
	Why   string
}

// Error says where and why.
func (e *BrokenError) Error() string {
	s := "the journal is broken: table " + e.Table
	if e.Name != "" {
		s += ", row " + e.Name
	}
	if e.Row > 0 {
		s += fmt.Sprintf(" (row %d of the chain)", e.Row)
	}
	return s + ": " + e.Why
}

// linksToCheck are read at once, so that no read of a busy store lasts long.
const linksToCheck = 1000

// Verify goes through the whole chain and compares it with what the tables hold: every row of the chain follows from
// the one before, every transaction is as its last change left it, every exchange, reading and audit entry is as it was
// recorded and none is missing or came by another way, every version of the codes is as it was published, and drafts and
// tokens are as they were last set. The first row
// that is not is a *BrokenError. progress (nil for none) is told how many rows of the chain are done.
func (s *Store) Verify(ctx context.Context, progress func(done, total int)) (VerifyReport, error) {
	report, err := verify(ctx, s.read, progress)
	if err != nil {
		return report, fmt.Errorf("verifying store %s: %w", s.path, err)
	}
	return report, nil
}

func verify(ctx context.Context, db *readers, progress func(done, total int)) (VerifyReport, error) {
	return verifyIn(ctx, func() (querier, func(), error) {
		tx, err := db.snapshot(ctx)
		return tx, tx.close, err
	}, progress)
}

// verifyIn is verify that looks at what begin gives, and gives it back before it asks for the next.
func verifyIn(ctx context.Context, begin func() (tx querier, end func(), err error), progress func(done, total int)) (VerifyReport, error) {
	v := verifier{last: map[string]link{}}
	for {
		done, err := v.step(ctx, begin, linksToCheck)
		if progress != nil && err == nil {
			progress(int(v.at.seq), int(max(v.total, v.at.seq)))
		}
		if err != nil || done {
			v.report.Rows, v.report.Head = int(v.at.seq), hex.EncodeToString(v.at.hash)
			return v.report, err
		}
	}
}

// verifyTail checks the last rows of the chain and what they name. It is for opening: its time does not grow with the
// file.
func verifyTail(ctx context.Context, db *readers) error {
	v := verifier{last: map[string]link{}}
	var start []link
	err := db.SelectContext(ctx, &start, `SELECT `+chainColumns+` FROM chain WHERE seq <= (SELECT max(seq) FROM chain) - ? ORDER BY seq DESC LIMIT 1`, linksToCheck)
	if err != nil {
		return err
	}
	if len(start) == 1 {
		v.at = head{start[0].Seq, start[0].Hash}
	}
	tx, err := db.snapshot(ctx)
	if err != nil {
		return err
	}
	defer tx.close()
	if _, err = v.links(ctx, tx, linksToCheck); err != nil {
		return err
	}
	return tx.checkHead(ctx)
}

const sqlWrongHead = `SELECT h.seq FROM chain_head h LEFT JOIN chain c ON c.seq = h.seq AND c.hash = h.hash
	WHERE h.seq > 0 AND c.seq IS NULL OR EXISTS (SELECT 1 FROM chain n WHERE n.seq > h.seq)`

// checkHead checks that what PostgreSQL keeps as the end of the chain is it.
func (s *snapshot) checkHead(ctx context.Context) error {
	if !s.r.server {
		return nil
	}
	var wrong []int64
	if err := s.SelectContext(ctx, &wrong, sqlWrongHead); err != nil {
		return fmt.Errorf("reading the end of the chain: %w", err)
	}
	if len(wrong) > 0 {
		return &BrokenError{wrong[0], "chain_head", "", "it is not the end of the chain"}
	}
	return nil
}

type verifier struct {
	at     head
	total  int64
	last   map[string]link // of drafts and tokens, by kind and subject
	report VerifyReport
}

// step checks the next rows in one snapshot of the file. When there are no more it checks what only the whole shows.
func (v *verifier) step(ctx context.Context, begin func() (querier, func(), error), limit int) (done bool, err error) {
	tx, end, err := begin()
	if err != nil {
		return false, err
	}
	defer end()
	if v.total == 0 {
		if err := tx.GetContext(ctx, &v.total, `SELECT coalesce(max(seq), 0) FROM chain`); err != nil {
			return false, err
		}
	}
	n, err := v.links(ctx, tx, limit)
	if err != nil || n == limit {
		return false, err
	}
	return true, v.whole(ctx, tx)
}

// linkedRow is a row of the chain with where its transaction's last change stands.
type linkedRow struct {
	link
	Chained int64 `db:"chained"`
}

const (
	sqlVerifyLinks = `SELECT c.seq, c.at, c.kind, c.subject, c.part, c.digest, c.record, c.hash, coalesce(t.chained, 0) AS chained
		FROM chain c LEFT JOIN transactions t ON t.id = c.subject WHERE c.seq > ? ORDER BY c.seq LIMIT ?`

	sqlVerifyExchanges = `SELECT c.seq AS link, e.transaction_id, e.send, e.class, e.sent, e.received, e.failure, e.started, e.took, e.status
		FROM chain c JOIN exchanges e ON e.transaction_id = c.subject AND e.send = c.part
		WHERE c.seq > ? AND c.seq <= ? AND c.kind IN ('finish', 'adopt')`

	sqlVerifyReadings = `SELECT c.seq AS link, r.transaction_id, r.look, r.send, r.at, r.balance_minor, r.balance_currency, r.card_status, r.told_by
		FROM chain c JOIN readings r ON r.transaction_id = c.subject AND r.look = c.part
		WHERE c.seq > ? AND c.seq <= ? AND c.kind = 'look'`

	sqlVerifyVersions = `SELECT c.seq AS link, v.service, v.number, v.published, v.actor, v.reason, v.base, v.rolled_back_to, v.chained, v.rules
		FROM chain c JOIN code_versions v ON v.service = c.subject AND v.number = c.part
		WHERE c.seq > ? AND c.seq <= ? AND c.kind = 'codes'`

	sqlVerifyAudit = `SELECT ` + auditColumns + ` FROM audit WHERE seq > ? AND seq <= ?`
)

var sqlVerifyRows = `SELECT t.` + strings.ReplaceAll(strings.Join(strings.Fields(transactionColumns), ""), ",", ", t.") + `
	FROM chain c JOIN transactions t ON t.id = c.subject AND t.chained = c.seq WHERE c.seq > ? AND c.seq <= ?`

// links checks up to limit rows after v.at and returns how many there were.
func (v *verifier) links(ctx context.Context, tx querier, limit int) (int, error) {
	var links []linkedRow
	if err := tx.SelectContext(ctx, &links, sqlVerifyLinks, v.at.seq, limit); err != nil {
		return 0, fmt.Errorf("reading the chain: %w", err)
	}
	if len(links) == 0 {
		return 0, nil
	}
	records, err := v.records(ctx, tx, v.at.seq, links[len(links)-1].Seq)
	if err != nil {
		return 0, err
	}
	for i := range links {
		if err := v.link(&links[i], records); err != nil {
			return 0, err
		}
	}
	return len(links), nil
}

// records are the digests of what stands in the tables, by the row of the chain that tells of it.
type records struct {
	rows    map[int64]sum  // transactions as they are
	begun   map[int64]bool // whether the digest that they carry is right
	extras  map[int64]sum  // exchanges, readings and versions of codes
	entries map[int64]sum  // of the audit trail
}

func (v *verifier) records(ctx context.Context, tx querier, after, last int64) (records, error) {
	r := records{map[int64]sum{}, map[int64]bool{}, map[int64]sum{}, map[int64]sum{}}
	var rows []transactionRow
	if err := tx.SelectContext(ctx, &rows, sqlVerifyRows, after, last); err != nil {
		return r, fmt.Errorf("reading transactions: %w", err)
	}
	for i := range rows {
		begun := rows[i].begunDigest()
		r.rows[rows[i].Chained] = rows[i].digestAfter(begun[:])
		r.begun[rows[i].Chained] = bytes.Equal(begun[:], rows[i].Begun)
	}
	var exchanges []struct {
		Link int64 `db:"link"`
		exchangeRow
	}
	if err := tx.SelectContext(ctx, &exchanges, sqlVerifyExchanges, after, last); err != nil {
		return r, fmt.Errorf("reading exchanges: %w", err)
	}
	for i := range exchanges {
		r.extras[exchanges[i].Link] = digestOf(exchanges[i].values()...)
	}
	var readings []struct {
		Link int64 `db:"link"`
		readingRow
	}
	if err := tx.SelectContext(ctx, &readings, sqlVerifyReadings, after, last); err != nil {
		return r, fmt.Errorf("reading looks: %w", err)
	}
	for i := range readings {
		r.extras[readings[i].Link] = digestOf(readings[i].values()...)
	}
	var versions []struct {
		Link int64 `db:"link"`
		versionRow
	}
	if err := tx.SelectContext(ctx, &versions, sqlVerifyVersions, after, last); err != nil {
		return r, fmt.Errorf("reading versions of codes: %w", err)
	}
	for i := range versions {
		r.extras[versions[i].Link] = digestOf(versions[i].values()...)
	}
	var entries []auditRow
	if err := tx.SelectContext(ctx, &entries, sqlVerifyAudit, after, last); err != nil {
		return r, fmt.Errorf("reading the audit trail: %w", err)
	}
	for i := range entries {
		r.entries[entries[i].Seq] = digestOf(entries[i].values()...)
	}
	return r, nil
}

// link checks one row of the chain and what it tells of.
func (v *verifier) link(l *linkedRow, there records) error {
	broken := func(table, name, why string) error { return &BrokenError{l.Seq, table, name, why} }
	if l.Seq != v.at.seq+1 {
		return broken("chain", "", fmt.Sprintf("rows %d to %d are missing", v.at.seq+1, l.Seq-1))
	}
	if sealed := l.seal(v.at.hash); !bytes.Equal(sealed[:], l.Hash) {
		return broken("chain", "", "its hash does not follow from the row and the one before")
	}
	v.at = head{l.Seq, l.Hash}
	found, ok := there.rows[l.Seq]
	switch l.Kind {
	case chainCodes, chainTokens:
		v.last[l.Kind+l.Subject] = l.link
		if l.Part == 0 {
			return nil
		}
		return v.extra(l, there, "code_versions", &v.report.Versions)
	case chainAudit:
		if entry, ok := there.entries[l.Seq]; !ok || !bytes.Equal(entry[:], l.Digest) {
			return broken("audit", fmt.Sprint(l.Seq), "it is not what was recorded")
		}
		v.report.Entries++
		return nil
	}
	switch {
	case l.Chained == 0:
		return broken("transactions", l.Subject, "it is gone")
	case l.Chained < l.Seq:
		return broken("transactions", l.Subject, "it is as it was before its last change")
	case l.Chained == l.Seq && (!ok || !there.begun[l.Seq] || !bytes.Equal(found[:], l.Digest)):
		return broken("transactions", l.Subject, "it is not as its last change left it")
	case l.Chained == l.Seq:
		v.report.Transactions++
	}
	if l.Part == 0 {
		return nil
	}
	if l.Kind == chainLook {
		return v.extra(l, there, "readings", &v.report.Readings)
	}
	return v.extra(l, there, "exchanges", &v.report.Exchanges)
}

// extra checks the record that came with a row of the chain.
func (v *verifier) extra(l *linkedRow, there records, table string, count *int) error {
	record, ok := there.extras[l.Seq]
	if !ok || !bytes.Equal(record[:], l.Record) {
		return &BrokenError{l.Seq, table, fmt.Sprintf("%s/%d", l.Subject, l.Part), "it is not what was recorded"}
	}
	*count++
	return nil
}

// whole checks that nothing is in the tables that the chain does not tell of, and that drafts and tokens are as last set.
func (v *verifier) whole(ctx context.Context, tx querier) error {
	for _, c := range []struct{ table, query string }{
		{"transactions", `SELECT id FROM transactions t WHERE NOT EXISTS (SELECT 1 FROM chain c WHERE c.seq = t.chained AND c.subject = t.id) LIMIT 1`},
		{"audit", `SELECT seq FROM audit a WHERE NOT EXISTS (SELECT 1 FROM chain c WHERE c.seq = a.seq AND c.kind = 'audit') LIMIT 1`},
	} {
		var strange []string
		if err := tx.SelectContext(ctx, &strange, c.query); err != nil {
			return fmt.Errorf("reading %s: %w", c.table, err)
		}
		if len(strange) > 0 {
			return &BrokenError{0, c.table, strange[0], "the chain does not tell of it"}
		}
	}
	for _, c := range []struct {
		table string
		want  int
	}{{"exchanges", v.report.Exchanges}, {"readings", v.report.Readings}, {"code_versions", v.report.Versions}} {
		var n int
		if err := tx.GetContext(ctx, &n, `SELECT count(*) FROM `+c.table); err != nil {
			return fmt.Errorf("counting %s: %w", c.table, err)
		}
		if n != c.want {
			return &BrokenError{0, c.table, "", fmt.Sprintf("it has %d rows and the chain tells of %d", n, c.want)}
		}
	}
	if s, ok := tx.(*snapshot); ok {
		if err := s.checkHead(ctx); err != nil {
			return err
		}
	}
	return v.settings(ctx, tx)
}

// settings compares drafts and tokens with what they were last set to.
func (v *verifier) settings(ctx context.Context, tx querier) error {
	tables, err := settingsDigests(func(dest any, query string, args ...any) error { return tx.SelectContext(ctx, dest, query, args...) })
	if err != nil {
		return err
	}
	for _, t := range tables {
		l, known := v.last[t.kind+t.subject]
		if !known || !bytes.Equal(l.Digest, t.digest[:]) {
			return &BrokenError{l.Seq, t.table(), t.subject, "it is not as it was last set"}
		}
		delete(v.last, t.kind+t.subject)
	}
	for _, l := range v.last {
		if empty := digestOf(); !bytes.Equal(l.Digest, empty[:]) {
			return &BrokenError{l.Seq, setting{kind: l.Kind, subject: l.Subject}.table(), l.Subject, "its rows are gone"}
		}
	}
	return nil
}
