package soap_test

import (
	"errors"
	"testing"
	"time"

	"github.com/svcgate/svcgate/soap"
)

func TestReach(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), newAuthority(t)
	quiet := func(v *visit) {
		if v.request() {
			t.Error("a request was sent")
		}
	}
	tlsServer := ca.serve(t, ca.issue(t, leaf{}), quiet)
	plain := serve(t, quiet)
	for name, test := range map[string]struct {
		config soap.Config
		op     string
		tls    string
	}{
		"TLS":               {soap.Config{URL: tlsServer.httpsURL(), CAFile: ca.file}, "", "TLS 1.3"},
		"plain":             {soap.Config{URL: "http://" + plain.address() + "/"}, "", ""},
		"another authority": {soap.Config{URL: tlsServer.httpsURL(), CAFile: other.file}, soap.OpTLS, ""},
		"TLS to plain":      {soap.Config{URL: "https://" + plain.address() + "/", DialTimeout: time.Second}, soap.OpTLS, ""},
		"nobody":            {soap.Config{URL: "http://" + nobody + "/"}, soap.OpDial, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := soap.NewClient(test.config)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			way, err := c.Reach(t.Context())
			failed, _ := errors.AsType[*soap.TransportError](err)
			switch {
			case test.op == "" && err != nil:
				t.Errorf("got %v", err)
			case test.op != "" && (failed == nil || failed.Op != test.op || failed.MaybeSent):
				t.Errorf("got %v, want a failure of %s", err, test.op)
			}
			if way.TLS != test.tls || way.Address == "" || way.Expires.IsZero() != (test.tls == "") {
				t.Errorf("way %+v", way)
			}
		})
	}
}
