package soap_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/svcgate/svcgate/soap"
)

func TestFiguresCountTheStepThatFailed(t *testing.T) {
	t.Parallel()
	hangsUp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(hangsUp.Close)
	for step, url := range map[string]string{soap.OpDial: "http://" + nobody, soap.OpTLS: "https" + hangsUp.URL[4:], soap.OpRead: hangsUp.URL} {
		c, err := soap.NewClient(soap.Config{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		for range 2 {
			if _, err := c.Call(t.Context(), []byte("<a/>")); err == nil {
				t.Fatalf("%s: no error", step)
			}
		}
		for name, n := range c.Figures().Failed {
			if want := map[bool]uint64{true: 2}[name == step]; n != want {
				t.Errorf("%s: %d failures of %s, want %d", step, n, name, want)
			}
		}
	}
}

func TestFiguresTellWhenCertificatesEnd(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	shown := a.issue(t, leaf{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte("<a/>"))
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{shown}}
	server.StartTLS()
	t.Cleanup(server.Close)
	c, err := soap.NewClient(soap.Config{URL: server.URL, CAFile: a.file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if f := c.Figures(); !f.ProviderEnds.IsZero() || !f.OwnEnds.IsZero() {
		t.Errorf("%+v before a handshake", f)
	}
	if _, err := c.Call(t.Context(), []byte("<a/>")); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(c.Figures().ProviderEnds); left < 50*time.Minute || left > time.Hour {
		t.Errorf("the provider's certificate ends in %s", left)
	}
}
