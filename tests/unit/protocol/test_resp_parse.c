#include "protocol/resp_parse.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

enum { ROOM = 64 };

/* One parser with its input, argv room and last results. */
typedef struct probe {
    respParser parser;
    respLimits limits;
    char *in;
    size_t size, pos;
    bytes room[ROOM];
    respArgs args;
    int argc;
    bytes *argv;
    const char *error;
} probe;

static probe probeOf(const char *data, size_t size) {
    probe p = {.limits = {.max_bulk = 512 * 1024 * 1024}, .size = size};
    p.in = memAlloc(size + 1);
    if (size) memcpy(p.in, data, size);
    return p;
}

#define PROBE(literal) probeOf("" literal, sizeof(literal) - 1)

static respResult run(probe *p) {
    p->args = (respArgs){p->room, p->room + ROOM};
    return respParse(&p->parser, p->in, p->size, &p->pos, &p->limits, &p->args, &p->argc, &p->argv,
                     &p->error);
}

static void probeClear(probe *p) {
    respParserClear(&p->parser);
    memFree(p->in);
}

/* Checks that 'data' is refused with 'error'. */
static void checkBroken(const char *data, size_t size, bool stranger, const char *error) {
    probe p = probeOf(data, size);
    p.limits.stranger = stranger;
    ck_assert_int_eq(run(&p), RESP_BROKEN);
    ck_assert_str_eq(p.error, error);
    probeClear(&p);
}

#define BROKEN(literal, error)          checkBroken("" literal, sizeof(literal) - 1, false, error)
#define BROKEN_STRANGER(literal, error) checkBroken("" literal, sizeof(literal) - 1, true, error)

static void checkMore(const char *data, size_t size, bool stranger) {
    probe p = probeOf(data, size);
    p.limits.stranger = stranger;
    ck_assert_int_eq(run(&p), RESP_MORE);
    ck_assert_uint_eq(p.pos, 0);
    probeClear(&p);
}

#define INCOMPLETE(literal) checkMore("" literal, sizeof(literal) - 1, false)

static void checkArg(const probe *p, int i, bytes expected) {
    ck_assert_int_lt(i, p->argc);
    ck_assert(bytesEqual(p->argv[i], expected));
}

START_TEST(readsPipelinedRequestsOneByOne) {
    probe p = PROBE("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\n*2\r\n$3\r\nGET\r\n$"
                    "0\r\n\r\n*1\r\n$4\r\nPI");
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 3);
    checkArg(&p, 0, BYTES("SET"));
    checkArg(&p, 1, BYTES("k"));
    checkArg(&p, 2, BYTES("hello\r\nworld"));
    ck_assert_ptr_eq(p.args.next, p.room + 3);
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 2);
    checkArg(&p, 0, BYTES("GET"));
    checkArg(&p, 1, BYTES(""));
    size_t before = p.pos;
    ck_assert_int_eq(run(&p), RESP_MORE);
    ck_assert_uint_eq(p.pos, before);
    ck_assert_uint_eq(p.parser.wanted, 14);
    /* So little is read again: nothing but what is saved may be relied on. */
    ck_assert_uint_eq(p.parser.resume_at, 0);
    ck_assert_uint_eq(respParserMemory(&p.parser), 0);
    probeClear(&p);
}
END_TEST

/* A request of 'count' arguments "0", "1", ... each in its own bulk. */
static probe probeOfMany(int count) {
    probe p = probeOf(NULL, 0);
    memFree(p.in);
    size_t room = 32 + (size_t)count * 24;
    p.in = memAlloc(room);
    p.size = (size_t)snprintf(p.in, room, "*%d\r\n", count);
    for (int i = 0; i < count; i++) {
        char digits[16];
        int size = snprintf(digits, sizeof digits, "%d", i);
        p.size += (size_t)snprintf(p.in + p.size, room - p.size, "$%d\r\n%s\r\n", size, digits);
    }
    return p;
}

START_TEST(asksForArgvRoomOnlyOnceTheRequestIsWhole) {
    for (int count = ROOM; count <= ROOM + 1; count++) {
        probe p = probeOfMany(count);
        size_t size = p.size;
        p.size = size - 1;
        ck_assert_int_eq(run(&p), RESP_MORE);
        p.size = size;
        if (count == ROOM) {
            ck_assert_int_eq(run(&p), RESP_REQUEST);
        } else {
            ck_assert_int_eq(run(&p), RESP_NO_ROOM);
            ck_assert_uint_eq(p.parser.args_total, (size_t)count);
            bytes *big = memAlloc((size_t)count * sizeof *big);
            respArgs args = {big, big + count};
            ck_assert_int_eq(respParse(&p.parser, p.in, p.size, &p.pos, &p.limits, &args, &p.argc,
                                       &p.argv, &p.error),
                             RESP_REQUEST);
            ck_assert_int_eq(p.argc, count);
            checkArg(&p, count - 1, BYTES("64"));
            memFree(big);
        }
        ck_assert_uint_eq(respParserMemory(&p.parser), 0);
        probeClear(&p);
    }
}
END_TEST

