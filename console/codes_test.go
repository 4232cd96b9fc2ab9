package console_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
	"github.com/svcgate/svcgate/responsecodes"
)

const codesAt = "/console/codes/RLT/"

var etagText = regexp.MustCompile(`name="etag" value="([^"]+)"`)

// etag is the state of the draft that a page was made from.
func etag(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	m := etagText.FindStringSubmatch(w.Body.String())
	if m == nil {
		t.Fatalf("no etag in %d %s", w.Code, w.Body)
	}
	return m[1]
}

func rulePath(page, id string) string { return codesAt + page + "?" + url.Values{"id": {id}}.Encode() }

// edits changes the draft as somebody else does.
func (s *site) edits(by string, change responsecodes.Edit) *responsecodes.Draft {
	s.t.Helper()
	d, err := s.book.Draft(s.t.Context(), "RLT")
	if err == nil {
		d, err = s.book.EditDraft(s.t.Context(), by, "RLT", d.ETag, change)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func declines(code, vendor string) responsecodes.Rule {
	return responsecodes.Rule{Service: "RLT", Operation: "authorize", Source: svcgate.SourceErrorCode, Code: code, Vendor: vendor,
		Description: "No", Outcome: svcgate.Declined, Messages: []string{}}
}

// newCode is a code in the inbox, with what the journal has of it.
func (s *site) newCode(code string) {
	at := time.Now().Add(-time.Hour)
	s.unmapped = append(s.unmapped, responsecodes.Unmapped{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: code,
		Description: "A new refusal", Count: 42, First: at, Last: at, Sample: "txn_new"})
	s.tallies = append(s.tallies, responsecodes.Tally{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: code, Outcome: svcgate.Undefined,
		Count: 42, First: at, Last: at, Sample: "txn_new"},
		responsecodes.Tally{Operation: "authorize", Source: svcgate.SourceReasonCode, Code: "24", Accepted: true, Outcome: svcgate.Approved, Vendor: "100",
			Rule: "RLT:authorize:reason_code:24", Count: 10270, First: at, Last: at, Sample: "txn_old"})
	s.exchanges["txn_new"] = &svcgate.Exchange{Received: []byte("<PreauthorizationResponse><CardNumber>6006491234560017</CardNumber><ErrorCode>" + code + "</ErrorCode></PreauthorizationResponse>")}
}

// A person who has never seen it goes from the overview to a published rule by what the pages offer.
func TestFromTheInboxToAPublishedRule(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.newCode("NEW_CODE")
	b := s.signedIn(access.RoleCodeEditor, access.RoleApprover)
	wantPage(t, b.get("/console/overview"), http.StatusOK, `<a href="/console/codes/inbox">Codes without a rule</a>`)
	inbox := b.get("/console/codes/inbox")
	to := rulePath("rule/new", "RLT:authorize:error_code:NEW_CODE")
	wantPage(t, inbox, http.StatusOK, "NEW_CODE", "42 times", "A new refusal", `<span class="v hit">NEW_CODE</span>`, html.EscapeString(to))
	if strings.Contains(inbox.Body.String(), "6006491234560017") {
		t.Error("the sample shows a card number")
	}
	form := b.get(to)
	wantPage(t, form, http.StatusOK, "What does NEW_CODE mean?", `value="NEW_CODE"`, `value="A new refusal"`, `value="declined" checked`, `<option value="authorize" selected>`)
	w := b.post(codesAt+"rule", "etag", etag(t, form), "operation", "authorize", "source", "error_code", "code", "NEW_CODE", "outcome", "declined", "vendor", "101", "description", "A new refusal")
	wantRedirect(t, w, codesAt+"draft")
	draft := b.get(codesAt + "draft")
	wantPage(t, draft, http.StatusOK, "<strong>42</strong> of 10,312 outcomes in 30 days would have changed: <strong>42</strong> from undefined to declined", "one person is enough", "Edited by")
	wantPage(t, b.get("/console/codes/inbox"), http.StatusOK, "in the draft")
	wantPage(t, b.get(codesAt+"dry-run?days=7"), http.StatusOK, "in 7 days", "affected?code=NEW_CODE&amp;days=7&amp;operation=authorize&amp;source=error_code")
	wantRedirect(t, b.post(codesAt+"publish", "etag", etag(t, draft), "reason", "The provider told us"), codesAt+"reevaluation")
	after := b.get(codesAt + "reevaluation")
	wantPage(t, after, http.StatusOK, "Version 2 is in force for RLT", "What was told stays as it was told.", "would be told otherwise today")
	if r, ok := s.book.Rule("RLT:authorize:error_code:NEW_CODE"); !ok || r.Vendor != "101" || r.Outcome != svcgate.Declined {
		t.Errorf("%+v %v", r, ok)
	}
	wantPage(t, b.get(codesAt+"history"), http.StatusOK, "Version 2", "The provider told us", "in force", "svcgate:starter")
	wantPage(t, b.get(codesAt+"history/2"), http.StatusOK, "From version 1 to version 2", "NEW_CODE", "1 added")
	old := b.get(codesAt + "history/1")
	wantPage(t, old, http.StatusOK, "Roll back to version 1", "1 removed against version 2")
	wantPage(t, b.get(codesAt+"history/1?against=2"), http.StatusOK, "From version 2 to version 1", "removed")
	wantPage(t, b.post(codesAt+"history/1/roll-back", "now", "7", "reason", "x"), http.StatusUnprocessableEntity, "not the one that you saw")
	wantPage(t, b.post(codesAt+"history/1/roll-back", "now", "2", "reason", ""), http.StatusUnprocessableEntity, "Fill this in.")
	wantRedirect(t, b.post(codesAt+"history/1/roll-back", "now", "2", "reason", "It was wrong"), codesAt+"history")
	wantPage(t, b.get(codesAt+"history"), http.StatusOK, "Version 3 is in force", "rolled back to 1")
	if _, ok := s.book.Rule("RLT:authorize:error_code:NEW_CODE"); ok {
		t.Error("the rule is in force after rolling back")
	}
}

func TestAWrongRuleKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor)
	tag := etag(t, b.get(codesAt+"rule/new"))
	right := map[string]string{"etag": tag, "id": "", "operation": "authorize", "source": "error_code", "code": "X", "outcome": "declined", "vendor": "101", "description": "d"}
	for name, wrong := range map[string]struct{ field, value, says string }{
		"no code":               {"code", "", "Fill this in."},
		"no vendor":             {"vendor", "", "Fill this in."},
		"a vendor with a space": {"vendor", "1 0", "letters or digits"},
		"no outcome":            {"outcome", "", "Choose what fits."},
		"another outcome":       {"outcome", "fine", "Choose one of those offered."},
		"another source":        {"source", "body", "Choose one of those offered."},
		"another operation":     {"operation", "steal", "Choose one of those offered."},
		"approving an error":    {"outcome", "approved", "can approve"},
		"a NUL":                 {"description", "a\x00b", "cannot be shown"},
		"a right-to-left mark":  {"description", "\u202egnp.exe", "printable characters"},
		"a long description":    {"description", strings.Repeat("x", 41), "at most 40"},
		"letters for attempts":  {"attempts", "ten", "whole number from 0 to 999"},
		"less than no attempt":  {"attempts", "-1", "whole number from 0 to 999"},
		"days without a reason": {"hold_days", "3", "hold reason"},
		"a small hold reason":   {"hold_reason", "cw", "two capital letters"},
		"a message too far":     {"message_2", "second", "The message before it is empty"},
		"an unknown field":      {"approve_all", "1", "a field that this page does not have"},
	} {
		var fields []string
		for key, value := range right {
			if key != wrong.field {
				fields = append(fields, key, value)
			}
		}
		w := b.post(codesAt+"rule", append(fields, wrong.field, wrong.value)...)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), html.EscapeString(wrong.says)) {
			t.Errorf("%s: %d lacks %q\n%s", name, w.Code, wrong.says, w.Body)
		}
		if wrong.field != "approve_all" && wrong.field != "code" && !strings.Contains(w.Body.String(), `value="X"`) {
			t.Errorf("%s: what was typed is gone", name)
		}
	}
	if d, _ := s.book.Draft(t.Context(), "RLT"); d.Exists {
		t.Error("there is a draft")
	}
	// What is there already is changed on its page, not written over from the form of a new one.
	w := b.post(codesAt+"rule", "etag", tag, "operation", "generate", "source", "response_code", "code", "Rejected", "outcome", "declined", "vendor", "999")
	wantPage(t, w, http.StatusUnprocessableEntity, "There is a rule for this code")
}

