//go:build race

package main

// share is what part of the numbers takes the slow ways under the race detector, one in so many.
const share = 6
