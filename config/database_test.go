package config_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/config"
)

const postgres = `
listen: 127.0.0.1:0
database: postgres://svcgate@127.0.0.1:5433/journal?sslmode=disable
database_password_file: orce.password
key_file: svcgate.key
node:
  name: left
  lease: 1s
services:
  - code: RLT
    url: https://orce.example.com/
`

func TestADatabaseOfPostgreSQL(t *testing.T) {
	t.Parallel()
	c, problems := config.Load(folder(t, postgres), nil)
	if len(problems) > 0 || !c.Postgres() || c.Node != (config.Node{Name: "left", Lease: time.Second}) {
		t.Fatalf("%+v, %v", c.Node, problems)
	}
	if text, err := c.DatabaseURL(); err != nil || text != "postgres://svcgate:tell-nobody@127.0.0.1:5433/journal?sslmode=disable" {
		t.Errorf("%q, %v", text, err)
	}
	if strings.Contains(c.Database, "tell") {
		t.Errorf("the password stands in %s", c.Database)
	}
}

func TestAFileIsNoURL(t *testing.T) {
	t.Parallel()
	path := folder(t, whole)
	c := load(t, path)
	if text, err := c.DatabaseURL(); err != nil || c.Postgres() || text != filepath.Join(filepath.Dir(path), "data", "svcgate.db") {
		t.Errorf("%q, %v", text, err)
	}
	if c.Node.Lease != 10*time.Second {
		t.Errorf("the lease is %s", c.Node.Lease)
	}
}

func TestWrongDatabases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		from, to, key, tells string
		severity             config.Severity
	}{
		"a password in the URL":      {"svcgate@127", "svcgate:hunter2@127", "database", "database_password_file", config.SeverityError},
		"a password in the query":    {"?sslmode=disable", "?password=hunter2", "database", "database_password_file", config.SeverityError},
		"no user":                    {"svcgate@127", "127", "database", "no user", config.SeverityError},
		"no database":                {"/journal", "/", "database", "no database", config.SeverityError},
		"another kind":               {"postgres://", "mysql://", "database", "postgres://", config.SeverityError},
		"no URL":                     {"@127.0.0.1:5433", "@127.0.0.1:x", "database", "such as postgres://", config.SeverityError},
		"a way that others can read": {"127.0.0.1:5433", "db.example.com:5433", "database", "verify-full", config.SeverityWarning},
		"a lease too short":          {"lease: 1s", "lease: 999ms", "node.lease", "1s", config.SeverityError},
		"a lease too long":           {"lease: 1s", "lease: 6m", "node.lease", "5m", config.SeverityError},
		"a name with spaces":         {"name: left", "name: left one", "node.name", "letters", config.SeverityError},
		"a file with a password":     {"postgres://svcgate@127.0.0.1:5433/journal?sslmode=disable", "svcgate.db", "database_password_file", "no password", config.SeverityError},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(postgres, test.from, test.to, 1)
			_, problems := config.Load(folder(t, text), nil)
			for _, p := range problems {
				if strings.Contains(p.Text, "hunter2") {
					t.Errorf("the problem quotes the password: %v", p)
				}
				if p.Key == test.key && p.Severity == test.severity && strings.Contains(p.Text, test.tells) {
					return
				}
			}
			t.Errorf("got %v, want %s to say %q", problems, test.key, test.tells)
		})
	}
}