func TestARuleIsChangedRenamedAndDeleted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor)
	const id = "RLT:generate:response_code:Rejected"
	page := b.get(rulePath("rule", id))
	wantPage(t, page, http.StatusOK, `value="Rejected"`, "Delete the rule")
	wantRedirect(t, b.post(codesAt+"rule", "etag", etag(t, page), "id", id, "operation", "*", "source", "error_code", "code", "Rejected/2", "outcome", "undefined",
		"vendor", "7", "attempts", "3", "hold_reason", "CW", "hold_days", "0", "cancel", "true", "message_1", "Ask"), codesAt+"draft")
	wantPage(t, b.get(codesAt+"draft"), http.StatusOK, "1 added, 1 removed", "Rejected/2", "Discard the draft")
	wantPage(t, b.get(rulePath("rule", id)), http.StatusOK, "Removed in the draft", "Put it back into the draft")
	page = b.get(rulePath("rule", "RLT:*:error_code:Rejected/2"))
	wantPage(t, page, http.StatusOK, "Code Rejected/2 of any operation", "It is not in force yet", `value="true" checked`)
	wantRedirect(t, b.post(codesAt+"rule/delete", "etag", etag(t, page), "id", "RLT:*:error_code:Rejected/2"), codesAt+"draft")
	wantPage(t, b.get(rulePath("rule", "RLT:*:error_code:Rejected/2")), http.StatusNotFound)
	wantPage(t, b.post(codesAt+"rule/delete", "etag", etag(t, b.get(codesAt+"rule/new")), "id", "nothing"), http.StatusNotFound)
	// Put back: the draft says what is in force.
	wantRedirect(t, b.post(codesAt+"rule", "etag", etag(t, b.get(codesAt+"rule/new")), "operation", "generate", "source", "response_code", "code", "Rejected", "outcome", "declined", "vendor", "101", "description", "Declined"), codesAt+"draft")
	wantPage(t, b.get(codesAt+"draft"), http.StatusOK, "It says what is in force already")
	wantRedirect(t, b.post(codesAt+"draft/discard", "etag", etag(t, b.get(codesAt+"draft"))), codesAt+"rules")
	wantPage(t, b.get(codesAt+"draft"), http.StatusOK, "There is no draft")
	for _, none := range []string{"", "RLT", "RLT:authorize:error_code:NONE", "XXX:authorize:error_code:A"} {
		wantPage(t, b.get(rulePath("rule", none)), http.StatusNotFound)
	}
	wantPage(t, b.get(rulePath("rule/new", "nothing")), http.StatusNotFound)
}

