//go:build !linux

package store

// networkFilesystem cannot tell on this system; the operator's manual asks for a local disk.
func networkFilesystem(string) (string, error) { return "", nil }
