//go:build !linux

package store

func keepMemory() {}
