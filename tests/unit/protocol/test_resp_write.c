#include "protocol/resp_write.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

#include <math.h>

static replyPool pool;
static replyBuf out;

/* Checks that exactly 'expected' was written, and empties the buffer. */
static void checkWritten(bytes expected) {
    struct iovec iov;
    ck_assert_uint_eq(replyBufSize(&out), expected.size);
    ck_assert_int_eq(replyBufPeek(&out, &iov, 1, SIZE_MAX), 1);
    ck_assert(bytesEqual(bytesOf(iov.iov_base, iov.iov_len), expected));
    replyBufConsume(&out, expected.size);
}

#define WROTE(literal) checkWritten(BYTES(literal))

static void begin(void) {
    replyPoolInit(&pool);
    replyBufInit(&out, &pool);
}

START_TEST(writesLines) {
    begin();
    respSimple(&out, BYTES("OK"));
    respSimple(&out, BYTES(""));
    WROTE("+OK\r\n+\r\n");
    respError(&out, BYTES("ERR bad 'a\r\nb\n'"));
    WROTE("-ERR bad 'a  b '\r\n");
}
END_TEST

START_TEST(writesIntegersOfEveryLength) {
    static const int64_t values[] = {0,         1,         9,   10,    99,    100,
                                     999,       1000,      255, 65536, 12345, 123456789,
                                     INT64_MAX, INT64_MIN, -1,  -9,    -10,   -100};
    begin();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char expected[40];
        int size = snprintf(expected, sizeof expected, ":%lld\r\n", (long long)values[i]);
        respInteger(&out, values[i]);
        checkWritten(bytesOf(expected, (size_t)size));
    }
}
END_TEST

START_TEST(writesBulksOfEveryLength) {
    begin();
    char *value = memAlloc(6000);
    for (int i = 0; i < 6000; i++) value[i] = (char)(i * 7);
    char *expected = memAlloc(6100);
    for (size_t size = 0; size < 6000; size += size < 1100 ? 1 : 97) {
        size_t head = (size_t)snprintf(expected, 100, "$%zu\r\n", size);
        memcpy(expected + head, value, size);
        memcpy(expected + head + size, "\r\n", 2);
        respBulk(&out, bytesOf(value, size));
        checkWritten(bytesOf(expected, head + size + 2));
    }
    memFree(value);
    memFree(expected);
}
END_TEST

START_TEST(writesResp2Forms) {
    begin();
    respNull(&out, 2);
    respNullArray(&out, 2);
    respBool(&out, 2, true);
    respBool(&out, 2, false);
    WROTE("$-1\r\n*-1\r\n:1\r\n:0\r\n");
    respDouble(&out, 2, 3.25);
    respDoubleText(&out, 2, BYTES("3.141"));
    respBigNumber(&out, 2, BYTES("12345678901234567890"));
    respVerbatim(&out, 2, "txt", BYTES("a\nb"));
    WROTE("$4\r\n3.25\r\n$5\r\n3.141\r\n$20\r\n12345678901234567890\r\n$3\r\na\nb\r\n");
    respArray(&out, 3);
    respMap(&out, 2, 6);
    respSet(&out, 2, 100);
    respPush(&out, 2, 0);
    WROTE("*3\r\n*12\r\n*100\r\n*0\r\n");
}
END_TEST

START_TEST(writesResp3Forms) {
    begin();
    respNull(&out, 3);
    respNullArray(&out, 3);
    respBool(&out, 3, true);
    respBool(&out, 3, false);
    WROTE("_\r\n_\r\n#t\r\n#f\r\n");
    respDouble(&out, 3, 3.25);
    respDouble(&out, 3, INFINITY);
    respDouble(&out, 3, -INFINITY);
    respDouble(&out, 3, NAN);
    respDoubleText(&out, 3, BYTES("3.141"));
    WROTE(",3.25\r\n,inf\r\n,-inf\r\n,nan\r\n,3.141\r\n");
    respBigNumber(&out, 3, BYTES("12345678901234567890"));
    respVerbatim(&out, 3, "txt", BYTES("Some string"));
    WROTE("(12345678901234567890\r\n=15\r\ntxt:Some string\r\n");
    respArray(&out, 3);
    respMap(&out, 3, 6);
    respSet(&out, 3, 100);
    respPush(&out, 3, 0);
    respAttribute(&out, 1);
    WROTE("*3\r\n%6\r\n~100\r\n>0\r\n|1\r\n");
}
END_TEST

START_TEST(fillsHolesWithAggregateHeaders) {
    begin();
    replyHole map = replyBufOpenHole(&out);
    respInteger(&out, 1);
    replyHole set = replyBufOpenHole(&out);
    respFillHole(&out, set, 3, RESP_SET, 0);
    respFillHole(&out, map, 3, RESP_MAP, 1);
    WROTE("%1\r\n:1\r\n~0\r\n");
    map = replyBufOpenHole(&out);
    respFillHole(&out, map, 2, RESP_MAP, 1234567);
    WROTE("*2469134\r\n");
}
END_TEST

TESTS("resp_write", writesLines, writesIntegersOfEveryLength, writesBulksOfEveryLength,
      writesResp2Forms, writesResp3Forms, fillsHolesWithAggregateHeaders)
