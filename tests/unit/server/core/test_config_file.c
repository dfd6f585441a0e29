/* Files of directives: reading, the command line, rewriting, and the example that is shipped. */
#include <unistd.h>

#include "server/core/config.h"
#include "storage/base/err.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

enum { ROOM = 8192 };

static char folder[] = "/tmp/ebb-config-XXXXXX";
static char path[128];

static void enterFolder(void) {
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    snprintf(path, sizeof path, "%s/test.conf", folder);
}

static void leaveFolder(void) {
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static void writeFile(const char *name, const char *text) {
    FILE *out = fopen(name, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

static void readFile(const char *name, char *out, size_t room) {
    FILE *in = fopen(name, "r");
    ck_assert_ptr_nonnull(in);
    out[fread(out, 1, room - 1, in)] = '\0';
    fclose(in);
}

typedef struct found {
    char text[ROOM];
} found;

static void note(void *ctx, bytes name, bytes value) {
    found *f = ctx;
    (void)name;
    snprintf(f->text, sizeof f->text, "%.*s", (int)value.size, value.data);
}

static void holds(const config *c, const char *name, const char *wanted) {
    found f = {"(none)"};
    bytes pattern = bytesOfText(name);
    configGet(c, &pattern, 1, note, &f);
    ck_assert_str_eq(f.text, wanted);
}

/* Loads a text; "" or the error. */
static const char *load(config *c, const char *text) {
    static char error[ROOM];
    writeFile(path, text);
    error[0] = '\0';
    int err = configLoad(c, path, false, NULL, error, sizeof error);
    ck_assert_int_eq(err < 0, error[0] != '\0');
    return error;
}

START_TEST(readsQuotesCommentsCasesAndRepeatedLines) {
    enterFolder();
    config c;
    configInit(&c);
    ck_assert_str_eq(load(&c,
                          "# a comment\n\n  \t# another\nPORT 7000\r\nrequirepass \"a \\x41\\n\"\n"
                          "unixsocket 'it\\'s'\nhz 1\nhz   2   \nsave 900 1\nsave 60 10\n"
                          "client-output-buffer-limit normal 1mb 0 0\n"
                          "client-output-buffer-limit pubsub 2mb 0 0\n"
                          "bind 1.1.1.1\nbind 127.0.0.1 ::1\nlogfile ''"),
                     "");
    ck_assert_int_eq(c.port, 7000);
    ck_assert(bytesEqual(c.requirepass, BYTES("a A\n")));
    ck_assert_str_eq(c.unixsocket, "it's");
    ck_assert_int_eq(c.hz, 2);
    holds(&c, "save", "900 1 60 10");
    holds(&c, "client-output-buffer-limit",
          "normal 1048576 0 0 slave 268435456 67108864 60 pubsub 2097152 0 0");
    holds(&c, "bind", "127.0.0.1 ::1");
    configClear(&c);
    leaveFolder();
}
END_TEST

START_TEST(emptySaveForgetsWhatStoodBefore) {
    enterFolder();
    config c;
    configInit(&c);
    ck_assert_str_eq(load(&c, "save 900 1\nsave \"\"\n"), "");
    ck_assert_int_eq(c.save_count, 0);
    ck_assert_str_eq(load(&c, "save ''\nsave 1 2\n"), "");
    holds(&c, "save", "1 2");
    configClear(&c);
    leaveFolder();
}
END_TEST

START_TEST(errorsNameLineTextAndReason) {
    static const struct {
        const char *text, *line, *shown, *reason;
    } cases[] = {
        {"port 1\n\n# x\n  hz 10 11 \nfoo\n", "4", "hz 10 11", "wrong number of arguments"},
        {"hz \"10\n", "1", "hz \"10", "Unbalanced quotes in configuration line"},
        {"foo 1\n", "1", "foo 1", "Bad directive or wrong number of arguments"},
        {"include a b\n", "1", "include a b", "Bad directive or wrong number of arguments"},
        {"rename-command get\n", "1", "rename-command get",
         "Bad directive or wrong number of arguments"},
        {"\nport 65536", "2", "port 65536", "argument must be between 0 and 65535 inclusive"},
        {"save 1 2 3\n", "1", "save 1 2 3", "Invalid save parameters"},
        {"replicaof h 70000\n", "1", "replicaof h 70000", "Invalid master port"},
    };
    enterFolder();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        config c;
        configInit(&c);
        char wanted[ROOM];
        snprintf(wanted, sizeof wanted,
                 "\n*** FATAL CONFIG FILE ERROR (Ebb " EBB_VERSION ") ***\n"
                 "Reading the configuration file, at line %s\n>>> '%s'\n%s\n",
                 cases[i].line, cases[i].shown, cases[i].reason);
        ck_assert_str_eq(load(&c, cases[i].text), wanted);
        configClear(&c);
    }
    leaveFolder();
}
END_TEST

START_TEST(includesByNameAndPattern) {
    enterFolder();
    config c;
    configInit(&c);
    writeFile("a1.inc", "hz 20\n");
    writeFile("a2.inc", "hz 30\ntimeout 3\n");
    writeFile("b.inc", "include test.conf\n");
    ck_assert_str_eq(load(&c, "include a*.inc\ninclude none*.inc\n"), "");
    ck_assert_int_eq(c.hz, 30);
    ck_assert_int_eq(c.timeout, 3);
    ck_assert_ptr_nonnull(strstr(load(&c, "include nosuch.inc\n"), "can't open config file"));
    ck_assert_ptr_nonnull(strstr(load(&c, "include b.inc\n"), "include each other"));
    configClear(&c);
    leaveFolder();
}
END_TEST

START_TEST(argumentsBecomeLines) {
    static const struct {
        const char *argv[6], *lines;
    } cases[] = {
        {{"--port", "1", "--hz", "2"}, "port \"1\" \nhz \"2\" "},
        {{"--port", "--hz", "2"}, "port \"--hz\" \"2\" "},
        {{"--save", "--hz", "2"}, "save \"\"\nhz \"2\" "},
        {{"--hz", "2", "--save"}, "hz \"2\" \nsave \"\""},
        {{"--title", "--save", "--save", ""}, "title \"--save\" \nsave \"\" "},
        {{"--maxmemory 1mb", "--hz 3"}, "maxmemory 1mb \nhz 3 "},
        {{"hz", "3"}, "\"hz\" \"3\" "},
        {{"--a", "q\"\n\x01"}, "a \"q\\\"\\n\\x01\" "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int argc = 0;
        char *argv[6];
        for (; argc < 6 && cases[i].argv[argc]; argc++) argv[argc] = memText(cases[i].argv[argc]);
        char *lines = configOptions(argc, argv);
        ck_assert_str_eq(lines, cases[i].lines);
        memFree(lines);
        for (int j = 0; j < argc; j++) memFree(argv[j]);
    }
}
END_TEST

static void noteExtra(void *ctx, const char *first, const char *second) {
    char *out = ctx;
    size_t size = strlen(out);
    snprintf(out + size, 256 - size, "[%s|%s]", first, second);
}

static void noteInert(void *ctx, const char *name) {
    noteExtra(ctx, name, "");
}

START_TEST(directivesWithoutEffectAreKnownByName) {
    enterFolder();
    config c;
    configInit(&c);
    char inert[256] = "", renames[256] = "", users[256] = "";
    configEachInert(&c, noteInert, inert);
    ck_assert_str_eq(inert, "");
    ck_assert_str_eq(load(&c, "appendonly yes\ntls-port 1\nuser bob on >x\nuser eve off\n"
                              "rename-command get fetch\nrename-command set ''\n"),
                     "");
    configEachInert(&c, noteInert, inert);
    configEachExtra(&c, "rename-command", noteExtra, renames);
    configEachExtra(&c, "user", noteExtra, users);
    ck_assert_str_eq(inert, "[tls-port|][user|]");
    ck_assert_str_eq(renames, "[get|fetch][set|]");
    ck_assert_str_eq(users, "[bob on >x|][eve off|]");
    configClear(&c);
    leaveFolder();
}
END_TEST

static void setOne(config *c, const char *name, const char *value) {
    char error[ROOM];
    bytes n = bytesOfText(name), v = bytesOfText(value);
    ck_assert_int_eq(configSet(c, &n, &v, 1, true, error, sizeof error), 0);
}

START_TEST(rewriteKeepsPlacesAndBlanksWhatIsGone) {
    enterFolder();
    config c;
    configInit(&c);
    char error[ROOM], text[ROOM], wanted[ROOM];
    ck_assert_str_eq(load(&c,
                          "# top\nhz 20\nsave 900 1\nsave 60 10\n# mid\ninclude none*\n"
                          "hash-max-ziplist-entries 9\nuser a on\nmaxmemory 1mb\nmaxmemory 2mb"),
                     "");
    setOne(&c, "save", "1 2");
    setOne(&c, "hz", "10");
    setOne(&c, "requirepass", "a b\"c");
    setOne(&c, "maxmemory-clients", "5%");
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    readFile(path, text, sizeof text);
    snprintf(wanted, sizeof wanted,
             "# top\nhz 10\nsave 1 2\n\n# mid\ninclude none*\nhash-max-listpack-entries 9\n"
             "user a on\nmaxmemory 2mb\n\n\n# Generated by CONFIG REWRITE\n"
             "requirepass \"a b\\\"c\"\ndir \"%s\"\nmaxmemory-clients 5%%\n",
             folder);
    ck_assert_str_eq(text, wanted);
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    readFile(path, text, sizeof text);
    ck_assert_str_eq(text, wanted);
    configClear(&c);
    leaveFolder();
}
END_TEST

START_TEST(rewriteKeepsHowMaxmemoryWasWritten) {
    enterFolder();
    config c;
    configInit(&c);
    char error[ROOM], text[ROOM];
    ck_assert_str_eq(load(&c, "maxmemory auto\n"), "");
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    readFile(path, text, sizeof text);
    ck_assert_int_eq(strncmp(text, "maxmemory auto\n", 15), 0);
    setOne(&c, "maxmemory", "70%");
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    readFile(path, text, sizeof text);
    ck_assert_int_eq(strncmp(text, "maxmemory 70%\n", 14), 0);
    configClear(&c);
    leaveFolder();
}
END_TEST

START_TEST(rewriteWritesAllSavePointsOrNone) {
    enterFolder();
    config c, again;
    char error[ROOM], text[ROOM];
    configInit(&c);
    configInit(&again);
    ck_assert_str_eq(load(&c, "save 900 1\nhz 20"), "");
    setOne(&c, "save", "3600 1 300 100 60 10000");
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    ck_assert_int_eq(configLoad(&again, path, false, NULL, error, sizeof error), 0);
    holds(&again, "save", "3600 1 300 100 60 10000");
    configClear(&c);
    configInit(&c);
    ck_assert_str_eq(load(&c, "hz 20"), "");
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    readFile(path, text, sizeof text);
    ck_assert_ptr_null(strstr(text, "save"));
    configClear(&c);
    configClear(&again);
    leaveFolder();
}
END_TEST

typedef struct comparing {
    const config *with;
} comparing;

static void compareOne(void *ctx, bytes name, bytes value) {
    comparing *both = ctx;
    char *n = bytesToText(name), *v = bytesToText(value);
    holds(both->with, n, v);
    memFree(n);
    memFree(v);
}

static void areEqual(const config *a, const config *b) {
    comparing both = {.with = b};
    bytes all = BYTES("*");
    configGet(a, &all, 1, compareOne, &both);
}

START_TEST(rewrittenFileGivesTheSameValues) {
    enterFolder();
    static const char *const changes[][2] = {
        {"save", ""},
        {"shutdown-on-sigterm", "nosave now"},
        {"timeout", "7"},
        {"client-output-buffer-limit", "replica 1kb 2 3"},
        {"bind", ""},
        {"notify-keyspace-events", "KEx$"},
        {"maxmemory", "3gb"},
        {"latency-tracking-info-percentiles", ""},
        {"masterauth", "\x01 \\ \" '"},
    };
    for (int everything = 0; everything < 2; everything++) {
        config c, again;
        char error[ROOM];
        configInit(&c);
        configInit(&again);
        ck_assert_str_eq(load(&c, everything ? "" : "replicaof 127.0.0.1 7\nunixsocketperm 700\n"),
                         "");
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
            setOne(&c, changes[i][0], changes[i][1]);
        ck_assert_int_eq(configRewrite(&c, everything, error, sizeof error), 0);
        error[0] = '\0';
        configLoad(&again, path, false, NULL, error, sizeof error);
        ck_assert_str_eq(error, "");
        areEqual(&c, &again);
        configClear(&c);
        configClear(&again);
    }
    leaveFolder();
}
END_TEST

START_TEST(passwordsKeepTheirZeros) {
    enterFolder();
    config c, again;
    char error[ROOM];
    configInit(&c);
    configInit(&again);
    ck_assert_str_eq(load(&c, "requirepass \"\\x00a\"\n"), "");
    ck_assert(bytesEqual(c.requirepass, BYTES("\0a")));
    bytes names[] = {BYTES("requirepass"), BYTES("masterauth"), BYTES("timeout")};
    bytes values[] = {BYTES("\0b"), BYTES("c\0"), BYTES("-1")};
    /* What is taken back has its zeros, too. */
    ck_assert_int_lt(configSet(&c, names, values, 3, false, error, sizeof error), 0);
    ck_assert(bytesEqual(c.requirepass, BYTES("\0a")));
    ck_assert_int_eq(configSet(&c, names, values, 2, false, error, sizeof error), 0);
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    ck_assert_int_eq(configLoad(&again, path, false, NULL, error, sizeof error), 0);
    ck_assert(bytesEqual(again.requirepass, BYTES("\0b")));
    ck_assert(bytesEqual(configBytes(&again, "masterauth"), BYTES("c\0")));
    configClear(&c);
    configClear(&again);
    leaveFolder();
}
END_TEST

START_TEST(rewriteNeedsAFileAndWritesOneThatIsGone) {
    enterFolder();
    config c;
    configInit(&c);
    char error[ROOM], text[ROOM];
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), ERR_NOT_FOUND);
    ck_assert_str_eq(error, "The server is running without a config file");
    ck_assert_str_eq(load(&c, "hz 20\n"), "");
    unlink(path);
    ck_assert_int_eq(configRewrite(&c, false, error, sizeof error), 0);
    readFile(path, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "\nhz 20\n"));
    configClear(&c);
    leaveFolder();
}
END_TEST

