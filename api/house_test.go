package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

// document is the parsed OpenAPI document, in which answers may hold nothing that is not described.
var document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Document())
	if err != nil {
		return nil, err
	}
	for _, ref := range doc.Components.Schemas {
		closed(ref)
	}
	return doc, doc.Validate(context.Background(), openapi3.EnableExamplesValidation())
})

// closed makes a schema refuse members that it does not describe.
func closed(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Ref != "" {
		return
	}
	if s := ref.Value; len(s.Properties) > 0 {
		no := false
		s.AdditionalProperties = openapi3.BoolSchema{Has: &no}
	}
	for _, part := range ref.Value.AnyOf {
		closed(part)
	}
	for _, part := range ref.Value.Properties {
		closed(part)
	}
}

func theDocument(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var documentRouter = sync.OnceValues(func() (routers.Router, error) {
	doc, err := document()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// reply is an answer, read.
type reply struct {
	*http.Response
	body []byte
}

// problem is what tests look at in a problem document.
type problem struct {
	Type, Title, Detail, Code, Category, Field string
	Status                                     int
	RequestID                                  string `json:"request_id"`
	TraceID                                    string `json:"trace_id"`
	Errors                                     []struct{ Code, Field, Detail string }
	Transaction                                json.RawMessage
}

func (r reply) problem(t testing.TB) problem {
	t.Helper()
	var p problem
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, want a problem; body %s", got, r.body)
	}
	r.read(t, &p)
	return p
}

func (r reply) read(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(r.body, v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

// want checks the status and, of a problem, the code and the field.
func (r reply) want(t testing.TB, status int, code, field string) {
	t.Helper()
	if r.StatusCode != status {
		t.Errorf("status %d, want %d: %s", r.StatusCode, status, r.body)
		return
	}
	if code == "" {
		return
	}
	if p := r.problem(t); p.Code != code || p.Field != field {
		t.Errorf("code %q, field %q; want %q, %q: %s", p.Code, p.Field, code, field, r.body)
	}
}

// request builds a request of a role; headers are name, value, name, value.
func request(role access.Role, method, path, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+token(role))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// send serves one request and checks what holds for every answer: it is as the document says, carries the headers of
// every answer, and shows no card number.
func (h *house) send(t testing.TB, r *http.Request) reply {
	t.Helper()
	got := h.sendSecret(t, r)
	if bytes.Contains(got.body, []byte(cardNumber)) {
		t.Errorf("%s %s: the answer shows the card number: %s", r.Method, r.URL.Path, got.body)
	}
	return got
}

// sendSecret is send for the answers that may show a number.
func (h *house) sendSecret(t testing.TB, r *http.Request) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{res, body}
	h.checkAlways(t, r, got)
	return got
}

func (h *house) checkAlways(t testing.TB, r *http.Request, got reply) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy":    "default-src 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	} {
		if got := got.Header.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if len(got.Header.Get("X-Request-Id")) < 8 || len(got.Header.Values("Set-Cookie")) > 0 || got.Header.Get("Server") != "" {
		t.Errorf("headers: %v", got.Header)
	}
	logged := h.log.fresh()
	if strings.Contains(logged, cardNumber) {
		t.Errorf("%s %s: the log shows the card number: %s", r.Method, r.URL.Path, logged)
	}
	if got.StatusCode >= 400 {
		p := got.problem(t)
		if p.Status != got.StatusCode || p.Type != "urn:svcgate:problem:"+p.Code || p.Title == "" || p.Detail == "" {
			t.Errorf("problem is incomplete: %s", got.body)
		}
		if (p.RequestID == got.Header.Get("X-Request-Id")) == (len(p.Transaction) > 0) {
			t.Errorf("request id %q, header %q, transaction %q", p.RequestID, got.Header.Get("X-Request-Id"), p.Transaction)
		}
	}
	if h.sampled != nil {
		_, route, _ := strings.Cut(logged, `"route":`)
		route, _, _ = strings.Cut(route, `,"took"`) // up to the status
		_, code, _ := strings.Cut(string(got.body), `"code":`)
		kind := r.Method + route + code[:min(len(code), 20)]
		if h.sampled[kind] {
			return
		}
		h.sampled[kind] = true
	}
	checkDocumented(t, r, got)
}

// checkDocumented validates an answer against the document. Unknown paths and methods are not in it.
func checkDocumented(t testing.TB, r *http.Request, got reply) {
	t.Helper()
	router, err := documentRouter()
	if err != nil {
		t.Fatal(err)
	}
	if got.StatusCode == http.StatusMethodNotAllowed || r.Method == http.MethodHead {
		return
	}
	route, params, err := router.FindRoute(r)
	if err != nil {
		if got.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s is answered %d and not documented: %v", r.Method, r.URL.Path, got.StatusCode, err)
		}
		return
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 got.StatusCode, Header: got.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: strings.HasPrefix(got.Header.Get("Content-Type"), "application/yaml")},
	}
	in.SetBodyBytes(got.body)
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
		t.Errorf("%s %s: the answer is not as documented: %v\n%s", r.Method, r.URL.Path, err, got.body)
	}
}

// authorization is the body of a good request.
const authorization = `{"service":"RLT","order":"3242","sequence":1,"card":{"number":"` + cardNumber + `"},"amount":"11.07","currency":"USD"}`

// authorize sends a body to POST /v1/authorizations under a key.
func (h *house) authorize(t testing.TB, key, body string) reply {
	t.Helper()
	return h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/authorizations", body, "Idempotency-Key", key))
}
