//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"
)

// log is what strace writes of one operation: two threads, lines that belong together and lines that are no calls.
const traceLog = `101 pwrite64(9</tmp/x/svcgate.db-wal>, ""..., 24, 57712) = 24
101 pwrite64(9</tmp/x/svcgate.db-wal>, ""..., 4096, 57736) = 4096
101   fsync(9</tmp/x/svcgate.db-wal>)   = 0
101 write(7<anon_inode:[eventfd]>, ""..., 8) = 8
101 write(17<TCP:[127.0.0.1:37274->127.0.0.1:28082]>, ""..., 1857 <unfinished ...>
103 write(2<pipe:[4711]>, ""..., 297) = 297
101 <... write resumed>)              = 1857
strace: Process 103 attached
103 pwrite64(9</tmp/x/svcgate.db-wal>, ""..., 24, 90672) = -1 ENOSPC (No space left on device) (INJECTED)
103 fdatasync(8</tmp/x/svcgate.db> <unfinished ...>
103 write(16<TCP:[127.0.0.1:36563->127.0.0.1:56786]>, ""..., 1249) = 1249
103 write(5</tmp/x/other.file>, ""..., 5) = 5
101 +++ killed by SIGKILL +++
`

func TestATraceIsRead(t *testing.T) {
	t.Parallel()
	calls := readCalls(strings.Split(traceLog, "\n"), "127.0.0.1:36563")
	var got []string
	for _, c := range calls {
		name := "-"
		if c.point.n > 0 {
			name = c.point.String()
		}
		got = append(got, name)
	}
	want := []string{"pwrite 1", "pwrite 2", "sync 1", "-", "send 1 to the provider", "-", "pwrite 3", "sync 2", "send 1 to the caller", "-"}
	if !slices.Equal(got, want) {
		t.Errorf("points\n%q, want\n%q", got, want)
	}
}

func TestTargetsCountAsStraceDoes(t *testing.T) {
	t.Parallel()
	calls := readCalls(strings.Split(traceLog, "\n"), "127.0.0.1:36563")
	for _, test := range []struct {
		group group
		want  []target
	}{
		{syncs, []target{{point{syncs, "", 1}, "fsync", 1}, {point{syncs, "", 2}, "fdatasync", 1}}},
		{writes, []target{{point{writes, "", 1}, "pwrite64", 1}, {point{writes, "", 2}, "pwrite64", 2}, {point{writes, "", 3}, "pwrite64", 3}}},
		{sends, []target{{point{sends, "provider", 1}, "write", 2}, {point{sends, "caller", 1}, "write", 4}}},
	} {
		t.Run(string(test.group), func(t *testing.T) {
			t.Parallel()
			if got := targets(calls, test.group); !slices.Equal(got, test.want) {
				t.Errorf("targets %v, want %v", got, test.want)
			}
		})
	}
}

// strace counts by thread: the third pwrite64 of the operation is the first of its thread.
func TestTheStruckCallIsFoundByThread(t *testing.T) {
	t.Parallel()
	calls := readCalls(strings.Split(traceLog, "\n"), "127.0.0.1:36563")
	for _, test := range []struct {
		name string
		nth  int
		want string // "" when nothing was struck
	}{
		{"pwrite64", 1, "pwrite 1"}, {"pwrite64", 2, "pwrite 2"}, {"pwrite64", 3, ""},
		{"fdatasync", 1, "sync 2"}, {"fdatasync", 2, ""}, {"sendto", 1, ""},
		{"write", 2, "send 1 to the provider"}, {"write", 3, " 0"},
	} {
		hit := hitBy(calls, test.name, test.nth)
		switch {
		case test.want == "" && hit != nil:
			t.Errorf("%s %d struck %v, want nothing", test.name, test.nth, hit.point)
		case test.want != "" && (hit == nil || !strings.Contains(hit.point.String(), test.want)):
			t.Errorf("%s %d struck %v, want %s", test.name, test.nth, hit, test.want)
		}
	}
}

func TestWhatIsNoCallIsNotRead(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "101 +++ exited with 0 +++", "101 --- SIGURG {si_signo=SIGURG} ---", "101 <... fsync resumed>) = 0",
		"strace: Process 7 attached", "fsync(9</x/svcgate.db>) = 0", "101 fsync(9) = 0", "101 fsync(AT_FDCWD</x>) = 0",
	} {
		if calls := readCalls([]string{line}, "127.0.0.1:1"); len(calls) != 0 {
			t.Errorf("%q was read as %+v", line, calls)
		}
	}
}

// What a survey found at one place of a thread may lie at any other: the tries come to all of them.
func TestTriesComeToAllPlaces(t *testing.T) {
	t.Parallel()
	for _, g := range groups {
		for _, n := range []int{1, 2, 17, 40} {
			aimed, asFound := map[int]bool{}, 0
			for try := range tries {
				at := target{point: point{group: g}, n: n}.aim(try)
				if aimed[at] = true; at == n {
					asFound++
				}
				if at < 1 {
					t.Fatalf("%s: try %d aims at %d", g, try, at)
				}
			}
			for at := 1; at <= n; at++ {
				if !aimed[at] {
					t.Errorf("%s found at %d: no try aims at %d", g, n, at)
				}
			}
			if g != sends && asFound < tries/2 {
				t.Errorf("%s found at %d: only %d tries aim there", g, n, asFound)
			}
		}
	}
}
