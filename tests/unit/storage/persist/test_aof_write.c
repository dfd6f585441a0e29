/* The end of a log: records gathered and written, with full disks. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "storage/persist/aof_write.h"
#include "tests/support/faulty_files.h"
#include "tests/support/suite.h"

static faultyFiles files;
static aofWriter w;
static char path[] = "/tmp/ebb-test-XXXXXX";

static void begin(void) {
    memcpy(path, "/tmp/ebb-test-XXXXXX", sizeof path);
    close(mkstemp(path));
    faultyInit(&files);
    aofWriterInit(&w);
    aofWriterOpen(&w, &files.ops, open(path, O_WRONLY | O_APPEND), 0);
}

static void end(void) {
    close(w.fd);
    aofWriterClear(&w);
    unlink(path);
}

static void expectFile(const char *wanted) {
    char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    ck_assert_int_ge(size, 0);
    text[size] = '\0';
    ck_assert_str_eq(text, wanted);
}

static void give(int db, const char *record) {
    aofAppend(&w, db, bytesOfText(record), 1700000000);
}

#define SELECT(n) "*2\r\n$6\r\nSELECT\r\n$1\r\n" #n "\r\n"

START_TEST(selectsWhereTheDbChanges) {
    give(0, "A");
    give(0, "B");
    give(3, "C");
    ck_assert_int_eq(aofWrite(&w), 0);
    give(3, "D");
    give(0, "E");
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile(SELECT(0) "AB" SELECT(3) "CD" SELECT(0) "E");
    ck_assert_uint_eq(w.position, w.file_size);
    ck_assert_uint_eq(aofWritten(&w), w.position);
}
END_TEST

START_TEST(recordsOfAnyDbSelectNone) {
    give(-1, "A");
    give(5, "B");
    give(-1, "C");
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile("A" SELECT(5) "BC");
}
END_TEST

START_TEST(selectsAnewInAnotherFile) {
    give(2, "A");
    ck_assert_int_eq(aofWrite(&w), 0);
    uint64_t position = w.position;
    int fd = w.fd;
    aofWriterOpen(&w, &files.ops, open(path, O_WRONLY | O_TRUNC | O_APPEND), 0);
    close(fd);
    give(2, "B");
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile(SELECT(2) "B");
    ck_assert_uint_gt(w.position, position);
}
END_TEST

START_TEST(selectsDbsOfTwoDigits) {
    give(12, "A");
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile("*2\r\n$6\r\nSELECT\r\n$2\r\n12\r\nA");
}
END_TEST

START_TEST(notesTheTimeOnceASecond) {
    w.notes = true;
    give(0, "A");
    give(0, "B");
    aofAppend(&w, 0, BYTES("C"), 1700000001);
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile("#TS:1700000000\r\n" SELECT(0) "AB#TS:1700000001\r\nC");
}
END_TEST

/* 'first' is in the file; 'next' waits to be written. */
static void begunWith(const char *first, const char *next) {
    give(0, first);
    ck_assert_int_eq(aofWrite(&w), 0);
    give(0, next);
}

START_TEST(whatCannotBeWrittenStays) {
    begunWith("A", "BCDEFGH");
    faultySet(&files, FAULT_ONCE, FILE_WRITE, 1, ENOSPC);
    ck_assert_int_eq(aofWrite(&w), ERR_IO);
    ck_assert_int_eq(errno, ENOSPC);
    expectFile(SELECT(0) "A");
    ck_assert_uint_eq(aofWritten(&w), w.file_size);
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile(SELECT(0) "ABCDEFGH");
}
END_TEST

START_TEST(aShortWriteIsCutOffAgain) {
    begunWith("A", "BCDEFGH");
    faultySet(&files, FAULT_SHORT, FILE_WRITE, 1, ENOSPC);
    ck_assert_int_eq(aofWrite(&w), ERR_IO);
    expectFile(SELECT(0) "A");
    give(0, "I");
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile(SELECT(0) "ABCDEFGHI");
}
END_TEST

/* Where not even that can be done, the rest follows what is there. */
START_TEST(aShortWriteThatStaysIsGoneOnWith) {
    begunWith("A", "BCDEFGHI");
    faultySet(&files, FAULT_SHORT, FILE_WRITE, 1, ENOSPC);
    files.truncate_fails = true;
    ck_assert_int_eq(aofWrite(&w), ERR_IO);
    ck_assert_int_eq(aofWrite(&w), 0);
    expectFile(SELECT(0) "ABCDEFGHI");
}
END_TEST

START_TEST(aBigBufferIsNotKept) {
    static char big[2 * 1024 * 1024];
    memset(big, 'x', sizeof big);
    aofAppend(&w, 0, bytesOf(big, sizeof big), 0);
    ck_assert_int_eq(aofWrite(&w), 0);
    ck_assert_uint_eq(w.capacity, 0);
}
END_TEST

TESTS_BETWEEN("aof_write", begin, end, selectsWhereTheDbChanges, recordsOfAnyDbSelectNone,
              selectsAnewInAnotherFile, selectsDbsOfTwoDigits, notesTheTimeOnceASecond,
              whatCannotBeWrittenStays, aShortWriteIsCutOffAgain, aShortWriteThatStaysIsGoneOnWith,
              aBigBufferIsNotKept)
