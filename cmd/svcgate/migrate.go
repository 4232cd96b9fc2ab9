package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/store"
)

func migrateCommand(s *shell) *cobra.Command {
	from, to, try, asJSON := "", "", false, false
	c := &cobra.Command{
		Use:   "migrate --from PLACE --to PLACE",
		Short: "Move everything to a database of the other kind, or of the same",
		Long: "Copies a database that no server works on into an empty one and checks the copy's chain: a SQLite file into\n" +
			"PostgreSQL, or the other way. A place is the path of a file or a postgres:// URL; PostgreSQL's password is taken from\n" +
			"PGPASSWORD. The old database stays as it is. The copy is kept whole or not at all.",
		Example: "  svcgate migrate --from /var/lib/svcgate/svcgate.db --to 'postgres://svcgate@db.example.com/svcgate?sslmode=verify-full' --dry-run",
		Args:    arguments(0, 0, ""),
		RunE: func(c *cobra.Command, _ []string) error {
			for _, flag := range []struct{ name, value string }{{"from", from}, {"to", to}} {
				if err := needFlag(c, flag.name, flag.value); err != nil {
					return err
				}
			}
			return s.migrate(c.Context(), from, to, try, asJSON)
		},
	}
	c.Flags().StringVar(&from, "from", "", "the database to move: a file or a postgres:// URL")
	c.Flags().StringVar(&to, "to", "", "where to: a file that does not exist or the postgres:// URL of an empty database")
	c.Flags().BoolVar(&try, "dry-run", false, "only say what would be moved, and whether it could be")
	jsonFlag(c, &asJSON)
	return c
}

func (s *shell) migrate(ctx context.Context, from, to string, try, asJSON bool) error {
	source, target := databaseAt(from), databaseAt(to)
	if source.DSN == "" {
		if _, err := hasFile(source.Path); err != nil {
			return err
		}
	}
	if target.DSN == "" {
		if err := freeFile(target.Path); err != nil {
			return err
		}
	}
	report, err := s.copyRows(ctx, source, target, store.CopyOptions{Still: true, Try: try})
	if err != nil {
		return err
	}
	if asJSON {
		return s.json(copyJSON(from, to, report))
	}
	t := &table{head: []string{"TABLE", "ROWS"}, right: map[int]bool{1: true}}
	for _, c := range report.Tables {
		t.add(cells(c.Name, fmt.Sprint(c.Rows))...)
	}
	s.table(s.out, t)
	if try {
		s.tell("%d rows would be moved; nothing was changed", report.Rows)
		return nil
	}
	s.tell("%d rows moved; %s, and its head is that of the original:", report.Rows, s.paint(good, "the chain of the copy is whole"))
	s.tell("  %s", report.Verify.Head)
	s.tell("now set in the settings, and leave key_file as it is:")
	s.tell("  database: %s", withoutPassword(to))
	if target.DSN != "" {
		s.tell("  database_password_file: the file with the password, if the user has one")
	}
	s.tell("then start the server. Keep %s until the next backup; start no server on it again.", withoutPassword(from))
	return nil
}

// copyRows copies row by row and tells how far it is.
func (s *shell) copyRows(ctx context.Context, from, to store.Config, o store.CopyOptions) (store.CopyReport, error) {
	copied, wipe := s.progress("rows copied")
	end := sync.OnceFunc(wipe)
	proven, proved := s.progress("rows of the chain proven")
	o.Progress = func(n, total int64) { copied(int(n), int(total)) }
	o.Proving = func(n, total int) { end(); proven(n, total) }
	report, err := store.Copy(ctx, from, to, o)
	end()
	proved()
	return report, notCopied(err)
}

// copyJSON is how a copy is told to programs.
func copyJSON(from, to string, report store.CopyReport) map[string]any {
	tables := map[string]int64{}
	for _, c := range report.Tables {
		tables[c.Name] = c.Rows
	}
	return map[string]any{
		"from": withoutPassword(from), "to": withoutPassword(to), "rows": report.Rows, "tables": tables, "head": report.Verify.Head,
	}
}
