/* Small hashes: listpacks, plain or with deadlines. */
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/types/pack_value.h"
#include "storage/types/t_hash_internal.h"

listpack *packOf(const entry *e) {
    void *value = entryPointer(e);
    return entryEncoding(e) == ENCODING_LISTPACK_EX ? ((hashPack *)value)->lp : value;
}

static void setPack(entry *e, listpack *lp) {
    if (entryEncoding(e) == ENCODING_LISTPACK_EX)
        ((hashPack *)entryPointer(e))->lp = lp;
    else
        entrySetPointer(e, ENCODING_LISTPACK, lp);
}

size_t packCount(const entry *e) {
    return listpackCount(packOf(e)) / packStride(e);
}

/* ---- reading ---- */

listpackAt packFind(const entry *e, bytes field) {
    const listpack *lp = packOf(e);
    return listpackFind(lp, listpackFirst(lp), field, packStride(e) - 1);
}

/* What a deadline of the format means. */
static int64_t deadlineAt(const listpack *lp, listpackAt at) {
    int64_t deadline_ms;
    ensure(listpackInt(lp, at, &deadline_ms));
    return deadline_ms ? deadline_ms : DEADLINE_NONE;
}

/* Fills in the field at 'at'; the place of what follows it, or 0. */
static listpackAt readPair(const listpack *lp, unsigned stride, listpackAt at, hashPair *out) {
    out->at = at;
    out->field = listpackText(lp, at, out->room[0]);
    at = listpackNext(lp, at);
    out->value = listpackText(lp, at, out->room[1]);
    out->deadline_ms = DEADLINE_NONE;
    if (stride == 3) {
        at = listpackNext(lp, at);
        out->deadline_ms = deadlineAt(lp, at);
    }
    return listpackNext(lp, at);
}

void packPairAt(const entry *e, listpackAt at, hashPair *out) {
    readPair(packOf(e), packStride(e), at, out);
}

static void eachOf(const listpack *lp, unsigned stride, hashVisit visit, void *ctx) {
    hashPair pair;
    for (listpackAt at = listpackFirst(lp); at;) {
        at = readPair(lp, stride, at, &pair);
        visit(ctx, &pair);
    }
}

void packEach(const entry *e, hashVisit visit, void *ctx) {
    eachOf(packOf(e), packStride(e), visit, ctx);
}

/* ---- changing ---- */

void packDeleteAt(entry *e, listpackAt at) {
    setPack(e, listpackDelete(packOf(e), &at, packStride(e)));
}

/* Adds a field of the form with deadlines in its place: before the first that is due later. */
static listpack *insertInOrder(listpack *lp, bytes field, const listpackValue *value,
                               int64_t deadline_ms) {
    listpackAt at = deadline_ms == DEADLINE_NONE ? 0 : listpackFirst(lp);
    while (at) {
        listpackAt last = listpackNext(lp, listpackNext(lp, at));
        if (deadlineAt(lp, last) > deadline_ms) break;
        at = listpackNext(lp, last);
    }
    bool at_end = at == 0;
    lp = listpackInsert(lp, &at, field);
    if (!at_end) at = listpackNext(lp, at);
    listpackAt place = at_end ? 0 : at;
    if (value->text.data)
        lp = listpackInsert(lp, &place, value->text);
    else
        lp = listpackInsertInt(lp, &place, value->number);
    place = at_end ? 0 : listpackNext(lp, place);
    return listpackInsertInt(lp, &place, deadline_ms == DEADLINE_NONE ? 0 : deadline_ms);
}

/* Gives the field at 'at' another deadline, and so another place. */
static void moveInOrder(entry *e, listpackAt at, bytes field, int64_t deadline_ms) {
    enum { ON_STACK = 256 };
    char few[ON_STACK];
    listpack *lp = packOf(e);
    listpackValue value = listpackGet(lp, listpackNext(lp, at));
    char *copy = NULL;
    if (value.text.data) {
        copy = value.text.size <= ON_STACK ? few : memAlloc(value.text.size);
        memcpy(copy, value.text.data, value.text.size);
        value.text.data = copy;
    }
    lp = listpackDelete(lp, &at, 3);
    setPack(e, insertInOrder(lp, field, &value, deadline_ms));
    if (copy && copy != few) memFree(copy);
}

void packAppend(entry *e, bytes field, bytes value) {
    listpack *lp = listpackAppend(listpackAppend(packOf(e), field), value);
    if (entryEncoding(e) == ENCODING_LISTPACK_EX) lp = listpackAppendInt(lp, 0);
    setPack(e, lp);
}