// Whoever writes on what somebody changed meanwhile sees both and chooses.
func TestAStaleEditShowsBoth(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor)
	s.edits("ann", responsecodes.PutRule(declines("CODE", "101")))
	const id = "RLT:authorize:error_code:CODE"
	was := etag(t, b.get(rulePath("rule", id)))
	s.edits("bob", responsecodes.PutRule(declines("CODE", "202")))
	mine := []string{"id", id, "operation", "authorize", "source", "error_code", "code", "CODE", "outcome", "declined", "vendor", "303", "description", "No"}
	w := b.post(codesAt+"rule", append(mine, "etag", was)...)
	wantPage(t, w, http.StatusConflict, "Somebody was faster", "<strong>bob</strong>", `class="differs"`, "202", "303", `value="303"`, "Keep what is there", "Save mine instead", "nothing was saved")
	if d, _ := s.book.Draft(t.Context(), "RLT"); d.ETag == was || etag(t, w) != d.ETag {
		t.Error("the form does not name the draft that was shown")
	}
	wantRedirect(t, b.post(codesAt+"rule", append(mine, "etag", etag(t, w))...), codesAt+"draft")
	// The rule is gone meanwhile: mine is a new one then.
	was = etag(t, b.get(rulePath("rule", id)))
	s.edits("bob", responsecodes.DeleteRule(id))
	w = b.post(codesAt+"rule", append(mine, "etag", was)...)
	wantPage(t, w, http.StatusConflict, "It has no such rule by now", `name="id" value=""`)
	mine[1] = ""
	wantRedirect(t, b.post(codesAt+"rule", append(mine, "etag", etag(t, w))...), codesAt+"draft")
	// Deleting, discarding, rebasing and publishing name the draft too.
	wantPage(t, b.post(codesAt+"rule/delete", "etag", was, "id", id), http.StatusUnprocessableEntity, "were changed since you read them")
	for _, page := range []string{"draft/discard", "draft/rebase"} {
		wantPage(t, b.post(codesAt+page, "etag", was), http.StatusUnprocessableEntity, "were changed since you read them", "What it changes")
	}
	if d, _ := s.book.Draft(t.Context(), "RLT"); !d.Exists || len(d.Rules) != len(responsecodes.StarterSet("RLT"))+1 {
		t.Errorf("%+v", d)
	}
}

