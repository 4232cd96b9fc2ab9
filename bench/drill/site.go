//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/simulator"
)

const (
	service = "RLT"
	cards   = 1000
	money   = 1_000_000 // minor units on each card
	latency = 50 * time.Millisecond
	quiet   = 3 * time.Second
	rest    = time.Minute // until everything is settled

	settings = `listen: 127.0.0.1:0
admin_listen: 127.0.0.1:0
database: %q
key_file: ../svcgate.key
limits: {call: 5s}
rates: {requests: 0, inquiries: 0}
settling: {schedule: [1s], quiet: %s, every: 200ms}
services:
  - code: RLT
    url: %s/relateui/OMS/xmlapi
    dial_timeout: 1s
    call_timeout: 2s
    presenters_id: "60064"
    submitters_id: "01"
    signon: DRILL
`
)

// site is a provider, which stays, and two places: the one that is lost and the one that takes its place.
type site struct {
	options
	kind     string
	dir      string
	provider world.Provider
	door     *door
	oms      *world.OMS
	database *world.Database // of the place where the gateway is
	gw       *world.Gateway
	asked    int
}

// newSite starts the gateway that will be lost. Close it after use, also when there was an error.
func newSite(ctx context.Context, o options, kind string) (s *site, err error) {
	s = &site{options: o, kind: kind}
	if s.binary, err = filepath.Abs(o.binary); err != nil {
		return s, err
	}
	if s.dir, err = os.MkdirTemp("", "svcgate-drill-"); err != nil {
		return s, err
	}
	if s.provider, err = world.NewProvider(1); err != nil {
		return s, err
	}
	for n := range cards {
		if err := s.provider.AddCard(card(n), simulator.StandingActive, money); err != nil {
			return s, err
		}
	}
	s.door = openDoor(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(latency) // so that something is always under way
		s.provider.ServeHTTP(w, r)
	}))
	if _, err := world.Tool(ctx, s.binary, "keys", "init", filepath.Join(s.dir, "svcgate.key")); err != nil {
		return s, err
	}
	if err := s.place(ctx, "old"); err != nil {
		return s, err
	}
	token, err := world.Tool(ctx, s.binary, "tokens", "create", "oms", "--role", "oms", "--config", s.file("old"))
	if err != nil {
		return s, err
	}
	s.oms = world.NewOMS(token)
	s.gw, err = world.Serve(ctx, s.binary, s.file("old"), nil)
	return s, err
}

// card makes test card numbers that belong to nobody.
func card(n int) string { return fmt.Sprintf("600649%010d", 7_100_000_000+n) }

func (s *site) file(place string) string { return filepath.Join(s.dir, place, "svcgate.yaml") }

// place makes a folder with settings, and an empty database.
func (s *site) place(ctx context.Context, name string) (err error) {
	if err := os.Mkdir(filepath.Join(s.dir, name), 0o700); err != nil {
		return err
	}
	if s.database, err = world.OpenDatabase(ctx, s.kind); err != nil {
		return err
	}
	return os.WriteFile(s.file(name), fmt.Appendf(nil, settings, s.database.Setting, quiet, s.door.URL), 0o600)
}

// lose makes a backup under load and then takes gateway and database away.
func (s *site) lose(ctx context.Context) (begun, backedUp, killed time.Time, err error) {
	loaded, stop := context.WithCancel(ctx)
	defer stop()
	var load sync.WaitGroup
	load.Go(func() { s.load(loaded) })
	defer load.Wait()
	if err := errors.Join(wait(ctx, s.before), s.answered(ctx, time.Time{})); err != nil {
		return begun, backedUp, killed, err
	}
	begun = time.Now()
	if _, err := world.Tool(ctx, s.binary, "backup", filepath.Join(s.dir, "backup.db"), "--config", s.file("old")); err != nil {
		return begun, backedUp, killed, err
	}
	backedUp = time.Now()
	if err := errors.Join(wait(ctx, s.after), s.answered(ctx, backedUp)); err != nil {
		return begun, backedUp, killed, err
	}
	killed = time.Now()
	s.gw.Kill()
	stop()
	load.Wait()
	if err := s.door.arrived(ctx); err != nil {
		return begun, backedUp, killed, err
	}
	if err := s.database.Close(); err != nil {
		return begun, backedUp, killed, err
	}
	s.database = nil
	return begun, backedUp, killed, os.RemoveAll(filepath.Join(s.dir, "old"))
}

