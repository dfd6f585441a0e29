#include "server/observe/crash_text.h"

#include <unistd.h>

#include "tests/support/suite.h"

static int ends[2];

static void openPipe(void) {
    ck_assert_int_eq(pipe(ends), 0);
}

static void expectWritten(const char *wanted) {
    char text[2048];
    close(ends[1]);
    ssize_t size = read(ends[0], text, sizeof text - 1);
    ck_assert_int_ge(size, 0);
    text[size] = '\0';
    ck_assert_str_eq(text, wanted);
    close(ends[0]);
}

START_TEST(numbersAreWrittenInFull) {
    openPipe();
    crashPutInt(ends[1], INT64_MIN);
    crashPut(ends[1], " ");
    crashPutHex(ends[1], 0x0123456789abcdef);
    crashPut(ends[1], "\n");
    crashPutField(ends[1], "keys", 7);
    expectWritten("-9223372036854775808 0x0123456789abcdef\nkeys:7\n");
}
END_TEST

START_TEST(bytesCannotForgeLines) {
    openPipe();
    crashPutBytes(ends[1], BYTES("a\nb\\\x7f\0\xff z"));
    expectWritten("a\\x0ab\\x5c\\x7f\\x00\\xff z");
}
END_TEST

START_TEST(longBytesAreCut) {
    char value[300], wanted[129 + 3];
    memset(value, 'x', sizeof value);
    memset(wanted, 'x', 128);
    memcpy(wanted + 128, "...", 4);
    openPipe();
    crashPutBytes(ends[1], bytesOf(value, sizeof value));
    expectWritten(wanted);
}
END_TEST

START_TEST(aClosedDescriptorIsNoHarm) {
    crashPut(-1, "lost");
    crashPutInt(-1, 1);
}
END_TEST

TESTS("observe/crash_text", numbersAreWrittenInFull, bytesCannotForgeLines, longBytesAreCut,
      aClosedDescriptorIsNoHarm)
