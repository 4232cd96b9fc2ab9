package responsecodes

import (
	"context"
	"errors"
)

// ErrChanged is the error of a Store that holds something else than the caller knows: nothing was written.
var ErrChanged = errors.New("the codes were changed meanwhile")

// Store keeps versions and drafts, and who made them. Each method that writes is one transaction, with its entry in the
// audit trail. Rules come back ordered by id or not.
type Store interface {
	// PublishedCodes returns the last version of every service bureau that has one.
	PublishedCodes(ctx context.Context) ([]Version, error)
	// CodesRevision changes whenever a version is published.
	CodesRevision(ctx context.Context) (int64, error)
	// CodeVersions returns up to limit versions without their rules, the newest first.
	CodeVersions(ctx context.Context, service string, limit int) ([]Version, error)
	// CodeVersion returns one version. One that is not there is an *svcgate.Error with CodeNotFound.
	CodeVersion(ctx context.Context, service string, number int) (*Version, error)
	// CodeDraft returns the draft of a service bureau, nil when there is none. Its slices may be shared: they are not changed.
	CodeDraft(ctx context.Context, service string) (*Draft, error)
	// SaveCodeDraft writes d in place of the draft with the ETag was, "" for none. When the draft is another: ErrChanged.
	// by did it, and what says what.
	SaveCodeDraft(ctx context.Context, d *Draft, was, by, what string) error
	// DropCodeDraft removes the draft with the ETag was. When the draft is another, or none: ErrChanged.
	DropCodeDraft(ctx context.Context, service, was, by string) error
	// PublishCodes adds the version that follows the last one and removes the draft with the ETag draft, "" for leaving
	// any draft. When v's number does not follow, or the draft is another: ErrChanged.
	PublishCodes(ctx context.Context, v *Version, draft string) error
}
