package store

import (
	"fmt"
	"slices"
)

// setting is a table that is changed as a whole: the codes of a service bureau, or all tokens.
type setting struct {
	kind, subject string
	digest        sum
}

func (s setting) table() string {
	if s.kind == chainCodes {
		return "vendor_responses"
	}
	return "tokens"
}

// settingsDigests gives the codes of every service bureau that has some, and the tokens when there are any. An empty
// setting has the digest of nothing.
func settingsDigests(list func(dest any, query string, args ...any) error) ([]setting, error) {
	var rules []ruleRow
	if err := list(&rules, sqlRules); err != nil {
		return nil, fmt.Errorf("reading codes: %w", err)
	}
	digests := map[string]*digest{}
	for i := range rules {
		d := digests[rules[i].Service]
		if d == nil {
			d = newDigest()
			digests[rules[i].Service] = d
		}
		d.values(rules[i].values())
	}
	var all []setting
	for service, d := range digests {
		all = append(all, setting{chainCodes, service, d.sum()})
	}
	slices.SortFunc(all, func(a, b setting) int { return slices.Compare([]byte(a.subject), []byte(b.subject)) })
	var tokens []tokenRow
	if err := list(&tokens, sqlTokens); err != nil {
		return nil, fmt.Errorf("reading tokens: %w", err)
	}
	if len(tokens) > 0 {
		d := newDigest()
		for i := range tokens {
			d.values(tokens[i].values())
		}
		all = append(all, setting{chainTokens, "", d.sum()})
	}
	return all, nil
}

// linkCodes adds the codes of service bureaus, as they are now, to the chain.
func (w *writer) linkCodes(services ...string) error {
	all, err := settingsDigests(w.list)
	if err != nil {
		return err
	}
	for _, service := range services {
		now := setting{chainCodes, service, digestOf()}
		for _, s := range all {
			if s.kind == chainCodes && s.subject == service {
				now = s
			}
		}
		w.link(now.kind, now.subject, 0, now.digest, nil)
	}
	return nil
}

// linkTokens adds the tokens, as they are now, to the chain.
func (w *writer) linkTokens() error {
	all, err := settingsDigests(w.list)
	if err != nil {
		return err
	}
	now := setting{chainTokens, "", digestOf()}
	if n := len(all); n > 0 && all[n-1].kind == chainTokens {
		now = all[n-1]
	}
	w.link(now.kind, now.subject, 0, now.digest, nil)
	return nil
}
