package console

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

// Root is where the console is mounted.
const Root = "/console"

// Permissions of routes that no role has: a page for everybody, and one for whoever is signed in.
const (
	anyone   access.Permission = "anyone"
	signedIn access.Permission = "signed in"
)

// route is one row of the table. A route without a permission is refused by New. Where prove is set, the password has
// to be given again unless it was in the last five minutes; forms with files cannot have it.
type route struct {
	method, path string
	permission   access.Permission
	prove        bool
	handle       func(*visit) (*answer, error)
}

// routes is the table of the console; nothing is reachable that is not in it.
func (c *Console) routes() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, "/console", signedIn, false, c.home},
		{get, "/console/sign-in", anyone, false, c.showSignIn},
		{post, "/console/sign-in", anyone, false, c.signIn},
		{post, "/console/sign-out", anyone, false, c.signOut},
		{get, access.LinkPath + "{link}", anyone, false, c.showWelcome},
		{post, access.LinkPath + "{link}", anyone, false, c.welcome},
		{get, "/console/account", signedIn, false, c.showAccount},
		{post, "/console/account/password", signedIn, false, c.changePassword},
		{post, "/console/account/totp", signedIn, true, c.enrolTOTP},
		{post, "/console/account/totp/confirm", signedIn, false, c.confirmTOTP},
		{post, "/console/account/sessions/end", signedIn, false, c.endOwnSessions},

		{get, "/console/overview", access.ReadTransactions, false, c.showOverview},

		{get, "/console/transactions", access.ReadTransactions, false, c.showTransactions},
		{get, "/console/transactions.csv", access.ReadReports, false, c.exportTransactions},
		{get, "/console/transactions/latest", access.ReadTransactions, false, c.showLatest},
		{get, "/console/transactions/{id}", access.ReadTransactions, false, c.showTransaction},
		{get, "/console/desk", access.ReadExchanges, false, c.showDesk},
		{get, "/console/desk/{id}", access.ReadExchanges, false, c.showDeskCase},
		{post, "/console/desk/{id}", access.Settle, false, c.settle},
		{get, "/console/holds", access.ReadTransactions, false, c.showHolds},
		{get, "/console/reports", access.ReadReports, false, c.showReports},
		{get, "/console/reports/{name}.csv", access.ReadReports, false, c.exportReport},
		{get, "/console/reports/{name}", access.ReadReports, false, c.showReport},
		{get, "/console/balance", access.Inquire, false, c.showBalance},
		{post, "/console/balance", access.Inquire, false, c.inquire},

		{get, "/console/codes", access.ReadCodes, false, c.showAnyCodes},
		{get, "/console/codes/inbox", access.ReadCodes, false, c.showInbox},
		{get, "/console/codes/{service}/rules", access.ReadCodes, false, c.showCodes},
		{get, "/console/codes/{service}/rules.csv", access.ReadCodes, false, c.exportCodes},
		{get, "/console/codes/{service}/rule", access.ReadCodes, false, c.showRule},
		{get, "/console/codes/{service}/rule/new", access.EditCodes, false, c.showNewRule},
		{post, "/console/codes/{service}/rule", access.EditCodes, false, c.saveRule},
		{post, "/console/codes/{service}/rule/delete", access.EditCodes, false, c.deleteRule},
		{get, "/console/codes/{service}/draft", access.ReadCodes, false, c.showDraft},
		{post, "/console/codes/{service}/draft/discard", access.EditCodes, false, c.discardDraft},
		{post, "/console/codes/{service}/draft/rebase", access.EditCodes, false, c.rebaseDraft},
		{get, "/console/codes/{service}/import", access.EditCodes, false, c.showImport},
		{post, "/console/codes/{service}/import", access.EditCodes, false, c.importCodes},
		{get, "/console/codes/{service}/dry-run", access.ReadCodes, false, c.showDryRun},
		{get, "/console/codes/{service}/affected", access.ReadTransactions, false, c.showAffected},
		{post, "/console/codes/{service}/publish", access.PublishCodes, true, c.publish},
		{get, "/console/codes/{service}/reevaluation", access.ReadCodes, false, c.showReevaluation},
		{get, "/console/codes/{service}/history", access.ReadCodes, false, c.showHistory},
		{get, "/console/codes/{service}/history/{number}", access.ReadCodes, false, c.showVersion},
		{get, "/console/codes/{service}/history/{number}/rules.csv", access.ReadCodes, false, c.exportVersion},
		{post, "/console/codes/{service}/history/{number}/roll-back", access.PublishCodes, true, c.rollBack},

		{get, "/console/bureaus", access.ReadCodes, false, c.showBureaus},
		{post, "/console/bureaus/{service}/test", access.Inquire, false, c.testBureau},

		{get, "/console/describe", signedIn, false, c.showDescribe},
		{post, "/console/describe", signedIn, false, c.describe},

		{get, "/console/people", access.ManagePeople, false, c.showPeople},
		{post, "/console/people", access.ManagePeople, true, c.invitePerson},
		{get, "/console/people/{name}", access.ManagePeople, false, c.showPerson},
		{post, "/console/people/{name}/roles", access.ManagePeople, true, c.setRoles},
		{post, "/console/people/{name}/reset", access.ManagePeople, true, c.resetPerson},
		{post, "/console/people/{name}/disable", access.ManagePeople, true, c.disablePerson},
		{post, "/console/people/{name}/enable", access.ManagePeople, true, c.enablePerson},
		{post, "/console/people/{name}/sessions/end", access.ManagePeople, true, c.endSessions},
		{get, "/console/tokens", access.ManageTokens, false, c.showTokens},
		{post, "/console/tokens", access.ManageTokens, true, c.addToken},
		{post, "/console/tokens/{name}/revoke", access.ManageTokens, true, c.revokeToken},

		{get, "/console/audit", access.ReadAudit, false, c.showAudit},
		{get, "/console/audit.csv", access.ReadAudit, false, c.exportAudit},
	}
}

