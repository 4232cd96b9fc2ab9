package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/config"
	"github.com/svcgate/svcgate/internal/secret"
)

func keysCommand(s *shell) *cobra.Command {
	id := "k1"
	initialise := &cobra.Command{
		Use:     "init FILE",
		Short:   "Make a key file that only its owner can read",
		Long:    "Makes the file of the keys that seal card numbers at rest, with mode 0600. A file that exists is left alone.\nKeep a copy apart from the database: without the keys its sealed numbers cannot be read, nor cards found.",
		Example: "  svcgate keys init /etc/svcgate/svcgate.key",
		Args:    arguments(1, 1, "the path of the file to make"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := makeKeyFile(args[0], id); err != nil {
				return err
			}
			s.tell("%s made; name it as key_file in the settings and keep a copy apart from the database", args[0])
			return nil
		},
	}
	initialise.Flags().StringVar(&id, "id", id, "id of the sealing key")
	return parent("keys", "Make and rotate the keys that seal card numbers", initialise, rotateKeysCommand(s))
}

// makeKeyFile writes a fresh key file. It never overwrites one.
func makeKeyFile(path, id string) error {
	text, err := secret.NewKeyFile(id)
	if err != nil {
		return fail(exitUsage, "--id: want 1 to 32 small letters, digits and dashes, and not \"fingerprint\"")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fail(exitConflict, "%s exists and is left alone; give another path", path)
	}
	if err != nil {
		return fail(exitUsage, "making the key file: %w", err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	return nil
}

// gateKeys reads the keys of a server. A test system on a SQLite file whose settings name no key file has one beside it, which is
// no place for the keys of real cards: whoever copies the one has the other.
func gateKeys(c *config.Config, log *slog.Logger) (*secret.Keyring, error) {
	path := keyFileOf(c)
	if path == "" {
		return nil, fail(exitUsage, "key_file is missing: card numbers are sealed with its keys; make it with svcgate keys init FILE")
	}
	if c.KeyFile == "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := makeKeyFile(path, "test"); err != nil {
				return nil, err
			}
		}
		log.Warn("not live: the keys lie beside the database", "key_file", path)
	}
	keys, err := readKeys(path)
	if err != nil {
		return nil, fail(exitUsage, "%w", err)
	}
	return keys, nil
}

// keyFileOf is where the keys of the settings are; "" when they must name a place and do not.
func keyFileOf(c *config.Config) string {
	if c.KeyFile != "" || c.Live || c.Postgres() {
		return c.KeyFile
	}
	return c.Database + ".key"
}

// readKeys reads a key file.
func readKeys(path string) (*secret.Keyring, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the keys: %w", err)
	}
	keys, err := secret.ParseKeyring(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}
