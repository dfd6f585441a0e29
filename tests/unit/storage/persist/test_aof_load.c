/* The records of a log, out of bytes that may be anything. */
#include "storage/base/mem.h"
#include "storage/persist/aof_load.h"
#include "tests/support/byte_source.h"
#include "tests/support/suite.h"

#define SET "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n" /* 27 bytes, 7 lines */

typedef struct walk {
    aofItem end;
    int records, notes;
    uint64_t valid, line, error_at;
    char error[128];
} walk;

static walk walkOver(bytes text, size_t step) {
    byteSource in = {text.data, text.size, step};
    aofReader r;
    walk w = {0};
    aofReaderInit(&r, byteSourceRead, &in, 0, text.size);
    while ((w.end = aofRead(&r)) == AOF_RECORD || w.end == AOF_NOTE) {
        w.records += w.end == AOF_RECORD;
        w.notes += w.end == AOF_NOTE;
        ck_assert_uint_eq(r.next, r.at + r.raw.size);
        ck_assert_int_eq(memcmp(text.data + r.at, r.raw.data, r.raw.size), 0);
        w.valid = r.next;
    }
    w.line = r.line;
    w.error_at = r.error_at;
    memcpy(w.error, r.error, sizeof w.error);
    aofReaderClear(&r);
    return w;
}

static void expectEnd(const char *text, aofItem end, uint64_t valid, uint64_t at,
                      const char *error) {
    for (size_t step = 1; step < 40; step += 6) {
        walk w = walkOver(bytesOfText(text), step);
        ck_assert_int_eq(w.end, end);
        ck_assert_uint_eq(w.valid, valid);
        ck_assert_uint_eq(w.error_at, at);
        ck_assert_str_eq(w.error, error);
    }
}

START_TEST(givesRecordsAndNotes) {
    walk w = walkOver(BYTES("#TS:12\r\n" SET "#x\n" SET "*0\r\n"), 3);
    ck_assert_int_eq(w.end, AOF_END);
    ck_assert_int_eq(w.records, 3);
    ck_assert_int_eq(w.notes, 2);
    ck_assert_uint_eq(w.line, 1 + 1 + 7 + 1 + 7 + 1);
}
END_TEST

START_TEST(givesArguments) {
    byteSource in = {SET, 27, 5};
    aofReader r;
    aofReaderInit(&r, byteSourceRead, &in, 100, 27);
    ck_assert_int_eq(aofRead(&r), AOF_RECORD);
    ck_assert_int_eq(r.argc, 3);
    ck_assert(bytesEqual(r.argv[0], BYTES("SET")));
    ck_assert(bytesEqual(r.argv[2], BYTES("b")));
    ck_assert_uint_eq(r.at, 100);
    ck_assert_uint_eq(r.next, 127);
    ck_assert_int_eq(aofRead(&r), AOF_END);
    aofReaderClear(&r);
}
END_TEST

START_TEST(saysWhatIsWrongWhere) {
    expectEnd(SET "xyz\r\n", AOF_BROKEN, 27, 27, "Expected '*' or '#', got: 0x78");
    expectEnd(SET "*2\r\n$3\r\nGET\r\n#1\r\nb\r\n", AOF_BROKEN, 27, 40,
              "Expected prefix '$', got: '#'");
    expectEnd(SET "*x\r\n", AOF_BROKEN, 27, 27, "Expected \\r\\n, got: 780d");
    expectEnd(SET "*1\r\n$3\r\nABCxx", AOF_BROKEN, 27, 35, "Expected \\r\\n, got: 7878");
    expectEnd(SET "*1\r\n$-1\r\n", AOF_BROKEN, 27, 31,
              "Expected to read string of -1 bytes, which is not in the suitable range");
    expectEnd("*2\n$3\nGET\n$1\na\n", AOF_BROKEN, 0, 0, "Expected \\r\\n, got: 0a24");
}
END_TEST

START_TEST(tellsACutFileFromABrokenOne) {
    expectEnd(SET "*1\r\n$3\r\nABC", AOF_CUT, 27, 35, "Expected to read 5 bytes, got 3 bytes");
    expectEnd(SET "*1\r\n$9999999999\r\nabc", AOF_CUT, 27, 44,
              "Expected to read 10000000001 bytes, got 3 bytes");
    expectEnd(SET "*1\r\n$3", AOF_CUT, 27, 31, "Expected \\r\\n, got: 0000");
    expectEnd(SET "*1\r\n", AOF_CUT, 27, 31, "Unexpected end of file");
    expectEnd(SET "#TS", AOF_CUT, 27, 27, "Unexpected end of file in a line of notes");
}
END_TEST

/* A promise of two thousand million arguments takes no memory. */
START_TEST(believesNoCount) {
    size_t before = memUsed();
    walk w = walkOver(BYTES("*2000000000\r\n$1\r\na\r\n"), 100);
    ck_assert_int_eq(w.end, AOF_CUT);
    ck_assert_uint_le(memUsed(), before + 1024 * 1024);
    w = walkOver(BYTES("*9223372036854775807\r\n$1\r\na\r\n"), 100);
    ck_assert_int_eq(w.end, AOF_BROKEN);
}
END_TEST

START_TEST(everyPrefixIsWholeOrCut) {
    static const char log[] =
        "#TS:1\r\n" SET "*1\r\n$5\r\nMULTI\r\n" SET "*1\r\n$4\r\nEXEC\r\n#n\n" SET;
    uint64_t valid = 0;
    for (size_t size = 0; size < sizeof log; size++) {
        walk w = walkOver(bytesOf(log, size), 7);
        ck_assert_int_eq(w.end, w.valid == size ? AOF_END : AOF_CUT);
        ck_assert_uint_ge(w.valid, valid);
        valid = w.valid;
    }
    ck_assert_uint_eq(valid, sizeof log - 1);
}
END_TEST

START_TEST(readsBigRecords) {
    size_t size = 3 * 1024 * 1024;
    char *text = memAlloc(size + 64);
    int head = snprintf(text, 64, "*2\r\n$1\r\na\r\n$%zu\r\n", size);
    memset(text + head, 'x', size);
    memcpy(text + head + size, "\r\n" SET, 2 + 27 + 1);
    walk w = walkOver(bytesOf(text, (size_t)head + size + 2 + 27), 100000);
    ck_assert_int_eq(w.end, AOF_END);
    ck_assert_int_eq(w.records, 2);
    memFree(text);
}
END_TEST

START_TEST(readsTimes) {
    int64_t time_s = 0;
    ck_assert(aofNoteTime(BYTES("#TS:1628217470\r\n"), &time_s));
    ck_assert_int_eq(time_s, 1628217470);
    ck_assert(!aofNoteTime(BYTES("#TS:x\r\n"), &time_s));
    ck_assert(!aofNoteTime(BYTES("#note\r\n"), &time_s));
}
END_TEST

TESTS("aof_load", givesRecordsAndNotes, givesArguments, saysWhatIsWrongWhere,
      tellsACutFileFromABrokenOne, believesNoCount, everyPrefixIsWholeOrCut, readsBigRecords,
      readsTimes)
