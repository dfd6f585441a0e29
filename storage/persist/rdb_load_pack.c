/* Values that are one string: a small form of today, taken as it is where it is good and not too
 * big, or one of old, whose elements are added one by one. */
#include "storage/base/mem.h"
#include "storage/persist/rdb_load_internal.h"
#include "storage/persist/rdb_ziplist.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset.h"

/* Where a text of this field's logs is known, it is used. */
static const char not_whole[] = "a small form is not whole";
static const char zipmap_not_whole[] = "Zipmap integrity check failed";
static const char zset_not_whole[] = "Zset ziplist integrity check failed";
static const char bad_score[] = "a score is not a number";
static const char bad_deadline[] = "a deadline is not in order";

/* ---- elements, whatever they are packed in ---- */

typedef struct packReader {
    const listpack *lp; /* NULL: zip */
    listpackAt at;
    ziplistReader zip;
} packReader;

/* False if it is a listpack and not a good one; of a ziplist that is known at its end. */
static bool openPack(packReader *p, bytes raw, bool is_zip) {
    *p = (packReader){.lp = NULL};
    if (is_zip) {
        p->zip = ziplistReaderOf(raw);
        return true;
    }
    if (!listpackValidate(raw, NULL, NULL)) return false;
    p->lp = (const listpack *)raw.data;
    p->at = listpackFirst(p->lp);
    return true;
}

static bool nextOf(packReader *p, listpackValue *out) {
    if (!p->lp) return ziplistNext(&p->zip, out);
    if (!p->at) return false;
    *out = listpackGet(p->lp, p->at);
    p->at = listpackNext(p->lp, p->at);
    return true;
}

/* ---- are its members there once each ---- */

typedef struct seenSlot {
    uint64_t hash;
    listpackValue value;
    bool is_used;
} seenSlot;

/* A text that reads as a number is no element of a listpack of ours: looked up, it is not found. */
static bool isForeign(listpackValue value) {
    int64_t number;
    return value.text.data && numParseInt(value.text, &number);
}

/* True if it was not there. */
static bool addSeen(seenSlot *slots, size_t mask, listpackValue value) {
    char scratch[NUM_INT_MAX], other[NUM_INT_MAX];
    bytes text = listpackValueText(value, scratch);
    uint64_t hash = hashBytes(text);
    size_t at = hash & mask;
    for (; slots[at].is_used; at = (at + 1) & mask)
        if (slots[at].hash == hash && bytesEqual(text, listpackValueText(slots[at].value, other)))
            return false;
    slots[at] = (seenSlot){hash, value, true};
    return true;
}

/* True if every 'stride'-th element of a good listpack is of our form and unlike the others. */
static bool membersDiffer(const listpack *lp, size_t members, unsigned stride) {
    size_t room = 4;
    while (room < 2 * members) room *= 2;
    seenSlot *slots = memCalloc(room, sizeof *slots);
    bool differ = true;
    for (listpackAt at = listpackFirst(lp); at && differ;) {
        listpackValue value = listpackGet(lp, at);
        differ = !isForeign(value) && addSeen(slots, room - 1, value);
        for (unsigned i = 0; i < stride && at; i++) at = listpackNext(lp, at);
    }
    memFree(slots);
    return differ;
}

/* True if the listpack can be kept as it is: whole groups of 'stride', at most 'most' of them. */
static bool mayStay(const listpack *lp, unsigned stride, int64_t most) {
    size_t elements = listpackCount(lp);
    if (elements % stride || (int64_t)(elements / stride) > most) return false;
    return membersDiffer(lp, elements / stride, stride);
}

static entry *asItIs(const rdbLoad *l, valueType type, const listpack *lp) {
    return entryNewCollection(l->key, type, ENCODING_LISTPACK,
                              listpackFromBytes(listpackBytes(lp)));
}

/* What was built, or an error where that or its input is not good. */
static entry *finish(const rdbLoad *l, const packReader *p, entry *e, const char *error) {
    if (p->zip.bad) error = l->type == RDB_ZSET_ZIPLIST ? zset_not_whole : not_whole;
    if (error) return rdbGiveUp(l, e, error);
    return e ? e : rdbGiveUp(l, NULL, rdbIsEmpty);
}

/* ---- sets ---- */

