package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// shared is the cluster of this process. Its shell stops it when the process ends.
var shared = sync.OnceValues(func() (*Cluster, error) { return Start(context.Background(), Options{}) })

var made atomic.Int64

// New returns the DSN of an empty database in the cluster that the tests of this process share; it is dropped when the
// test ends. Without an installed PostgreSQL the test is skipped, but fails when CI is set in the environment.
func New(t testing.TB) string {
	t.Helper()
	return fresh(t, Shared(t), "")
}

// templates holds, by name, a function that fills the template once.
var templates sync.Map

// Copy returns the DSN of a copy of the database that fill makes. It is called once in a process for each name, with
// the DSN of an empty database, and must leave no connection open.
func Copy(t testing.TB, name string, fill func(dsn string) error) string {
	t.Helper()
	c := Shared(t)
	template := "template_" + name
	once, _ := templates.LoadOrStore(name, sync.OnceValue(func() error {
		if err := c.Create(context.Background(), template, ""); err != nil {
			return err
		}
		return fill(c.DSN(template))
	}))
	if err := once.(func() error)(); err != nil {
		t.Fatalf("filling the template %s: %v", name, err)
	}
	return fresh(t, c, template)
}

// Shared returns the cluster that the tests of this process share. Nobody may stop or restart it.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	c, err := shared()
	Need(t, err)
	return c
}

// Own starts a cluster for this test alone, one that it may restart.
func Own(t testing.TB, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	Need(t, err)
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Need ends the test when err says that a cluster could not be started: it skips when no PostgreSQL is installed and
// this is not CI, and fails otherwise.
func Need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") == "":
		t.Skip("not tested on PostgreSQL: no server is installed (apt-get install postgresql)")
	default:
		t.Fatal(err)
	}
}

func fresh(t testing.TB, c *Cluster, template string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d", made.Add(1))
	if err := c.Create(t.Context(), name, template); err != nil {
		t.Fatalf("making a database: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Drop(context.Background(), name); err != nil {
			t.Errorf("dropping a database: %v", err)
		}
	})
	return c.DSN(name)
}
