package main

import (
	"slices"
	"strings"
	"testing"
)

func got(v float64) figure { return figure{Value: v, Low: v, High: v, Rounds: 1} }

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parts []part
		want  verdict
	}{
		"at least, just":            {[]part{least("", 2, got(2))}, met},
		"at least, not quite":       {[]part{least("", 2, got(1.99))}, missed},
		"at most, just":             {[]part{most("", 2, got(2))}, met},
		"at most, not quite":        {[]part{most("", 2, got(2.01))}, missed},
		"nothing wanted is nothing": {[]part{most("", 0, got(0))}, met},
		"nothing wanted, some had":  {[]part{most("", 0, got(0.2))}, missed},
		"not measured":              {[]part{least("", 2, figure{})}, notMeasured},
		"part of it not measured":   {[]part{least("", 2, got(3)), least("", 2, figure{})}, notMeasured},
		"missed and not measured":   {[]part{least("", 2, figure{}), least("", 2, got(1))}, missed},
		"only the stretch missed":   {[]part{least("", 2, got(3)), least("", 2, got(3)).wish(4)}, met},
		"no parts":                  {nil, notMeasured},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v := (goal{Parts: test.parts}).verdict(); v != test.want {
				t.Errorf("got %q, want %q", v, test.want)
			}
		})
	}
}

func TestAllFourteenGoalsAreToldWhateverWasMeasured(t *testing.T) {
	t.Parallel()
	all := goals(nil, extras{})
	if len(all) != 14 {
		t.Fatalf("%d goals", len(all))
	}
	for i, g := range all {
		if g.Number != i+1 || len(g.Parts) == 0 || g.verdict() != notMeasured {
			t.Errorf("goal %d is number %d with %d parts, %s", i+1, g.Number, len(g.Parts), g.verdict())
		}
	}
	if got := summary(all); !strings.Contains(got, "14 not measured") {
		t.Error(got)
	}
	cells := round(1, 400, 1000, 0)
	for i := range cells {
		cells[i].Conns = 64
	}
	durable := goals(cells, extras{})[3]
	if durable.verdict() != missed || durable.Parts[0].Got.Value != 0.4 {
		t.Errorf("four tenths of the proxy is %s: %+v", durable.verdict(), durable.Parts[0])
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]float64{"0": 0, "1234": 1234.4, "12.3": 12.34, "1.23": 1.234, "0.50": 0.5, "0.020": 0.02, "-3.50": -3.5} {
		if got := number(v); got != want {
			t.Errorf("%v became %s, want %s", v, got, want)
		}
	}
	p := most("", 0.5, figure{Value: 0.25, Low: 0.2, High: 0.3, Rounds: 3, Noisy: true}).in("x")
	if p.want() != "≤ 0.50x" || p.got() != "~0.25x (0.20–0.30)" {
		t.Errorf("%s %s", p.want(), p.got())
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	g := grid{{"a", "bb"}, {"≥ 1", "c"}}
	if got := g.text(); got != "a    bb\n≥ 1  c\n" {
		t.Errorf("%q", got)
	}
	if got := g.markdown(); got != "| a | bb |\n|---|---|\n| ≥ 1 | c |\n" {
		t.Errorf("%q", got)
	}
	rows := cellRows(slices.Concat(round(1, 500, 1000, 0), round(2, 500, 1000, 0.5)), way0)
	if len(rows) != 3 || rows[1][1] != titleOf(armProxy) || rows[2][6] != "~0.50" || rows[2][10] != "1/2" {
		t.Errorf("%q", rows)
	}
}

func TestPagesKeepWhatStandsAroundTheMarks(t *testing.T) {
	t.Parallel()
	page := "before\n" + markBegin + "old\n" + markEnd + "after\n"
	whole, err := between(page, "new")
	if want := "before\n" + markBegin + "\nnew\n\n" + markEnd + "after\n"; err != nil || whole != want {
		t.Errorf("%q, %v", whole, err)
	}
	again, err := between(whole, "new")
	if err != nil || again != whole {
		t.Errorf("the second time gives %q, %v", again, err)
	}
	for _, broken := range []string{"", markBegin, markEnd, markEnd + markBegin} {
		if _, err := between(broken, "new"); err == nil {
			t.Errorf("%q was taken", broken)
		}
	}
}

func TestCostsAreToldOfWhatCountsThem(t *testing.T) {
	t.Parallel()
	all := round(1, 500, 1000, 0)
	if g := costRows(all); len(g) != 1 {
		t.Errorf("%q", g)
	}
	all[0].Objects, all[0].Bytes, all[0].Commits = 140, 9216, 0.1
	if g := costRows(all); len(g) != 2 || !slices.Equal(g[1][:6], []string{"8", titleOf(armSQLite), "9", "140", "0.10", "–"}) {
		t.Errorf("%q", g)
	}
}
