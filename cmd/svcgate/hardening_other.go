//go:build !linux

package main

// harden does nothing: only Linux is a platform for serving.
func harden() error { return nil }
