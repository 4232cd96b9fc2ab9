package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/store"
)

func backupCommand(s *shell) *cobra.Command {
	l, asJSON := &location{}, false
	c := &cobra.Command{
		Use:   "backup FILE (--config FILE | --database FILE)",
		Short: "Copy the database to a new file, while the server works",
		Long: "Copies the database as it is at one moment and checks the copy's chain before it gets its name. The server may run:\n" +
			"one process at a time writes, and this one only reads. The database is left as it is.\n" +
			"The copy holds sealed card numbers: keep the key file elsewhere, or whoever has the one has the other.",
		Example: "  svcgate backup /backup/svcgate-2026-11-22.db --config /etc/svcgate/svcgate.yaml",
		Args:    arguments(1, 1, "the path of the file to make"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := l.here(c, s); err != nil {
				return err
			}
			path, _, err := l.path(s)
			if err != nil {
				return err
			}
			return s.tellCopy(c.Context(), path, args[0], "backup", asJSON)
		},
	}
	l.addHere(c)
	jsonFlag(c, &asJSON)
	return c
}

func restoreCommand(s *shell) *cobra.Command {
	to, asJSON := "", false
	c := &cobra.Command{
		Use:   "restore BACKUP --to FILE",
		Short: "Copy a backup to where a server shall open it",
		Long: "Checks the whole chain of a backup and copies it to a file that must not exist yet. What was under way when the\n" +
			"backup was made is unresolved once the server opens it. What happened since the backup is not in it: compare with\n" +
			"the provider before you serve.",
		Example: "  svcgate restore /backup/svcgate-2026-11-22.db --to /var/lib/svcgate/svcgate.db",
		Args:    arguments(1, 1, "the backup"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := needFlag(c, "to", to); err != nil {
				return err
			}
			return s.tellCopy(c.Context(), args[0], to, "database", asJSON)
		},
	}
	c.Flags().StringVar(&to, "to", "", "the database file to make")
	jsonFlag(c, &asJSON)
	return c
}

// tellCopy copies a database and says what came of it.
func (s *shell) tellCopy(ctx context.Context, from, to, what string, asJSON bool) error {
	if err := s.copyDatabase(ctx, from, to); err != nil {
		return err
	}
	info, err := os.Stat(to)
	if err != nil {
		return fmt.Errorf("looking at the copy: %w", err)
	}
	if asJSON {
		return s.json(map[string]any{"file": to, "bytes": info.Size()})
	}
	s.tell("%s %s made, %d bytes, its chain is whole", what, to, info.Size())
	return nil
}

// copyDatabase copies a database that another process may have open, and proves the copy. The copy is made under
// another name first, whose growth is told.
func (s *shell) copyDatabase(ctx context.Context, from, to string) error {
	info, err := os.Stat(from)
	switch {
	case err != nil:
		return fail(exitUsage, "%w", err)
	case !info.Mode().IsRegular():
		return fail(exitUsage, "%s is not a file", from)
	}
	if folder, err := os.Stat(filepath.Dir(to)); err != nil || !folder.IsDir() {
		return fail(exitUsage, "the folder %s does not exist; make it first, for this user alone", filepath.Dir(to))
	}
	if taken, err := os.Lstat(to); err == nil && taken.Size() > 0 {
		return fail(exitConflict, "%s exists and is left alone; give another path", to)
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
	if broken, is := errors.AsType[*store.BrokenError](err); is {
		return fail(exitFailed, "%w; nothing was copied", broken)
	}
	if err != nil {
		return fail(exitConflict, "%w", err)
	}
	return nil
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
