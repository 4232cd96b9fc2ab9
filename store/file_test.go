package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/store"
)

// TestFilesHoldNoCardNumber looks for numbers in all files of a store that was worked with as the gateway does.
func TestFilesHoldNoCardNumber(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	// Always the same key: with a drawn one, a fingerprint may hold the first digits of a number.
	key := strings.Repeat("A", 43) + "="
	keys, err := secret.ParseKeyring([]byte("test " + key + "\nfingerprint " + key + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "journal.db"), time.Now)
	const cards = 50
	for n := range cards {
		number := canary(n)
		card, err := svcgate.ParseCard(secret.New(number))
		if err != nil {
			t.Fatal(err)
		}
		tx := sent(n)
		tx.Operation = svcgate.Operations()[n%8].Operation
		tx.Last4, tx.CardPrint, tx.Sealed = card.Last4(), keys.Fingerprint("card", card.Number()), keys.Seal(tx.ID, card.Number())
		if _, err := s.Begin(ctx, tx); err != nil {
			t.Fatal(err)
		}
		if n%3 == 0 {
			continue
		}
		done := final(tx)
		done.Reply.Card = card // the gateway leaves it out; the store must not keep it if it does not
		if n%3 == 1 {
			unknown(done)
		}
		if err := s.Finish(ctx, done, exchange()); err != nil {
			t.Fatal(err)
		}
	}
	look := func(when string) {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%v, %v", files, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, ".db-wal") && when == "open" && !bytes.Contains(data, []byte("txn_1")) {
				t.Errorf("%s does not hold the records; the test looks at the wrong place", file)
			}
			for n := range cards {
				for _, form := range forms(canary(n)) {
					if bytes.Contains(data, []byte(form)) {
						t.Errorf("%s holds card %d while %s", filepath.Base(file), n, when)
					}
				}
			}
		}
	}
	look("open")
	closed(t, s)
	look("closed")
}

func canary(n int) string { return fmt.Sprintf("60064912345%05d", 60017+n) }

func forms(number string) []string {
	reversed := []byte(number)
	slices.Reverse(reversed)
	return []string{number, string(reversed), hex.EncodeToString([]byte(number)), base64.StdEncoding.EncodeToString([]byte(number))[:20],
		number[:6], strings.Join(strings.SplitAfter(number, number[3:4]), " ")}
}

func TestErasedCardLeavesTheFiles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "journal.db"), time.Now)
	defer closed(t, s)
	tx := sent(1)
	tx.Operation, tx.Sealed = svcgate.Generate, []byte("sealed-bytes-of-a-card")
	if _, err := s.Begin(ctx, tx); err != nil {
		t.Fatal(err)
	}
	finish(t, s, tx)
	if !holds(t, dir, tx.Sealed) {
		t.Error("the sealed card is in no file; the test cannot show that it goes")
	}
	if n, err := s.EraseCards(ctx, start.Add(time.Hour)); err != nil || n != 1 {
		t.Fatalf("EraseCards = %d, %v", n, err)
	}
	if holds(t, dir, tx.Sealed) {
		t.Error("the sealed card is still in a file")
	}
	if size := s.Stats().WALBytes; size != 0 {
		t.Errorf("the log has %d bytes, want 0", size)
	}
}

func TestReaderDelaysOnlyTheLog(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "journal.db")
	s := open(t, path, time.Now)
	defer closed(t, s)
	tx := sent(1)
	tx.Operation = svcgate.Generate
	if _, err := s.Begin(ctx, tx); err != nil {
		t.Fatal(err)
	}
	finish(t, s, tx)
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	reading, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reading.QueryRow(`SELECT count(*) FROM transactions`).Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := s.EraseCards(ctx, start.Add(time.Hour)); err != nil || n != 1 {
		t.Errorf("EraseCards beside a reader = %d, %v", n, err)
	}
	if s.Stats().WALBytes == 0 {
		t.Error("the log is empty; the test does not hold it")
	}
	var patience string
	if err := s.Writer(func(w *store.Writer) (err error) { patience, err = w.Text(`PRAGMA busy_timeout`); return err }); err != nil || patience != "5000" {
		t.Errorf("changes wait for a lock %q ms (%v), want 5000 again", patience, err)
	}
	begin(t, s, 2)
	if err := errors.Join(reading.Rollback(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := s.EraseCards(ctx, start.Add(time.Hour)); err != nil || n != 0 || s.Stats().WALBytes != 0 {
		t.Errorf("EraseCards after it = %d, %v with a log of %d bytes", n, err, s.Stats().WALBytes)
	}
}

func holds(t *testing.T, dir string, what []byte) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, what) {
			return true
		}
	}
	return false
}

