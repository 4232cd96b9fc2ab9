//go:build !race

package main

// share is what part of the numbers takes the slow ways: all.
const share = 1
