//go:build race

package main

// share is what part of the numbers is tried under the race detector, one in so many.
const share = 6
