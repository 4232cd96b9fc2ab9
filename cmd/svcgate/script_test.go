package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/svcgate/svcgate/internal/pgtest"
)

// TestMain makes the program itself a command of the scripts, and of os/exec in other tests.
func TestMain(m *testing.M) {
	// Under the race detector every process would sleep a second before it ends.
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"svcgate": main})
}

// TestScripts runs the command line as it is typed; see testdata.
func TestScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata", func(*testscript.Env) error { return nil })
}

// scriptDatabases counts on over -count: the cluster is shared.
var scriptDatabases atomic.Int64

// TestPostgresScripts does it with two empty PostgreSQL databases at hand, $DATABASE and $OTHER.
func TestPostgresScripts(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Shared(t)
	runScripts(t, "testdata/postgres", func(e *testscript.Env) error {
		for _, variable := range []string{"DATABASE", "OTHER"} {
			name := fmt.Sprintf("script_%d", scriptDatabases.Add(1))
			if err := cluster.Create(t.Context(), name, ""); err != nil {
				return err
			}
			e.Setenv(variable, cluster.DSN(name))
		}
		return nil
	})
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env) error) {
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("REPOSITORY", repository)
			e.Setenv("TMPDIR", e.WorkDir)
			e.Setenv("GORACE", os.Getenv("GORACE"))
			return setup(e)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": statusCmd, "isjson": jsonCmd, "begin": beginCmd, "end": endCmd, "token": tokenCmd, "take": takeCmd, "sql": sqlCmd,
		},
	})
}

// statusCmd runs a command that must end with exactly the status: status 2 svcgate serve.
func statusCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [argument...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s ended with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// jsonCmd checks that a file, or stdout, is one JSON value.
func jsonCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: isjson file")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	var v any
	ts.Check(d.Decode(&v))
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("%s holds more than one JSON value", args[0])
	}
}

// tokenCmd keeps what a file (or stdout) holds as the token of the commands that follow.
func tokenCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: token file")
	}
	ts.Setenv("SVCGATE_TOKEN", strings.TrimSpace(ts.ReadFile(args[0])))
}

// sqlCmd changes a database behind svcgate's back: sql svcgate.db 'DELETE FROM chain'.
func sqlCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql file statement")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	_, err = db.Exec(args[1])
	ts.Check(errors.Join(err, db.Close()))
}

// takeCmd keeps the first match of an expression in a file (or stdout) as a variable: take ID 'txn_[a-z]+' stdout.
func takeCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: take variable expression file")
	}
	expression, err := regexp.Compile(args[1])
	ts.Check(err)
	text := expression.FindString(ts.ReadFile(args[2]))
	if text == "" {
		ts.Fatalf("%s does not match %s", args[2], args[1])
	}
	ts.Setenv(args[0], text)
}

// running is a command that was begun and not ended.
type running struct {
	cmd    *exec.Cmd
	output *lockedBuffer
	read   chan struct{} // closed when all output was read
}

type lockedBuffer struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{} // closed at the next line, if somebody waits
}

func (l *lockedBuffer) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.WriteString(text + "\n")
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
}

// until waits for a line that holds the text. It is false when the output ended without it.
func (r *running) until(text string) bool {
	l := r.output
	for {
		l.mu.Lock()
		if strings.Contains(l.b.String(), text) {
			l.mu.Unlock()
			return true
		}
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case <-r.read:
			return strings.Contains(l.String(), text)
		}
	}
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var runs sync.Map // *running by script name

// beginCmd starts a command and waits until its error output matches; the groups of the expression become $1, $2 ... in the
// environment: begin 'api=(\S+)' svcgate serve --config svcgate.yaml.
func beginCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: begin expression command [argument...]")
	}
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "SVCGATE_TOKEN="+ts.Getenv("SVCGATE_TOKEN"), "TMPDIR="+ts.Getenv("TMPDIR"))
	if database := ts.Getenv("SVCGATE_DATABASE"); database != "" {
		cmd.Env = append(cmd.Env, "SVCGATE_DATABASE="+database)
	}
	r, groups, err := begin(cmd, regexp.MustCompile(args[0]))
	if err != nil {
		ts.Fatalf("%v", err)
	}
	for i, group := range groups {
		ts.Setenv(fmt.Sprintf("G%d", i), group)
	}
	runs.Store(ts.Name(), r)
	ts.Defer(func() {
		if left, ok := runs.LoadAndDelete(ts.Name()); ok {
			_ = left.(*running).stop(syscall.SIGKILL)
		}
	})
}

// endCmd interrupts what begin started; it must end with status 0. Its output is then stderr of the script.
func endCmd(ts *testscript.TestScript, neg bool, args []string) {
	r, ok := runs.LoadAndDelete(ts.Name())
	if neg || len(args) != 0 || !ok {
		ts.Fatalf("usage: end, after begin")
	}
	err := r.(*running).stop(syscall.SIGTERM)
	fmt.Fprint(ts.Stderr(), r.(*running).output)
	ts.Check(os.WriteFile(ts.MkAbs("output"), []byte(r.(*running).output.String()), 0o600))
	ts.Check(err)
}

// begin starts a command and reads its error output until it matches.
func begin(cmd *exec.Cmd, expression *regexp.Regexp) (*running, []string, error) {
	pipe, err := cmd.StderrPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	r := &running{cmd: cmd, output: &lockedBuffer{}, read: make(chan struct{})}
	found := make(chan []string, 1)
	go func() {
		defer close(r.read)
		defer close(found)
		lines := bufio.NewScanner(pipe)
		waiting := true
		for lines.Scan() {
			r.output.line(lines.Text())
			if !waiting {
				continue
			}
			if groups := expression.FindStringSubmatch(r.output.String()); groups != nil {
				found <- groups
				waiting = false
			}
		}
	}()
	groups, ok := <-found
	if !ok {
		err := cmd.Wait()
		return nil, nil, fmt.Errorf("ended (%w) without an output that matches %s:\n%s", err, expression, r.output)
	}
	return r, groups, nil
}

// stop sends a signal and waits for the end.
func (r *running) stop(signal os.Signal) error {
	if err := r.cmd.Process.Signal(signal); err != nil {
		return err
	}
	<-r.read
	if err := r.cmd.Wait(); err != nil {
		return fmt.Errorf("%w:\n%s", err, r.output)
	}
	return nil
}
