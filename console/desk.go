package console

import (
	"context"
	"slices"
	"strings"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
)

const deskPath = Root + "/desk"

// showDesk lists what waits for a person, the longest first.
func (c *Console) showDesk(v *visit) (*answer, error) {
	p := struct {
		Rows []*svcgate.Transaction
		More bool
	}{}
	for cursor, pages := "", 0; ; pages++ {
		page, err := c.Journal.Transactions(v.Context(), svcgate.Filter{State: svcgate.StateDesk, Limit: countPage, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		p.Rows = append(p.Rows, page.Transactions...)
		if cursor = page.Next; cursor == "" {
			break
		}
		if p.More = pages+1 >= countPages; p.More {
			break
		}
	}
	slices.Reverse(p.Rows)
	return v.page("desk", "Desk", p)
}

// verdictTexts say what each choice means for the one who makes it. Of a transaction they leave out what cannot be.
var verdictTexts = []struct {
	verdict     svcgate.Verdict
	label, hint string
}{
	{svcgate.Applied, "The provider carried it out", "You have seen it there. The OMS is told that it was approved, for the amount that was acted on."},
	{svcgate.NotApplied, "The provider did nothing", "You have looked there and it is not to be found. The OMS is told that it did not happen, and may ask again."},
	{svcgate.Released, "It was carried out, and undone since", "Somebody freed or took it back on the provider's side. The OMS is told that it did not happen, and may ask again."},
}

// settleForm is the choice that a person has. A generation that was carried out helps nobody: its number is lost.
func settleForm(t *svcgate.Transaction) *form {
	verdicts := &field{Name: "verdict", Label: "What happened", Type: "radio"}
	for _, row := range verdictTexts {
		if row.verdict != svcgate.Applied || t.Operation != svcgate.Generate {
			verdicts.Options = append(verdicts.Options, option{Value: string(row.verdict), Label: row.label, Hint: row.hint})
		}
	}
	id := &field{Name: "provider_transaction_id", Label: "The provider's transaction id", Optional: true, Max: 15, Numeric: true,
		Hint: "Only when it was carried out; digits, as the provider's list shows it."}
	if t.Operation == svcgate.Authorize {
		id.Hint = "Needed when it was carried out: without it the hold can be neither deposited nor voided."
	}
	fields := []*field{verdicts, id}
	if !t.Requested.IsZero() {
		fields = append(fields, &field{Name: "amount", Label: "Amount acted on", Optional: true, Max: 20,
			Hint: "Only when it was carried out for less than " + t.Requested.String() + "."})
	}
	fields = append(fields, &field{Name: "reason", Label: "Reason", Type: "area", Max: svcgate.MaxReason,
		Hint: "What you saw, and where. It is kept under your name. No card numbers."})
	f := newForm("settle", deskPath+"/"+t.ID, "Settle it", fields...)
	f.Confirm = "Settle it? This cannot be taken back, and the OMS is told."
	return f
}

// open reports whether a person can settle the transaction.
func open(t *svcgate.Transaction) bool {
	return (t.State == svcgate.StateDesk || t.State == svcgate.StateUnresolved) && len(t.Plan) == 0
}

// reading is a look at the card, with what changed since the one before.
type reading struct {
	svcgate.Reading
	Name  string
	Since string // how the balance moved since the baseline; "" for the baseline
}

func (c *Console) showDeskCase(v *visit) (*answer, error) {
	t, err := c.Journal.Transaction(v.Context(), v.variable("id"))
	if err != nil {
		return nil, err
	}
	return c.deskCase(v, t, settleForm(t))
}

func (c *Console) deskCase(v *visit, t *svcgate.Transaction, f *form) (*answer, error) {
	p := struct {
		T        *svcgate.Transaction
		Form     *form // nil when there is nothing to settle, or not for this person
		Readings []reading
		Open     bool
		May      bool
		Command  string
	}{T: t, Open: open(t), May: v.may(access.Settle), Readings: readingsOf(t)}
	if p.Open && p.May {
		p.Form = f
		p.Command = "svcgate desk settle " + t.ID + " --verdict VERDICT --reason ''"
	}
	return v.page("deskcase", title(t), p, f)
}

// readingsOf are the looks at the card, before and since.
func readingsOf(t *svcgate.Transaction) []reading {
	var all []reading
	looks := t.Readings
	if t.Settlement != nil && len(looks) == 0 {
		looks = slices.DeleteFunc(slices.Clone(t.Settlement.Evidence), func(r svcgate.Reading) bool { return r == t.Baseline })
	}
	if !t.Baseline.IsZero() {
		all = append(all, reading{t.Baseline, "before", ""})
	}
	for i, r := range looks {
		if r.IsZero() {
			continue
		}
		all = append(all, reading{r, "look " + number(i+1), moved(t.Baseline.Balance, r.Balance)})
	}
	return all
}

// moved says how a balance changed.
func moved(before, after svcgate.Money) string {
	switch {
	case before.IsZero() || after.IsZero() || before.Currency() != after.Currency():
		return ""
	case before == after:
		return "as before"
	}
	if more, err := after.Minus(before); err == nil {
		return "+" + more.Decimal()
	}
	less, err := before.Minus(after)
	if err != nil {
		return ""
	}
	return "−" + less.Decimal()
}

// title names a transaction.
func title(t *svcgate.Transaction) string {
	text := t.Operation.String()
	text = strings.ToUpper(text[:1]) + text[1:]
	if !t.Requested.IsZero() {
		text += " " + t.Requested.String()
	}
	return text
}

// settle makes a person's decision final, as POST /v1/transactions/{id}/settlement does. Whoever is late is told what
// was decided.
func (c *Console) settle(v *visit) (*answer, error) {
	t, err := c.Journal.Transaction(v.Context(), v.variable("id"))
	if err != nil {
		return nil, err
	}
	f := settleForm(t)
	if err := v.read(f); err != nil {
		return nil, err
	}
	if digitRun.MatchString(f.Get("reason")) {
		f.Wrong("reason", "Leave numbers of ten digits and more out: the reason is kept and shown, and could hold a card number.")
		f.Field("reason").Value = sweep(f.Get("reason"))
	}
	if !f.OK() {
		return c.deskCase(v, t, f)
	}
	d := svcgate.Decision{By: v.person.Name, Verdict: svcgate.Verdict(f.Get("verdict")), Reason: f.Get("reason"), TransactionID: f.Get("provider_transaction_id")}
	if !t.Requested.IsZero() {
		d.Amount = f.Get("amount")
	}
	err = v.audited("transaction.settle", t.ID, decisionInWords(d), func(ctx context.Context) error {
		_, err := c.Gateway.SettleByHand(ctx, t.ID, d)
		return err
	})
	if svcgate.CodeOf(err) == svcgate.CodeConflict {
		if now, bad := c.Journal.Transaction(v.Context(), t.ID); bad == nil {
			t = now
		}
	}
	if err := f.take(err); err != nil {
		return nil, err
	}
	if !f.OK() {
		return c.deskCase(v, t, f)
	}
	v.tell(true, "Settled as %s. The OMS is told when it asks.", strings.ReplaceAll(string(d.Verdict), "_", " "))
	return v.redirect(transactionsPath + "/" + t.ID)
}

// decisionInWords is the detail of the audit entry.
func decisionInWords(d svcgate.Decision) string {
	words := string(d.Verdict)
	for _, part := range []struct{ name, text string }{{", amount ", d.Amount}, {", provider's id ", d.TransactionID}, {", because: ", d.Reason}} {
		if part.text != "" {
			words += part.name + part.text
		}
	}
	words = sweep(strings.Join(strings.Fields(words), " ")) // an entry is one line
	return strings.ToValidUTF8(words[:min(len(words), access.MaxDetail)], "")
}

// sweep masks whatever could be a card number in a text.
func sweep(text string) string { return digitRun.ReplaceAllString(text, svcgate.MaskLast4("")) }
