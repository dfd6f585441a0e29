#include "server/check_rdb.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/core/server.h"
#include "storage/persist/rdb_load.h"

static const char program[] = "ebb-check-rdb", option[] = "--check-rdb";

typedef struct check {
    rdbFileReader file;
    int64_t now_ms;
    uint64_t keys, timed, past;
    uint64_t end; /* behind the checksum */
    bool is_part; /* something may follow */
} check;

bool checkRdbIsAsked(int argc, char *const *argv) {
    if (argc > 1 && !strcmp(argv[1], option)) return true;
    const char *slash = argc ? strrchr(argv[0], '/') : NULL;
    const char *name = slash ? slash + 1 : argc ? argv[0] : "";
    return strstr(name, "check-rdb") != NULL;
}

/* ---- what is told on the way ---- */

static __attribute__((format(printf, 2, 3))) void tell(const check *c, const char *format, ...) {
    va_list args;
    printf("[offset %zu] ", c->file.r.at);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static bool countKey(void *ctx, int id, entry *e, const rdbKeyFacts *facts) {
    check *c = ctx;
    (void)id;
    entryFree(e);
    c->keys++;
    c->timed += facts->deadline_ms != DEADLINE_NONE;
    c->past += facts->deadline_ms < c->now_ms;
    return true;
}

static void tellLeftOut(void *ctx, bytes key, const rdbKeyFacts *facts, bool empty) {
    (void)facts;
    (void)empty;
    tell(ctx, "Empty collection at key '%.*s'", key.size < 128 ? (int)key.size : 128, key.data);
}

static void tellAux(void *ctx, bytes name, bytes value) {
    tell(ctx, "AUX FIELD %.*s = '%.*s'", (int)name.size, name.data, (int)value.size, value.data);
}

static void tellDb(void *ctx, int id) {
    tell(ctx, "Selecting DB ID %d", id);
}

static void tellModule(void *ctx, const char *name) {
    tell(ctx, "MODULE AUX for: %s", name);
}

/* ---- what is told at the end ---- */

static const char *doingText(rdbDoing doing) {
    static const char *const texts[] = {
        [RDB_DOING_START] = "start",
        [RDB_DOING_TYPE] = "read-type",
        [RDB_DOING_DEADLINE] = "read-expire",
        [RDB_DOING_KEY] = "read-key",
        [RDB_DOING_VALUE] = "read-object-value",
        [RDB_DOING_CHECKSUM] = "check-sum",
        [RDB_DOING_LENGTH] = "read-len",
        [RDB_DOING_AUX] = "read-aux",
        [RDB_DOING_MODULE_AUX] = "read-module-aux",
        [RDB_DOING_FUNCTION] = "read-function",
    };
    return texts[doing];
}

static const char *typeText(uint8_t type) {
    static const char *const texts[256] = {
        [RDB_STRING] = "string",
        [RDB_LIST] = "list-linked",
        [RDB_SET] = "set-hashtable",
        [RDB_ZSET] = "zset-v1",
        [RDB_HASH] = "hash-hashtable",
        [RDB_ZSET_2] = "zset-v2",
        [RDB_MODULE] = "module-pre-release",
        [RDB_MODULE_2] = "module-value",
        [RDB_HASH_ZIPMAP] = "hash-zipmap",
        [RDB_LIST_ZIPLIST] = "list-ziplist",
        [RDB_SET_INTSET] = "set-intset",
        [RDB_ZSET_ZIPLIST] = "zset-ziplist",
        [RDB_HASH_ZIPLIST] = "hash-ziplist",
        [RDB_LIST_QUICKLIST] = "quicklist",
        [RDB_STREAM] = "stream",
        [RDB_HASH_LISTPACK] = "hash-listpack",
        [RDB_ZSET_LISTPACK] = "zset-listpack",
        [RDB_LIST_QUICKLIST_2] = "quicklist-v2",
        [RDB_STREAM_2] = "stream-v2",
        [RDB_SET_LISTPACK] = "set-listpack",
        [RDB_STREAM_3] = "stream-v3",
        [RDB_HASH_TTL_OLD] = "hash-hashtable-md-pre-release",
        [RDB_HASH_PACK_OLD] = "hash-listpack-md-pre-release",
        [RDB_HASH_TTL] = "hash-hashtable-md",
        [RDB_HASH_PACK] = "hash-listpack-md",
        [RDB_EBB_ARRAY] = "ebb-array",
        [RDB_EBB_STREAM] = "ebb-stream",
    };
    return texts[type] ? texts[type] : "unknown";
}

static void tellFailure(const check *c, const rdbLoaded *got) {
    printf("--- RDB ERROR DETECTED ---\n");
    /* As everywhere in this output: how far was read. */
    if (c->file.error)
        tell(c, "%s: %s", got->error, strerror(c->file.error));
    else if (got->error == rdbUnknownVersion)
        tell(c, "%s %d", got->error, got->version);
    else if (got->error == rdbUnknownType)
        tell(c, "%s: %u", got->error, got->type);
    else
        tell(c, "%s", got->error);
    printf("[additional info] While doing: %s\n", doingText(got->doing));
    if (got->doing == RDB_DOING_VALUE)
        printf("[additional info] Reading key '%.*s'\n", (int)got->key_size, got->key);
    if (got->doing == RDB_DOING_VALUE || got->doing == RDB_DOING_KEY)
        printf("[additional info] Reading type %u (%s)\n", got->type, typeText(got->type));
}

static void tellSuccess(const check *c, const rdbLoaded *got) {
    if (got->checksum_off)
        tell(c, "RDB file was saved with checksum disabled: no check performed.");
    else if (got->version >= RDB_VERSION_CHECKSUM)
        tell(c, "Checksum OK");
    if (got->size < c->file.r.input.size && !c->is_part)
        tell(c, "%zu bytes follow: an AOF, or not part of it",
             c->file.r.input.size - (size_t)got->size);
    tell(c, "\\o/ RDB looks OK! \\o/");
}

/* ---- */

static int checkOpen(check *c) {
    static const typeLimits limits = TYPE_LIMITS_DEFAULT;
    rdbTarget to = {.db_count = INT_MAX,
                    .limits = &limits,
                    .now_ms = INT64_MIN,
                    .key = countKey,
                    .leftOut = tellLeftOut,
                    .aux = tellAux,
                    .select = tellDb,
                    .module = tellModule,
                    .ctx = c};
    rdbLoaded got;
    c->now_ms = clockSystem()->wall_us(clockSystem()->ctx) / 1000;
    int err = rdbLoad(&c->file.r, &to, &got);
    c->end = got.size;
    if (err == 0)
        tellSuccess(c, &got);
    else
        tellFailure(c, &got);
    printf("[info] %" PRIu64 " keys read\n", c->keys);
    printf("[info] %" PRIu64 " expires\n", c->timed);
    printf("[info] %" PRIu64 " already expired\n", c->past);
    return err < 0;
}

static int checkFile(const char *path) {
    struct stat st;
    check c = {.keys = 0};
    printf("[offset 0] Checking RDB file %s\n", path);
    int fd = fileOpen(fileOpsSystem(), path, O_RDONLY, 0);
    if (fd < 0 || fstat(fd, &st) < 0) {
        fprintf(stderr, "Cannot open %s: %s\n", path, strerror(errno));
        if (fd >= 0) fileClose(fileOpsSystem(), fd);
        return 1;
    }
    int status = 1;
    if (rdbFileReaderInit(&c.file, fileOpsSystem(), fd, (uint64_t)st.st_size) == 0) {
        status = checkOpen(&c);
        rdbFileReaderClear(&c.file);
    } else {
        fprintf(stderr, "%s is too big for this machine\n", path);
    }
    fileClose(fileOpsSystem(), fd);
    return status;
}

bool checkRdbPart(int fd, uint64_t size, const char *name, uint64_t *end) {
    check c = {.is_part = true};
    printf("[offset 0] Checking RDB file %s\n", name);
    if (rdbFileReaderInit(&c.file, fileOpsSystem(), fd, size) < 0) {
        fprintf(stderr, "%s is too big for this machine\n", name);
        return false;
    }
    bool good = checkOpen(&c) == 0;
    *end = c.end;
    rdbFileReaderClear(&c.file);
    return good;
}

int checkRdb(int argc, char *const *argv) {
    int first = argc > 1 && !strcmp(argv[1], option) ? 2 : 1;
    const char *path = argc == first + 1 ? argv[first] : NULL;
    if (path && (!strcmp(path, "-v") || !strcmp(path, "--version"))) {
        printf("%s %s (Redis %s)\n", program, EBB_VERSION, EBB_REDIS_VERSION);
        return 0;
    }
    if (!path || !strcmp(path, "-h") || !strcmp(path, "--help")) {
        fprintf(stderr, "Usage: %s <rdb-file-name>\n", program);
        return path ? 0 : 1;
    }
    return checkFile(path);
}