static entry *loadInts(const rdbLoad *l, bytes raw) {
    if (!intsetValidate(raw)) return rdbGiveUp(l, NULL, "an intset is not whole");
    intset *ints = intsetFromBytes(raw);
    size_t count = intsetCount(ints);
    entry *small = entryNewCollection(l->key, TYPE_SET, ENCODING_INTSET, ints);
    if (count == 0) return rdbGiveUp(l, small, rdbIsEmpty);
    if ((int64_t)count <= l->limits->set_intset_entries) return small;
    char digits[NUM_INT_MAX];
    bytes first = bytesOf(digits, numFormatInt(digits, intsetAt(ints, 0)));
    entry *e = setNew(l->key, first, count, l->limits);
    setAddSet(e, small, l->limits);
    entryFree(small);
    return e;
}

static entry *loadSet(const rdbLoad *l, packReader *p) {
    if (p->at && mayStay(p->lp, 1, l->limits->set_listpack_entries))
        return asItIs(l, TYPE_SET, p->lp);
    entry *e = NULL;
    const char *error = NULL;
    char scratch[NUM_INT_MAX];
    for (listpackValue value; !error && nextOf(p, &value);) {
        bytes text = listpackValueText(value, scratch);
        if (!e) e = setNew(l->key, text, listpackCount(p->lp), l->limits);
        if (!setAdd(e, text, l->limits)) error = "a member is there twice";
    }
    return finish(l, p, e, error);
}

/* ---- sorted sets ---- */

static bool readScore(listpackValue value, double *out) {
    if (value.text.data) return numParseDouble(value.text, out);
    *out = (double)value.number;
    return true;
}

/* True if the members of a good listpack ascend, all with a score. */
static bool isOrdered(const listpack *lp) {
    packReader p = {.lp = lp, .at = listpackFirst(lp)};
    listpackValue name, text;
    bytes before = {0};
    char room[2][NUM_INT_MAX];
    double last = -__builtin_inf(), score;
    for (unsigned turn = 0; nextOf(&p, &name); turn ^= 1) {
        if (!nextOf(&p, &text) || !readScore(text, &score)) return false;
        bytes now = listpackValueText(name, room[turn]);
        if (score < last || (score == last && before.data && bytesCompare(before, now) >= 0))
            return false;
        last = score;
        before = now;
    }
    return true;
}

static entry *loadZset(const rdbLoad *l, packReader *p) {
    if (p->at && isOrdered(p->lp) && mayStay(p->lp, 2, l->limits->zset_listpack_entries))
        return asItIs(l, TYPE_ZSET, p->lp);
    entry *e = NULL;
    const char *error = NULL;
    char scratch[NUM_INT_MAX];
    for (listpackValue name, text; !error && nextOf(p, &name);) {
        double score;
        if (!nextOf(p, &text)) {
            error = "a member has no score";
        } else if (!readScore(text, &score)) {
            error = bad_score;
        } else {
            bytes member = listpackValueText(name, scratch);
            if (!e) e = zsetNew(l->key, member, 1, l->limits);
            if (zsetAdd(e, member, score, l->limits) != ZSET_ADDED)
                error = "a member is there twice";
        }
    }
    return finish(l, p, e, error);
}

/* ---- hashes ---- */

static entry *loadHash(const rdbLoad *l, packReader *p) {
    if (p->at && mayStay(p->lp, 2, l->limits->hash_listpack_entries))
        return asItIs(l, TYPE_HASH, p->lp);
    entry *e = NULL;
    const char *error = NULL;
    char room[2][NUM_INT_MAX];
    for (listpackValue field, value; !error && nextOf(p, &field);) {
        if (!e) e = hashNew(l->key);
        if (!nextOf(p, &value))
            error = "a field has no value";
        else if (!hashSet(e, listpackValueText(field, room[0]), listpackValueText(value, room[1]),
                          false, l->limits))
            error = "a field is there twice";
    }
    return finish(l, p, e, error);
}

/* Fields, values and deadlines, those due first in front and those without one (0) behind. */
static entry *loadTimedHash(const rdbLoad *l, packReader *p) {
    entry *e = NULL;
    const char *error = NULL;
    char room[2][NUM_INT_MAX];
    int64_t last_ms = 0;
    for (listpackValue field, value, due; !error && nextOf(p, &field);) {
        if (!e) e = hashNew(l->key);
        bytes name = listpackValueText(field, room[0]);
        if (!nextOf(p, &value) || !nextOf(p, &due))
            error = "a field has no value or deadline";
        else if (due.text.data || due.number < 0 || due.number > HASH_DEADLINE_MAX)
            error = "a deadline is out of range";
        else if (due.number && due.number < last_ms)
            error = bad_deadline;
        else if (!hashSet(e, name, listpackValueText(value, room[1]), false, l->limits))
            error = "a field is there twice";
        else if (due.number)
            hashSetDeadline(e, name, due.number);
        last_ms = due.number ? due.number : INT64_MAX;
    }
    return finish(l, p, e, error);
}

