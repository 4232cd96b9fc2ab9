package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
)

func testOptions() options { return options{ops: 100, faults: 25, workers: 1, sameVerb: true} }

// TestPlantedBugsAreFound shows that the bench can fail: each bug is put in from outside, and a few dozen seeds find it.
func TestPlantedBugsAreFound(t *testing.T) {
	t.Parallel()
	for p, says := range map[plant][]string{
		plantResend: {"A money message was sent once too often"},
		plantEarly:  {"A certain answer was taken back", "It was final with", "It was told as final with"},
		plantHasty:  {"Wrongly told: unavailable, and the provider carried it out"},
	} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			names := func(r result) bool {
				return slices.ContainsFunc(r.findings, func(f string) bool {
					return slices.ContainsFunc(says, func(text string) bool { return strings.Contains(f, text) })
				})
			}
			o := testOptions()
			for seed := uint64(1); seed <= 48; seed++ {
				o.plant = p
				if !names(runSeed(t, seed, o)) {
					continue
				}
				o.plant = ""
				if names(runSeed(t, seed, o)) {
					t.Errorf("seed %d finds it without the bug as well", seed)
				}
				t.Logf("seed %d finds it", seed)
				return
			}
			t.Error("48 seeds do not find it")
		})
	}
}

func TestASeedIsOneHistory(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{11, 12} {
		first, second := runSeed(t, seed, testOptions()), runSeed(t, seed, testOptions())
		if first.hash != second.hash || first.hash == 0 {
			t.Errorf("seed %d has two histories, %x and %x", seed, first.hash, second.hash)
		}
	}
	if a, b := runSeed(t, 14, testOptions()), runSeed(t, 15, testOptions()); a.hash == b.hash {
		t.Error("two seeds have one history")
	}
}

func TestEachSeedIsLargeEnough(t *testing.T) {
	t.Parallel()
	r := runSeed(t, 21, testOptions())
	if r.cover.totals["requests"] < 100 || r.cover.totals["faults drawn"] < 20 {
		t.Errorf("the seed had %d requests and %d faults", r.cover.totals["requests"], r.cover.totals["faults drawn"])
	}
}

func TestGapsAreNamed(t *testing.T) {
	t.Parallel()
	c := newCoverage()
	for k := refused; k < kinds; k++ {
		for _, row := range svcgate.Operations() {
			c.hit(k, row.Operation)
		}
	}
	for _, name := range worldEvents {
		c.event(name)
	}
	if gaps := c.gaps(); len(gaps) != 0 {
		t.Fatalf("gaps although all was hit: %v", gaps)
	}
	c.hits[late][svcgate.Void] = 0
	c.other["disk down"] = 0
	if gaps := c.gaps(); !slices.Equal(gaps, []string{"late arrival x void", "disk down"}) {
		t.Errorf("gaps %v", gaps)
	}
}

func TestRegressionsAreKeptOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "regressions.txt")
	for _, seed := range []uint64{5, 9, 5} {
		if err := keepRegression(path, seed, "told wrongly\nand more"); err != nil {
			t.Fatal(err)
		}
	}
	seeds, err := readRegressions(path)
	if err != nil || !slices.Equal(seeds, []uint64{5, 9}) {
		t.Errorf("regressions %v, %v", seeds, err)
	}
}

func TestPlantsAreNamed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"resend", "early", "hasty", ""} {
		if _, err := parsePlant(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"Resend", "late", " "} {
		if _, err := parsePlant(name); err == nil {
			t.Errorf("%q is a plant", name)
		}
	}
}
