#include "storage/persist/rdb_save_value.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/persist/rdb_own.h"
#include "storage/persist/rdb_save_stream.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset_range.h"

/* ---- which type ---- */

static rdbType hashType(const entry *e) {
    bool timed = hashMayHaveDeadlines(e) && hashNextDeadline(e) != DEADLINE_NONE;
    switch (entryEncoding(e)) {
    case ENCODING_LISTPACK: return RDB_HASH_LISTPACK;
    case ENCODING_LISTPACK_EX: return timed ? RDB_HASH_PACK : RDB_HASH;
    default: return timed ? RDB_HASH_TTL : RDB_HASH;
    }
}

rdbType rdbTypeOf(const entry *e) {
    encoding enc = entryEncoding(e);
    switch (entryType(e)) {
    case TYPE_STRING: return RDB_STRING;
    case TYPE_LIST: return RDB_LIST_QUICKLIST_2;
    case TYPE_SET: return enc == ENCODING_INTSET ? RDB_SET_INTSET : RDB_SET;
    case TYPE_ZSET: return enc == ENCODING_LISTPACK ? RDB_ZSET_LISTPACK : RDB_ZSET_2;
    case TYPE_HASH: return hashType(e);
    case TYPE_STREAM: return rdbStreamType(streamOf(e));
    case TYPE_ARRAY: return RDB_EBB_ARRAY;
    case TYPE_COUNT: break;
    }
    ensurePanic("a value of no type");
}

unsigned rdbVersionOf(rdbType type) {
    if (type <= RDB_STREAM_2) return RDB_VERSION_7_0;
    if (type <= RDB_STREAM_3) return RDB_VERSION_7_2;
    return type <= RDB_HASH_PACK ? RDB_VERSION_7_4 : RDB_VERSION_EBB;
}

/* ---- lists ---- */

static void saveList(rdbSink *s, const entry *e) {
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        rdbPutLength(s, 1);
        rdbPutLength(s, RDB_NODE_PACKED);
        rdbPutString(s, listpackBytes(entryPointer(e)));
        return;
    }
    const quicklist *q = entryPointer(e);
    rdbPutLength(s, quicklistNodes(q));
    for (const quicklistNode *n = quicklistFirstNode(q); n; n = quicklistNextNode(n)) {
        char *scratch = NULL;
        bool is_plain;
        bytes held = quicklistNodeBytes(n, &is_plain, &scratch);
        rdbPutLength(s, is_plain ? RDB_NODE_PLAIN : RDB_NODE_PACKED);
        rdbPutString(s, held);
        memFree(scratch);
    }
}

/* ---- sets and sorted sets ---- */

static void saveSet(rdbSink *s, const entry *e) {
    char scratch[NUM_INT_MAX];
    rdbPutLength(s, setCount(e));
    setIterator it = setIteratorOf(e);
    for (setMember m; setIteratorNext(&it, &m);) rdbPutString(s, setMemberText(m, scratch));
}

/* From the greatest down, as the format's readers find quickest. */
static void saveZset(rdbSink *s, const entry *e) {
    rdbPutLength(s, zsetCount(e));
    zsetIterator it;
    zsetIteratorInit(&it, e, zsetWhole(e), true);
    for (zsetMember m; zsetIteratorNext(&it, &m);) {
        rdbPutString(s, m.name);
        rdbPutDouble(s, m.score);
    }
}

/* ---- hashes ---- */

static void savePair(void *ctx, const hashPair *pair) {
    rdbPutString(ctx, pair->field);
    rdbPutString(ctx, pair->value);
}

typedef struct timedPairs {
    rdbSink *s;
    int64_t first_ms;
} timedPairs;

static void saveTimedPair(void *ctx, const hashPair *pair) {
    timedPairs *t = ctx;
    int64_t due = pair->deadline_ms;
    rdbPutLength(t->s, due == DEADLINE_NONE ? 0 : (uint64_t)(due - t->first_ms) + 1);
    savePair(t->s, pair);
}

static void saveHash(rdbSink *s, const entry *e) {
    rdbPutLength(s, hashCount(e));
    hashEach(e, savePair, s);
}

static void saveTimedHash(rdbSink *s, const entry *e, bool packed) {
    timedPairs t = {s, hashNextDeadline(e)};
    rdbPutTime(s, t.first_ms);
    if (packed) {
        rdbPutString(s, hashTimedPack(e));
        return;
    }
    rdbPutLength(s, hashCount(e));
    hashEach(e, saveTimedPair, &t);
}

void rdbSaveValue(rdbSink *s, const entry *e, rdbType type) {
    char scratch[NUM_INT_MAX];
    switch (type) {
    case RDB_STRING: rdbPutString(s, entryString(e, scratch)); break;
    case RDB_LIST_QUICKLIST_2: saveList(s, e); break;
    case RDB_SET_INTSET: rdbPutString(s, intsetBytes(entryPointer(e))); break;
    case RDB_SET: saveSet(s, e); break;
    case RDB_ZSET_LISTPACK:
    case RDB_HASH_LISTPACK: rdbPutString(s, listpackBytes(entryPointer(e))); break;
    case RDB_ZSET_2: saveZset(s, e); break;
    case RDB_HASH: saveHash(s, e); break;
    case RDB_HASH_TTL:
    case RDB_HASH_PACK: saveTimedHash(s, e, type == RDB_HASH_PACK); break;
    case RDB_EBB_ARRAY: rdbSaveArray(s, e); break;
    case RDB_STREAM_2:
    case RDB_STREAM_3:
    case RDB_EBB_STREAM: rdbSaveStream(s, streamOf(e), type); break;
    default: ensurePanic("no value is written as this type");
    }
}
