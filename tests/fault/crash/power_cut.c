/* power_cut.c - loads images of a disk after a power cut, made up at every point of a trace, and
 * looks whether what was promised is there.
 *
 *     power_cut TRACE ACKS FOLDER IMAGES SEED [option value ...]
 *
 * With EBB_STOP_AT=N in the environment the bad image N is left in FOLDER, with the log of why.
 *
 * TRACE: what the shim wrote down. ACKS: lines "size number": when the trace had that size, write
 * 'number' (SET k:number number) was acknowledged under appendfsync always; what is in a log that
 * was synced is promised without that. FOLDER: on a fast disk. IMAGES: how many are made, spread
 * over the trace. Options are those of the server. Ends with "N images ..., M bad". */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/jobs/aof_job.h"
#include "server/wiring.h"
#include "storage/base/clock.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/num.h"
#include "tests/fault/crash/disk.h"

enum { WRITES_MAX = 1 << 20, SHOWN = 5 };

typedef struct ack {
    uint64_t size;
    unsigned number;
} ack;

typedef struct run {
    const char *trace;
    size_t trace_size;
    ack *acks;
    size_t ack_count, acked;
    bool *promised; /* by number */
    unsigned highest;
    disk *disk;
    rng r;
    const char *folder;
    char options[4096];
    uint64_t images, bad, keys;
    uint64_t stop_at; /* leave this image, if it is bad, to be looked at */
} run;

/* ---- what is promised ---- */

static void promise(run *u, unsigned number) {
    ensure(number < WRITES_MAX);
    u->promised[number] = true;
    if (number > u->highest) u->highest = number;
}

/* Data of a log is on disk: the keys that it names. */
static void durable(void *ctx, bytes data) {
    static const char mark[] = "\r\nk:";
    const char *at = data.data, *end = data.data + data.size;
    while ((at = memmem(at, (size_t)(end - at), mark, sizeof mark - 1))) {
        at += sizeof mark - 1;
        const char *line = memchr(at, '\r', (size_t)(end - at));
        if (!line) return; /* Cut in two: not promised, then. */
        promise(ctx, (unsigned)strtoul(at, NULL, 10));
    }
}

static void takeAcks(run *u, uint64_t size) {
    for (; u->acked < u->ack_count && u->acks[u->acked].size <= size; u->acked++)
        promise(u, u->acks[u->acked].number);
}

/* ---- loading ---- */

static server *serverOf(const run *u, bool forgives) {
    static config cfg;
    char error[512], options[8192];
    snprintf(options, sizeof options, "dir %s\nappendonly yes\nsave \"\"\n%s%s", u->folder,
             forgives ? "aof-load-corrupt-tail-max-size 1073741824\n" : "", u->options);
    configInit(&cfg);
    if (configLoad(&cfg, NULL, false, options, error, sizeof error) < 0) ensurePanic("%s", error);
    return wiringNewServer(&cfg, clockSystem());
}

/* The number of promised writes that are not there. */
static unsigned missing(run *u, const server *s) {
    unsigned lost = 0;
    for (unsigned i = 0; i <= u->highest; i++) {
        if (!u->promised[i]) continue;
        char key[32], scratch[NUM_INT_MAX];
        size_t size = (size_t)snprintf(key, sizeof key, "k:%u", i);
        const entry *e = dbLookup(s->dbs[0], keyRefOf(bytesOf(key, size)));
        u->keys++;
        lost += !e || !bytesEqual(entryString(e, scratch), bytesOf(key + 2, size - 2));
    }
    return lost;
}

/* One image of what may be found after so many bytes of the trace. */
static void check(run *u, diskOutcome kind, uint64_t at) {
    static const char *const names[] = {"nothing", "all", "in order", "any"};
    diskImage(u->disk, kind, &u->r, u->folder);
    server *s = serverOf(u, kind == DISK_ANY);
    int err = aofStart(s);
    unsigned lost = err < 0 ? 0 : missing(u, s);
    u->images++;
    if (err < 0 || lost) {
        u->bad++;
        if (u->bad <= SHOWN)
            printf("image %" PRIu64 ", at %" PRIu64
                   " of the trace, of what is pending %s: error %d, "
                   "%u of %u lost\n",
                   u->images, at, names[kind], err, lost, u->highest);
        if (u->images == u->stop_at) exit(1);
    }
    wiringFreeServer(s);
}

