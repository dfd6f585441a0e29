#include "protocol/reply_buf.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

static replyPool pool;

static void countRelease(void *owner) {
    ++*(int *)owner;
}

/* Everything that waits in 'b', on the heap. */
static bytes content(const replyBuf *b) {
    size_t size = replyBufSize(b), at = 0;
    char *text = memAlloc(size + 1);
    struct iovec iov[256];
    int count = replyBufPeek(b, iov, 256, SIZE_MAX);
    for (int i = 0; i < count; i++) {
        memcpy(text + at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    ck_assert_uint_eq(at, size);
    return bytesOf(text, size);
}

static void checkContent(const replyBuf *b, bytes expected) {
    bytes found = content(b);
    ck_assert(bytesEqual(found, expected));
    memFree((char *)(uintptr_t)found.data);
}

START_TEST(ownsNothingWhenEmpty) {
    replyBuf b;
    replyBufInit(&b, &pool);
    ck_assert_uint_eq(replyBufMemory(&b), 0);
    replyBufAppend(&b, NULL, 0);
    ck_assert_uint_eq(replyBufMemory(&b), 0);
    replyBufAppend(&b, "hello", 5);
    ck_assert_uint_eq(replyBufMemory(&b), REPLY_CHUNK);
    ck_assert_uint_eq(pool.chunk_bytes, REPLY_CHUNK);
    replyBufConsume(&b, 2);
    checkContent(&b, BYTES("llo"));
    replyBufConsume(&b, 3);
    ck_assert_uint_eq(replyBufMemory(&b), 0);
    ck_assert_uint_eq(pool.free_count, 1);
    replyPoolTrim(&pool, 0);
    ck_assert_uint_eq(pool.chunk_bytes, 0);
}
END_TEST

START_TEST(peeksWithinItsBounds) {
    replyBuf b;
    replyBufInit(&b, &pool);
    char *big = memCalloc(1, 100000);
    int released = 0;
    replyBufAppend(&b, "abc", 3);
    replyBufReference(&b, bytesOf(big, 100000), countRelease, &released);
    replyBufAppend(&b, "def", 3);
    struct iovec iov[3];
    ck_assert_int_eq(replyBufPeek(&b, iov, 2, SIZE_MAX), 2);
    ck_assert_int_eq(replyBufPeek(&b, iov, 3, 10), 2);
    ck_assert_uint_eq(iov[1].iov_len, 7);
    ck_assert_int_eq(replyBufPeek(&b, iov, 3, 3), 1);
    ck_assert_int_eq(replyBufPeek(&b, iov, 3, 0), 0);
    ck_assert_int_eq(replyBufPeek(&b, iov, 3, SIZE_MAX), 3);
    ck_assert_ptr_eq(iov[1].iov_base, big);
    replyBufClear(&b);
    ck_assert_int_eq(released, 1);
    memFree(big);
    replyPoolTrim(&pool, 0);
}
END_TEST

START_TEST(keepsAReferencedValueUntilItIsWritten) {
    replyBuf b;
    replyBufInit(&b, &pool);
    char *big = memCalloc(1, REPLY_REFERENCE_MIN);
    int released = 0;
    replyBufAppend(&b, "x", 1);
    replyBufReference(&b, bytesOf(big, REPLY_REFERENCE_MIN), countRelease, &released);
    ck_assert_uint_ge(replyBufMemory(&b), REPLY_CHUNK + REPLY_REFERENCE_MIN);
    replyBufConsume(&b, 1);
    ck_assert_uint_lt(replyBufMemory(&b), REPLY_CHUNK + REPLY_REFERENCE_MIN);
    replyBufConsume(&b, REPLY_REFERENCE_MIN - 1);
    ck_assert_int_eq(released, 0);
    replyBufConsume(&b, 1);
    ck_assert_int_eq(released, 1);
    ck_assert_uint_eq(replyBufMemory(&b), 0);
    memFree(big);
    replyPoolTrim(&pool, 0);
}
END_TEST

START_TEST(holdsLittleBetweenReferences) {
    replyBuf b;
    replyBufInit(&b, &pool);
    int released = 0;
    for (int i = 0; i < 100; i++) {
        replyBufAppend(&b, "\r\n$1\r\n", 6);
        replyBufReference(&b, BYTES("v"), countRelease, &released);
    }
    ck_assert_uint_lt(replyBufMemory(&b), 100 * 1200 + REPLY_CHUNK);
    ck_assert_uint_eq(replyBufSize(&b), 700);
    replyBufClear(&b);
    ck_assert_int_eq(released, 100);
    replyPoolTrim(&pool, 0);
    ck_assert_uint_eq(pool.chunk_bytes, 0);
}
END_TEST

START_TEST(givesABigAppendAChunkOfItsSize) {
    replyBuf b;
    replyBufInit(&b, &pool);
    char *big = memCalloc(1, 1000000);
    replyBufAppend(&b, "x", 1);
    replyBufAppend(&b, big, 1000000);
    ck_assert_uint_le(replyBufMemory(&b), 1000000 + REPLY_CHUNK);
    struct iovec iov[4];
    ck_assert_int_eq(replyBufPeek(&b, iov, 4, SIZE_MAX), 2);
    replyBufConsume(&b, 1000001);
    ck_assert_uint_eq(pool.chunk_bytes, REPLY_CHUNK);
    memFree(big);
    replyPoolTrim(&pool, 0);
}
END_TEST

START_TEST(fillsNestedHolesInPlace) {
    replyBuf b;
    replyBufInit(&b, &pool);
    replyBufAppend(&b, "<", 1);
    replyHole outer = replyBufOpenHole(&b);
    replyBufAppend(&b, "a", 1);
    replyHole inner = replyBufOpenHole(&b);
    replyBufAppend(&b, "b", 1);
    replyBufFillHole(&b, inner, BYTES("22"));
    replyHole empty = replyBufOpenHole(&b);
    replyBufFillHole(&b, empty, BYTES("01234567890123456789012345678901"));
    replyBufFillHole(&b, outer, BYTES("1"));
    checkContent(&b, BYTES("<1a22b01234567890123456789012345678901"));
    replyBufClear(&b);
    replyPoolTrim(&pool, 0);
}
END_TEST

START_TEST(fillsAHoleOfAClosedChunk) {
    replyBuf b;
    replyBufInit(&b, &pool);
    replyHole hole = replyBufOpenHole(&b);
    char block[1000];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 40; i++) replyBufAppend(&b, block, sizeof block);
    size_t before = replyBufSize(&b);
    replyBufFillHole(&b, hole, BYTES("*40\r\n"));
    ck_assert_uint_eq(replyBufSize(&b), before - REPLY_HOLE + 5);
    bytes found = content(&b);
    ck_assert_uint_eq(found.size, 40005);
    ck_assert_int_eq(memcmp(found.data, "*40\r\nxxxx", 9), 0);
    ck_assert_int_eq(found.data[40004], 'x');
    memFree((char *)(uintptr_t)found.data);
    replyBufClear(&b);
    replyPoolTrim(&pool, 0);
}
END_TEST

START_TEST(rewindsToAMark) {
    replyBuf b;
    replyBufInit(&b, &pool);
    int released = 0;
    replyMark start = replyBufMark(&b);
    replyBufAppend(&b, "one", 3);
    replyMark mark = replyBufMark(&b);
    size_t memory = replyBufMemory(&b);
    replyBufAppend(&b, "two", 3);
    replyBufReference(&b, BYTES("three"), countRelease, &released);
    replyMark behind = replyBufMark(&b);
    replyBufAppend(&b, "four", 4);
    replyBufRewind(&b, behind);
    checkContent(&b, BYTES("onetwothree"));
    replyBufAppend(&b, "five", 4);
    checkContent(&b, BYTES("onetwothreefive"));
    replyBufRewind(&b, mark);
    checkContent(&b, BYTES("one"));
    ck_assert_int_eq(released, 1);
    ck_assert_uint_eq(replyBufMemory(&b), memory);
    replyBufAppend(&b, "!", 1);
    checkContent(&b, BYTES("one!"));
    replyBufRewind(&b, start);
    ck_assert_uint_eq(replyBufMemory(&b), 0);
    replyPoolTrim(&pool, 0);
}
END_TEST

START_TEST(movesBehindAnother) {
    replyBuf a, b;
    replyBufInit(&a, &pool);
    replyBufInit(&b, &pool);
    char *block = memAlloc(5000);
    memset(block, 'x', 5000);
    replyBufAppend(&b, "skip-small", 10);
    replyBufConsume(&b, 5);
    replyBufMove(&a, &b);
    checkContent(&a, BYTES("small"));
    replyBufAppend(&b, "+", 1);
    replyBufMove(&a, &b);
    ck_assert_uint_eq(replyBufMemory(&b), 0);
    ck_assert_uint_eq(replyBufMemory(&a), REPLY_CHUNK);
    checkContent(&a, BYTES("small+"));
    replyBufAppend(&b, block, 5000);
    replyBufConsume(&b, 4999 - 1000);
    replyBufMove(&a, &b);
    replyBufMove(&a, &b);
    ck_assert_uint_eq(replyBufSize(&a), 6 + 1001);
    replyBufAppend(&a, "end", 3);
    replyBufConsume(&a, 1006);
    checkContent(&a, BYTES("xend"));
    replyBufClear(&a);
    memFree(block);
    replyPoolTrim(&pool, 0);
    ck_assert_uint_eq(pool.chunk_bytes, 0);
}
END_TEST

TESTS("reply_buf", ownsNothingWhenEmpty, peeksWithinItsBounds,
      keepsAReferencedValueUntilItIsWritten, holdsLittleBetweenReferences,
      givesABigAppendAChunkOfItsSize, fillsNestedHolesInPlace, fillsAHoleOfAClosedChunk,
      rewindsToAMark, movesBehindAnother)