// A draft that approves more takes a second person, and its page says who before anybody presses a button.
func TestTheSecondPerson(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor, access.RoleApprover)
	s.edits("ann", responsecodes.DeleteRule("RLT:return:reason_code:18"))
	d, _ := s.book.Draft(t.Context(), "RLT")
	if _, err := s.book.Publish(t.Context(), "x", "RLT", d.ETag, "less"); err != nil {
		t.Fatal(err)
	}
	for _, r := range responsecodes.StarterSet("RLT") {
		if r.ID() == "RLT:return:reason_code:18" {
			d = s.edits("ann", responsecodes.PutRule(r))
		}
	}
	page := b.get(codesAt + "draft")
	wantPage(t, page, http.StatusOK, "It takes a second person.", "You edited it.", "Nobody else may publish it", "approves what was not approved")
	if strings.Contains(page.Body.String(), `id="publish"`) {
		t.Error("there is a form that must fail")
	}
	s.person("zoe", access.RoleApprover)
	s.person("vic", access.RoleViewer)
	wantPage(t, b.get(codesAt+"draft"), http.StatusOK, "Publishing it is for <strong>Zoe (zoe)</strong>.")
	// Pressing it all the same, by an old page.
	wantPage(t, b.post(codesAt+"publish", "etag", d.ETag, "reason", "mine"), http.StatusUnprocessableEntity, "Somebody who did not must publish it")
	zoe := s.browser()
	zoe.signIn("zoe")
	wantPage(t, zoe.get(codesAt+"draft"), http.StatusOK, "You did not edit it, so you can publish it.")
	wantPage(t, zoe.post(codesAt+"publish", "etag", "old", "reason", "seen"), http.StatusUnprocessableEntity, "were changed since")
	wantPage(t, zoe.post(codesAt+"publish", "etag", d.ETag, "reason", ""), http.StatusUnprocessableEntity, "Fill this in.")
	wantPage(t, zoe.post(codesAt+"publish", "etag", d.ETag, "reason", "for 6006491234560017"), http.StatusUnprocessableEntity, "could hold a card number")
	wantRedirect(t, zoe.post(codesAt+"publish", "etag", d.ETag, "reason", "seen"), codesAt+"reevaluation")
	if v := s.book.Published("RLT"); v.Number != 3 || v.By != "zoe" {
		t.Errorf("%d by %s", v.Number, v.By)
	}
}

