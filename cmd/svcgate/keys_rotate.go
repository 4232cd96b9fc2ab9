package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/store"
)

// actorCommand stands in the audit trail for whoever ran a command on the machine itself.
const actorCommand = "svcgate:command"

func rotateKeysCommand(s *shell) *cobra.Command {
	l, id, asJSON := &location{}, "", false
	c := &cobra.Command{
		Use:   "rotate FILE (--config FILE | --database FILE)",
		Short: "Put a new key first and seal every card number anew",
		Long: "Adds a key to the file, as the one that seals from now on, and seals every number in the database with it. The\n" +
			"older keys stay in the file: backups need them. Take one out once no backup of its time is kept.\n" +
			"The server must be stopped, on PostgreSQL each of them. Should this command be interrupted, nothing is lost: run it again.",
		Example: "  systemctl stop svcgate && svcgate keys rotate /etc/svcgate/svcgate.key --config /etc/svcgate/svcgate.yaml",
		Args:    arguments(1, 1, "the key file"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := l.here(c, s); err != nil {
				return err
			}
			return l.open(c.Context(), s, func(db *store.Store, _ []string) error {
				if l.keyFile != "" && !sameFile(l.keyFile, args[0]) {
					return fail(exitUsage, "%s is not the key_file of the settings, which is %s", args[0], l.keyFile)
				}
				report, err := s.rotateKeys(c.Context(), db, args[0], id)
				if err != nil {
					return err
				}
				if asJSON {
					return s.json(report)
				}
				s.tell("key %s is first in %s; %d card numbers sealed anew", report.Key, args[0], report.Sealed)
				return nil
			})
		},
	}
	l.addHere(c)
	c.Flags().StringVar(&id, "id", "", "id of the new key (default: k and the next free number)")
	jsonFlag(c, &asJSON)
	return c
}

func sameFile(one, other string) bool {
	a, err := os.Stat(one)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && os.SameFile(a, b)
}

// rotation is what a rotation did.
type rotation struct {
	Key    string `json:"key"`
	Sealed int    `json:"sealed_anew"`

	SecondFactors int `json:"second_factors_sealed_anew"`
}

// rotateKeys writes the key file before it seals with its new key: at no moment does the database hold what the file
// cannot open.
func (s *shell) rotateKeys(ctx context.Context, db *store.Store, path, id string) (rotation, error) {
	others, err := db.Others(ctx)
	if err != nil {
		return rotation{}, err
	}
	if len(others) > 0 { // they could not open what is sealed with the new key
		return rotation{}, fail(exitConflict, "node %s works on this database; stop all of them, rotate, give each the new key file and start them", others[0])
	}
	if _, err := readSecret(s, path); err != nil { // refuses what others may read
		return rotation{}, err
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return rotation{}, fail(exitUsage, "reading the keys: %w", err)
	}
	if _, err := secret.ParseKeyring(before); err != nil {
		return rotation{}, fail(exitUsage, "%s: %w", path, err)
	}
	id, text, err := withKey(before, id)
	if err != nil {
		return rotation{}, err
	}
	keys, err := secret.ParseKeyring(text)
	if err != nil {
		return rotation{}, fmt.Errorf("the new key file: %w", err)
	}
	entry := access.Entry{At: time.Now().UTC(), Actor: actorCommand, Action: "keys.rotate", Subject: id}
	if err := db.Audit(ctx, entry); err != nil {
		return rotation{}, err
	}
	if err := replaceFile(path, text); err != nil {
		return rotation{}, err
	}
	s.tell("key %s written; sealing card numbers anew", id)
	seal := func(row string, sealed []byte) ([]byte, error) {
		text, err := keys.Open(row, sealed)
		if err != nil {
			return nil, err
		}
		return keys.Seal(row, text), nil
	}
	n, err := db.Reseal(ctx, seal)
	factors := 0
	if err == nil {
		factors, err = db.ResealPeople(ctx, seal)
	}
	if err != nil {
		return rotation{}, fmt.Errorf("%w; %s holds the new key and all older ones, so nothing is lost: put the missing key back into it and rotate again", err, path)
	}
	return rotation{id, n, factors}, nil
}

// withKey puts a fresh key before those of a key file. An empty id is replaced by the first of k1, k2 ... that is free.
func withKey(file []byte, id string) (string, []byte, error) {
	taken := map[string]bool{}
	for line := range bytes.Lines(file) {
		name, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		taken[string(name)] = true
	}
	for n := 1; id == ""; n++ {
		if name := "k" + strconv.Itoa(n); !taken[name] {
			id = name
		}
	}
	if taken[id] {
		return "", nil, fail(exitConflict, "--id: the file has a key %s already; ids are never given twice", id)
	}
	fresh, err := secret.NewKeyFile(id)
	if err != nil {
		return "", nil, fail(exitUsage, "--id: want 1 to 32 small letters, digits and dashes, and not \"fingerprint\"")
	}
	for line := range bytes.Lines(fresh) {
		if bytes.HasPrefix(line, []byte(id+" ")) {
			return id, append(bytes.Clone(line), file...), nil
		}
	}
	return "", nil, errors.New("a fresh key file has no key")
}

// replaceFile writes a file beside the old one and then puts it in its place, so that whatever happens one of the two
// is there whole. It belongs to whom the old one did: root rotates what a service reads.
func replaceFile(path string, text []byte) (err error) {
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new-") // mode 0600
	if err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	err = ownedAs(f, path)
	if err == nil {
		_, err = f.Write(text)
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the key file: %w", errors.Join(err, os.Remove(f.Name())))
	}
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	return nil
}

// ownedAs gives a new file to the owner of another one.
func ownedAs(f *os.File, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	old, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(old.Uid) == os.Geteuid() {
		return nil
	}
	return f.Chown(int(old.Uid), int(old.Gid))
}