func TestMigrationsHaveNoGaps(t *testing.T) {
	t.Parallel()
	folder, err := store.Migrations()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(folder, "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for i, file := range files {
		number, rest, _ := strings.Cut(file, "_")
		if want := fmt.Sprintf("%04d", i+1); number != want || !strings.HasSuffix(rest, ".sql") {
			t.Errorf("migration %s stands where %s_….sql should", file, want)
		}
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, ")") && !strings.Contains(line, "STRICT") && strings.Contains(string(text), "CREATE TABLE") {
				t.Errorf("%s: a table is not STRICT: %s", file, line)
			}
		}
	}
}

func TestSearchesUseAnIndex(t *testing.T) {
	t.Parallel()
	s := fresh(t, 0)
	for _, c := range []struct {
		filter svcgate.Filter
		index  string
		sorts  bool
	}{
		{svcgate.Filter{}, "transactions_created", false},
		{svcgate.Filter{Service: "RLT"}, "transactions_created", false},
		{svcgate.Filter{From: start, To: start}, "transactions_created (created>? AND created<?)", false},
		{svcgate.Filter{Order: "W-1"}, "transactions_order (order_number=?)", true},
		{svcgate.Filter{Order: "W-1", Service: "RLT"}, "transactions_order (order_number=? AND service=?)", true},
		{svcgate.Filter{Last4: "0017"}, "transactions_last4 (last4=?)", false},
		{svcgate.Filter{Operation: svcgate.Void}, "transactions_operation (operation=?)", false},
		{svcgate.Filter{Outcome: svcgate.Undefined}, "transactions_outcome (outcome=?)", false},
		{svcgate.Filter{Outcome: svcgate.Approved}, "transactions_created", false},
		{svcgate.Filter{State: svcgate.StateUnresolved}, "transactions_open (state=?)", false},
		{svcgate.Filter{State: svcgate.StateFinal}, "transactions_created", false},
		{svcgate.Filter{Key: "k"}, "transactions_key (idempotency_key=?)", true},
		{svcgate.Filter{Code: "24", Operation: svcgate.Deposit}, "transactions_code (code=?)", false},
		{svcgate.Filter{Code: "24", Outcome: svcgate.Declined, From: start}, "transactions_code (code=? AND created>?)", false},
		{svcgate.Filter{Last4: "0017", Outcome: svcgate.Declined}, "transactions_last4 (last4=?)", false},
		{svcgate.Filter{Operation: svcgate.Void, Outcome: svcgate.Declined}, "transactions_outcome (outcome=?)", false},
	} {
		plan, err := s.Plan(c.filter)
		if err != nil {
			t.Fatal(err)
		}
		steps := strings.Join(plan, "\n")
		if !strings.Contains(steps, "INDEX "+c.index) {
			t.Errorf("%+v does not use %s:\n%s", c.filter, c.index, steps)
		}
		if strings.Contains(steps, "TEMP B-TREE") != c.sorts {
			t.Errorf("%+v sorts, which should be %v:\n%s", c.filter, c.sorts, steps)
		}
	}
	for _, c := range []struct {
		what string
		plan func() ([]string, error)
		want []string
	}{
		{"Holds", s.HoldsPlan, []string{"transactions_order", "transactions_provider", "transactions_authorization"}},
		{"recovery", s.RecoverPlan, []string{"transactions_open (state=?)"}},
		{"EraseCards", s.ErasePlan, []string{"transactions_generated (created<?)"}},
	} {
		plan, err := c.plan()
		if err != nil {
			t.Fatal(err)
		}
		for _, index := range c.want {
			if !strings.Contains(strings.Join(plan, "\n"), index) {
				t.Errorf("%s does not use %s:\n%s", c.what, index, strings.Join(plan, "\n"))
			}
		}
	}
	plans, err := s.Plans()
	if err != nil {
		t.Fatal(err)
	}
	for what, index := range map[string]string{
		"Due": "transactions_due (next<?)", "Similar": "transactions_order (order_number=? AND service=?)",
		"LastReading":       "transactions_card (card_print=? AND service=? AND ended>?)",
		"the card's holder": "transactions_card_held (card_print=? AND service=?)", "Wake": "transactions_due (next>?)",
		"parts": "transactions_parent (parent=?)", "old keys": "transactions_keyed (created>? AND created<?)",
		"sealed cards": "transactions_generated", "the desk": "transactions_open (state=?)", "Drift": "transactions_card",
		"Earlier": "transactions_key (idempotency_key=? AND caller=?)", "Account": "transactions_card (card_print=? AND service=? AND ended>?)",
		"what moved":                  "transactions_settled (card_print=? AND service=? AND chained>?)",
		"what disturbs":               "transactions_settled (card_print=? AND service=? AND chained>?)",
		"what disturbs from the desk": "transactions_card (card_print=? AND service=? AND ended>?)",
	} {
		if steps := strings.Join(plans[what], "\n"); !strings.Contains(steps, "INDEX "+index) {
			t.Errorf("%s does not use %s:\n%s", what, index, steps)
		}
	}
}
