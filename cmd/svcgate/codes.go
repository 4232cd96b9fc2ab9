package main

import (
	"bytes"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/responsecodes"
	"github.com/svcgate/svcgate/store"
)

func codesCommand(s *shell) *cobra.Command {
	c := parent("codes", "Look at and change what the provider's codes mean",
		listCodesCommand(s), setCodeCommand(s), deleteCodeCommand(s), importCodesCommand(s), exportCodesCommand(s),
		draftCodesCommand(s), diffCodesCommand(s), dryRunCodesCommand(s), inboxCodesCommand(s), publishCodesCommand(s), rollbackCodesCommand(s), historyCodesCommand(s))
	c.Long = "Keeps the vendor response table: what each code of the provider means to the order management system. Changes are\n" +
		"made in a draft (set, delete, import); diff shows what it would change, publish puts it in force as a new version, and\n" +
		"rollback puts an earlier version back. At a running server (--server) that is in force with its next answer."
	return c
}

// codeTable is the vendor response table of a database, or of the server that has it open.
type codeTable interface {
	published(ctx context.Context, service string) (*responsecodes.Version, error)
	version(ctx context.Context, service string, number int) (*responsecodes.Version, error)
	versions(ctx context.Context, service string) ([]responsecodes.Version, error)
	draft(ctx context.Context, service string) (*responsecodes.Draft, error)
	put(ctx context.Context, ifMatch string, r responsecodes.Rule) error
	remove(ctx context.Context, ifMatch string, r responsecodes.Rule) error
	load(ctx context.Context, service, ifMatch string, csv []byte, dryRun bool) (responsecodes.Changes, error)
	discard(ctx context.Context, service, ifMatch string) error
	rebase(ctx context.Context, service, ifMatch string) error
	publish(ctx context.Context, service, ifMatch, reason string) (int, error)
	rollback(ctx context.Context, service string, number int, reason string) (int, error)
}

// withCodes works on the codes of a service bureau.
func (s *shell) withCodes(c *cobra.Command, l *location, service string, work func(codeTable) error) error {
	return s.withBook(c, l, service,
		func(server *client) error { return work(remoteCodes{server}) },
		func(book *responsecodes.Book, _ *store.Store) error { return work(localCodes{book}) })
}

// withBook works at a server, or on a database that this process opens for it.
func (s *shell) withBook(c *cobra.Command, l *location, service string, at func(*client) error, on func(*responsecodes.Book, *store.Store) error) error {
	remote, err := l.resolve(c, s)
	if err != nil {
		return err
	}
	if remote {
		server, err := s.client(l.serverFlags)
		if err != nil {
			return err
		}
		return at(server)
	}
	return l.open(c.Context(), s, func(db *store.Store, services []string) error {
		if len(services) > 0 && !slices.Contains(services, service) {
			return fail(exitUsage, "the settings have no service bureau %q; they have %s", service, join(services))
		}
		book, err := openCodes(c.Context(), db, services, discard)
		if err != nil {
			return err
		}
		return on(book, db)
	})
}

// localCodes is the table of a database that this process has open.
type localCodes struct{ book *responsecodes.Book }

func (l localCodes) published(_ context.Context, service string) (*responsecodes.Version, error) {
	if v := l.book.Published(service); v != nil {
		return v, nil
	}
	return &responsecodes.Version{Service: service}, nil
}

func (l localCodes) version(ctx context.Context, service string, number int) (*responsecodes.Version, error) {
	return l.book.Version(ctx, service, number)
}

func (l localCodes) versions(ctx context.Context, service string) ([]responsecodes.Version, error) {
	return l.book.Versions(ctx, service, 0)
}

func (l localCodes) draft(ctx context.Context, service string) (*responsecodes.Draft, error) {
	return l.book.Draft(ctx, service)
}

func (l localCodes) put(ctx context.Context, ifMatch string, r responsecodes.Rule) error {
	_, err := l.book.EditDraft(ctx, actorCommand, r.Service, ifMatch, responsecodes.PutRule(r))
	return err
}

func (l localCodes) remove(ctx context.Context, ifMatch string, r responsecodes.Rule) error {
	_, err := l.book.EditDraft(ctx, actorCommand, r.Service, ifMatch, responsecodes.DeleteRule(r.ID()))
	return err
}

func (l localCodes) load(ctx context.Context, service, ifMatch string, csv []byte, dryRun bool) (responsecodes.Changes, error) {
	rules, err := responsecodes.ReadCSV(bytes.NewReader(csv), service)
	if err != nil {
		return responsecodes.Changes{}, err
	}
	before, err := l.book.Draft(ctx, service)
	if err != nil {
		return responsecodes.Changes{}, err
	}
	edit := responsecodes.ImportRules(rules)
	changes, err := before.Preview(edit)
	if err == nil && !dryRun {
		_, err = l.book.EditDraft(ctx, actorCommand, service, ifMatch, edit)
	}
	return responsecodes.Summary(changes), err
}

func (l localCodes) discard(ctx context.Context, service, ifMatch string) error {
	return l.book.DiscardDraft(ctx, actorCommand, service, ifMatch)
}

func (l localCodes) rebase(ctx context.Context, service, ifMatch string) error {
	_, err := l.book.RebaseDraft(ctx, actorCommand, service, ifMatch)
	return err
}

func (l localCodes) publish(ctx context.Context, service, ifMatch, reason string) (int, error) {
	return numberOf(l.book.Publish(ctx, actorCommand, service, ifMatch, reason))
}

func (l localCodes) rollback(ctx context.Context, service string, number int, reason string) (int, error) {
	return numberOf(l.book.Rollback(ctx, actorCommand, service, 0, number, reason))
}

func numberOf(v *responsecodes.Version, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	return v.Number, nil
}

func serviceFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "service", "RLT", "code of the service bureau")
}
