package store_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/responsecodes"
)

// refusing answers each authorization with the code that its amount stands for.
type refusing struct{}

func (refusing) Prepare(r *svcgate.Request, _ time.Time) (svcgate.Message, error) {
	return refusal{r}, nil
}

func (refusing) Approval(svcgate.Operation, svcgate.Kind) (svcgate.Source, string) {
	return svcgate.SourceReasonCode, "24"
}

type refusal struct{ r *svcgate.Request }

func (m refusal) Send(context.Context) (svcgate.Reply, svcgate.Exchange, error) {
	return svcgate.Reply{Source: svcgate.SourceErrorCode, Code: "CODE_" + m.r.Amount().Decimal()[:1]}, svcgate.Exchange{Class: svcgate.ClassAnswered}, nil
}

// worded are rules with the words of one edition; code 9 is in every second edition only.
func worded(edition int) []responsecodes.Rule {
	rules := responsecodes.StarterSet("RLT")
	for n := 1; n <= 9; n++ {
		if n == 9 && edition%2 == 1 {
			continue
		}
		rules = append(rules, responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: fmt.Sprintf("CODE_%d", n),
			Vendor: fmt.Sprintf("E%d", edition), Outcome: svcgate.Declined, Messages: []string{fmt.Sprintf("Edition %d says so of %d", edition, n)}})
	}
	return rules
}

// TestMappingChangesUnderLoad publishes and rolls back while authorizations run: each of them is told by one version and
// in its words, which are those in force when it was answered.
func TestMappingChangesUnderLoad(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := fresh(t, 0)
	book, err := responsecodes.NewBook(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := book.Start(ctx, "RLT", worded(1)); err != nil {
		t.Fatal(err)
	}
	text, err := secret.NewKeyFile("test")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.ParseKeyring(text)
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := svcgate.NewGateway(svcgate.GatewayConfig{Providers: map[string]svcgate.Provider{"RLT": refusing{}}, Journal: s, History: s,
		Unsettled: s, Decisions: s, Codes: book, Keys: keys, Window: -1})
	if err != nil {
		t.Fatal(err)
	}
	var inForce atomic.Int64 // version that was published for certain
	inForce.Store(1)
	stop := make(chan struct{})
	told := make(chan *svcgate.Transaction, 1000)
	var tills sync.WaitGroup
	for till := range 8 {
		tills.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				r, err := svcgate.NewRequest(svcgate.Draft{Operation: svcgate.Authorize, Service: "RLT", Order: fmt.Sprintf("W-%d-%d", till, n),
					CardNumber: secret.New(fmt.Sprintf("600649123456%04d", till)), Amount: fmt.Sprintf("%d.00", 1+n%9), Currency: "USD"})
				if err != nil {
					t.Error(err)
					return
				}
				before := inForce.Load()
				res, err := gateway.Do(ctx, "oms", fmt.Sprintf("%d-%d", till, n), r)
				if err != nil {
					t.Error(err)
					return
				}
				if v := int64(res.Transaction.CodesVersion); v < before || v > inForce.Load()+1 {
					t.Errorf("asked under version %d and told by version %d", before, v)
				}
				told <- res.Transaction
			}
		})
	}
	edition := map[int]int{1: 1} // of a version
	published := make(chan struct{})
	go func() {
		defer close(published)
		defer close(stop)
		for n := 2; n <= 40; n++ {
			var v *responsecodes.Version
			if n%3 == 0 { // back to an earlier one
				v, err = book.Rollback(ctx, "jo", "RLT", 0, n/3, "again")
				edition[n] = edition[n/3]
			} else {
				d, e := book.EditDraft(ctx, "jo", "RLT", fmt.Sprintf("v%d", n-1), responsecodes.ImportRules(worded(n)))
				if e != nil {
					t.Error(e)
					return
				}
				v, err = book.Publish(ctx, "jo", "RLT", d.ETag, "next")
				edition[n] = n
			}
			if err != nil || v.Number != n {
				t.Errorf("publishing version %d: %+v, %v", n, v, err)
				return
			}
			inForce.Store(int64(n))
		}
	}()
	go func() { tills.Wait(); close(told) }()
	var all []*svcgate.Transaction
	for tx := range told {
		all = append(all, tx)
	}
	<-published
	versions, kinds := map[int]bool{}, map[svcgate.Outcome]int{}
	for _, tx := range all {
		kept, err := s.Transaction(ctx, tx.ID)
		if err != nil {
			t.Fatal(err)
		}
		versions[kept.CodesVersion] = true
		kinds[kept.Outcome]++
		explain(t, kept, edition[kept.CodesVersion])
		v, err := book.Version(ctx, "RLT", kept.CodesVersion)
		if err != nil {
			t.Fatal(err)
		}
		if kept.Vendor == nil {
			continue
		}
		if r, ok := v.Rule(kept.Vendor.Rule); !ok || r.Vendor != kept.Vendor.Code || r.Messages[0] != kept.Vendor.Messages[0] {
			t.Errorf("%s does not explain itself by version %d: %+v is not %+v", kept.ID, kept.CodesVersion, kept.Vendor, r)
		}
	}
	if len(versions) < 10 || kinds[svcgate.Declined] == 0 || kinds[svcgate.Undefined] == 0 {
		t.Errorf("%d transactions saw %d versions: %v", len(all), len(versions), kinds)
	}
	t.Logf("%d transactions were told by %d versions", len(all), len(versions))
	if report, err := s.Verify(ctx, nil); err != nil || report.Versions != 40 || report.Transactions != len(all) {
		t.Errorf("%+v, %v", report, err)
	}
}

