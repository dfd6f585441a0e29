#include "storage/persist/aof_rewrite.h"

#include <errno.h>
#include <stdio.h>

#include "storage/base/ensure.h"
#include "storage/persist/aof_rewrite_internal.h"
#include "storage/persist/rdb_dump.h"
#include "storage/types/t_array.h"
#include "storage/types/t_hash_ttl.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset_range.h"

/* ---- records ---- */

static void putHeader(rdbSink *s, char sign, size_t number) {
    char text[NUM_INT_MAX + 3] = {sign};
    size_t size = 1 + numFormatUint(text + 1, number);
    text[size++] = '\r';
    text[size++] = '\n';
    rdbPutBytes(s, bytesOf(text, size));
}

void aofPutArg(rdbSink *s, bytes arg) {
    putHeader(s, '$', arg.size);
    rdbPutBytes(s, arg);
    rdbPutBytes(s, BYTES("\r\n"));
}

void aofPutNumber(rdbSink *s, int64_t number) {
    char text[NUM_INT_MAX];
    aofPutArg(s, bytesOf(text, numFormatInt(text, number)));
}

void aofPutCommand(rdbSink *s, size_t argc, bytes name, bytes first) {
    putHeader(s, '*', argc);
    aofPutArg(s, name);
    aofPutArg(s, first);
}

/* Items that go out in commands of up to AOF_REWRITE_ITEMS, of 'each' arguments an item. */
typedef struct itemRun {
    rdbSink *s;
    bytes name, key;
    size_t left, each; /* items to come, in this command and the next ones */
    size_t in_command;
} itemRun;

static void beginItem(itemRun *r) {
    if (r->in_command == 0) {
        size_t items = r->left < AOF_REWRITE_ITEMS ? r->left : AOF_REWRITE_ITEMS;
        aofPutCommand(r->s, 2 + items * r->each, r->name, r->key);
        r->in_command = items;
    }
    r->in_command--;
    r->left--;
}

/* ---- types ---- */

static void putList(rdbSink *s, bytes key, const entry *e) {
    char scratch[NUM_INT_MAX];
    itemRun run = {.s = s, .name = BYTES("RPUSH"), .key = key, .left = listCount(e), .each = 1};
    listIterator it;
    listIteratorInit(&it, e, 0, false);
    for (listpackValue value; listIteratorNext(&it, &value);) {
        beginItem(&run);
        aofPutArg(s, listpackValueText(value, scratch));
    }
}

static void putSet(rdbSink *s, bytes key, const entry *e) {
    char scratch[NUM_INT_MAX];
    itemRun run = {.s = s, .name = BYTES("SADD"), .key = key, .left = setCount(e), .each = 1};
    setIterator it = setIteratorOf(e);
    for (setMember m; setIteratorNext(&it, &m);) {
        beginItem(&run);
        aofPutArg(s, setMemberText(m, scratch));
    }
}

static void putZset(rdbSink *s, bytes key, const entry *e) {
    char score[64];
    itemRun run = {.s = s, .name = BYTES("ZADD"), .key = key, .left = zsetCount(e), .each = 2};
    zsetIterator it;
    zsetIteratorInit(&it, e, zsetWhole(e), false);
    for (zsetMember m; zsetIteratorNext(&it, &m);) {
        beginItem(&run);
        aofPutArg(s, bytesOf(score, numFormatDouble(score, m.score)));
        aofPutArg(s, m.name);
    }
}

static void putPair(void *ctx, const hashPair *pair) {
    itemRun *run = ctx;
    beginItem(run);
    aofPutArg(run->s, pair->field);
    aofPutArg(run->s, pair->value);
}

static void putFieldDeadline(void *ctx, const hashPair *pair) {
    itemRun *run = ctx;
    if (pair->deadline_ms == DEADLINE_NONE) return;
    aofPutCommand(run->s, 6, BYTES("HPEXPIREAT"), run->key);
    aofPutNumber(run->s, pair->deadline_ms);
    aofPutArg(run->s, BYTES("FIELDS"));
    aofPutArg(run->s, BYTES("1"));
    aofPutArg(run->s, pair->field);
}

static void putHash(rdbSink *s, bytes key, const entry *e) {
    itemRun run = {.s = s, .name = BYTES("HMSET"), .key = key, .left = hashCount(e), .each = 2};
    hashEach(e, putPair, &run);
    if (hashMayHaveDeadlines(e) && hashNextDeadline(e) != DEADLINE_NONE)
        hashEach(e, putFieldDeadline, &run);
}

