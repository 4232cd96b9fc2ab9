package console_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/console"
)

// Behind a proxy that the settings name, one browser's wrong passwords do not shut out another, and nobody can speak
// for another address by writing the header.
func TestSignInsAreCountedByTheBrowsersAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		proxies []string
		header  string
		want    string // in the person's trail; the request comes from 192.0.2.1
	}{
		"no proxy is named":           {nil, "203.0.113.9", "192.0.2.1"},
		"another is named":            {[]string{"198.51.100.0/24"}, "203.0.113.9", "192.0.2.1"},
		"the proxy says nothing":      {[]string{"192.0.2.1/32"}, "", "192.0.2.1"},
		"the proxy tells the browser": {[]string{"192.0.2.1/32"}, "203.0.113.9", "203.0.113.9"},
		"the browser lied before":     {[]string{"192.0.2.1/32"}, "198.51.100.77, 203.0.113.9", "203.0.113.9"},
		"two proxies":                 {[]string{"192.0.2.0/24", "10.0.0.0/8"}, "203.0.113.9, 10.1.2.3", "203.0.113.9"},
		"only proxies":                {[]string{"192.0.2.0/24", "10.0.0.0/8"}, "10.9.9.9, 10.1.2.3", "10.9.9.9"},
		"no address":                  {[]string{"192.0.2.1/32"}, "203.0.113.9, unknown", "192.0.2.1"},
		"mapped":                      {[]string{"192.0.2.1/32"}, "::ffff:203.0.113.9", "203.0.113.9"},
		"version 6":                   {[]string{"192.0.2.1/32"}, "2001:db8::7%eth0", "2001:db8::7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(c *console.Config) {
				for _, p := range test.proxies {
					c.Proxies = append(c.Proxies, netip.MustParsePrefix(p))
				}
			})
			s.person("ann", access.RoleViewer)
			b := s.browser()
			if test.header != "" {
				b.header.Set("X-Forwarded-For", test.header)
			}
			wantPage(t, b.post("/console/sign-in", "name", "ann", "password", "wrong password of ann"), http.StatusUnprocessableEntity)
			if last := s.entries[len(s.entries)-1]; last.Action != "person.sign_in.failed" || !strings.HasPrefix(last.Detail, "from "+test.want+": ") {
				t.Errorf("%s %s; want it counted for %s", last.Action, last.Detail, test.want)
			}
		})
	}
}
