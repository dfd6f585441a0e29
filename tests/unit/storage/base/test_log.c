#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#include "storage/base/err.h"
#include "storage/base/log.h"
#include "tests/support/suite.h"

static char path[64];
static char content[16 * 1024];

static void openLogAt(logLevel level) {
    snprintf(path, sizeof path, "/tmp/ebb-test-log-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    logSettings settings = {.level = level, .file = path, .role = 'M'};
    ck_assert_int_eq(logConfigure(&settings), ERR_OK);
}

static const char *readLog(void) {
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ssize_t size = read(fd, content, sizeof content - 1);
    ck_assert_int_ge(size, 0);
    content[size] = '\0';
    close(fd);
    unlink(path);
    return content;
}

static void assertMatches(const char *text, const char *pattern) {
    regex_t regex;
    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    ck_assert_msg(regexec(&regex, text, 0, NULL, 0) == 0, "'%s' is not %s", text, pattern);
    regfree(&regex);
}

#define DATE "[0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}"

START_TEST(lineHasPidRoleDateAndLevel) {
    openLogAt(LOG_DEBUG_);
    logLine(LOG_NOTICE, "Ready to accept %s", "connections");
    const char *text = readLog();
    assertMatches(text, "^[0-9]+:M " DATE " \\* Ready to accept connections\n$");
    ck_assert_int_eq((int)strtol(text, NULL, 10), getpid());
}
END_TEST

static void openRecordLog(logFormat format) {
    openLogAt(LOG_DEBUG_);
    logSettings record = {.level = LOG_DEBUG_, .format = format, .file = path, .role = 'M'};
    ck_assert_int_eq(logConfigure(&record), ERR_OK);
}

#define UTC "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z"

START_TEST(linesForMachinesAreWellFormed) {
    openRecordLog(LOG_LOGFMT);
    logLine(LOG_NOTICE, "it's \"ready\"");
    assertMatches(readLog(), "^time=" UTC " level=notice pid=[0-9]+ role=primary "
                             "msg=\"it's \\\\\"ready\\\\\"\"\n$");
    openRecordLog(LOG_JSON);
    logSetRole('S');
    logLine(LOG_WARN, "a\\b\tc\nd\x01 \xc3\xa4 \xff\xc0\x80 \xed\xa0\x80");
    assertMatches(readLog(),
                  "^\\{\"time\":\"" UTC "\",\"level\":\"warning\",\"pid\":[0-9]+,"
                  "\"role\":\"replica\",\"msg\":\"a\\\\\\\\b\\\\u0009c d\\\\u0001 \xc3\xa4 "
                  "\\\\u00ff\\\\u00c0\\\\u0080 \\\\u00ed\\\\u00a0\\\\u0080\"\\}\n$");
}
END_TEST

START_TEST(theLongestLineFits) {
    openRecordLog(LOG_JSON);
    char text[4000];
    memset(text, 1, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    logLine(LOG_NOTICE, "%s", text);
    const char *line = readLog();
    ck_assert_uint_gt(strlen(line), 6000);
    ck_assert_str_eq(line + strlen(line) - 3, "\"}\n");
}
END_TEST

START_TEST(eachLevelHasItsSign) {
    openLogAt(LOG_DEBUG_);
    logSetRole('S');
    logLine(LOG_DEBUG_, "a");
    logLine(LOG_VERBOSE, "b");
    logLine(LOG_NOTICE, "c");
    logLine(LOG_WARN, "d");
    assertMatches(readLog(), "^[0-9]+:S " DATE " \\. a\n[0-9]+:S " DATE " - b\n[0-9]+:S " DATE
                             " \\* c\n[0-9]+:S " DATE " # d\n$");
}
END_TEST

START_TEST(linesUnderTheLevelAreDropped) {
    openLogAt(LOG_NOTICE);
    logLine(LOG_DEBUG_, "no");
    logLine(LOG_VERBOSE, "no");
    logLine(LOG_VERBOSE | LOG_RAW, "no");
    logFromSignal(LOG_VERBOSE, "no");
    logLine(LOG_NOTICE | LOG_RAW, "yes\n");
    ck_assert(!logEnabled(LOG_VERBOSE | LOG_RAW));
    ck_assert(logEnabled(LOG_WARN));
    ck_assert_str_eq(readLog(), "yes\n");
}
END_TEST

START_TEST(levelNothingSilencesWarnings) {
    openLogAt(LOG_NOTHING);
    logLine(LOG_WARN, "no");
    logFromSignal(LOG_WARN, "no");
    ck_assert_str_eq(readLog(), "");
}
END_TEST

START_TEST(textCannotForgeALine) {
    openLogAt(LOG_NOTICE);
    logLine(LOG_NOTICE, "client %s", "x\r\n1:M fake * line\n");
    assertMatches(readLog(), "^[0-9]+:M " DATE " \\* client x  1:M fake \\* line \n$");
}
END_TEST

START_TEST(longTextIsCutToOneKilobyte) {
    char text[5000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    openLogAt(LOG_NOTICE);
    logLine(LOG_NOTICE | LOG_RAW, "%s", text);
    ck_assert_uint_eq(strlen(readLog()), 1023);
    openLogAt(LOG_NOTICE);
    logLine(LOG_NOTICE, "%s", text);
    const char *written = readLog();
    ck_assert_uint_eq(strlen(strchr(written, '*') + 2), 1024);
    ck_assert_int_eq(written[strlen(written) - 1], '\n');
}
END_TEST

START_TEST(fileMovedAwayIsMadeAnew) {
    openLogAt(LOG_NOTICE);
    logLine(LOG_NOTICE | LOG_RAW, "before");
    unlink(path);
    logLine(LOG_NOTICE | LOG_RAW, "af");
    logLine(LOG_NOTICE | LOG_RAW, "ter");
    ck_assert_str_eq(readLog(), "after");
}
END_TEST

START_TEST(unusableFileIsRefusedAndTheOldOneKept) {
    openLogAt(LOG_NOTICE);
    logSettings bad = {.level = LOG_WARN, .file = "/nowhere/at/all/log", .role = 'M'};
    ck_assert_int_eq(logConfigure(&bad), ERR_IO);
    ck_assert_int_eq(errno, ENOENT);
    logLine(LOG_NOTICE | LOG_RAW, "kept");
    ck_assert_str_eq(readLog(), "kept");
}
END_TEST

START_TEST(emptyFileMeansStandardOutput) {
    openLogAt(LOG_NOTICE);
    int out = dup(STDOUT_FILENO);
    int fd = open(path, O_WRONLY | O_APPEND);
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    logSettings settings = {.level = LOG_NOTICE, .file = "", .role = 'C'};
    ck_assert_int_eq(logConfigure(&settings), ERR_OK);
    logLine(LOG_NOTICE, "seen");
    logCloseFd(logOpenFd()); /* Must leave standard output open. */
    logLine(LOG_NOTICE | LOG_RAW, "twice");
    dup2(out, STDOUT_FILENO);
    close(out);
    close(fd);
    assertMatches(readLog(), "^[0-9]+:C " DATE " \\* seen\ntwice$");
}
END_TEST

START_TEST(signalLineHasItsOwnHeader) {
    openLogAt(LOG_NOTICE);
    logFromSignal(LOG_WARN, "Received SIGTERM");
    logFromSignal(LOG_WARN | LOG_RAW, "raw");
    int fd = logOpenFd();
    ck_assert_int_gt(fd, 2);
    ck_assert_int_eq(write(fd, "+fd", 3), 3);
    logCloseFd(fd);
    assertMatches(readLog(), "^[0-9]+:signal-handler \\([0-9]{9,}\\) Received SIGTERM\nraw\\+fd$");
}
END_TEST

TESTS("log", linesForMachinesAreWellFormed, theLongestLineFits, lineHasPidRoleDateAndLevel,
      eachLevelHasItsSign, linesUnderTheLevelAreDropped, levelNothingSilencesWarnings,
      textCannotForgeALine, longTextIsCutToOneKilobyte, fileMovedAwayIsMadeAnew,
      unusableFileIsRefusedAndTheOldOneKept, emptyFileMeansStandardOutput,
      signalLineHasItsOwnHeader)
