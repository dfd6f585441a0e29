/* The types that are written element by element. */
#include "storage/persist/rdb_load_value.h"

#include "storage/persist/rdb_load_internal.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset.h"

const char rdbIsEmpty[] = "a collection is empty";

static const char twice[] = "an element is there twice";

/* True and the count of what takes 'each' bytes at least. */
static bool readCount(const rdbLoad *l, size_t each, size_t *count) {
    if (!rdbReadCount(l->r, each, count)) return false;
    return *count > 0 || rdbFail(l->r, rdbIsEmpty);
}

static entry *loadString(const rdbLoad *l) {
    rdbString s;
    if (!rdbReadString(l->r, &s)) return NULL;
    entry *e = entryNewString(l->key, s.text, true);
    rdbStringClear(&s);
    return e;
}

static entry *loadList(const rdbLoad *l) {
    size_t count;
    if (!readCount(l, 1, &count)) return NULL;
    entry *e = listNew(l->key);
    for (; count; count--) {
        rdbString s;
        if (!rdbReadString(l->r, &s)) return rdbGiveUp(l, e, NULL);
        listPush(e, QUICKLIST_TAIL, s.text, l->limits);
        rdbStringClear(&s);
    }
    return e;
}

static entry *loadSet(const rdbLoad *l) {
    size_t count;
    if (!readCount(l, 1, &count)) return NULL;
    entry *e = NULL;
    for (size_t i = 0; i < count; i++) {
        rdbString s;
        if (!rdbReadString(l->r, &s)) return rdbGiveUp(l, e, NULL);
        if (!e) e = setNew(l->key, s.text, count, l->limits);
        bool added = setAdd(e, s.text, l->limits);
        rdbStringClear(&s);
        if (!added) return rdbGiveUp(l, e, twice);
    }
    return e;
}

/* ---- sorted sets ---- */

static bool readTextScore(rdbReader *r, double *out) {
    uint8_t size;
    bytes text;
    if (!rdbReadByte(r, &size)) return false;
    switch (size) {
    case RDB_SCORE_INF: *out = __builtin_inf(); return true;
    case RDB_SCORE_MINUS_INF: *out = -__builtin_inf(); return true;
    case RDB_SCORE_NAN: return rdbFail(r, "a score is not a number");
    default: break;
    }
    if (!rdbReadBytes(r, size, &text)) return false;
    return numParseDouble(text, out) || rdbFail(r, "a score is not a number");
}

static entry *loadZset(const rdbLoad *l) {
    size_t count;
    if (!readCount(l, 2, &count)) return NULL;
    entry *e = NULL;
    for (size_t i = 0; i < count; i++) {
        rdbString s;
        double score;
        if (!rdbReadString(l->r, &s)) return rdbGiveUp(l, e, NULL);
        bool good = l->type == RDB_ZSET ? readTextScore(l->r, &score) : rdbReadDouble(l->r, &score);
        zsetAdded added = ZSET_NAN;
        if (good) {
            if (!e) e = zsetNew(l->key, s.text, count, l->limits);
            if (!__builtin_isnan(score)) added = zsetAdd(e, s.text, score, l->limits);
        }
        rdbStringClear(&s);
        if (added == ZSET_ADDED) continue;
        return rdbGiveUp(l, e, added == ZSET_NAN ? "a score is not a number" : twice);
    }
    return e;
}

/* ---- hashes ---- */

/* The deadline of the next field, or DEADLINE_NONE. */
static bool readDeadline(const rdbLoad *l, int64_t first_ms, int64_t *out) {
    uint64_t number;
    *out = DEADLINE_NONE;
    if (l->type == RDB_HASH) return true;
    if (!rdbReadLength(l->r, &number)) return false;
    if (number == 0) return true;
    if (number > (uint64_t)HASH_DEADLINE_MAX) return rdbFail(l->r, "a deadline is too far off");
    *out = (int64_t)number;
    if (l->type == RDB_HASH_TTL) *out += first_ms - 1;
    if (*out > 0 && *out <= HASH_DEADLINE_MAX) return true;
    return rdbFail(l->r, "a deadline is out of range");
}

static bool loadPair(const rdbLoad *l, entry *e, int64_t deadline_ms) {
    rdbString field, value;
    if (!rdbReadString(l->r, &field)) return false;
    bool good = rdbReadString(l->r, &value);
    if (good) {
        good = hashSet(e, field.text, value.text, false, l->limits) || rdbFail(l->r, twice);
        if (good && deadline_ms != DEADLINE_NONE) hashSetDeadline(e, field.text, deadline_ms);
        rdbStringClear(&value);
    }
    rdbStringClear(&field);
    return good;
}

static entry *loadHash(const rdbLoad *l) {
    size_t count;
    int64_t first_ms = 0, deadline_ms;
    if (l->type == RDB_HASH_TTL) {
        if (!rdbReadTime(l->r, &first_ms)) return NULL;
        if (first_ms < 0 || first_ms > HASH_DEADLINE_MAX)
            return rdbGiveUp(l, NULL, "a deadline is out of range");
    }
    if (!readCount(l, l->type == RDB_HASH ? 2 : 3, &count)) return NULL;
    entry *e = hashNew(l->key);
    for (; count; count--)
        if (!readDeadline(l, first_ms, &deadline_ms) || !loadPair(l, e, deadline_ms))
            return rdbGiveUp(l, e, NULL);
    return e;
}

entry *rdbLoadValue(rdbReader *r, uint8_t type, bytes key, const typeLimits *limits) {
    rdbLoad l = {r, type, key, limits};
    switch (l.type) {
    case RDB_STRING: return loadString(&l);
    case RDB_LIST: return loadList(&l);
    case RDB_SET: return loadSet(&l);
    case RDB_ZSET:
    case RDB_ZSET_2: return loadZset(&l);
    case RDB_HASH:
    case RDB_HASH_TTL_OLD:
    case RDB_HASH_TTL: return loadHash(&l);
    case RDB_SET_INTSET:
    case RDB_HASH_ZIPMAP:
    case RDB_LIST_ZIPLIST:
    case RDB_ZSET_ZIPLIST:
    case RDB_HASH_ZIPLIST:
    case RDB_HASH_LISTPACK:
    case RDB_ZSET_LISTPACK:
    case RDB_SET_LISTPACK:
    case RDB_HASH_PACK_OLD:
    case RDB_HASH_PACK: return rdbLoadPack(&l);
    case RDB_LIST_QUICKLIST:
    case RDB_LIST_QUICKLIST_2: return rdbLoadChain(&l);
    case RDB_STREAM:
    case RDB_STREAM_2:
    case RDB_STREAM_3:
    case RDB_EBB_STREAM: return rdbLoadStream(&l);
    case RDB_EBB_ARRAY: return rdbLoadArray(&l);
    case RDB_MODULE:
    case RDB_MODULE_2: break;
    }
    return rdbGiveUp(&l, NULL, "unknown type of a value");
}
