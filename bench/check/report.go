package check

import (
	"fmt"
	"strings"
	"time"
)

// shown is how many findings of one sort String prints.
const shown = 20

// String prints the counts as a table and then the findings.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s %d answers, %d of them acknowledge; %d ledger entries, %d of them moved; %d journal rows\n",
		"compared", r.Told, r.Acknowledged, r.Booked, r.Moved, r.Journaled)
	sorts := []struct {
		name     string
		findings []Finding
	}{
		{"lost", r.Lost}, {"doubled", r.Doubled}, {"wrongly told", r.WronglyTold}, {"unexplained", r.Unexplained},
	}
	for _, sort := range sorts {
		fmt.Fprintf(&b, "%-14s %d\n", sort.name, len(sort.findings))
	}
	for _, sort := range sorts {
		for i, f := range sort.findings {
			if i == shown {
				fmt.Fprintf(&b, "  %s: %d more\n", sort.name, len(sort.findings)-shown)
				break
			}
			fmt.Fprintf(&b, "  %s: %s\n", sort.name, f)
		}
	}
	return b.String()
}

// String prints the sentence and where to look.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.What)
	for _, part := range []struct{ name, value string }{
		{"transaction", f.TransactionID}, {"key", f.Key}, {"order", f.Order}, {"booking", f.BookingID},
	} {
		if part.value != "" {
			fmt.Fprintf(&b, " %s=%s", part.name, part.value)
		}
	}
	if !f.At.IsZero() {
		fmt.Fprintf(&b, " at=%s", f.At.UTC().Format(time.RFC3339Nano))
	}
	return b.String()
}
