package main

import "fmt"

const (
	kilo  = 1024.0
	mega  = kilo * kilo
	times = "x"
)

// goals judges what was measured.
func goals(all cells, x extras) []goal {
	j := judge{all, x}
	return []goal{
		{1, "Writing a message", j.writing()},
		{2, "Reading an answer", j.reading()},
		{3, "Without a journal, beside a bare proxy", j.withoutJournal()},
		{4, "Fully durable, beside a proxy that keeps nothing", j.durable()},
		{5, "Group commit against a commit for each change", j.groupCommit()},
		{6, "Against the naive adapter", j.againstNaive()},
		{7, "Against gowsdl's client, which keeps nothing", j.againstGowsdl()},
		{8, "What durability adds at 1 connection", j.durability()},
		{9, "Provider of 20 ms, beside a bare proxy", j.slowProvider()},
		{10, "Commits and bytes to disk per exchange", j.disk()},
		{11, "Allocated per exchange", j.allocated()},
		{12, "PostgreSQL: grouped against one by one", j.postgres()},
		{13, "Memory and start", j.process()},
		{14, "With a long journal", j.long()},
	}
}

// judge makes the parts of the goals.
type judge struct {
	cells
	extras
}

func fast(arm string, conns int) spot { return spot{arm, way0, conns} }

func (j judge) rate(arm, to string, w way, conns int) figure {
	return j.ratio(spot{arm, w, conns}, spot{to, w, conns}, rate)
}

// atRate is a part for the ratio of requests per second.
func (j judge) atRate(arm, to string, w way, conns int, limit float64) part {
	return least(fmt.Sprintf("requests per second at %d", conns), limit, j.rate(arm, to, w, conns)).in(times)
}

func (j judge) writing() []part {
	const name = "BenchmarkRatio/encode"
	return []part{
		least("CPU of encoding/xml", 40, j.Parts.figure(name, "std/append")).in(times),
		least("CPU of gowsdl's encoder", 30, j.Parts.figure(name, "gowsdl/append")).in(times),
		most("objects allocated", 0, j.Parts.figure(name, "allocs-append")),
	}
}

func (j judge) reading() []part {
	const bare, enveloped, codec = "BenchmarkRatio/decode", "BenchmarkRatio/decode_enveloped", "BenchmarkCodec/decode_enveloped/read"
	std := least("CPU of encoding/xml, enveloped", 9, j.Parts.figure(enveloped, "std/read")).in(times)
	return []part{
		least("CPU of encoding/xml, bare", 9, j.Parts.figure(bare, "std/read")).in(times), std, std.wish(12),
		least("CPU of gowsdl's decoder", 9, j.Parts.figure(enveloped, "gowsdl/read")).in(times),
		most("objects allocated", 1, j.Parts.figure(enveloped, "allocs-read")),
		most("allocated", 160, j.Parts.figure(codec, "B/op")).in(" B"),
	}
}

func (j judge) withoutJournal() (parts []part) {
	for _, conns := range []int{8, 64, 256} {
		reached := j.atRate(armNone, armProxy, way0, conns, 0.95)
		spent := most(fmt.Sprintf("CPU at %d", conns), 1.05, j.ratio(fast(armNone, conns), fast(armProxy, conns), cpuTime)).in(times)
		parts = append(parts, reached, spent, reached.wish(1.3), spent.wish(0.7))
	}
	return append(parts, most("p50 at 1", 1.2, j.ratio(fast(armNone, 1), fast(armProxy, 1), p50)).in(times))
}

func (j judge) durable() []part {
	at64, at256 := j.atRate(armSQLite, armProxy, way0, 64, 0.6), j.atRate(armSQLite, armProxy, way0, 256, 0.8)
	return []part{at64, at256, at64.wish(0.8), at256.wish(0.95)}
}

func (j judge) groupCommit() (parts []part) {
	for _, want := range []struct {
		conns int
		limit float64
	}{{1, 0.95}, {8, 2}, {64, 4.5}, {256, 5}} {
		parts = append(parts, j.atRate(armGroup, armAlone, way0, want.conns, want.limit))
	}
	return parts
}

func (j judge) againstNaive() []part {
	return []part{
		j.atRate(armSQLite, armNaive, way0, 1, 2), j.atRate(armSQLite, armNaive, way0, 8, 8), j.atRate(armSQLite, armNaive, way0, 64, 30),
		most("p99 at 64", 1.0/50, j.ratio(fast(armSQLite, 64), fast(armNaive, 64), p99)).in(times),
		most("CPU at 64", 1.0/10, j.ratio(fast(armSQLite, 64), fast(armNaive, 64), cpuTime)).in(times),
		most("errors at 256", 0, j.figure(fast(armSQLite, 256), func(c cell) float64 { return float64(c.Errors) })),
	}
}

