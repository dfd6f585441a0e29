/* disk.h - what a disk may hold after a power cut, made up from a trace of calls (shim.h).
 *
 * Two states are kept: what the calls made of the folder, and what of that is surely on disk: data
 * of a file once it was synced, names of a folder once the folder was. What lies between is pending
 * and may be there or not; an image is one such outcome. Names are strict: not even a synced file
 * has one before its folder was synced. */
#ifndef EBB_TESTS_FAULT_CRASH_DISK_H
#define EBB_TESTS_FAULT_CRASH_DISK_H

#include <stdbool.h>

#include "storage/base/bytes.h"
#include "storage/base/rng.h"
#include "tests/fault/crash/shim.h"

typedef struct disk disk;

disk *diskNew(void);
void diskFree(disk *d);

/* A call that has happened; path, other and data are borrowed until diskFree(). 'durable' is called
 * for each piece of data of a log ("*.incr.aof") that is on disk from now on. */
void diskCall(disk *d, const shimRecord *r, bytes path, bytes other, bytes data,
              void (*durable)(void *ctx, bytes data), void *ctx);

typedef enum diskOutcome {
    DISK_NOTHING, /* of what is pending */
    DISK_ALL,
    DISK_IN_ORDER, /* of each file and folder a part, in the order of the calls, the last write cut
                      at a sector */
    DISK_ANY       /* of each any, in any order, writes without some of their sectors */
} diskOutcome;

/* The image as files below 'folder', which is emptied first. */
void diskImage(const disk *d, diskOutcome kind, rng *r, const char *folder);
/* True if something is pending: images can differ. */
bool diskIsPending(const disk *d);

#endif
