/* The manifest of an append-only log: its text, its changes, its file. */
#include <errno.h>
#include <unistd.h>

#include "storage/base/mem.h"
#include "storage/persist/aof_manifest.h"
#include "tests/support/faulty_files.h"
#include "tests/support/suite.h"

static void expectError(const char *text, size_t line, const char *wanted) {
    aofManifest m;
    aofManifestError error;
    ck_assert_int_eq(aofManifestParse(bytesOfText(text), &m, &error), ERR_CORRUPT);
    ck_assert_str_eq(error.text, wanted);
    ck_assert_uint_eq(error.line, line);
    ck_assert_ptr_null(m.base.name);
    ck_assert_uint_eq(m.incrs.count, 0);
}

static void expectText(const aofManifest *m, const char *wanted) {
    size_t size;
    char *text = aofManifestText(m, &size);
    ck_assert_uint_eq(size, strlen(wanted));
    ck_assert_int_eq(memcmp(text, wanted, size), 0);
    memFree(text);
}

START_TEST(readsBackWhatItWrites) {
    const char *const text = "file a.2.base.rdb seq 2 type b\n"
                             "file a.1.incr.aof seq 1 type h\n"
                             "file a.2.incr.aof seq 2 type i\n"
                             "file a.7.incr.aof seq 7 type i\n";
    aofManifest m;
    aofManifestError error;
    ck_assert_int_eq(aofManifestParse(bytesOfText(text), &m, &error), 0);
    ck_assert_int_eq(m.base_seq, 2);
    ck_assert_int_eq(m.incr_seq, 7);
    expectText(&m, text);
    aofManifest copy = aofManifestCopy(&m);
    expectText(&copy, text);
    aofManifestClear(&m);
    expectText(&copy, text);
    aofManifestClear(&copy);
}
END_TEST

START_TEST(namesWithOddBytesAreQuoted) {
    aofManifest m = {0};
    aofManifestNewIncr(&m, " file seq \n\"\\'\x01\xff.aof ");
    const char *const text =
        "file \" file seq \\n\\\"\\\\'\\x01\\xff.aof .1.incr.aof\" seq 1 type i\n";
    expectText(&m, text);
    aofManifest back;
    aofManifestError error;
    ck_assert_int_eq(aofManifestParse(bytesOfText(text), &back, &error), 0);
    ck_assert_str_eq(back.incrs.items[0].name, m.incrs.items[0].name);
    aofManifestClear(&back);
    aofManifestClear(&m);
}
END_TEST

START_TEST(skipsCommentsAndFurtherPairs) {
    aofManifest m;
    aofManifestError error;
    const char *const text = "# anything\nfile a seq 1 type b newkey newvalue\n";
    ck_assert_int_eq(aofManifestParse(bytesOfText(text), &m, &error), 0);
    ck_assert_str_eq(m.base.name, "a");
    aofManifestClear(&m);
}
END_TEST

START_TEST(saysWhatIsWrongAndWhere) {
    static const char bad[] = "Invalid AOF manifest file format";
    expectError("", 0, "Found an empty AOF manifest");
    expectError("\n", 1, bad);
    expectError("file a seq 1 type i\n\n", 2, bad);
    expectError("filx a seq 1 type b\n", 1, bad);
    expectError("file a type i\n", 1, bad);
    expectError("file a seq 1 type i newkey\n", 1, bad);
    expectError("file a seq 0 type i\n", 1, bad);
    expectError("file a seq x type i\n", 1, bad);
    expectError("file \"a seq 1 type i\n", 1, bad);
    expectError("file \"\" seq 1 type i\n", 1, bad);
    expectError("file \"a\\x00b\" seq 1 type i\n", 1, bad);
    expectError("file a/b seq 1 type i\n", 1, "File can't be a path, just a filename");
    expectError("file a seq 1 type x\n", 1, "Unknown AOF file type");
    expectError("file a seq 1 type b\nfile c seq 2 type b\n", 2,
                "Found duplicate base file information");
    expectError("file a seq 2 type i\nfile c seq 1 type i\n", 2,
                "Found a non-monotonic sequence number");
    expectError("file a seq 2 type i\nfile c seq 2 type i\n", 2,
                "Found a non-monotonic sequence number");
    char name[256] = {0};
    memset(name, 0xff, sizeof name - 1); /* 1,020 bytes with its escapes */
    char text[300];
    snprintf(text, sizeof text, "file %s seq 1 type i\n", name);
    expectError(text, 1, "Found a file name that is too long");
    expectError("file a seq 1 type i", 1, "The AOF manifest file contains too long line");
    char line[1100];
    memset(line, 'x', sizeof line);
    memcpy(line, "file ", 5);
    memcpy(line + 1080, " seq 1 type i\n", 15);
    expectError(line, 1, "The AOF manifest file contains too long line");
}
END_TEST

