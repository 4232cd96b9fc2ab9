//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
)

// ending is how the gateway brings an unknown outcome to an end.
type ending struct {
	op      svcgate.Operation
	state   svcgate.State
	outcome svcgate.Outcome
	status  int  // of a repetition under the key
	like    bool // its writes are those of a recharge
	again   bool // the provider did not book it, and it is sent again
}

// endings are of what the provider booked, by asking for the card or on the desk, but for the last: a void that was
// proven not applied. A deposit reaches the desk through the same commits as an authorization, but only after the quiet
// time.
var endings = []ending{
	{op: svcgate.Generate, state: svcgate.StateDesk, outcome: svcgate.Unknown, status: http.StatusGatewayTimeout},
	{op: svcgate.Activate, state: svcgate.StateFinal, outcome: svcgate.Approved, status: http.StatusOK, like: true},
	{op: svcgate.Recharge, state: svcgate.StateFinal, outcome: svcgate.Approved, status: http.StatusOK},
	{op: svcgate.Inquire, state: svcgate.StateFinal, outcome: svcgate.Approved, status: http.StatusOK},
	{op: svcgate.Authorize, state: svcgate.StateDesk, outcome: svcgate.Unknown, status: http.StatusGatewayTimeout},
	{op: svcgate.Return, state: svcgate.StateFinal, outcome: svcgate.Approved, status: http.StatusOK, like: true},
	{op: svcgate.Void, state: svcgate.StateFinal, outcome: svcgate.Approved, status: http.StatusOK, like: true},
	{op: svcgate.Void, like: true, again: true},
}

// groups are those whose calls are struck.
func (e ending) groups() []group {
	switch {
	case e.op == svcgate.Generate:
		return []group{syncs, writes} // nothing is asked
	case e.like:
		return []group{syncs, sends}
	}
	return groups
}

// String is the verb with what is settled of it.
func (e ending) String() string {
	if e.again {
		return e.op.String() + " sent again"
	}
	return e.op.String()
}

// wrong says what is wrong with the end, "" for nothing.
func (e ending) wrong(t *world.Transaction, status int) string {
	if t.State != e.state || world.Text(t.Outcome) != e.outcome || status != e.status {
		return fmt.Sprintf("It ends %s and %s with status %d, and must end %s and %s with %d.", t.State, world.Text(t.Outcome), status, e.state, e.outcome, e.status)
	}
	return ""
}

// settlingJobs kills at the calls that looking into an unknown outcome makes: the commits of the gateway's own inquiry,
// of the look, of the settlement and of sending again, with their rows of the chain, and the messages.
func (b *bench) settlingJobs(ctx context.Context) ([]job, error) {
	var jobs []job
	for i := len(endings) - 1; i >= 0; i-- { // the slow one first
		e := endings[i]
		s, id, err := b.lanesOf[0].newUnknown(ctx, e)
		if err != nil {
			return nil, err
		}
		calls, err := s.surveyLook(ctx, id)
		s.close()
		if err != nil {
			return nil, fmt.Errorf("surveying %s: %w", e, err)
		}
		for _, g := range e.groups() {
			aims := slices.DeleteFunc(targets(calls, g), func(t target) bool { return t.point.where == "caller" }) // the bench's own reads
			if !e.again {
				jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) { return l.killLooks(ctx, e, g, aims) }})
				continue
			}
			for _, t := range aims { // each takes half a minute
				jobs = append(jobs, job{do: func(ctx context.Context, l *lane) (result, error) { return l.killAgain(ctx, e, t) }})
			}
		}
	}
	return jobs, nil
}

// newUnknown prepares a request, which the provider books, or does not, and answers with nothing that can be read.
func (l *lane) newUnknown(ctx context.Context, e ending) (s *scene, id string, err error) {
	op, _ := e.op.Info()
	if s, err = l.newScene(ctx, op, oneProcessor); err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil {
			s.close()
			err = fmt.Errorf("losing the answer of %s: %w", op.Name, err)
		}
	}()
	if op.MovesMoney { // what the card was like before is known from an inquiry
		inquire, _ := svcgate.Inquire.Info()
		ask, err := s.request(inquire, s.next.Card, "")
		if err != nil {
			return nil, "", err
		}
		if _, err := s.oms.Send(ctx, s.gw.Base, ask); err != nil {
			return nil, "", err
		}
	}
	fault := "garbage"
	if e.again {
		fault, s.next.Parts = "empty-500", 2
	}
	rule := map[string]any{"fault": fault, "message": world.MessageOf[op.Operation], "count": 1}
	if err := l.sim.ask(ctx, http.MethodPost, "/faults", rule, nil); err != nil {
		return nil, "", err
	}
	a, err := s.oms.Send(ctx, s.gw.Base, s.next)
	if err == nil && (a.Row == nil || world.Text(a.Row.Outcome) != svcgate.Unknown) {
		err = fmt.Errorf("status %d %s instead of unknown", a.Status, a.Code)
	}
	if err != nil {
		return nil, "", err
	}
	if e.again {
		err = s.ripen(ctx, a.Row.ID)
	}
	return s, a.Row.ID, err
}

// ripen lets the gateway look once after the quiet time, and waits until a second look can agree with it: the time
// between the two counts from the end of the first.
func (s *scene) ripen(ctx context.Context, id string) error {
	pause := func(d time.Duration) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := pause(quiet + 500*time.Millisecond); err != nil {
		return err
	}
	for limit := time.Now().Add(lookLimit); ; {
		looked, err := s.looked(ctx, id)
		switch {
		case err != nil:
			return err
		case looked:
			return pause(svcgate.Between + time.Second)
		case time.Now().After(limit):
			return errors.New("the gateway does not look after the quiet time")
		}
		if err := pause(pollPause); err != nil {
			return err
		}
	}
}

