package orce_test

import (
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/orce/orcetest"
	"github.com/svcgate/svcgate/soap"
)

func bureau() mapping.Bureau {
	return mapping.Bureau{
		Service: "RLT", PresentersID: "00912", SubmittersID: "03", Signon: "WEB01", DefaultCurrency: "USD",
		Location: time.FixedZone("EDT", -4*60*60),
	}
}

func provider(t testing.TB, c orce.Config) *orce.Provider {
	t.Helper()
	if c.Bureau.Service == "" {
		c.Bureau = bureau()
	}
	p, err := orce.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func client(t testing.TB, url string) *soap.Client {
	t.Helper()
	c, err := soap.NewClient(soap.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestProvider(t *testing.T) {
	t.Parallel()
	orcetest.Run(t, func(t testing.TB, b orcetest.Behaviour) (svcgate.Provider, orcetest.FarEnd) {
		far := orcetest.NewCaller(b)
		return provider(t, orce.Config{Client: far}), far
	})
}

func TestProviderOverHTTP(t *testing.T) {
	t.Parallel()
	orcetest.Run(t, func(t testing.TB, b orcetest.Behaviour) (svcgate.Provider, orcetest.FarEnd) {
		far := orcetest.NewServer(t, b)
		return provider(t, orce.Config{Client: client(t, far.URL)}), far
	})
}

func TestProviderBareAndStrict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]orce.Config{"bare": {Bare: true}, "strict SOAP": {StrictSOAP: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			orcetest.Run(t, func(t testing.TB, b orcetest.Behaviour) (svcgate.Provider, orcetest.FarEnd) {
				far := orcetest.NewCaller(b)
				return provider(t, orce.Config{Client: far, Bare: c.Bare, StrictSOAP: c.StrictSOAP}), far
			})
		})
	}
}
