package api_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// TestShape pins every byte of an answer: names, order, nulls, times.
func TestShape(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.authorize(t, "3242-1-auth", authorization)
	got.want(t, http.StatusOK, "", "")
	id := h.journal.rows[0].ID
	want := `{"id":"` + id + `","operation":"authorize","outcome":"approved","state":"final","service":"RLT","order":"3242","sequence":1,` +
		`"card":{"masked":"************0017","status":"active"},` +
		`"requested":{"amount":"11.07","currency":"USD"},"amount":{"amount":"11.07","currency":"USD"},` +
		`"balance":{"amount":"238.93","currency":"USD"},"account":{"id":"8413","status":"active","type":"SVC"},` +
		`"provider":{"transaction_id":"9354","auth_number":"0000009354000382","source":"reason_code","code":"24","description":"AnswerMessage","time":"2026-03-01T04:30:00-05:00"},` +
		`"vendor_response":{"code":"100","description":"Approved","attempts":null,"hold":null,"cancel":false,"messages":[],"rule":"RLT:authorize:reason_code:24"},"codes_version":1,` +
		`"sends":1,"settlement":null,"caller":"the-oms","idempotency_key":"3242-1-auth","created_at":"2026-03-01T09:30:00.000Z","finished_at":"2026-03-01T09:30:00.000Z"}` + "\n"
	if string(got.body) != want {
		t.Errorf("got\n%swant\n%s", got.body, want)
	}
	read := h.send(t, request(access.RoleOMS, http.MethodGet, "/v1/transactions/"+id, ""))
	if string(read.body) != want {
		t.Errorf("a read gives other bytes:\n%s", read.body)
	}
}

// ask sends the good request with another amount, under a key of its own.
func (h *house) ask(t testing.TB, amount string) reply {
	t.Helper()
	return h.authorize(t, "key-"+amount, change(t, "11.07", amount))
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type shown struct {
		Outcome, State string
		Amount         *struct{ Amount string }
		Remainder      *struct{ Amount string }
		Balance        *struct{ Amount string }
		Provider       *struct{ Code, Source string }
		VendorResponse *struct {
			Code     string
			Messages []string
		} `json:"vendor_response"`
		Failure    string
		FinishedAt *string `json:"finished_at"`
	}
	read := func(t *testing.T, body []byte) (s shown) {
		t.Helper()
		reply{body: body}.read(t, &s)
		return s
	}
	t.Run("partial", func(t *testing.T) {
		got := h.ask(t, amountPartial)
		got.want(t, http.StatusOK, "", "")
		s := read(t, got.body)
		if s.Outcome != "partial" || s.Amount.Amount != "238.93" || s.Remainder.Amount != "61.07" || s.Balance.Amount != "0.00" ||
			!slices.Contains(s.VendorResponse.Messages, svcgate.PartialMessage) {
			t.Errorf("got %s", got.body)
		}
	})
	t.Run("declined is no error", func(t *testing.T) {
		got := h.ask(t, amountDeclined)
		got.want(t, http.StatusOK, "", "")
		if s := read(t, got.body); s.Outcome != "declined" || s.Amount != nil || s.Balance != nil || s.Remainder != nil || s.VendorResponse.Code != "101" {
			t.Errorf("got %s", got.body)
		}
	})
	t.Run("undefined has no vendor response", func(t *testing.T) {
		got := h.ask(t, amountUndefined)
		got.want(t, http.StatusOK, "", "")
		if s := read(t, got.body); s.Outcome != "undefined" || s.VendorResponse != nil || s.Provider.Code != "77" {
			t.Errorf("got %s", got.body)
		}
	})
	for _, c := range []struct {
		amount, code, state string
		status              int
		retry               string
	}{{amountUnavailable, "unavailable", "final", 503, "30"}, {amountUnknown, "unknown", "unresolved", 504, ""}} {
		t.Run(c.code, func(t *testing.T) {
			got := h.ask(t, c.amount)
			got.want(t, c.status, c.code, "")
			p := got.problem(t)
			s := read(t, p.Transaction)
			if s.Outcome != c.code || s.State != c.state || s.Balance != nil || s.Amount != nil || s.Failure == "" || (s.FinishedAt == nil) != (c.code == "unknown") {
				t.Errorf("got %s", p.Transaction)
			}
			id := h.journal.rows[len(h.journal.rows)-1].ID
			if got.Header.Get("Location") != "/v1/transactions/"+id || got.Header.Get("Retry-After") != c.retry || p.Category != c.code {
				t.Errorf("headers %v, category %s", got.Header, p.Category)
			}
			same := h.send(t, request(access.RoleOMS, http.MethodGet, got.Header.Get("Location"), ""))
			if strings.TrimSpace(string(same.body)) != string(p.Transaction) {
				t.Errorf("the problem carries\n%s, a read gives\n%s", p.Transaction, same.body)
			}
		})
	}
}

func TestReplayIsTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, amount := range []string{"11.07", amountPartial, amountDeclined, amountUndefined, amountUnavailable, amountUnknown} {
		t.Run(amount, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			body := strings.Replace(authorization, "11.07", amount, 1)
			first := h.authorize(t, "k", body)
			again := h.authorize(t, "k", body)
			if first.Header.Get("Idempotent-Replayed") != "" || again.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("replayed: first %q, again %q", first.Header.Get("Idempotent-Replayed"), again.Header.Get("Idempotent-Replayed"))
			}
			if first.StatusCode != again.StatusCode || !bytes.Equal(first.body, again.body) || first.Header.Get("Location") != again.Header.Get("Location") {
				t.Errorf("first %d %s\nagain %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
			}
			if h.provider.sent.Load() != 1 {
				t.Errorf("%d messages were sent", h.provider.sent.Load())
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	post := func(path, body string, keys ...string) *http.Request {
		r := request(access.RoleOMS, http.MethodPost, path, body)
		r.Header["Idempotency-Key"] = keys
		return r
	}
	const authorizations, field = "/v1/authorizations", "Idempotency-Key"
	for name, c := range map[string]struct {
		keys []string
		code string
	}{
		"missing":                      {nil, "idempotency_key_required"},
		"empty":                        {[]string{""}, "idempotency_key_invalid"},
		"a space":                      {[]string{" "}, "idempotency_key_invalid"},
		"space before":                 {[]string{" k"}, "idempotency_key_invalid"},
		"too long":                     {[]string{strings.Repeat("k", 256)}, "idempotency_key_invalid"},
		"control":                      {[]string{"k\x01"}, "idempotency_key_invalid"},
		"tab":                          {[]string{"k\tk"}, "idempotency_key_invalid"},
		"delete":                       {[]string{"k\x7f"}, "idempotency_key_invalid"},
		"accent":                       {[]string{"clé"}, "idempotency_key_invalid"},
		"not UTF-8":                    {[]string{"\xff"}, "idempotency_key_invalid"},
		"repeated":                     {[]string{"k", "l"}, "idempotency_key_invalid"},
		"repeated the same":            {[]string{"k", "k"}, "idempotency_key_invalid"},
		"the card number":              {[]string{cardNumber}, "idempotency_key_invalid"},
		"the card number within":       {[]string{"auth-" + cardNumber + "-1"}, "idempotency_key_invalid"},
		"the card number with dashes":  {[]string{"6006-4977-5123-0017"}, "idempotency_key_invalid"},
		"the card number among digits": {[]string{"99" + cardNumber + "99"}, "idempotency_key_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.send(t, post(authorizations, authorization, c.keys...)).want(t, http.StatusBadRequest, c.code, field)
			if int(h.provider.sent.Load())+len(h.journal.rows) != 0 {
				t.Error("it was acted on")
			}
		})
	}
	t.Run("longest and oddest", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		for _, key := range []string{strings.Repeat("k", 255), `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, "a b", "~!@#$%^&*()", "550e8400-e29b-41d4-a716-446655440000"} {
			h.send(t, post(authorizations, authorization, key)).want(t, http.StatusOK, "", "")
		}
	})
	t.Run("required by all but inquire", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		for _, op := range svcgate.Operations() {
			got := h.send(t, post("/v1/"+op.Route, "{}"))
			if op.Operation == svcgate.Inquire {
				got.want(t, http.StatusUnprocessableEntity, "invalid_service", "service")
			} else {
				got.want(t, http.StatusBadRequest, "idempotency_key_required", field)
			}
		}
	})
	t.Run("other content", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.authorize(t, "k", authorization)
		h.authorize(t, "k", change(t, "11.07", "11.08")).want(t, http.StatusUnprocessableEntity, "key_reused", field)
		if h.provider.sent.Load() != 1 {
			t.Errorf("%d messages were sent", h.provider.sent.Load())
		}
	})
	t.Run("another caller's key", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.authorize(t, "k", authorization)
		got := h.send(t, request(access.RoleTester, http.MethodPost, authorizations, authorization, field, "k"))
		got.want(t, http.StatusOK, "", "")
		if got.Header.Get("Idempotent-Replayed") != "" {
			t.Error("a key was replayed to another caller")
		}
	})
	t.Run("in progress", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.authorize(t, "k", authorization)
		row := h.journal.rows[0]
		row.State, row.Outcome, row.Finished, row.Vendor, row.Reply = svcgate.StateSent, "", time.Time{}, nil, svcgate.Reply{}
		got := h.authorize(t, "k", authorization)
		got.want(t, http.StatusConflict, "key_in_progress", field)
		if got.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		read := h.send(t, request(access.RoleOMS, http.MethodGet, "/v1/transactions/"+row.ID, ""))
		if !bytes.Contains(read.body, []byte(`"outcome":null,"state":"sent"`)) || !bytes.Contains(read.body, []byte(`"finished_at":null`)) {
			t.Errorf("got %s", read.body)
		}
	})
	t.Run("inquiry without a key asks each time", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		body := `{"service":"RLT","card":{"number":"` + cardNumber + `"}}`
		for range 2 {
			h.send(t, post("/v1/inquiries", body)).want(t, http.StatusOK, "", "")
		}
		if h.provider.sent.Load() != 2 {
			t.Errorf("%d messages were sent", h.provider.sent.Load())
		}
	})
}

func TestDeposit(t *testing.T) {
	t.Parallel()
	deposit := func(h *house, key, body string) reply {
		return h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/deposits", body, "Idempotency-Key", key))
	}
	const good = `{"service":"RLT","order":"3242","card":{"number":"` + cardNumber + `"},"amount":"11.07","currency":"USD","authorization":"9354"}`
	for name, c := range map[string]struct{ old, new, code, field string }{
		"without authorization":         {`,"authorization":"9354"`, ``, "invalid_authorization", "authorization"},
		"authorization empty":           {`9354`, ``, "invalid_authorization", "authorization"},
		"authorization number":          {`9354`, `0000009354000382`, "auth_number_given", "authorization"},
		"authorization in letters":      {`9354`, `txn_bbkq`, "invalid_authorization", "authorization"},
		"authorization is the card":     {`9354`, cardNumber, "auth_number_given", "authorization"},
		"authorization holds the card":  {cardNumber + `"},"amount":"11.07","currency":"USD","authorization":"9354"`, `6006491234"},"amount":"11.07","currency":"USD","authorization":"6006491234"`, "invalid_authorization", "authorization"},
		"more than the hold":            {`11.07`, `11.08`, "exceeds_authorization", "amount"},
		"another card's hold":           {cardNumber, "6006491234560018", "authorization_of_other_card", "authorization"},
		"a hold in another currency":    {`"11.07","currency":"USD"`, `"11.07","currency":"CAD"`, "authorization_in_other_currency", "currency"},
		"kind, which is of activations": {`"authorization"`, `"kind":"virtual","authorization"`, "not_applicable", "kind"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.authorize(t, "auth", authorization)
			got := deposit(h, "d", strings.Replace(good, c.old, c.new, 1))
			got.want(t, http.StatusUnprocessableEntity, c.code, c.field)
			if c.code == "exceeds_authorization" && !strings.Contains(got.problem(t).Detail, "9354 (11.07 USD)") {
				t.Errorf("the open holds are not named: %s", got.body)
			}
		})
	}
	t.Run("of the whole hold", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.authorize(t, "auth", authorization)
		got := deposit(h, "d", good)
		got.want(t, http.StatusOK, "", "")
		if !bytes.Contains(got.body, []byte(`"authorization":"9354"`)) {
			t.Errorf("got %s", got.body)
		}
	})
}

func TestActivationNeedsItsKind(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	post := func(kind string) reply {
		body := strings.Replace(authorization, `"amount"`, kind+`"amount"`, 1)
		return h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/activations", body, "Idempotency-Key", "k"+kind))
	}
	for _, kind := range []string{``, `"kind":"",`, `"kind":"plastic",`, `"kind":"Physical",`} {
		post(kind).want(t, http.StatusUnprocessableEntity, "invalid_kind", "kind")
	}
	for _, kind := range []string{`"kind":"physical",`, `"kind":"virtual",`} {
		post(kind).want(t, http.StatusOK, "", "")
	}
}

func TestAKnownKeyOfAServiceThatIsNotConfigured(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := strings.Replace(authorization, "11.07", amountUnknown, 1)
	first := h.authorize(t, "k", body)
	c := h.Config
	c.Services = []string{"NEW"}
	other, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h.handler = other.Handler()
	again := h.authorize(t, "k", body)
	if again.StatusCode != http.StatusGatewayTimeout || !bytes.Equal(first.body, again.body) {
		t.Errorf("first %d %s\nagain %d %s", first.StatusCode, first.body, again.StatusCode, again.body)
	}
	if h.provider.sent.Load() != 1 {
		t.Errorf("%d messages were sent", h.provider.sent.Load())
	}
}
