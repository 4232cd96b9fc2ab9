// Package pgtest starts a throw-away PostgreSQL from the installed binaries, for tests and benches.
//
// A test asks for a database of its own and needs nothing else:
//
//	dsn := pgtest.New(t)                    // empty
//	dsn := pgtest.Copy(t, "journal", fill)  // a copy of what fill made once in this process
//
// All tests of a process share one cluster, which is started by the first. A test that restarts the server, and a
// bench, start their own:
//
//	c, err := pgtest.Start(ctx, pgtest.Options{Fsync: true})
//	defer c.Stop()
//	err = c.Create(ctx, "journal", "")
//	dsn := c.DSN("journal") // postgres://svcgate@/journal?host=/tmp/pg123&port=5432
//	err = c.RestartImmediate(ctx)
//
// The server listens on a unix socket in its own folder only. It is watched by a shell that reads from this process: when
// this process ends, however it ends, the shell stops the server and removes its folder.
package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled: no PostgreSQL server was found below /usr/lib/postgresql, nor initdb on the PATH.
var ErrNotInstalled = errors.New("no PostgreSQL server is installed")

// role is the superuser of the cluster.
const role = "svcgate"

// Options of a cluster.
type Options struct {
	Fsync    bool              // keep what is committed on disk, as a bench must; false: faster, and lost with the machine
	Settings map[string]string // of postgresql.conf, above ours
	Dir      string            // where the folder is made, short and writable for the server's user too; empty: os.TempDir
}

// Cluster is a running server with its data.
type Cluster struct {
	dir   string
	guard *exec.Cmd
	words io.WriteCloser
	said  *bufio.Scanner
}

// Bin returns the folder of the newest server's binaries, and ErrNotInstalled when there is none.
func Bin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })
		return filepath.Dir(newest), nil
	}
	if one, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(one), nil
	}
	return "", ErrNotInstalled
}

// major reads the 15 of /usr/lib/postgresql/15/bin/initdb.
func major(initdb string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	if err != nil {
		return 0
	}
	return n
}

// Start makes a cluster in a new folder and starts it. Stop it after use.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	bin, err := Bin()
	if err != nil {
		return nil, err
	}
	who, err := servant()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Dir, "pg")
	if err != nil {
		return nil, fmt.Errorf("making the cluster's folder: %w", err)
	}
	c := &Cluster{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting PostgreSQL: %w", err), c.Stop())
		}
	}()
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", c.data(), "-U", role, "-A", "trust", "-E", "UTF8",
		"--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who}
	if said, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, said)
	}
	if err := c.settings(o); err != nil {
		return nil, err
	}
	if err := c.watch(bin, who); err != nil {
		return nil, err
	}
	return c, c.tell(ctx, "start")
}

// servant is whom the server runs as when this process is root, which PostgreSQL refuses to run as; nil when it is not.
func servant() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) settings(o Options) error {
	all := map[string]string{
		"listen_addresses": "", "unix_socket_directories": c.dir, "port": "5432", "max_connections": "200",
		"shared_buffers": "64MB", "logging_collector": "off", "log_min_messages": "warning", "autovacuum_naptime": "10min",
	}
	if !o.Fsync {
		all["fsync"], all["synchronous_commit"], all["full_page_writes"] = "off", "off", "off"
	}
	for name, value := range o.Settings {
		all[name] = value
	}
	var b strings.Builder
	for name, value := range all {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.ReplaceAll(value, "'", "''"))
	}
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(b.String())
	return errors.Join(err, f.Close())
}

// script does each word that it reads and says how that ended; at the end of its input it cleans up.
const script = `
while read -r word; do
  case $word in
  start) "$1/pg_ctl" -D "$2/data" -l "$2/log" -w start ;;
  restart) "$1/pg_ctl" -D "$2/data" -l "$2/log" -w -m immediate restart ;;
  stop) "$1/pg_ctl" -D "$2/data" -w -m immediate stop ;;
  esac >>"$2/ctl" 2>&1
  echo $?
done
"$1/pg_ctl" -D "$2/data" -w -m immediate stop >>"$2/ctl" 2>&1
rm -rf "$2"`

func (c *Cluster) watch(bin string, who *syscall.Credential) error {
	c.guard = exec.Command("/bin/sh", "-c", script, "pgtest", bin, c.dir)
	c.guard.Dir = "/"
	// A group of its own: what interrupts the tests at a terminal must not end the shell before it has cleaned up.
	c.guard.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	out, err := c.guard.StdoutPipe()
	if err != nil {
		return err
	}
	if c.words, err = c.guard.StdinPipe(); err != nil {
		return err
	}
	c.said = bufio.NewScanner(out)
	return c.guard.Start()
}

// tell has the shell do one thing and waits for its end. pg_ctl gives up after a minute by itself.
func (c *Cluster) tell(ctx context.Context, word string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.words, word); err != nil {
		return fmt.Errorf("%s: %w", word, err)
	}
	if !c.said.Scan() {
		return fmt.Errorf("%s: the shell ended: %w", word, errors.Join(io.ErrUnexpectedEOF, c.said.Err()))
	}
	if c.said.Text() != "0" {
		ctl, _ := os.ReadFile(filepath.Join(c.dir, "ctl"))
		log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		return fmt.Errorf("%s: pg_ctl ended with %s: %s%s", word, c.said.Text(), ctl, log)
	}
	return nil
}

// RestartImmediate is pg_ctl -m immediate restart: every connection breaks, what was committed is there after.
func (c *Cluster) RestartImmediate(ctx context.Context) error { return c.tell(ctx, "restart") }

// Down is pg_ctl -m immediate stop: the server is gone until Up.
func (c *Cluster) Down(ctx context.Context) error { return c.tell(ctx, "stop") }

// Up starts a server that is down.
func (c *Cluster) Up(ctx context.Context) error { return c.tell(ctx, "start") }

// Stop stops the server and removes all of it.
func (c *Cluster) Stop() error {
	if c.words == nil {
		return os.RemoveAll(c.dir)
	}
	err := errors.Join(c.words.Close(), c.guard.Wait())
	c.words = nil
	if err != nil {
		return fmt.Errorf("stopping PostgreSQL: %w", err)
	}
	return os.RemoveAll(c.dir)
}

// DSN is the URL of a database of the cluster. Settings such as "pool_max_conns", "4" may be added in pairs.
func (c *Cluster) DSN(name string, settings ...string) string {
	query := url.Values{"host": {c.dir}, "port": {"5432"}}
	for i := 0; i+1 < len(settings); i += 2 {
		query.Set(settings[i], settings[i+1])
	}
	return (&url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + name, RawQuery: query.Encode()}).String()
}

// Create makes a database, a copy of template unless that is empty. Nobody may be connected to the template.
func (c *Cluster) Create(ctx context.Context, name, template string) error {
	if template == "" {
		template = "template0"
	}
	return c.admin(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(template))
}

// Drop removes a database and breaks the connections to it.
func (c *Cluster) Drop(ctx context.Context, name string) error {
	return c.admin(ctx, "DROP DATABASE IF EXISTS "+quote(name)+" WITH (FORCE)")
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (c *Cluster) admin(ctx context.Context, query string) (err error) {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, query)
	return err
}
