#include <string.h>

#include "storage/base/mem.h"
#include "storage/types/t_list.h"
#include "tests/support/suite.h"

static typeLimits limits;

static entry *listOf(const char *letters) {
    entry *e = listNew(BYTES("key"));
    for (; *letters; letters++) listPush(e, QUICKLIST_TAIL, bytesOf(letters, 1), &limits);
    return e;
}

static void expect(const entry *e, const char *letters) {
    char got[256];
    size_t size = 0;
    listIterator it;
    listpackValue value;
    listIteratorInit(&it, e, 0, false);
    while (listIteratorNext(&it, &value)) got[size++] = value.text.data[0];
    got[size] = '\0';
    ck_assert_str_eq(got, letters);
}

static void setup(int64_t size) {
    limits = TYPE_LIMITS_DEFAULT;
    limits.list_listpack_size = size;
}

START_TEST(aCountMakesAQuicklist) {
    setup(3);
    entry *e = listOf("abc");
    ck_assert_str_eq(entryEncodingName(e), "listpack");
    listPush(e, QUICKLIST_HEAD, BYTES("x"), &limits);
    ck_assert_str_eq(entryEncodingName(e), "quicklist");
    expect(e, "xabc");
    entryFree(e);
    setup(0);
    e = listOf("a");
    ck_assert_str_eq(entryEncodingName(e), "listpack");
    listPush(e, QUICKLIST_HEAD, BYTES("x"), &limits);
    ck_assert_str_eq(entryEncodingName(e), "quicklist");
    entryFree(e);
}
END_TEST

START_TEST(aSizeMakesAQuicklist) {
    static const struct {
        int64_t level;
        size_t bytes;
    } levels[] = {{-1, 4096}, {-2, 8192}, {-3, 16384}, {-4, 32768}, {-5, 65536}, {-6, 65536}};
    static char text[70000];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        setup(levels[i].level);
        for (size_t over = 0; over < 2; over++) {
            entry *e = listNew(BYTES("key"));
            listPush(e, QUICKLIST_TAIL, bytesOf(text, levels[i].bytes - 50), &limits);
            /* A short text takes two bytes more than it has. */
            size_t left = levels[i].bytes - listpackSize(entryPointer(e)) - 2 + over;
            listPush(e, QUICKLIST_TAIL, bytesOf(text, left), &limits);
            ck_assert_str_eq(entryEncodingName(e), over ? "quicklist" : "listpack");
            entryFree(e);
        }
        entry *e = listNew(BYTES("key"));
        listPush(e, QUICKLIST_TAIL, bytesOf(text, levels[i].bytes), &limits);
        ck_assert_str_eq(entryEncodingName(e), "quicklist");
        entryFree(e);
    }
}
END_TEST

START_TEST(halfOfTheLimitMakesAListpackAgain) {
    setup(4);
    entry *e = listOf("abcdefgh");
    listRemoveRange(e, 1, 5, &limits);
    ck_assert_str_eq(entryEncodingName(e), "quicklist");
    expect(e, "agh");
    listDrop(e, QUICKLIST_TAIL, &limits);
    expect(e, "ag");
    ck_assert_str_eq(entryEncodingName(e), "listpack");
    listPush(e, QUICKLIST_TAIL, BYTES("h"), &limits);
    ck_assert_str_eq(entryEncodingName(e), "listpack");
    listDrop(e, QUICKLIST_TAIL, &limits);
    listDrop(e, QUICKLIST_TAIL, &limits);
    ck_assert_str_eq(entryEncodingName(e), "listpack");
    expect(e, "a");
    entryFree(e);
}
END_TEST

START_TEST(settingCountsAsAdding) {
    setup(3);
    entry *e = listOf("abc");
    ck_assert(!listSet(e, 3, BYTES("x"), &limits));
    ck_assert(!listSet(e, -4, BYTES("x"), &limits));
    ck_assert_str_eq(entryEncodingName(e), "listpack");
    ck_assert(listSet(e, -1, BYTES("x"), &limits));
    expect(e, "abx");
    ck_assert_str_eq(entryEncodingName(e), "quicklist");
    entryFree(e);
}
END_TEST

START_TEST(removalTakesFromTheSideAskedFor) {
    setup(-2);
    entry *e = listOf("abacada");
    ck_assert_uint_eq(listRemove(e, BYTES("a"), -2, &limits), 2);
    expect(e, "abacd");
    ck_assert_uint_eq(listRemove(e, BYTES("a"), 1, &limits), 1);
    expect(e, "bacd");
    ck_assert_uint_eq(listRemove(e, BYTES("x"), 0, &limits), 0);
    ck_assert_uint_eq(listRemove(e, BYTES("a"), INT64_MIN, &limits), 1);
    expect(e, "bcd");
    entryFree(e);
}
END_TEST

START_TEST(iterationMayStopAnywhere) {
    setup(2);
    limits.list_compress_depth = 1;
    size_t before = memUsed();
    static char text[500];
    memset(text, 'z', sizeof text);
    entry *e = listNew(BYTES("key"));
    for (int i = 0; i < 10; i++) listPush(e, QUICKLIST_TAIL, bytesOf(text, sizeof text), &limits);
    for (int64_t stop = 0; stop < 10; stop++) {
        listIterator it;
        listpackValue value;
        listIteratorInit(&it, e, -1, true);
        for (int64_t i = 0; i < stop; i++) {
            ck_assert(listIteratorNext(&it, &value));
            ck_assert_uint_eq(value.text.size, sizeof text);
        }
        listIteratorEnd(&it);
    }
    entryFree(e);
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

TESTS("types/list", aCountMakesAQuicklist, aSizeMakesAQuicklist, halfOfTheLimitMakesAListpackAgain,
      settingCountsAsAdding, removalTakesFromTheSideAskedFor, iterationMayStopAnywhere)
