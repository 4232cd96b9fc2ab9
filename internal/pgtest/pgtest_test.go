package pgtest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/svcgate/svcgate/internal/pgtest"
)

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	fill := func(dsn string) error {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			return err
		}
		_, err = conn.Exec(t.Context(), `CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)`)
		return errors.Join(err, conn.Close(t.Context()))
	}
	for range 2 {
		conn := connect(t, pgtest.Copy(t, "kept", fill))
		var n int
		if err := conn.QueryRow(t.Context(), `UPDATE kept SET n = n + 1 RETURNING n`).Scan(&n); err != nil || n != 8 {
			t.Errorf("n is %d: %v", n, err)
		}
	}
	conn := connect(t, pgtest.New(t))
	if _, err := conn.Exec(t.Context(), `SELECT n FROM kept`); err == nil {
		t.Error("an empty database has the table of another")
	}
}

func TestWhatIsCommittedOutlivesAnImmediateRestart(t *testing.T) {
	t.Parallel()
	c := pgtest.Own(t, pgtest.Options{Fsync: true})
	if err := c.Create(t.Context(), "one", ""); err != nil {
		t.Fatal(err)
	}
	before := connect(t, c.DSN("one"))
	if _, err := before.Exec(t.Context(), `CREATE TABLE kept (n int)`); err != nil {
		t.Fatal(err)
	}
	if err := c.RestartImmediate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := before.Ping(t.Context()); err == nil {
		t.Error("a connection outlived the restart")
	}
	after := connect(t, c.DSN("one", "application_name", "after"))
	var name string
	if err := after.QueryRow(t.Context(), `SELECT current_setting('application_name') FROM kept RIGHT JOIN (SELECT) AS one ON true`).Scan(&name); err != nil || name != "after" {
		t.Errorf("name %q: %v", name, err)
	}
	if err := c.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	if conn, err := pgx.Connect(t.Context(), c.DSN("one")); err == nil {
		t.Error("a server that is down took a connection", conn.Close(t.Context()))
	}
	if err := c.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	connect(t, c.DSN("one"))
}

// The test starts itself once more, in which the process ends at once and leaves its cluster behind.
func TestNothingIsLeftByAProcessThatEnds(t *testing.T) {
	t.Parallel()
	if os.Getenv("PGTEST_END") != "" {
		c, err := pgtest.Start(t.Context(), pgtest.Options{Dir: os.Getenv("PGTEST_END")})
		pgtest.Need(t, err)
		connect(t, c.DSN("postgres"))
		os.Exit(7)
	}
	pgtest.Shared(t) // skips where there is no server
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(dir)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeftByAProcessThatEnds$")
	child.Env = append(os.Environ(), "PGTEST_END="+dir)
	// The shell and the server hold the pipe as long as they live, so Wait returns when they ended.
	held, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	child.ExtraFiles = []*os.File{hold}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if err := hold.Close(); err != nil {
		t.Fatal(err)
	}
	var ended *exec.ExitError
	if err := child.Wait(); !errors.As(err, &ended) || ended.ExitCode() != 7 {
		t.Fatalf("the process ended with %v", err)
	}
	if _, err := held.Read(make([]byte, 1)); err == nil {
		t.Error("something was written")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
