package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
)

// errand is one thing that an OMS wants done. It follows docs/errors.md: the same key until it is answered for
// certain, a new one after "nothing was sent".
type errand struct {
	n      int
	caller string
	draft  svcgate.Draft
	key    string
	purse  *purse // whose card; nil for a generation
	card   string // last four digits
	fault  *fault
	rand   *rand.Rand

	confirm   bool // a request much like an earlier one is meant
	keys      int  // how many keys it used
	sameAgain bool // is sent again under its key when it is done
	otherText bool // is sent again under its key with other content
	newKey    int  // is sent again under a new key when it is done: 1 unconfirmed, 2 confirmed

	first   *reply // the first certain answer
	id      string // of the transaction, once it was told
	refused bool   // it was refused and given up
}

// reply is what an OMS was told, or that it was told nothing.
type reply struct {
	http     int // 0: no answer
	code     svcgate.Code
	reason   string
	id       string
	outcome  svcgate.Outcome
	certain  bool
	acted    svcgate.Money
	balance  svcgate.Money
	provider string
	newCard  string // last four digits of a generated card
	replayed bool
}

const attempts = 10

// run carries the errand through, as far as it goes for now.
func (e *errand) run(w *world, a *actor) {
	e.pursue(w, a, attempts)
	if e.first != nil {
		e.learn()
	}
	if e.first == nil || w.over {
		return
	}
	if e.sameAgain {
		w.cover.event("repeat under its key")
		e.fault = nil
		w.sleep(a, time.Duration(1+e.rand.IntN(90))*time.Second+jitter(e.rand))
		e.ask(w, a)
	}
	if e.otherText && e.draft.Amount != "" {
		w.cover.event("key with other content")
		other := *e
		other.draft.Amount = "77.05"
		other.fault, other.first = nil, nil
		if r := other.ask(w, a); r.http != 0 && r.http != http.StatusUnprocessableEntity && r.http != http.StatusServiceUnavailable {
			w.fail(a, "A key that was used for other content was answered with %d.", r.http)
		}
	}
	if e.newKey > 0 {
		w.cover.event("repeat under a new key")
		twin := &errand{n: e.n, caller: e.caller, draft: e.draft, key: e.key + "-twin", purse: e.purse, card: e.card, rand: e.rand, confirm: e.newKey == 2}
		w.sleep(a, time.Duration(1+e.rand.IntN(60))*time.Second+jitter(e.rand))
		a.errand = twin
		twin.pursue(w, a, attempts)
		twin.learn()
		w.errands = append(w.errands, twin)
	}
}

// pursue asks until the answer is certain, or for so many times.
func (e *errand) pursue(w *world, a *actor, times int) {
	a.errand = e
	pause := 4 * time.Second
	for range times {
		if w.over {
			return
		}
		r := e.ask(w, a)
		switch {
		case e.first != nil && r.http == http.StatusServiceUnavailable && e.keys < 2:
			// Nothing was sent, for certain: what is still wanted goes under a new key.
			e.keys++
			e.key = fmt.Sprintf("%s-%d", e.key, e.keys)
			e.first, e.id = nil, ""
		case e.first != nil:
			return
		case r.reason == "possible_duplicate" && e.confirm:
			e.draft.ConfirmDuplicate = true
		case r.reason == "possible_duplicate", r.http == http.StatusUnprocessableEntity, r.http == http.StatusBadRequest:
			e.refused = true
			return
		case r.http == http.StatusInternalServerError:
			w.fail(a, "An internal error was told. order=%s", e.draft.Order)
		case r.http == http.StatusGatewayTimeout && e.id != "" && e.rand.IntN(2) == 0:
			w.sleep(a, pause+jitter(e.rand))
			e.look(w, a)
			if e.first != nil {
				return
			}
		}
		w.sleep(a, pause+jitter(e.rand))
		pause = min(pause*2, 10*time.Minute)
	}
}

// ask sends the request once and takes note of what is told.
func (e *errand) ask(w *world, a *actor) reply {
	p := w.proc
	a.errand = e
	if p == nil || p.dead {
		return reply{}
	}
	request, err := svcgate.NewRequest(e.draft)
	if err != nil {
		w.fail(a, "the bench's draft: %v", err)
		return reply{http: http.StatusBadRequest}
	}
	w.asked++
	key := e.key
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(8+e.rand.IntN(70))*time.Second+jitter(e.rand))
	defer cancel()
	answer := make(chan reply, 1)
	w.spawn(fmt.Sprintf("%s/%d %s", e.caller, e.n, e.draft.Operation), p, func(b *actor) {
		b.errand, b.card = e, e.card
		defer w.oracle.leaves(b)
		w.note(b, "asks %s of %s key %s", e.draft.Operation, e.draft.Amount, key)
		r := w.do(p, b, context.WithValue(ctx, actorKey{}, b), key, request)
		w.oracle.leaves(b)
		w.park(b)
		if f := b.strikes(w, e.draft.Operation); f.is(killBeforeAnswer) {
			f.struck(w, b, e.draft.Operation)
			w.crash(b, "before answering")
		}
		answer <- r
	})
	var r reply
	select {
	case r = <-answer:
	case <-ctx.Done():
	case <-p.died:
	}
	w.park(a)
	e.hear(w, a, key, r)
	return r
}

// do calls the gateway as the API would.
func (w *world) do(p *process, b *actor, ctx context.Context, key string, request *svcgate.Request) (r reply) {
	defer func() {
		if v := recover(); v != nil {
			w.fail(b, "The gateway panicked: %v %s", v, debug.Stack())
			r = reply{http: http.StatusInternalServerError}
		}
	}()
	res, err := p.gate.Do(ctx, b.errand.caller, key, request)
	r = told(res, err)
	if r.http == http.StatusInternalServerError {
		w.note(b, "internal error: %v", err)
	}
	return r
}

