/* Commands on arrays, but those that search them (cmd_array_search.c). */
#include "server/commands/array_args.h"
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/num.h"

/* What ARGETRANGE may reply at once. */
enum { RANGE_MAX = 1000000 };

/* ---- what writers share ---- */

/* The array under 'key' for changing, made if there is none. NULL after replying WRONGTYPE. */
static entry *arrayOpen(client *c, keyRef key) {
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ARRAY)) return NULL;
    return e ? e : dbAddCollection(c->db, key, TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
}

/* Tells that 'count' elements changed. */
static void arrayChanged(client *c, keyRef key, uint64_t count, const char *event) {
    if (!count) return;
    keyChanged(c, key, NOTIFY_ARRAY, event);
    c->server->dirty += count - 1;
}

/* An array that lost its last element is no key any more. */
static void dropIfEmpty(client *c, keyRef key, entry *e) {
    if (arrayCount(e) == 0) dbDeleteEntry(c->db, key, e, DB_DELETED);
}

/* True if all of the arguments from 'first' on, each 'step'th, are indexes; else replies. */
static bool argsAreIndexes(client *c, int first, int step) {
    uint64_t index;
    for (int i = first; i < c->argc; i += step)
        if (!argArrayIndex(c, i, &index)) return false;
    return true;
}

/* ---- writing ---- */

/* ARSET key index value [value ...]
 * Replies with how many of the places were empty. */
static void arsetCommand(client *c) {
    uint64_t index, added = 0, count = (uint64_t)c->argc - 3;
    if (!argArrayIndex(c, 2, &index)) return;
    if (count - 1 > ARRAY_INDEX_MAX - index) {
        replyError(c, "ERR array index overflow");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = arrayOpen(c, key);
    if (!e) return;
    for (uint64_t i = 0; i < count; i++) added += arraySet(e, index + i, c->argv[3 + i]);
    arrayChanged(c, key, count, "arset");
    replyUnsigned(c, added);
}

/* ARMSET key index value [index value ...]
 * Replies with how many of the places were empty. */
static void armsetCommand(client *c) {
    if (c->argc % 2) {
        replyWrongArity(c, c->cmd);
        return;
    }
    if (!argsAreIndexes(c, 2, 2)) return;
    keyRef key = argKey(c, 1);
    entry *e = arrayOpen(c, key);
    if (!e) return;
    uint64_t index = 0, added = 0;
    for (int i = 2; i < c->argc; i += 2) {
        numParseUint(c->argv[i], &index);
        added += arraySet(e, index, c->argv[i + 1]);
    }
    arrayChanged(c, key, (uint64_t)c->argc / 2 - 1, "armset");
    replyUnsigned(c, added);
}

/* ARDEL key index [index ...]
 * Replies with how many elements went. */
static void ardelCommand(client *c) {
    if (!argsAreIndexes(c, 2, 1)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ARRAY)) return;
    uint64_t index = 0, removed = 0;
    for (int i = 2; e && i < c->argc; i++) {
        numParseUint(c->argv[i], &index);
        removed += arrayDelete(e, index);
    }
    if (removed) {
        arrayChanged(c, key, removed, "ardel");
        dropIfEmpty(c, key, e);
    }
    replyUnsigned(c, removed);
}

static uint64_t deleteRanges(client *c, entry *e) {
    uint64_t removed = 0, from = 0, to = 0;
    for (int i = 2; i < c->argc; i += 2) {
        numParseUint(c->argv[i], &from);
        numParseUint(c->argv[i + 1], &to);
        removed += from <= to ? arrayDeleteRange(e, from, to) : arrayDeleteRange(e, to, from);
    }
    return removed;
}

/* True if the first range is all of the array: then it goes as a key does, without a stall. */
static bool rangeIsAll(const client *c, const entry *e) {
    uint64_t from = 0, to = 0;
    numParseUint(c->argv[2], &from);
    numParseUint(c->argv[3], &to);
    uint64_t low = from < to ? from : to, high = from < to ? to : from;
    return low == 0 && high >= arrayLength(e) - 1;
}

/* ARDELRANGE key start end [start end ...]
 * Replies with how many elements went. */
static void ardelrangeCommand(client *c) {
    if (c->argc % 2) {
        replyWrongArity(c, c->cmd);
        return;
    }
    if (!argsAreIndexes(c, 2, 1)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ARRAY)) return;
    uint64_t removed = 0;
    bool all = e && rangeIsAll(c, e);
    if (e) removed = all ? arrayCount(e) : deleteRanges(c, e);
    if (removed) {
        arrayChanged(c, key, removed, "ardelrange");
        if (all)
            dbDeleteEntry(c->db, key, e, DB_DELETED);
        else
            dropIfEmpty(c, key, e);
    }
    replyUnsigned(c, removed);
}

/* ---- the cursor ---- */

