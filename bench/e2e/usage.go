package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// cpuOf is the CPU time of a process, in user and in system, by the kernel's clock of the process: that counts
// nanoseconds where /proc counts ticks, and it may be read of a process that has forbidden looking into it.
func cpuOf(pid int) time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(int32(^pid<<3|2), &t) != nil { // CPUCLOCK_SCHED, see clock_getcpuclockid(3)
		return 0
	}
	return time.Duration(t.Nano())
}

// cpuOfTree is that of a process and its children.
func cpuOfTree(pid int) time.Duration {
	total := cpuOf(pid)
	for _, id := range childrenOf(pid) {
		total += cpuOf(id)
	}
	return total
}

func childrenOf(pid int) (ids []int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	for _, field := range strings.Fields(string(text)) {
		if id, err := strconv.Atoi(field); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// numberIn reads the number behind a name at the start of a line: of /proc files and of metrics. name holds what stands
// between, too.
func numberIn(text, name string) (float64, bool) {
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if rest, found := strings.CutPrefix(lines.Text(), name); found {
			if fields := strings.Fields(rest); len(fields) > 0 {
				n, err := strconv.ParseFloat(fields[0], 64)
				return n, err == nil
			}
		}
	}
	return 0, false
}

// written is how many bytes the process caused to be sent to disk; 0 when that may not be read: of a process that forbids
// looking into it only root may.
func (p *process) written() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	all, _ := numberIn(string(text), "write_bytes: ")
	return all
}

// rss is the memory of the process now, in bytes.
func (p *process) rss() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	kb, _ := numberIn(string(text), "VmRSS:")
	return kb * 1024
}

// machine is how much CPU time all processes of the machine have used.
func machine() (busy time.Duration) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		if n, err := strconv.ParseInt(field, 10, 64); err == nil && i != 4 && i != 5 && i < 9 { // without idle, iowait and guests, which user has in it
			busy += time.Duration(n) * (time.Second / 100)
		}
	}
	return busy
}
