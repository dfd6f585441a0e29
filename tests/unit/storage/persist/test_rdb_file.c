/* Whole files: what is written comes back, and nothing else is believed. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "storage/base/crc.h"
#include "storage/base/mem.h"
#include "storage/persist/rdb_load.h"
#include "storage/persist/rdb_save.h"
#include "storage/types/t_array.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_set.h"
#include "tests/support/suite.h"

enum { DBS = 3, NOW_MS = 1000000 };

static const typeLimits limits = TYPE_LIMITS_DEFAULT;
static const int64_t now_ms = NOW_MS;

#define RAW(literal) bytesOf(literal, sizeof(literal) - 1)
#define HEAD9        "REDIS0009"

/* ---- dbs ---- */

typedef struct fixture {
    discardQueue *discard;
    db *dbs[DBS];
} fixture;

static void ignoreRemoved(void *ctx, db *d, keyRef key, const entry *e, dbReason why) {
    (void)ctx, (void)d, (void)key, (void)e, (void)why;
}

static void ignoreAdded(void *ctx, db *d, keyRef key, const entry *e) {
    (void)ctx, (void)d, (void)key, (void)e;
}

static const dbHooks hooks = {.removed = ignoreRemoved, .added = ignoreAdded};

static void setUp(fixture *f) {
    f->discard = discardNew();
    for (int i = 0; i < DBS; i++) f->dbs[i] = dbNew(i, &hooks, &now_ms, f->discard);
}

static void tearDown(fixture *f) {
    for (int i = 0; i < DBS; i++) dbFree(f->dbs[i]);
    discardFree(f->discard);
}

static keyRef keyed(const char *name) {
    return keyRefOf(bytesOfText(name));
}

/* ---- memory as a file ---- */

typedef struct memoryFile {
    char *data;
    size_t size;
} memoryFile;

static int keep(void *ctx, bytes part) {
    memoryFile *m = ctx;
    m->data = memRealloc(m->data, m->size + part.size);
    memcpy(m->data + m->size, part.data, part.size);
    m->size += part.size;
    return 0;
}

static rdbSource sourceOf(fixture *f) {
    return (rdbSource){.dbs = f->dbs, .db_count = DBS, .compress = true, .checksum = true};
}

static memoryFile written(const rdbSource *from) {
    memoryFile m = {0};
    rdbOut out;
    rdbOutInit(&out, keep, &m);
    ck_assert_int_eq(rdbSave(from, &out), 0);
    ck_assert_uint_eq(rdbOutSize(&out), m.size);
    rdbOutClear(&out);
    return m;
}

/* ---- loading into dbs ---- */

typedef struct loadedInto {
    fixture *f;
    rdbKeyFacts last;
    size_t reserved, asked;
    size_t stop_after;
} loadedInto;

static bool takeKey(void *ctx, int id, entry *e, const rdbKeyFacts *facts) {
    loadedInto *l = ctx;
    keyRef key = keyRefOf(entryKey(e));
    l->last = *facts;
    if (dbPeek(l->f->dbs[id], key)) {
        entryFree(e);
        return false;
    }
    dbAdd(l->f->dbs[id], key, e);
    return true;
}

static void noteResize(void *ctx, int db_id, size_t keys, size_t timed) {
    (void)db_id, (void)timed;
    ((loadedInto *)ctx)->reserved = keys;
}

static bool goOn(void *ctx, uint64_t at) {
    (void)at;
    loadedInto *l = ctx;
    return ++l->asked != l->stop_after;
}

static rdbTarget targetOf(loadedInto *into) {
    return (rdbTarget){.db_count = DBS,
                       .limits = &limits,
                       .now_ms = NOW_MS,
                       .key = takeKey,
                       .resize = noteResize,
                       .progress = goOn,
                       .progress_bytes = 1,
                       .ctx = into};
}

static int loadBytes(fixture *f, bytes raw, rdbLoaded *out) {
    loadedInto into = {.f = f};
    rdbTarget to = targetOf(&into);
    rdbReader r = rdbReaderOf(raw);
    return rdbLoad(&r, &to, out);
}

