package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Secret names where a password or token stands. It does not hold it.
type Secret struct {
	file string
	text func() (string, error)
}

// Given reports whether the settings name a secret.
func (s Secret) Given() bool { return s.text != nil }

// Read reads the secret now; "" when none is given. Errors never hold the secret, nor the path that may be one.
func (s Secret) Read() (string, error) {
	if s.text == nil {
		return "", nil
	}
	return s.text()
}

const maxSecret = 8 << 10

// readSecretFile reads a file that holds one secret in one line.
func readSecretFile(path, credentials string) (string, error) {
	if err := PrivateFile(path, credentials); err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	return oneLine(string(text))
}

func oneLine(text string) (string, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	switch {
	case text == "":
		return "", errors.New("the secret is empty")
	case len(text) > maxSecret:
		return "", fmt.Errorf("the secret is longer than %d bytes", maxSecret)
	}
	for _, c := range []byte(text) {
		if c < ' ' || c == 0x7f {
			return "", errors.New("the secret must be one line without control characters")
		}
	}
	return text, nil
}

// PrivateFile checks that a file of secrets can be read by its owner alone. Files in the folder credentials (systemd's
// $CREDENTIALS_DIRECTORY; "" for none) are protected by that folder and may also be readable by their group.
func PrivateFile(path, credentials string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	allowed := os.FileMode(0o600)
	if credentials != "" && filepath.Dir(path) == filepath.Clean(credentials) {
		allowed = 0o640
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&^allowed != 0 {
		return fmt.Errorf("other users can open the file (mode %04o); run chmod 600 on it", mode)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the file cannot be read: %w", cause(err))
	}
	return f.Close()
}
