package api_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	query := "order=3242&service=RLT&last4=0017&operation=void&outcome=unknown&state=unresolved&from=2026-03-01T00%3A00%3A00-05%3A00" +
		"&to=2026-03-02T00:00:00.5Z&key=3242-1+auth&limit=500&cursor=abc"
	h.send(t, request(access.RoleOMS, "GET", "/v1/transactions?"+query, "")).want(t, http.StatusOK, "", "")
	got := h.journal.filter
	want := svcgate.Filter{Service: "RLT", Order: "3242", Last4: "0017", Operation: svcgate.Void, Outcome: svcgate.Unknown,
		State: svcgate.StateUnresolved, Key: "3242-1 auth", Limit: 500, Cursor: "abc",
		From: time.Date(2026, 3, 1, 5, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 2, 0, 0, 0, 5e8, time.UTC)}
	if !got.From.Equal(want.From) || !got.To.Equal(want.To) {
		t.Errorf("from %v to %v", got.From, got.To)
	}
	got.From, got.To = want.From, want.To
	if got != want {
		t.Errorf("the filter is %+v, want %+v", got, want)
	}
}

func TestFilterIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for query, c := range map[string]struct {
		status      int
		code, field string
	}{
		"card=" + cardNumber:               {400, "unknown_parameter", "card"},
		cardNumber + "=1":                  {400, "unknown_parameter", ""},
		cardNumber:                         {400, "unknown_parameter", ""},
		"Order=3242":                       {400, "unknown_parameter", "Order"},
		"order=3242&sort=up":               {400, "unknown_parameter", "sort"},
		"order=3242&order=3242":            {400, "repeated_parameter", "order"},
		"order=1&order=2":                  {400, "repeated_parameter", "order"},
		"order[]=1":                        {400, "unknown_parameter", ""},
		"order=":                           {422, "invalid_parameter", "order"},
		"order":                            {422, "invalid_parameter", "order"},
		"order=%zz":                        {400, "invalid_query", ""},
		"order=1;state=final":              {400, "invalid_query", ""},
		"order=%00":                        {422, "invalid_parameter", "order"},
		"order=%FF":                        {422, "invalid_parameter", "order"},
		"order=" + strings.Repeat("3", 33): {422, "invalid_parameter", "order"},
		"service=R%2FT":                    {422, "invalid_parameter", "service"},
		"last4=17":                         {422, "invalid_parameter", "last4"},
		"last4=00017":                      {422, "invalid_parameter", "last4"},
		"last4=" + cardNumber:              {422, "invalid_parameter", "last4"},
		"last4=**17":                       {422, "invalid_parameter", "last4"},
		"last4=%D9%A0%D9%A0%D9%A1%D9%A7":   {422, "invalid_parameter", "last4"},
		"operation=steal":                  {422, "invalid_parameter", "operation"},
		"operation=Void":                   {422, "invalid_parameter", "operation"},
		"operation=reversals":              {422, "invalid_parameter", "operation"},
		"outcome=fine":                     {422, "invalid_parameter", "outcome"},
		"state=done":                       {422, "invalid_parameter", "state"},
		"from=2026-03-01":                  {422, "invalid_date", "from"},
		"from=2026-03-01T00:00:00":         {422, "invalid_date", "from"},
		"from=2026-03-01T00:00:00+05:00":   {422, "invalid_date", "from"}, // the plus is a space
		"from=2026-02-30T00:00:00Z":        {422, "invalid_date", "from"},
		"from=2016-12-31T23:59:60Z":        {422, "invalid_date", "from"},
		"from=0000-01-01T00:00:00Z":        {422, "invalid_date", "from"},
		"from=10000-01-01T00:00:00Z":       {422, "invalid_date", "from"},
		"from=2026-03-01T24:00:00Z":        {422, "invalid_date", "from"},
		"from=2026-03-01t00:00:00z":        {422, "invalid_date", "from"},
		"from=1772323200":                  {422, "invalid_date", "from"},
		"from=yesterday":                   {422, "invalid_date", "from"},
		"to=2026-03-01T00:00:00-25:00":     {422, "invalid_date", "to"},
		"from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z": {422, "invalid_date", "to"},
		"from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z": {422, "invalid_date", "to"},
		"key=cl%C3%A9":                       {422, "invalid_parameter", "key"},
		"key=" + strings.Repeat("k", 256):    {422, "invalid_parameter", "key"},
		"limit=0":                            {422, "invalid_parameter", "limit"},
		"limit=-1":                           {422, "invalid_parameter", "limit"},
		"limit=501":                          {422, "invalid_parameter", "limit"},
		"limit=5.0":                          {422, "invalid_parameter", "limit"},
		"limit=1e2":                          {422, "invalid_parameter", "limit"},
		"limit=99999999999999999999":         {422, "invalid_parameter", "limit"},
		"cursor=%20":                         {422, "invalid_parameter", "cursor"},
		"cursor=" + strings.Repeat("c", 513): {422, "invalid_parameter", "cursor"},
	} {
		t.Run(query, func(t *testing.T) {
			h.send(t, request(access.RoleOMS, "GET", "/v1/transactions?"+query, "")).want(t, c.status, c.code, c.field)
		})
	}
	t.Run("where there are none", func(t *testing.T) {
		for _, path := range []string{"/v1/services?x=1", "/v1/transactions/txn_x?x=1", "/openapi.yaml?x=1", "/livez?x=1"} {
			h.send(t, request(access.RoleOMS, "GET", path, "")).want(t, http.StatusBadRequest, "unknown_parameter", "x")
		}
	})
}

func TestListIsPaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	empty := h.send(t, request(access.RoleOMS, "GET", "/v1/transactions", ""))
	if string(empty.body) != `{"transactions":[],"next":null}`+"\n" {
		t.Errorf("got %s", empty.body)
	}
	h.authorize(t, "k", authorization)
	h.ask(t, amountUnknown)
	h.journal.next = "further"
	var page struct {
		Transactions []struct{ ID, Outcome string }
		Next         string
	}
	h.send(t, request(access.RoleOMS, "GET", "/v1/transactions", "")).read(t, &page)
	if len(page.Transactions) != 2 || page.Transactions[0].Outcome != "unknown" || page.Next != "further" {
		t.Errorf("got %+v", page)
	}
}

func TestReadsOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, id := range []string{"txn_x", cardNumber, "..", "%2e%2e", "a%2Fb", "%00", "%FF", "txn_%00", "txn_%0Aa", url.PathEscape("'; drop table"), strings.Repeat("x", 4000)} {
		h.send(t, request(access.RoleTester, "GET", "/v1/transactions/"+id, "")).want(t, http.StatusNotFound, "not_found", "")
		h.send(t, request(access.RoleTester, "GET", "/v1/transactions/"+id+"/exchange", "")).want(t, http.StatusNotFound, "not_found", "")
		h.send(t, request(access.RoleTester, "GET", "/v1/transactions/"+id+"/explain", "")).want(t, http.StatusNotFound, "not_found", "")
	}
}

func TestReadsOfABrokenJournal(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.journal.broken = errors.New("disk on fire")
	h.send(t, request(access.RoleOMS, "GET", "/v1/transactions", "")).want(t, http.StatusInternalServerError, "internal", "")
	h.authorize(t, "k", authorization).want(t, http.StatusServiceUnavailable, "journal_unavailable", "")
	if h.provider.sent.Load() != 0 {
		t.Error("a message was sent that cannot be recorded")
	}
}

func TestExchange(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.authorize(t, "k", authorization)
	id := h.journal.rows[0].ID
	read := func() string {
		return string(h.send(t, request(access.RoleTester, "GET", "/v1/transactions/"+id+"/exchange", "")).body)
	}
	want := `{"transaction":"` + id + `","class":"answered","failure":null,"started_at":"2026-03-01T09:30:00.000Z","took_ms":402.118,"http_status":200,` +
		`"sent":"<Q>\n  <CardNumber>************0017</CardNumber>\n</Q>\n","received":"<A>\n  <Amount>11.07</Amount>\n</A>\n",` +
		`"baseline":null,"readings":[]}` + "\n"
	if got := read(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for name, c := range map[string]struct{ received, want string }{
		"page":                    {"<html><body>Bad gateway<br></body>", `"<html><body>Bad gateway<br></body>"`},
		"cut":                     {"<A><Amount>11", `"<A><Amount>11"`},
		"empty":                   {"", `""`},
		"not UTF-8":               {"<A>\xff</A>", "\"<A>\ufffd</A>\""},
		"two roots":               {"<A/><B/>", `"<A/><B/>"`},
		"with an own declaration": {`<?xml version="1.0"?><A><B/></A>`, `"<?xml version=\"1.0\"?>\n<A>\n  <B/>\n</A>\n"`},
	} {
		t.Run(name, func(t *testing.T) {
			h.journal.exchanges[id] = &svcgate.Exchange{Class: svcgate.ClassUnreadable, Failure: "The answer is no XML.", Sent: []byte("<Q/>"),
				Received: []byte(c.received), Started: at, Status: 200}
			if got := read(); !strings.Contains(got, `"received":`+c.want+`,"baseline":null`) || !strings.Contains(got, `"failure":"The answer is no XML."`) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	t.Run("no answer", func(t *testing.T) {
		h.journal.exchanges[id] = &svcgate.Exchange{Class: svcgate.ClassNotSent, Failure: "Refused.", Sent: []byte("<Q/>"), Started: at}
		if got := read(); !strings.Contains(got, `"http_status":null,"sent":"<Q/>\n","received":null,"baseline":null`) {
			t.Errorf("got %s", got)
		}
	})
}

func TestAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if got := h.send(t, request(access.RoleOMS, "GET", "/v1/services", "")); !strings.HasPrefix(string(got.body), `{"services":[{"code":"RLT","codes":`) {
		t.Errorf("got %s", got.body)
	}
	var list struct {
		Operations []struct {
			Name, Path string
			NeedsKey   bool `json:"needs_idempotency_key"`
		}
	}
	h.send(t, request(access.RoleOMS, "GET", "/v1/operations", "")).read(t, &list)
	for i, op := range svcgate.Operations() {
		if got := list.Operations[i]; got.Name != op.Name || got.Path != "/v1/"+op.Route || got.NeedsKey != op.NeedsKey {
			t.Errorf("got %+v, want %+v", got, op)
		}
	}
}