/* ARINSERT key value [value ...]
 * Replies with the index of the last one. */
static void arinsertCommand(client *c) {
    uint64_t count = (uint64_t)c->argc - 2;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ARRAY)) return;
    uint64_t cursor = e ? arrayCursor(e) : 0;
    if (cursor > ARRAY_INDEX_MAX || count - 1 > ARRAY_INDEX_MAX - cursor) {
        replyError(c, "ERR insert index overflow");
        return;
    }
    if (!e) e = dbAddCollection(c->db, key, TYPE_ARRAY, ENCODING_ARRAY, arrayNew());
    for (uint64_t i = 0; i < count; i++) arraySet(e, cursor + i, c->argv[2 + i]);
    arraySeek(e, cursor + count);
    arrayChanged(c, key, count, "arinsert");
    replyUnsigned(c, cursor + count - 1);
}

/* ARRING key size value [value ...]
 * Replies with the index of the last one. */
static void arringCommand(client *c) {
    uint64_t size, place = 0;
    if (!numParseUint(c->argv[2], &size) || size == 0 || size > ARRAY_INDEX_MAX) {
        replyError(c, "ERR invalid ring size");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = arrayOpen(c, key);
    if (!e) return;
    arrayFitRing(e, size);
    for (int i = 3; i < c->argc; i++) place = arrayPushRing(e, size, c->argv[i]);
    arrayChanged(c, key, (uint64_t)c->argc - 3, "arring");
    replyUnsigned(c, place);
}

/* ARSEEK key index
 * The cursor may also be set behind the last index: nothing can be inserted then. */
static void arseekCommand(client *c) {
    uint64_t index;
    if (!numParseUint(c->argv[2], &index)) {
        replyError(c, "ERR invalid array index");
        return;
    }
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_ARRAY)) return;
    if (e) {
        arraySeek(e, index);
        arrayChanged(c, key, 1, "arseek");
    }
    replyInteger(c, e != NULL);
}

/* ARNEXT key
 * Replies with null where no insertion is possible any more. */
static void arnextCommand(client *c) {
    const entry *e;
    if (!arrayRead(c, 1, &e)) return;
    uint64_t cursor = e ? arrayCursor(e) : 0;
    if (cursor > ARRAY_INDEX_MAX)
        replyNull(c);
    else
        replyUnsigned(c, cursor);
}

/* ---- reading ---- */

static void replyValue(client *c, bytes value) {
    if (value.data)
        replyBulk(c, value);
    else
        replyNull(c);
}

static void replyAt(client *c, const entry *e, uint64_t index) {
    char scratch[NUM_INT_MAX];
    replyValue(c, e ? arrayGet(e, index, scratch) : (bytes){NULL, 0});
}

/* ARGET key index */
static void argetCommand(client *c) {
    uint64_t index;
    const entry *e;
    if (argArrayIndex(c, 2, &index) && arrayRead(c, 1, &e)) replyAt(c, e, index);
}

/* ARMGET key index [index ...] */
static void armgetCommand(client *c) {
    const entry *e;
    if (!argsAreIndexes(c, 2, 1) || !arrayRead(c, 1, &e)) return;
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) {
        uint64_t index = 0;
        numParseUint(c->argv[i], &index);
        replyAt(c, e, index);
    }
}

/* ARGETRANGE key start end
 * Replies with each place of the range, empty ones as null, downwards if start > end. */
static void argetrangeCommand(client *c) {
    uint64_t from, to;
    const entry *e;
    if (!argArrayIndex(c, 2, &from) || !argArrayIndex(c, 3, &to)) return;
    uint64_t width = from < to ? to - from : from - to;
    if (width >= RANGE_MAX) {
        replyErrorFormat(c, "ERR range exceeds maximum of %d items", RANGE_MAX);
        return;
    }
    if (!arrayRead(c, 1, &e)) return;
    replyArray(c, width + 1);
    arrayIterator it;
    uint64_t index = 0, replied = 0;
    bytes value;
    if (e) arrayIterate(&it, e, from, to);
    while (e && arrayNext(&it, &index, &value)) {
        uint64_t at = from < to ? index - from : from - index;
        for (; replied < at; replied++) replyNull(c);
        replyBulk(c, value);
        replied++;
    }
    for (; replied <= width; replied++) replyNull(c);
}

/* ARLEN key */
static void arlenCommand(client *c) {
    const entry *e;
    if (arrayRead(c, 1, &e)) replyUnsigned(c, e ? arrayLength(e) : 0);
}

/* ARCOUNT key */
static void arcountCommand(client *c) {
    const entry *e;
    if (arrayRead(c, 1, &e)) replyUnsigned(c, e ? arrayCount(e) : 0);
}

/* ARLASTITEMS key count [REV]
 * Goes back from the cursor over as many places as there are elements at the most. */
