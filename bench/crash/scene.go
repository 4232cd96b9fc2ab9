//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// service is the service bureau's code of the settings.
const service = "RLT"

// lane is one worker of the bench: a simulator of its own and a row of scenes.
type lane struct {
	*bench
	n      int
	sim    *provider
	cards  int
	scenes int
}

// scene is one gateway on fresh files, warmed up, with the next request made and not yet sent.
type scene struct {
	lane *lane
	dir  string
	gw   *world.Gateway
	oms  *world.OMS
	next world.Order

	processors int
	orders     int
}

// newScene starts a gateway and prepares one operation. Close it after use.
func (l *lane) newScene(ctx context.Context, op svcgate.OperationInfo, processors int) (*scene, error) {
	return l.newSceneAt(ctx, filepath.Join(l.dir, fmt.Sprintf("lane%d-%d", l.n, l.scenes+1)), l.sim.base, op, processors)
}

// newSceneAt is newScene with the folder to make and the provider's address.
func (l *lane) newSceneAt(ctx context.Context, dir, providerURL string, op svcgate.OperationInfo, processors int) (s *scene, err error) {
	l.scenes++
	s = &scene{lane: l, dir: dir, oms: world.NewOMS(l.token), processors: processors}
	defer func() {
		if err != nil {
			s.close()
			err = fmt.Errorf("preparing %s: %w", op.Name, err)
		}
	}()
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return s, err
	}
	if err := copyTemplate(l.template, s.dir, providerURL); err != nil {
		return s, err
	}
	if err := l.sim.reset(ctx); err != nil {
		return s, err
	}
	if s.gw, err = startGateway(ctx, l.binary, s.dir, processors); err != nil {
		return s, err
	}
	// The first operation makes the log file and the connection; afterwards every operation makes the same calls.
	if _, err := s.authorize(ctx); err != nil {
		return s, err
	}
	s.next, err = s.prepare(ctx, op)
	return s, err
}

// close stops the gateway and removes its files.
func (s *scene) close() {
	if s.gw != nil {
		s.gw.Kill()
	}
	_ = os.RemoveAll(s.dir) // it lies in the bench's own folder, which is removed at the end
}

// restart starts the gateway again on the same files.
func (s *scene) restart(ctx context.Context) (err error) {
	s.gw.Kill()
	s.gw, err = startGateway(ctx, s.lane.binary, s.dir, s.processors)
	return err
}

// newCard makes a card at the simulator. Its number is made up.
func (l *lane) newCard(ctx context.Context, standing, balance string) (number string, err error) {
	l.cards++
	number = fmt.Sprintf("600649%02d%08d", l.n, l.cards)
	return number, l.sim.addCard(ctx, number, standing, balance)
}

const (
	held     = "40.00" // by the authorizations that deposits and voids name
	heldMore = "20.00" // by the second one of a split deposit
	heldBoth = "60.00"
	credit   = "500.00"
)

// request makes an order of an operation.
func (s *scene) request(op svcgate.OperationInfo, number, money string) (world.Order, error) {
	s.orders++
	return world.NewOrder(service, fmt.Sprintf("L%d-%d-%d", s.lane.n, s.lane.scenes, s.orders), op, number, money)
}

// prepareSplit holds more for the order, and makes a deposit that takes both holds.
func (s *scene) prepareSplit(ctx context.Context, op svcgate.OperationInfo, first world.Order) (world.Order, error) {
	if _, err := s.authorizeOn(ctx, first.Card, first.Order, heldMore); err != nil {
		return world.Order{}, err
	}
	r, err := s.request(op, first.Card, heldBoth)
	r.Order, r.Parts = first.Order, 2
	r.Body["order"], r.Body["split"] = first.Order, svcgate.SplitAuto
	return r, err
}

// authorize holds money on a new card and returns the order.
func (s *scene) authorize(ctx context.Context) (world.Order, error) {
	number, err := s.lane.newCard(ctx, "active", credit)
	if err != nil {
		return world.Order{}, err
	}
	return s.authorizeOn(ctx, number, "", held)
}

