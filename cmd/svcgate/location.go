package main

import (
	"context"
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/store"
)

// location says where what a command keeps is to be found: at a running server, or in a database that nobody has open.
type location struct {
	serverFlags
	config, database string
	keyFile          string // of the settings that open read; "" without settings
	console          string // where browsers find the console of these settings
	makes            bool   // the command may be the first to open the database
}

func (l *location) add(c *cobra.Command) {
	l.serverFlags.add(c)
	l.addHere(c)
}

// addHere adds the flags of what only the database itself can do.
func (l *location) addHere(c *cobra.Command) {
	c.Flags().StringVar(&l.config, "config", "", "settings file whose database to open (default: the variable SVCGATE_CONFIG)")
	c.Flags().StringVar(&l.database, "database", "", "database to open: the path of a file, or a postgres:// URL (its password from PGPASSWORD)")
}

// resolve decides between the server and the database.
func (l *location) resolve(c *cobra.Command, s *shell) (remote bool, err error) {
	given := 0
	for _, text := range []string{l.server, l.config, l.database} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return false, fail(exitUsage, "give one of --server, --config and --database")
	case l.server != "":
		return true, nil
	case given == 1:
		return false, nil
	case s.getenv("SVCGATE_SERVER") != "":
		return true, nil
	case s.getenv("SVCGATE_CONFIG") != "":
		l.config = s.getenv("SVCGATE_CONFIG")
		return false, nil
	}
	return false, fail(exitUsage, "%s needs --server URL to talk to a running server, or --config FILE or --database FILE to open the database itself", c.CommandPath())
}

// here wants a database, of settings or by itself.
func (l *location) here(c *cobra.Command, s *shell) error {
	switch {
	case l.config != "" && l.database != "":
		return fail(exitUsage, "give one of --config and --database")
	case l.config == "" && l.database == "":
		if l.config = s.getenv("SVCGATE_CONFIG"); l.config == "" {
			return fail(exitUsage, "%s needs --config FILE or --database FILE", c.CommandPath())
		}
	}
	return nil
}

// place finds the database, and the services of the settings, if there are any.
func (l *location) place(s *shell) (place store.Config, services []string, err error) {
	if l.database != "" {
		return databaseAt(l.database), nil, nil
	}
	settings, err := s.loadConfig(l.config)
	if err != nil {
		return store.Config{}, nil, err
	}
	for _, service := range settings.Services {
		services = append(services, service.Code)
	}
	l.keyFile, l.console = keyFileOf(settings), consoleAddress(settings)
	place, err = databaseOf(settings)
	return place, services, err
}

// open opens the database and runs work on it. services are those of the settings, if there are any.
func (l *location) open(ctx context.Context, s *shell, work func(db *store.Store, services []string) error) (err error) {
	place, services, err := l.place(s)
	if err != nil {
		return err
	}
	if place.DSN == "" && !l.makes {
		if err := isThere(place.Path); err != nil {
			return err
		}
	}
	db, err := openStore(ctx, place, discard)
	if statusOf(err) == exitConflict {
		return fail(exitConflict, "%w; what a running server has open is reached with --server, or once it is stopped", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return work(db, services)
}

// isThere wants a database that was made before: a name that is mistyped must not become a new one.
func isThere(path string) error {
	if err := hasFolder("the database's folder", path); err != nil {
		return err
	}
	if _, err := hasFile(path); err != nil {
		return fail(exitUsage, "there is no database yet: %w; serve makes it, and so do tokens create and people bootstrap", err)
	}
	return nil
}

// discard is for commands whose own words say what happened.
var discard = slog.New(slog.DiscardHandler)
