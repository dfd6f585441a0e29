#include "storage/base/slab.h"
#include "storage/struct/deadlines.h"
#include "storage/types/blob.h"
#include "storage/types/entry.h"
#include "tests/support/fake_value.h"
#include "tests/support/suite.h"

static const size_t border_sizes[] = {0,    1,    23,   44,   45,    127,   128,    200,
                                      1000, 1023, 1024, 1025, 16383, 16384, 100000, 2100000};
enum { BORDERS = sizeof border_sizes / sizeof *border_sizes };

static char pattern_a[2100000], pattern_b[2100000];

__attribute__((constructor)) static void fillPatterns(void) {
    for (size_t i = 0; i < sizeof pattern_a; i++) {
        pattern_a[i] = (char)('a' + i % 23);
        pattern_b[i] = (char)('A' + i % 19);
    }
}

static const char *expectedEncoding(size_t size) {
    return size <= EMBSTR_MAX ? "embstr" : "raw";
}

static void checkString(const entry *e, bytes key, bytes value, int64_t deadline_ms) {
    char scratch[32];
    ck_assert_int_eq(entryType(e), TYPE_STRING);
    ck_assert(bytesEqual(entryKey(e), key));
    ck_assert(bytesEqual(entryString(e, scratch), value));
    ck_assert_uint_eq(entryStringSize(e), value.size);
    ck_assert_int_eq(entryDeadline(e), deadline_ms);
    ck_assert_int_eq(entryHasDeadline(e), deadline_ms != DEADLINE_NONE);
    ck_assert_uint_ge(entryMemory(e), entrySize(e));
}

START_TEST(costsWhatTheDesignSays) {
    bytes key = BYTES("key:000000000001");
    entry *e = entryNewString(key, bytesOf(pattern_a, 32), true);
    ck_assert_uint_eq(entrySize(e), 55);
    ck_assert_uint_eq(slabGoodSize(entrySize(e)), 56);
    e = entrySetString(e, BYTES("12345678"));
    ck_assert_uint_eq(entrySize(e), 30);
    ck_assert_uint_eq(slabGoodSize(entrySize(e)), 32);
    e = entrySetStringUntil(e, bytesOf(pattern_a, 64), 1000);
    ck_assert_uint_eq(entrySize(e), 95);
    ck_assert_uint_eq(slabGoodSize(entrySize(e)), 96);
    entryFree(e);
}
END_TEST

