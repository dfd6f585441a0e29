/* Allocations whose size a client chose fail one after the other: each command gives its reply and
 * its effect, or an error and none. */
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum {
    FAILURES = 12,    /* more than any of these commands tries to allocate */
    BIG = 20000,      /* a blob of its own */
    CUT = 10000,      /* of a request on its way */
    SLACK = 64 * 1024 /* slab pages and pooled chunks that stay for the next */
};

static char *filler;

static fakeServer *newServer(void) {
    fakeServer *f = fakeNew();
    f->server->config.enable_debug_command = CONFIG_YES;
    filler = memAlloc(1 << 20);
    memset(filler, 'x', 1 << 20);
    return f;
}

static void freeServer(fakeServer *f) {
    memFree(filler);
    fakeFree(f);
}

typedef struct request {
    char *data;
    size_t size, capacity;
} request;

static void add(request *r, const void *data, size_t size) {
    if (r->size + size > r->capacity) {
        r->capacity = (r->size + size) * 2;
        r->data = memRealloc(r->data, r->capacity);
    }
    memcpy(r->data + r->size, data, size);
    r->size += size;
}

static void addArg(request *r, bytes arg) {
    char head[32];
    add(r, head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", arg.size));
    add(r, arg.data, arg.size);
    add(r, "\r\n", 2);
}

/* The words of 'line', in which @20000 stands for so many bytes. */
static request requestOf(const char *line) {
    request r = {0};
    char head[32];
    int count = 1;
    for (const char *at = line; *at; at++) count += *at == ' ';
    add(&r, head, (size_t)snprintf(head, sizeof head, "*%d\r\n", count));
    for (const char *at = line; *at;) {
        size_t size = strcspn(at, " ");
        if (*at == '@')
            addArg(&r, bytesOf(filler, strtoul(at + 1, NULL, 10)));
        else
            addArg(&r, bytesOf(at, size));
        at += size + (at[size] == ' ');
    }
    return r;
}

/* As reads of a socket would bring it; the reply to be freed, "" where the client was closed. */
static char *feed(fakeServer *f, const request *r) {
    client *c = f->client;
    for (size_t sent = 0; sent < r->size && !(c->flags & CLIENT_CLOSE_NOW);) {
        size_t room, part = r->size - sent < CUT ? r->size - sent : CUT;
        char *to = batchRoom(f->server, c, &room);
        if (!to) break;
        if (part > room) part = room;
        memcpy(to, r->data + sent, part);
        batchReceived(f->server, c, part);
        sent += part;
        while (batchHasWork(f->server)) batchRun(f->server);
    }
    char *reply = memText(fakeTake(f, c, NULL));
    if (c->flags & CLIENT_CLOSE_AFTER_REPLY) clientCloseSoon(c);
    if (c->flags & CLIENT_CLOSE_NOW) {
        serverFreeMarked(f->server);
        f->client = fakeClient(f);
    }
    return reply;
}

static void prepare(fakeServer *f) {
    CALL(f, "FLUSHALL ASYNC", "+OK|");
    request r = requestOf("MSET big @20000 other @20001 small abc");
    char *reply = feed(f, &r);
    ck_assert_str_eq(reply, "+OK\r\n");
    memFree(reply);
    memFree(r.data);
    CALL(f, "PFADD hll a b c", ":1|");
}

static void digest(fakeServer *f, char out[64]) {
    snprintf(out, 64, "%s", fakeCall(f, "DEBUG DIGEST"));
}

/* Runs 'r' with the first, the second... allocation failing; how many runs ended with an error. */
static int failEach(fakeServer *f, const request *r, const char *name) {
    char before[64], changed[64], after[64];
    prepare(f);
    digest(f, before);
    char *wanted = feed(f, r);
    ck_assert_msg(wanted[0] && wanted[0] != '-', "%s: %s", name, wanted);
    digest(f, changed);
    int failed = 0;
    for (uint64_t n = 1; n <= (uint64_t)2 * FAILURES; n++) {
        prepare(f);
        if (n % 2)
            memFailAfter((n + 1) / 2);
        else
            memFailFrom(n / 2);
        char *reply = feed(f, r);
        memFailAfter(0);
        digest(f, after);
        bool is_error = !reply[0] || reply[0] == '-';
        if (!is_error)
            ck_assert_str_eq(reply, wanted);
        else if (reply[0])
            ck_assert_msg(!strncmp(reply, "-ERR ", 5), "%s: %s", name, reply);
        ck_assert_msg(!strcmp(after, is_error ? before : changed),
                      "%s: failure %d left half of its effect: %.60s", name, (int)n, reply);
        failed += is_error;
        dbCheck(f->server->dbs[0]);
        memFree(reply);
    }
    memFree(wanted);
    return failed;
}

static int failEachLine(fakeServer *f, const char *line) {
    request r = requestOf(line);
    int failed = failEach(f, &r, line);
    memFree(r.data);
    return failed;
}

static size_t usedWhenEmpty(fakeServer *f) {
    CALL(f, "FLUSHALL ASYNC", "+OK|");
    CALL(f, "MEMORY PURGE", "+OK|");
    return memUsed();
}

START_TEST(aCommandWithoutMemoryLeavesNoTrace) {
    static const char *const lines[] = {
        "SETRANGE big 100000 yy",
        "SETRANGE small 40000 y",
        "SETRANGE fresh 500000 y",
        "SETBIT big 800000 1",
        "SETBIT fresh 4000000 1",
        "APPEND big @30000",
        "APPEND small @20000",
        "BITFIELD fresh SET u8 #300000 7",
        "BITFIELD big INCRBY u8 #50000 1 OVERFLOW SAT SET i16 100 9",
        "BITOP OR dest big other",
        "BITOP NOT big big",
        "LCS big small",
        "LCS big small IDX WITHMATCHLEN",
    };
    fakeServer *f = newServer();
    failEachLine(f, lines[0]);
    size_t used = usedWhenEmpty(f);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(failEachLine(f, lines[i]) > 0, "%s tries no allocation", lines[i]);
    ck_assert_uint_le(usedWhenEmpty(f), used + SLACK);
    freeServer(f);
}
END_TEST

START_TEST(aCommandOfBoundedSizeNeedNotFail) {
    static const char *const lines[] = {
        "SET fresh @40000",     "GETSET big @30000",        "SET big @15 KEEPTTL GET",
        "SETEX big 100 @70000", "MSETNX f1 @20000 f2 @100", "COPY big copy",
        "GETRANGE big 0 15000", "PFADD hll d e f g h i j",  "PFMERGE merged hll",
        "GETDEL big",           "RENAME big other",         "SORT_RO nothing ALPHA",
    };
    fakeServer *f = newServer();
    failEachLine(f, lines[0]);
    size_t used = usedWhenEmpty(f);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) failEachLine(f, lines[i]);
    ck_assert_uint_le(usedWhenEmpty(f), used + SLACK);
    freeServer(f);
}
END_TEST