static void refuses(bytes raw, const char *error, size_t at) {
    fixture f;
    rdbLoaded got;
    setUp(&f);
    ck_assert_int_eq(loadBytes(&f, raw, &got), ERR_CORRUPT);
    ck_assert_str_eq(got.error, error);
    ck_assert_uint_eq(got.error_at, at);
    tearDown(&f);
}

static bool sameString(db *d, const char *name, const char *value) {
    char scratch[NUM_INT_MAX];
    const entry *e = dbPeek(d, keyed(name));
    return e && bytesEqual(entryString(e, scratch), bytesOfText(value));
}

/* ---- */

START_TEST(whatIsWrittenComesBack) {
    fixture f, g;
    setUp(&f);
    setUp(&g);
    dbSetString(f.dbs[0], keyed("a"), BYTES("1"), false);
    dbSetStringUntil(f.dbs[0], keyed("b"), BYTES("bee"), NOW_MS + 5);
    for (int i = 0; i < 1000; i++) {
        char name[32];
        snprintf(name, sizeof name, "key:%d", i);
        dbSetInt(f.dbs[2], keyed(name), i, false);
    }
    rdbSource from = sourceOf(&f);
    memoryFile m = written(&from);
    rdbLoaded got;
    ck_assert_int_eq(loadBytes(&g, bytesOf(m.data, m.size), &got), 0);
    ck_assert_int_eq(got.version, RDB_VERSION_7_0);
    ck_assert_uint_eq(got.keys, 1002);
    ck_assert_uint_eq(got.size, m.size);
    ck_assert_uint_ne(got.crc, 0);
    ck_assert(sameString(g.dbs[0], "a", "1"));
    ck_assert(sameString(g.dbs[0], "b", "bee"));
    ck_assert_int_eq(entryDeadline(dbPeek(g.dbs[0], keyed("b"))), NOW_MS + 5);
    ck_assert_uint_eq(dbCount(g.dbs[1]), 0);
    ck_assert_uint_eq(dbCount(g.dbs[2]), 1000);
    for (int i = 0; i < DBS; i++) dbCheck(g.dbs[i]);
    memFree(m.data);
    tearDown(&f);
    tearDown(&g);
}
END_TEST

START_TEST(theOldestVersionThatWillDoIsWritten) {
    fixture f;
    setUp(&f);
    rdbSource from = sourceOf(&f);
    entry *e = hashNew(BYTES("h"));
    hashSet(e, BYTES("f"), BYTES("v"), false, &limits);
    dbAdd(f.dbs[1], keyed("h"), e);
    ck_assert_uint_eq(rdbVersionNeeded(f.dbs, DBS), RDB_VERSION_7_0);
    e = hashNew(BYTES("timed"));
    hashSet(e, BYTES("f"), BYTES("v"), false, &limits);
    hashSetDeadline(e, BYTES("f"), NOW_MS + 100);
    dbAdd(f.dbs[1], keyed("timed"), e);
    ck_assert_uint_eq(rdbVersionNeeded(f.dbs, DBS), RDB_VERSION_7_4);
    memoryFile m = written(&from);
    ck_assert_mem_eq(m.data, "REDIS0012", 9);
    memFree(m.data);
    e = entryNewCollection(BYTES("arr"), TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
    arraySet(e, 3, BYTES("x"));
    dbAdd(f.dbs[0], keyed("arr"), e);
    m = written(&from);
    ck_assert_mem_eq(m.data, "REDIS9001", 9);
    rdbLoaded got;
    fixture g;
    setUp(&g);
    ck_assert_int_eq(loadBytes(&g, bytesOf(m.data, m.size), &got), 0);
    ck_assert_uint_eq(got.keys, 3);
    memFree(m.data);
    tearDown(&f);
    tearDown(&g);
}
END_TEST

START_TEST(everyCutIsAnError) {
    fixture f;
    setUp(&f);
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof name, "key:%d", i);
        dbSetStringUntil(f.dbs[0], keyed(name), bytesOfText(name), NOW_MS + i);
    }
    rdbSource from = sourceOf(&f);
    from.access = RDB_ACCESS_IDLE;
    memoryFile m = written(&from);
    for (size_t cut = 0; cut < m.size; cut++) {
        fixture g;
        rdbLoaded got;
        setUp(&g);
        ck_assert_int_eq(loadBytes(&g, bytesOf(m.data, cut), &got), ERR_CORRUPT);
        ck_assert_uint_le(got.error_at, cut);
        tearDown(&g);
    }
    /* So is any other byte, for the checksum is of all of them. */
    for (size_t at = 9; at < m.size; at++) {
        fixture g;
        rdbLoaded got;
        setUp(&g);
        m.data[at] ^= 0x10;
        ck_assert_int_lt(loadBytes(&g, bytesOf(m.data, m.size), &got), 0);
        m.data[at] ^= 0x10;
        tearDown(&g);
    }
    memFree(m.data);
    tearDown(&f);
}
END_TEST

