package console_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
)

// TestRoutes walks every route as somebody of each role and holds who gets in against testdata/routes.txt, the table as
// people read it. UPDATE=1 writes it.
func TestRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person("target", access.RoleViewer)
	s.fill(t)
	browsers := map[access.Role]*browser{}
	for _, role := range access.PersonRoles() {
		s.person("is-"+string(role), role)
		browsers[role] = s.browser()
		browsers[role].signIn("is-" + string(role))
	}
	var got strings.Builder
	for _, rt := range s.Routes() {
		path := strings.NewReplacer("reports/{name}", "reports/unknowns", "{id}", "txn_a", "{name}", "target", "{service}", "RLT", "{link}", "none", "{number}", "1").Replace(rt.Path)
		if strings.Contains(path, "{") {
			t.Fatalf("%s: tell this test what stands for the variable", path)
		}
		ask := func(b *browser) (status int, to string) {
			w := b.get(path)
			if rt.Method == http.MethodPost {
				w = b.post(path)
			}
			return w.Code, w.Header().Get("Location")
		}
		var in []string
		for _, role := range access.PersonRoles() {
			b := browsers[role]
			if b.cookie == nil { // the route before signed out
				b.signIn("is-" + string(role))
			}
			status, to := ask(b)
			switch {
			case status == http.StatusForbidden:
				continue
			case status >= http.StatusInternalServerError, strings.HasPrefix(to, "/console/sign-in") && rt.Permission != "anyone":
				t.Errorf("%s %s as %s: %d %s", rt.Method, path, role, status, to)
			}
			in = append(in, string(role))
		}
		// Somebody whom nobody knows gets to public pages only.
		status, to := ask(s.browser())
		if turned := status == http.StatusSeeOther && strings.HasPrefix(to, "/console/sign-in"); turned == (rt.Permission == "anyone") && path != "/console/sign-out" {
			t.Errorf("%s %s as nobody: %d %s", rt.Method, path, status, to)
		}
		proof := "-"
		if rt.Prove {
			proof = "password"
		}
		fmt.Fprintf(&got, "%-4s %-58s %-18s %-9s %s\n", rt.Method, rt.Path, rt.Permission, proof, strings.Join(in, " "))
	}
	const golden = "testdata/routes.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the routes are not those of %s; if they are meant, run UPDATE=1 go test ./console -run TestRoutes\n%s", golden, got.String())
	}
}

// What the table says must be what access' table says: a route's permission decides, and nothing else.
func TestRoutesFollowThePermissions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Fields(line)
		in := strings.Join(cells[4:], " ")
		var want []string
		for _, role := range access.PersonRoles() {
			if p := access.Permission(cells[2]); p == "anyone" || p == "signed" || role.May(p) {
				want = append(want, string(role))
			}
		}
		if strings.HasPrefix(strings.Join(cells[2:4], " "), "signed in") {
			in = strings.Join(cells[5:], " ")
		}
		if in != strings.Join(want, " ") {
			t.Errorf("%s: want %v", strings.TrimSpace(line), want)
		}
	}
}

func TestTableRefusesWhatIsNotForAnybody(t *testing.T) {
	t.Parallel()
	for name, row := range map[string][3]string{
		"no permission":      {"GET", "/console/x", ""},
		"unknown permission": {"GET", "/console/x", "codes"},
		"another method":     {"DELETE", "/console/x", "codes.edit"},
	} {
		if console.Check(row[0], row[1], row[2]) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := console.Check("GET", "/console/x", "codes.read"); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(access.PersonRoles()...)
	for _, path := range []string{"/console/", "/console/nothing", "/console/people/", "/console//people", "/console/people/../audit", "/console/static/", "/console/static/x.css", "/console/people/nobody", "/console/people/%zz"} {
		w := b.send(mustRequest(t, path))
		if w.Code != http.StatusNotFound && w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "POST"} {
		r := mustRequest(t, "/console/overview")
		r.Method = method
		if w := b.send(r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
	}
}