START_TEST(aBlobThatIsBeingSentIsChangedInACopyOrNotAtAll) {
    fakeServer *f = newServer();
    client *reader = fakeClient(f);
    for (uint64_t n = 1; n <= 3; n++) {
        prepare(f);
        bytes get[] = {BYTES("GET"), BYTES("big")};
        batchCall(reader, 2, get);
        memFailAfter(n);
        char *reply = memText(fakeCall(f, "SETRANGE big 10 new"));
        memFailAfter(0);
        ck_assert_str_eq(reply, n == 1 ? "-ERR not enough memory for a string of this size\r\n"
                                       : ":20000\r\n");
        memFree(reply);
        size_t size;
        const char *sent = fakeTake(f, reader, &size);
        ck_assert_uint_eq(size, BIG + 10);
        ck_assert(memcmp(sent, "$20000\r\n", 8) == 0 && memcmp(sent + 8, filler, BIG) == 0);
        CALL(f, "GETRANGE big 10 12", n == 1 ? "$3|xxx|" : "$3|new|");
    }
    freeServer(f);
}
END_TEST

/* Requests too big for one read: buffers of the client and of the parser grow. */
START_TEST(aRequestInPiecesEndsItsClientAtMost) {
    fakeServer *f = newServer();
    prepare(f);
    ck_assert_int_gt(failEachLine(f, "SET fresh @900000"), 0);
    size_t used = usedWhenEmpty(f);
    ck_assert_int_gt(failEachLine(f, "SET fresh @900000"), 0);
    enum { PAIRS = 5000 };
    request r = {0};
    char text[32];
    add(&r, text, (size_t)snprintf(text, sizeof text, "*%d\r\n", 1 + 2 * PAIRS));
    addArg(&r, BYTES("MSET"));
    for (int i = 0; i < 2 * PAIRS; i++)
        addArg(&r, bytesOf(text, (size_t)snprintf(text, sizeof text, "word:%d", i)));
    ck_assert_int_gt(failEach(f, &r, "MSET"), 0);
    memFree(r.data);
    ck_assert_uint_le(usedWhenEmpty(f), used + 4 * SLACK);
    freeServer(f);
}
END_TEST

START_TEST(moreThanTheMachineHasIsAnError) {
    fakeServer *f = newServer();
    f->server->config.proto_max_bulk_len = (int64_t)1 << 40;
    static const char *const lines[] = {
        "SETRANGE big 900000000000 x",         "SETRANGE fresh 900000000000 x",
        "SETRANGE small 500000000000 x",       "SETRANGE fresh 400000000000 x",
        "SETBIT big 7200000000000 1",          "SETBIT fresh 4000000000000 1",
        "BITFIELD big SET u8 #900000000000 1", "BITFIELD fresh INCRBY u8 #400000000000 1",
    };
    prepare(f);
    char before[64], after[64];
    digest(f, before);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const char *reply = fakeCall(f, lines[i]);
        ck_assert_msg(!strncmp(reply, "-ERR ", 5), "%s: %s", lines[i], reply);
        digest(f, after);
        ck_assert_str_eq(after, before);
    }
    dbCheck(f->server->dbs[0]);
    freeServer(f);
}
END_TEST

TESTS("alloc", aCommandWithoutMemoryLeavesNoTrace, aCommandOfBoundedSizeNeedNotFail,
      aBlobThatIsBeingSentIsChangedInACopyOrNotAtAll, aRequestInPiecesEndsItsClientAtMost,
      moreThanTheMachineHasIsAnError)