START_TEST(accessBitsAreTold) {
    fixture f, g;
    setUp(&f);
    setUp(&g);
    loadedInto into = {.f = &g};
    rdbTarget to = targetOf(&into);
    rdbLoaded got;
    entry *e = dbSetString(f.dbs[0], keyed("a"), BYTES("1"), false);
    rdbSource from = sourceOf(&f);
    from.access_ms = 900000;
    from.access = RDB_ACCESS_IDLE;
    entrySetAccess(e, accessLruBefore(900000, 77));
    memoryFile m = written(&from);
    rdbReader r = rdbReaderOf(bytesOf(m.data, m.size));
    ck_assert_int_eq(rdbLoad(&r, &to, &got), 0);
    ck_assert_int_eq(into.last.idle_s, 77);
    ck_assert_int_eq(into.last.count, -1);
    memFree(m.data);
    from.access = RDB_ACCESS_COUNT;
    entrySetAccess(e, accessLfuWith(900000, 9));
    m = written(&from);
    dbFlush(g.dbs[0], true);
    r = rdbReaderOf(bytesOf(m.data, m.size));
    ck_assert_int_eq(rdbLoad(&r, &to, &got), 0);
    ck_assert_int_eq(into.last.idle_s, -1);
    ck_assert_int_eq(into.last.count, 9);
    memFree(m.data);
    tearDown(&f);
    tearDown(&g);
}
END_TEST

START_TEST(everyOpcodeIsKnown) {
    fixture f;
    rdbLoaded got;
    setUp(&f);
    bytes raw = RAW("REDIS0008"
                    "\xfa\5redis\5other"
                    "\xf7\x81\1\2\3\4\5\6\7\x08\2\2\1\7\3\0\0\0\0\4\0\0\0\0\0\0\0\0\5\3abc\0"
                    "\xfe\1\xfb\2\1"
                    "\xf4\5\1\0"
                    "\xfd\xff\xff\xff\x7f\xf8\5\0\1a\1b"
                    "\xfc\0\1\2\3\4\0\0\0\xf9\7\0\1b\xc0\5"
                    "\xff\0\0\0\0\0\0\0\0tail");
    int err = loadBytes(&f, raw, &got);
    if (err) ck_abort_msg("%s at %zu", got.error, got.error_at);
    ck_assert_int_eq(got.version, 8);
    ck_assert_uint_eq(got.size, raw.size - 4);
    ck_assert(got.checksum_off);
    ck_assert_uint_eq(got.with_deadline, 2);
    ck_assert(sameString(f.dbs[1], "a", "b"));
    ck_assert(sameString(f.dbs[1], "b", "5"));
    ck_assert_int_eq(entryDeadline(dbPeek(f.dbs[1], keyed("a"))), (int64_t)INT32_MAX * 1000);
    tearDown(&f);
}
END_TEST

START_TEST(versionsBeforeTheFifthHaveNoChecksum) {
    fixture f;
    rdbLoaded got;
    setUp(&f);
    ck_assert_int_eq(loadBytes(&f, RAW("REDIS0004\xfe\0\0\1a\1b\xff"), &got), 0);
    ck_assert(sameString(f.dbs[0], "a", "b"));
    tearDown(&f);
}
END_TEST

START_TEST(keysPastTheirDeadlineAndEmptyOnesAreLeftOut) {
    fixture f;
    rdbLoaded got;
    setUp(&f);
    /* Deadlines of 1 ms and of NOW_MS; a set of nothing. */
    bytes raw = RAW("REDIS0004\xfe\0"
                    "\xfc\1\0\0\0\0\0\0\0\0\1a\1b"
                    "\xfc\x40\x42\x0f\0\0\0\0\0\0\1c\1d"
                    "\2\5empty\0"
                    "\xff");
    ck_assert_int_eq(loadBytes(&f, raw, &got), 0);
    ck_assert_uint_eq(got.keys, 1);
    ck_assert_uint_eq(got.past_deadline, 1);
    ck_assert_uint_eq(got.empty, 1);
    ck_assert_ptr_null(dbPeek(f.dbs[0], keyed("a")));
    ck_assert_ptr_nonnull(dbPeek(f.dbs[0], keyed("c")));
    tearDown(&f);
}
END_TEST