func TestADraftThatCannotBePublished(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleCodeEditor, access.RoleApprover)
	d := s.edits("ann", responsecodes.PutRule(declines("A", "101")))
	if _, err := s.book.Publish(t.Context(), "x", "RLT", d.ETag, "A"); err != nil {
		t.Fatal(err)
	}
	s.edits("ann", responsecodes.PutRule(declines("B", "101")))
	if _, err := s.book.Rollback(t.Context(), "x", "RLT", 0, 1, "back"); err != nil {
		t.Fatal(err)
	}
	page := b.get(codesAt + "draft")
	wantPage(t, page, http.StatusOK, "It began from version 2, and version 3 is in force by now.", "Make the edits again")
	const takesBack = "The draft began from version 2, and version 3 is in force by now: what that one changed, the draft would take back."
	wantPage(t, b.get(codesAt+"dry-run"), http.StatusOK, takesBack)
	wantRedirect(t, b.post(codesAt+"draft/rebase", "etag", etag(t, page)), codesAt+"draft")
	page = b.get(codesAt + "draft")
	wantPage(t, page, http.StatusOK, "made again on version 3", "1 added")
	if body := b.get(codesAt + "dry-run").Body.String(); strings.Contains(body, "would take back") || !strings.Contains(body, "If the draft had been in force") {
		t.Error("a draft that is up to date is called outdated")
	}
	wantRedirect(t, b.post(codesAt+"publish", "etag", etag(t, page), "reason", "B"), codesAt+"reevaluation")
	s.edits("ann", func([]responsecodes.Rule) ([]responsecodes.Rule, error) { return nil, nil })
	wantPage(t, b.get(codesAt+"draft"), http.StatusOK, "The errors must be mended first.", "There is no rule at all")
}

func TestTheListOfRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.hits = map[string][]int{"RLT:authorize:reason_code:24": append(make([]int, 29), 1234)}
	s.edits("bob", responsecodes.PutRule(declines("DRAFTED", "101")))
	b := s.signedIn(access.RoleViewer)
	for query, want := range map[string]struct {
		holds string
		not   string
	}{
		"":                                 {"<b>1,234</b>", "New rule"},
		"?show=changed":                    {"DRAFTED", "ALL_CARDS_GENERATED"},
		"?show=unused":                     {"ALL_CARDS_GENERATED", "1,234"},
		"?outcome=unavailable":             {">SU<", "ALL_CARDS_GENERATED"},
		"?q=used+cards":                    {"ALL_CARDS_GENERATED", ">SU<"},
		"?q=REASON+code+authorize":         {"1 of 12 rules in force", ">SU<"},
		"?q=nothing+like+this":             {"No rule is like that.", ">SU<"},
		"?order=hits&page=1":               {"1,234", "x y z"},
		"?page=999":                        {"ALL_CARDS_GENERATED", "x y z"},
		"?page=-1&order=updated&outcome=":  {"ALL_CARDS_GENERATED", "x y z"},
		"?q=%3Cscript%3E&show=&outcome=":   {"&lt;script&gt;", "<script>"},
		"?outcome=unknown&q=&show=changed": {"No rule is like that.", "DRAFTED"},
	} {
		w := b.get(codesAt + "rules" + query)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want.holds) || strings.Contains(w.Body.String(), want.not) {
			t.Errorf("%s: %d, want %q and no %q\n%s", query, w.Code, want.holds, want.not, w.Body)
		}
	}
	for _, query := range []string{"?outcome=fine", "?show=all", "?order=random", "?q=a&q=b"} {
		if w := b.get(codesAt + "rules" + query); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
	wantRedirect(t, b.get("/console/codes"), codesAt+"rules")
	for _, path := range []string{"/console/codes/XXX/rules", "/console/codes/inbox/rules", codesAt + "history/0", codesAt + "history/9", codesAt + "history/x", codesAt + "affected", codesAt + "affected?operation=authorize&source=error_code"} {
		wantPage(t, b.get(path), http.StatusNotFound)
	}
	for _, code := range []string{"%00", "%FF", "a%0Ab", strings.Repeat("x", 65)} {
		wantPage(t, b.get(codesAt+"affected?operation=authorize&source=error_code&code="+code), http.StatusNotFound)
	}
	for _, outcome := range []string{"%00", "%FF", "fine"} {
		wantPage(t, b.get(codesAt+"affected?operation=authorize&source=error_code&code=24&outcome="+outcome), http.StatusUnprocessableEntity)
	}
	wantPage(t, b.get(rulePath("rule", "RLT:authorize:reason_code:24")), http.StatusOK, "How often it decided", "Transactions with this code")
	s.fill(t)
	wantPage(t, b.get(codesAt+"affected?operation=authorize&source=reason_code&code=24&accepted=true&short=true&outcome=approved&days=7"), http.StatusOK, "in part", "7 days")
	if like := s.likes[len(s.likes)-1]; !like.Accepted || !like.Short || like.Outcome != svcgate.Approved {
		t.Errorf("%+v", like)
	}
}

