package store

import (
	"time"

	"golang.org/x/sys/unix"
)

// uptime goes on while the machine sleeps.
func uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic("store: this system has no CLOCK_BOOTTIME: " + err.Error())
	}
	return time.Duration(t.Nano())
}
