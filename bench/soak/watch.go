//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/svcgate/svcgate/bench/world"
)

// tick is the unit of processor times in /proc, USER_HZ.
const tick = 10 * time.Millisecond

// usage is what a process uses.
type usage struct {
	resident int64 // bytes
	cpu      time.Duration
}

// look reads the usage of a process.
func look(pid int) (u usage, err error) {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return u, err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, err
	}
	return parseUsage(statm, stat)
}

// parseUsage reads /proc/PID/statm and stat: see proc(5).
func parseUsage(statm, stat []byte) (u usage, err error) {
	memory := bytes.Fields(statm)
	times := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the name before it may hold spaces
	if len(memory) < 2 || len(times) < 13 {
		return u, fmt.Errorf("no such fields in /proc: %q %q", statm, stat)
	}
	pages, err := strconv.ParseInt(string(memory[1]), 10, 64)
	if err != nil {
		return u, err
	}
	u.resident = pages * int64(os.Getpagesize())
	for _, field := range times[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return u, err
		}
		u.cpu += time.Duration(n) * tick
	}
	return u, nil
}

// watch looks at the gateways, and at the disk that they share with this program.
type watch struct {
	gateways []*world.Gateway
	looks    [][]usage // one every second, of each gateway
	file     *os.File
	synced   []time.Duration // what one write took until it was on disk, every second
}

// page is what is written to look at the disk.
var page [4096]byte

// touch writes a page and waits until it is on disk.
func (w *watch) touch() error {
	began := time.Now()
	if _, err := w.file.Write(page[:]); err != nil {
		return err
	}
	if err := unix.Fdatasync(int(w.file.Fd())); err != nil {
		return fmt.Errorf("looking at the disk: %w", err)
	}
	w.synced = append(w.synced, time.Since(began))
	return nil
}

// look adds one look.
func (w *watch) look() error {
	now := make([]usage, len(w.gateways))
	for i, g := range w.gateways {
		var err error
		if now[i], err = look(g.Cmd.Process.Pid); err != nil {
			return err
		}
	}
	w.looks = append(w.looks, now)
	return w.touch()
}

// used is what a run used.
type used struct {
	most    int64         // bytes resident, of the largest gateway
	growth  float64       // of memory, in percent, of the gateway that grew most
	judged  bool          // the run was long enough for growth to mean something
	cpu     time.Duration // of all gateways
	seconds int
}

const (
	warm   = 300 // seconds after which memory shall not grow
	window = 60  // seconds that are averaged: a collector's waves are no growth
)

// sum judges the looks, one a second.
func sum(looks [][]usage) (u used) {
	u.seconds, u.judged = len(looks)-1, len(looks) >= warm+2*window
	if len(looks) < 2 {
		return u
	}
	// A short run is compared with its own middle.
	from, width := min(warm, len(looks)/2), min(window, len(looks)/4+1)
	for i := range looks[0] {
		mean := func(part [][]usage) float64 {
			total := 0.0
			for _, l := range part {
				total += float64(l[i].resident)
			}
			return total / float64(len(part))
		}
		for _, l := range looks {
			u.most = max(u.most, l[i].resident)
		}
		early, late := mean(looks[from:from+width]), mean(looks[len(looks)-width:])
		u.growth = max(u.growth, (late/early-1)*100)
		u.cpu += looks[len(looks)-1][i].cpu - looks[0][i].cpu
	}
	return u
}
