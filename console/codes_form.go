package console

import (
	"slices"
	"strconv"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

const messageField = "message_"

var outcomeHints = map[svcgate.Outcome]string{
	svcgate.Approved:    "the provider did it; only for the code that answers this operation's own message",
	svcgate.Partial:     "the provider did less than was asked; for the same codes as approved",
	svcgate.Declined:    "the provider refused; no money moved",
	svcgate.Undefined:   "nobody can say what it means: hold the order and look",
	svcgate.Unavailable: "the provider was not reached; only for no answer, code SU",
	svcgate.Unknown:     "it may have happened: svcgate finds out before the OMS goes on",
}

// ruleForm asks for a rule. id is the rule that it changes, "" for a new one; etag names the draft that it was read from.
func ruleForm(service string, r responsecodes.Rule, id, etag string) *form {
	outcomes := &field{Name: "outcome", Label: "Outcome", Type: "radio", Value: string(r.Outcome), Hint: "What it means. A rule cannot say more than the provider did."}
	for _, o := range svcgate.Outcomes() {
		outcomes.Options = append(outcomes.Options, option{Value: string(o), Label: string(o), Hint: outcomeHints[o]})
	}
	operations := &field{Name: "operation", Label: "Operation", Type: "select", Value: "*", Options: []option{{Value: "*", Label: "any operation"}},
		Hint: "The one that was answered. A rule of one operation goes before one of any."}
	for _, name := range operationNames() {
		operations.Options = append(operations.Options, option{Value: name, Label: name})
	}
	if r.Operation != "" {
		operations.Value = r.Operation
	}
	sources := &field{Name: "source", Label: "Where it stands", Type: "select", Value: string(r.Source), Hint: "The place in the answer; codes of different places are different codes."}
	for _, s := range svcgate.Sources() {
		sources.Options = append(sources.Options, option{Value: string(s), Label: sourceTexts[s]})
	}
	cancel := &field{Name: "cancel", Label: "Cancel the order", Type: "checks", Optional: true,
		Options: []option{{Value: "true", Label: "Flag the order for cancelling", Hint: "only for what is declined or undefined"}}}
	if r.Cancel {
		cancel.Values = []string{"true"}
	}
	fields := []*field{
		{Name: "etag", Type: "hidden", Value: etag, Optional: true},
		{Name: "id", Type: "hidden", Value: id, Optional: true},
		operations, sources,
		{Name: "code", Label: "Provider's code", Value: r.Code, Max: responsecodes.MaxCode, Hint: "As it stands in the answer, letter case and all."},
		outcomes,
		{Name: "vendor", Label: "Vendor response code", Value: r.Vendor, Max: responsecodes.MaxVendor, Hint: "What the OMS is told: letters or digits, one of those that are set up there."},
		{Name: "description", Label: "Description", Value: r.Description, Optional: true, Max: 4 * responsecodes.MaxDescription, Hint: "For people, at most 40 characters."},
		{Name: "attempts", Label: "Attempts", Value: count(r.Attempts), Optional: true, Numeric: true, Max: 3, Hint: "How often in all the OMS may try, 0 to 999. Empty: no limit of its own."},
		{Name: "days_between", Label: "Days between attempts", Value: count(r.DaysBetween), Optional: true, Numeric: true, Max: 3, Hint: "0 to 999."},
		{Name: "hold_reason", Label: "Hold reason", Value: r.HoldReason, Optional: true, Max: 2, Hint: "Two capital letters or digits, such as CW. Empty: the order is not held."},
		{Name: "hold_days", Label: "Days on hold", Value: count(r.HoldDays), Optional: true, Numeric: true, Max: 3, Hint: "0 to 999. Empty: until somebody looks."},
		cancel,
	}
	for i := range responsecodes.MaxMessages {
		m := &field{Name: messageField + strconv.Itoa(i+1), Label: "Message " + strconv.Itoa(i+1), Optional: true, Max: 4 * responsecodes.MaxMessage}
		if i < len(r.Messages) {
			m.Value = r.Messages[i]
		}
		fields = append(fields, m)
	}
	f := newForm("rule", codesPath(service, "rule"), "Put into the draft", fields...)
	f.Field(messageField + "1").Hint = "Shown to the operator in a window; at most 60 characters a line."
	return f
}

func count(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// ruleOf is the rule that was typed. What is wrong with it stands at the fields.
func ruleOf(service string, f *form) (responsecodes.Rule, error) {
	r := responsecodes.Rule{Service: service, Source: svcgate.Source(f.Get("source")), Code: f.Get("code"), Vendor: f.Get("vendor"),
		Description: f.Get("description"), Outcome: svcgate.Outcome(f.Get("outcome")), HoldReason: f.Get("hold_reason"),
		Cancel: slices.Contains(f.All("cancel"), "true"), Messages: []string{}}
	if op := f.Get("operation"); op != "*" {
		r.Operation = op
	}
	for name, to := range map[string]**int{"attempts": &r.Attempts, "days_between": &r.DaysBetween, "hold_days": &r.HoldDays} {
		if text := f.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if *to = &n; err != nil || n < 0 || n > responsecodes.MaxCount {
				f.Wrong(name, "Give a whole number from 0 to 999, or leave it empty.")
			}
		}
	}
	for i := range responsecodes.MaxMessages {
		name := messageField + strconv.Itoa(i+1)
		text := f.Get(name)
		if text != "" && len(r.Messages) < i {
			f.Wrong(name, "The message before it is empty; fill them from the first.")
		}
		if text != "" {
			r.Messages = append(r.Messages, text)
		}
	}
	if !f.OK() {
		return r, nil
	}
	return r, f.take(r.Validate(), "messages", messageField+"1")
}

// putAs is the edit that puts r in the place of the rule id, or adds it for "".
func putAs(id string, r responsecodes.Rule) responsecodes.Edit {
	return func(rules []responsecodes.Rule) ([]responsecodes.Rule, error) {
		if id != r.ID() {
			if slices.ContainsFunc(rules, func(old responsecodes.Rule) bool { return old.ID() == r.ID() }) {
				return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "rule_exists", Field: "code",
					Detail: "There is a rule for this code, place and operation already. Change that one."}
			}
			rules = slices.DeleteFunc(rules, func(old responsecodes.Rule) bool { return old.ID() == id })
		}
		return responsecodes.PutRule(r)(rules)
	}
}
