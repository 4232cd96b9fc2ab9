package api_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// forms are the ways in which a number could be found again.
func forms(number string) map[string]string {
	grouped := number[:4] + " " + number[4:8] + " " + number[8:12] + " " + number[12:]
	reversed := []byte(number)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	var xml, escaped strings.Builder
	for _, digit := range number {
		fmt.Fprintf(&xml, "&#%d;", digit)
		fmt.Fprintf(&escaped, `\u%04x`, digit)
	}
	return map[string]string{"plain": number, "with spaces": grouped, "with dashes": strings.ReplaceAll(grouped, " ", "-"),
		"reversed": string(reversed), "hexadecimal": hex.EncodeToString([]byte(number)), "XML": xml.String(), "escaped": escaped.String(),
		"percent": strings.ReplaceAll(xml.String(), "&#", "%"), "base64": base64.StdEncoding.EncodeToString([]byte(number))[:20],
		"all but the ends": number[1:15], "first twelve": number[:12]}
}

// found says in which form a text holds the number.
func found(text []byte, number string) string {
	for name, form := range forms(number) {
		if bytes.Contains(text, []byte(form)) {
			return name
		}
	}
	return ""
}

// TestNoNumberLeaks puts the card number into every member, header, query parameter and part of a path, well-formed
// and not, and looks for it in every answer and in the log.
func TestNoNumberLeaks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.sampled = map[string]bool{}
	if found([]byte(`{"card":"`+cardNumber+`"}`), cardNumber) == "" || found([]byte("6006 4977 5123 0017"), cardNumber) == "" {
		t.Fatal("the search finds nothing that is there")
	}
	lost := h.lose(t)
	h.toDesk(t, lost)
	sent := 1
	check := func(r *http.Request) {
		t.Helper()
		sent++
		what := r.Method + " " + r.URL.String()
		got := h.send(t, r)
		if form := found(got.body, cardNumber); form != "" {
			t.Errorf("%s: the answer shows the number, %s: %s", what, form, got.body)
		}
		for name, values := range got.Header {
			if form := found([]byte(strings.Join(values, "\n")), cardNumber); form != "" {
				t.Errorf("%s: the header %s shows the number, %s", what, name, form)
			}
		}
	}
	spoilt := []string{cardNumber, "x" + cardNumber + "x", "6006 4977 5123 0017", "6006-4977-5123-0017", cardNumber + "\\u0000", "<a>" + cardNumber}
	members := []string{"service", "order", "sequence", "amount", "currency", "authorization", "kind", "split", "confirm_duplicate", "id", cardNumber}
	for _, op := range svcgate.Operations() {
		path := "/v1/" + op.Route
		for i, value := range spoilt {
			for _, member := range members {
				for _, shape := range []string{`"%s":"%s"`, `"%s":["%s"]`, `"%s":{"number":"%s"}`, `"%s":"%s`} {
					body := `{"card":{"number":"` + cardNumber + `"},` + fmt.Sprintf(shape, member, value) + "," + authorization[1:]
					check(request(access.RoleOMS, "POST", path, body, "Idempotency-Key", fmt.Sprint("k", i)))
					only := strings.Replace(authorization, `"`+member+`":`, fmt.Sprintf(shape, member, value)+`,"x":`, 1)
					check(request(access.RoleOMS, "POST", path, only, "Idempotency-Key", fmt.Sprint("l", i)))
				}
			}
			for _, card := range []string{`"` + value + `"`, `{"number":"` + value + `"}`, `{"pin":"` + value + `"}`, `{"number":"` + cardNumber + `","pin":"` + value + `"}`,
				`{"swiped":"` + value + `"}`, `{"` + value + `":1}`, `{"number":` + value + `}`} {
				check(request(access.RoleOMS, "POST", path, strings.Replace(authorization, `{"number":"`+cardNumber+`"}`, card, 1), "Idempotency-Key", fmt.Sprint("m", i, card[1:3])))
			}
		}
	}
	for _, value := range spoilt {
		for _, name := range []string{"Idempotency-Key", "X-Request-Id", "Authorization", "Content-Type", "Content-Encoding", "Accept", "User-Agent", "Referer",
			"X-Forwarded-For", "Cookie", "Origin", "Traceparent", "X-Idempotency-Key", "Expect"} {
			for _, v := range []string{value, "Bearer " + value, "application/json; charset=" + value} {
				check(request(access.RoleOMS, "POST", "/v1/authorizations", authorization, "Idempotency-Key", "n", name, v))
				check(request(access.RoleOperator, "GET", codesPath, "", name, v))
			}
		}
		q := url.QueryEscape(value)
		for _, name := range append([]string{q, "card", "x"}, "order", "service", "last4", "operation", "outcome", "state", "from", "to", "key", "limit", "cursor", "actor", "action", "subject") {
			check(request(access.RoleOMS, "GET", "/v1/transactions?"+name+"="+q, ""))
			check(request(access.RoleOperator, "GET", "/v1/desk?"+name+"="+q, ""))
			check(request(access.RoleOMS, "GET", "/v1/cards/holds?service=RLT&order=3242&"+name+"="+q, ""))
			check(request(access.RoleAdmin, "GET", "/v1/audit?"+name+"="+q, ""))
		}
		p := url.PathEscape(value)
		for _, path := range []string{"/" + p, "/v1/" + p, "/v1/transactions/" + p, "/v1/transactions/" + p + "/exchange", "/v1/services/" + p + "/codes",
			"/v1/services/RLT/codes/" + p + "/24", "/v1/services/RLT/codes/error_code/" + p, "/v1/services/RLT/codes/error_code/A?operation=" + q,
			"/v1/services/RLT/codes/import?dry_run=" + q,
			"/v1/transactions/" + p + "/settlement", "/v1/tokens/" + p, "/v1/tokens/c" + p} {
			for _, method := range []string{"GET", "POST", "DELETE", "PATCH", cardNumber} {
				check(request(access.RoleAdmin, method, path, `{"card":"`+value+`"}`))
			}
		}
		for _, body := range []string{`{"verdict":"released","reason":"%s"}`, `{"verdict":"%s","reason":"r"}`, `{"verdict":"applied","reason":"r","amount":"%s"}`,
			`{"verdict":"applied","reason":"r","provider_transaction_id":"%s"}`, `{"%s":"applied"}`, `{"verdict":"released","reason":["%s"]}`} {
			check(request(access.RoleOperator, "POST", "/v1/transactions/"+lost+"/settlement", fmt.Sprintf(body, value)))
		}
		for _, body := range []string{`{"name":"c%s","role":"oms"}`, `{"name":"%s","role":"oms"}`, `{"name":"jo","role":"%s"}`, `{"name":"jo","role":"oms","hash":"%s"}`, `{"%s":1}`} {
			check(request(access.RoleAdmin, "POST", "/v1/tokens", fmt.Sprintf(body, value)))
		}
		check(request(access.RoleAdmin, "PUT", newRule, `{"`+value+`":1}`))
		check(request(access.RoleAdmin, "PUT", newRule, declined, "If-Match", `"`+value+`"`))
		check(request(access.RoleAdmin, "POST", codesPath+"/publish", `{"reason":"`+value+`"}`, "If-Match", `"v1"`))
		check(request(access.RoleAdmin, "GET", codesPath+"/versions/"+url.PathEscape(value), ""))
		check(request(access.RoleAdmin, "PUT", newRule, `{"vendor":"`+value+`","outcome":"`+value+`"}`))
		check(request(access.RoleAdmin, "POST", draftPath+"/import", "service,"+value+"\n"+value+","+value, "Content-Type", "text/csv"))
	}
	for _, path := range []string{"/v1/desk", "/v1/audit?limit=500", "/v1/tokens"} {
		check(request(access.RoleAdmin, "GET", path, ""))
	}
	if h.journal.rows[0].State != svcgate.StateDesk || len(h.audit.entries) < 20 {
		t.Errorf("the transaction is %s, %d audit entries", h.journal.rows[0].State, len(h.audit.entries))
	}
	for _, e := range h.audit.entries {
		if form := found([]byte(e.Subject+" "+e.Detail), cardNumber); form != "" {
			t.Errorf("the entry %+v shows the number, %s", e, form)
		}
	}
	if form := found([]byte(h.log.String()), cardNumber); form != "" {
		t.Errorf("the log shows the number, %s", form)
	}
	if text := metricsOf(t, h); found([]byte(text), cardNumber) != "" {
		t.Errorf("the metrics show the number: %s", text)
	}
	for _, secret := range []string{token(access.RoleOMS), access.HashToken(token(access.RoleOMS))} {
		if strings.Contains(h.log.String(), secret) {
			t.Error("the log shows a token")
		}
	}
	if sent < 4000 || strings.Count(h.log.String(), "\n") != sent {
		t.Errorf("%d requests, %d events", sent, strings.Count(h.log.String(), "\n"))
	}
}
