package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// extras are what is measured besides the cells.
type extras struct {
	Sync       []float64                 `json:"append_4k_fdatasync_p50_us"` // one a round
	Processes  map[string]processFigures `json:"processes"`
	Rows       figure                    `json:"exec_to_ready_with_rows_ms"`
	ServerRows figure                    `json:"exec_to_ready_with_rows_on_postgresql_ms"`
	Parts      metrics                   `json:"benchmarks,omitempty"`
}

// report is what a run found.
type report struct {
	At      time.Time `json:"at"`
	Machine string    `json:"machine"`
	Seed    uint64    `json:"seed"`
	Rounds  int       `json:"rounds"`
	Quick   bool      `json:"quick"`
	Rows    int       `json:"rows"`
	Absent  []string  `json:"not_measured,omitempty"`
	Cells   cells     `json:"cells"`
	Extras  extras    `json:"besides"`
	Goals   []goal    `json:"goals"`
}

func (b *bench) report() *report {
	return &report{At: time.Now().UTC(), Machine: describe(), Seed: b.seed, Rounds: b.cells.rounds(), Quick: b.quick, Rows: b.rows, Absent: b.absent,
		Cells: b.cells, Extras: b.extras, Goals: goals(b.cells, b.extras)}
}

// describe names the machine.
func describe() string {
	model := "CPU"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores of %s, %s, %s", runtime.NumCPU(), model, runtime.GOOS, runtime.Version())
}

// wrong is an error when an answer was no approval. The naive adapter is known to lose some.
func (r *report) wrong() error {
	var errs []error
	for _, c := range r.Cells {
		if c.Errors > 0 && c.Arm != armNaive {
			errs = append(errs, fmt.Errorf("%s, %s, %d connections, round %d: %d of %d answers were no approval; the first: %s",
				c.Arm, c.Way, c.Conns, c.Round, c.Errors, c.Requests, c.First))
		}
	}
	return errors.Join(errs...)
}

// writable finds out before anything is measured whether write will be able to.
func (o options) writable() error {
	var errs []error
	for _, path := range []string{o.json, o.svg, o.profile} {
		if path != "" {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
			if err == nil {
				err = f.Close()
			}
			errs = append(errs, err)
		}
	}
	if o.markdown != "" {
		page, err := os.ReadFile(o.markdown)
		if errors.Is(err, os.ErrNotExist) {
			page = []byte(markBegin + markEnd)
			err = os.WriteFile(o.markdown, page, 0o644)
		}
		if err == nil {
			_, err = between(string(page), "")
		}
		if err != nil {
			err = fmt.Errorf("--markdown %s: %w", o.markdown, err)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// write writes the files that were asked for.
func (r *report) write(o options) error {
	var errs []error
	if o.json != "" {
		text, err := json.MarshalIndent(r, "", "\t")
		errs = append(errs, err, os.WriteFile(o.json, append(text, '\n'), 0o644))
	}
	if o.svg != "" {
		errs = append(errs, os.WriteFile(o.svg, []byte(chart(r.Cells)), 0o644))
	}
	if o.markdown != "" {
		page, err := os.ReadFile(o.markdown)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		whole, err := between(string(page), r.markdown())
		errs = append(errs, err)
		if err == nil {
			errs = append(errs, os.WriteFile(o.markdown, []byte(whole), 0o644))
		}
	}
	return errors.Join(errs...)
}

const (
	markBegin = "<!-- e2e: begin -->\n"
	markEnd   = "<!-- e2e: end -->\n"
)

// between puts a text between the marks of a page.
func between(page, text string) (string, error) {
	before, rest, begins := strings.Cut(page, markBegin)
	_, after, ends := strings.Cut(rest, markEnd)
	if !begins || !ends {
		return "", fmt.Errorf("the page lacks the lines %q and %q, between which the tables go", strings.TrimSpace(markBegin), strings.TrimSpace(markEnd))
	}
	return before + markBegin + "\n" + strings.TrimSpace(text) + "\n\n" + markEnd + after, nil
}

// drift is how much the machine changed while it was measured: the fastest round of the proxy over its slowest.
func (all cells) drift() float64 {
	worst := 1.0
	for _, conns := range connections {
		var rates []float64
		for _, c := range all {
			if c.spot == fast(armProxy, conns) {
				rates = append(rates, c.Rate)
			}
		}
		if len(rates) > 1 && slices.Min(rates) > 0 {
			worst = max(worst, slices.Max(rates)/slices.Min(rates))
		}
	}
	return worst
}

// noisy counts the cells during which others took too much of the machine.
func (all cells) noisy() (n int) {
	for _, c := range all {
		if c.Noisy() {
			n++
		}
	}
	return n
}