START_TEST(goesOnWhereALongRequestWasCut) {
    enum { COUNT = 5000 };
    probe p = probeOfMany(COUNT);
    size_t size = p.size;
    bytes *big = memAlloc(COUNT * sizeof *big);
    p.size = size / 2;
    ck_assert_int_eq(run(&p), RESP_MORE);
    ck_assert_uint_gt(respParserMemory(&p.parser), 0);
    ck_assert_uint_gt(p.parser.resume_at, size / 2 - 32);
    /* What was read is not read again: breaking it goes unnoticed. */
    p.in[0] = '*';
    p.in[1] = 'x';
    p.size = size;
    respArgs args = {big, big + COUNT};
    ck_assert_int_eq(
        respParse(&p.parser, p.in, p.size, &p.pos, &p.limits, &args, &p.argc, &p.argv, &p.error),
        RESP_REQUEST);
    ck_assert_int_eq(p.argc, COUNT);
    checkArg(&p, 0, BYTES("0"));
    checkArg(&p, COUNT - 1, BYTES("4999"));
    ck_assert_uint_eq(p.pos, size);
    ck_assert_uint_eq(respParserMemory(&p.parser), 0);
    memFree(big);
    probeClear(&p);
}
END_TEST

START_TEST(saysHowMuchABigBulkNeeds) {
    probe p = PROBE("*2\r\n$4\r\nECHO\r\n$100000\r\nabc");
    ck_assert_int_eq(run(&p), RESP_MORE);
    ck_assert_uint_eq(p.parser.wanted, 4 + 10 + 9 + 100000 + 2);
    ck_assert_int_eq(run(&p), RESP_MORE);
    ck_assert_uint_eq(p.parser.wanted, 4 + 10 + 9 + 100000 + 2);
    probeClear(&p);
}
END_TEST

START_TEST(givesNoArgumentsForNothing) {
    static const char *const nothing[] = {
        "*0\r\n", "*-1\r\n", "*-10\r\n", "\r\n", "\n", "   \t\r\n", "*-9223372036854775808\r\n"};
    for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++) {
        probe p = probeOf(nothing[i], strlen(nothing[i]));
        ck_assert_int_eq(run(&p), RESP_REQUEST);
        ck_assert_int_eq(p.argc, 0);
        ck_assert_uint_eq(p.pos, p.size);
        probeClear(&p);
    }
}
END_TEST

START_TEST(refusesCountsAsClientsKnowIt) {
    BROKEN("*\r\n", "invalid multibulk length");
    BROKEN("*+1\r\n", "invalid multibulk length");
    BROKEN("*01\r\n", "invalid multibulk length");
    BROKEN("*-0\r\n", "invalid multibulk length");
    BROKEN("* 1\r\n", "invalid multibulk length");
    BROKEN("*1 \r\n", "invalid multibulk length");
    BROKEN("*1\n$4\r\nPING\r\n", "invalid multibulk length");
    BROKEN("*2147483648\r\n", "invalid multibulk length");
    BROKEN("*3000000000\r\n", "invalid multibulk length");
    BROKEN("*99999999999999999999\r\n", "invalid multibulk length");
    BROKEN("*-99999999999999999999\r\n", "invalid multibulk length");
    INCOMPLETE("*2147483647\r\n");
    INCOMPLETE("*1\r");
    INCOMPLETE("*");
    INCOMPLETE("");
}
END_TEST

START_TEST(refusesBulksAsClientsKnowIt) {
    BROKEN("*1\r\n$\r\n\r\n", "invalid bulk length");
    BROKEN("*1\r\n$-1\r\n", "invalid bulk length");
    BROKEN("*1\r\n$-0\r\n", "invalid bulk length");
    BROKEN("*1\r\n$04\r\nPING\r\n", "invalid bulk length");
    BROKEN("*1\r\n$+4\r\nPING\r\n", "invalid bulk length");
    BROKEN("*1\r\n$4\nPING\r\n", "invalid bulk length");
    BROKEN("*1\r\n$blabla\r\n", "invalid bulk length");
    BROKEN("*1\r\n$536870913\r\n", "invalid bulk length");
    BROKEN("*1\r\n$2000000000\r\n", "invalid bulk length");
    BROKEN("*1\r\n$99999999999999999999999\r\n", "invalid bulk length");
    BROKEN("*2\r\n$4\r\nECHO\r\nfooz\r\n", "expected '$', got 'f'");
    BROKEN("*1\r\n\r\n", "expected '$', got ' '");
    BROKEN("*1\r\n\xff\r\n", "expected '$', got '\xff'");
    INCOMPLETE("*1\r\n$536870912\r\n");
    INCOMPLETE("*1\r\nf");
    INCOMPLETE("*1\r\n$4\r");
}
END_TEST

