package main

import (
	"fmt"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/mapping"
	"github.com/svcgate/svcgate/orce"
	"github.com/svcgate/svcgate/soap"
)

// providers makes the provider that a service names. A second provider is a second row.
var providers = map[string]func(*config.Service) (svcgate.Provider, func(), error){
	"orce": newORCE,
}

// newProvider makes a service's provider and the function that closes its connections.
func newProvider(s *config.Service) (svcgate.Provider, func(), error) {
	construct, known := providers[s.Provider]
	if !known {
		return nil, nil, fmt.Errorf("service %s: there is no provider %q", s.Code, s.Provider)
	}
	return construct(s)
}

// newSOAP makes the client of a service's provider.
func newSOAP(s *config.Service) (*soap.Client, error) {
	password, err := s.Password.Read()
	if err != nil {
		return nil, fmt.Errorf("service %s: reading the password: %w", s.Code, err)
	}
	token, err := s.BearerToken.Read()
	if err != nil {
		return nil, fmt.Errorf("service %s: reading the bearer token: %w", s.Code, err)
	}
	client, err := soap.NewClient(soap.Config{
		URL: s.URL, Username: s.Username, Password: secret.New(password), BearerToken: secret.New(token),
		ProxyHost: s.ProxyHost, ProxyPort: s.ProxyPort, CAFile: s.CAFile, CertFile: s.CertFile, KeyFile: s.KeyFile,
		DialTimeout: s.DialTimeout, CallTimeout: s.CallTimeout, AllowPlainHTTP: s.AllowPlainHTTP, MaySend: svcgate.MaySend,
	})
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", s.Code, err)
	}
	return client, nil
}

func newORCE(s *config.Service) (svcgate.Provider, func(), error) {
	client, err := newSOAP(s)
	if err != nil {
		return nil, nil, err
	}
	provider, err := orce.New(orce.Config{
		Bureau: mapping.Bureau{
			Service: s.Code, PresentersID: s.PresentersID, SubmittersID: s.SubmittersID, Signon: s.Signon,
			SendCurrency: s.SendCurrency, DefaultCurrency: s.DefaultCurrency, Location: s.Location,
		},
		Client: client, StrictSOAP: s.StrictSOAP, Bare: s.BareMessages, DistrustAuthRejections: !s.TrustAuthRejections,
	})
	if err != nil {
		client.Close()
		return nil, nil, fmt.Errorf("service %s: %w", s.Code, err)
	}
	return wired{provider, client}, client.Close, nil
}