// authorizeOn holds money on a card for an order, a new one when it has no name.
func (s *scene) authorizeOn(ctx context.Context, number, name, money string) (hold world.Order, err error) {
	op, _ := svcgate.Authorize.Info()
	if hold, err = s.request(op, number, money); err != nil {
		return hold, err
	}
	if name != "" {
		hold.Order, hold.Body["order"] = name, name
	}
	a, err := s.oms.Send(ctx, s.gw.Base, hold)
	if err != nil {
		return hold, err
	}
	if a.Row == nil || world.Text(a.Row.Outcome) != svcgate.Approved || a.Row.Provider == nil {
		return hold, fmt.Errorf("an authorization was answered with status %d %s", a.Status, a.Code)
	}
	hold.Body["authorization"] = world.Text(a.Row.Provider.TransactionID)
	return hold, nil
}

// prepare makes the request of an operation, and the card and the hold that it needs.
func (s *scene) prepare(ctx context.Context, op svcgate.OperationInfo) (world.Order, error) {
	if op.NeedsAuthorization {
		hold, err := s.authorize(ctx)
		if err != nil {
			return world.Order{}, err
		}
		if op.Name == splitDeposit {
			return s.prepareSplit(ctx, op, hold)
		}
		r, err := s.request(op, hold.Card, held)
		r.Order = hold.Order
		r.Body["order"], r.Body["authorization"] = hold.Order, hold.Body["authorization"]
		return r, err
	}
	number := ""
	if op.NeedsCard {
		standing, balance := "active", credit
		if op.NeedsKind {
			standing, balance = "new", "0.00"
		}
		var err error
		if number, err = s.lane.newCard(ctx, standing, balance); err != nil {
			return world.Order{}, err
		}
	}
	return s.request(op, number, "11.07")
}

// check reads the journal and the ledger and compares them with what the OMS wrote down.
func (s *scene) check(ctx context.Context) (check.Report, []check.Journaled, error) {
	journal, err := s.oms.ReadAll(ctx, s.gw.Base)
	if err != nil {
		return check.Report{}, nil, err
	}
	entries, err := s.lane.sim.ledger(ctx, 0)
	if err != nil {
		return check.Report{}, nil, err
	}
	booked, err := bookedOf(entries)
	if err != nil {
		return check.Report{}, nil, err
	}
	return check.Run(s.oms.Log(), booked, journal), journal, nil
}

// messages counts what the provider got of the request, booked or not.
func (s *scene) messages(ctx context.Context) (int, error) {
	entries, err := s.lane.sim.ledger(ctx, 0)
	n := 0
	for _, e := range entries {
		if e.Order == s.next.Order && e.Message == world.MessageOf[s.next.Op.Operation] {
			n++
		}
	}
	return n, err
}

// repeat sends the request again under its key and returns what is wrong about it: had says that the journal had the
// key, before how many messages the provider had got.
func (s *scene) repeat(ctx context.Context, row *check.Journaled, before int) (again world.Answer, wrong []check.Finding, err error) {
	if again, err = s.oms.Send(ctx, s.gw.Base, s.next); err != nil {
		return again, nil, fmt.Errorf("repeating the request: %w", err)
	}
	after, err := s.messages(ctx)
	if err != nil {
		return again, nil, err
	}
	f := check.Finding{Key: s.next.Key, Order: s.next.Order}
	if after > s.next.Parts || row != nil && after > before {
		f.What = fmt.Sprintf("Repeating the request under its key sent a message: the provider had %d and has %d.", before, after)
		wrong = append(wrong, f)
	}
	if row != nil && (again.Row == nil || again.Row.ID != row.Transaction.ID) && again.Status/100 == 2 {
		f.What = "Repeating the request under its key was answered with another transaction."
		wrong = append(wrong, f)
	}
	return again, wrong, nil
}

// rowOf finds the journal's row of the request's key.
func rowOf(journal []check.Journaled, key string) *check.Journaled {
	for i := range journal {
		if journal[i].Transaction.Key == key {
			return &journal[i]
		}
	}
	return nil
}