START_TEST(whatIsWrongIsToldWithItsPlace) {
    refuses(RAW(""), rdbEndsEarly, 0);
    refuses(RAW("RADIS0009\xff"), "Wrong signature trying to load DB from file", 0);
    refuses(RAW("REDIS00x9\xff"), "the version is not a number", 5);
    refuses(RAW("REDIS0013\xff"), rdbUnknownVersion, 5);
    refuses(RAW("REDIS0000\xff"), rdbUnknownVersion, 5);
    refuses(RAW(HEAD9), rdbEndsEarly, 9);
    refuses(RAW(HEAD9 "\xfe\3"), "a db that this server has not: see 'databases'", 11);
    refuses(RAW(HEAD9 "\xfe\0\0\1a\1b\0\1a\1c\xff"), "a key is there twice", 16);
    refuses(RAW(HEAD9 "\7\1a"), "a value of a module: modules are not part of this server", 9);
    refuses(RAW(HEAD9 "\xf6\1a"), "functions in the form of a release candidate of Redis 7.0", 9);
    refuses(RAW(HEAD9 "\x64\1a\1b"), rdbUnknownType, 9);
    refuses(RAW(HEAD9 "\xff\1\2\3\4\5\6\7\x08"), "RDB CRC error", 10);
    refuses(RAW(HEAD9 "\xff\1\2\3"), rdbEndsEarly, 10);
}
END_TEST

START_TEST(promisedKeysTakeNoMemory) {
    fixture f;
    rdbLoaded got;
    loadedInto into = {.f = &f};
    rdbTarget to = targetOf(&into);
    setUp(&f);
    rdbReader r =
        rdbReaderOf(RAW("REDIS0004\xfb\x81\xff\xff\xff\xff\xff\xff\xff\xff\0\0\1a\1b\xff"));
    ck_assert_int_eq(rdbLoad(&r, &to, &got), 0);
    ck_assert_uint_le(into.reserved, 2);
    tearDown(&f);
}
END_TEST

START_TEST(aLoadCanBeStopped) {
    fixture f;
    rdbLoaded got;
    setUp(&f);
    loadedInto into = {.f = &f, .stop_after = 2};
    rdbTarget to = targetOf(&into);
    rdbReader r = rdbReaderOf(RAW("REDIS0004\0\1a\1b\0\1b\1b\0\1c\1b\xff"));
    ck_assert_int_eq(rdbLoad(&r, &to, &got), ERR_AGAIN);
    ck_assert(got.stopped);
    ck_assert_uint_le(got.keys, 2);
    ck_assert_uint_eq(dbCount(f.dbs[0]), got.keys);
    tearDown(&f);
}
END_TEST

/* ---- files that fail ---- */

typedef struct failing {
    fileOps ops;
    int calls, fail_at; /* the call that fails, counted from 1; 0: none */
    int error;
    bool short_writes;
    char trace[64]; /* a letter a call, writes left out */
} failing;

static bool fails(failing *x, char letter) {
    size_t size = strlen(x->trace);
    if (letter != 'w' && size + 1 < sizeof x->trace) x->trace[size] = letter;
    if (++x->calls != x->fail_at) return false;
    errno = x->error;
    return true;
}

static int failOpen(void *ctx, const char *path, int flags, mode_t mode) {
    return fails(ctx, 'o') ? -1 : fileOpen(fileOpsSystem(), path, flags, mode);
}

static ssize_t failWrite(void *ctx, int fd, const void *data, size_t size) {
    failing *x = ctx;
    if (fails(x, 'w')) return -1;
    if (x->short_writes && size > 1000) size = 1000;
    return fileWrite(fileOpsSystem(), fd, data, size);
}

static int failSync(void *ctx, int fd) {
    return fails(ctx, 's') ? -1 : fileSync(fileOpsSystem(), fd);
}

