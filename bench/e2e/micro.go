package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// metrics are what benchmarks of go test reported: by name, then by unit.
type metrics map[string]map[string]float64

// microBenchmarks are the benchmarks that goals stand on.
var microBenchmarks = []struct{ pkg, pattern, times string }{
	{"./messages", "^BenchmarkRatio$", "1x"},
	{"./messages", "^BenchmarkCodec$/^decode_enveloped$/^read$", "2000x"},
}

const buildTags = "-tags=sqlite_omit_load_extension"

// measureParts runs the benchmarks, TestSafety with those of the codec: a reader that lets something pass is no match for
// another.
func (b *bench) measureParts(ctx context.Context) error {
	b.extras.Parts = metrics{}
	for _, m := range microBenchmarks {
		fmt.Printf("e2e: go test -bench %s %s\n", m.pattern, m.pkg)
		c := exec.CommandContext(ctx, "go", "test", buildTags, "-buildvcs=false", "-run", "^TestSafety$", "-bench", m.pattern, "-benchmem", "-benchtime", m.times, m.pkg)
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil {
			return fmt.Errorf("go test %s: %w: %s", m.pkg, err, out)
		}
		for name, units := range readMetrics(string(out)) {
			b.extras.Parts[name] = units
		}
	}
	return nil
}

// readMetrics reads the lines of benchmarks in go test's output. Names lose the number of processors.
func readMetrics(text string) metrics {
	all := metrics{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := fields[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			if _, err := strconv.Atoi(name[i+1:]); err == nil {
				name = name[:i]
			}
		}
		units := map[string]float64{}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				units[fields[i+1]] = value
			}
		}
		all[name] = units
	}
	return all
}

// figure is a metric as a figure of one round.
func (m metrics) figure(name, unit string) figure {
	value, ok := m[name][unit]
	if !ok {
		return figure{}
	}
	return figureOf([]float64{value})
}
