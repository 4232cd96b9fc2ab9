package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// public marks a route that asks for no token. No role has it as a permission.
const public access.Permission = ""

// route is one row of the routing table. A query parameter that is not in query is refused.
type route struct {
	method, path string
	permission   access.Permission
	query        []string
	handle       func(*call) (*answer, error)
}

// routes is the table of the face for the OMS; nothing is reachable that is not in it.
func (a *API) routes() []route {
	const codes, rule = "/v1/services/{service}/codes", "/v1/services/{service}/codes/{source}/{code}"
	const draft, draftRule = codes + "/draft", codes + "/draft/rules/{source}/{code}"
	const person = "/v1/people/{name}"
	table := []route{
		{http.MethodGet, "/v1/transactions", access.ReadTransactions, filterParameters, a.listTransactions},
		{http.MethodGet, "/v1/transactions/{id}", access.ReadTransactions, nil, a.getTransaction},
		{http.MethodGet, "/v1/transactions/{id}/exchange", access.ReadExchanges, nil, a.getExchange},
		{http.MethodPost, "/v1/transactions/{id}/settlement", access.Settle, nil, a.settle},
		{http.MethodGet, "/v1/desk", access.ReadExchanges, deskParameters, a.listDesk},
		{http.MethodGet, "/v1/cards/holds", access.ReadTransactions, holdParameters, a.listHolds},
		{http.MethodGet, "/v1/operations", access.ReadTransactions, nil, a.listOperations},
		{http.MethodGet, "/v1/services", access.ReadTransactions, nil, a.listServices},
		{http.MethodGet, codes, access.ReadCodes, nil, a.listCodes},
		{http.MethodGet, draft, access.ReadCodes, nil, a.getDraft},
		{http.MethodDelete, draft, access.EditCodes, nil, a.discardDraft},
		{http.MethodGet, draft + "/diff", access.ReadCodes, nil, a.diffDraft},
		{http.MethodPost, draft + "/import", access.EditCodes, []string{"dry_run"}, a.importDraft},
		{http.MethodPost, draft + "/rebase", access.EditCodes, nil, a.rebaseDraft},
		{http.MethodGet, draftRule, access.ReadCodes, []string{"operation"}, a.getDraftRule},
		{http.MethodPut, draftRule, access.EditCodes, []string{"operation"}, a.putDraftRule},
		{http.MethodDelete, draftRule, access.EditCodes, []string{"operation"}, a.deleteDraftRule},
		{http.MethodPost, codes + "/publish", access.PublishCodes, nil, a.publishCodes},
		{http.MethodPost, codes + "/rollback", access.PublishCodes, nil, a.rollBackCodes},
		{http.MethodGet, codes + "/versions", access.ReadCodes, []string{"limit"}, a.listVersions},
		{http.MethodGet, codes + "/versions/{number}", access.ReadCodes, nil, a.getVersion},
		{http.MethodGet, rule, access.ReadCodes, []string{"operation"}, a.getCode},
		{http.MethodGet, "/v1/tokens", access.ManageTokens, nil, a.listTokens},
		{http.MethodPost, "/v1/tokens", access.ManageTokens, nil, a.addToken},
		{http.MethodDelete, "/v1/tokens/{name}", access.ManageTokens, nil, a.revokeToken},
		{http.MethodGet, "/v1/people", access.ManagePeople, nil, a.listPeople},
		{http.MethodPost, "/v1/people", access.ManagePeople, nil, a.addPerson},
		{http.MethodPut, person + "/roles", access.ManagePeople, nil, a.setRoles},
		{http.MethodPost, person + "/disable", access.ManagePeople, nil, a.disablePerson},
		{http.MethodPost, person + "/enable", access.ManagePeople, nil, a.enablePerson},
		{http.MethodPost, person + "/reset", access.ManagePeople, nil, a.resetPerson},
		{http.MethodDelete, person + "/sessions", access.ManagePeople, nil, a.endSessions},
		{http.MethodGet, "/v1/audit", access.ReadAudit, []string{"actor", "action", "subject", "limit", "cursor"}, a.listAudit},
		{http.MethodGet, "/openapi.yaml", public, nil, a.getOpenAPI},
	}
	if a.Review != nil {
		table = append(table, a.reviews()...)
	}
	for _, op := range svcgate.Operations() {
		permission := access.Transact
		if !op.NeedsKey {
			permission = access.Inquire
		}
		table = append(table, route{http.MethodPost, "/v1/" + op.Route, permission, nil, a.operate(op)})
	}
	return append(table, a.health()...)
}