static int failClose(void *ctx, int fd) {
    bool bad = fails(ctx, 'c');
    int done = fileClose(fileOpsSystem(), fd);
    if (bad) errno = ((failing *)ctx)->error;
    return bad ? -1 : done;
}

static int failRename(void *ctx, const char *from, const char *to) {
    return fails(ctx, 'r') ? -1 : fileRename(fileOpsSystem(), from, to);
}

static void failingInit(failing *x) {
    *x = (failing){.ops = *fileOpsSystem(), .error = ENOSPC};
    x->ops.open = failOpen;
    x->ops.write = failWrite;
    x->ops.fsync = failSync;
    x->ops.fdatasync = failSync;
    x->ops.close = failClose;
    x->ops.rename = failRename;
    x->ops.ctx = x;
}

static char folder[] = "/tmp/ebb-test-rdb-XXXXXX";
static char path[64], temp[64];

static void makeFolder(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/dump.rdb", folder);
    snprintf(temp, sizeof temp, "%s/temp-1.rdb", folder);
}

static void removeFolder(void) {
    unlink(path);
    unlink(temp);
    rmdir(folder);
}

/* Loads what is at 'path'. */
static int loadPath(fixture *f, const fileOps *ops, rdbLoaded *got) {
    loadedInto into = {.f = f};
    rdbTarget to = targetOf(&into);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    off_t size = lseek(fd, 0, SEEK_END);
    lseek(fd, 0, SEEK_SET);
    rdbFileReader reader;
    ck_assert_int_eq(rdbFileReaderInit(&reader, ops, fd, (uint64_t)size), 0);
    int err = rdbLoad(&reader.r, &to, got);
    rdbFileReaderClear(&reader);
    close(fd);
    return err;
}

static void fillBig(fixture *f, int keys, size_t size) {
    char *value = memAlloc(size);
    for (size_t i = 0; i < size; i++) value[i] = (char)(i * 2654435761u >> 13);
    for (int i = 0; i < keys; i++) {
        char name[32];
        snprintf(name, sizeof name, "big:%d", i);
        dbSetString(f->dbs[i % DBS], keyed(name), bytesOf(value, size), false);
    }
    memFree(value);
}

START_TEST(aFileIsReadPieceByPiece) {
    fixture f, g;
    makeFolder();
    setUp(&f);
    setUp(&g);
    fillBig(&f, 40, 1000 * 1000);
    fillBig(&f, 30, 20);
    rdbSource from = sourceOf(&f);
    from.compress = false;
    rdbSaveFailure failure;
    failing x;
    failingInit(&x);
    x.short_writes = true;
    ck_assert_int_eq(rdbSaveFile(&from, &x.ops, path, temp, true, &failure), 0);
    ck_assert_int_eq(access(temp, F_OK), -1);
    rdbLoaded got;
    ck_assert_int_eq(loadPath(&g, fileOpsSystem(), &got), 0);
    ck_assert_uint_eq(got.keys, 40);
    for (int i = 0; i < DBS; i++) ck_assert_uint_eq(dbCount(g.dbs[i]), dbCount(f.dbs[i]));
    ck_assert_uint_eq(entryStringSize(dbPeek(g.dbs[0], keyed("big:36"))), 1000 * 1000);
    tearDown(&f);
    tearDown(&g);
    removeFolder();
}
END_TEST

START_TEST(aFileGetsItsNameWhenItIsOnTheDisk) {
    fixture f;
    failing x;
    makeFolder();
    setUp(&f);
    failingInit(&x);
    rdbSource from = sourceOf(&f);
    rdbSaveFailure failure;
    dbSetString(f.dbs[0], keyed("a"), BYTES("1"), false);
    ck_assert_int_eq(rdbSaveFile(&from, &x.ops, path, temp, false, &failure), 0);
    /* open, sync, close, rename; the folder: open, sync, close */
    ck_assert_str_eq(x.trace, "oscrosc");
    tearDown(&f);
    removeFolder();
}
END_TEST

