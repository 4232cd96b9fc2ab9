package main

import (
	"os"
	"path/filepath"
	"slices"
	"time"
)

// appendSync is how long appending 4 KB to a file and fdatasync take, the median of many, in microseconds; 0 when the
// disk does not let it.
func appendSync(dir string) float64 {
	const times = 200
	name := filepath.Join(dir, "append")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0
	}
	defer os.Remove(name)
	defer f.Close()
	block, took := make([]byte, 4<<10), make([]time.Duration, times)
	for i := range took {
		block[0] = byte(i)
		from := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0
		}
		if err := syncData(f); err != nil {
			return 0
		}
		took[i] = time.Since(from)
	}
	slices.Sort(took)
	return micros(took[times/2])
}
