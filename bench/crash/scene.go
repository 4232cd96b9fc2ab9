//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
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
	gw   *gateway
	oms  *oms
	next order

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
	s = &scene{lane: l, dir: dir, oms: newOMS(l.token), processors: processors}
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
		s.gw.proc.kill()
	}
	_ = os.RemoveAll(s.dir) // it lies in the bench's own folder, which is removed at the end
}

// restart starts the gateway again on the same files.
func (s *scene) restart(ctx context.Context) (err error) {
	s.gw.proc.kill()
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
func (s *scene) request(op svcgate.OperationInfo, number, money string) (order, error) {
	s.orders++
	name := fmt.Sprintf("L%d-%d-%d", s.lane.n, s.lane.scenes, s.orders)
	r := order{op: op, key: "key " + name, order: name, card: number, parts: 1, body: map[string]any{"service": service}}
	if op.Operation == svcgate.Generate {
		r.order, r.card = "", "" // its message carries neither
	} else {
		r.body["order"] = name
		r.body["card"] = map[string]any{"number": number}
	}
	if op.NeedsAmount {
		r.body["amount"], r.body["currency"] = money, "USD"
		var err error
		if r.amount, err = svcgate.ParseMoney(money, "USD"); err != nil {
			return r, err
		}
	}
	if op.NeedsKind {
		r.body["kind"] = string(svcgate.Physical)
	}
	return r, nil
}

// prepareSplit holds more for the order, and makes a deposit that takes both holds.
func (s *scene) prepareSplit(ctx context.Context, op svcgate.OperationInfo, first order) (order, error) {
	if _, err := s.authorizeOn(ctx, first.card, first.order, heldMore); err != nil {
		return order{}, err
	}
	r, err := s.request(op, first.card, heldBoth)
	r.order, r.parts = first.order, 2
	r.body["order"], r.body["split"] = first.order, svcgate.SplitAuto
	return r, err
}

// authorize holds money on a new card and returns the order.
func (s *scene) authorize(ctx context.Context) (order, error) {
	number, err := s.lane.newCard(ctx, "active", credit)
	if err != nil {
		return order{}, err
	}
	return s.authorizeOn(ctx, number, "", held)
}

// authorizeOn holds money on a card for an order, a new one when it has no name.
func (s *scene) authorizeOn(ctx context.Context, number, name, money string) (hold order, err error) {
	op, _ := svcgate.Authorize.Info()
	if hold, err = s.request(op, number, money); err != nil {
		return hold, err
	}
	if name != "" {
		hold.order, hold.body["order"] = name, name
	}
	a, err := s.oms.send(ctx, s.gw.base, hold)
	if err != nil {
		return hold, err
	}
	if a.row == nil || text(a.row.Outcome) != svcgate.Approved || a.row.Provider == nil {
		return hold, fmt.Errorf("an authorization was answered with status %d %s", a.status, a.code)
	}
	hold.body["authorization"] = text(a.row.Provider.TransactionID)
	return hold, nil
}

// prepare makes the request of an operation, and the card and the hold that it needs.
func (s *scene) prepare(ctx context.Context, op svcgate.OperationInfo) (order, error) {
	if op.NeedsAuthorization {
		hold, err := s.authorize(ctx)
		if err != nil {
			return order{}, err
		}
		if op.Name == splitDeposit {
			return s.prepareSplit(ctx, op, hold)
		}
		r, err := s.request(op, hold.card, held)
		r.order = hold.order
		r.body["order"], r.body["authorization"] = hold.order, hold.body["authorization"]
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
			return order{}, err
		}
	}
	return s.request(op, number, "11.07")
}

// check reads the journal and the ledger and compares them with what the OMS wrote down.
func (s *scene) check(ctx context.Context) (check.Report, []check.Journaled, error) {
	journal, err := s.oms.readAll(ctx, s.gw.base)
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
	return check.Run(s.oms.log(), booked, journal), journal, nil
}

// messages counts what the provider got of the request, booked or not.
func (s *scene) messages(ctx context.Context) (int, error) {
	entries, err := s.lane.sim.ledger(ctx, 0)
	n := 0
	for _, e := range entries {
		if e.Order == s.next.order && e.Message == messageOf[s.next.op.Operation] {
			n++
		}
	}
	return n, err
}

// repeat sends the request again under its key and returns what is wrong about it: had says that the journal had the
// key, before how many messages the provider had got.
func (s *scene) repeat(ctx context.Context, row *check.Journaled, before int) (again answer, wrong []check.Finding, err error) {
	if again, err = s.oms.send(ctx, s.gw.base, s.next); err != nil {
		return again, nil, fmt.Errorf("repeating the request: %w", err)
	}
	after, err := s.messages(ctx)
	if err != nil {
		return again, nil, err
	}
	f := check.Finding{Key: s.next.key, Order: s.next.order}
	if after > s.next.parts || row != nil && after > before {
		f.What = fmt.Sprintf("Repeating the request under its key sent a message: the provider had %d and has %d.", before, after)
		wrong = append(wrong, f)
	}
	if row != nil && (again.row == nil || again.row.ID != row.Transaction.ID) && again.status/100 == 2 {
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
