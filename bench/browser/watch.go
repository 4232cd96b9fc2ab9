package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// traffic sends what an OMS sends in a while. By the end one authorization waits for a person.
func (w *walk) traffic(ctx context.Context) error {
	w.known = map[string]*told{}
	type sent struct {
		as, route, card, amount string
		more                    map[string]any
		want                    string
	}
	list := []sent{
		{"", "activations", "0041", "30.00", map[string]any{"kind": "physical"}, "approved"},
		{"", "recharges", "0017", "20.00", nil, "approved"},
		{"", "inquiries", "0017", "", nil, "approved"},
		{"hold", "authorizations", "0017", "11.07", nil, "approved"},
		{"partial", "authorizations", "9903", "80.00", nil, "partial"},
		{"unmapped", "authorizations", "0033", "10.00", nil, "undefined"},
		{"", "authorizations", "0033", "12.00", nil, "undefined"},
		{"", "authorizations", "0058", "15.00", nil, "undefined"},
		{"strange", "authorizations", "9905", "25.00", nil, "undefined"},
		{"", "recharges", "9902", "50.00", nil, "undefined"},
		{"", "returns", "0017", "5.00", nil, "approved"},
		{"void", "authorizations", "0108", "40.00", nil, "approved"},
		{"", "inquiries", "9907", "", nil, "approved"},
		{"", "inquiries", "9909", "", nil, "approved"},
		{"lost", "recharges", "9909", "25.00", nil, "unknown"},
		{"generated", "generations", "", "", nil, "approved"},
	}
	for _, one := range list {
		t, err := w.send(ctx, one.route, one.card, one.amount, one.more)
		if err != nil {
			return err
		}
		if t.Outcome != one.want {
			return fmt.Errorf("%s on …%s is %s, not %s", one.route, one.card, t.Outcome, one.want)
		}
		if one.as != "" {
			w.known[one.as] = t
		}
	}
	if err := w.settled(ctx, w.known["lost"], "final"); err != nil {
		return err
	}
	// Cards whose answer was lost hold money; the hold's id was in the answer.
	for name, card := range map[string]string{"desk": "9909", "waits": "9907"} {
		t, err := w.send(ctx, "authorizations", card, "10.00", nil)
		if err != nil {
			return err
		}
		w.known[name] = t
		if err := w.settled(ctx, t, "desk"); err != nil {
			return fmt.Errorf("%s: %w", card, err)
		}
	}
	void := w.known["void"]
	if _, err := w.send(ctx, "reversals", "0108", "40.00", map[string]any{"authorization": void.Provider.TransactionID, "order": void.Order}); err != nil {
		return err
	}
	return nil
}

