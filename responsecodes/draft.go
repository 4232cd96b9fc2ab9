package responsecodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/svcgate/svcgate"
)

// Draft is the table of a service bureau as it is to become; there is one at most. Without one, it is the published
// rules with Exists false.
type Draft struct {
	Service string    `json:"service"`
	Base    int       `json:"base"` // version that it began from; 0 for none
	Rules   []Rule    `json:"rules"`
	ETag    string    `json:"etag"`    // changes with every edit; what a write must name
	Editors []string  `json:"editors"` // who edited it, in order of their first edit
	Updated time.Time `json:"updated"`
	Exists  bool      `json:"exists"`
}

// StaleError says that a write named another state than there is. It stands in an *svcgate.Error with CodeConflict and
// reason stale.
type StaleError struct {
	Current *Draft   // as it is now
	Yours   []Change // what the refused edit would change of it; nil for a write that is no edit
}

// Error says that it is so.
func (*StaleError) Error() string { return "the draft is not the one that the write names" }

func stale(current *Draft, yours []Change) error {
	return &svcgate.Error{Code: svcgate.CodeConflict, Reason: "stale", Op: "codes",
		Detail: "The codes were changed since you read them; nothing was changed now. Look at what there is, and send the change again with its ETag.",
		Err:    &StaleError{current, yours}}
}

// Draft returns the draft of a service bureau.
func (b *Book) Draft(ctx context.Context, service string) (*Draft, error) {
	d, err := b.store.CodeDraft(ctx, service)
	if err != nil {
		return nil, fmt.Errorf("reading a draft: %w", err)
	}
	if d == nil {
		now := b.published(service)
		return &Draft{Service: service, Base: now.Number, Rules: sorted(now.Rules), ETag: noDraft(now.Number), Editors: []string{}, Updated: now.Published}, nil
	}
	d.Rules, d.Exists = sorted(d.Rules), true
	return d, nil
}

// noDraft is the ETag of a service bureau without a draft.
func noDraft(published int) string { return fmt.Sprintf("v%d", published) }

// stored is the ETag by which the store knows the draft.
func (d *Draft) stored() string {
	if d.Exists {
		return d.ETag
	}
	return ""
}

// EditDraft changes the draft with the ETag ifMatch, and makes one of the published rules where there is none. Rules
// that say the same as before keep their date. Each rule must be valid and of the service bureau, each id stand there
// once: else nothing is written and all that is wrong is told. Another ETag is CodeConflict with a *StaleError.
func (b *Book) EditDraft(ctx context.Context, by, service, ifMatch string, edit Edit) (*Draft, error) {
	b.write.Lock()
	defer b.write.Unlock()
	d, err := b.Draft(ctx, service)
	if err != nil {
		return nil, err
	}
	if err := checkNames(by, service); err != nil {
		return nil, err
	}
	rules, changes, err := d.try(edit)
	if d.ETag != ifMatch {
		return nil, stale(d, changes)
	}
	if err != nil {
		return nil, err
	}
	if len(changes) == 0 {
		return d, nil
	}
	return b.save(ctx, by, d, b.stamp(d.Rules, rules), inWords(changes))
}

// Preview says what an edit would change of the draft, and does nothing. Its errors are those of EditDraft.
func (d *Draft) Preview(edit Edit) ([]Change, error) {
	_, changes, err := d.try(edit)
	return changes, err
}

func (d *Draft) try(edit Edit) ([]Rule, []Change, error) {
	rules, err := edit(sorted(d.Rules))
	if err == nil {
		err = checkSet(d.Service, rules)
	}
	if err != nil {
		return nil, nil, err
	}
	rules = sorted(rules)
	changes := Diff(d.Rules, rules)
	if err := checkNumbers(changes); err != nil {
		return nil, nil, err
	}
	return rules, changes, nil
}

