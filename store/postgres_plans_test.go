package store_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/internal/pgtest"
	"github.com/svcgate/svcgate/store"
)

// leading are the indexes that find few rows however many there are, with the column that they must be searched by.
var leading = map[string]string{
	"transactions_pkey": "id", "transactions_key": "idempotency_key", "transactions_order": "order_number", "transactions_parent": "parent",
	"transactions_card_held": "card_print", "transactions_card": "card_print", "transactions_settled": "card_print",
	"transactions_authorization": "authorization_id", "transactions_provider": "provider_transaction",
	"exchanges_pkey": "transaction_id", "readings_pkey": "transaction_id", "chain_pkey": "seq", "chain_head_pkey": "id",
	"nodes_pkey": "epoch", "nodes_living": "epoch", "tokens_hash_key": "hash",
}

var (
	scans   = regexp.MustCompile(`Scan.*? (?:on|using) (\w+)`)
	through = regexp.MustCompile(`Index Cond: \(+(\w+)`)
)

// What an exchange waits for finds its rows by their keys, whatever the server knows of the tables: a plan is kept for
// long.
func TestServerGoesByKeys(t *testing.T) {
	t.Parallel()
	dsn := pgtest.New(t)
	s := ending(t, store.Config{DSN: dsn})
	look := func(name string) {
		t.Run(name, func(t *testing.T) {
			plans, err := store.ServerPlans(context.Background(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			for query, plan := range plans {
				if wrong := farStep(plan); wrong != "" {
					t.Errorf("%s\nhas the step %q in\n%s", query, wrong, plan)
				}
			}
		})
	}
	look("empty")
	finish(t, s, begin(t, s, 0))
	look("one exchange")
	multiply(t, dsn, 3000)
	look("more than the server knows of")
	asked(t, dsn, `ANALYZE`)
	look("as the server knows it")
}

// farStep returns a step of the plan that may go through a whole table, "" for none.
func farStep(plan string) string {
	lines := strings.Split(plan, "\n")
	for i, line := range lines {
		found := scans.FindStringSubmatch(line)
		if found == nil || strings.Contains(line, "Bitmap Heap Scan") || strings.Contains(line, "Function Scan") || strings.Contains(line, "CTE Scan") || strings.Contains(line, "Subquery Scan") {
			continue
		}
		by := through.FindStringSubmatch(strings.Join(lines[i+1:min(i+2, len(lines))], ""))
		if by == nil || by[1] != leading[found[1]] {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
