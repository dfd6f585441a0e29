#include "tests/support/request_check.h"

#include "protocol/resp_parse.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"

enum { FIRST_ROOM = 3, REQUESTS_MAX = 1 << 20 };

/* Everything that was parsed out of an input, as text: what two ways of parsing are compared by. */
typedef struct account {
    char *text;
    size_t size, room;
} account;

static void note(account *a, const void *data, size_t size) {
    if (a->size + size > a->room) {
        a->room = (a->size + size) * 2 + 64;
        a->text = memRealloc(a->text, a->room);
    }
    if (size) memcpy(a->text + a->size, data, size);
    a->size += size;
}

static void noteArgs(account *a, const bytes *argv, int argc) {
    note(a, &argc, sizeof argc);
    for (int i = 0; i < argc; i++) {
        note(a, &argv[i].size, sizeof argv[i].size);
        note(a, argv[i].data, argv[i].size);
    }
}

/* Parses what is whole of in[0..size), which is on the heap and ends where it ends, noting it.
 * False once the input is broken; *done is what was used up. */
static bool parseWhole(account *a, respParser *p, char *in, size_t size, const respLimits *limits,
                       size_t *done) {
    bytes few[FIRST_ROOM];
    *done = 0;
    for (int i = 0; i < REQUESTS_MAX; i++) {
        int argc = 0;
        bytes *argv = NULL;
        const char *error = NULL;
        size_t before = *done;
        respArgs args = {few, few + FIRST_ROOM};
        bytes *big = NULL;
        respResult result = respParse(p, in, size, done, limits, &args, &argc, &argv, &error);
        if (result == RESP_NO_ROOM) {
            ensure(p->args_total > FIRST_ROOM);
            ensure(*done == before);
            big = memAlloc(p->args_total * sizeof *big);
            args = (respArgs){big, big + p->args_total};
            result = respParse(p, in, size, done, limits, &args, &argc, &argv, &error);
            ensure(result == RESP_REQUEST);
            ensure(args.next == args.end);
        }
        if (result == RESP_REQUEST) {
            ensure(*done > before);
            ensure(respParserMemory(p) == 0);
            noteArgs(a, argv, argc);
        }
        memFree(big);
        if (result == RESP_BROKEN) {
            note(a, error, strlen(error));
            return false;
        }
        if (result == RESP_MORE) {
            ensure(*done == before);
            return true;
        }
    }
    return true;
}

static account parseInOne(const uint8_t *data, size_t size, const respLimits *limits) {
    account a = {0};
    respParser p = {0};
    char *in = memAlloc(size + (size == 0));
    if (size) memcpy(in, data, size);
    size_t done;
    parseWhole(&a, &p, in, size, limits, &done);
    respParserClear(&p);
    memFree(in);
    return a;
}

static account parseInPieces(const uint8_t *data, size_t size, const respLimits *limits,
                             uint32_t cuts) {
    account a = {0};
    respParser p = {0};
    char *in = memAlloc(1);
    size_t held = 0, at = 0;
    bool good = true;
    while (good && at < size) {
        cuts = cuts * 1664525 + 1013904223;
        size_t piece = 1 + (cuts >> 16) % ((cuts >> 8) % 4 ? 16 + size / 64 : 4096);
        if (piece > size - at) piece = size - at;
        char *grown = memAlloc(held + piece);
        memcpy(grown, in, held);
        memcpy(grown + held, data + at, piece);
        memFree(in);
        in = grown;
        held += piece;
        at += piece;
        size_t done;
        good = parseWhole(&a, &p, in, held, limits, &done);
        held -= done;
        memmove(in, in + done, held);
    }
    respParserClear(&p);
    memFree(in);
    return a;
}

void requestCheckPieces(const uint8_t *data, size_t size) {
    if (size < 5) return;
    respLimits limits = {.max_bulk = data[0] & 2 ? 1000 : 512 * 1024 * 1024,
                         .stranger = data[0] & 1};
    uint32_t cuts;
    memcpy(&cuts, data + 1, sizeof cuts);
    account whole = parseInOne(data + 5, size - 5, &limits);
    account pieces = parseInPieces(data + 5, size - 5, &limits, cuts);
    ensure(whole.size == pieces.size);
    ensure(whole.size == 0 || memcmp(whole.text, pieces.text, whole.size) == 0);
    memFree(whole.text);
    memFree(pieces.text);
}