bool packSet(entry *e, bytes field, bytes value, bool keep_deadline) {
    listpack *lp = packOf(e);
    bool timed = entryEncoding(e) == ENCODING_LISTPACK_EX;
    listpackAt at = packFind(e, field);
    if (!at) {
        packAppend(e, field, value);
        return true;
    }
    lp = listpackReplace(lp, listpackNext(lp, at), value);
    setPack(e, lp);
    if (!timed || keep_deadline) return false;
    listpackAt last = listpackNext(lp, listpackNext(lp, at));
    if (deadlineAt(lp, last) != DEADLINE_NONE) moveInOrder(e, at, field, DEADLINE_NONE);
    return false;
}

/* ---- deadlines ---- */

/* From the plain form to the one with deadlines, none of which is set yet. */
static void addDeadlines(entry *e) {
    listpack *lp = packOf(e);
    hashPack *pack = memAlloc(sizeof *pack);
    listpack *timed = listpackNew();
    for (listpackAt at = listpackFirst(lp); at; at = listpackNext(lp, at)) {
        for (int i = 0; i < 2; i++) {
            listpackValue value = listpackGet(lp, at);
            timed = value.text.data ? listpackAppend(timed, value.text)
                                    : listpackAppendInt(timed, value.number);
            if (i == 0) at = listpackNext(lp, at);
        }
        timed = listpackAppendInt(timed, 0);
    }
    listpackFree(lp);
    *pack = (hashPack){.lp = timed, .filed_ms = DEADLINE_NONE};
    entrySetPointer(e, ENCODING_LISTPACK_EX, pack);
}

bool packSetDeadline(entry *e, bytes field, int64_t deadline_ms) {
    listpackAt at = packFind(e, field);
    if (!at) return false;
    if (entryEncoding(e) == ENCODING_LISTPACK) {
        if (deadline_ms == DEADLINE_NONE) return true;
        addDeadlines(e);
        at = packFind(e, field);
    }
    moveInOrder(e, at, field, deadline_ms);
    return true;
}

int64_t packNextDeadline(const entry *e) {
    if (entryEncoding(e) == ENCODING_LISTPACK) return DEADLINE_NONE;
    const listpack *lp = packOf(e);
    listpackAt at = listpackIndex(lp, 2);
    return at ? deadlineAt(lp, at) : DEADLINE_NONE;
}

bytes hashTimedPack(const entry *e) {
    ensure(entryEncoding(e) == ENCODING_LISTPACK_EX);
    return listpackBytes(packOf(e));
}

size_t packRemoveDue(entry *e, int64_t past_ms, size_t max, hashVisit visit, void *ctx) {
    if (entryEncoding(e) == ENCODING_LISTPACK) return 0;
    listpack *lp = packOf(e);
    size_t done = 0;
    hashPair pair;
    for (listpackAt at = listpackFirst(lp); at && done < max; done++) {
        at = readPair(lp, 3, at, &pair);
        if (pair.deadline_ms > past_ms) break;
        visit(ctx, &pair);
    }
    listpackAt first = listpackFirst(lp);
    if (done) setPack(e, listpackDelete(lp, &first, 3 * done));
    return done;
}

/* ---- as values of an entry ---- */

static void addDigest(void *ctx, const hashPair *pair) {
    *(uint64_t *)ctx += hashPairDigest(pair);
}

static uint64_t digestListpack(const void *value) {
    uint64_t sum = 0;
    eachOf(value, 2, addDigest, &sum);
    return sum;
}

const valueOps hashListpackOps = {PACK_VALUE_OPS, .count = hashCount, .digest = digestListpack};

static void freePack(void *value) {
    listpackFree(((hashPack *)value)->lp);
    memFree(value);
}

static size_t packBytesHeld(const void *value) {
    return memGoodSize(sizeof(hashPack)) + listpackMemory(((const hashPack *)value)->lp);
}

static void *copyPack(const void *value) {
    hashPack *copy = memAlloc(sizeof *copy);
    *copy =
        (hashPack){.lp = listpackCopy(((const hashPack *)value)->lp), .filed_ms = DEADLINE_NONE};
    return copy;
}

static void *movePack(void *value, uint64_t *cursor) {
    hashPack *pack = value;
    *cursor = 0;
    pack->lp = listpackMove(pack->lp);
    return pack;
}

static uint64_t digestPack(const void *value) {
    uint64_t sum = 0;
    eachOf(((const hashPack *)value)->lp, 3, addDigest, &sum);
    return sum;
}

const valueOps hashPackOps = {.free = freePack,
                              .parts = valueIsOnePart,
                              .count = hashCount,
                              .memory = packBytesHeld,
                              .copy = copyPack,
                              .move = movePack,
                              .digest = digestPack};
