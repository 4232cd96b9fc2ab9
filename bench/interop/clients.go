package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/simulator"
)

// answerForm is how the simulator answers.
type answerForm struct {
	name     string
	switches simulator.Switches
}

var answerForms = []answerForm{
	{"enveloped", simulator.Switches{Enveloped: true}},
	{"enveloped, no namespace", simulator.Switches{Enveloped: true, NoNamespace: true}},
	{"bare", simulator.Switches{}},
}

// clientOrder is the order number that clients are given to send.
const clientOrder = "W <1> & \u00e9"

// task is one line of what a client is told to do: verb, ARTSAction, card, amount, earlier transaction, order. For
// GenerateCard prefix and sequence stand for card and amount.
type task struct{ verb, action, card, amount, earlier, order string }

const nothing = "-"

func (t task) line() string {
	return strings.Join([]string{t.verb, t.action, t.card, t.amount, t.earlier, t.order}, "\t") + "\n"
}

// tasks are those of all verbs; toTake and toFree are holds that were made for the deposit and the void.
func tasks(toTake, toFree string) []task {
	all := make([]task, len(verbs))
	for i, v := range verbs {
		t := task{verb: v.operation.String(), action: v.kind.Action(), card: card, amount: v.amount, earlier: nothing, order: clientOrder}
		switch v.operation {
		case svcgate.Generate:
			t.card, t.amount = prefix, sequence
		case svcgate.Activate:
			t.card = newCard
		case svcgate.Inquire:
			t.amount = nothing
		case svcgate.Deposit:
			t.earlier = toTake
		case svcgate.Void:
			t.earlier = toFree
		case svcgate.Recharge, svcgate.Authorize, svcgate.Return:
		}
		all[i] = t
	}
	return all
}

// told is what a client read out of an answer, or why it could not.
type told struct {
	failure                         string
	code, amount, balance, id, rest string // id: of the transaction, or the new card
}

// readTold reads a client's lines: verb, ok, code, amount, balance, id, rest; or verb, no, failure.
func readTold(printed string) (map[string]told, error) {
	all := map[string]told{}
	for line := range strings.Lines(printed) {
		switch f := strings.Split(strings.TrimRight(line, "\r\n"), "\t"); {
		case len(f) == 7 && f[1] == "ok":
			all[f[0]] = told{code: f[2], amount: f[3], balance: f[4], id: f[5], rest: f[6]}
		case len(f) == 3 && f[1] == "no" && f[2] != "":
			all[f[0]] = told{failure: f[2]}
		default:
			return nil, fmt.Errorf("the client printed a line of %d parts: %s", len(f), tidy(line))
		}
	}
	return all, nil
}

// answerClients lets every stack that plays a client ask the simulator for everything.
func (b *bench) answerClients(ctx context.Context) (*matrix, error) {
	var players []stack
	for _, s := range stacks {
		if s.client != nil || s.talk != nil {
			players = append(players, s)
		}
	}
	rows, problems := make([][]row, len(players)), make([]error, len(players))
	b.each(len(players), func(i int) {
		if rows[i], problems[i] = b.answerClient(ctx, players[i]); problems[i] != nil {
			problems[i] = fmt.Errorf("%s as a client: %w", players[i].name, problems[i])
		}
	})
	m := &matrix{
		title: "A stranger asks svcgate's simulator",
		about: "Each speaks by the WSDL that the simulator serves. The form is how the simulator answers: in an envelope\n" +
			"(`--switch enveloped=true`), in one and without the IXRetail namespace (`--switch no-namespace=true`), or bare, as documented.",
	}
	for _, r := range rows {
		m.rows = append(m.rows, r...)
	}
	return m, errors.Join(problems...)
}

func (b *bench) answerClient(ctx context.Context, s stack) ([]row, error) {
	began := time.Now()
	folder, err := b.made(ctx, s)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(answerForms))
	for i, f := range answerForms {
		rows[i] = row{stack: s.name, form: f.name}
		if rows[i].reasons, err = b.answerAll(ctx, s, folder, f); err != nil {
			return nil, err
		}
	}
	b.say(s.name, "a client", began)
	return rows, nil
}

// made lets a stack make its classes of the WSDL that a simulator serves.
func (b *bench) made(ctx context.Context, s stack) (folder string, err error) {
	if s.generate == nil {
		return "", nil
	}
	far, err := play(ctx, simulator.Switches{})
	if err != nil {
		return "", err
	}
	defer far.stop()
	return b.prepare(ctx, func(folder string) [][]string { return s.generate(b, folder, far.url+"?wsdl") })
}

// answerAll lets a client send all eight messages to a simulator of its own.
func (b *bench) answerAll(ctx context.Context, s stack, folder string, f answerForm) ([]string, error) {
	far, err := play(ctx, f.switches)
	if err != nil {
		return nil, err
	}
	defer far.stop()
	toTake, err := far.hold(ctx, "30.10")
	if err != nil {
		return nil, err
	}
	toFree, err := far.hold(ctx, "10.00")
	if err != nil {
		return nil, err
	}
	from := len(far.sim.Ledger())
	var answers map[string]told
	if s.talk != nil {
		answers = s.talk(ctx, far.url, tasks(toTake, toFree))
	} else {
		var input strings.Builder
		for _, t := range tasks(toTake, toFree) {
			input.WriteString(t.line())
		}
		printed, err := b.do(ctx, input.String(), s.client(b, folder, far.url))
		if err != nil {
			return nil, err
		}
		if answers, err = readTold(printed); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	ledger := far.sim.Ledger()[from:]
	reasons := make([]string, len(verbs))
	for i, v := range verbs {
		t, there := answers[v.operation.String()]
		if !there {
			t.failure = "the client said nothing"
		}
		reasons[i] = v.alike(v.heard(t, ledger, far.sim))
	}
	return reasons, nil
}

// heard compares what a client read with what the simulator booked; "" when both are right.
func (v verb) heard(t told, ledger []simulator.Entry, sim *simulator.Simulator) string {
	var e *simulator.Entry
	for i := range ledger {
		if ledger[i].Kind == v.kind {
			e = &ledger[i]
		}
	}
	switch {
	case e == nil && t.failure != "":
		return t.failure
	case e == nil:
		return "the client has an answer and the simulator no message"
	case !e.Booked:
		return "refused by the simulator: " + e.ErrorCode + e.Note
	case t.failure != "":
		return "carried out, answer not read: " + t.failure
	case v.operation == svcgate.Generate:
		if _, _, err := sim.Balance(secret.New(t.id)); err != nil || t.code != "OK" {
			return fmt.Sprintf("the client read code %q and a card that is not there", t.code)
		}
		return ""
	}
	minor := func(n int64) string { return messages.NewDecimal(n, e.Digits).String() }
	want := [][3]string{
		{"code", t.code, v.kind.Reason()}, {"amount", t.amount, minor(e.Amount)}, {"balance", t.balance, minor(e.Available)},
		{"transaction id", t.id, fmt.Sprint(e.ID)},
	}
	if v.operation != svcgate.Inquire {
		want = append(want, [3]string{"amount asked", e.AskedFor, v.amount}, [3]string{"amount booked", minor(e.Amount), v.amount},
			[3]string{"order", e.RTPTransactionID, clientOrder})
	}
	if v.operation == svcgate.Deposit {
		want = append(want, [3]string{"rest of the hold", t.rest, minor(e.HoldRest)})
	}
	for _, w := range want {
		if w[1] != w[2] {
			return fmt.Sprintf("%s is %q, want %q", w[0], w[1], w[2])
		}
	}
	return ""
}