START_TEST(holdsKeysAndValuesOfAllSizes) {
    size_t before = memUsed();
    for (size_t k = 0; k < BORDERS; k++) {
        for (size_t v = 0; v < BORDERS; v++) {
            bytes key = bytesOf(pattern_b, border_sizes[k]);
            bytes value = bytesOf(pattern_a, border_sizes[v]);
            if (key.size + value.size > 2200000) continue;
            entry *e = entryNewString(key, value, true);
            checkString(e, key, value, DEADLINE_NONE);
            ck_assert_str_eq(entryEncodingName(e), expectedEncoding(value.size));
            ck_assert_int_eq(entryEncoding(e) == ENCODING_BLOB, value.size >= BLOB_MIN);
            ck_assert_uint_eq(entryHash(e), hashBytes(key));
            e = entrySetDeadline(e, 123456789);
            checkString(e, key, value, 123456789);
            e = entrySetDeadline(e, -5);
            checkString(e, key, value, -5);
            e = entryMove(e);
            checkString(e, key, value, -5);
            e = entrySetDeadline(e, DEADLINE_NONE);
            checkString(e, key, value, DEADLINE_NONE);
            entryFree(e);
            e = entryNewStringUntil(key, value, true, 77);
            checkString(e, key, value, 77);
            entryFree(e);
        }
    }
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(anyStringFollowsAnyOther) {
    size_t before = memUsed();
    bytes key = BYTES("some key");
    for (size_t from = 0; from < BORDERS; from++) {
        for (size_t to = 0; to < BORDERS; to++) {
            bytes a = bytesOf(pattern_a, border_sizes[from]);
            bytes b = bytesOf(pattern_b, border_sizes[to]);
            entry *e = entryNewStringUntil(key, a, true, from % 2 ? 9 : DEADLINE_NONE);
            entrySetAccess(e, 0xABCDEF);
            int64_t kept = entryDeadline(e);
            e = entrySetString(e, b);
            checkString(e, key, b, kept);
            e = entrySetInt(e, -42);
            checkString(e, key, BYTES("-42"), kept);
            e = entrySetStringUntil(e, a, to % 2 ? 10 : DEADLINE_NONE);
            checkString(e, key, a, to % 2 ? 10 : DEADLINE_NONE);
            e = entrySetIntUntil(e, 7, to % 3 ? 11 : DEADLINE_NONE);
            checkString(e, key, BYTES("7"), to % 3 ? 11 : DEADLINE_NONE);
            ck_assert_uint_eq(entryAccess(e), 0xABCDEF);
            entryFree(e);
        }
    }
    ck_assert_uint_eq(memUsed(), before);
}
END_TEST

START_TEST(onlyCanonicalNumbersAreInts) {
    static const char *const ints[] = {
        "0", "7", "-1", "10", "9223372036854775807", "-9223372036854775808"};
    static const char *const texts[] = {"",
                                        "-",
                                        "-0",
                                        "007",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "1a",
                                        "a1",
                                        "9223372036854775808",
                                        "1e3",
                                        "0x10",
                                        "-9223372036854775809"};
    int64_t number;
    for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) {
        bytes text = bytesOfText(ints[i]);
        entry *e = entryNewString(BYTES("k"), text, true);
        ck_assert_str_eq(entryEncodingName(e), "int");
        checkString(e, BYTES("k"), text, DEADLINE_NONE);
        ck_assert(entryStringInt(e, &number));
        ck_assert_int_eq(number, strtoll(ints[i], NULL, 10));
        entryFree(e);
        e = entryNewString(BYTES("k"), text, false);
        ck_assert_str_eq(entryEncodingName(e), "embstr");
        ck_assert(entryStringInt(e, &number));
        entryFree(e);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        entry *e = entryNewString(BYTES("k"), bytesOfText(texts[i]), true);
        ck_assert_str_eq(entryEncodingName(e), "embstr");
        ck_assert(!entryStringInt(e, &number));
        entryFree(e);
    }
}
END_TEST

START_TEST(sameClassIsOverwrittenInPlace) {
    entry *e = entryNewString(BYTES("key:000000000001"), bytesOf(pattern_a, 32), true);
    entry *same = entrySetString(e, bytesOf(pattern_b, 33));
    ck_assert_ptr_eq(same, e);
    e = entrySetString(e, bytesOf(pattern_b, 26));
    ck_assert_ptr_eq(same, e);
    e = entrySetString(e, bytesOf(pattern_b, 20000));
    const void *block = entryPointer(e);
    e = entrySetString(e, bytesOf(pattern_a, 20001));
    ck_assert_ptr_eq(entryPointer(e), block);
    checkString(e, BYTES("key:000000000001"), bytesOf(pattern_a, 20001), DEADLINE_NONE);
    entryFree(e);
}
END_TEST

START_TEST(aSharedBlobIsNotOverwritten) {
    entry *e = entryNewString(BYTES("k"), bytesOf(pattern_a, 20000), true);
    blob *reader = blobHold(entryPointer(e));
    e = entrySetString(e, bytesOf(pattern_b, 20000));
    ck_assert_mem_eq(reader->data, pattern_a, 20000);
    ck_assert_uint_eq(reader->holders, 1);
    blobRelease(reader);
    entryFree(e);
}
END_TEST

START_TEST(smallValueOverBlobGivesItsMemoryBack) {
    entry *e = entryNewString(BYTES("k"), bytesOf(pattern_a, 2000000), true);
    size_t before = memUsed();
    e = entrySetString(e, BYTES("small"));
    ck_assert_uint_lt(memUsed(), before - 1900000);
    e = entrySetString(e, bytesOf(pattern_a, 2000000));
    e = entrySetString(e, bytesOf(pattern_a, 20000));
    ck_assert_uint_lt(memUsed(), before - 1900000);
    entryFree(e);
}
END_TEST

