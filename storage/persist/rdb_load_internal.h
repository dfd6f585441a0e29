/* rdb_load_internal.h - the parts of loading a value, for rdb_load_*.c alone. */
#ifndef EBB_STORAGE_PERSIST_RDB_LOAD_INTERNAL_H
#define EBB_STORAGE_PERSIST_RDB_LOAD_INTERNAL_H

#include "storage/persist/rdb_load_value.h"

typedef struct rdbLoad {
    rdbReader *r;
    rdbType type;
    bytes key;
    const typeLimits *limits;
} rdbLoad;

/* Each returns NULL after an error. */
entry *rdbLoadPack(const rdbLoad *l);  /* intsets, and what is one listpack, ziplist or zipmap */
entry *rdbLoadChain(const rdbLoad *l); /* lists of those */
entry *rdbLoadStream(const rdbLoad *l);

/* Fails and frees what was made so far (NULL: nothing yet). NULL. */
static inline entry *rdbGiveUp(const rdbLoad *l, entry *e, const char *error) {
    rdbFail(l->r, error);
    if (e) entryFree(e);
    return NULL;
}

#endif
