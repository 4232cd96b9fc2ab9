package store

import (
	"database/sql"
	"testing"
)

// A row's digest and what is written of it name the same columns in the same order.
func TestDigestsAreOfWhatIsWritten(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]*transactionRow{
		"nothing": {},
		"something": {
			ID: "id", Caller: "caller", Key: "key", Content: "content", Operation: "void", Service: "RLT", Order: "7", Sequence: 1,
			Kind: "virtual", Authorization: "5", RequestedMinor: 2, RequestedCurrency: "USD", Parent: "parent",
			Plan: sql.Null[string]{V: "[]", Valid: true}, Baseline: sql.Null[string]{V: "{}", Valid: true}, Created: 3,
			Last4: "0017", CardPrint: "print", State: "final", Outcome: "approved", Accepted: true, Source: "reason_code", Code: "24",
			Description: "text", AmountMinor: 4, AmountCurrency: "EUR", BalanceMinor: 5, BalanceCurrency: "JPY", HoldRestMinor: 6,
			HoldRestCurrency: "GBP", CardStatus: "active", AccountID: "account", AccountStatus: "open", AccountType: "SVC",
			ProviderTransaction: "70022", AuthNumber: "auth", ProviderTime: "time", Vendor: sql.Null[string]{V: "v", Valid: true},
			Class: "answered", Failure: "failure", Finished: sql.Null[int64]{V: 7, Valid: true}, Sent: 8, Sends: 9, Looks: 10,
			Next: sql.Null[int64]{V: 11, Valid: true}, Finding: sql.Null[string]{V: "f", Valid: true},
			Settlement: sql.Null[string]{V: "s", Valid: true}, Began: 12, Ended: 13, CodesVersion: 14,
		},
	} {
		if row.begunDigest() != digestOf(row.begunValues()...) {
			t.Errorf("%s: the digest of what was begun is of something else", name)
		}
		since := append([]any{[]byte("begun")}, row.sinceValues()...)
		if row.CodesVersion == 0 {
			since = since[:len(since)-1]
		}
		if row.digestAfter([]byte("begun")) != digestOf(since...) {
			t.Errorf("%s: the digest of what came since is of something else", name)
		}
	}
	l := link{1, 2, "begin", "id", 3, []byte("digest"), []byte{}, nil}
	if l.seal(nil) != digestOf([]byte(nil), l.Seq, l.At, l.Kind, l.Subject, l.Part, l.Digest, l.Record) {
		t.Error("a seal is of something else")
	}
}