// A dry run says first what would be told as success and was not.
func TestTheDryRunSaysTheWorstFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleViewer)
	s.edits("ann", func(rules []responsecodes.Rule) ([]responsecodes.Rule, error) {
		for i, r := range rules {
			if r.ID() == "RLT:authorize:reason_code:24" {
				rules[i].Outcome = svcgate.Undefined
			}
		}
		return rules, nil
	})
	d, _ := s.book.Draft(t.Context(), "RLT")
	if _, err := s.book.Publish(t.Context(), "x", "RLT", d.ETag, "stop"); err != nil {
		t.Fatal(err)
	}
	for _, r := range responsecodes.StarterSet("RLT") {
		if r.Code == "24" {
			s.edits("ann", responsecodes.PutRule(r))
		}
	}
	s.edits("ann", responsecodes.PutRule(declines("X", "101")))
	at := time.Now()
	s.tallies = []responsecodes.Tally{
		{Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "X", Outcome: svcgate.Undefined, Count: 39, First: at, Last: at, Sample: "txn_a"},
		{Operation: "authorize", Source: svcgate.SourceReasonCode, Code: "24", Accepted: true, Outcome: svcgate.Undefined, Vendor: "100", Count: 3, First: at, Last: at, Sample: "txn_b"},
		{Operation: "void", Source: svcgate.SourceReasonCode, Code: "22", Accepted: true, Outcome: svcgate.Approved, Vendor: "100", Count: 10270, First: at, Last: at, Sample: "txn_c"},
	}
	w := b.get(codesAt + "dry-run")
	wantPage(t, w, http.StatusOK, "<strong>42</strong> of 10,312 outcomes in 30 days would have changed: <strong>3</strong> from undefined to approved, <strong>39</strong> from undefined to declined.",
		"3 answers would have been told as a success, unlike before", "accepted=true")
	if text := w.Body.String(); strings.Index(text, "code=24") > strings.Index(text, "code=X") {
		t.Error("the worst is not first")
	}
	s.tallies = nil
	wantPage(t, b.get(codesAt+"dry-run?days=1"), http.StatusOK, "Nothing was answered in 1 day")
	wantPage(t, b.get(codesAt+"dry-run?days=12"), http.StatusOK, "30 days")
}

