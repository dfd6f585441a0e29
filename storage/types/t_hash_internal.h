/* t_hash_internal.h - the inside of hashes, for t_hash*.c alone.
 *
 *     item of a dict   [varint (field size << 1 | has deadline)] [deadline:8]? field
 *                      [varint value size] value
 *
 * 18-byte field + 16-byte value = 36 B, an item of 40 in the slab. */
#ifndef EBB_STORAGE_TYPES_T_HASH_INTERNAL_H
#define EBB_STORAGE_TYPES_T_HASH_INTERNAL_H

#include "storage/base/varint.h"
#include "storage/struct/dict.h"
#include "storage/struct/listpack.h"
#include "storage/types/t_hash_ttl.h"

/* ENCODING_LISTPACK_EX */
typedef struct hashPack {
    listpack *lp;
    int64_t filed_ms;
} hashPack;

/* ENCODING_DICT */
typedef struct hashTable {
    dict *fields;
    deadlines *due; /* exactly the items that have a deadline; NULL for none */
    int64_t filed_ms;
    size_t item_bytes; /* of all items, with the size of their class */
} hashTable;

/* ---- listpacks (t_hash_pack.c): entries of either listpack encoding ---- */

listpack *packOf(const entry *e);
/* Elements that a field takes: 2, or 3 with deadlines. */
static inline unsigned packStride(const entry *e) {
    return entryEncoding(e) == ENCODING_LISTPACK_EX ? 3 : 2;
}
size_t packCount(const entry *e);
/* The field's place, or 0. */
listpackAt packFind(const entry *e, bytes field);
void packPairAt(const entry *e, listpackAt at, hashPair *out);
/* The listpack holds 'more_bytes' more. */
bool packSet(entry *e, bytes field, bytes value, bool keep_deadline);
void packAppend(entry *e, bytes field, bytes value);
void packDeleteAt(entry *e, listpackAt at);
void packEach(const entry *e, hashVisit visit, void *ctx);
bool packSetDeadline(entry *e, bytes field, int64_t deadline_ms);
int64_t packNextDeadline(const entry *e);
size_t packRemoveDue(entry *e, int64_t past_ms, size_t max, hashVisit visit, void *ctx);

/* ---- dicts (t_hash_table.c) ---- */

hashTable *tableNew(size_t fields);
static inline hashTable *tableOf(const entry *e) {
    return entryPointer(e);
}
void *tableFind(const hashTable *t, bytes field);
void tablePair(const void *item, hashPair *out);
/* A field that is not there. */
void tableAdd(hashTable *t, const hashPair *pair);
bool tableSet(hashTable *t, bytes field, bytes value, bool keep_deadline);
bool tableDelete(hashTable *t, bytes field);
uint64_t tableScan(const hashTable *t, uint64_t cursor, hashVisit visit, void *ctx);
bool tableSetDeadline(hashTable *t, bytes field, int64_t deadline_ms);
size_t tableRemoveDue(hashTable *t, int64_t past_ms, size_t max, hashVisit visit, void *ctx);

/* What a field adds to the digest of its hash. */
uint64_t hashPairDigest(const hashPair *pair);

#endif