/* ---- redis.conf.example ---- */

static char example[64 * 1024];

static void hasLine(void *ctx, const char *name, const char *alias) {
    (void)ctx;
    (void)alias;
    char line[128];
    snprintf(line, sizeof line, "\n%s ", name);
    ck_assert_msg(strstr(example, line), "%s is not in redis.conf.example", name);
}

START_TEST(exampleHasEveryDirectiveAndGivesTheDefaults) {
    config c, defaults;
    char error[ROOM] = "";
    readFile(EBB_SOURCE "/redis.conf.example", example, sizeof example);
    configEachName(hasLine, NULL);
    configInit(&c);
    configInit(&defaults);
    /* An unknown directive would be an error here. */
    configLoad(&c, EBB_SOURCE "/redis.conf.example", false, NULL, error, sizeof error);
    ck_assert_str_eq(error, "");
    areEqual(&defaults, &c);
    holds(&c, "watchdog-period", "0");
    configClear(&c);
    configClear(&defaults);
}
END_TEST

TESTS("config file", readsQuotesCommentsCasesAndRepeatedLines, emptySaveForgetsWhatStoodBefore,
      errorsNameLineTextAndReason, includesByNameAndPattern, argumentsBecomeLines,
      directivesWithoutEffectAreKnownByName, rewriteKeepsPlacesAndBlanksWhatIsGone,
      rewriteKeepsHowMaxmemoryWasWritten, rewriteWritesAllSavePointsOrNone,
      rewrittenFileGivesTheSameValues, passwordsKeepTheirZeros,
      rewriteNeedsAFileAndWritesOneThatIsGone, exampleHasEveryDirectiveAndGivesTheDefaults)
