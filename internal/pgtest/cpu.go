package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is how much processor time the server's processes used so far. It is known on Linux only.
func (c *Cluster) CPU() (time.Duration, error) {
	lines, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return 0, fmt.Errorf("finding the server's process: %w", err)
	}
	postmaster, _, _ := strings.Cut(string(lines), "\n")
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	ticks := int64(0)
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil { // it ended
			continue
		}
		// After the name in brackets: state, parent, and from the 12th on user and system time, its own and its ended children's.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		self := filepath.Base(filepath.Dir(path)) == postmaster
		if len(fields) < 15 || !self && fields[1] != postmaster {
			continue
		}
		count := 2
		if self {
			count = 4
		}
		for _, field := range fields[11 : 11+count] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", path, err)
			}
			ticks += n
		}
	}
	if ticks == 0 {
		return 0, errors.New("the server's processes are not in /proc")
	}
	return time.Duration(ticks) * time.Second / 100, nil // of which Linux tells a hundred in a second
}