// reviews is the part of the table that looks back at the journal.
func (a *API) reviews() []route {
	const codes, from = "/v1/services/{service}/codes", "from"
	return []route{
		{http.MethodGet, "/v1/transactions/{id}/explain", access.ReadExchanges, nil, a.getExplanation},
		{http.MethodGet, codes + "/dry-run", access.ReadCodes, []string{from}, a.dryRun},
		{http.MethodGet, codes + "/reevaluation", access.ReadCodes, []string{from}, a.reevaluate},
		{http.MethodGet, codes + "/affected", access.ReadTransactions, affectedParameters, a.listAffected},
		{http.MethodGet, codes + "/inbox", access.ReadCodes, []string{from}, a.listInbox},
		{http.MethodGet, codes + "/hits", access.ReadCodes, []string{from, "spans"}, a.listHits},
		{http.MethodGet, "/v1/activity", access.ReadReports, []string{from, "bucket"}, a.listActivity},
		{http.MethodGet, "/v1/reports", access.ReadReports, nil, a.listReports},
		{http.MethodGet, "/v1/reports/{name}", access.ReadReports, reportParameters, a.getReport},
	}
}

// health is the part of the table that both faces have.
func (a *API) health() []route {
	return []route{
		{http.MethodGet, "/livez", public, nil, a.getLive},
		{http.MethodGet, "/readyz", public, nil, a.getReady},
	}
}

// Handler returns the face for the OMS and for programs: /v1, /openapi.yaml, /livez and /readyz.
func (a *API) Handler() http.Handler { return a.router(a.routes()) }

// Admin returns the face for the machine's keepers, without tokens: /metrics, /livez and /readyz. It belongs on a
// listener that only they can reach.
func (a *API) Admin() http.Handler {
	r := a.router(a.health())
	r.Path("/metrics").Methods(http.MethodGet, http.MethodHead).Handler(secured(a.metrics.handler()))
	return r
}

// router serves a table. Paths are taken as they came: nothing is cleaned and nobody is redirected, because a client
// that follows a redirect of a POST sends it again.
func (a *API) router(table []route) router {
	r := router{map[string]http.Handler{}, mux.NewRouter().SkipClean(true).UseEncodedPath()}
	r.NotFoundHandler = a.serve(route{path: unmatched, handle: noRoute})
	var paths []string
	for _, rt := range table {
		if !slices.Contains(paths, rt.path) {
			paths = append(paths, rt.path)
		}
	}
	for _, path := range paths {
		byMethod, allowed := map[string]http.Handler{}, []string(nil)
		for _, rt := range table {
			if rt.path != path {
				continue
			}
			byMethod[rt.method] = a.serve(rt)
			allowed = append(allowed, rt.method)
			if rt.method == http.MethodGet {
				byMethod[http.MethodHead] = byMethod[rt.method]
				allowed = append(allowed, http.MethodHead)
			}
		}
		refuse := a.serve(route{path: path, handle: notAllowed(strings.Join(allowed, ", "))})
		handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if h, ok := byMethod[req.Method]; ok {
				h.ServeHTTP(w, req)
				return
			}
			refuse.ServeHTTP(w, req)
		})
		r.Path(path).Handler(handler)
		if !strings.Contains(path, "{") {
			r.fixed[path] = handler
		}
	}
	return r
}

// router finds paths without a variable part, such as those of the operations, without matching.
type router struct {
	fixed map[string]http.Handler
	*mux.Router
}

// ServeHTTP serves.
func (r router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if h, ok := r.fixed[req.URL.EscapedPath()]; ok {
		h.ServeHTTP(w, req)
		return
	}
	r.Router.ServeHTTP(w, req)
}

// unmatched stands for the route in logs and metrics when no route was matched.
const unmatched = "none"

func noRoute(*call) (*answer, error) {
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Reason: "no_such_route",
		Detail: "There is nothing at this address. Paths are exact: no trailing slash, no doubled slash. GET /openapi.yaml lists them."}
}

func notAllowed(allowed string) func(*call) (*answer, error) {
	return func(c *call) (*answer, error) {
		c.header.Set("Allow", allowed)
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "method_not_allowed",
			Detail: "This address takes " + allowed + "."}
	}
}
