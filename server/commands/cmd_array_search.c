/* Commands that go over the elements of an array: ARSCAN, ARGREP and AROP. */
#include <math.h>

#include "server/commands/array_args.h"
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/glob.h"
#include "storage/base/num.h"
#include "storage/base/regex.h"

static bool argLimit(client *c, int index, uint64_t *limit) {
    int64_t value;
    if (!argIntIn(c, index, 1, INT64_MAX, &value, "ERR LIMIT must be a positive integer"))
        return false;
    *limit = (uint64_t)value;
    return true;
}

/* ARSCAN key start end [LIMIT limit]
 * Replies with the elements of the range as pairs, downwards if start > end. */
static void arscanCommand(client *c) {
    uint64_t from, to, limit = UINT64_MAX;
    const entry *e;
    if (!argArrayIndex(c, 2, &from) || !argArrayIndex(c, 3, &to)) return;
    if (c->argc != 4 && (c->argc != 6 || !argIs(c, 4, "LIMIT"))) {
        replySyntaxError(c);
        return;
    }
    if (c->argc == 6 && !argLimit(c, 5, &limit)) return;
    if (!arrayRead(c, 1, &e)) return;
    if (!e) {
        replyArray(c, 0);
        return;
    }
    replyHole hole = replyOpen(c);
    arrayIterator it;
    uint64_t index, count = 0;
    bytes value;
    arrayIterate(&it, e, from, to);
    for (; count < limit && arrayNext(&it, &index, &value); count++)
        replyArrayPair(c, index, value);
    replyClose(c, hole, RESP_ARRAY, count);
}

/* ---- ARGREP ---- */

/* Tests of one call, and bytes of a regular expression. */
enum { GREP_TESTS_MAX = 250, GREP_RE_MAX = 2048 };

typedef enum grepKind { GREP_EXACT, GREP_MATCH, GREP_GLOB, GREP_RE } grepKind;

typedef struct grepTest {
    grepKind kind;
    bytes pattern;
    regex *re; /* of GREP_RE */
} grepTest;

typedef struct grep {
    uint64_t from, to, limit;
    bool all, values, ignore_case; /* all: AND */
    grepTest tests[GREP_TESTS_MAX];
    int count;
} grep;

/* "-" and "+" stand for the first and the last index there can be. */
static bool argBound(client *c, int index, uint64_t *out) {
    if (argIs(c, index, "-")) {
        *out = 0;
    } else if (argIs(c, index, "+")) {
        *out = ARRAY_INDEX_MAX;
    } else {
        return argArrayIndex(c, index, out);
    }
    return true;
}

static bool argTest(const client *c, int index, grepKind *kind) {
    static const char *const names[] = {"EXACT", "MATCH", "GLOB", "RE"};
    for (int i = 0; i < 4; i++) {
        if (!argIs(c, index, names[i])) continue;
        *kind = (grepKind)i;
        return true;
    }
    return false;
}

static bool addTest(client *c, grep *g, grepKind kind, bytes pattern) {
    if (g->count == GREP_TESTS_MAX) {
        replyErrorFormat(c, "ERR too many predicates, maximum is %d", GREP_TESTS_MAX);
        return false;
    }
    g->tests[g->count++] = (grepTest){kind, pattern, NULL};
    return true;
}

