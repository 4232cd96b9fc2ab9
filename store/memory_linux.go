package store

/*
#include <malloc.h>

static void keepFreed(int bytes, int heaps) {
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, bytes);
	mallopt(M_ARENA_MAX, heaps);
#endif
}
*/
import "C"

const (
	keptMemory = 4 << 20 // freed bytes that the C library keeps in each of its heaps
	heaps      = 2       // of the C library; by itself it makes one for each thread, and each grows to what its thread ever took
)

// keepMemory lets the C library keep what SQLite frees. Connections drop their pages after each change of another one and
// take as many for the next statement; giving them back to the system in between cost more than most statements.
func keepMemory() { C.keepFreed(keptMemory, heaps) }
