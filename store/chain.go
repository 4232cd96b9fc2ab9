package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
)

// Kinds of rows in the chain.
const (
	chainAdopt   = "adopt" // a record from before there was a chain
	chainBegin   = "begin"
	chainFinish  = "finish"
	chainLook    = "look"
	chainDesk    = "desk"
	chainSettle  = "settle"
	chainSend    = "send" // a void sent again
	chainRecover = "recover"
	chainWake    = "wake"
	chainForget  = "forget" // a key
	chainAudit   = "audit"
	chainCodes   = "codes"
	chainTokens  = "tokens"
)

// sum is a SHA-256.
type sum = [sha256.Size]byte

// link is a row of table chain: the subject as it is after one change, sealed with all rows before.
type link struct {
	Seq     int64  `db:"seq"`
	At      int64  `db:"at"`
	Kind    string `db:"kind"`
	Subject string `db:"subject"`
	Part    int64  `db:"part"`
	Digest  []byte `db:"digest"`
	Record  []byte `db:"record"`
	Hash    []byte `db:"hash"`
}

const chainColumns = `seq, at, kind, subject, part, digest, record, hash`

// seal returns the row's hash.
func (l *link) seal(before []byte) sum {
	d := takeDigest()
	defer d.give()
	d.bytes(before)
	d.number(l.Seq)
	d.number(l.At)
	d.text(l.Kind)
	d.text(l.Subject)
	d.number(l.Part)
	d.bytes(l.Digest)
	d.bytes(l.Record)
	return d.sum()
}

// head is the end of the chain.
type head struct {
	seq  int64
	hash []byte // nil before the first row
}

// linksAtOnce is how many rows one statement adds: most of a group's rows go in a few statements.
const linksAtOnce = 32

var (
	sqlLink  = `INSERT INTO chain (` + chainColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
	sqlLinks = sqlLink + strings.Repeat(`, (?, ?, ?, ?, ?, ?, ?, ?)`, linksAtOnce-1)
)

const (
	sqlHead     = `SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1`
	sqlLinkHash = `SELECT hash FROM chain WHERE seq = ?`
	sqlRow      = `SELECT ` + transactionColumns + ` FROM transactions WHERE id = ?`
	sqlChained  = `UPDATE transactions SET chained = ? WHERE id = ?`
)

// nextSeq is the number that the next link gets.
func (w *writer) nextSeq() int64 { return w.head.seq + 1 }

// link adds a row to the chain; it is written with the rest of its group before the commit.
func (w *writer) link(kind, subject string, part int64, digest sum, record []byte) {
	l := link{Seq: w.nextSeq(), At: w.now().UnixMicro(), Kind: kind, Subject: subject, Part: part, Digest: digest[:], Record: record}
	if l.Record == nil {
		l.Record = []byte{}
	}
	sealed := l.seal(w.head.hash)
	l.Hash = sealed[:]
	w.links = append(w.links, l)
	w.head = head{l.Seq, l.Hash}
}

// linkRow adds the transaction as it now stands in the database. The change must have set column chained to nextSeq.
func (w *writer) linkRow(kind, id string, part int64, record []byte) error {
	var row transactionRow
	if err := w.get(&row, sqlRow, id); err != nil {
		return fmt.Errorf("reading the changed row: %w", err)
	}
	w.link(kind, id, part, row.digest(), record)
	return nil
}

// writeLinks writes the group's rows of the chain.
func (w *writer) writeLinks() error {
	rest := w.links
	for len(rest) > 0 {
		n, query := 1, sqlLink
		if len(rest) >= linksAtOnce {
			n, query = linksAtOnce, sqlLinks
		}
		args := make([]any, 0, 8*n)
		for i := range rest[:n] {
			l := &rest[i]
			args = append(args, l.Seq, l.At, l.Kind, l.Subject, l.Part, l.Digest, l.Record, l.Hash)
		}
		if err := w.exec(query, args...); err != nil {
			return fmt.Errorf("adding to the chain: %w", err)
		}
		rest = rest[n:]
	}
	if len(w.links) > 0 {
		if err := w.keepHead(w.head); err != nil {
			return fmt.Errorf("moving the end of the chain: %w", err)
		}
	}
	w.links = w.links[:0]
	return nil
}

// readHead finds the end of the chain on disk.
func (w *writer) readHead() (err error) {
	if w.head, err = w.end(); err != nil {
		return fmt.Errorf("reading the end of the chain: %w", err)
	}
	w.links = w.links[:0]
	w.last.Store(w.head.seq)
	w.keepKnown()
	return nil
}

