#include "protocol/resp_parse.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/rng.h"
#include "tests/support/request_check.h"
#include "tests/support/suite.h"

enum { REQUESTS = 12, TEXT_MAX = 4 * 1024 * 1024, ARGS_MAX = 3000, VALUES = 64 * 1024 };

/* Requests as their client means them, and as bytes. */
typedef struct traffic {
    rng r;
    char *text;
    size_t size;
    size_t ends[REQUESTS]; /* of each request in the text */
    bytes args[REQUESTS][ARGS_MAX];
    int counts[REQUESTS];
    char values[VALUES];
} traffic;

static void put(traffic *t, bytes data) {
    ensure(t->size + data.size <= TEXT_MAX);
    if (data.size) memcpy(t->text + t->size, data.data, data.size);
    t->size += data.size;
}

static void putCount(traffic *t, char type, size_t count) {
    char line[32];
    put(t, bytesOf(line, (size_t)snprintf(line, sizeof line, "%c%zu\r\n", type, count)));
}

/* Values lie in one run of random bytes, where CR, LF, '$' and quotes are common. */
static bytes randomValue(traffic *t, size_t max) {
    static const size_t edges[] = {0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 10000};
    size_t size = rngBelow(&t->r, 24);
    if (rngBelow(&t->r, 8) == 0) size = edges[rngBelow(&t->r, sizeof edges / sizeof edges[0])];
    if (size > max) size = max;
    return bytesOf(t->values + rngBelow(&t->r, VALUES - size), size);
}

static void putQuoted(traffic *t, bytes word) {
    if (rngBelow(&t->r, 2)) {
        put(t, BYTES("'"));
        for (size_t i = 0; i < word.size; i++) {
            if (word.data[i] == '\'') put(t, BYTES("\\"));
            put(t, bytesOf(word.data + i, 1));
        }
        put(t, BYTES("'"));
        return;
    }
    put(t, BYTES("\""));
    for (size_t i = 0; i < word.size; i++) {
        char escape[8];
        int size = snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)word.data[i]);
        put(t, bytesOf(escape, (size_t)size));
    }
    put(t, BYTES("\""));
}

/* Single quotes can carry neither a line's end nor a backslash, so inline words have none. */
static bytes randomWord(traffic *t) {
    for (;;) {
        bytes word = randomValue(t, 100);
        bool fits = word.size == 0 ||
                    (!memchr(word.data, '\n', word.size) && !memchr(word.data, '\\', word.size));
        if (fits) return word;
    }
}

static void renderRequest(traffic *t, int i) {
    uint64_t way = rngBelow(&t->r, 10);
    int count = (int)rngBelow(&t->r, 6);
    if (way == 0) count = 30 + (int)rngBelow(&t->r, 6);
    if (way == 1) count = (int)rngBelow(&t->r, ARGS_MAX);
    t->counts[i] = count;
    if (way > 1 && way < 5) {
        for (int j = 0; j < count; j++) {
            t->args[i][j] = randomWord(t);
            put(t, j || rngBelow(&t->r, 2) ? BYTES(" \t") : BYTES(""));
            putQuoted(t, t->args[i][j]);
        }
        put(t, rngBelow(&t->r, 2) ? BYTES("\r\n") : BYTES("\n"));
    } else {
        putCount(t, '*', (size_t)count);
        for (int j = 0; j < count; j++) {
            t->args[i][j] = randomValue(t, way == 1 ? 100 : VALUES - 1);
            putCount(t, '$', t->args[i][j].size);
            put(t, t->args[i][j]);
            put(t, BYTES("\r\n"));
        }
    }
    t->ends[i] = t->size;
}

static void checkRequest(const traffic *t, int i, const bytes *argv, int argc) {
    ck_assert_int_eq(argc, t->counts[i]);
    bool same = true;
    for (int j = 0; j < argc; j++) same = same && bytesEqual(argv[j], t->args[i][j]);
    ck_assert(same);
}