/* ---- the trace ---- */

static size_t recordCount(const run *u) {
    size_t count = 0;
    for (size_t at = 0; at + sizeof(shimRecord) <= u->trace_size; count++) {
        shimRecord r;
        memcpy(&r, u->trace + at, sizeof r);
        at += sizeof r + r.path_size + r.other_size + r.data_size;
    }
    return count;
}

/* The record at '*at', which moves behind it, happens. */
static void happen(run *u, size_t *at) {
    shimRecord r;
    memcpy(&r, u->trace + *at, sizeof r);
    const char *rest = u->trace + *at + sizeof r;
    bytes path = bytesOf(rest, r.path_size), other = bytesOf(rest + r.path_size, r.other_size);
    bytes data = bytesOf(rest + r.path_size + r.other_size, r.data_size);
    diskCall(u->disk, &r, path, other, data, durable, u);
    *at += sizeof r + r.path_size + r.other_size + r.data_size;
}

static void runAll(run *u, uint64_t wanted) {
    size_t records = recordCount(u), at = 0;
    for (size_t i = 0; i < records; i++) {
        happen(u, &at);
        takeAcks(u, at);
        /* So many by now; the first two of a point are the extremes. */
        uint64_t due = wanted * (i + 1) / records;
        for (int n = 0; u->images < due; n++) {
            diskOutcome kind = n < 2                ? (diskOutcome)n
                               : rngBelow(&u->r, 2) ? DISK_IN_ORDER
                                                    : DISK_ANY;
            check(u, kind, at);
        }
    }
}

/* ---- input ---- */

static void readAcks(run *u, const char *path) {
    FILE *in = fopen(path, "r");
    ensure(in);
    u->acks = calloc(WRITES_MAX, sizeof *u->acks);
    u->promised = calloc(WRITES_MAX, sizeof *u->promised);
    ack a;
    while (u->ack_count < WRITES_MAX && fscanf(in, "%" SCNu64 " %u", &a.size, &a.number) == 2)
        u->acks[u->ack_count++] = a;
    fclose(in);
}

static void readTrace(run *u, const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ensure(fd >= 0);
    ensure(fstat(fd, &st) == 0);
    u->trace_size = (size_t)st.st_size;
    u->trace = mmap(NULL, u->trace_size, PROT_READ, MAP_PRIVATE, fd, 0);
    ensure(u->trace != MAP_FAILED);
    close(fd);
}

int main(int argc, char **argv) {
    if (argc < 6) {
        fprintf(stderr, "usage: %s TRACE ACKS FOLDER IMAGES SEED [option value ...]\n", argv[0]);
        return 2;
    }
    run u = {.folder = argv[3], .disk = diskNew()};
    readTrace(&u, argv[1]);
    readAcks(&u, argv[2]);
    rngSeed(&u.r, strtoull(argv[5], NULL, 10));
    size_t used = 0;
    for (int i = 6; i + 1 < argc; i += 2)
        used += (size_t)snprintf(u.options + used, sizeof u.options - used, "%s %s\n", argv[i],
                                 argv[i + 1]);
    const char *stop_at = getenv("EBB_STOP_AT");
    u.stop_at = stop_at ? strtoull(stop_at, NULL, 10) : 0;
    logConfigure(&(logSettings){.level = stop_at ? LOG_WARN : LOG_NOTHING, .file = ""});
    runAll(&u, strtoull(argv[4], NULL, 10));
    printf("%" PRIu64 " images, %" PRIu64 " promised writes looked for, %" PRIu64 " bad\n",
           u.images, u.keys, u.bad);
    diskFree(u.disk);
    return u.bad != 0;
}
