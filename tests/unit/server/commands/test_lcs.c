#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

START_TEST(lcsRepliesTheSubsequence) {
    f = fakeNew();
    CALL(f, "MSET a ohmytext b mynewtext", "+OK|");
    CALL(f, "LCS a b", "$6|mytext|");
    CALL(f, "LCS a b LEN", ":6|");
    CALL(f, "LCS a none", "$0||");
    CALL(f, "LCS none none LEN", ":0|");
    CALL(f, "MSET n 12345 m 235", "+OK|");
    CALL(f, "LCS n m", "$3|235|");
    fakeFree(f);
}
END_TEST

START_TEST(lcsTellsWhereItLies) {
    f = fakeNew();
    CALL(f, "MSET a ohmytext b mynewtext", "+OK|");
    CALL(f, "LCS a b IDX", "*4|$7|matches|*2|*2|*2|:4|:7|*2|:5|:8|*2|*2|:2|:3|*2|:0|:1|$3|len|:6|");
    CALL(f, "LCS a b IDX MINMATCHLEN 4", "*4|$7|matches|*1|*2|*2|:4|:7|*2|:5|:8|$3|len|:6|");
    CALL(f, "LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
         "*4|$7|matches|*1|*3|*2|:4|:7|*2|:5|:8|:4|$3|len|:6|");
    CALL(f, "LCS a none IDX MINMATCHLEN -5", "*4|$7|matches|*0|$3|len|:0|");
    f->client->resp = 3;
    CALL(f, "LCS a none IDX", "%2|$7|matches|*0|$3|len|:0|");
    fakeFree(f);
}
END_TEST

START_TEST(lcsRefusesWhatItCannotDo) {
    f = fakeNew();
    CALL(f, "LCS a b LEN IDX",
         "-ERR If you want both the length and indexes, please just use IDX.|");
    CALL(f, "LCS a b MINMATCHLEN", "-ERR syntax error|");
    CALL(f, "LCS a b MINMATCHLEN x", "-ERR value is not an integer or out of range|");
    CALL(f, "LCS a b nosuch", "-ERR syntax error|");
    CALL(f, "RPUSH l x", ":1|");
    CALL(f, "LCS a l nosuch", "-ERR The specified keys must contain string values|");
    fakeFree(f);
}
END_TEST

START_TEST(lcsTakesNoMoreMemoryThanABulkMayHave) {
    const char *refused = "-ERR Insufficient memory, transient memory for LCS exceeds "
                          "proto-max-bulk-len|";
    f = fakeNew();
    f->server->config.proto_max_bulk_len = 11 * 11 * 4;
    CALL(f, "MSET a 0123456789 b abcdefghi9", "+OK|");
    CALL(f, "LCS a b", "$1|9|");
    CALL(f, "APPEND a x", ":11|");
    CALL(f, "LCS a b", refused);
    CALL(f, "LCS a b LEN", refused);
    fakeFree(f);
}
END_TEST

START_TEST(lcsFailsWhereThereIsNoMemory) {
    f = fakeNew();
    CALL(f, "MSET a abc b abd", "+OK|");
    memFailAfter(1);
    CALL(f, "LCS a b", "-ERR Insufficient memory, failed allocating transient memory for LCS|");
    memFailAfter(0);
    CALL(f, "LCS a b", "$2|ab|");
    fakeFree(f);
}
END_TEST

enum { WORD = 24 };

static size_t randomWord(rng *r, char *out) {
    size_t size = rngBelow(r, WORD);
    for (size_t i = 0; i < size; i++) out[i] = (char)('a' + rngBelow(r, 3));
    out[size] = '\0';
    return size;
}

/* The length by trying both ways at each byte: what the table must come to. */
static int naiveLength(const char *a, const char *b) {
    static int memo[WORD + 1][WORD + 1];
    int rows = (int)strlen(a), columns = (int)strlen(b);
    for (int i = 0; i <= rows; i++)
        for (int j = 0; j <= columns; j++) {
            if (!i || !j)
                memo[i][j] = 0;
            else if (a[i - 1] == b[j - 1])
                memo[i][j] = memo[i - 1][j - 1] + 1;
            else
                memo[i][j] = memo[i - 1][j] > memo[i][j - 1] ? memo[i - 1][j] : memo[i][j - 1];
        }
    return memo[rows][columns];
}

static bool isSubsequence(const char *part, size_t size, const char *of) {
    size_t found = 0;
    for (; *of && found < size; of++) found += part[found] == *of;
    return found == size;
}

START_TEST(lcsIsACommonSubsequenceAndNoneIsLonger) {
    rng r;
    rngSeed(&r, suiteSeed());
    f = fakeNew();
    for (uint64_t round = 0; round < suiteRounds(3000); round++) {
        char a[WORD + 1], b[WORD + 1], head[16];
        randomWord(&r, a);
        randomWord(&r, b);
        fakeCallFormat(f, "MSET a \"%s\" b \"%s\"", a, b);
        int length = naiveLength(a, b);
        snprintf(head, sizeof head, "$%d\r\n", length);
        const char *reply = fakeCall(f, "LCS a b");
        ck_assert_int_eq(strncmp(reply, head, strlen(head)), 0);
        ck_assert(isSubsequence(reply + strlen(head), (size_t)length, a));
        ck_assert(isSubsequence(reply + strlen(head), (size_t)length, b));
        snprintf(head, sizeof head, ":%d\r\n", length);
        ck_assert_str_eq(fakeCall(f, "LCS a b LEN"), head);
    }
    fakeFree(f);
}
END_TEST

TESTS("commands/lcs", lcsRepliesTheSubsequence, lcsTellsWhereItLies, lcsRefusesWhatItCannotDo,
      lcsTakesNoMoreMemoryThanABulkMayHave, lcsFailsWhereThereIsNoMemory,
      lcsIsACommonSubsequenceAndNoneIsLonger)
