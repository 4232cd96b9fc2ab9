//go:build !linux

package store

import "time"

var started = time.Now()

// uptime goes on while this process stands still; whether it does while the machine sleeps is up to the system.
func uptime() time.Duration { return time.Since(started) }
