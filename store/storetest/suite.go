// Package storetest is what every database behind a store must do. A test of a database gives a way to open it and
// calls Run.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

// Database is the store under test.
type Database interface {
	svcgate.Journal
	svcgate.History
	svcgate.Unsettled
	svcgate.Decisions
	responsecodes.Store
	reader
	figures
	tokens
	access.PeopleStore
	keeper
	EraseCards(ctx context.Context, before time.Time) (int, error)
	Recovered() int
	Check(ctx context.Context) error
	Close() error
}

type reader interface {
	Transaction(ctx context.Context, id string) (*svcgate.Transaction, error)
	Transactions(ctx context.Context, f svcgate.Filter) (*svcgate.Page, error)
	Exchange(ctx context.Context, id string) (*svcgate.Exchange, error)
	Exchanges(ctx context.Context, id string) ([]*svcgate.Exchange, error)
	Drift(ctx context.Context, service string) ([]store.CardDrift, error)
	OrphanHolds(ctx context.Context, service string) ([]*svcgate.Transaction, error)
	OpenHolds(ctx context.Context, f svcgate.Filter) ([]svcgate.Hold, error)
}

type tokens interface {
	PutToken(ctx context.Context, t access.Token, hash string) error
	TokenByHash(ctx context.Context, hash string) (access.Token, error)
	Tokens(ctx context.Context) ([]access.Token, error)
	RevokeToken(ctx context.Context, name string) error
}

type keeper interface {
	SessionStore() store.Sessions
	ResealPeople(ctx context.Context, seal func(row string, sealed []byte) ([]byte, error)) (int, error)
	AuditTrail(ctx context.Context, f access.EntryFilter) ([]access.Entry, string, error)
	Verify(ctx context.Context, progress func(done, total int)) (store.VerifyReport, error)
	VerifyTail(ctx context.Context) error
	Waiting(ctx context.Context) (unresolved, desk store.Waiting, err error)
	UnresolvedServices(ctx context.Context) ([]string, error)
	ForgetKeys(ctx context.Context, before time.Time) (int, error)
	Reseal(ctx context.Context, seal func(id string, sealed []byte) ([]byte, error)) (int, error)
}

// Open opens the database kept at a place, a directory that the suite gives; it is empty the first time. Whoever calls
// Open closes the database.
type Open func(t testing.TB, place string, now func() time.Time) Database

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, part := range []struct {
		name string
		run  func(*testing.T, Open)
	}{
		{"begin and finish", testJournal}, {"keys", testKeys}, {"finish once", testFinishGuards}, {"sealed cards", testCards},
		{"recovery", testRecovery}, {"holds", testHolds}, {"filters", testFilters}, {"pages", testPages},
		{"cursors", testCursors}, {"moves", testMoves}, {"waiting", testWaiting}, {"settling", testSettling}, {"ids", testIDs}, {"turns", testTurns}, {"what moved", testMoved}, {"disturbed", testDisturbed},
		{"earlier", testEarlier}, {"similar", testSimilar}, {"last reading", testLastReading}, {"audit", testAudit},
		{"forgotten keys", testForgetKeys}, {"resealed cards", testReseal}, {"drift", testDrift}, {"orphan holds", testOrphans},
		{"verify", testVerify}, {"linearizable", testLinearizable}, {"tallies", testTallies}, {"tallies from memory", testTalliesFromMemory}, {"affected", testAffected}, {"activity", testActivity}, {"reports", testReports}, {"versions", testVersions}, {"drafts", testDrafts}, {"tokens", testTokens}, {"people", testPeople}, {"links", testLinks},
		{"failed sign-ins", testFailures}, {"sessions", testSessions}, {"closed", testClosed},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, open)
		})
	}
}

// start is the instant at which the suite's clock stands.
var start = time.Date(2026, 3, 14, 9, 26, 53, 589_000_000, time.UTC)

func clock() time.Time { return start }

// opened opens an empty database and closes it at the end of the test.
func opened(t *testing.T, open Open) Database {
	t.Helper()
	db := open(t, t.TempDir(), clock)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return db
}

// name makes an id without digits.
func name(n int) string {
	out := []byte("txn_")
	for range 6 {
		out = append(out, "bcdfghjkmn"[n%10])
		n /= 10
	}
	return string(out)
}

