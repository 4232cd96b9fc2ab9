package main

import (
	"fmt"
	"slices"
	"strings"
)

// row is one stack in one form: for each verb the reason why it does not work, "" where it does.
type row struct {
	stack, form string
	reasons     []string
}

func (r row) works() bool {
	return !slices.ContainsFunc(r.reasons, func(s string) bool { return s != "" })
}

// matrix is one direction.
type matrix struct {
	title string // for people
	about string // what a row's form is
	rows  []row
}

// stacks counts the stacks.
func (m *matrix) stacks() int { return m.count(func(row) bool { return true }) }

// working counts the stacks that speak all verbs in one form at least.
func (m *matrix) working() int { return m.count(row.works) }

func (m *matrix) count(which func(row) bool) int {
	seen := map[string]bool{}
	for _, r := range m.rows {
		if which(r) {
			seen[r.stack] = true
		}
	}
	return len(seen)
}

func (m *matrix) cells() int { return len(m.rows) * len(verbs) }

func (m *matrix) right() int {
	n := 0
	for _, r := range m.rows {
		for _, reason := range r.reasons {
			if reason == "" {
				n++
			}
		}
	}
	return n
}

// reasons numbers the reasons in the order in which they first stand in the matrix.
func (m *matrix) reasons() []string {
	var all []string
	for _, r := range m.rows {
		for _, reason := range r.reasons {
			if reason != "" && !slices.Contains(all, reason) {
				all = append(all, reason)
			}
		}
	}
	return all
}

// mark is what stands in a cell: yes, or no and the number of the reason.
func mark(reason string, all []string) string {
	if reason == "" {
		return "yes"
	}
	return fmt.Sprintf("no %d", slices.Index(all, reason)+1)
}

func header() []string {
	cells := []string{"stack", "form"}
	for _, v := range verbs {
		cells = append(cells, v.operation.String())
	}
	return cells
}

// markdown writes the matrix for the document.
func (m *matrix) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s\n\n", m.title, m.about)
	writeTable(&b, header(), m.lines())
	if all := m.reasons(); len(all) > 0 {
		b.WriteString("\n")
		for i, reason := range all {
			fmt.Fprintf(&b, "%d. %s\n", i+1, escaped(reason))
		}
	}
	return b.String()
}

func (m *matrix) lines() [][]string {
	all := m.reasons()
	lines := make([][]string, len(m.rows))
	for i, r := range m.rows {
		lines[i] = []string{r.stack, r.form}
		for _, reason := range r.reasons {
			lines[i] = append(lines[i], mark(reason, all))
		}
	}
	return lines
}

// writeTable writes a table for the document.
func writeTable(b *strings.Builder, head []string, lines [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, cells := range lines {
		quoted := make([]string, len(cells))
		for i, cell := range cells {
			quoted[i] = escaped(cell)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(quoted, " | "))
	}
}

// escaped keeps a text from being markup.
func escaped(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "'", "[", `\[`, "]", `\]`).Replace(s)
}

// terminal writes the matrix in columns.
func (m *matrix) terminal() string {
	lines := append([][]string{header()}, m.lines()...)
	widths := make([]int, len(lines[0]))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	b.WriteString(m.title + "\n")
	for _, cells := range lines {
		for i, cell := range cells {
			fmt.Fprintf(&b, "%-*s  ", widths[i], cell)
		}
		b.WriteString("\n")
	}
	for i, reason := range m.reasons() {
		fmt.Fprintf(&b, "%2d  %s\n", i+1, reason)
	}
	return strings.ReplaceAll(b.String(), "  \n", "\n")
}
