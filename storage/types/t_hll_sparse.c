#include <string.h>

#include "storage/types/t_hll_internal.h"

enum { ZERO_LENGTH_MAX = 64, VAL_LENGTH_MAX = 4 };

static bool isVal(uint8_t op) {
    return op & 0x80;
}
static bool isXzero(uint8_t op) {
    return (op & 0xc0) == 0x40;
}
static uint8_t valOf(uint8_t op) {
    return (uint8_t)((op >> 2 & 31) + 1);
}
static unsigned valLength(uint8_t op) {
    return (op & 3u) + 1;
}
static uint8_t makeVal(uint8_t value, unsigned length) {
    return (uint8_t)(0x80 | (value - 1) << 2 | (length - 1));
}

bool hllNextRun(const uint8_t **at, const uint8_t *end, hllRun *run) {
    const uint8_t *p = *at;
    if (p >= end) return false;
    if (isVal(*p)) {
        *run = (hllRun){HLL_VAL, valOf(*p), valLength(*p)};
    } else if (isXzero(*p)) {
        if (end - p < 2) return false;
        *run = (hllRun){HLL_XZERO, 0, ((p[0] & 63u) << 8 | p[1]) + 1};
        p++;
    } else {
        *run = (hllRun){HLL_ZERO, 0, (*p & 63u) + 1};
    }
    *at = p + 1;
    return true;
}

/* ---- finding the run of a register ---- */

typedef struct place {
    uint8_t *op;   /* the run that covers the register */
    uint8_t *prev; /* the one before it, or NULL */
    unsigned first;
    hllRun run;
} place;

static uint64_t loadLittle64(const uint8_t *from) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The lengths of eight runs of one byte each, side by side: 1..64. */
static uint64_t lengthsOf(uint64_t ops) {
    uint64_t vals = ops >> 7 & 0x0101010101010101u;
    return (ops & (0x3f3f3f3f3f3f3f3fu ^ vals * 0x3c)) + 0x0101010101010101u;
}

static unsigned sumOf(uint64_t lengths) {
    uint64_t pairs = (lengths & 0x00ff00ff00ff00ffu) + (lengths >> 8 & 0x00ff00ff00ff00ffu);
    return (unsigned)(pairs * 0x0001000100010001u >> 48);
}

/* Skips whole runs that end before 'index'. Walking run by run is most of what adding an element
 * costs, so eight runs of one byte go at a time. Up to an XZERO, which is rare where strings are
 * long, branches that predict well beat any arithmetic: they let the next load start early. */
static void skipTo(place *at, const uint8_t *end, unsigned index) {
    uint8_t *op = at->op, *prev = at->prev;
    unsigned first = at->first;
    while (end - op >= 9) {
        uint64_t ops = loadLittle64(op);
        if (!(ops & 0x4040404040404040u & ~(ops >> 1))) {
            unsigned sum = sumOf(lengthsOf(ops));
            if (sum > index - first) break;
            first += sum;
            prev = op + 7;
            op += 8;
            continue;
        }
        const uint8_t *word_end = op + 8;
        while (op < word_end) {
            uint8_t head = *op;
            unsigned length = head & 0x80 ? (head & 3u) + 1 : (head & 63u) + 1, size = 1;
            if (isXzero(head)) {
                length = ((head & 63u) << 8 | op[1]) + 1;
                size = 2;
            }
            if (length > index - first) goto found;
            first += length;
            prev = op;
            op += size;
        }
    }
found:
    *at = (place){.op = op, .prev = prev, .first = first};
}

static int find(hllBuffer *b, unsigned index, place *at) {
    uint8_t *start = (uint8_t *)b->data + HLL_HEADER;
    const uint8_t *end = (const uint8_t *)b->data + b->size;
    *at = (place){.op = start};
    skipTo(at, end, index);
    for (;;) {
        const uint8_t *next = at->op;
        if (!hllNextRun(&next, end, &at->run)) return ERR_CORRUPT;
        if (at->run.length > index - at->first) break;
        at->first += at->run.length;
        at->prev = at->op;
        at->op += next - at->op;
    }
    return at->run.length > HLL_REGISTERS - at->first ? ERR_CORRUPT : ERR_OK;
}

/* ---- changing ---- */

static uint8_t *putZeros(uint8_t *out, unsigned length) {
    if (length == 0) return out;
    if (length > ZERO_LENGTH_MAX) {
        *out++ = (uint8_t)(0x40 | (length - 1) >> 8);
        *out++ = (uint8_t)(length - 1);
    } else {
        *out++ = (uint8_t)(length - 1);
    }
    return out;
}

static uint8_t *putSame(uint8_t *out, const hllRun *run, unsigned length) {
    if (run->kind != HLL_VAL) return putZeros(out, length);
    if (length) *out++ = makeVal(run->value, length);
    return out;
}

/* Joins neighbours of one value: the runs from 'p' on that begin before 'last', each with the one
 * behind it. */
static void join(hllBuffer *b, uint8_t *p, const uint8_t *last) {
    uint8_t *end = (uint8_t *)b->data + b->size;
    while (p < last) {
        if (isXzero(*p)) {
            p += 2;
            continue;
        }
        bool both = isVal(*p) && end - p > 1 && isVal(p[1]) && valOf(*p) == valOf(p[1]);
        unsigned length = both ? valLength(*p) + valLength(p[1]) : 0;
        if (!both || length > VAL_LENGTH_MAX) {
            p++;
            continue;
        }
        p[1] = makeVal(valOf(*p), length);
        memmove(p, p + 1, (size_t)(end - p - 1));
        b->size--;
        end--;
        last--;
    }
}

int hllSparseRaise(hllBuffer *b, hllRegister r, size_t sparse_max_bytes) {
    place at;
    int err = find(b, r.index, &at);
    if (err) return err;
    const hllRun *run = &at.run;
    if (run->kind == HLL_VAL && run->value >= r.value) return 0;

    uint8_t fresh[5];
    uint8_t *out = putSame(fresh, run, r.index - at.first);
    *out++ = makeVal(r.value, 1);
    out = putSame(out, run, at.first + run->length - 1 - r.index);
    size_t size = (size_t)(out - fresh), old_size = run->kind == HLL_XZERO ? 2 : 1;
    size_t limit = sparse_max_bytes < HLL_SIZE_MAX ? sparse_max_bytes : HLL_SIZE_MAX;
    if (size > old_size && b->size + (size - old_size) > limit) return HLL_MUST_PROMOTE;

    if (size != old_size) {
        const uint8_t *rest = at.op + old_size;
        size_t rest_size = b->size - (size_t)((const char *)rest - b->data);
        memmove(at.op + size, rest, rest_size);
        b->size = b->size - old_size + size;
    }
    memcpy(at.op, fresh, size);
    /* A change makes new neighbours of the run before it, of up to three where one was, and of the
     * run behind them; what others there are was joined when it came to be. */
    join(b, at.prev ? at.prev : (uint8_t *)b->data + HLL_HEADER, at.op + size);
    return 1;
}