// explain wants the words of one edition.
func explain(t *testing.T, tx *svcgate.Transaction, edition int) {
	t.Helper()
	n, err := strconv.Atoi(tx.Reply.Code[len("CODE_"):])
	if err != nil || edition == 0 {
		t.Fatalf("code %s, edition %d", tx.Reply.Code, edition)
	}
	if n == 9 && edition%2 == 1 {
		if tx.Vendor != nil || tx.Outcome != svcgate.Undefined {
			t.Errorf("edition %d does not know code %d and says %+v", edition, n, tx.Vendor)
		}
		return
	}
	want := fmt.Sprintf("Edition %d says so of %d", edition, n)
	if tx.Vendor == nil || tx.Vendor.Code != fmt.Sprintf("E%d", edition) || tx.Vendor.Messages[0] != want || tx.Outcome != svcgate.Declined {
		t.Errorf("edition %d says %+v of code %d", edition, tx.Vendor, n)
	}
}

// BenchmarkPublish edits one rule of a table as large as it can be and publishes it, to disk.
func BenchmarkPublish(b *testing.B) {
	ctx := context.Background()
	s := fresh(b, 0)
	book, err := responsecodes.NewBook(ctx, s)
	if err != nil {
		b.Fatal(err)
	}
	rules := responsecodes.StarterSet("RLT")
	for n := len(rules); n < responsecodes.MaxRules; n++ {
		rules = append(rules, responsecodes.Rule{Service: "RLT", Source: svcgate.SourceErrorCode, Code: fmt.Sprintf("CODE_%d", n), Vendor: "102",
			Description: "Ask for another card", Outcome: svcgate.Declined, Messages: []string{"Ask for another card"}})
	}
	if _, err := book.Start(ctx, "RLT", rules); err != nil {
		b.Fatal(err)
	}
	for n := 1; b.Loop(); n++ {
		changed := rules[len(rules)-1]
		changed.Vendor = strconv.Itoa(n)
		d, err := book.EditDraft(ctx, "jo", "RLT", fmt.Sprintf("v%d", n), responsecodes.PutRule(changed))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := book.Publish(ctx, "jo", "RLT", d.ETag, "why not"); err != nil {
			b.Fatal(err)
		}
	}
}