// A service bureau that has no version yet begins with the first rule that is published.
func TestASecondServiceBureau(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *console.Config) { c.Services = []string{"RLT", "A.b-1"} })
	s.newCode("NEW_CODE")
	b := s.signedIn(access.RoleCodeEditor, access.RoleApprover)
	at := "/console/codes/A.b-1/"
	wantPage(t, b.get(at+"rules"), http.StatusOK, "There is no rule yet", `<a href="/console/codes/RLT/rules">RLT</a>`, `<a href="/console/codes/A.b-1/rules" aria-current="true">A.b-1</a>`)
	for _, page := range []string{"draft", "dry-run", "reevaluation", "history", "import", "rules.csv"} {
		wantPage(t, b.get(at+page), http.StatusOK)
	}
	wantPage(t, b.get("/console/codes/inbox"), http.StatusOK, `<h2 class="over">RLT</h2>`, `<h2 class="over">A.b-1</h2>`)
	page := b.get(at + "rule/new")
	wantRedirect(t, b.post(at+"rule", "etag", etag(t, page), "operation", "*", "source", "transport", "code", "SU", "outcome", "unavailable", "vendor", "SU"), at+"draft")
	draft := b.get(at + "draft")
	wantPage(t, draft, http.StatusOK, "1 added", "warning")
	wantRedirect(t, b.post(at+"publish", "etag", etag(t, draft), "reason", "The first"), at+"reevaluation")
	wantPage(t, b.get(at+"history/1"), http.StatusOK, "All of version 1")
	viewer := s.browser()
	s.person("vic", access.RoleViewer)
	viewer.signIn("vic")
	s.edits("ann", responsecodes.PutRule(declines("DRAFTED", "101")))
	wantPage(t, viewer.get(rulePath("rule", "RLT:authorize:error_code:DRAFTED")), http.StatusOK, "What the rule says in the draft", "101")
	w := viewer.get(rulePath("rule", "RLT:authorize:reason_code:24"))
	if wantPage(t, w, http.StatusOK, "What the rule says", "Approved"); strings.Contains(w.Body.String(), `method="post" action="/console/codes`) {
		t.Error("a viewer gets a form")
	}
}

// What the audit trail does not take is not shown.
func TestNoSampleWithoutAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.newCode("NEW_CODE")
	b := s.signedIn(access.RoleCodeEditor)
	wantPage(t, b.get("/console/codes/inbox"), http.StatusOK, "PreauthorizationResponse")
	if e := s.entries[len(s.entries)-1]; e.Action != "exchange.read" || e.Subject != "RLT" || e.Actor != "ann" {
		t.Errorf("%+v", e)
	}
	s.broken = context.DeadlineExceeded
	for _, path := range []string{"/console/codes/inbox", rulePath("rule/new", "RLT:authorize:error_code:NEW_CODE")} {
		if w := b.get(path); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "PreauthorizationResponse") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// BenchmarkCodesList serves a page of the list of 10,000 rules with a draft and a month of hits; the journal is a fake,
// so it is the console's own share.
func BenchmarkCodesList(b *testing.B) {
	s := manyRules(b)
	for name, query := range map[string]string{"first": "", "last": "?page=200", "found": "?q=refused+4711", "hits": "?order=hits"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://127.0.0.1:8080"+codesAt+"rules"+query, nil)
				r.AddCookie(s.cookie)
				s.Handler().ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}

// manyRules is a browser on a site with 10,000 rules in force and 100 changes in the draft.
func manyRules(t testing.TB) *browser {
	t.Helper()
	s := newSite(t)
	rules := responsecodes.StarterSet("RLT")
	s.hits = map[string][]int{}
	for i := len(rules); i < responsecodes.MaxRules; i++ {
		r := declines(fmt.Sprintf("E%05d", i), "101")
		r.Description = fmt.Sprintf("refused %d", i)
		rules = append(rules, r)
		s.hits[r.ID()] = make([]int, 30)
		s.hits[r.ID()][i%30] = i % 97
	}
	s.edits("ann", responsecodes.ImportRules(rules))
	d, err := s.book.Draft(context.Background(), "RLT")
	if err == nil {
		_, err = s.book.Publish(context.Background(), "x", "RLT", d.ETag, "many")
	}
	if err != nil {
		t.Fatal(err)
	}
	s.edits("ann", func(rules []responsecodes.Rule) ([]responsecodes.Rule, error) {
		for i := range 100 {
			rules[i*7].Description = "changed"
		}
		return rules, nil
	})
	return s.signedIn(access.RoleCodeEditor)
}