START_TEST(aSaveThatFailsLeavesTheOldFile) {
    fixture f, g;
    makeFolder();
    setUp(&f);
    rdbSource from = sourceOf(&f);
    rdbSaveFailure failure;
    dbSetString(f.dbs[0], keyed("old"), BYTES("1"), false);
    ck_assert_int_eq(rdbSaveFile(&from, fileOpsSystem(), path, temp, true, &failure), 0);
    fillBig(&f, 10, 1000 * 1000);
    from.compress = false;
    failing x;
    failingInit(&x);
    ck_assert_int_eq(rdbSaveFile(&from, &x.ops, temp, temp, true, &failure), 0);
    int calls = x.calls; /* the last are those of the folder: the new file is there by then */
    ck_assert_int_gt(calls, 40);
    for (int at = 1; at <= calls; at++) {
        failingInit(&x);
        x.fail_at = at;
        x.error = at % 2 ? ENOSPC : EIO;
        int err = rdbSaveFile(&from, &x.ops, path, temp, true, &failure);
        bool in_folder = at > calls - 3;
        if (at == calls) {
            ck_assert_int_eq(err, 0); /* closing the folder tells nothing */
            break;
        }
        ck_assert_int_eq(err, ERR_IO);
        ck_assert_int_eq(failure.error, x.error);
        ck_assert_int_eq(access(temp, F_OK), -1);
        rdbLoaded got;
        setUp(&g);
        ck_assert_int_eq(loadPath(&g, fileOpsSystem(), &got), 0);
        ck_assert_uint_eq(got.keys, in_folder ? 11 : 1);
        tearDown(&g);
        if (in_folder) {
            ck_assert_str_eq(failure.what, "sync the folder of");
            dbFlush(f.dbs[1], true);
            dbFlush(f.dbs[2], true);
            dbFlush(f.dbs[0], true);
            dbSetString(f.dbs[0], keyed("old"), BYTES("1"), false);
            ck_assert_int_eq(rdbSaveFile(&from, fileOpsSystem(), path, temp, true, &failure), 0);
            fillBig(&f, 10, 1000 * 1000);
        }
    }
    tearDown(&f);
    removeFolder();
}
END_TEST

static ssize_t failRead(void *ctx, int fd, void *data, size_t size) {
    failing *x = ctx;
    return fails(x, 'w') ? -1 : fileRead(fileOpsSystem(), fd, data, size);
}

static ssize_t endRead(void *ctx, int fd, void *data, size_t size) {
    failing *x = ctx;
    return ++x->calls >= x->fail_at ? 0 : fileRead(fileOpsSystem(), fd, data, size);
}

START_TEST(aFileThatCannotBeReadIsAnError) {
    fixture f, g;
    rdbLoaded got;
    makeFolder();
    setUp(&f);
    fillBig(&f, 10, 1000 * 1000);
    rdbSource from = sourceOf(&f);
    rdbSaveFailure failure;
    from.compress = false;
    ck_assert_int_eq(rdbSaveFile(&from, fileOpsSystem(), path, temp, false, &failure), 0);
    for (int at = 1; at <= 5; at++) {
        failing x = {.ops = *fileOpsSystem(), .fail_at = at, .error = EIO};
        x.ops.ctx = &x;
        x.ops.read = failRead;
        setUp(&g);
        ck_assert_int_eq(loadPath(&g, &x.ops, &got), ERR_CORRUPT);
        ck_assert_str_eq(got.error, "the file cannot be read");
        tearDown(&g);
        x.calls = 0;
        x.ops.read = endRead;
        setUp(&g);
        ck_assert_int_eq(loadPath(&g, &x.ops, &got), ERR_CORRUPT);
        ck_assert_str_eq(got.error, "the file has become shorter");
        tearDown(&g);
    }
    tearDown(&f);
    removeFolder();
}
END_TEST

TESTS("rdb_file", whatIsWrittenComesBack, theOldestVersionThatWillDoIsWritten, everyCutIsAnError,
      accessBitsAreTold, everyOpcodeIsKnown, versionsBeforeTheFifthHaveNoChecksum,
      keysPastTheirDeadlineAndEmptyOnesAreLeftOut, whatIsWrongIsToldWithItsPlace,
      promisedKeysTakeNoMemory, aLoadCanBeStopped, aFileIsReadPieceByPiece,
      aFileGetsItsNameWhenItIsOnTheDisk, aSaveThatFailsLeavesTheOldFile,
      aFileThatCannotBeReadIsAnError)