static entry *loadZipmap(const rdbLoad *l, bytes raw) {
    zipmapReader z = zipmapReaderOf(raw);
    entry *e = NULL;
    for (bytes field, value; zipmapNext(&z, &field, &value);) {
        if (!e) e = hashNew(l->key);
        if (!hashSet(e, field, value, false, l->limits))
            return rdbGiveUp(l, e, "a field is there twice");
    }
    if (z.bad) return rdbGiveUp(l, e, zipmap_not_whole);
    return e ? e : rdbGiveUp(l, NULL, rdbIsEmpty);
}

/* ---- lists ---- */

/* Adds the elements of one small form; false if it is not whole. */
static bool appendPack(const rdbLoad *l, entry *e, bytes raw, bool is_zip) {
    packReader p;
    char scratch[NUM_INT_MAX];
    if (!openPack(&p, raw, is_zip)) return rdbFail(l->r, not_whole);
    if (p.lp) {
        if (p.at) listAppendPack(e, p.lp, l->limits);
        return true;
    }
    for (listpackValue value; nextOf(&p, &value);)
        listPush(e, QUICKLIST_TAIL, listpackValueText(value, scratch), l->limits);
    return !p.zip.bad || rdbFail(l->r, not_whole);
}

static bool loadNode(const rdbLoad *l, entry *e) {
    uint64_t kind = RDB_NODE_PACKED;
    rdbString s;
    if (l->type == RDB_LIST_QUICKLIST_2 && !rdbReadLength(l->r, &kind)) return false;
    if (kind != RDB_NODE_PACKED && kind != RDB_NODE_PLAIN)
        return rdbFail(l->r, "unknown kind of a list's node");
    if (!rdbReadString(l->r, &s)) return false;
    bool good = true;
    if (kind == RDB_NODE_PLAIN && !s.text.size) /* Only what is big has a node of its own. */
        good = rdbFail(l->r, "a list's node is empty");
    else if (kind == RDB_NODE_PLAIN)
        listPush(e, QUICKLIST_TAIL, s.text, l->limits);
    else
        good = appendPack(l, e, s.text, l->type != RDB_LIST_QUICKLIST_2);
    rdbStringClear(&s);
    return good;
}

entry *rdbLoadChain(const rdbLoad *l) {
    size_t nodes;
    if (!rdbReadCount(l->r, 1, &nodes)) return NULL;
    entry *e = listNew(l->key);
    for (; nodes; nodes--)
        if (!loadNode(l, e)) return rdbGiveUp(l, e, NULL);
    return listCount(e) ? e : rdbGiveUp(l, e, rdbIsEmpty);
}

static entry *loadZippedList(const rdbLoad *l, bytes raw) {
    entry *e = listNew(l->key);
    if (!appendPack(l, e, raw, true)) return rdbGiveUp(l, e, NULL);
    return listCount(e) ? e : rdbGiveUp(l, e, rdbIsEmpty);
}

/* ---- which of them ---- */

static entry *loadFrom(const rdbLoad *l, bytes raw) {
    packReader p;
    switch (l->type) {
    case RDB_SET_INTSET: return loadInts(l, raw);
    case RDB_HASH_ZIPMAP: return loadZipmap(l, raw);
    case RDB_LIST_ZIPLIST: return loadZippedList(l, raw);
    default: break;
    }
    bool is_zip = l->type == RDB_ZSET_ZIPLIST || l->type == RDB_HASH_ZIPLIST;
    if (!openPack(&p, raw, is_zip)) return rdbGiveUp(l, NULL, not_whole);
    switch (l->type) {
    case RDB_SET_LISTPACK: return loadSet(l, &p);
    case RDB_ZSET_LISTPACK:
    case RDB_ZSET_ZIPLIST: return loadZset(l, &p);
    case RDB_HASH_PACK_OLD:
    case RDB_HASH_PACK: return loadTimedHash(l, &p);
    default: return loadHash(l, &p);
    }
}

entry *rdbLoadPack(const rdbLoad *l) {
    int64_t first_ms;
    rdbString s;
    if (l->type == RDB_HASH_PACK && !rdbReadTime(l->r, &first_ms)) return NULL;
    if (!rdbReadString(l->r, &s)) return NULL;
    entry *e = loadFrom(l, s.text);
    rdbStringClear(&s);
    return e;
}
