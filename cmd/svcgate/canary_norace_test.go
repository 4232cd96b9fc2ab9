//go:build !race

package main

// share is what part of the numbers is tried: all.
const share = 1
