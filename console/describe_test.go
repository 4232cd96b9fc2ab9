package console_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

const pasted = `<InquiryRequest>
	<UserID>OMS</UserID>
	<Instrument><InstrumentID/><AuthenticationData>4711</AuthenticationData><CardNumber>6006491234560017</CardNumber><CardSwiped>False</CardSwiped></Instrument>
	<Comments>Inquiry Request</Comments>
	<Odd>&lt;b&gt;6006 4912 3456 0017</Odd>
</InquiryRequest>`

func TestDescribe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.RoleViewer)
	if w := b.get("/console/describe"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `spellcheck="false"`) {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	audited := len(s.entries)
	w := b.post("/console/describe", "message", pasted)
	page := w.Body.String()
	if w.Code != http.StatusOK {
		t.Fatalf("%d\n%s", w.Code, page)
	}
	for _, want := range []string{"InquiryRequest", "to the provider", ">bare<", "Instrument/CardNumber", "not documented", "************0017", "OMS 15.1 help SO14_08, Inquiry Request"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", w.Header().Get("Cache-Control"))
	}
	if len(s.entries) != audited {
		t.Error("something was kept")
	}
	for where, text := range map[string]string{"page": page, "log": s.log.String()} {
		for _, hidden := range []string{"600649", "4912", "4711", "<b>"} {
			if strings.Contains(text, hidden) {
				t.Errorf("the %s holds %q", where, hidden)
			}
		}
	}
}

func TestDescribeRefuses(t *testing.T) {
	t.Parallel()
	b := newSite(t).signedIn(access.RoleViewer)
	for name, c := range map[string]struct{ message, want string }{
		"nothing":          {"", "Fill this in."},
		"text":             {"card 6006491234560017", "xml_malformed"},
		"other XML":        {"<a><CardNumber>6006491234560017</CardNumber></a>", "xml_not_an_answer"},
		"cut":              {pasted[:len(pasted)-4], "xml_malformed"},
		"a document type":  {"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + pasted, "xml_doctype_not_allowed"},
		"a control":        {strings.Replace(pasted, "OMS", "O\x01MS", 1), "characters that cannot be shown"},
		"too long":         {strings.Repeat("<a>6006491234560017</a>", 13_000), "too long"},
		"half a tag":       {"<InquiryRequest><CardNumber>6006491234560017", "xml_malformed"},
		"a web page":       {"<html><body>6006491234560017</body></html>", "xml_not_an_answer"},
		"markup as values": {"<script>alert(1)</script>", "xml_not_an_answer"},
	} {
		t.Run(name, func(t *testing.T) {
			w := b.post("/console/describe", "message", c.message)
			page := w.Body.String()
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, c.want) {
				t.Errorf("%d, want 422 and %s\n%.2000s", w.Code, c.want, page)
			}
			if strings.Contains(page, "600649123456") || strings.Contains(page, "<script>alert") || strings.Contains(page, "4711") {
				t.Error("the page gives back what it must not")
			}
		})
	}
	if w := b.post("/console/describe", "message", pasted, "more", "x"); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), "600649123456") {
		t.Errorf("another field: %d", w.Code)
	}
}