// save writes the rules as the next state of the draft.
func (b *Book) save(ctx context.Context, by string, was *Draft, rules []Rule, what string) (*Draft, error) {
	next := &Draft{Service: was.Service, Base: was.Base, Rules: rules, ETag: svcgate.RandomLetters(20), Editors: slices.Clone(was.Editors), Updated: b.now(), Exists: true}
	if !slices.Contains(next.Editors, by) {
		next.Editors = append(next.Editors, by)
	}
	err := b.store.SaveCodeDraft(ctx, next, was.stored(), by, what)
	if err != nil {
		return nil, b.refused(ctx, was.Service, "writing a draft", err)
	}
	return next, nil
}

// refused tells a store's ErrChanged as a stale write: another process was there before.
func (b *Book) refused(ctx context.Context, service, doing string, err error) error {
	if !errors.Is(err, ErrChanged) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := b.reload(ctx); err != nil {
		return err
	}
	current, err := b.Draft(ctx, service)
	if err != nil {
		return err
	}
	return stale(current, nil)
}

// stamp dates the rules that are new or say something else than before.
func (b *Book) stamp(before, after []Rule) []Rule {
	old, at := byID(before), b.now()
	for i, r := range after {
		if was, known := old[r.ID()]; known && was.same(r) {
			after[i].Updated = was.Updated
		} else {
			after[i].Updated = at
		}
	}
	return after
}

func (b *Book) now() time.Time { return b.Now().UTC().Truncate(time.Millisecond) }

// DiscardDraft throws the draft with the ETag away.
func (b *Book) DiscardDraft(ctx context.Context, by, service, ifMatch string) error {
	b.write.Lock()
	defer b.write.Unlock()
	if err := checkNames(by, service); err != nil {
		return err
	}
	d, err := b.existing(ctx, service, ifMatch)
	if err != nil {
		return err
	}
	if err := b.store.DropCodeDraft(ctx, service, d.ETag, by); err != nil {
		return b.refused(ctx, service, "discarding a draft", err)
	}
	return nil
}

// RebaseDraft makes the edits of the draft again, on the rules that are published by now. Where both changed a rule,
// the draft has the last word.
func (b *Book) RebaseDraft(ctx context.Context, by, service, ifMatch string) (*Draft, error) {
	b.write.Lock()
	defer b.write.Unlock()
	if err := checkNames(by, service); err != nil {
		return nil, err
	}
	d, err := b.existing(ctx, service, ifMatch)
	if err != nil {
		return nil, err
	}
	now := b.published(service)
	if d.Base == now.Number {
		return d, nil
	}
	base := &Version{}
	if d.Base > 0 {
		if base, err = b.Version(ctx, service, d.Base); err != nil {
			return nil, err
		}
	}
	rules := byID(now.Rules)
	for _, c := range Diff(base.Rules, d.Rules) {
		if delete(rules, c.ID); c.After != nil {
			rules[c.ID] = *c.After
		}
	}
	all := make([]Rule, 0, len(rules))
	for _, r := range rules {
		all = append(all, r)
	}
	what := fmt.Sprintf("edits begun from version %d made on version %d", d.Base, now.Number)
	d.Base = now.Number
	return b.save(ctx, by, d, sorted(all), what)
}

// existing returns the draft with the ETag.
func (b *Book) existing(ctx context.Context, service, ifMatch string) (*Draft, error) {
	d, err := b.Draft(ctx, service)
	switch {
	case err != nil:
		return nil, err
	case d.ETag != ifMatch:
		return nil, stale(d, nil)
	case !d.Exists:
		return nil, &svcgate.Error{Code: svcgate.CodeConflict, Reason: "no_draft", Op: "codes",
			Detail: "There is no draft: nothing was edited since the last version was published."}
	}
	return d, nil
}

// MaxActor is the longest name of who edits or publishes, in bytes.
const MaxActor = 64

func checkNames(by, service string) error {
	if by == "" || len(by) > MaxActor {
		return fmt.Errorf("codes: a change names who makes it, in 1 to %d bytes", MaxActor)
	}
	if !serviceText.MatchString(service) {
		return invalid("service", "invalid_service", "Give the code of the service bureau: 1 to %d letters, digits, dots or dashes, such as RLT.", svcgate.MaxService)
	}
	return nil
}
