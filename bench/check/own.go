package check

import (
	"strings"

	"github.com/svcgate/svcgate"
)

// ownCallers begins the names that svcgate's own inquiries stand under.
const ownCallers = "svcgate:"

// judgeOwn finds a message that svcgate sent by itself and that is no inquiry, and one that took the place of a caller's.
func (c *checker) judgeOwn(s *subject) {
	if s.row == nil || !strings.HasPrefix(s.row.Caller, ownCallers) {
		return
	}
	what := ""
	switch {
	case s.row.Caller != svcgate.CallerSettling && s.row.Caller != svcgate.CallerBaseline && s.row.Caller != svcgate.CallerProbe:
		what = "Nobody is called " + s.row.Caller + "."
	case s.operation != svcgate.Inquire:
		what = "svcgate asked for it by itself, and it is no inquiry: " + s.operation.String() + "."
	case s.key != "":
		what = "svcgate's own inquiry took a key."
	}
	if what != "" {
		c.report.Unexplained = append(c.report.Unexplained, s.finding(what, nil))
	}
}
