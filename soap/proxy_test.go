package soap_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/soap"
)

// through makes a config use p as its proxy.
func through(p *provider, config soap.Config) soap.Config { return behind(p.address(), config) }

// behind is through for the proxy at an address.
func behind(proxy string, config soap.Config) soap.Config {
	host, port, _ := net.SplitHostPort(proxy)
	config.ProxyHost = host
	config.ProxyPort, _ = strconv.Atoi(port)
	return config
}

// tunnelTo is a proxy that connects every tunnel to the same provider, so the name asked for need not exist.
func tunnelTo(target *provider) func(*visit) {
	return func(v *visit) {
		if !v.request() {
			return
		}
		far, err := net.Dial("tcp", target.address())
		if err != nil {
			return
		}
		v.say("HTTP/1.1 200 Connection established\r\n\r\n")
		var work sync.WaitGroup
		work.Go(func() { _, _ = io.Copy(far, v.in); _ = far.Close() })
		_, _ = io.Copy(v, far)
		_ = v.Close()
		work.Wait()
	}
}

func TestTunnelThroughAProxy(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	p := ca.serve(t, ca.issue(t, leaf{name: "provider.invalid"}), always(answer(200, "text/xml", xmlBody)))
	proxy := serve(t, tunnelTo(p))
	c := client(t, through(proxy, soap.Config{URL: "https://provider.invalid/xmlapi", CAFile: ca.file, Username: "oms", Password: secret.New("pw")}))
	for range 2 {
		a, err := call(c)
		wantAnswer(t, a, err, xmlBody)
	}
	proxy.want(1, 1)
	p.want(1, 2)
	if proxy.lines[0] != "CONNECT provider.invalid:443 provider.invalid:443" || proxy.headers[0].Get("Authorization") != "" {
		t.Errorf("the proxy saw %q and headers %v", proxy.lines[0], proxy.headers[0])
	}
	if p.lines[0] != "POST /xmlapi provider.invalid" || p.headers[0].Get("Authorization") == "" {
		t.Errorf("the provider saw %q", p.lines[0])
	}
}

func TestPlainHTTPThroughAProxy(t *testing.T) {
	t.Parallel()
	proxy := serve(t, always(answer(200, "text/xml", xmlBody)))
	a, err := call(client(t, through(proxy, soap.Config{URL: "http://provider.invalid:8080/xmlapi", AllowPlainHTTP: true})))
	wantAnswer(t, a, err, xmlBody)
	if want := "POST http://provider.invalid:8080/xmlapi provider.invalid:8080"; proxy.lines[0] != want {
		t.Errorf("got %q, want %q", proxy.lines[0], want)
	}
}

func TestProxyThatDoesNotConnect(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		handle func(*visit)
		is     error
		says   string
	}{
		"407":              {once(answer(407, "text/html", "log in")), soap.ErrProxy, "407"},
		"403":              {once(answer(403, "text/html", "no")), soap.ErrProxy, "403"},
		"502":              {once(answer(502, "text/html", "gone")), soap.ErrProxy, "502"},
		"redirect":         {once(answer(302, "text/html\r\nLocation: http://127.0.0.1/", "")), soap.ErrProxy, "302"},
		"hangs up":         {func(v *visit) { v.request() }, io.ErrUnexpectedEOF, ""},
		"resets":           {func(v *visit) { v.request(); v.reset() }, nil, ""},
		"speaks too early": {func(v *visit) { v.request(); v.say("HTTP/1.1 200 OK\r\n\r\nhello"); v.hangUntilGone() }, soap.ErrNotHTTP, ""},
		"is no proxy":      {once("220 mail ready " + card + "\r\n"), soap.ErrNotHTTP, ""},
		"endless header":   {func(v *visit) { v.request(); v.say("HTTP/1.1 200 OK\r\nX: "); endless(v, strings.Repeat("x", 1000)) }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := serve(t, test.handle)
			_, err := call(client(t, through(proxy, soap.Config{URL: "https://provider.invalid/"})))
			wantTransport(t, err, soap.OpProxy, false)
			if test.is != nil && !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), card) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("not there", func(t *testing.T) {
		t.Parallel()
		_, err := call(client(t, behind(nobody, soap.Config{URL: "https://provider.invalid/"})))
		wantTransport(t, err, soap.OpDial, false)
	})
}

func TestProxiesOfTheEnvironmentAreIgnored(t *testing.T) {
	proxy := serve(t, once(answer(200, "text/xml", xmlBody)))
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, "http://"+proxy.address())
	}
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	// The names do not exist, so only a proxy could answer for them.
	for _, scheme := range []string{"http", "https"} {
		_, err := call(client(t, soap.Config{URL: fmt.Sprintf("%s://provider..invalid/", scheme), AllowPlainHTTP: true}))
		wantTransport(t, err, soap.OpDial, false)
	}
	proxy.want(0, 0)
}