func (j judge) againstGowsdl() []part {
	secure := func(conns int) (spot, spot) { return spot{armSQLite, wayTLS, conns}, spot{armGowsdl, wayTLS, conns} }
	ours64, theirs64 := secure(64)
	ours1, theirs1 := secure(1)
	return []part{
		least("as shipped: requests per second at 64", 1.4, j.rate(armSQLite, armGowsdl, way0, 64)).in(times),
		least("as shipped, TLS: requests per second at 64", 8, j.ratio(ours64, theirs64, rate)).in(times),
		most("as shipped, TLS: p50 at 1", 0.4, j.ratio(ours1, theirs1, p50)).in(times),
		least("connections kept: requests per second at 64", 0.7, j.rate(armSQLite, armKept, way0, 64)).in(times),
		least("connections kept: requests per second at 256", 0.85, j.rate(armSQLite, armKept, way0, 256)).in(times),
	}
}

func (j judge) durability() []part {
	added := overRounds(j.rounds(), func(round int) (float64, bool, bool) {
		with, found := j.find(fast(armGroup, 1), round)
		without, too := j.find(fast(armNone, 1), round)
		if !found || !too || round > len(j.Sync) {
			return 0, false, false
		}
		return (p50(with) - p50(without)) / j.Sync[round-1], !with.Noisy() && !without.Noisy(), true
	})
	return []part{most("p50 with a journal less p50 without, in appends of 4 KB with fdatasync", 2.5, added).in(times)}
}

func (j judge) slowProvider() (parts []part) {
	for _, want := range []struct {
		conns         int
		slower, fewer float64
	}{{64, 1.10, 0.90}, {256, 1.25, 0.80}} {
		parts = append(parts,
			most(fmt.Sprintf("p50 at %d", want.conns), want.slower, j.ratio(spot{armSQLite, way20, want.conns}, spot{armProxy, way20, want.conns}, p50)).in(times),
			j.atRate(armSQLite, armProxy, way20, want.conns, want.fewer))
	}
	return parts
}

func (j judge) disk() []part {
	commits := func(conns int) figure {
		return j.figure(fast(armSQLite, conns), func(c cell) float64 { return c.Commits })
	}
	written := func(conns int) figure {
		return overRounds(j.rounds(), func(round int) (float64, bool, bool) {
			c, ok := j.find(fast(armSQLite, conns), round)
			return c.Written / kilo, true, ok && c.Written > 0 // counts, which noise leaves alone
		})
	}
	return []part{
		most("commits at 64", 0.15, commits(64)), most("commits at 256", 0.05, commits(256)),
		most("to disk at 64", 11, written(64)).in(" KB"), most("to disk at 1", 45, written(1)).in(" KB"),
	}
}

func (j judge) allocated() []part {
	ofBytes, ofObjects := func(c cell) float64 { return c.Bytes }, func(c cell) float64 { return c.Objects }
	space := most("bytes at 64", 9, j.figure(fast(armSQLite, 64), ofBytes).scaled(1/kilo)).in(" KB")
	objects := most("objects at 64", 140, j.figure(fast(armSQLite, 64), ofObjects))
	return []part{
		space, objects, most("bytes at 64, of the naive adapter's", 1.0/7, j.ratio(fast(armSQLite, 64), fast(armNaive, 64), ofBytes)).in(times),
		space.wish(4.5), objects.wish(80),
	}
}

func (j judge) postgres() []part {
	server := func(c cell) float64 { return c.Server }
	return []part{
		least("a commit for each change: requests per second at 64", 4, j.rate(armPgGroup, armPgAlone, way0, 64)).in(times),
		least("a commit for each change: requests per second at 256", 4, j.rate(armPgGroup, armPgAlone, way0, 256)).in(times),
		least("a plain statement for each change: requests per second at 64", 2, j.rate(armPgGroup, armPgOne, way0, 64)).in(times),
		most("a commit for each change: CPU of the server at 64", 1.0/6, j.ratio(fast(armPgGroup, 64), fast(armPgAlone, 64), server)).in(times),
	}
}

func (j judge) process() []part {
	lite, server := j.Processes[armSQLite], j.Processes[armPostgres]
	return []part{
		most("memory at rest", 24, lite.Rest.scaled(1/mega)).in(" MB"), most("after 10,000 exchanges at 64", 40, lite.After.scaled(1/mega)).in(" MB"),
		most("exec to ready, SQLite", 25, lite.Ready).in(" ms"), most("exec to ready, PostgreSQL", 40, server.Ready).in(" ms"),
	}
}

func (j judge) long() []part {
	return []part{
		least("requests per second at 64, of an empty journal's", 0.9, j.rate(armRows, armSQLite, way0, 64)).in(times),
		most("exec to ready", 5_000, j.Rows).in(" ms"), most("exec to ready, PostgreSQL", 5_000, j.ServerRows).in(" ms"),
	}
}
