/* rdb_load_internal.h - the parts of loading a value, for rdb_load_*.c alone. */
#ifndef EBB_STORAGE_PERSIST_RDB_LOAD_INTERNAL_H
#define EBB_STORAGE_PERSIST_RDB_LOAD_INTERNAL_H

#include "storage/persist/rdb_load_value.h"
#include "storage/types/t_stream.h"

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
entry *rdbLoadArray(const rdbLoad *l); /* rdb_own.c */
/* What follows a stream of RDB_EBB_STREAM. */
bool rdbLoadProducers(rdbReader *r, stream *st);

/* Fails and frees what was made so far (NULL: nothing yet). NULL. */
static inline entry *rdbGiveUp(const rdbLoad *l, entry *e, const char *error) {
    rdbFail(l->r, error);
    if (e) entryFree(e);
    return NULL;
}

#endif