START_TEST(aNewBaseMakesWhatItStandsForHistory) {
    aofManifest m = {0};
    aofManifestAdoptBase(&m, "old");
    aofManifestNewIncr(&m, "a");
    aofManifestNewIncr(&m, "a");
    ck_assert_str_eq(aofManifestNewBase(&m, "a", true, 1), "a.2.base.rdb");
    expectText(&m, "file a.2.base.rdb seq 2 type b\n"
                   "file a.1.incr.aof seq 1 type h\n"
                   "file old seq 1 type h\n"
                   "file a.2.incr.aof seq 2 type i\n");
    aofManifestDropHistory(&m);
    ck_assert_str_eq(aofManifestNewBase(&m, "a", false, 1), "a.3.base.aof");
    expectText(&m, "file a.3.base.aof seq 3 type b\n"
                   "file a.2.incr.aof seq 2 type h\n"
                   "file a.2.base.rdb seq 2 type h\n");
    aofManifestClear(&m);
}
END_TEST

/* Whatever call fails, the old manifest or the new one is there, as the answer says. */
START_TEST(aFileIsReplacedWholeOrNotAtAll) {
    char folder[] = "/tmp/ebb-test-XXXXXX", path[64], temp[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/m", folder);
    snprintf(temp, sizeof temp, "%s/t", folder);
    faultyFiles files;
    faultyInit(&files);
    aofManifest old = {0}, fresh = {0}, got;
    aofManifestError error;
    aofManifestNewIncr(&old, "old");
    aofManifestNewIncr(&fresh, "new");
    const fileCall calls[] = {FILE_OPEN, FILE_WRITE, FILE_SYNC, FILE_CLOSE, FILE_RENAME};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (int at = 1; at <= 2; at++) {
            faultySet(&files, FAULT_NONE, FILE_OPEN, 0, 0);
            ck_assert_int_eq(aofManifestWrite(&files.ops, path, temp, &old), 0);
            faultySet(&files, FAULT_ONCE, calls[i], at, EIO);
            int err = aofManifestWrite(&files.ops, path, temp, &fresh);
            bool failed = faultySeen(&files, calls[i]) >= at;
            if (!failed) ck_assert_int_eq(err, 0);
            faultySet(&files, FAULT_NONE, FILE_OPEN, 0, 0);
            ck_assert_int_eq(aofManifestRead(&files.ops, path, &got, &error), 0);
            ck_assert_str_eq(got.incrs.items[0].name,
                             err == ERR_IO ? "old.1.incr.aof" : "new.1.incr.aof");
            aofManifestClear(&got);
            ck_assert_int_ne(access(temp, F_OK), 0);
        }
    }
    unlink(path);
    rmdir(folder);
    aofManifestClear(&old);
    aofManifestClear(&fresh);
}
END_TEST

START_TEST(aMissingFileIsNoError) {
    aofManifest m;
    aofManifestError error;
    const fileOps *ops = fileOpsSystem();
    ck_assert_int_eq(aofManifestRead(ops, "/nowhere/m", &m, &error), ERR_NOT_FOUND);
    ck_assert_int_eq(aofManifestRead(ops, "/", &m, &error), ERR_IO);
}
END_TEST

TESTS("aof_manifest", readsBackWhatItWrites, namesWithOddBytesAreQuoted,
      skipsCommentsAndFurtherPairs, saysWhatIsWrongAndWhere, aNewBaseMakesWhatItStandsForHistory,
      aFileIsReplacedWholeOrNotAtAll, aMissingFileIsNoError)
