package console

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/responsecodes"
)

// step is a step of the way with its place in the time that all took, as a drawing has it.
type step struct {
	responsecodes.Step
	Label    string
	X, Width string // of 1000; "" for what has no place
}

var stepLabels = map[string]string{
	responsecodes.StepRequest: "Request", responsecodes.StepMessage: "Message", responsecodes.StepAnswer: "Answer", responsecodes.StepRule: "Rule",
	responsecodes.StepSettled: "Settled", responsecodes.StepTold: "Told",
}

// exchange is one message and what came back, laid out.
type exchange struct {
	*svcgate.Exchange
	Number         int
	SentPieces     []piece
	ReceivedPieces []piece
}

// transactionPage is what the page of one transaction is filled with.
type transactionPage struct {
	T         *svcgate.Transaction
	Vendor    *svcgate.VendorResponse
	Remainder svcgate.Money
	Steps     []step
	Took      time.Duration
	Exchanges []exchange
	E         *responsecodes.Explanation // nil for whoever may not read messages
	RulePath  string                     // of the rule; "" when there is no page of it
	Request   []piece                    // as it came, without the card
	Told      []piece
	Desk      string // where it is settled; "" when it is not open
	Readings  []reading
	Curl      string
	Parts     []part
}

// part is one hold's share of a split deposit.
type part struct {
	svcgate.Part
	Path string
}

// showTransaction is everything that is known of one transaction. Reading its messages is audited.
func (c *Console) showTransaction(v *visit) (*answer, error) {
	id := v.variable("id")
	t, err := c.Journal.Transaction(v.Context(), id)
	if err != nil {
		return nil, err
	}
	p := &transactionPage{T: t, Vendor: t.Vendor, Readings: readingsOf(t), Curl: c.curl(t.ID, v.may(access.ReadExchanges)), Told: told(t), Request: asked(t)}
	p.Remainder, _ = t.Remainder()
	if open(t) && c.reaches(v, deskPath+"/{id}") {
		p.Desk = deskPath + "/" + t.ID
	}
	for _, one := range t.Plan {
		shown := part{Part: one}
		if one.TransactionID != "" {
			shown.Path = transactionsPath + "/" + one.TransactionID
		}
		p.Parts = append(p.Parts, shown)
	}
	if v.may(access.ReadExchanges) {
		if err := c.explain(v, p); err != nil {
			return nil, err
		}
	}
	return v.page("transaction", title(t), p)
}

func (c *Console) explain(v *visit, p *transactionPage) error {
	e := access.Entry{At: c.Now().UTC(), Actor: v.person.Name, Action: "exchange.read", Subject: p.T.ID}
	if err := c.Auditor.Audit(v.Context(), e); err != nil {
		return &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "audit_unavailable", Op: "audit",
			Detail: "The audit trail cannot be written, and messages are not shown without an entry. Try again.", Err: err}
	}
	var err error
	if p.E, err = c.Explainer.Explain(v.Context(), p.T.ID); err != nil {
		return err
	}
	for i, x := range p.E.Exchanges {
		p.Exchanges = append(p.Exchanges, exchange{x, i + 1, pretty(x.Sent), pretty(x.Received)})
	}
	p.Steps, p.Took = placed(p.T, p.E.Steps)
	if r := p.E.Rule; r != nil {
		p.RulePath = c.rulePath(v, r)
	}
	return nil
}

// placed lays the steps out over the time from the request to what was told. A settlement may come much later, so the
// drawing ends with the last message then.
func placed(t *svcgate.Transaction, steps []responsecodes.Step) ([]step, time.Duration) {
	all, end := make([]step, len(steps)), time.Duration(0)
	for _, s := range steps {
		switch s.Name {
		case responsecodes.StepMessage:
			end = max(end, s.At.Add(s.Took).Sub(t.Created))
		case responsecodes.StepTold:
			if t.Settlement == nil {
				end = max(end, s.Took)
			}
		}
	}
	for i, s := range steps {
		all[i] = step{Step: s, Label: stepLabels[s.Name]}
		if end <= 0 || s.Took <= 0 || s.Name == responsecodes.StepTold || s.At.Before(t.Created) {
			continue
		}
		x := float64(s.At.Sub(t.Created)) / float64(end) * chartWidth
		all[i].X, all[i].Width = unit(min(x, chartWidth-2)), unit(max(min(float64(s.Took)/float64(end)*chartWidth, chartWidth-x), 2))
	}
	return all, end
}

// asked is the request as the API would be sent it, with the card masked.
func asked(t *svcgate.Transaction) []piece {
	body := []member{{"service", t.Service}, {"order", t.Order}}
	if t.Sequence != 0 {
		body = append(body, member{"sequence", t.Sequence})
	}
	if t.Operation != svcgate.Generate {
		body = append(body, member{"card", map[string]string{"number": svcgate.MaskLast4(t.Last4)}})
	}
	if !t.Requested.IsZero() {
		body = append(body, member{"amount", t.Requested.Decimal()}, member{"currency", t.Requested.Currency()})
	}
	if t.Authorization != "" {
		body = append(body, member{"authorization", t.Authorization})
	}
	if t.Kind != "" {
		body = append(body, member{"kind", string(t.Kind)})
	}
	return prettyMembers(body)
}

// told is what the OMS is told.
func told(t *svcgate.Transaction) []piece {
	var outcome any
	if t.Outcome != "" {
		outcome = string(t.Outcome)
	}
	return prettyMembers([]member{{"outcome", outcome}, {"amount", t.Reply.Amount}, {"balance", t.Reply.Balance}, {"vendor_response", t.Vendor}})
}

// member is a member of a JSON object that keeps its place.
type member struct {
	name  string
	value any
}

// prettyMembers writes an object. Texts that are empty are left out.
func prettyMembers(all []member) []piece {
	var out strings.Builder
	for _, m := range all {
		if m.value == "" {
			continue
		}
		text, err := json.Marshal(m.value)
		if err != nil {
			return []piece{{Text: "This cannot be shown."}}
		}
		if out.Len() > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%s:%s", strconv.Quote(m.name), text)
	}
	return pretty([]byte("{" + out.String() + "}"))
}

// curl is the command that reads the same from the API.
func (c *Console) curl(id string, explain bool) string {
	path := "/v1/transactions/" + id
	if explain {
		path += "/explain"
	}
	return "curl -s " + c.address(path) + ` -H "Authorization: Bearer $SVCGATE_TOKEN"`
}
