package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/svcgate/svcgate"
)

// verdict is a cell in one or two words, with a sign that needs no colour.
func (r result) verdict(op svcgate.Operation, short bool) string {
	var words []string
	all := r.row.outcomes(op)
	for _, o := range all {
		word := string(o)
		if short && len(all) > 1 {
			word = strings.TrimRight(word[:min(len(word), 5)], "aeiou")
		}
		words = append(words, word)
	}
	if r.row.settles {
		words = []string{r.row.variants[0].endOf(op, true).inWords()}
	}
	sign := "✓ "
	if len(r.cells[op]) > 0 || r.cells[op] == nil {
		sign = "✗ not "
	}
	return sign + strings.Join(words, "/")
}

// grid is the table: a line for each row, a column for each operation.
func grid(results []result, short bool) [][]string {
	head := []string{"", "fault"}
	for _, op := range svcgate.Operations() {
		head = append(head, op.Name)
	}
	lines := [][]string{head}
	for _, r := range results {
		line := []string{r.row.id, r.row.name}
		for _, op := range svcgate.Operations() {
			line = append(line, r.verdict(op.Operation, short))
		}
		lines = append(lines, line)
	}
	return lines
}

func printGrid(w io.Writer, results []result) {
	lines := grid(results, true)
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, text := range line {
			b.WriteString(text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+2))
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// summary counts cells, and explains what is wrong in a line each.
func summary(w io.Writer, results []result) (right bool) {
	right = true
	cells, good, forms := 0, 0, 0
	var lost, doubled, wronglyTold, unexplained int
	for _, r := range results {
		right = right && r.right()
		for _, op := range svcgate.Operations() {
			cells++
			forms += len(r.row.variants)
			if len(r.cells[op.Operation]) == 0 {
				good++
			}
			for _, text := range r.cells[op.Operation] {
				fmt.Fprintf(w, "✗ wrong: %s %s: %s\n", r.row.id, op.Name, text)
			}
		}
		for _, text := range r.whole {
			fmt.Fprintf(w, "✗ wrong: %s: %s\n", r.row.id, strings.ReplaceAll(text, "\n", "; "))
		}
		c := r.check
		lost, doubled = lost+len(c.Lost), doubled+len(c.Doubled)
		wronglyTold, unexplained = wronglyTold+len(c.WronglyTold), unexplained+len(c.Unexplained)
		if !c.OK() {
			fmt.Fprintf(w, "✗ wrong: %s, the three records compared:\n%s\n", r.row.id, c.String())
		}
	}
	fmt.Fprintf(w, "%d of %d cells right, in %d forms; lost %d, doubled %d, wrongly told %d, unexplained %d\n",
		good, cells, forms, lost, doubled, wronglyTold, unexplained)
	return right && len(results) > 0
}

// writeMarkdown writes the table for the documents, with what was done and why.
func writeMarkdown(w io.Writer, results []result, command string) {
	lines := grid(results, false)
	fmt.Fprintf(w, "# Network faults\n\nEvery fault of the network between the gateway and the provider, under each of the eight operations: what the caller was\n"+
		"told, and whether it was right. The gateway, toxiproxy and the simulator ran as programs of their own. Under each form of\n"+
		"a fault one message was sent, or several where it says for long; then the fault was taken back, the message repeated\n"+
		"under its key, which sent nothing, and another card was served. What was unknown was looked into and repeated again; in\n"+
		"S1 and S2 until it was settled. A cell names what was told, in S1 and S2 what it was settled as. Made by `%s`.\n\n", command)
	for i, line := range lines {
		fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat(" --- |", len(line)))
		}
	}
	fmt.Fprint(w, "\n")
	summary(w, results)
	fmt.Fprint(w, "\n## The forms of each fault\n\n\"Arrives\" counts messages that came whole to the provider's door, \"booked\" those that took effect.\n"+
		"\n| | form of the fault | made by | arrives | booked | told | why |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range results {
		for _, v := range r.row.variants {
			fmt.Fprintf(w, "| %s | %s | %s | %d | %d | %s | %s |\n", r.row.id, v.name, r.row.made, v.want.arrived, v.want.booked, v.toldInWords(), v.why)
		}
	}
	fmt.Fprint(w, "\n## What becomes of an unknown outcome\n\nAfter one look, by which too little time has passed to prove that nothing was done, and after all the looks that it takes.\n"+
		"Each was then repeated under its key, which sent nothing and told the same.\n\n| | one look, balance not seen before | answer lost (S1) | message lost (S2) |\n| --- | --- | --- | --- |\n")
	for _, op := range svcgate.Operations() {
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", op.Name, variant{want: unknown(svcgate.ClassNoReply, 1, 1)}.endOf(op.Operation, false).inWords(),
			settlings[0].variants[0].endOf(op.Operation, true).inWords(), settlings[1].variants[0].endOf(op.Operation, true).inWords())
	}
}

// toldInWords gives the outcome and where operations differ.
func (v variant) toldInWords() string {
	text := string(v.want.outcome)
	if v.want.refused {
		text += ", or unavailable while a breaker is open"
	}
	for _, op := range svcgate.Operations() {
		if w, other := v.except[op.Operation]; other && w.outcome != v.want.outcome {
			text += fmt.Sprintf("; %s: %s", op.Name, w.outcome)
		}
	}
	return text
}
