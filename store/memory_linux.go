package store

/*
#include <malloc.h>

static void keepFreed(int bytes) {
#ifdef __GLIBC__
	mallopt(M_TRIM_THRESHOLD, bytes);
#endif
}
*/
import "C"

// keptMemory is how many freed bytes the C library keeps in each of its heaps.
const keptMemory = 4 << 20

// keepMemory lets the C library keep what SQLite frees. Connections drop their pages after each change of another one and
// take as many for the next statement; giving them back to the system in between cost more than most statements.
func keepMemory() { C.keepFreed(keptMemory) }