static void putArray(rdbSink *s, bytes key, const entry *e) {
    char index_text[NUM_INT_MAX];
    itemRun run = {.s = s, .name = BYTES("ARMSET"), .key = key, .left = arrayCount(e), .each = 2};
    arrayIterator it;
    arrayIterate(&it, e, 0, ARRAY_INDEX_MAX);
    bytes value;
    for (uint64_t index; arrayNext(&it, &index, &value);) {
        beginItem(&run);
        aofPutArg(s, bytesOf(index_text, numFormatUint(index_text, index)));
        aofPutArg(s, value);
    }
    if (arrayCursor(e) == 0) return;
    aofPutCommand(s, 3, BYTES("ARSEEK"), key);
    aofPutArg(s, bytesOf(index_text, numFormatUint(index_text, arrayCursor(e))));
}

/* False if the memory for it cannot be had. */
static bool putRestore(rdbSink *s, bytes key, const entry *e) {
    rdbBuffer payload;
    rdbBufferInit(&payload, false);
    bool dumped = rdbDump(&payload, e) == RDB_DUMPED;
    if (dumped) {
        aofPutCommand(s, 4, BYTES("RESTORE"), key);
        aofPutArg(s, BYTES("0"));
        aofPutArg(s, rdbBufferBytes(&payload));
    }
    rdbBufferClear(&payload);
    return dumped;
}

static bool commandsCanSay(const entry *e) {
    switch (entryType(e)) {
    case TYPE_STREAM: return aofStreamIsPlain(streamOf(e));
    case TYPE_ARRAY: return arrayRing(e) == 0 && arrayCount(e) != 0;
    default: return true;
    }
}

static bool putValue(rdbSink *s, bytes key, const entry *e) {
    char scratch[NUM_INT_MAX];
    if (!commandsCanSay(e)) return putRestore(s, key, e);
    switch (entryType(e)) {
    case TYPE_STRING:
        aofPutCommand(s, 3, BYTES("SET"), key);
        aofPutArg(s, entryString(e, scratch));
        break;
    case TYPE_LIST: putList(s, key, e); break;
    case TYPE_SET: putSet(s, key, e); break;
    case TYPE_ZSET: putZset(s, key, e); break;
    case TYPE_HASH: putHash(s, key, e); break;
    case TYPE_STREAM: aofPutStream(s, key, streamOf(e)); break;
    case TYPE_ARRAY: putArray(s, key, e); break;
    default: ensurePanic("no commands make a value of this type");
    }
    return true;
}

/* ---- all of it ---- */

static void putLibrary(void *to, bytes code) {
    aofPutCommand(to, 3, BYTES("FUNCTION"), BYTES("LOAD"));
    aofPutArg(to, code);
}

/* 0 or an errno. */
static int putDb(const rdbSource *from, const db *d, uint64_t *keys, rdbOut *to) {
    rdbSink *s = &to->sink;
    char id[NUM_INT_MAX];
    putHeader(s, '*', 2);
    aofPutArg(s, BYTES("SELECT"));
    aofPutArg(s, bytesOf(id, numFormatInt(id, dbId(d))));
    dictIterator it = dbIteratorOf(d);
    for (const entry *e; (e = dictIteratorNext(&it));) {
        bytes key = entryKey(e);
        if (!putValue(s, key, e)) return ENOMEM;
        int64_t deadline_ms = entryDeadline(e);
        if (deadline_ms != DEADLINE_NONE) {
            aofPutCommand(s, 3, BYTES("PEXPIREAT"), key);
            aofPutNumber(s, deadline_ms);
        }
        if (from->written) from->written(from->ctx, e);
        ++*keys;
        if (from->progress && !from->progress(from->ctx, *keys)) return ECANCELED;
        if (to->error) return to->error;
    }
    return 0;
}

int aofRewrite(const rdbSource *from, int64_t time_s, rdbOut *to) {
    if (time_s) {
        char note[NUM_INT_MAX + 8];
        int size = snprintf(note, sizeof note, "#TS:%lld\r\n", (long long)time_s);
        rdbPutBytes(&to->sink, bytesOf(note, (size_t)size));
    }
    if (from->functions) from->functions(from->ctx, putLibrary, &to->sink);
    uint64_t keys = 0;
    for (int i = 0; i < from->db_count; i++) {
        int error = dbCount(from->dbs[i]) ? putDb(from, from->dbs[i], &keys, to) : 0;
        if (error) return error;
    }
    return rdbOutFlush(to);
}
