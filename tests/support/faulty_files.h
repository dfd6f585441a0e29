/* faulty_files.h - the kernel's files with a fault at a chosen call: fails, writes short, or counts
 * only. Calls may come from several threads. */
#ifndef EBB_TESTS_SUPPORT_FAULTY_FILES_H
#define EBB_TESTS_SUPPORT_FAULTY_FILES_H

#include "storage/base/file_ops.h"

typedef enum fileCall {
    FILE_OPEN,
    FILE_READ,
    FILE_WRITE,
    FILE_SYNC, /* fsync and fdatasync */
    FILE_TRUNCATE,
    FILE_CLOSE,
    FILE_RENAME,
    FILE_UNLINK,
    FILE_LINK,
    FILE_CALLS
} fileCall;

typedef enum fileFault {
    FAULT_NONE,
    FAULT_ONCE, /* that call fails */
    FAULT_FROM, /* it and all of its kind that follow */
    FAULT_SHORT /* a write writes half and fails the next time */
} fileFault;

enum { FAULTY_FDS = 256 };

typedef struct faultyFiles {
    fileOps ops;
    fileFault fault;
    fileCall call;
    int at;    /* the n-th of its kind, from 1 on */
    int error; /* errno */
    int seen[FILE_CALLS];
    bool half; /* a short write was made */
    /* What a sync that fails has not made safe is gone from the file, as when the kernel drops it.
     */
    bool drops;
    off_t synced[FAULTY_FDS]; /* size at the last good sync, by descriptor */
    bool truncate_fails;      /* whatever the fault is */
    uint32_t sync_us;         /* each sync takes so much longer */
} faultyFiles;

/* Without a fault. */
void faultyInit(faultyFiles *f);
/* From now on the 'at'-th call of a kind has the fault. Counting begins anew. */
void faultySet(faultyFiles *f, fileFault fault, fileCall call, int at, int error);
/* How many calls of a kind there were since. */
int faultySeen(const faultyFiles *f, fileCall call);

#endif