/* Tests and options, in any order. False after replying. */
static bool parseGrep(client *c, grep *g) {
    for (int i = 4; i < c->argc; i++) {
        bool has_value = i + 1 < c->argc;
        grepKind kind;
        if (has_value && argTest(c, i, &kind)) {
            if (!addTest(c, g, kind, c->argv[++i])) return false;
        } else if (has_value && argIs(c, i, "LIMIT")) {
            if (!argLimit(c, ++i, &g->limit)) return false;
        } else if (argIs(c, i, "AND")) {
            g->all = true;
        } else if (argIs(c, i, "OR")) {
            g->all = false;
        } else if (argIs(c, i, "WITHVALUES")) {
            g->values = true;
        } else if (argIs(c, i, "NOCASE")) {
            g->ignore_case = true;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    if (g->count == 0) replySyntaxError(c);
    return g->count > 0;
}

static bool compileRegex(client *c, grepTest *t, bool ignore_case) {
    if (t->pattern.size == 0) {
        replyError(c, "ERR regular expression is empty");
        return false;
    }
    if (t->pattern.size > GREP_RE_MAX) {
        replyErrorFormat(c, "ERR regular expression is too long, maximum is %d bytes", GREP_RE_MAX);
        return false;
    }
    const char *reason;
    t->re = regexNew(t->pattern, ignore_case, &reason);
    if (!t->re) replyErrorFormat(c, "ERR invalid regular expression: %s", reason);
    return t->re;
}

static bool compileTests(client *c, grep *g) {
    for (int i = 0; i < g->count; i++)
        if (g->tests[i].kind == GREP_RE && !compileRegex(c, &g->tests[i], g->ignore_case))
            return false;
    return true;
}

static bool contains(bytes text, bytes part, bool ignore_case) {
    if (part.size == 0) return true;
    if (!ignore_case) return memmem(text.data, text.size, part.data, part.size) != NULL;
    for (size_t at = 0; at + part.size <= text.size; at++)
        if (strncasecmp(text.data + at, part.data, part.size) == 0) return true;
    return false;
}

static bool equals(bytes text, bytes other, bool ignore_case) {
    if (!ignore_case) return bytesEqual(text, other);
    return text.size == other.size && contains(text, other, true);
}

static bool passes(const grep *g, const grepTest *t, bytes value) {
    switch (t->kind) {
    case GREP_EXACT: return equals(value, t->pattern, g->ignore_case);
    case GREP_MATCH: return contains(value, t->pattern, g->ignore_case);
    case GREP_GLOB: return globMatch(t->pattern, value, g->ignore_case);
    default: return regexMatch(t->re, value);
    }
}

static bool isWanted(const grep *g, bytes value) {
    for (int i = 0; i < g->count; i++)
        if (passes(g, &g->tests[i], value) != g->all) return !g->all;
    return g->all;
}

static void runGrep(client *c, const grep *g) {
    const entry *e;
    if (!arrayRead(c, 1, &e)) return;
    if (!e) {
        replyArray(c, 0);
        return;
    }
    replyHole hole = replyOpen(c);
    arrayIterator it;
    uint64_t index, count = 0;
    bytes value;
    arrayIterate(&it, e, g->from, g->to);
    while (count < g->limit && arrayNext(&it, &index, &value)) {
        if (!isWanted(g, value)) continue;
        count++;
        if (g->values)
            replyArrayPair(c, index, value);
        else
            replyUnsigned(c, index);
    }
    replyClose(c, hole, RESP_ARRAY, count);
}

/* ARGREP key start end <EXACT string | MATCH string | GLOB pattern | RE pattern> [...]
 *   [AND | OR] [LIMIT limit] [WITHVALUES] [NOCASE]
 * Replies with the indexes of the elements that pass, or with pairs. */
static void argrepCommand(client *c) {
    grep g = {.limit = UINT64_MAX};
    if (!argBound(c, 2, &g.from) || !argBound(c, 3, &g.to)) return;
    if (parseGrep(c, &g) && compileTests(c, &g)) runGrep(c, &g);
    for (int i = 0; i < g.count; i++) regexFree(g.tests[i].re);
}

/* ---- AROP ---- */

typedef enum foldKind {
    FOLD_SUM,
    FOLD_MIN,
    FOLD_MAX,
    FOLD_AND,
    FOLD_OR,
    FOLD_XOR,
    FOLD_MATCH,
    FOLD_USED
} foldKind;

/* An int64 fits a long double, so sums of integers are exact as long as they fit too. */
typedef struct fold {
    uint64_t count; /* of values that took part */
    long double number;
    int64_t bits;
} fold;

static bool argFold(const client *c, int index, foldKind *kind) {
    static const char *const names[] = {"SUM", "MIN", "MAX", "AND", "OR", "XOR", "MATCH", "USED"};
    for (int i = 0; i < 8; i++) {
        if (!argIs(c, index, names[i])) continue;
        *kind = (foldKind)i;
        return true;
    }
    return false;
}

static bool readNumber(bytes value, long double *out) {
    int64_t integer;
    double real;
    if (numParseInt(value, &integer)) {
        *out = (long double)integer;
        return true;
    }
    if (!numParseDouble(value, &real) || !isfinite(real)) return false;
    *out = (long double)real;
    return true;
}

/* Towards zero; what is too big for 64 bits becomes the nearest that is not. */
static int64_t truncated(long double number) {
    if (number >= 9223372036854775807.0L) return INT64_MAX;
    if (number <= -9223372036854775808.0L) return INT64_MIN;
    return (int64_t)number;
}

static void foldNumber(fold *f, foldKind kind, long double number) {
    int64_t bits = truncated(number);
    bool first = f->count++ == 0;
    if (kind == FOLD_SUM) f->number += number;
    if (kind == FOLD_MIN && (first || number < f->number)) f->number = number;
    if (kind == FOLD_MAX && (first || number > f->number)) f->number = number;
    if (kind == FOLD_AND) f->bits = first ? bits : f->bits & bits;
    if (kind == FOLD_OR) f->bits |= bits;
    if (kind == FOLD_XOR) f->bits ^= bits;
}

static void replyNumber(client *c, long double number) {
    char text[64];
    bool whole = number == truncl(number) && fabsl(number) <= 9223372036854775807.0L;
    size_t size =
        whole ? numFormatInt(text, (int64_t)number) : numFormatDouble(text, (double)number);
    replyBulk(c, bytesOf(text, size));
}

static void replyFold(client *c, const fold *f, foldKind kind) {
    if (kind >= FOLD_MATCH)
        replyUnsigned(c, f->count);
    else if (f->count == 0)
        replyNull(c);
    else if (kind >= FOLD_AND)
        replyInteger(c, f->bits);
    else
        replyNumber(c, f->number);
}

/* AROP key start end <SUM | MIN | MAX | AND | OR | XOR | MATCH value | USED>
 * Goes over the elements of the range; what is no number takes part in MATCH and USED only. */
static void aropCommand(client *c) {
    uint64_t from, to, index;
    foldKind kind;
    const entry *e;
    if (!argArrayIndex(c, 2, &from) || !argArrayIndex(c, 3, &to)) return;
    if (!argFold(c, 4, &kind) || c->argc != (kind == FOLD_MATCH ? 6 : 5)) {
        replySyntaxError(c);
        return;
    }
    if (!arrayRead(c, 1, &e)) return;
    fold f = {0};
    arrayIterator it;
    bytes value;
    if (e) arrayIterate(&it, e, from, to);
    while (e && arrayNext(&it, &index, &value)) {
        long double number;
        if (kind == FOLD_USED)
            f.count++;
        else if (kind == FOLD_MATCH)
            f.count += bytesEqual(value, c->argv[5]);
        else if (readNumber(value, &number))
            foldNumber(&f, kind, number);
    }
    replyFold(c, &f, kind);
}

#define SEARCH_ROW(command_name, least, handler)                                                   \
    {                                                                                              \
        .name = command_name, .arity = least, .run = handler, .flags = CMD_READONLY,               \
        .acl = ACL_ARRAY, .keys = {                                                                \
            {.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}                         \
        }                                                                                          \
    }

const commandSpec arraySearchCommands[] = {
    SEARCH_ROW("arscan", -4, arscanCommand),
    SEARCH_ROW("argrep", -6, argrepCommand),
    SEARCH_ROW("arop", -5, aropCommand),
    {0},
};
