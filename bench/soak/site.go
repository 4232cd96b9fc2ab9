//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

const service = "RLT"

// settings leave everything as it is delivered but the addresses and what turns requests away: when the machine stands
// still for a second they come all at once, and bench/load is for that.
const settings = `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
database: %q
key_file: svcgate.key
limits: {max_in_flight: 4096, connections_per_address: 4096}
rates: {requests: 20000, inquiries: 20000}
services:
  - code: RLT
    url: %s/relateui/OMS/xmlapi
    presenters_id: "60064"
    submitters_id: "01"
    signon: SOAK
`

// site is the provider, the database and the gateways.
type site struct {
	options
	dir, token string
	database   *world.Database
	provider   *provider
	door       *httptest.Server
	gateways   []*world.Gateway
}

// newSite starts everything. Close it after use, also when there was an error.
func newSite(ctx context.Context, o options) (s *site, err error) {
	s = &site{options: o}
	if s.dir, err = os.MkdirTemp("", "svcgate-soak-"); err != nil {
		return s, err
	}
	if s.provider, err = newProvider(o); err != nil {
		return s, err
	}
	s.door = httptest.NewServer(s.provider)
	if s.database, err = world.OpenDatabase(ctx, o.database); err != nil {
		return s, err
	}
	file := s.file()
	text := fmt.Appendf(nil, settings, s.database.Setting, s.door.URL)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return s, err
	}
	if _, err := world.Tool(ctx, o.binary, "keys", "init", filepath.Join(s.dir, "svcgate.key")); err != nil {
		return s, err
	}
	if s.token, err = world.Tool(ctx, o.binary, "tokens", "create", "oms", "--role", "oms", "--config", file); err != nil {
		return s, err
	}
	for range o.nodes {
		g, err := world.Serve(ctx, o.binary, file, nil)
		if err != nil {
			return s, err
		}
		s.gateways = append(s.gateways, g)
	}
	return s, nil
}

func (s *site) file() string { return filepath.Join(s.dir, "svcgate.yaml") }

// close ends what newSite started.
func (s *site) close() error {
	var errs []error
	for _, g := range s.gateways {
		errs = append(errs, g.End())
	}
	errs = append(errs, s.database.Close())
	if s.door != nil {
		s.door.Close()
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// compare reads the journal and joins it with what was told and booked; svcgate verify walks the journal's chain.
func (s *site) compare(ctx context.Context, oms *world.OMS) (check.Report, error) {
	fmt.Println("soak: reading the journal")
	journal, err := oms.ReadAll(ctx, s.gateways[0].Base)
	if err != nil {
		return check.Report{}, err
	}
	booked, err := s.provider.Booked()
	if err != nil {
		return check.Report{}, err
	}
	report := check.Run(oms.Log(), booked, journal)
	if _, err := world.Tool(ctx, s.binary, "verify", "--config", s.file()); err != nil {
		report.Unexplained = append(report.Unexplained, check.Finding{What: "The journal does not verify: " + err.Error()})
	}
	return report, nil
}