// link is an entry of the navigation. It is shown to whoever may open its route; the key, after g, goes to it.
type link struct{ Group, Label, Path, Key string }

var navigation = []link{
	{"Watch", "Overview", "/console/overview", "o"},
	{"Watch", "Transactions", "/console/transactions", "t"},
	{"Watch", "Desk", "/console/desk", "d"},
	{"Watch", "Holds", "/console/holds", "h"},
	{"Watch", "Reports", "/console/reports", "r"},
	{"Do", "Balance inquiry", "/console/balance", "b"},
	{"Do", "Response codes", "/console/codes", "c"},
	{"Do", "Describe", "/console/describe", "m"},
	{"Keep", "Service bureaus", "/console/bureaus", "s"},
	{"Keep", "People", "/console/people", "p"},
	{"Keep", "Tokens", "/console/tokens", "k"},
	{"Keep", "Audit", "/console/audit", "a"},
}

// check refuses a table in which something is reachable that nobody was named for.
func check(table []route) error {
	var wrong []error
	seen := map[string]bool{}
	for _, rt := range table {
		name := rt.method + " " + rt.path
		known := rt.permission == anyone || rt.permission == signedIn || slices.Contains(access.Permissions(), rt.permission)
		switch {
		case !known:
			wrong = append(wrong, fmt.Errorf("console: %s asks for no permission that there is", name))
		case seen[name]:
			wrong = append(wrong, fmt.Errorf("console: %s is there twice", name))
		case rt.method != http.MethodGet && rt.method != http.MethodPost:
			wrong = append(wrong, fmt.Errorf("console: %s: pages are read with GET and changed with POST", name))
		}
		seen[name] = true
	}
	return errors.Join(wrong...)
}

// router serves the table. Paths are taken as they came: nothing is cleaned and nobody is redirected.
func (c *Console) router(table []route) http.Handler {
	r := mux.NewRouter().SkipClean(true).UseEncodedPath()
	r.NotFoundHandler = c.serve(route{path: "none", permission: anyone, handle: noPage})
	r.PathPrefix(staticRoot).Methods(http.MethodGet, http.MethodHead).HandlerFunc(c.static)
	handlers := map[string]map[string]http.Handler{}
	for _, rt := range table {
		if handlers[rt.path] == nil {
			handlers[rt.path] = map[string]http.Handler{}
			r.Path(rt.path).Handler(c.methods(rt.path, handlers[rt.path]))
		}
		handlers[rt.path][rt.method] = c.serve(rt)
		if rt.method == http.MethodGet {
			handlers[rt.path][http.MethodHead] = handlers[rt.path][rt.method]
		}
	}
	return r
}

// methods chooses among the handlers of one path. The map is filled before the first request.
func (c *Console) methods(path string, by map[string]http.Handler) http.Handler {
	refuse := c.serve(route{path: path, permission: anyone, handle: func(v *visit) (*answer, error) {
		var allowed []string
		for method := range by {
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		v.header.Set("Allow", strings.Join(allowed, ", "))
		return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "method_not_allowed", Detail: "This address does not take that kind of request."}
	}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, ok := by[r.Method]; ok {
			h.ServeHTTP(w, r)
			return
		}
		refuse.ServeHTTP(w, r)
	})
}

func noPage(*visit) (*answer, error) {
	return nil, &svcgate.Error{Code: svcgate.CodeNotFound, Detail: "There is no page at this address."}
}