// looked reads the transaction, which lets the gateway look into it, and reports whether a look has told something.
func (s *scene) looked(ctx context.Context, id string) (bool, error) {
	if _, _, err := s.oms.Do(ctx, http.MethodGet, s.gw.Base+"/v1/transactions/"+id, "", nil); err != nil {
		return false, err
	}
	status, content, err := world.NewOMS(s.lane.viewer).Do(ctx, http.MethodGet, s.gw.Base+"/v1/transactions/"+id+"/exchange", "", nil)
	if err != nil {
		return false, err
	}
	var x struct {
		Readings []json.RawMessage `json:"readings"`
	}
	if err := json.Unmarshal(content, &x); err != nil || status != http.StatusOK {
		return false, fmt.Errorf("reading an exchange: status %d: %w", status, err)
	}
	return len(x.Readings) > 0, nil
}

// surveyLook lets the gateway look under strace without harm.
func (s *scene) surveyLook(ctx context.Context, id string) ([]call, error) {
	var names []string
	for _, g := range groups {
		names = append(names, callsOf[g]...)
	}
	t, err := attach(ctx, s.gw.Cmd.Process.Pid, s.trace(), strings.Join(names, ","), "")
	if err != nil {
		return nil, err
	}
	_, looked := s.look(ctx, id)
	calls, err := t.detach(ctx, s.gw, false)
	return calls, errors.Join(looked, err)
}

// pollPause is long enough for the gateway's own messages to go out before the next world.Answer to the bench: the calls that
// are struck are counted, and such answers would come between.
const pollPause = 200 * time.Millisecond

// lookLimit is how long a look may take. One that told nothing is followed by another after half a minute.
const lookLimit = 90 * time.Second

// look reads the transaction, which makes the gateway look into it, until it is settled or on the desk. An error says
// that the gateway is gone or did not bring it there in time.
func (s *scene) look(ctx context.Context, id string) (*world.Transaction, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	again := time.NewTicker(pollPause)
	defer again.Stop()
	for {
		status, content, err := s.oms.Do(ctx, http.MethodGet, s.gw.Base+"/v1/transactions/"+id, "", nil)
		if err != nil {
			return nil, err
		}
		t := &world.Transaction{}
		if err := json.Unmarshal(content, t); err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("reading a transaction: status %d: %w", status, err)
		}
		if t.State == svcgate.StateFinal || t.State == svcgate.StateDesk {
			return t, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("it stays %s: %w", t.State, ctx.Err())
		}
	}
}

// killLooks kills at every point while an outcome is looked into.
func (l *lane) killLooks(ctx context.Context, e ending, g group, aims []target) (result, error) {
	r := result{part: "kill at " + string(g) + ", settling", verb: e.String(), points: len(aims)}
	struck := map[point]bool{}
	for _, t := range aims {
		for try := 0; try < tries && !struck[t.point]; try++ {
			hit, report, err := l.killLook(ctx, e, t.name, t.aim(try))
			if err != nil {
				return r, fmt.Errorf("kill at %s of settling %s: %w", t.point, e, err)
			}
			r.runs++
			r.report.Add(report)
			if hit != nil {
				r.struck++
				struck[hit.point] = true
			}
		}
		if !struck[t.point] {
			r.missed = append(r.missed, t.point.String())
		}
	}
	return r, nil
}

// killAgain kills at one point while a void is sent again. Where the calls lie on several threads it strikes an earlier
// one.
func (l *lane) killAgain(ctx context.Context, e ending, t target) (result, error) {
	r := result{part: "kill at " + string(t.point.group) + ", settling", verb: e.String(), points: 1}
	for n := t.n; n > 0 && r.struck == 0; n /= 2 {
		hit, report, err := l.killLook(ctx, e, t.name, n)
		if err != nil {
			return r, fmt.Errorf("kill at %s of settling %s: %w", t.point, e, err)
		}
		r.runs++
		r.report.Add(report)
		if hit != nil {
			r.struck++
			r.note = "at " + hit.point.String()
		}
	}
	if r.struck == 0 {
		r.missed = append(r.missed, t.point.String())
	}
	return r, nil
}

// killLook kills once, starts the gateway again, lets it look again and holds it to the right end. A void that is sent
// again takes more looks than can be waited for here.
func (l *lane) killLook(ctx context.Context, e ending, name string, nth int) (*call, check.Report, error) {
	s, id, err := l.newUnknown(ctx, e)
	if err != nil {
		return nil, check.Report{}, err
	}
	defer s.close()
	hit, err := s.killDuring(ctx, name, nth, func() error {
		_, err := s.look(ctx, id)
		return err
	})
	if err != nil {
		return nil, check.Report{}, err
	}
	report, err := s.aftermath(ctx)
	if err != nil || !report.OK() || e.again {
		return hit, report, err
	}
	t, err := s.look(ctx, id)
	if err != nil {
		return hit, report, fmt.Errorf("after the gateway was killed: %w", err)
	}
	again, err := s.oms.Send(ctx, s.gw.Base, s.next)
	if err != nil {
		return hit, report, err
	}
	if report, _, err = s.check(ctx); err != nil {
		return hit, report, err
	}
	if what := e.wrong(t, again.Status); what != "" {
		report.Unexplained = append(report.Unexplained, check.Finding{What: what, TransactionID: id, Key: s.next.Key, Order: s.next.Order})
	}
	return hit, report, nil
}
