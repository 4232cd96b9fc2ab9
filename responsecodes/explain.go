package responsecodes

import (
	"context"
	"fmt"
	"time"

	"github.com/svcgate/svcgate"
)

// Explanation is how a transaction came to what the OMS was told.
type Explanation struct {
	Transaction *svcgate.Transaction
	Exchanges   []*svcgate.Exchange // masked, in the order of sending; none for a split deposit
	Rule        *Rule               // that decided, as it stood then; nil when none knew the code or the version is not kept
	Version     *Version            // of the table then, without rules; nil when the table had none
	Now         *Meaning            // the same answer under the published table; nil without an answer
	Steps       []Step              // in order of time
}

// Meaning is what the published table makes of an answer.
type Meaning struct {
	Version int             `json:"version"`
	Rule    string          `json:"rule"` // "" when no rule knows the code
	Outcome svcgate.Outcome `json:"outcome"`
	Vendor  string          `json:"vendor"` // "" for none
	Same    bool            `json:"same"`   // the outcome and the vendor response code are those that were told
}

// Step is one step of the way.
type Step struct {
	Name string        // one of the names below
	At   time.Time     // zero when the journal does not know
	Took time.Duration // 0 for what takes no time to speak of
	Text string        // one sentence; it holds nothing secret
}

// Names of steps.
const (
	StepRequest = "request" // took: until the message was sent, with waiting for the card and journaling
	StepMessage = "message" // took: until the answer was read or given up
	StepAnswer  = "answer"
	StepRule    = "rule"
	StepSettled = "settled"
	StepTold    = "told" // took: all in all
)

// Explain follows a transaction from the request to what the OMS was told. An id that is not there is an
// *svcgate.Error with CodeNotFound.
func (v *Review) Explain(ctx context.Context, id string) (*Explanation, error) {
	t, err := v.Journal.Transaction(ctx, id)
	if err != nil {
		return nil, err
	}
	x, err := v.Journal.Exchanges(ctx, id)
	if err != nil {
		return nil, err
	}
	e := &Explanation{Transaction: t, Exchanges: x}
	if err := v.findRule(ctx, e); err != nil {
		return nil, err
	}
	if t.Reply.Source != "" && len(t.Plan) == 0 {
		e.Now = v.meaning(t)
	}
	e.tell()
	return e, nil
}

// findRule finds the rule as it stood when it decided.
func (v *Review) findRule(ctx context.Context, e *Explanation) error {
	if e.Transaction.CodesVersion == 0 {
		return nil
	}
	version, err := v.Book.Version(ctx, e.Transaction.Service, e.Transaction.CodesVersion)
	if svcgate.CodeOf(err) == svcgate.CodeNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the version that decided: %w", err)
	}
	if vendor := e.Transaction.Vendor; vendor != nil {
		if r, ok := version.Rule(vendor.Rule); ok {
			e.Rule = &r
		}
	}
	bare := *version
	bare.Rules = nil
	e.Version = &bare
	return nil
}

// meaning is what the published table makes of the answer.
func (v *Review) meaning(t *svcgate.Transaction) *Meaning {
	m := newMeanings(t.Service, v.published(t.Service)).of(tallyOf(t))
	now := &Meaning{Rule: m.id, Outcome: m.outcome, Vendor: m.rule.Vendor}
	if version := v.Book.Published(t.Service); version != nil {
		now.Version = version.Number
	}
	told := ""
	if t.Vendor != nil {
		told = t.Vendor.Code
	}
	now.Same = now.Outcome == t.Outcome && now.Vendor == told
	return now
}

// tallyOf counts one transaction.
func tallyOf(t *svcgate.Transaction) Tally {
	return Tally{Operation: t.Operation.String(), Source: t.Reply.Source, Code: t.Reply.Code, Accepted: t.Reply.Accepted,
		Short: !t.Requested.IsZero() && t.Reply.Amount.Less(t.Requested), Outcome: t.Outcome, Count: 1}
}

// tell writes the steps.
func (e *Explanation) tell() {
	t := e.Transaction
	request := Step{Name: StepRequest, At: t.Created, Text: t.Caller + " asked to " + t.Operation.String()}
	if !t.Requested.IsZero() {
		request.Text += " " + t.Requested.String()
	}
	if t.Order != "" {
		request.Text += " for order " + t.Order
	}
	if len(e.Exchanges) > 0 {
		request.Took = e.Exchanges[0].Started.Sub(t.Created)
	}
	request.Text += "."
	e.Steps = append(e.Steps, request)
	for i, x := range e.Exchanges {
		text := fmt.Sprintf("Message %d: %s", i+1, classes[x.Class])
		if x.Status != 0 {
			text += fmt.Sprintf(" (HTTP status %d)", x.Status)
		}
		e.Steps = append(e.Steps, Step{StepMessage, x.Started, x.Took, text + "."})
	}
	if len(t.Plan) > 0 {
		e.Steps = append(e.Steps, Step{Name: StepAnswer, Text: fmt.Sprintf("It was split over %d holds; its outcome is the sum of its parts.", len(t.Plan))})
	} else if t.Reply.Source != "" {
		e.Steps = append(e.Steps, e.answer(), e.rule())
	}
	if s := t.Settlement; s != nil {
		e.Steps = append(e.Steps, Step{Name: StepSettled, At: s.At, Text: "Settled by " + s.By + ": " + s.Why})
	}
	told := Step{Name: StepTold, At: t.Finished, Text: "The OMS is told " + string(t.Outcome)}
	switch {
	case t.Outcome == "":
		told.Text = "It is under way; nothing was told yet"
	case t.Vendor != nil:
		told.Text += ", vendor response " + t.Vendor.Code
	}
	if !t.Finished.IsZero() {
		told.Took = t.Finished.Sub(t.Created)
	}
	told.Text += "."
	e.Steps = append(e.Steps, told)
}

var classes = map[svcgate.Class]string{
	svcgate.ClassNotSent:    "certainly not sent",
	svcgate.ClassNoReply:    "sent, and no answer came",
	svcgate.ClassUnreadable: "sent, and what came back is no answer",
	svcgate.ClassFault:      "sent, and answered by a fault",
	svcgate.ClassMismatch:   "sent, and answered by an answer to something else",
	svcgate.ClassAnswered:   "sent and answered",
}

func (e *Explanation) answer() Step {
	r := &e.Transaction.Reply
	if r.Source == svcgate.SourceTransport {
		return Step{Name: StepAnswer, Text: "The provider did not carry it out: transport code " + r.Code + "."}
	}
	did := "The provider refused"
	if r.Accepted {
		did = "The provider says that it was carried out"
	}
	return Step{Name: StepAnswer, At: r.Time, Text: fmt.Sprintf("%s: %s %s.", did, sources[r.Source], r.Code)}
}

var sources = map[svcgate.Source]string{
	svcgate.SourceErrorCode: "error code", svcgate.SourceReasonCode: "reason code", svcgate.SourceResponseCode: "response code",
}

func (e *Explanation) rule() Step {
	t := e.Transaction
	table := "the vendor response table"
	if t.CodesVersion > 0 {
		table = fmt.Sprintf("version %d of the vendor response table", t.CodesVersion)
	}
	if t.Vendor == nil {
		return Step{Name: StepRule, Text: "No rule of " + table + " knows the code."}
	}
	return Step{Name: StepRule, Text: fmt.Sprintf("Rule %s of %s decided.", t.Vendor.Rule, table)}
}
