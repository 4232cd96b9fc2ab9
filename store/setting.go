package store

import "fmt"

// setting is what is changed as a whole: the draft of a service bureau's codes, all tokens, or all people.
type setting struct {
	kind, subject string
	digest        sum
}

func (s setting) table() string {
	if s.kind == chainCodes {
		return "code_drafts"
	}
	if s.subject == subjectPeople {
		return "people"
	}
	return "tokens"
}

// subjectPeople tells people from tokens in the chain: both are grants.
const subjectPeople = "people"

// settingsDigests gives the drafts, by service bureau, and the tokens and the people when there are any. An empty
// setting has the digest of nothing.
func settingsDigests(list func(dest any, query string, args ...any) error) ([]setting, error) {
	var drafts []draftRow
	if err := list(&drafts, sqlDrafts); err != nil {
		return nil, fmt.Errorf("reading drafts of codes: %w", err)
	}
	var all []setting
	for i := range drafts {
		all = append(all, setting{chainCodes, drafts[i].Service, digestOf(drafts[i].values()...)})
	}
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
	var people []personRow
	if err := list(&people, sqlPeople); err != nil {
		return nil, fmt.Errorf("reading people: %w", err)
	}
	if len(people) > 0 {
		d := newDigest()
		for i := range people {
			d.values(people[i].chained())
		}
		all = append(all, setting{chainTokens, subjectPeople, d.sum()})
	}
	return all, nil
}

// linkCodes adds the draft of a service bureau, as it is now, to the chain, and the version that came with the change;
// nil for none.
func (w *writer) linkCodes(service string, v *versionRow) error {
	var drafts []draftRow
	if err := w.list(&drafts, sqlDraft, service); err != nil {
		return err
	}
	now := digestOf()
	if len(drafts) > 0 {
		now = digestOf(drafts[0].values()...)
	}
	if v == nil {
		w.link(chainCodes, service, 0, now, nil)
		return nil
	}
	record := digestOf(v.values()...)
	w.link(chainCodes, service, v.Number, now, record[:])
	return nil
}

// linkTokens adds the tokens, as they are now, to the chain.
func (w *writer) linkTokens() error { return w.linkGrants("") }

// linkPeople adds the people, as they are now, to the chain.
func (w *writer) linkPeople() error { return w.linkGrants(subjectPeople) }

func (w *writer) linkGrants(subject string) error {
	all, err := settingsDigests(w.list)
	if err != nil {
		return err
	}
	now := setting{chainTokens, subject, digestOf()}
	for _, s := range all {
		if s.kind == chainTokens && s.subject == subject {
			now = s
		}
	}
	w.link(now.kind, now.subject, 0, now.digest, nil)
	return nil
}
