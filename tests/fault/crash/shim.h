/* shim.h - what the preloaded shim shares with who runs it: orders, counters, and the trace.
 *
 * A server under the shim does its calls on files below one folder through it: the n-th of them
 * can be its last, or fail; all of them can be written down, with their data, so that a crash at
 * any point of them can be made up afterwards (power_cut.c).
 *
 * Environment: EBB_SHIM_DIR the folder, EBB_SHIM_STATE a file of sizeof(shimState), mapped by the
 * server, its children and the runner, who may change its orders at any time; EBB_SHIM_TRACE a file
 * that is appended to. */
#ifndef EBB_TESTS_FAULT_CRASH_SHIM_H
#define EBB_TESTS_FAULT_CRASH_SHIM_H

#include <stdint.h>

typedef enum shimKind {
    SHIM_OPEN,
    SHIM_WRITE,
    SHIM_SYNC, /* fsync and fdatasync */
    SHIM_TRUNCATE,
    SHIM_CLOSE,
    SHIM_RENAME,
    SHIM_UNLINK,
    SHIM_MKDIR,
    SHIM_READ, /* counted where 'kinds' asks for it; never traced */
    SHIM_FORK, /* in the trace alone */
    SHIM_LINK,
    SHIM_KINDS
} shimKind;

enum {
    SHIM_KILL = 1 << 0,  /* the process group dies before call 'at' */
    SHIM_TEAR = 1 << 1,  /* with SHIM_KILL: in the middle of it, where it is a write */
    SHIM_FAIL = 1 << 2,  /* calls 'at' to 'until' fail with 'error', or (0) write half */
    SHIM_TRACE = 1 << 3, /* calls are written down, one at a time */
    SHIM_SLOW = 1 << 4   /* syncs take 'delay_us' longer */
};

/* All of 64 bits, so that a script finds them by their number. */
typedef struct shimState {
    uint64_t mode;
    uint64_t kinds; /* those that are counted, a bit each */
    uint64_t at, until, error, delay_us;
    uint64_t calls; /* counted so far; the first is 1 */
    uint64_t hits;  /* that were made to fail */
    uint64_t syncs; /* that have come to their end */
    uint64_t trace_size;
    uint64_t lock;
} shimState;

/* One call in the trace, followed by its first path, its second path and its data. Paths are
 * relative to the folder. */
typedef struct shimRecord {
    uint32_t kind;
    int32_t pid, fd;
    uint32_t flags; /* of open */
    uint64_t at;    /* offset of a write, size after a truncation; of SHIM_FORK the child */
    uint32_t path_size, other_size, data_size;
    uint32_t padding;
} shimRecord;

#endif
