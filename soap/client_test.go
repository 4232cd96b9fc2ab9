package soap_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/soap"
)

func TestCallWritesTheRequestAsPromised(t *testing.T) {
	t.Parallel()
	p := serve(t, always(answer(200, "text/xml; charset=utf-8", xmlBody)))
	a, err := call(client(t, soap.Config{URL: p.url() + "?a=b"}))
	wantAnswer(t, a, err, xmlBody)
	if a.ContentType != "text/xml; charset=utf-8" {
		t.Errorf("content type %q", a.ContentType)
	}
	p.want(1, 1)
	if p.bodies[0] != question {
		t.Error("the body arrived changed")
	}
	if want := "POST /relateui/OMS/xmlapi?a=b " + p.address(); p.lines[0] != want {
		t.Errorf("got %q, want %q", p.lines[0], want)
	}
	want := http.Header{
		"User-Agent":      {"svcgate"},
		"Accept":          {"text/xml, application/soap+xml;q=0.9, application/xml;q=0.9"},
		"Accept-Encoding": {"identity"},
		"Content-Type":    {"text/xml; charset=utf-8"},
		"Soapaction":      {`""`},
		"Content-Length":  {fmt.Sprint(len(question))},
	}
	if got := p.headers[0]; fmt.Sprint(got) != fmt.Sprint(want) { // nothing more, so no Idempotency-Key either
		t.Errorf("headers\n%v\nwant\n%v", got, want)
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config soap.Config
		want   []string
	}{
		"none":                {soap.Config{}, nil},
		"basic":               {soap.Config{Username: "oms", Password: secret.New("p:w")}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("oms:p:w"))}},
		"basic, no password":  {soap.Config{Username: "oms"}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("oms:"))}},
		"basic, odd password": {soap.Config{Username: "oms", Password: secret.New("a\r\nX: y")}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("oms:a\r\nX: y"))}},
		"bearer":              {soap.Config{BearerToken: secret.New("abc.DEF-1~_+/==")}, []string{"Bearer abc.DEF-1~_+/=="}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, always(answer(200, "text/xml", xmlBody)))
			test.config.URL = p.url()
			a, err := call(client(t, test.config))
			wantAnswer(t, a, err, xmlBody)
			if got := p.headers[0].Values("Authorization"); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if p.headers[0].Get("X") != "" {
				t.Error("a header was injected")
			}
		})
	}
}

func TestNewClientRefuses(t *testing.T) {
	t.Parallel()
	const sesame = "open-sesame"
	good := "https://provider.invalid/relateui/OMS/xmlapi"
	for name, test := range map[string]struct {
		config soap.Config
		want   string
	}{
		"no URL":                  {soap.Config{}, "URL is missing"},
		"control characters":      {soap.Config{URL: good + "\r\nX: " + sesame}, "cannot be parsed"},
		"port with letters":       {soap.Config{URL: "https://provider.invalid:" + sesame + "/"}, "cannot be parsed"},
		"user in URL":             {soap.Config{URL: "https://oms:" + sesame + "@provider.invalid/"}, "user or a password"},
		"empty user in URL":       {soap.Config{URL: "https://@provider.invalid/"}, "user or a password"},
		"no scheme":               {soap.Config{URL: "provider.invalid/xmlapi"}, "https://"},
		"ftp":                     {soap.Config{URL: "ftp://provider.invalid/"}, "https://"},
		"no host":                 {soap.Config{URL: "https:///xmlapi"}, "host"},
		"host not ASCII":          {soap.Config{URL: "https://pröver.invalid/"}, "host"},
		"port 0":                  {soap.Config{URL: "https://provider.invalid:0/"}, "port"},
		"port too large":          {soap.Config{URL: "https://provider.invalid:65536/"}, "port"},
		"space in query":          {soap.Config{URL: good + "?a b"}, "percent-encoded"},
		"fragment":                {soap.Config{URL: good + "#x"}, "fragment"},
		"plain http":              {soap.Config{URL: "http://provider.invalid/"}, "card numbers"},
		"plain http, like local":  {soap.Config{URL: "http://localhost.provider.invalid/"}, "card numbers"},
		"plain http, all zeros":   {soap.Config{URL: "http://0.0.0.0/"}, "card numbers"},
		"plain http by proxy":     {soap.Config{URL: "http://127.0.0.1/", ProxyHost: "proxy.invalid", ProxyPort: 1}, "card numbers"},
		"two kinds of credential": {soap.Config{URL: good, Username: "oms", BearerToken: secret.New(sesame)}, "exclude each other"},
		"password and bearer":     {soap.Config{URL: good, Password: secret.New(sesame), BearerToken: secret.New(sesame)}, "exclude each other"},
		"password alone":          {soap.Config{URL: good, Password: secret.New(sesame)}, "needs Username"},
		"colon in user":           {soap.Config{URL: good, Username: "a:" + sesame}, "colon"},
		"line end in user":        {soap.Config{URL: good, Username: "a\r\nX: " + sesame}, "control characters"},
		"line end in token":       {soap.Config{URL: good, BearerToken: secret.New(sesame + "\r\nX: y")}, "bearer token"},
		"space in token":          {soap.Config{URL: good, BearerToken: secret.New(sesame + " x")}, "bearer token"},
		"only padding in token":   {soap.Config{URL: good, BearerToken: secret.New("==")}, "bearer token"},
		"proxy without port":      {soap.Config{URL: good, ProxyHost: "proxy.invalid"}, "need each other"},
		"port without proxy":      {soap.Config{URL: good, ProxyPort: 3128}, "need each other"},
		"proxy port":              {soap.Config{URL: good, ProxyHost: "proxy.invalid", ProxyPort: 65536}, "between"},
		"proxy as URL":            {soap.Config{URL: good, ProxyHost: "http://u:" + sesame + "@proxy.invalid", ProxyPort: 1}, "without scheme"},
		"certificate without key": {soap.Config{URL: good, CertFile: "cert.pem"}, "need each other"},
		"negative limit":          {soap.Config{URL: good, MaxAnswer: -1}, "negative"},
		"no CA file":              {soap.Config{URL: good, CAFile: "/nonexistent/ca.pem"}, "CAFile"},
		"no key file":             {soap.Config{URL: good, CertFile: "/nonexistent/c.pem", KeyFile: "/nonexistent/k.pem"}, "CertFile"},
		"CA file without PEM":     {soap.Config{URL: good, CAFile: "client_test.go"}, "no PEM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := soap.NewClient(test.config)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want something with %q", err, test.want)
			}
			if strings.Contains(err.Error(), sesame) {
				t.Errorf("%q quotes what was given", err)
			}
		})
	}
}

func TestNewClientReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := soap.NewClient(soap.Config{ProxyPort: 1, CertFile: "x", Password: secret.New("x")})
	if n := strings.Count(fmt.Sprint(err), "soap: "); n != 4 {
		t.Errorf("got %d problems, want 4: %v", n, err)
	}
}

func TestPlainHTTPIsAllowedOnPurpose(t *testing.T) {
	t.Parallel()
	for _, config := range []soap.Config{
		{URL: "http://provider.invalid/", AllowPlainHTTP: true},
		{URL: "http://localhost:1/"},
		{URL: "http://127.8.9.10/"},
		{URL: "http://[::1]:8080/"},
	} {
		if _, err := soap.NewClient(config); err != nil {
			t.Errorf("%s: %v", config.URL, err)
		}
	}
}

// A client is a struct in many logs and panics.
func TestClientShowsNoCredentials(t *testing.T) {
	t.Parallel()
	c := client(t, soap.Config{URL: "http://127.0.0.1:1/", Username: "oms", Password: secret.New("open-sesame")})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		text := fmt.Sprintf(verb, c)
		for _, leak := range []string{"open-sesame", base64.StdEncoding.EncodeToString([]byte("oms:open-sesame")), fmt.Sprintf("%x", "open-sesame")} {
			if strings.Contains(text, leak) {
				t.Errorf("%s shows %q", verb, leak)
			}
		}
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	p := serve(t, func(v *visit) {
		for v.request() {
			body := xmlBody + "<!-- " + fmt.Sprint(v.n) + " -->"
			v.say(answer(200, "text/xml", body))
		}
	})
	c := client(t, soap.Config{URL: p.url()})
	const callers, calls = 16, 25
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			for range calls {
				if _, err := call(c); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	work.Wait()
	conns, messages := p.count()
	if messages != callers*calls || conns > callers {
		t.Errorf("%d messages over %d connections, want %d over at most %d", messages, conns, callers*calls, callers)
	}
}

func TestClosedClientKeepsNoConnection(t *testing.T) {
	t.Parallel()
	gone := make(chan int, 4)
	p := serve(t, func(v *visit) {
		always(answer(200, "text/xml", xmlBody))(v)
		gone <- v.n
	})
	c := client(t, soap.Config{URL: p.url()})
	for range 2 {
		a, err := call(c)
		wantAnswer(t, a, err, xmlBody)
	}
	c.Close()
	<-gone
	for range 2 {
		a, err := call(c)
		wantAnswer(t, a, err, xmlBody)
		<-gone
	}
	p.want(3, 4)
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	gone := make(chan int, 1)
	p := serve(t, func(v *visit) {
		always(answer(200, "text/xml", xmlBody))(v)
		gone <- v.n
	})
	c := client(t, soap.Config{URL: p.url(), IdleTimeout: time.Millisecond})
	a, err := call(c)
	wantAnswer(t, a, err, xmlBody)
	<-gone
}

func TestOneConnectionPerCall(t *testing.T) {
	t.Parallel()
	p := serve(t, always(answer(200, "text/xml", xmlBody)))
	c := client(t, soap.Config{URL: p.url(), IdleTimeout: -1})
	for range 3 {
		a, err := call(c)
		wantAnswer(t, a, err, xmlBody)
	}
	p.want(3, 3)
	if p.headers[0].Get("Connection") != "close" {
		t.Error("the provider was not told")
	}
}
