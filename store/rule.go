package store

import (
	"encoding/json"
	"fmt"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// ruleText is a rule in a column of rules. The service bureau stands in a column of its own.
type ruleText struct {
	Operation   string   `json:"operation"`
	Source      string   `json:"source"`
	Code        string   `json:"code"`
	Vendor      string   `json:"vendor"`
	Description string   `json:"description"`
	Outcome     string   `json:"outcome"`
	Attempts    *int     `json:"attempts"`
	HoldReason  string   `json:"hold_reason"`
	HoldDays    *int     `json:"hold_days"`
	DaysBetween *int     `json:"days_between"`
	Cancel      bool     `json:"cancel"`
	Messages    []string `json:"messages"`
	Updated     int64    `json:"updated"` // microseconds
}

func rulesToText(rules []responsecodes.Rule) (string, error) {
	all := make([]ruleText, len(rules))
	for i, r := range rules {
		all[i] = ruleText{r.Operation, string(r.Source), r.Code, r.Vendor, r.Description, string(r.Outcome), r.Attempts, r.HoldReason,
			r.HoldDays, r.DaysBetween, r.Cancel, append([]string{}, r.Messages...), r.Updated.UnixMicro()}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("encoding rules: %w", err)
	}
	return string(text), nil
}

func rulesOf(service, text string) ([]responsecodes.Rule, error) {
	var all []ruleText
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return nil, fmt.Errorf("rules of %s as stored: %w", service, err)
	}
	rules := make([]responsecodes.Rule, len(all))
	for i, t := range all {
		rules[i] = responsecodes.Rule{
			Service: service, Operation: t.Operation, Source: svcgate.Source(t.Source), Code: t.Code, Vendor: t.Vendor,
			Description: t.Description, Outcome: svcgate.Outcome(t.Outcome), Attempts: t.Attempts, HoldReason: t.HoldReason,
			HoldDays: t.HoldDays, DaysBetween: t.DaysBetween, Cancel: t.Cancel, Messages: t.Messages, Updated: instant(t.Updated),
		}
	}
	return rules, nil
}
