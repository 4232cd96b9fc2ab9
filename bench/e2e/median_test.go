package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		values []float64
		want   float64
	}{
		"one":             {[]float64{4}, 4},
		"odd, not sorted": {[]float64{9, 1, 5}, 5},
		"even":            {[]float64{8, 2, 4, 6}, 5},
		"an outlier":      {[]float64{1, 1, 1, 1000}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(test.values)
			if got := median(test.values); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if !slices.Equal(before, test.values) {
				t.Error("the values were sorted in place")
			}
		})
	}
	if !math.IsNaN(median(nil)) {
		t.Error("none has a median")
	}
}

// round makes the cells of two arms in one round.
func round(n int, ours, proxy, foreign float64) cells {
	at := func(arm string, rate float64) cell {
		return cell{spot: spot{arm, way0, 8}, Round: n, Rate: rate, P50: time.Duration(rate) * time.Microsecond, Foreign: foreign}
	}
	return cells{at(armSQLite, ours), at(armProxy, proxy)}
}

func TestRatiosAreTakenRoundByRound(t *testing.T) {
	t.Parallel()
	s, to := spot{armSQLite, way0, 8}, spot{armProxy, way0, 8}
	// The machine is ten times slower in the second round; each round still says a half.
	all := slices.Concat(round(1, 500, 1000, 0), round(2, 50, 100, 0), round(3, 600, 1000, 0))
	if got := all.ratio(s, to, rate); got != (figure{Value: 0.5, Low: 0.5, High: 0.6, Rounds: 3}) {
		t.Errorf("got %+v", got)
	}
	if got := all.figure(s, rate); got.Value != 500 || got.Low != 50 {
		t.Errorf("got %+v", got)
	}
}

func TestNoisyRoundsAreLeftOutWhileEnoughAreQuiet(t *testing.T) {
	t.Parallel()
	s, to := spot{armSQLite, way0, 8}, spot{armProxy, way0, 8}
	quiet := slices.Concat(round(1, 500, 1000, 0.02), round(2, 100, 1000, 0.6), round(3, 520, 1000, 0.09))
	if got := quiet.ratio(s, to, rate); got.Noisy || got.Rounds != 2 || got.Low != 0.5 {
		t.Errorf("got %+v", got)
	}
	loud := slices.Concat(round(1, 500, 1000, 0.02), round(2, 100, 1000, 0.6), round(3, 520, 1000, 0.5))
	if got := loud.ratio(s, to, rate); !got.Noisy || got.Rounds != 3 || got.Value != 0.5 {
		t.Errorf("got %+v", got)
	}
	if got := loud.ratio(s, spot{armNginx, way0, 8}, rate); got.known() {
		t.Errorf("a ratio to what was not measured: %+v", got)
	}
	none := round(1, 500, 0, 0)
	if got := none.ratio(s, to, rate); got.known() {
		t.Errorf("a ratio to nothing: %+v", got)
	}
}

func TestDriftIsOfTheProxy(t *testing.T) {
	t.Parallel()
	all := slices.Concat(round(1, 1, 1000, 0), round(2, 9, 800, 0.3))
	if got := all.drift(); got != 1.25 {
		t.Errorf("got %v", got)
	}
	if got := all.noisy(); got != 2 {
		t.Errorf("got %v noisy cells", got)
	}
}