START_TEST(skipsTheByteAfterAReturnAndTwoAfterABulk) {
    probe p = PROBE("*1\rX$4\rYPINGZZ*1\r\n");
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 1);
    checkArg(&p, 0, BYTES("PING"));
    ck_assert_uint_eq(p.pos, 14);
    probeClear(&p);
}
END_TEST

START_TEST(boundsLinesAtSixtyFourKilobytes) {
    static const struct {
        const char *head, *error;
    } lines[] = {{"*1", "too big mbulk count string"},
                 {"*1\r\n$1", "too big bulk count string"},
                 {"*1\r\nf", "too big bulk count string"},
                 {"A", "too big inline request"},
                 {"echo \"A", "too big inline request"}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        size_t head = strlen(lines[i].head);
        size_t start = strncmp(lines[i].head, "*1\r\n", 4) ? 0 : 4;
        size_t size = start + RESP_MAX_INLINE + 1;
        char *in = memAlloc(size);
        memset(in, '1', size);
        memcpy(in, lines[i].head, head);
        checkMore(in, size - 1, false);
        checkBroken(in, size, false, lines[i].error);
        memFree(in);
    }
}
END_TEST

START_TEST(givesStrangersSmallLimits) {
    BROKEN_STRANGER("*11\r\n", "unauthenticated multibulk length");
    BROKEN_STRANGER("*3000000000\r\n", "invalid multibulk length");
    BROKEN_STRANGER("*1\r\n$16385\r\n", "unauthenticated bulk length");
    BROKEN_STRANGER("*1\r\n$99999999999\r\n", "invalid bulk length");
    checkMore("*10\r\n$16384\r\n", 13, true);
    probe p = PROBE("*1\r\n$4\r\nPING\r\necho a b c d e f g h i j k l m\r\n");
    p.limits.stranger = true;
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 14);
    probeClear(&p);
}
END_TEST

START_TEST(readsInlineRequests) {
    probe p = PROBE("ping\r\n  set k\t\"a \\x41\\n\" \nget k\r");
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 1);
    checkArg(&p, 0, BYTES("ping"));
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 3);
    checkArg(&p, 2, BYTES("a A\n"));
    ck_assert_int_eq(run(&p), RESP_MORE);
    probeClear(&p);
    BROKEN("set \"\"\"test-key\"\"\" test-value\r\n", "unbalanced quotes in request");
}
END_TEST

START_TEST(leavesAnInlineRequestAloneUntilThereIsRoom) {
    probe p = PROBE("mset \"\\x41\" b\r\n");
    respArgs none = {p.room, p.room + 2};
    ck_assert_int_eq(
        respParse(&p.parser, p.in, p.size, &p.pos, &p.limits, &none, &p.argc, &p.argv, &p.error),
        RESP_NO_ROOM);
    ck_assert_uint_eq(p.parser.args_total, 3);
    ck_assert_int_eq(run(&p), RESP_REQUEST);
    ck_assert_int_eq(p.argc, 3);
    checkArg(&p, 1, BYTES("A"));
    probeClear(&p);
}
END_TEST

START_TEST(breaksALongRequestOnlyWhenItCannotBeSaved) {
    probe p = probeOfMany(1000);
    size_t size = p.size;
    p.size = size - 1;
    memFailAfter(1);
    ck_assert_int_eq(run(&p), RESP_BROKEN);
    ck_assert_str_eq(p.error, "out of memory");
    memFailAfter(0);
    probeClear(&p);
}
END_TEST

TESTS("resp_parse", readsPipelinedRequestsOneByOne, asksForArgvRoomOnlyOnceTheRequestIsWhole,
      goesOnWhereALongRequestWasCut, saysHowMuchABigBulkNeeds, givesNoArgumentsForNothing,
      refusesCountsAsClientsKnowIt, refusesBulksAsClientsKnowIt,
      skipsTheByteAfterAReturnAndTwoAfterABulk, boundsLinesAtSixtyFourKilobytes,
      givesStrangersSmallLimits, readsInlineRequests, leavesAnInlineRequestAloneUntilThereIsRoom,
      breaksALongRequestOnlyWhenItCannotBeSaved)