static void arlastitemsCommand(client *c) {
    int64_t wanted;
    const entry *e;
    if (c->argc > 4 || (c->argc == 4 && !argIs(c, 3, "REV"))) {
        replySyntaxError(c);
        return;
    }
    if (!argIntIn(c, 2, 0, INT64_MAX, &wanted, "ERR value is out of range, must be positive"))
        return;
    if (!arrayRead(c, 1, &e)) return;
    bool newest_first = c->argc == 4;
    uint64_t count = e ? arrayCount(e) : 0;
    if (count > (uint64_t)wanted) count = (uint64_t)wanted;
    replyArray(c, count);
    char scratch[NUM_INT_MAX];
    for (uint64_t i = 0; i < count; i++)
        replyValue(c, arrayInserted(e, newest_first ? i : count - 1 - i, scratch));
}

static void replyFact(client *c, const char *name, uint64_t value) {
    replyBulkText(c, name);
    replyUnsigned(c, value);
}

static void replyRatio(client *c, const char *name, uint64_t part, uint64_t whole) {
    replyBulkText(c, name);
    replyDouble(c, whole ? (double)part / (double)whole : 0);
}

/* ARINFO key [FULL]
 * The directory is the table of leaves. */
static void arinfoCommand(client *c) {
    const entry *e;
    bool full = c->argc == 3 && argIs(c, 2, "FULL");
    if (c->argc > 2 && !full) {
        replySyntaxError(c);
        return;
    }
    if (!arrayRead(c, 1, &e)) return;
    if (!e) {
        replyError(c, "ERR no such key");
        return;
    }
    arrayShape s = arrayShapeOf(e, full);
    uint64_t cursor = arrayCursor(e);
    replyMap(c, full ? 12 : 7);
    replyFact(c, "count", arrayCount(e));
    replyFact(c, "len", arrayLength(e));
    replyFact(c, "next-insert-index", cursor > ARRAY_INDEX_MAX ? 0 : cursor);
    replyFact(c, "slices", s.slices);
    replyFact(c, "directory-size", s.table_room);
    replyFact(c, "super-dir-entries", s.leaves > 1 ? s.leaves : 0);
    replyFact(c, "slice-size", ARRAY_SLICE_SLOTS);
    if (!full) return;
    replyFact(c, "dense-slices", s.dense);
    replyFact(c, "sparse-slices", s.sparse);
    replyRatio(c, "avg-dense-size", s.dense_slots, s.dense);
    replyRatio(c, "avg-dense-fill", s.dense_count, s.dense_slots);
    replyRatio(c, "avg-sparse-size", s.sparse_slots, s.sparse);
}

#define ARRAY_ROW(command_name, least, handler, command_flags, key_use)                            \
    {                                                                                              \
        .name = command_name, .arity = least, .run = handler, .flags = command_flags,              \
        .acl = ACL_ARRAY, .keys = {                                                                \
            {.first = 1, .last = 0, .step = 1, .use = key_use}                                     \
        }                                                                                          \
    }

const commandSpec arrayCommands[] = {
    ARRAY_ROW("arset", -4, arsetCommand, CMD_WRITE | CMD_DENYOOM | CMD_FAST, KEY_RW | KEY_UPDATE),
    ARRAY_ROW("armset", -4, armsetCommand, CMD_WRITE | CMD_DENYOOM | CMD_FAST, KEY_RW | KEY_UPDATE),
    ARRAY_ROW("arinsert", -3, arinsertCommand, CMD_WRITE | CMD_DENYOOM | CMD_FAST,
              KEY_RW | KEY_UPDATE),
    ARRAY_ROW("arring", -4, arringCommand, CMD_WRITE | CMD_DENYOOM, KEY_RW | KEY_UPDATE),
    ARRAY_ROW("arseek", 3, arseekCommand, CMD_WRITE | CMD_FAST, KEY_RW | KEY_UPDATE),
    ARRAY_ROW("ardel", -3, ardelCommand, CMD_WRITE | CMD_FAST, KEY_RW | KEY_DELETE),
    ARRAY_ROW("ardelrange", -4, ardelrangeCommand, CMD_WRITE, KEY_RW | KEY_DELETE),
    ARRAY_ROW("arget", 3, argetCommand, CMD_READONLY | CMD_FAST, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("armget", -3, armgetCommand, CMD_READONLY | CMD_FAST, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("argetrange", 4, argetrangeCommand, CMD_READONLY, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("arlen", 2, arlenCommand, CMD_READONLY | CMD_FAST, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("arcount", 2, arcountCommand, CMD_READONLY | CMD_FAST, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("arnext", 2, arnextCommand, CMD_READONLY | CMD_FAST, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("arlastitems", -3, arlastitemsCommand, CMD_READONLY, KEY_RO | KEY_ACCESS),
    ARRAY_ROW("arinfo", -2, arinfoCommand, CMD_READONLY, KEY_RO | KEY_ACCESS),
    {0},
};