START_TEST(renameKeepsAllButTheName) {
    for (size_t v = 0; v < BORDERS; v++) {
        bytes value = bytesOf(pattern_a, border_sizes[v]);
        entry *e = entryNewStringUntil(BYTES("old"), value, true, 55);
        entrySetAccess(e, 99);
        e = entryRename(e, bytesOf(pattern_b, 3 + v * 50));
        checkString(e, bytesOf(pattern_b, 3 + v * 50), value, 55);
        ck_assert_uint_eq(entryAccess(e), 99);
        entryFree(e);
    }
}
END_TEST

START_TEST(copyIsIndependentAndLasts) {
    for (size_t v = 0; v < BORDERS; v++) {
        bytes value = bytesOf(pattern_a, border_sizes[v]);
        entry *e = entryNewStringUntil(BYTES("old"), value, true, 55);
        entry *copy = entryCopy(e, BYTES("a longer name"));
        checkString(copy, BYTES("a longer name"), value, DEADLINE_NONE);
        char *data;
        copy = entryEditString(copy, value.size + 1, &data);
        memset(data, '#', value.size + 1);
        checkString(e, BYTES("old"), value, 55);
        entryFree(e);
        ck_assert_uint_eq(entryStringSize(copy), value.size + 1);
        entryFree(copy);
    }
}
END_TEST

START_TEST(collectionIsFreedCopiedAndReplaced) {
    entry *e = entryNewCollection(BYTES("s"), TYPE_SET, ENCODING_DICT, fakeNew(5));
    ck_assert_str_eq(entryEncodingName(e), "hashtable");
    ck_assert_uint_gt(entryMemory(e), 500);
    entry *copy = entryCopy(e, BYTES("t"));
    ck_assert_ptr_ne(entryPointer(copy), entryPointer(e));
    ck_assert_int_eq(entryType(copy), TYPE_SET);
    e = entrySetDeadline(e, 12);
    e = entrySetString(e, BYTES("now a string"));
    checkString(e, BYTES("s"), BYTES("now a string"), 12);
    ck_assert_uint_eq(fake_live, 1);
    fakeValue *detached = entryPointer(copy);
    entrySetPointer(copy, ENCODING_INTSET, NULL);
    ck_assert_str_eq(entryEncodingName(copy), "intset");
    entryFree(copy);
    ck_assert_uint_eq(fake_live, 1);
    fakeFree(detached);
    entryFree(e);
}
END_TEST

START_TEST(namesAreThoseUsersKnow) {
    static const char *const types[] = {"string", "list", "set", "zset", "hash", "stream", "array"};
    for (int t = 0; t < TYPE_COUNT; t++) ck_assert_str_eq(entryTypeName(t), types[t]);
    static const struct {
        encoding enc;
        const char *name;
    } encodings[] = {{ENCODING_LISTPACK, "listpack"}, {ENCODING_LISTPACK_EX, "listpackex"},
                     {ENCODING_INTSET, "intset"},     {ENCODING_DICT, "hashtable"},
                     {ENCODING_SKIPLIST, "skiplist"}, {ENCODING_QUICKLIST, "quicklist"},
                     {ENCODING_STREAM, "stream"}};
    entry *e = entryNewCollection(BYTES("k"), TYPE_HASH, ENCODING_DICT, NULL);
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        entrySetPointer(e, encodings[i].enc, NULL);
        ck_assert_str_eq(entryEncodingName(e), encodings[i].name);
        ck_assert_int_eq(entryType(e), TYPE_HASH);
    }
    entryFree(e);
}
END_TEST

TESTS("entry", costsWhatTheDesignSays, holdsKeysAndValuesOfAllSizes, anyStringFollowsAnyOther,
      onlyCanonicalNumbersAreInts, sameClassIsOverwrittenInPlace, aSharedBlobIsNotOverwritten,
      smallValueOverBlobGivesItsMemoryBack, renameKeepsAllButTheName, copyIsIndependentAndLasts,
      collectionIsFreedCopiedAndReplaced, namesAreThoseUsersKnow)
