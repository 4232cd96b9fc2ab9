package main

import (
	"fmt"
	"slices"
)

// arm is one of the things that are compared.
type arm struct {
	name  string
	title string
	ways  []way
	conns []int   // nil: all
	share float64 // of the requests of the others; 0: all of them
	most  int     // requests of one cell, whatever the connections; 0: no bound

	process *process // whose CPU time counts; nil: the bench's own, for a client without anything between
	figures string   // URL of metrics; "" for none
	profile string   // URL of CPU profiles; "" for none
	caller  func(w way) (func() (caller, error), error)
}

// Names of the arms.
const (
	armProxy    = "proxy"
	armNginx    = "nginx"
	armSQLite   = "sqlite"
	armPostgres = "postgres"
	armAlone    = "commit-each"
	armGroup    = "group-commit"
	armNone     = "no-journal"
	armGowsdl   = "gowsdl"
	armKept     = "gowsdl-kept"
	armNaive    = "naive"
	armRows     = "rows"
	armPgGroup  = "pg-group"
	armPgAlone  = "pg-commit-each"
	armPgOne    = "pg-statement-each"
)

// kinds are the arms, in the order of the tables.
var kinds = []arm{
	{name: armProxy, title: "reverse proxy (httputil), keeps nothing", ways: []way{way0, way20, way100}},
	{name: armNginx, title: "nginx, keeps nothing", ways: []way{way0}},
	{name: armSQLite, title: "svcgate on SQLite", ways: []way{way0, way20, way100, wayTLS}},
	{name: armRows, title: "svcgate on SQLite, a long journal before", ways: []way{way0}, conns: []int{64}},
	{name: armPostgres, title: "svcgate on PostgreSQL", ways: []way{way0, way20, way100}},
	{name: armNone, title: "assembled, without a journal", ways: []way{way0}},
	{name: armGroup, title: "assembled, on SQLite", ways: []way{way0}},
	{name: armAlone, title: "assembled, a commit for each change", ways: []way{way0}, share: 0.4},
	{name: armPgGroup, title: "assembled, on PostgreSQL", ways: []way{way0}, conns: []int{64, 256}},
	{name: armPgAlone, title: "assembled, on PostgreSQL, a commit for each change", ways: []way{way0}, conns: []int{64, 256}, share: 0.3},
	{name: armPgOne, title: "assembled, on PostgreSQL, a plain statement for each change", ways: []way{way0}, conns: []int{64, 256}, share: 0.5},
	{name: armGowsdl, title: "gowsdl's client as shipped, no gateway", ways: []way{way0, wayTLS}, share: 0.6},
	{name: armKept, title: "gowsdl's client, connections kept", ways: []way{way0, way20}},
	{name: armNaive, title: "naive adapter", ways: []way{way0, way20}, share: 0.1, most: 600},
}

func armNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// onServer reports whether an arm keeps its journal in the database server.
func onServer(name string) bool {
	return slices.Contains([]string{armPostgres, armPgGroup, armPgAlone, armPgOne}, name)
}

func titleOf(name string) string {
	for _, k := range kinds {
		if k.name == name {
			return k.title
		}
	}
	return name
}

// connections are how many there are at one time.
var connections = []int{1, 8, 64, 256}

// has reports whether the arm is measured there.
func (a *arm) has(w way, conns int) bool {
	return slices.Contains(a.ways, w) && (a.conns == nil || slices.Contains(a.conns, conns)) && (w != wayTLS || conns == 1 || conns == 64)
}

// requests is how many a cell has.
func (a *arm) requests(w way, conns int, quick bool) int {
	n := map[int]int{1: 1_500, 8: 4_000, 64: 8_000, 256: 12_000}[conns]
	if quick {
		n = map[int]int{1: 400, 8: 1_000, 64: 2_500, 256: 4_000}[conns]
	}
	turns := 0 // with a slow provider the time is in the waiting
	switch w {
	case way20:
		turns = 40
	case way100:
		turns = 10
	case wayTLS:
		n /= 4
	case way0:
	}
	if quick {
		turns /= 2
	}
	if turns > 0 {
		n = min(n, turns*conns)
	}
	if a.share > 0 {
		n = int(float64(n) * a.share)
	}
	n = max(n, conns*2, 30)
	if a.most > 0 {
		n = min(n, a.most)
	}
	return n
}

// chosen returns the arms that are to be run.
func chosen(only []string) ([]*arm, error) {
	var all []*arm
	for _, name := range only {
		if !slices.Contains(armNames(), name) {
			return nil, fmt.Errorf("there is no arm %q; there are %v", name, armNames())
		}
	}
	for _, k := range kinds {
		if len(only) == 0 || slices.Contains(only, k.name) {
			all = append(all, &k)
		}
	}
	return all, nil
}
