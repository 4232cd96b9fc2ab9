//go:build linux

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/bench/check"
	"github.com/svcgate/svcgate/bench/world"
	"github.com/svcgate/svcgate/internal/pgtest"
)

// TestDrill is the drill, small.
func TestDrill(t *testing.T) {
	t.Parallel()
	o := options{binary: filepath.Join(t.TempDir(), "svcgate"), rate: 50, before: time.Second, after: 500 * time.Millisecond}
	build := exec.Command("go", "build", "-tags=sqlite_omit_load_extension", "-buildvcs=false", "-o", o.binary, "../../cmd/svcgate")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v: %s", err, said)
	}
	for _, kind := range []string{world.SQLite, world.Postgres} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			if kind == world.Postgres {
				_, err := pgtest.Bin()
				pgtest.Need(t, err)
			}
			if err := practise(t.Context(), o, kind); err != nil {
				t.Error(err)
			}
		})
	}
}

// What a gateway sent is waited for when its connection is gone and the provider has not come to it yet.
func TestWhatIsOnTheWireArrives(t *testing.T) {
	t.Parallel()
	release, booked := make(chan struct{}), false
	d := openDoor(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		<-release
		booked = true
	}))
	t.Cleanup(d.Close)
	conn, err := net.Dial("tcp", d.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := d.arrived(soon); err == nil {
		t.Error("a message is with the provider, and nothing is said to be on the wire")
	}
	close(release)
	if err := d.arrived(t.Context()); err != nil || !booked {
		t.Errorf("booked: %t, %v", booked, err)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	told := []check.Told{
		{TransactionID: "a", Outcome: svcgate.Approved, Certain: true, ProviderID: "1", At: begun.Add(-time.Second)},
		{TransactionID: "b", Outcome: svcgate.Approved, Certain: true, ProviderID: "2", At: begun.Add(time.Second)},
		{TransactionID: "c", Outcome: svcgate.Approved, Certain: true, ProviderID: "3", At: begun.Add(2 * time.Second)},
		{At: begun},
	}
	row := func(id string, state svcgate.State, provider string) check.Journaled {
		return check.Journaled{Transaction: svcgate.Transaction{ID: id, State: state, Outcome: svcgate.Approved, Reply: svcgate.Reply{TransactionID: provider}}}
	}
	sent := map[string]int{"x": 1, "y": 1}
	good := []check.Journaled{row("a", svcgate.StateFinal, "1"), row("b", svcgate.StateFinal, "2"), row("d", svcgate.StateDesk, "")}
	v := judge(told, begun, good, sent, sent)
	if err := v.err(); err != nil || v.told != 3 || v.covered != 1 || v.lost != 1 || v.desk != 1 || v.window(begun.Add(5*time.Second)) != 3*time.Second {
		t.Errorf("%+v, %v", v, err)
	}
	for _, c := range []struct {
		name  string
		rows  []check.Journaled
		after map[string]int
		want  string
	}{
		{"lost", good[1:], sent, "transaction a was answered before the backup began and is not in it"},
		{"told otherwise", []check.Journaled{row("a", svcgate.StateFinal, "9")}, sent, "transaction a was told as approved"},
		{"left open", append(good[:2:2], row("d", svcgate.StateUnresolved, "")), sent, "transaction d was not brought to an end: it is unresolved"},
		{"sent again", good, map[string]int{"x": 2, "y": 1}, `a message of order "x" was sent after the restore`},
		{"sent anew", good, map[string]int{"x": 1, "y": 1, "z": 1}, `a message of order "z" was sent after the restore`},
	} {
		v := judge(told, begun, c.rows, sent, c.after)
		if err := v.err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	v = judge(told[:1], begun, good, sent, sent)
	if err := v.err(); err == nil || !strings.Contains(err.Error(), "nothing is shown") {
		t.Errorf("without an answer after the backup: %v", err)
	}
}