// load sends at a fixed rate whatever the answers are, one operation to each card in turn.
func (s *site) load(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	pace := time.NewTicker(time.Second / time.Duration(s.rate))
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		op, _ := []svcgate.Operation{svcgate.Recharge, svcgate.Authorize}[s.asked%2].Info()
		order, err := world.NewOrder(service, fmt.Sprintf("drill-%d", s.asked), op, card(s.asked%cards), "1.00")
		if err != nil {
			panic(err) // it is always the same
		}
		s.asked++
		work.Go(func() {
			_, _ = s.oms.Send(context.WithoutCancel(ctx), s.gw.Base, order) // without an answer it is not judged
		})
	}
}

// answered waits until an operation was answered after an instant: without one before the backup, and one after it,
// nothing would be shown.
func (s *site) answered(ctx context.Context, since time.Time) error {
	return until(ctx, "no operation is answered", func() bool {
		return slices.ContainsFunc(s.oms.Log(), func(t check.Told) bool { return t.TransactionID != "" && t.At.After(since) })
	})
}

// wait lets time pass.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// messages counts what the provider got besides inquiries, by order.
func (s *site) messages() (map[string]int, error) {
	booked, err := s.provider.Booked()
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, b := range booked {
		if b.Kind != world.MessageOf[svcgate.Inquire] {
			counts[b.Order]++
		}
	}
	return counts, nil
}

// restore makes a new place of the backup, proves it, and starts a gateway there.
func (s *site) restore(ctx context.Context) (took time.Duration, err error) {
	if err := s.place(ctx, "new"); err != nil {
		return 0, err
	}
	to := s.database.Setting
	if s.database.Cluster == nil {
		to = filepath.Join(s.dir, "new", to)
	}
	started := time.Now()
	if _, err := world.Tool(ctx, s.binary, "restore", filepath.Join(s.dir, "backup.db"), "--to", to); err != nil {
		return 0, err
	}
	took = time.Since(started)
	if _, err := world.Tool(ctx, s.binary, "verify", "--config", s.file("new")); err != nil {
		return 0, err
	}
	s.gw, err = world.Serve(ctx, s.binary, s.file("new"), nil)
	return took, err
}

// settle waits until nothing is under way any more, within bounds, and reads everything. The gateway looks at each card
// when it starts; once the quiet time is over, a read lets it look again.
func (s *site) settle(ctx context.Context) ([]check.Journaled, error) {
	if err := wait(ctx, quiet+time.Second); err != nil {
		return nil, err
	}
	for limit := time.Now().Add(rest); time.Now().Before(limit); {
		left := 0
		for _, state := range []svcgate.State{svcgate.StateSent, svcgate.StateUnresolved} {
			rows, _, err := s.oms.List(ctx, s.gw.Base, url.Values{"state": {string(state)}})
			if err != nil {
				return nil, err
			}
			left += len(rows)
			for _, row := range rows {
				if _, _, err := s.oms.Do(ctx, http.MethodGet, s.gw.Base+"/v1/transactions/"+row.Transaction.ID, "", nil); err != nil {
					return nil, err
				}
			}
		}
		if left == 0 {
			break
		}
		if err := wait(ctx, 500*time.Millisecond); err != nil {
			return nil, err
		}
	}
	rows, _, err := s.oms.List(ctx, s.gw.Base, nil)
	return rows, err
}

// close ends what is there still.
func (s *site) close() error {
	var errs []error
	if s.gw != nil {
		errs = append(errs, s.gw.End())
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
