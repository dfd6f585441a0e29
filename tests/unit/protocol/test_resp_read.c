#include "protocol/resp_read.h"
#include "storage/base/err.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

#include <math.h>

typedef struct seen {
    respItem items[16];
    int count;
} seen;

static void remember(void *ctx, const respItem *item) {
    seen *s = ctx;
    ck_assert_int_lt(s->count, 16);
    s->items[s->count++] = *item;
}

/* Reads the one reply that 'in' is; every shorter piece of it must be found unfinished. */
static seen readAll(bytes in) {
    for (size_t cut = 0; cut < in.size; cut++) {
        char *piece = memAlloc(cut + 1);
        memcpy(piece, in.data, cut);
        ck_assert_int_eq(respRead(bytesOf(piece, cut), NULL, NULL), 0);
        memFree(piece);
    }
    seen s = {0};
    ck_assert_int_eq(respRead(in, remember, &s), (int64_t)in.size);
    return s;
}

#define READ(literal)    readAll(BYTES(literal))
#define CORRUPT(literal) ck_assert_int_eq(respRead(BYTES(literal), NULL, NULL), ERR_CORRUPT)

static void checkItem(const respItem *item, respType type, int depth, bytes text) {
    ck_assert_int_eq(item->type, type);
    ck_assert_int_eq(item->depth, depth);
    ck_assert(bytesEqual(item->text, text));
}

START_TEST(readsTexts) {
    seen s = READ("+OK\r\n");
    checkItem(&s.items[0], REPLY_SIMPLE, 0, BYTES("OK"));
    s = READ("-ERR no\r\n");
    checkItem(&s.items[0], REPLY_ERROR, 0, BYTES("ERR no"));
    s = READ("$6\r\nab\r\ncd\r\n");
    checkItem(&s.items[0], REPLY_BULK, 0, BYTES("ab\r\ncd"));
    s = READ("$0\r\n\r\n");
    checkItem(&s.items[0], REPLY_BULK, 0, BYTES(""));
    s = READ("!5\r\nERR x\r\n");
    checkItem(&s.items[0], REPLY_BULK_ERROR, 0, BYTES("ERR x"));
    s = READ("=7\r\nmkd:abc\r\n");
    checkItem(&s.items[0], REPLY_VERBATIM, 0, BYTES("abc"));
    ck_assert_str_eq(s.items[0].format, "mkd");
    s = READ("(-123456789012345678901234567890\r\n");
    checkItem(&s.items[0], REPLY_BIG_NUMBER, 0, BYTES("-123456789012345678901234567890"));
}
END_TEST

START_TEST(readsNumbers) {
    ck_assert_int_eq(READ(":-12\r\n").items[0].integer, -12);
    ck_assert_int_eq(READ(":+12\r\n").items[0].integer, 12);
    ck_assert_int_eq(READ(":-9223372036854775808\r\n").items[0].integer, INT64_MIN);
    ck_assert_int_eq(READ("#t\r\n").items[0].integer, 1);
    ck_assert_int_eq(READ("#f\r\n").items[0].integer, 0);
    ck_assert(READ(",3.25\r\n").items[0].number == 3.25);
    ck_assert(READ(",-1e10\r\n").items[0].number == -1e10);
    ck_assert(READ(",inf\r\n").items[0].number == (double)INFINITY);
    ck_assert(READ(",-inf\r\n").items[0].number == (double)-INFINITY);
    ck_assert(isnan(READ(",nan\r\n").items[0].number));
}
END_TEST

START_TEST(readsEveryNull) {
    checkItem(&READ("_\r\n").items[0], REPLY_NULL, 0, BYTES(""));
    checkItem(&READ("$-1\r\n").items[0], REPLY_NULL, 0, BYTES(""));
    checkItem(&READ("*-1\r\n").items[0], REPLY_NULL, 0, BYTES(""));
}
END_TEST

START_TEST(walksAggregatesInTheirOrder) {
    seen s = READ("|1\r\n+k\r\n*1\r\n:90\r\n%2\r\n+a\r\n~2\r\n:1\r\n*0\r\n+b\r\n>1\r\n_\r\n");
    static const struct {
        respType type;
        int depth;
    } expected[] = {{REPLY_ATTRIBUTE, 0}, {REPLY_SIMPLE, 1}, {REPLY_ARRAY, 1}, {REPLY_INTEGER, 2},
                    {REPLY_MAP, 0},       {REPLY_SIMPLE, 1}, {REPLY_SET, 1},   {REPLY_INTEGER, 2},
                    {REPLY_ARRAY, 2},     {REPLY_SIMPLE, 1}, {REPLY_PUSH, 1},  {REPLY_NULL, 2}};
    ck_assert_int_eq(s.count, 12);
    for (int i = 0; i < s.count; i++) {
        ck_assert_int_eq(s.items[i].type, expected[i].type);
        ck_assert_int_eq(s.items[i].depth, expected[i].depth);
    }
    ck_assert_int_eq(s.items[4].integer, 2);
}
END_TEST

START_TEST(readsOnlyTheFirstReply) {
    ck_assert_int_eq(respRead(BYTES(":1\r\n:2\r\n"), NULL, NULL), 4);
}
END_TEST

START_TEST(refusesWhatCannotBeTrue) {
    CORRUPT("?");
    CORRUPT("\r\n");
    CORRUPT("+a\rb\r\n");
    CORRUPT(":1x\r\n");
    CORRUPT(":+-1\r\n");
    CORRUPT(":\r\n");
    CORRUPT(":9223372036854775808\r\n");
    CORRUPT("$-2\r\n");
    CORRUPT("$3\r\nabcd\r\n");
    CORRUPT("$3\r\nabc\rx");
    CORRUPT("$9223372036854775807\r\n");
    CORRUPT("!-1\r\n");
    CORRUPT("=-1\r\n");
    CORRUPT("=3\r\ntxt\r\n");
    CORRUPT("=5\r\ntxtxx\r\n");
    CORRUPT("*-2\r\n");
    CORRUPT("%-1\r\n");
    CORRUPT("*4294967296\r\n");
    CORRUPT("#x\r\n");
    CORRUPT("#tt\r\n");
    CORRUPT("_x\r\n");
    CORRUPT(",x\r\n");
    CORRUPT("(12x\r\n");
    CORRUPT("(\r\n");
    CORRUPT("(-\r\n");
}
END_TEST

START_TEST(boundsNestingAndLines) {
    enum { LINE = RESP_READ_MAX_LINE };
    char *in = memAlloc(LINE + 8);
    size_t size = 0;
    for (int i = 0; i < RESP_READ_MAX_DEPTH; i++, size += 4) memcpy(in + size, "*1\r\n", 4);
    memcpy(in + size, ":1\r\n*1\r\n", 8);
    ck_assert_int_eq(respRead(bytesOf(in, size + 4), NULL, NULL), (int64_t)size + 4);
    memcpy(in + size, "*1\r\n", 4);
    ck_assert_int_eq(respRead(bytesOf(in, size + 4), NULL, NULL), ERR_CORRUPT);
    memset(in, '+', LINE + 8);
    ck_assert_int_eq(respRead(bytesOf(in, LINE + 1), NULL, NULL), 0);
    ck_assert_int_eq(respRead(bytesOf(in, LINE + 2), NULL, NULL), ERR_CORRUPT);
    memFree(in);
}
END_TEST

TESTS("resp_read", readsTexts, readsNumbers, readsEveryNull, walksAggregatesInTheirOrder,
      readsOnlyTheFirstReply, refusesWhatCannotBeTrue, boundsNestingAndLines)