/* Feeds the text in random pieces, each time in a new place, and checks what comes out. */
static void feedInPieces(traffic *t) {
    static const uint64_t steps[] = {8, 200, 20000, TEXT_MAX};
    uint64_t step = steps[rngBelow(&t->r, 4)];
    if (step < t->size / 256) step = t->size / 256;
    respParser p = {0};
    respLimits limits = {.max_bulk = VALUES};
    bytes *room = memAlloc(ARGS_MAX * sizeof *room);
    size_t start = 0, held = 0;
    for (int done = 0; done < REQUESTS;) {
        held += 1 + rngBelow(&t->r, step);
        if (p.wanted && rngBelow(&t->r, 2)) held = start + p.wanted;
        if (held > t->size) held = t->size;
        char *in = memAlloc(held - start + 1);
        memcpy(in, t->text + start, held - start);
        size_t pos = 0;
        for (; done < REQUESTS; done++) {
            int argc;
            bytes *argv;
            const char *error;
            respArgs args = {room, room + (rngBelow(&t->r, 2) ? 4 : ARGS_MAX)};
            size_t begin = start + pos;
            respResult result =
                respParse(&p, in, held - start, &pos, &limits, &args, &argc, &argv, &error);
            if (result == RESP_NO_ROOM) {
                ck_assert_uint_eq(p.args_total, (size_t)t->counts[done]);
                args.end = room + ARGS_MAX;
                result =
                    respParse(&p, in, held - start, &pos, &limits, &args, &argc, &argv, &error);
            }
            if (result == RESP_MORE) {
                ck_assert_uint_lt(held, t->ends[done]);
                ck_assert_uint_le(p.wanted, t->ends[done] - begin);
                break;
            }
            ck_assert_int_eq(result, RESP_REQUEST);
            ck_assert_uint_eq(start + pos, t->ends[done]);
            checkRequest(t, done, argv, argc);
        }
        start += pos;
        memFree(in);
    }
    ck_assert_uint_eq(respParserMemory(&p), 0);
    memFree(room);
}

START_TEST(givesTheRequestsThatWereSentHoweverTheyAreCut) {
    traffic *t = memAlloc(sizeof *t);
    rngSeed(&t->r, suiteSeed());
    t->text = memAlloc(TEXT_MAX);
    static const char common[] = "\r\n$*'\" \\";
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t any = rngNext(&t->r);
        t->values[i] = any & 0x100 ? common[any % (sizeof common - 1)] : (char)any;
    }
    for (uint64_t round = suiteRounds(400); round; round--) {
        t->size = 0;
        for (int i = 0; i < REQUESTS; i++) renderRequest(t, i);
        feedInPieces(t);
    }
    memFree(t->text);
    memFree(t);
}
END_TEST

START_TEST(judgesGarbageAlikeInOneAndInPieces) {
    static const char *const words[] = {
        "*",  "$", "\r\n", "\n",     "\r", "1",  "2", "-1",   "0",       "ab",
        "\"", "'", " ",    "*1\r\n", "\\", "$1", "9", "*2\r", "*40\r\n", "$1\r\na\r\n"};
    rng r;
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(60000); round; round--) {
        char text[2048];
        size_t size = 0;
        for (; size < 5; size++) text[size] = (char)rngNext(&r);
        for (uint64_t left = rngBelow(&r, 80); left; left--) {
            const char *word = words[rngBelow(&r, sizeof words / sizeof words[0])];
            size_t length = strlen(word);
            memcpy(text + size, word, length);
            size += length;
            if (rngBelow(&r, 20) == 0) text[size++] = (char)rngNext(&r);
        }
        requestCheckPieces((const uint8_t *)text, size);
    }
}
END_TEST

TESTS("requests", givesTheRequestsThatWereSentHoweverTheyAreCut, judgesGarbageAlikeInOneAndInPieces)
