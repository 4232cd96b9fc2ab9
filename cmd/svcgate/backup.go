package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/store"
)

func backupCommand(s *shell) *cobra.Command {
	l, asJSON := &location{}, false
	c := &cobra.Command{
		Use:   "backup FILE (--config FILE | --database PLACE)",
		Short: "Copy the database to a new file, while the server works",
		Long: "Copies the database as it is at one moment and checks the copy's chain before it gets its name. The servers may run:\n" +
			"this one only reads, and the database is left as it is. A backup is a SQLite file, of PostgreSQL too: either can be\n" +
			"restored from it.\n" +
			"The copy holds sealed card numbers: keep the key file elsewhere, or whoever has the one has the other.",
		Example: "  svcgate backup /backup/svcgate-2026-11-22.db --config /etc/svcgate/svcgate.yaml",
		Args:    arguments(1, 1, "the path of the file to make"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := l.here(c, s); err != nil {
				return err
			}
			place, _, err := l.place(s)
			if err != nil {
				return err
			}
			if place.DSN == "" {
				err = s.copyFile(c.Context(), place.Path, args[0])
			} else if err = freeFile(args[0]); err == nil {
				_, err = s.copyRows(c.Context(), place, store.Config{Path: args[0]}, store.CopyOptions{})
			}
			if err != nil {
				return err
			}
			return s.tellFile(args[0], "backup", asJSON)
		},
	}
	l.addHere(c)
	jsonFlag(c, &asJSON)
	return c
}

func restoreCommand(s *shell) *cobra.Command {
	to, asJSON := "", false
	c := &cobra.Command{
		Use:   "restore BACKUP --to PLACE",
		Short: "Copy a backup to where a server shall open it",
		Long: "Checks the whole chain of a backup and copies it to a file that must not exist yet, or into a PostgreSQL database\n" +
			"that must be empty, whichever the backup was made of. What was under way when the backup was made is unresolved\n" +
			"once the server opens it. What happened since the backup is not in it: compare with the provider before you serve.\n" +
			"A file that root restores belongs to the owner of its folder. PostgreSQL's password is taken from PGPASSWORD.",
		Example: "  svcgate restore /backup/svcgate-2026-11-22.db --to /var/lib/svcgate/svcgate.db\n" +
			"  svcgate restore /backup/svcgate-2026-11-22.db --to 'postgres://svcgate@db.example.com/svcgate?sslmode=verify-full'",
		Args: arguments(1, 1, "the backup"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "to", to); err != nil {
				return err
			}
			place := databaseAt(to)
			if place.DSN == "" {
				if err := s.copyFile(c.Context(), args[0], to); err != nil {
					return err
				}
				return s.tellFile(to, "database", asJSON)
			}
			if _, err := hasFile(args[0]); err != nil {
				return err
			}
			report, err := s.copyRows(c.Context(), store.Config{Path: args[0]}, place, store.CopyOptions{})
			if err != nil {
				return err
			}
			if asJSON {
				return s.json(copyJSON(args[0], to, report))
			}
			s.tell("database %s filled, %d rows, its chain is whole", withoutPassword(to), report.Rows)
			return nil
		},
	}
	c.Flags().StringVar(&to, "to", "", "the database file to make, or the postgres:// URL of an empty database")
	jsonFlag(c, &asJSON)
	return c
}

// tellFile says what came of a copy.
func (s *shell) tellFile(path, what string, asJSON bool) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("looking at the copy: %w", err)
	}
	if asJSON {
		return s.json(map[string]any{"file": path, "bytes": info.Size()})
	}
	s.tell("%s %s made, %d bytes, its chain is whole", what, path, info.Size())
	return nil
}

// freeFile wants a path at which a file can be made.
func freeFile(path string) error {
	if err := hasFolder("the folder", path); err != nil {
		return err
	}
	if taken, err := os.Lstat(path); err == nil && taken.Size() > 0 {
		return fail(exitConflict, "%s exists and is left alone; give another path", path)
	}
	return nil
}

// copyFile copies a database that another process may have open, and proves the copy. The copy is made under another
// name first, whose growth is told.
func (s *shell) copyFile(ctx context.Context, from, to string) error {
	info, err := hasFile(from)
	if err != nil {
		return err
	}
	if err := freeFile(to); err != nil {
		return err
	}
	s.tell("copying %s", from)
	watching, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		s.watchCopy(watching, to, info.Size())
	}()
	err = store.Restore(ctx, from, to)
	stop()
	<-watched
	return notCopied(err)
}

// notCopied gives the failure of a copy its exit status.
func notCopied(err error) error {
	if broken, is := errors.AsType[*store.BrokenError](err); is {
		return fail(exitFailed, "%w; nothing was copied", broken)
	}
	return refused(err)
}

// watchCopy tells once a second how far a copy is.
func (s *shell) watchCopy(ctx context.Context, to string, total int64) {
	const partial = ".partial"
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for last := int64(-1); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		info, err := os.Stat(to + partial)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return
		case info.Size() == last:
			s.tell("copied; proving the chain")
		default:
			last = info.Size()
			s.tell("%d of %d MiB copied", last>>20, max(total, last)>>20)
		}
	}
}