func told(res *svcgate.Result, err error) reply {
	r := reply{code: svcgate.CodeOf(err)}
	if e, ok := errors.AsType[*svcgate.Error](err); ok {
		r.reason = e.Reason
	}
	switch r.code {
	case "":
		r.http = http.StatusOK
	case svcgate.CodeInvalid, svcgate.CodeKeyReused:
		r.http = http.StatusUnprocessableEntity
	case svcgate.CodeConflict:
		r.http = http.StatusConflict
	case svcgate.CodeOverloaded, svcgate.CodeUnavailable:
		r.http = http.StatusServiceUnavailable
	case svcgate.CodeUnknown:
		r.http = http.StatusGatewayTimeout
	case svcgate.CodeNotFound:
		r.http = http.StatusNotFound
	case svcgate.CodeInternal, svcgate.CodeUnauthenticated, svcgate.CodeForbidden:
		r.http = http.StatusInternalServerError
	}
	if res != nil {
		r.tell(res.Transaction)
		r.replayed = res.Replayed
		if !res.NewCard.IsZero() {
			r.newCard = res.NewCard.Last4()
		}
	}
	return r
}

func (r *reply) tell(t *svcgate.Transaction) {
	r.id, r.outcome, r.certain = t.ID, t.Outcome, t.State == svcgate.StateFinal
	r.acted, r.balance, r.provider = t.Reply.Amount, t.Reply.Balance, t.Reply.TransactionID
}

// look reads the transaction, which makes the gateway look into it.
func (e *errand) look(w *world, a *actor) {
	p := w.proc
	if p == nil || p.dead {
		return
	}
	answer := make(chan reply, 1)
	w.spawn(fmt.Sprintf("%s/%d reads", e.caller, e.n), p, func(b *actor) {
		b.tx, b.card = e.id, e.card
		if err := p.gate.LookInto(context.WithValue(context.Background(), actorKey{}, b), e.id); err != nil {
			w.note(b, "looking into it: %v", err)
		}
		w.park(b)
		b.tx = e.id
		t, err := p.store.Transaction(context.Background(), e.id)
		if err != nil {
			w.fail(b, "A transaction that was told cannot be read: %v", err)
			return
		}
		r := reply{http: http.StatusOK}
		r.tell(t)
		answer <- r
	})
	var r reply
	timer := time.NewTimer(2*time.Minute + jitter(e.rand))
	defer timer.Stop()
	select {
	case r = <-answer:
	case <-timer.C:
	case <-p.died:
	}
	w.park(a)
	e.hear(w, a, e.key, r)
}

// hear remembers what was told.
func (e *errand) hear(w *world, a *actor, key string, r reply) {
	a.tx = r.id
	if r.http == 0 {
		w.note(a, "hears nothing")
		return
	}
	w.note(a, "hears %d %s%s %s %s certain=%t provider=%s", r.http, r.code, prefixed("/", r.reason), r.outcome, r.acted, r.certain, r.provider)
	if r.id == "" {
		w.told = append(w.told, check.Told{Key: key, Operation: e.draft.Operation, Card: e.card, Order: e.draft.Order, HTTP: r.http, At: w.providerClock()})
		return
	}
	amount, _ := svcgate.ParseMoney(e.draft.Amount, e.draft.Currency)
	w.told = append(w.told, check.Told{Key: key, TransactionID: r.id, Operation: e.draft.Operation, Card: e.card, Order: e.draft.Order,
		Amount: amount, Acted: r.acted, Outcome: r.outcome, Certain: r.certain, HTTP: r.http, ProviderID: r.provider, At: w.providerClock()})
	if e.id != "" && e.id != r.id {
		w.fail(a, "One key was told as two transactions: first as %s.", e.id)
	}
	e.id = r.id
	if r.newCard != "" {
		w.newCards[r.id] = append(w.newCards[r.id], r.newCard)
	}
	if !r.certain {
		if e.first != nil {
			w.fail(a, "A certain answer was taken back: %s was told as %s.", e.first.outcome, r.outcome)
		}
		return
	}
	if f := e.first; f != nil && (f.outcome != r.outcome || f.acted != r.acted || f.provider != r.provider || f.balance != r.balance) {
		w.fail(a, "One key was answered differently: %s %s %s %s, then %s %s %s %s.", f.outcome, f.acted, f.balance, f.provider, r.outcome, r.acted, r.balance, r.provider)
	}
	if e.first == nil {
		e.first = &r
	}
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// learn lets the OMS use what it was told: an authorization can be deposited, a new card used.
func (e *errand) learn() {
	r := e.first
	if r == nil || e.purse == nil || (r.outcome != svcgate.Approved && r.outcome != svcgate.Partial) {
		return
	}
	switch e.draft.Operation {
	case svcgate.Authorize:
		e.purse.holds = append(e.purse.holds, &omsHold{id: r.provider, order: e.draft.Order, rest: r.acted.Minor()})
	case svcgate.Deposit, svcgate.Void:
		for _, h := range e.purse.holds {
			if h.id == e.draft.Authorization {
				h.rest -= r.acted.Minor()
				if e.draft.Operation == svcgate.Void {
					h.rest = 0
				}
			}
		}
	case svcgate.Activate:
		e.purse.active = true
	case svcgate.Recharge, svcgate.Return, svcgate.Inquire, svcgate.Generate:
	}
}
