package responsecodes

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/svcgate/svcgate"
)

// MaxReason is the longest reason of a version, in characters.
const MaxReason = 200

// Starter is who publishes the starter set.
const Starter = "svcgate:starter"

// Publish makes the draft with the ETag the next version, which is in force at once. It is refused, with nothing
// changed, when
//
//   - the draft is another (CodeConflict, reason stale) or there is none (no_draft),
//   - the draft began from another version than the published one (draft_outdated; RebaseDraft mends it),
//   - nothing would change (nothing_to_publish),
//   - Check finds an error (CodeInvalid), or
//   - it approves what was not approved, and by is one of its editors (needs_second_person).
func (b *Book) Publish(ctx context.Context, by, service, ifMatch, reason string) (*Version, error) {
	b.write.Lock()
	defer b.write.Unlock()
	if err := errors.Join(checkNames(by, service), checkReason(reason)); err != nil {
		return nil, err
	}
	d, err := b.existing(ctx, service, ifMatch)
	if err != nil {
		return nil, err
	}
	now := b.published(service)
	switch {
	case d.Base != now.Number:
		return nil, conflict("draft_outdated", "The draft began from version %d and version %d is published. Rebase the draft, or discard it.", d.Base, now.Number)
	case len(Diff(now.Rules, d.Rules)) == 0:
		return nil, conflict("nothing_to_publish", "The draft says what version %d says already.", now.Number)
	}
	if err := faulty(d.Rules); err != nil {
		return nil, err
	}
	if widened := Widened(now.Rules, d.Rules); len(widened) > 0 && slices.Contains(d.Editors, by) {
		return nil, conflict("needs_second_person", "The draft approves what was not approved before (%d rules), and you edited it. Somebody who did not must publish it.", len(widened))
	}
	return b.publish(ctx, Version{Service: service, Number: now.Number + 1, Rules: d.Rules, By: by, Reason: reason, Base: d.Base}, d.ETag)
}

// Rollback publishes the rules of an earlier version again, as a new version. A draft stays as it is, begun from what
// is no longer published. It needs no second person: those rules were in force before. seen is the version that was in
// force when by looked, 0 for whichever it is; when another is by now, nothing changes (CodeConflict, reason stale).
func (b *Book) Rollback(ctx context.Context, by, service string, seen, number int, reason string) (*Version, error) {
	b.write.Lock()
	defer b.write.Unlock()
	if err := errors.Join(checkNames(by, service), checkReason(reason)); err != nil {
		return nil, err
	}
	old, err := b.Version(ctx, service, number)
	if err != nil {
		return nil, err
	}
	now := b.published(service)
	if seen != 0 && seen != now.Number {
		return nil, conflict("stale", "Version %d is in force by now, which is not the one that you saw; nothing was changed.", now.Number)
	}
	if len(Diff(now.Rules, old.Rules)) == 0 {
		return nil, conflict("nothing_to_publish", "Version %d says what version %d says already.", now.Number, number)
	}
	return b.publish(ctx, Version{Service: service, Number: now.Number + 1, Rules: old.Rules, By: by, Reason: reason, Base: now.Number, RolledBackTo: number}, "")
}

// Start publishes the rules as version 1 of a service bureau that has no version, by Starter, and reports whether it
// did.
func (b *Book) Start(ctx context.Context, service string, rules []Rule) (bool, error) {
	b.write.Lock()
	defer b.write.Unlock()
	if b.Published(service) != nil {
		return false, nil
	}
	if err := errors.Join(checkSet(service, rules), faulty(rules)); err != nil {
		return false, err
	}
	_, err := b.publish(ctx, Version{Service: service, Number: 1, Rules: b.stamp(nil, sorted(rules)), By: Starter, Reason: "The starter set"}, "")
	if err != nil && b.Published(service) != nil { // another process was faster
		return false, nil
	}
	return err == nil, err
}

// publish writes the version and puts it in force.
func (b *Book) publish(ctx context.Context, v Version, draft string) (*Version, error) {
	v.Published = b.now()
	if err := b.store.PublishCodes(ctx, &v, draft); err != nil {
		return nil, b.refused(ctx, v.Service, "publishing codes", err)
	}
	return b.install(v), nil
}

// faulty joins the errors that Check finds.
func faulty(rules []Rule) error {
	var errs []error
	for _, w := range Check(rules) {
		if w.Severity == SeverityError && len(errs) < MaxProblems {
			errs = append(errs, invalid(w.Rule, "check_failed", "%s", w.Text))
		}
	}
	return errors.Join(errs...)
}

func checkReason(reason string) error {
	switch {
	case !shown(reason, 1, MaxReason), strings.TrimSpace(reason) == "":
		return invalid("reason", "invalid_reason", "Say why, in 1 to %d printable characters.", MaxReason)
	case digitRun.MatchString(reason):
		return invalid("reason", "invalid_reason", "Leave numbers of ten digits and more out of the reason: it is kept and shown, and could hold a card number.")
	}
	return nil
}

func conflict(reason, format string, args ...any) *svcgate.Error {
	return &svcgate.Error{Code: svcgate.CodeConflict, Reason: reason, Op: "codes", Detail: fmt.Sprintf(format, args...)}
}