// digest of a transaction: what Begin wrote, and what became of it. The sealed card is left out, because it is erased
// in time; it is bound to its row by its own seal.
func (r *transactionRow) digest() sum {
	begun := r.begunDigest()
	return r.digestAfter(begun[:])
}

func (r *transactionRow) begunDigest() sum {
	d := takeDigest()
	defer d.give()
	for _, text := range [...]string{r.ID, r.Caller, r.Key, r.Content, r.Operation, r.Service, r.Order} {
		d.text(text)
	}
	d.number(r.Sequence)
	d.text(r.Kind)
	d.text(r.Authorization)
	d.number(r.RequestedMinor)
	d.text(r.RequestedCurrency)
	d.text(r.Parent)
	d.maybeText(r.Plan)
	d.maybeText(r.Baseline)
	d.number(r.Created)
	return d.sum()
}

// digestAfter is digest for a row of which the first half is known by its own digest. A version of the codes, which is
// the last value, is hashed only when there is one: rows from before there were versions keep their digest.
func (r *transactionRow) digestAfter(begun []byte) sum {
	d := takeDigest()
	defer d.give()
	d.bytes(begun)
	for _, text := range [...]string{r.Last4, r.CardPrint, r.State, r.Outcome} {
		d.text(text)
	}
	d.truth(r.Accepted)
	for _, text := range [...]string{r.Source, r.Code, r.Description} {
		d.text(text)
	}
	d.number(r.AmountMinor)
	d.text(r.AmountCurrency)
	d.number(r.BalanceMinor)
	d.text(r.BalanceCurrency)
	d.number(r.HoldRestMinor)
	for _, text := range [...]string{r.HoldRestCurrency, r.CardStatus, r.AccountID, r.AccountStatus, r.AccountType,
		r.ProviderTransaction, r.AuthNumber, r.ProviderTime} {
		d.text(text)
	}
	d.maybeText(r.Vendor)
	d.text(r.Class)
	d.text(r.Failure)
	d.maybeNumber(r.Finished)
	d.number(r.Sent)
	d.number(r.Sends)
	d.number(r.Looks)
	d.maybeNumber(r.Next)
	d.maybeText(r.Finding)
	d.maybeText(r.Settlement)
	d.number(r.Began)
	d.number(r.Ended)
	if r.CodesVersion != 0 {
		d.number(r.CodesVersion)
	}
	return d.sum()
}

// digest hashes values one after the other, each with its type and length, so that no two lists hash alike.
type digest struct{ buf []byte }

func newDigest() *digest { return &digest{make([]byte, 0, 1024)} }

// digests keeps room for digests of one change after the other, of which an exchange takes five.
var digests = sync.Pool{New: func() any { return &digest{make([]byte, 0, 4096)} }}

func takeDigest() *digest { return digests.Get().(*digest) }

func (d *digest) give() {
	d.buf = d.buf[:0]
	digests.Put(d)
}

func digestOf(values ...any) sum {
	d := takeDigest()
	defer d.give()
	d.values(values)
	return d.sum()
}

func (d *digest) values(all []any) {
	for _, v := range all {
		d.value(v)
	}
}

func (d *digest) value(v any) {
	switch v := v.(type) {
	case nil:
		d.none()
	case bool:
		d.truth(v)
	case int64:
		d.number(v)
	case string:
		d.text(v)
	case []byte:
		d.bytes(v)
	default:
		panic(fmt.Sprintf("store: a %T has no digest", v))
	}
}

func (d *digest) none() { d.buf = append(d.buf, 'n') }

func (d *digest) truth(v bool) {
	if v {
		d.number(1)
		return
	}
	d.number(0)
}

func (d *digest) number(v int64) {
	d.buf = binary.BigEndian.AppendUint64(append(d.buf, 'i'), uint64(v))
}

func (d *digest) text(v string) {
	d.buf = append(binary.AppendUvarint(append(d.buf, 't'), uint64(len(v))), v...)
}

func (d *digest) bytes(v []byte) {
	if v == nil {
		d.none()
		return
	}
	d.buf = append(binary.AppendUvarint(append(d.buf, 'b'), uint64(len(v))), v...)
}

func (d *digest) maybeText(v sql.Null[string]) {
	if !v.Valid {
		d.none()
		return
	}
	d.text(v.V)
}

func (d *digest) maybeNumber(v sql.Null[int64]) {
	if !v.Valid {
		d.none()
		return
	}
	d.number(v.V)
}

func (d *digest) sum() sum {
	return sha256.Sum256(d.buf)
}
