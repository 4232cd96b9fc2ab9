//go:build !cgo

package store

// Without a C compiler Go leaves cgo out, and SQLite with it: the program would build and fail when it starts. This
// undefined name fails the build instead.
var _ = this_build_needs_cgo__install_gcc_and_set_CGO_ENABLED_1
