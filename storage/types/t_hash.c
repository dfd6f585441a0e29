#include "storage/types/t_hash.h"

#include "storage/base/digest.h"
#include "storage/base/ensure.h"
#include "storage/types/t_hash_internal.h"

static bool isTable(const entry *e) {
    ensure(entryType(e) == TYPE_HASH);
    return entryEncoding(e) == ENCODING_DICT;
}

entry *hashNew(bytes key) {
    return entryNewCollection(key, TYPE_HASH, ENCODING_LISTPACK, listpackNew());
}

size_t hashCount(const entry *e) {
    return isTable(e) ? dictCount(tableOf(e)->fields) : packCount(e);
}

/* ---- reading ---- */

bool hashFind(const entry *e, bytes field, hashPair *out) {
    if (isTable(e)) {
        const void *item = tableFind(tableOf(e), field);
        if (item) tablePair(item, out);
        return item != NULL;
    }
    listpackAt at = packFind(e, field);
    if (at) packPairAt(e, at, out);
    return at != 0;
}

void hashPairAt(const entry *e, hashAt at, hashPair *out) {
    if (isTable(e))
        tablePair((const void *)(uintptr_t)at, out);
    else
        packPairAt(e, (listpackAt)at, out);
}

uint64_t hashScan(const entry *e, uint64_t cursor, hashVisit visit, void *ctx) {
    if (isTable(e)) return tableScan(tableOf(e), cursor, visit, ctx);
    packEach(e, visit, ctx);
    return 0;
}

void hashEach(const entry *e, hashVisit visit, void *ctx) {
    uint64_t cursor = 0;
    do cursor = hashScan(e, cursor, visit, ctx);
    while (cursor);
}

uint64_t hashPairDigest(const hashPair *pair) {
    uint64_t mixed = digestXxh3(pair->field) * 0x9E3779B97F4A7C15 + digestXxh3(pair->value);
    if (pair->deadline_ms != DEADLINE_NONE) mixed += 0xD1B54A32D192ED03;
    /* Sums of these are kept: each has to be spread over all bits on its own. */
    mixed = (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93;
    return mixed ^ mixed >> 32;
}

/* ---- changing ---- */

static void addToTable(void *ctx, const hashPair *pair) {
    tableAdd(ctx, pair);
}

static void toTable(entry *e) {
    hashTable *t = tableNew(packCount(e));
    packEach(e, addToTable, t);
    t->filed_ms = hashFiled(e);
    valueOpsOf(TYPE_HASH, entryEncoding(e))->free(entryPointer(e));
    entrySetPointer(e, ENCODING_DICT, t);
}

/* True if a listpack may not hold this field. */
static bool isTooLong(const entry *e, bytes field, bytes value, const typeLimits *limits) {
    uint64_t most = limits->hash_listpack_value < 0 ? 0 : (uint64_t)limits->hash_listpack_value;
    if (field.size > most || value.size > most) return true;
    return !listpackFits(packOf(e), field.size + value.size + 3 * LISTPACK_ELEMENT_OVERHEAD);
}

bool hashSet(entry *e, bytes field, bytes value, bool keep_deadline, const typeLimits *limits) {
    if (!isTable(e) && isTooLong(e, field, value, limits)) toTable(e);
    if (isTable(e)) return tableSet(tableOf(e), field, value, keep_deadline);
    bool is_new = packSet(e, field, value, keep_deadline);
    if (is_new && (int64_t)packCount(e) > limits->hash_listpack_entries) toTable(e);
    return is_new;
}

void hashAppend(entry *e, bytes field, bytes value, const typeLimits *limits) {
    if (!isTable(e) && isTooLong(e, field, value, limits)) toTable(e);
    if (isTable(e)) {
        tableAdd(tableOf(e),
                 &(hashPair){.field = field, .value = value, .deadline_ms = DEADLINE_NONE});
        return;
    }
    packAppend(e, field, value);
    if ((int64_t)packCount(e) > limits->hash_listpack_entries) toTable(e);
}

bool hashDelete(entry *e, bytes field) {
    if (isTable(e)) return tableDelete(tableOf(e), field);
    listpackAt at = packFind(e, field);
    if (at) packDeleteAt(e, at);
    return at != 0;
}

/* ---- deadlines ---- */

int64_t hashNextDeadline(const entry *e) {
    if (!isTable(e)) return packNextDeadline(e);
    const hashTable *t = tableOf(e);
    return t->due ? deadlinesNext(t->due) : DEADLINE_NONE;
}

bool hashSetDeadline(entry *e, bytes field, int64_t deadline_ms) {
    ensure(deadline_ms == DEADLINE_NONE || (deadline_ms > 0 && deadline_ms <= HASH_DEADLINE_MAX));
    if (isTable(e)) return tableSetDeadline(tableOf(e), field, deadline_ms);
    return packSetDeadline(e, field, deadline_ms);
}

size_t hashRemoveDue(entry *e, int64_t past_ms, size_t max, hashVisit visit, void *ctx) {
    if (isTable(e)) return tableRemoveDue(tableOf(e), past_ms, max, visit, ctx);
    return packRemoveDue(e, past_ms, max, visit, ctx);
}

int64_t hashFiled(const entry *e) {
    if (isTable(e)) return tableOf(e)->filed_ms;
    if (entryEncoding(e) == ENCODING_LISTPACK) return DEADLINE_NONE;
    return ((const hashPack *)entryPointer(e))->filed_ms;
}

void hashSetFiled(entry *e, int64_t deadline_ms) {
    if (isTable(e)) {
        tableOf(e)->filed_ms = deadline_ms;
        return;
    }
    ensure(entryEncoding(e) == ENCODING_LISTPACK_EX);
    ((hashPack *)entryPointer(e))->filed_ms = deadline_ms;
}
