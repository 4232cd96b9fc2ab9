package soap_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/soap"
)

// BenchmarkCall measures one call over a kept connection on loopback, the provider's share included. net/http's
// Transport is there for comparison.
func BenchmarkCall(b *testing.B) {
	body := []byte(strings.Repeat("q", 1600))
	text := answer(200, "text/xml", strings.Repeat("a", 1000))
	plain := serve(b, always(text))
	ca := newAuthority(b)
	secure := ca.serve(b, ca.issue(b, leaf{}), always(text))
	for name, config := range map[string]soap.Config{
		"plain":                {URL: plain.url()},
		"tls":                  {URL: secure.httpsURL(), CAFile: ca.file},
		"tls, connection each": {URL: secure.httpsURL(), CAFile: ca.file, IdleTimeout: -1},
	} {
		c := client(b, config)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(loop *testing.PB) {
				for loop.Next() {
					a, err := c.Call(b.Context(), body)
					if err != nil {
						b.Fatal(err)
					}
					a.Release()
				}
			})
		})
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	b.Run("plain, net/http", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(loop *testing.PB) {
			for loop.Next() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, plain.url(), bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				resp, err := transport.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}