func dollars(t testing.TB, amount string) svcgate.Money {
	t.Helper()
	m, err := svcgate.ParseMoney(amount, "USD")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// sent is an authorization under way, every member filled that Begin keeps.
func sent(t testing.TB, n int) *svcgate.Transaction {
	return &svcgate.Transaction{
		ID: name(n), Caller: "oms", Key: fmt.Sprintf("key-%d", n), Content: "content-print", Operation: svcgate.Authorize,
		Service: "RLT", Order: fmt.Sprintf("W-%d", n), Sequence: 2, Last4: "0017", CardPrint: fmt.Sprintf("card-print-%d", n),
		Sealed: []byte{1, 0, 255, 7}, Requested: dollars(t, "25.00"), State: svcgate.StateSent,
		Created: at(n), Sent: at(n), Sends: 1,
		Baseline: svcgate.Reading{At: start.Add(-time.Hour), Balance: dollars(t, "40.00"), Status: svcgate.StatusActive, Transaction: "txn_before"},
	}
}

// at is when the n-th record is made.
func at(n int) time.Time { return start.Add(time.Duration(n) * time.Millisecond) }

// unknown makes a finished transaction one of which the outcome is not known.
func unknown(done *svcgate.Transaction) *svcgate.Transaction {
	done.State, done.Outcome, done.Finished, done.Next = svcgate.StateUnresolved, svcgate.Unknown, time.Time{}, start.Add(30*time.Second)
	return done
}

// finished gives a copy of a begun transaction an approved outcome, every member filled that Finish keeps.
func finished(t testing.TB, begun *svcgate.Transaction) *svcgate.Transaction {
	done := *begun
	done.State, done.Outcome, done.Class = svcgate.StateFinal, svcgate.Approved, svcgate.ClassAnswered
	done.Reply = svcgate.Reply{
		Accepted: true, Source: svcgate.SourceReasonCode, Code: "24", Description: "Success – \"quoted\"",
		Amount: done.Requested, Balance: dollars(t, "0.00"), HoldRest: dollars(t, "1.50"), CardStatus: svcgate.StatusActive,
		Account:       svcgate.Account{ID: "A-77", Status: svcgate.StatusInactive, Type: "SVC"},
		TransactionID: "T" + begun.ID, AuthNumber: "A" + begun.ID,
		Time: time.Date(2026, 3, 14, 5, 26, 50, 123_456_789, time.FixedZone("", -4*3600)),
	}
	done.Vendor = &svcgate.VendorResponse{
		Code: "100", Description: "Approved", Attempts: new(3), Hold: &svcgate.OrderHold{Reason: "CW", Days: new(0)},
		Cancel: true, Messages: []string{"one", "two"}, Rule: "RLT:authorize:reason_code:24", Version: 7, Outcome: svcgate.Approved,
	}
	done.CodesVersion = 7
	done.Failure = "none"
	done.Finished = begun.Created.Add(40 * time.Millisecond)
	return &done
}

func answered() *svcgate.Exchange {
	return &svcgate.Exchange{
		Class: svcgate.ClassAnswered, Sent: []byte("<a>************0017</a>"), Received: []byte("<b/>"), Failure: "none",
		Started: start.Add(time.Microsecond), Took: 12_345_678 * time.Nanosecond, Status: 200,
	}
}

// begin begins t and fails the test when its key was used.
func begin(t testing.TB, db Database, tx *svcgate.Transaction) *svcgate.Transaction {
	t.Helper()
	earlier, err := db.Begin(context.Background(), tx)
	if err != nil || earlier != nil {
		t.Fatalf("Begin(%s) = %v, %v", tx.ID, earlier, err)
	}
	return tx
}

func finish(t testing.TB, db Database, tx *svcgate.Transaction) *svcgate.Transaction {
	t.Helper()
	if err := db.Finish(context.Background(), tx, answered()); err != nil {
		t.Fatalf("Finish(%s): %v", tx.ID, err)
	}
	return tx
}

func read(t testing.TB, db Database, id string) *svcgate.Transaction {
	t.Helper()
	tx, err := db.Transaction(context.Background(), id)
	if err != nil {
		t.Fatalf("Transaction(%s): %v", id, err)
	}
	return tx
}

// wantCode fails unless err is an *svcgate.Error with the code.
func wantCode(t testing.TB, err error, code svcgate.Code) {
	t.Helper()
	if got := svcgate.CodeOf(err); got != code {
		t.Errorf("the error is %v with code %q, want code %q", err, got, code)
	}
}