// settled waits until the gateway has looked into a transaction as far as it can.
func (w *walk) settled(ctx context.Context, t *told, state string) error {
	for began := time.Now(); ; {
		now, err := w.read(ctx, t.ID)
		if err != nil || now.State == state {
			return err
		}
		if time.Since(began) > settleLimit {
			return fmt.Errorf("%s is %s and %s, not %s", t.ID, now.Outcome, now.State, state)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

const settleLimit = 90 * time.Second // a look in vain is followed by another after a minute

// overview is what people begin the day with.
func (w *walk) overview(context.Context) error {
	p := w.as("vic")
	if err := all(p.follows("svcgate"), p.isAt("/console/overview"), p.reads("On the desk", "Codes without a rule", "Transactions by outcome", "RLT answers"), w.looksAt(p.tab, "overview"),
		func() error { return p.press("The same as a table (UTC)", "") }, p.reads("From approved partial declined"),
		p.follows("7 days"), p.follows("30 days"), w.looksAt(p.tab, "")); err != nil {
		return err
	}
	w.visited("/console", p.tab)
	return nil
}

// transactions looks for one and reads how it came to its outcome.
func (w *walk) transactions(context.Context) error {
	p, t := w.as("vic"), w.known["unmapped"]
	if err := all(p.follows("Transactions"), w.looksAt(p.tab, "transactions"),
		p.fills("Search", "card:0033 outcome:undefined"), p.follows("Find"), p.reads("SIM_CARD_INACTIVE"), p.readsNot("SIM_INSUFFICIENT_FUNDS"),
		p.fills("Search", "colour:red"), p.follows("Find"), w.looksAt(p.tab, ""), p.fills("Search", "order:no-such-order"), p.follows("Find"), p.reads("Nothing is like that"), w.looksAt(p.tab, ""),
		p.opens("/console/transactions"), func() error { return p.press("As a form", "") }, func() error { return p.choose("Outcome", "unknown") },
		p.fills("Card, last four digits", "9909"), p.follows("Show"), p.reads("9909"), p.readsNot("0033"),
		p.opens("/console/transactions?q="+t.ID)); err != nil {
		return err
	}
	if err := all(p.opens("/console/transactions/"+t.ID), p.reads("What was asked", "How it came to this", "No rule knew the code", "Sent to the provider", "0033"),
		p.readsNot(cardLead), w.looksAt(p.tab, "transaction"),
		p.opens("/console/transactions/latest")); err != nil {
		return err
	}
	w.visited("/console/transactions/latest", p.tab)
	text, err := w.save(p.tab, "/console/transactions.csv")
	if err == nil && !strings.Contains(text, t.ID) {
		err = errors.New("the file does not hold the transaction")
	}
	return err
}

// settle decides what nobody knows.
func (w *walk) settle(context.Context) error {
	vic := w.as("vic")
	if err := all(vic.follows("Desk"), vic.opens("/console/desk/"+w.known["desk"].ID), vic.reads("Settling it takes the role operator"), w.looksAt(vic.tab, "")); err != nil {
		return err
	}
	p := w.as("olga")
	if err := all(p.follows("Desk"), w.looksAt(p.tab, "desk"), p.opens("/console/desk/"+w.known["desk"].ID), p.reads("Evidence", "Decide"), w.looksAt(p.tab, "desk-case"),
		p.ticks("The provider carried it out"), p.fills("The provider's transaction id", "900001"), p.fills("Reason", "Seen in the provider's list, card "+cardLead+"9909"),
		p.meets(422), p.follows("Settle it"), p.reads("could hold a card number"), p.readsNot(cardLead), w.looksAt(p.tab, ""), p.meets(0),
		p.fills("Reason", "Seen in the provider's list of today\nand on paper"), p.follows("Settle it"), p.reads("Settled as applied", "Seen in the provider's list of today", "olga"), w.looksAt(p.tab, "")); err != nil {
		return err
	}
	if asked := p.asked(); len(asked) != 2 {
		return fmt.Errorf("it was asked %d times, not twice, whether it is meant", len(asked))
	}
	now, err := w.read(p.ctx, w.known["desk"].ID)
	if err == nil && now.Outcome != "approved" {
		err = fmt.Errorf("the OMS is told %s", now.Outcome)
	}
	return err
}

// Five results of a balance inquiry, and how the provider is brought to each.
var inquiries = []struct{ name, card, fault, sees string }{
	{"balance", "0025", "", "75.50"},
	{"balance-empty", "0074", "", "The card is empty"},
	{"balance-declined", "4444", "", "Not found, or declined"},
	{"balance-undefined", "0108", "error-code:SIM_CODE_NOBODY_DEFINED", "Answered with a code that nobody knows"},
	{"balance-unavailable", "0090", "status-429", "The provider was not reached"},
	{"balance-unknown", "0066", "silence-before", "No answer in time"},
}

func (w *walk) balances(ctx context.Context) error {
	p := w.as("olga")
	if err := all(p.follows("Balance inquiry"), p.fills("Card number", "60064912"), p.meets(422), p.follows("Ask for the balance"), p.reads("Please set this right"), p.meets(0), w.looksAt(p.tab, "")); err != nil {
		return err
	}
	for _, one := range inquiries {
		if one.fault != "" {
			if err := w.fault(ctx, one.fault, one.card); err != nil {
				return err
			}
		}
		if err := all(p.opens("/console/balance"), p.fills("Card number", cardLead+one.card), p.follows("Ask for the balance"), p.reads(one.sees, one.card), p.readsNot(cardLead)); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
		if one.name != "balance" && one.name != "balance-empty" { // an amount would be taken for the balance
			if err := p.misses(".00", "USD"); err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
		}
		if err := w.look(p.tab, one.name); err != nil {
			return err
		}
	}
	return nil
}

// fault has the simulator misbehave once towards a card.
func (w *world) fault(ctx context.Context, fault, lastFour string) error {
	body := fmt.Sprintf(`{"fault":%q,"last_four":%q,"count":1}`, fault, lastFour)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.provider+"/faults", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(r)
	if err != nil {
		return err
	}
	if answer.StatusCode/100 != 2 {
		err = fmt.Errorf("the simulator answered %s", answer.Status)
	}
	return errors.Join(err, answer.Body.Close())
}

// The reports, and what each must hold after the traffic.
var reports = []struct{ name, title, holds string }{
	{"unactivated-cards", "Unactivated cards", "generate"},
	{"authorizations", "Authorizations", "11.07"},
	{"unconfirmed-deposits", "Unconfirmed deposits", ""},
	{"unconfirmed-reversals", "Unconfirmed reversals", ""},
	{"unknowns", "Unknown outcomes", "9907"},
	{"unmapped", "Unmapped codes", "SIM_"},
}

func (w *walk) reports(context.Context) error {
	p := w.as("olga")
	if err := all(p.follows("Holds"), p.reads("Open holds", "11.07", "Orphans"), w.looksAt(p.tab, "holds"), p.follows("Reports"), w.looksAt(p.tab, "reports")); err != nil {
		return err
	}
	for _, r := range reports {
		if err := all(p.opens("/console/reports"), p.follows(r.title), p.reads(r.holds)); err != nil {
			return err
		}
		if err := w.look(p.tab, map[string]string{"authorizations": "report"}[r.name]); err != nil {
			return err
		}
		text, err := w.save(p.tab, "/console/reports/"+r.name+".csv")
		if err != nil {
			return err
		}
		if !strings.Contains(text, r.holds) {
			return fmt.Errorf("the file of the report %s does not hold %q", r.name, r.holds)
		}
	}
	return nil
}

func (w *walk) bureaus(context.Context) error {
	p := w.as("olga")
	return all(p.follows("Service bureaus"), p.reads("RLT", "60064"), w.looksAt(p.tab, "bureaus"), p.follows("Test the connection"), p.reads("The provider can be reached"), w.looksAt(p.tab, ""))
}

// described pastes the message that the simulator was sent, as the page of a transaction shows it.
func (w *walk) described(context.Context) error {
	p := w.as("vic")
	if err := all(p.opens("/console/transactions/" + w.known["unmapped"].ID)); err != nil {
		return err
	}
	message, err := evaluate[string](p.tab, `[...document.querySelectorAll(".pair h3")].find((h) => h.textContent === "Sent to the provider").parentElement.querySelector("pre").textContent`)
	if err != nil {
		return err
	}
	const label = "A message of the provider or to it"
	describe := func() error { return p.follow("Describe", label) }
	return all(p.follows("Describe"), p.fills(label, "<nonsense"), p.meets(422), describe, p.reads("Please set this right"), p.meets(0),
		p.fills(label, message), describe, p.reads("PreauthorizationRequest"), p.readsNot(cardLead), w.looksAt(p.tab, "describe"))
}

// withoutScripts reads every page that was seen once more, by a browser that runs no scripts. Nothing is missing then.
func (w *walk) withoutScripts(context.Context) error {
	const content = `document.querySelectorAll("main td, main dd, main a, main p, main input, main textarea, main pre").length`
	for _, r := range w.pages {
		if r.seen == "" || r.file || r.by.name == "stranger" || strings.Contains(r.seen, "/welcome/") {
			continue
		}
		w.last = r.by
		for name := range w.people {
			if w.people[name].tab == r.by {
				if err := w.back(w.people[name]); err != nil {
					return err
				}
			}
		}
		if err := r.by.open(r.seen); err != nil {
			return err
		}
		with, err := evaluate[int](r.by, content)
		if err != nil {
			return err
		}
		if err := all(func() error { return r.by.scripts(false) }, r.by.opens(r.seen)); err != nil {
			return err
		}
		without, err := evaluate[int](r.by, content)
		if err := errors.Join(err, r.by.scripts(true)); err != nil {
			return err
		}
		if without < with || without == 0 {
			return fmt.Errorf("%s has %d things to read without scripts, and %d with them", r.seen, without, with)
		}
	}
	return nil
}

// back signs somebody in again whose session has ended.
func (w *walk) back(p *person) error {
	if err := p.open("/console"); err != nil {
		return err
	}
	here, err := evaluate[string](p.tab, "location.pathname")
	if err != nil || here != "/console/sign-in" {
		return err
	}
	return w.signIn(p)
}
