/* LCS: the longest common subsequence of two strings. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

typedef struct lcsOptions {
    bool length, ranges, match_lengths;
    int64_t min_match;
} lcsOptions;

/* lengths[i * (b.size + 1) + j]: of the LCS of the first i bytes of a and the first j of b. Of
 * only two rows, in turn, where nobody walks back through it. */
typedef struct lcsTable {
    bytes a, b;
    uint32_t *lengths;
    size_t rows;
} lcsTable;

static uint32_t lengthAt(const lcsTable *t, size_t i, size_t j) {
    return t->lengths[i * (t->b.size + 1) + j];
}

static bool parseOptions(client *c, lcsOptions *o) {
    *o = (lcsOptions){0};
    for (int i = 3; i < c->argc; i++) {
        if (argIs(c, i, "IDX")) {
            o->ranges = true;
        } else if (argIs(c, i, "LEN")) {
            o->length = true;
        } else if (argIs(c, i, "WITHMATCHLEN")) {
            o->match_lengths = true;
        } else if (argIs(c, i, "MINMATCHLEN") && i + 1 < c->argc) {
            if (!argInt(c, ++i, &o->min_match, NULL)) return false;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    if (!o->length || !o->ranges) return true;
    replyError(c, "ERR If you want both the length and indexes, please just use IDX.");
    return false;
}

/* Room for the table. The limit is the same whether all rows are kept or not: whether a call is
 * refused shall not depend on what it asks for. */
static bool makeTable(client *c, lcsTable *t, bool keep_rows) {
    uint64_t cells, size;
    if (t->a.size >= UINT32_MAX - 1 || t->b.size >= UINT32_MAX - 1) {
        replyError(c, "ERR String too long for LCS");
        return false;
    }
    bool too_big = __builtin_mul_overflow(t->a.size + 1, t->b.size + 1, &cells) ||
                   __builtin_mul_overflow(cells, sizeof *t->lengths, &size) ||
                   size > (uint64_t)c->server->config.proto_max_bulk_len;
    if (too_big) {
        replyError(c, "ERR Insufficient memory, transient memory for LCS exceeds "
                      "proto-max-bulk-len");
        return false;
    }
    t->rows = keep_rows ? t->a.size + 1 : 2;
    t->lengths = memTryAlloc(t->rows * (t->b.size + 1) * sizeof *t->lengths);
    if (t->lengths) return true;
    replyError(c, "ERR Insufficient memory, failed allocating transient memory for LCS");
    return false;
}

/* Fills the table; the length of the whole LCS. */
static uint32_t fillTable(lcsTable *t) {
    size_t width = t->b.size + 1;
    uint32_t *row = t->lengths;
    memset(row, 0, width * sizeof *row);
    for (size_t i = 1; i <= t->a.size; i++) {
        const uint32_t *above = row;
        char byte = t->a.data[i - 1];
        row = t->lengths + i % t->rows * width;
        row[0] = 0;
        for (size_t j = 1; j < width; j++) {
            uint32_t longer = above[j] > row[j - 1] ? above[j] : row[j - 1];
            row[j] = byte == t->b.data[j - 1] ? above[j - 1] + 1 : longer;
        }
    }
    return row[width - 1];
}

/* Walks back from the ends (i, j) over what is in only one of them, to the end of the next run of
 * equal bytes; the length of that run, 0 at the beginning. */
static size_t previousRun(const lcsTable *t, size_t *i, size_t *j) {
    while (*i && *j && t->a.data[*i - 1] != t->b.data[*j - 1]) {
        if (lengthAt(t, *i - 1, *j) > lengthAt(t, *i, *j - 1))
            (*i)--;
        else
            (*j)--;
    }
    size_t run = 0;
    while (run < *i && run < *j && t->a.data[*i - run - 1] == t->b.data[*j - run - 1]) run++;
    return run;
}

static void replyText(client *c, const lcsTable *t, uint32_t length) {
    char *text = memAlloc(length ? length : 1);
    size_t i = t->a.size, j = t->b.size, run, at = length;
    while ((run = previousRun(t, &i, &j))) {
        at -= run;
        i -= run;
        j -= run;
        memcpy(text + at, t->a.data + i, run);
    }
    replyBulk(c, bytesOf(text, length));
    memFree(text);
}

static void replyRange(client *c, size_t end, size_t run) {
    replyArray(c, 2);
    replyInteger(c, (int64_t)(end - run));
    replyInteger(c, (int64_t)end - 1);
}

/* Runs that are at least as long as asked for, the last one first. */
static void replyRanges(client *c, const lcsTable *t, const lcsOptions *o, uint32_t length) {
    replyMap(c, 2);
    replyBulkText(c, "matches");
    replyHole hole = replyOpen(c);
    size_t i = t->a.size, j = t->b.size, run, count = 0;
    while ((run = previousRun(t, &i, &j))) {
        if ((int64_t)run >= o->min_match) {
            replyArray(c, o->match_lengths ? 3 : 2);
            replyRange(c, i, run);
            replyRange(c, j, run);
            if (o->match_lengths) replyInteger(c, (int64_t)run);
            count++;
        }
        i -= run;
        j -= run;
    }
    replyClose(c, hole, RESP_ARRAY, count);
    replyBulkText(c, "len");
    replyInteger(c, length);
}

/* The bytes under a key, none where it is absent. False if it is no string. */
static bool readString(client *c, int index, char *scratch, bytes *out) {
    const entry *e = keyRead(c, argKey(c, index));
    if (e && entryType(e) != TYPE_STRING) return false;
    *out = e ? entryString(e, scratch) : bytesOf("", 0);
    return true;
}

/* LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]
 * Replies with the subsequence, with its length (LEN), or with where it lies in both (IDX). */
static void lcsCommand(client *c) {
    char first[NUM_INT_MAX], second[NUM_INT_MAX];
    lcsOptions o;
    lcsTable t;
    if (!readString(c, 1, first, &t.a) || !readString(c, 2, second, &t.b)) {
        replyError(c, "ERR The specified keys must contain string values");
        return;
    }
    if (!parseOptions(c, &o) || !makeTable(c, &t, !o.length)) return;
    uint32_t length = fillTable(&t);
    if (o.ranges)
        replyRanges(c, &t, &o, length);
    else if (o.length)
        replyInteger(c, length);
    else
        replyText(c, &t, length);
    memFree(t.lengths);
}

const commandSpec lcsCommands[] = {
    {.name = "lcs",
     .arity = -3,
     .run = lcsCommand,
     .flags = CMD_READONLY,
     .acl = ACL_STRING,
     .keys = {{.first = 1, .last = 1, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {0},
};
