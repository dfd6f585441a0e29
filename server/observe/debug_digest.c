#include "server/observe/debug_digest.h"

#include "storage/base/digest.h"
#include "storage/base/num.h"
#include "storage/types/values.h"

/* Words are xor-ed where order does not matter. */
typedef struct digestWords {
    uint64_t words[3];
} digestWords;

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t pair[2] = {a, b};
    return digestXxh3(bytesOf(pair, sizeof pair));
}

static void addTo(digestWords *sum, uint64_t digest) {
    for (uint64_t i = 0; i < 3; i++) sum->words[i] ^= mix(digest, i);
}

static void print(const digestWords *sum, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < DEBUG_DIGEST_SIZE - 1; i++)
        out[i] = digits[sum->words[i / 16] >> (60 - i % 16 * 4) & 15];
    out[DEBUG_DIGEST_SIZE - 1] = '\0';
}

static uint64_t digestOfValue(const entry *e) {
    char scratch[NUM_INT_MAX];
    uint64_t value = entryType(e) == TYPE_STRING
                         ? digestXxh3(entryString(e, scratch))
                         : valueOpsOf(entryType(e), entryEncoding(e))->digest(entryPointer(e));
    return mix(value, (uint64_t)entryType(e) << 1 | entryHasDeadline(e));
}

typedef struct dbDigest {
    digestWords sum;
    uint64_t db;
} dbDigest;

static void addEntry(void *ctx, const entry *e) {
    dbDigest *d = ctx;
    addTo(&d->sum, mix(mix(digestXxh3(entryKey(e)), digestOfValue(e)), d->db));
}

void debugDigest(const server *s, char *out) {
    dbDigest d = {.db = 0};
    for (int i = 0; i < s->db_count; i++) {
        d.db = (uint64_t)i;
        uint64_t cursor = 0;
        /* Nothing changes meanwhile, so the scan meets each entry once. */
        do cursor = dbScan(s->dbs[i], cursor, addEntry, &d);
        while (cursor);
    }
    print(&d.sum, out);
}

void debugDigestValue(const entry *e, char *out) {
    digestWords sum = {0};
    if (e) addTo(&sum, digestOfValue(e));
    print(&sum, out);
}
