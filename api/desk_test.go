package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// lose sends an authorization whose answer is lost and returns its id.
func (h *house) lose(t testing.TB) string {
	t.Helper()
	return h.loseOf(t, svcgate.Authorize, "")
}

// loseOf does so with any operation of 16.16; extra goes into the body.
func (h *house) loseOf(t testing.TB, op svcgate.Operation, extra string) string {
	t.Helper()
	info, _ := op.Info()
	body := strings.Replace(authorization, `"amount":"11.07"`, extra+`"amount":"`+amountUnknown+`"`, 1)
	got := h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/"+info.Route, body, "Idempotency-Key", "lost"))
	got.want(t, http.StatusGatewayTimeout, "unknown", "")
	return strings.TrimPrefix(got.Header.Get("Location"), "/v1/transactions/")
}

// toDesk puts a transaction onto the desk with one reading that found its hold.
func (h *house) toDesk(t testing.TB, id string) {
	t.Helper()
	balance := func(minor int64) svcgate.Money {
		m, err := svcgate.MoneyFromMinor(minor, "USD")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, err := range []error{
		h.journal.change(id, func(tx *svcgate.Transaction) {
			tx.Baseline = svcgate.Reading{At: at.Add(-time.Hour), Balance: balance(25000), Status: svcgate.StatusActive, Transaction: "txn_before"}
		}, svcgate.StateUnresolved),
		h.journal.Look(context.Background(), id, svcgate.Reading{At: at.Add(time.Minute), Balance: balance(23384), Transaction: "txn_look"}, at),
		h.journal.ToDesk(context.Background(), id, svcgate.Finding{Verdict: svcgate.Applied, Amount: balance(1616), Why: "The balance fell by the amount."}, at),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (h *house) settle(t testing.TB, id, body string) reply {
	t.Helper()
	return h.send(t, request(access.RoleOperator, http.MethodPost, "/v1/transactions/"+id+"/settlement", body))
}

func (h *house) get(t testing.TB, role access.Role, path string) reply {
	t.Helper()
	return h.send(t, request(role, http.MethodGet, path, ""))
}

func TestDesk(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(c *api.Config) { c.Now = func() time.Time { return at.Add(90500 * time.Millisecond) } })
	if got := h.get(t, access.RoleOperator, "/v1/desk"); string(got.body) != `{"desk":[],"next":null}`+"\n" {
		t.Errorf("an empty desk is %s", got.body)
	}
	id := h.lose(t)
	if got := h.get(t, access.RoleOperator, "/v1/desk"); string(got.body) != `{"desk":[],"next":null}`+"\n" {
		t.Errorf("what is still being settled is on the desk: %s", got.body)
	}
	h.toDesk(t, id)
	h.journal.next = "further"
	got := string(h.get(t, access.RoleOperator, "/v1/desk?service=RLT&order=3242&last4=0017&limit=7").body)
	for _, want := range []string{
		`{"desk":[{"transaction":{"id":"` + id + `","operation":"authorize","outcome":"unknown","state":"desk",`,
		`"sends":1,"finding":{"verdict":"applied","amount":{"amount":"16.16","currency":"USD"},"why":"The balance fell by the amount."},"settlement":null,`,
		`"age_seconds":90,"baseline":{"at":"2026-03-01T08:30:00.000Z","balance":{"amount":"250.00","currency":"USD"},"card_status":"active","transaction_id":"txn_before"},`,
		`"readings":[{"at":"2026-03-01T09:31:00.000Z","balance":{"amount":"233.84","currency":"USD"},"card_status":null,"transaction_id":"txn_look"}],`,
		`"choices":[{"verdict":"applied","meaning":"The provider carried it out.","required":["reason","provider_transaction_id"],"optional":["amount"]},{"verdict":"not_applied",`,
		`{"verdict":"released",`, `"next":"further"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the desk lacks %s:\n%s", want, got)
		}
	}
	want := svcgate.Filter{Service: "RLT", Order: "3242", Last4: "0017", State: svcgate.StateDesk, Limit: 7}
	if h.journal.filter != want {
		t.Errorf("the filter is %+v, want %+v", h.journal.filter, want)
	}
	if got := h.get(t, access.RoleOMS, "/v1/transactions/"+id); bytes.Contains(got.body, []byte("baseline")) || bytes.Contains(got.body, []byte("readings")) ||
		!bytes.Contains(got.body, []byte(`"finding":{`)) {
		t.Errorf("a plain read is %s", got.body)
	}
	x := h.get(t, access.RoleOperator, "/v1/transactions/"+id+"/exchange")
	if !bytes.Contains(x.body, []byte(`"transaction_id":"txn_before"},"readings":[{"at":`)) {
		t.Errorf("the exchange is %s", x.body)
	}
}

func TestDeskTellsWhatApplies(t *testing.T) {
	t.Parallel()
	for op, c := range map[svcgate.Operation]struct{ extra, want string }{
		svcgate.Recharge: {"", `{"verdict":"applied","meaning":"The provider carried it out.","required":["reason"],"optional":["amount","provider_transaction_id"]}`},
		svcgate.Deposit:  {`"authorization":"77",`, `{"verdict":"applied","meaning":"The provider carried it out.","required":["reason"],"optional":["amount","provider_transaction_id"]}`},
		svcgate.Generate: {"", `"choices":[{"verdict":"not_applied"`},
	} {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			id := h.loseOf(t, svcgate.Recharge, "")
			if op != svcgate.Generate {
				h = newHouse(t)
				id = h.loseOf(t, op, c.extra)
			}
			h.toDesk(t, id)
			if err := h.journal.change(id, func(tx *svcgate.Transaction) { tx.Operation = op }, svcgate.StateDesk); err != nil {
				t.Fatal(err)
			}
			if got := h.get(t, access.RoleTester, "/v1/desk"); !bytes.Contains(got.body, []byte(c.want)) {
				t.Errorf("got %s, want %s", got.body, c.want)
			}
		})
	}
}

func TestDeskIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for query, c := range map[string]struct {
		status      int
		code, field string
	}{
		"state=desk":          {400, "unknown_parameter", "state"},
		"operation=void":      {400, "unknown_parameter", "operation"},
		"last4=17":            {422, "invalid_parameter", "last4"},
		"last4=" + cardNumber: {422, "invalid_parameter", "last4"},
		"service=R%2FT":       {422, "invalid_parameter", "service"},
		"limit=501":           {422, "invalid_parameter", "limit"},
		"limit=0":             {422, "invalid_parameter", "limit"},
		"cursor=%20":          {422, "invalid_parameter", "cursor"},
		"order=1&order=2":     {400, "repeated_parameter", "order"},
	} {
		h.get(t, access.RoleOperator, "/v1/desk?"+query).want(t, c.status, c.code, c.field)
	}
	id := h.lose(t)
	h.toDesk(t, id)
	h.journal.broken = errors.New("disk on fire")
	h.get(t, access.RoleOperator, "/v1/desk").want(t, http.StatusInternalServerError, "internal", "")
}

func TestSettlement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		desk    bool
		body    string
		outcome string
		status  int // of the replay
		want    string
	}{
		"applied, from the desk": {true, `{"verdict":"applied","provider_transaction_id":"9354","reason":"Seen at the help desk"}`, "approved", 200,
			`"settlement":{"verdict":"applied","amount":{"amount":"16.16","currency":"USD"},"why":"decided by a person","by":"the-operator","reason":"Seen at the help desk",` +
				`"at":"2026-03-01T09:30:00.000Z","provider_transaction_id":"9354","evidence":[{"at":"2026-03-01T09:31:00.000Z",`},
		"applied in part": {false, `{"verdict":"applied","provider_transaction_id":"9354","amount":"10.00","reason":"r"}`, "partial", 200,
			`"remainder":{"amount":"6.16","currency":"USD"}`},
		"not applied": {false, `{"verdict":"not_applied","reason":"No trace"}`, "unavailable", 503,
			`"settlement":{"verdict":"not_applied","amount":null,"why":"decided by a person","by":"the-operator","reason":"No trace","at":"2026-03-01T09:30:00.000Z","provider_transaction_id":null,"evidence":[]}`},
		"released": {true, `{"verdict":"released","reason":"Freed there"}`, "unavailable", 503, `"verdict":"released"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			id := h.lose(t)
			if c.desk {
				h.toDesk(t, id)
			}
			settled := h.settle(t, id, c.body)
			settled.want(t, http.StatusOK, "", "")
			for _, want := range []string{`"outcome":"` + c.outcome + `","state":"final"`, c.want} {
				if !bytes.Contains(settled.body, []byte(want)) {
					t.Errorf("no %s in %s", want, settled.body)
				}
			}
			if bytes.Contains(settled.body, []byte(`"finding"`)) {
				t.Errorf("a settled transaction has a finding: %s", settled.body)
			}
			read := h.get(t, access.RoleOMS, "/v1/transactions/"+id)
			replay := h.authorize(t, "lost", change(t, "11.07", amountUnknown))
			replay.want(t, c.status, "", "")
			told := replay.body
			if c.status != http.StatusOK {
				told = append(replay.problem(t).Transaction, '\n')
			}
			if !bytes.Equal(read.body, settled.body) || !bytes.Equal(told, settled.body) || replay.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("settled %s\nread %s\nreplayed %s", settled.body, read.body, told)
			}
			if got := h.audit.all(); len(got) != 1 || got[0] != "the-operator transaction.settle "+id {
				t.Errorf("audited %q", got)
			}
			if h.audit.entries[0].At != at || !strings.HasPrefix(h.audit.entries[0].Detail, strings.Split(name, ",")[0][:3]) && name != "released" {
				t.Errorf("audited %+v", h.audit.entries[0])
			}
			h.settle(t, id, c.body).want(t, http.StatusConflict, "not_open", "")
			if got := h.audit.all(); len(got) != 3 || got[2] != "the-operator transaction.settle.failed "+id {
				t.Errorf("audited %q", got)
			}
			if h.provider.sent.Load() != 1 {
				t.Errorf("%d messages were sent", h.provider.sent.Load())
			}
		})
	}
}

func TestSettlementIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.lose(t)
	for name, c := range map[string]struct {
		body        string
		status      int
		code, field string
	}{
		"empty":                      {`{}`, 422, "invalid_reason", "reason"},
		"no JSON":                    {`verdict=applied`, 400, "invalid_json", ""},
		"unknown member":             {`{"verdict":"released","reason":"r","note":"n"}`, 400, "unknown_field", "note"},
		"member twice":               {`{"verdict":"released","verdict":"applied","reason":"r"}`, 400, "duplicate_field", "verdict"},
		"verdict missing":            {`{"reason":"r"}`, 422, "invalid_verdict", "verdict"},
		"verdict unknown":            {`{"verdict":"maybe","reason":"r"}`, 422, "invalid_verdict", "verdict"},
		"verdict cannot tell":        {`{"verdict":"cannot_tell","reason":"r"}`, 422, "invalid_verdict", "verdict"},
		"verdict in capitals":        {`{"verdict":"Applied","reason":"r"}`, 422, "invalid_verdict", "verdict"},
		"verdict a truth":            {`{"verdict":true,"reason":"r"}`, 422, "invalid_verdict", "verdict"},
		"verdict null":               {`{"verdict":null,"reason":"r"}`, 422, "invalid_verdict", "verdict"},
		"reason missing":             {`{"verdict":"released"}`, 422, "invalid_reason", "reason"},
		"reason blank":               {`{"verdict":"released","reason":"  "}`, 422, "invalid_reason", "reason"},
		"reason a number":            {`{"verdict":"released","reason":1}`, 422, "invalid_reason", "reason"},
		"reason too long":            {`{"verdict":"released","reason":"` + strings.Repeat("r", 501) + `"}`, 422, "invalid_reason", "reason"},
		"reason far too long":        {`{"verdict":"released","reason":"` + strings.Repeat("r", 513) + `"}`, 400, "limit_exceeded", "reason"},
		"reason with the card":       {`{"verdict":"released","reason":"card ` + cardNumber + `"}`, 422, "invalid_reason", "reason"},
		"reason with the card, gaps": {`{"verdict":"released","reason":"card 6006 4977 5123 0017"}`, 422, "invalid_reason", "reason"},
		"reason with a direction":    {`{"verdict":"released","reason":"a\u202eb"}`, 400, "invalid_text", "reason"},
		"no id for a hold":           {`{"verdict":"applied","reason":"r"}`, 422, "transaction_id_required", "provider_transaction_id"},
		"id in letters":              {`{"verdict":"applied","reason":"r","provider_transaction_id":"txn_x"}`, 422, "invalid_transaction_id", "provider_transaction_id"},
		"id a number":                {`{"verdict":"applied","reason":"r","provider_transaction_id":9354}`, 422, "invalid_transaction_id", "provider_transaction_id"},
		"id of 16 digits":            {`{"verdict":"applied","reason":"r","provider_transaction_id":"0000009354000382"}`, 422, "invalid_transaction_id", "provider_transaction_id"},
		"amount above":               {`{"verdict":"applied","reason":"r","provider_transaction_id":"1","amount":"16.17"}`, 422, "invalid_amount", "amount"},
		"amount zero":                {`{"verdict":"applied","reason":"r","provider_transaction_id":"1","amount":"0.00"}`, 422, "invalid_amount", "amount"},
		"amount a number":            {`{"verdict":"applied","reason":"r","provider_transaction_id":"1","amount":16.16}`, 422, "invalid_amount", "amount"},
		"amount with exponent":       {`{"verdict":"applied","reason":"r","provider_transaction_id":"1","amount":"1e1"}`, 422, "invalid_amount", "amount"},
		"long amount and id":         {`{"verdict":"applied","reason":"` + strings.Repeat("é", 250) + `","amount":"` + strings.Repeat("é", 250) + `","provider_transaction_id":"` + strings.Repeat("é", 250) + `"}`, 422, "invalid_transaction_id", "provider_transaction_id"},
		"amount of nothing":          {`{"verdict":"not_applied","reason":"r","amount":"1.00"}`, 422, "not_applicable", "verdict"},
		"id of nothing":              {`{"verdict":"released","reason":"r","provider_transaction_id":"1"}`, 422, "not_applicable", "verdict"},
	} {
		t.Run(name, func(t *testing.T) { h.settle(t, id, c.body).want(t, c.status, c.code, c.field) })
	}
	const good = `{"verdict":"released","reason":"r"}`
	t.Run("not there", func(t *testing.T) {
		for _, id := range []string{"txn_x", cardNumber, "%00"} {
			h.settle(t, id, good).want(t, http.StatusNotFound, "not_found", "")
		}
	})
	t.Run("final", func(t *testing.T) {
		h.authorize(t, "k", authorization)
		h.settle(t, h.journal.rows[len(h.journal.rows)-1].ID, good).want(t, http.StatusConflict, "not_open", "")
	})
	if row := h.journal.rows[0]; row.State != svcgate.StateUnresolved || row.Settlement != nil {
		t.Errorf("a refused settlement changed %+v", row)
	}
	t.Run("not auditable", func(t *testing.T) {
		h.audit.broken = errors.New("disk on fire")
		got := h.settle(t, id, good)
		got.want(t, http.StatusServiceUnavailable, "audit_unavailable", "")
		if h.journal.rows[0].State != svcgate.StateUnresolved || strings.Contains(string(got.body), "fire") {
			t.Errorf("settled without an entry: %s", got.body)
		}
	})
}

func TestHolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.provider.ids.Store(100)
	for i, amount := range []string{"38.32", "170.00"} {
		h.authorize(t, fmt.Sprint("a", i), change(t, "11.07", amount)).want(t, http.StatusOK, "", "")
	}
	h.authorize(t, "other", strings.Replace(change(t, "3242", "3243"), cardNumber, "6006497751230025", 1)).want(t, http.StatusOK, "", "")
	deposit := strings.Replace(change(t, `"amount":"11.07"`, `"amount":"38.32","authorization":"100"`), `"sequence":1,`, "", 1)
	h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/deposits", deposit, "Idempotency-Key", "d")).want(t, http.StatusOK, "", "")
	id := h.lose(t)
	h.toDesk(t, id)
	const hold = `{"authorization":"%s","transaction_id":"%s","order":"%s","card":"************%s","amount":{"amount":"%[5]s","currency":"USD"},` +
		`"captured":{"amount":"0.00","currency":"USD"},"remaining":{"amount":"%[5]s","currency":"USD"},"created_at":"2026-03-01T09:30:00.000Z"}`
	second := fmt.Sprintf(hold, "101", h.journal.rows[1].ID, "3242", "0017", "170.00")
	third := fmt.Sprintf(hold, "102", h.journal.rows[2].ID, "3243", "0025", "11.07")
	orphan := strings.TrimSpace(string(h.get(t, access.RoleOMS, "/v1/transactions/"+id).body))
	for query, want := range map[string]string{
		"service=RLT&order=3242":            `{"holds":[` + second + `],"more":false,"orphans":[` + orphan + `]}`,
		"service=RLT&order=3242&last4=0017": `{"holds":[` + second + `],"more":false,"orphans":[` + orphan + `]}`,
		"service=RLT&last4=0017":            `{"holds":[` + second + `],"more":false,"orphans":[` + orphan + `]}`,
		"service=RLT&last4=0025":            `{"holds":[` + third + `],"more":false,"orphans":[]}`,
		"service=RLT&order=3242&last4=0025": `{"holds":[],"more":false,"orphans":[]}`,
		"service=RLT&order=9":               `{"holds":[],"more":false,"orphans":[]}`,
		"service=XXX&last4=0017":            `{"holds":[],"more":false,"orphans":[]}`,
		"service=RLT":                       `{"holds":[` + second + `,` + third + `],"more":false,"orphans":[` + orphan + `]}`,
	} {
		if got := h.get(t, access.RoleOMS, "/v1/cards/holds?"+query); string(got.body) != want+"\n" {
			t.Errorf("%s: got\n%s\nwant\n%s", query, got.body, want)
		}
	}
	for query, field := range map[string]string{"": "service", "?order=3242": "service", "?last4=0017": "service"} {
		h.get(t, access.RoleOMS, "/v1/cards/holds"+query).want(t, http.StatusUnprocessableEntity, "parameter_required", field)
	}
	h.get(t, access.RoleOMS, "/v1/cards/holds?service=RLT&last4="+cardNumber).want(t, http.StatusUnprocessableEntity, "invalid_parameter", "last4")
	h.get(t, access.RoleOMS, "/v1/cards/holds?service=RLT&limit=5").want(t, http.StatusBadRequest, "unknown_parameter", "limit")
	h.journal.broken = errors.New("disk on fire")
	h.get(t, access.RoleOMS, "/v1/cards/holds?service=RLT&order=3242").want(t, http.StatusInternalServerError, "internal", "")
}

// Whoever reads messages leaves an entry; without one they are not shown.
func TestReadingMessagesIsAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.authorize(t, "a", authorization).want(t, http.StatusOK, "", "")
	id := h.journal.rows[0].ID
	h.get(t, access.RoleOperator, "/v1/transactions/"+id+"/exchange").want(t, http.StatusOK, "", "")
	if got := h.audit.all(); !slices.Contains(got, "the-operator exchange.read "+id) {
		t.Errorf("the audit trail holds %v", got)
	}
	h.audit.broken = errors.New("disk on fire")
	h.get(t, access.RoleOperator, "/v1/transactions/"+id+"/exchange").want(t, http.StatusServiceUnavailable, "audit_unavailable", "")
}
