package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table lays cells out in columns.
type table struct {
	head  []string
	rows  [][]cell
	right map[int]bool // columns that are set to the right, such as amounts
}

type cell struct {
	text string
	tone tone
}

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

// cells makes plain cells.
func cells(texts ...string) []cell {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i] = cell{text: text}
	}
	return row
}

func (s *shell) table(w io.Writer, t *table) {
	widths := make([]int, len(t.head))
	for i, h := range t.head {
		widths[i] = utf8.RuneCountInString(h)
	}
	for _, row := range t.rows {
		for i := range row {
			row[i].text = oneLine(row[i].text)
			if row[i].text == "" {
				row[i] = cell{"-", faint}
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].text))
		}
	}
	line := func(row []cell) {
		var b strings.Builder
		for i, c := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text))
			text := s.paint(c.tone, c.text)
			switch {
			case t.right[i]:
				text = pad + text
			case i < len(row)-1:
				text += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(text)
		}
		fmt.Fprintln(w, b.String())
	}
	head := make([]cell, len(t.head))
	for i, h := range t.head {
		head[i] = cell{h, strong}
	}
	line(head)
	for _, row := range t.rows {
		line(row)
	}
}
