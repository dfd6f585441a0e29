/* DEBUG's sub-commands that look at data, or make some. */
#include <stdio.h>

#include "server/commands/debug_commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/debug_digest.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/types/t_list.h"

/* An entry even of a key past its deadline; replies an error where there is none. */
static const entry *peekKey(client *c, int index) {
    const entry *e = dbPeek(c->db, argKey(c, index));
    if (!e) replyError(c, "ERR no such key");
    return e;
}

/* The bytes that a length takes in a dump: 6, 14, 32 or 64 bits of it. */
static size_t dumpedLength(size_t size) {
    return size < 64 ? 1 : size < 16384 ? 2 : size <= UINT32_MAX ? 5 : 9;
}

/* What the value would take in a dump, before compression; of a collection what it takes here. */
static size_t dumpedSize(const entry *e) {
    if (entryType(e) != TYPE_STRING)
        return valueOpsOf(entryType(e), entryEncoding(e))->memory(entryPointer(e));
    int64_t number;
    size_t size = entryStringSize(e);
    if (entryStringInt(e, &number)) {
        if (number >= INT8_MIN && number <= INT8_MAX) return 2;
        if (number >= INT16_MIN && number <= INT16_MAX) return 3;
        if (number >= INT32_MIN && number <= INT32_MAX) return 5;
    }
    return dumpedLength(size) + size;
}

/* DEBUG OBJECT key */
void debugObject(client *c) {
    const entry *e = peekKey(c, 2);
    if (!e) return;
    uint32_t access = entryAccess(e);
    char text[256];
    int size = snprintf(text, sizeof text,
                        "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u "
                        "lru_seconds_idle:%u",
                        (const void *)e, entryEncodingName(e), dumpedSize(e), access,
                        (c->server->access_clock - access) & 0xffffff);
    ensure(size > 0);
    if (entryEncoding(e) == ENCODING_QUICKLIST) {
        const quicklist *q = entryPointer(e);
        const typeLimits *limits = &c->server->config.types;
        double nodes = (double)quicklistNodes(q), elements = (double)quicklistCount(q);
        snprintf(text + size, sizeof text - (size_t)size,
                 " ql_nodes:%.0f ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d "
                 "ql_uncompressed_size:%zu",
                 nodes, elements / nodes, (int)limits->list_listpack_size,
                 limits->list_compress_depth != 0, dumpedSize(e));
    }
    replySimple(c, text);
}

/* DEBUG SDSLEN key */
void debugSdslen(client *c) {
    const entry *e = peekKey(c, 2);
    if (!e) return;
    if (entryType(e) != TYPE_STRING || entryEncoding(e) == ENCODING_INT) {
        replyError(c, "ERR Not an sds encoded string.");
        return;
    }
    char text[192];
    size_t key = entryKey(e).size, value = entryStringSize(e);
    snprintf(text, sizeof text,
             "key_sds_len:%zu, key_sds_avail:0, key_zmalloc: %zu, val_sds_len:%zu, "
             "val_sds_avail:0, val_zmalloc: %zu",
             key, entryMemory(e) - (entryIsPointer(e) ? value : 0), value,
             entryIsPointer(e) ? value : (size_t)0);
    replySimple(c, text);
}

static void notOfEncoding(client *c, const char *text) {
    if (peekKey(c, 2)) replyError(c, text);
}

/* DEBUG LISTPACK key */
void debugListpack(client *c) {
    const entry *e = peekKey(c, 2);
    if (!e) return;
    if (entryEncoding(e) != ENCODING_LISTPACK && entryEncoding(e) != ENCODING_LISTPACK_EX) {
        replyError(c, "ERR Not a listpack encoded object.");
        return;
    }
    /* The structure itself is no secret: RDB files and DUMP show it. */
    replySimple(c, "Listpack structure printed on stdout");
}

/* DEBUG QUICKLIST key [full] */
void debugQuicklist(client *c) {
    const entry *e = peekKey(c, 2);
    if (!e) return;
    if (entryEncoding(e) != ENCODING_QUICKLIST) {
        replyError(c, "ERR Not a quicklist encoded object.");
        return;
    }
    quicklistCheck(entryPointer(e));
    replySimple(c, "Quicklist structure printed on stdout");
}

/* DEBUG DIGEST */
void debugDigestAll(client *c) {
    char text[DEBUG_DIGEST_SIZE];
    debugDigest(c->server, text);
    replySimple(c, text);
}

/* DEBUG DIGEST-VALUE key [key ...] */
void debugDigestValues(client *c) {
    char text[DEBUG_DIGEST_SIZE];
    replyArray(c, (size_t)c->argc - 2);
    for (int i = 2; i < c->argc; i++) {
        debugDigestValue(dbPeek(c->db, argKey(c, i)), text);
        replySimple(c, text);
    }
}

static size_t describeTable(const db *d, char *out, size_t room) {
    if (!dbCount(d))
        return (size_t)snprintf(out, room, "No stats available for empty dictionaries\n");
    dictStats n = dbTableStats(d);
    return (size_t)snprintf(out, room,
                            " table size: %zu\n number of elements: %zu\n segments: %zu\n"
                            " buckets: %zu\n directory words: %zu\n directory depth: %u\n"
                            " longest way: %u buckets\n splits: %zu\n merges: %zu\n"
                            " re-lays: %zu\n bytes: %zu\n",
                            n.buckets * 8, n.items, n.segments, n.buckets, n.directory_words,
                            n.depth, n.longest_way, n.splits, n.merges, n.relays,
                            dbTableBytes(d) - dbExpiresBytes(d));
}

static size_t describeExpires(const db *d, char *out, size_t room) {
    if (!dbExpiresCount(d))
        return (size_t)snprintf(out, room, "No stats available for empty dictionaries\n");
    return (size_t)snprintf(out, room, " number of elements: %zu\n bytes: %zu\n", dbExpiresCount(d),
                            dbExpiresBytes(d));
}

/* DEBUG HTSTATS db
 * "table size" counts slots. The expiry dictionary is a tree: it has elements and bytes. */
void debugHtstats(client *c) {
    int64_t id;
    if (!argInt(c, 2, &id, NULL)) return;
    if (id < 0 || id >= c->server->db_count) {
        replyError(c, "ERR Out of range database");
        return;
    }
    static const char title[] = "[%s HT]\nHash table 0 stats (main hash table):\n";
    const db *d = c->server->dbs[id];
    char text[1024];
    size_t size = (size_t)snprintf(text, sizeof text, title, "Dictionary");
    size += describeTable(d, text + size, sizeof text - size);
    size += (size_t)snprintf(text + size, sizeof text - size, title, "Expires");
    size += describeExpires(d, text + size, sizeof text - size);
    ensure(size < sizeof text);
    replyVerbatim(c, "txt", bytesOf(text, size));
}

/* DEBUG HTSTATS-KEY key */
void debugHtstatsKey(client *c) {
    notOfEncoding(
        c, "ERR The value stored at the specified key is not represented using an hash table");
}

/* ---- POPULATE ---- */

static bool positive(client *c, int index, int64_t *out) {
    return argIntIn(c, index, 0, INT64_MAX, out, "ERR value is out of range, must be positive");
}

/* The value of key 'index': "value:<index>", cut or filled with zeros to 'size' if that is not 0.
 */
static bytes populateValue(char *buffer, size_t size, int64_t index) {
    char text[32];
    size_t length = (size_t)snprintf(text, sizeof text, "value:%lld", (long long)index);
    memcpy(buffer, text, size && length > size ? size : length);
    return bytesOf(buffer, size ? size : length);
}

/* DEBUG POPULATE count [prefix] [size]
 * Keys "prefix:0" and on; those that are there stay as they are. */
void debugPopulate(client *c) {
    int64_t count, size = 0;
    if (!positive(c, 2, &count)) return;
    if (c->argc > 4 && !positive(c, 4, &size)) return;
    bytes prefix = c->argc > 3 ? c->argv[3] : BYTES("key");
    size_t key_room = prefix.size + NUM_INT_MAX + 1, value_room = (size_t)size + 32;
    char *value = size <= c->server->config.proto_max_bulk_len ? memTryAlloc(value_room) : NULL;
    if (!value) {
        replyError(c, "ERR value is out of range, must be positive");
        return;
    }
    memset(value, 0, value_room);
    char *key = memAlloc(key_room);
    memcpy(key, prefix.data, prefix.size);
    key[prefix.size] = ':';
    for (int64_t i = 0; i < count; i++) {
        size_t digits = numFormatInt(key + prefix.size + 1, i);
        keyRef ref = keyRefOf(bytesOf(key, prefix.size + 1 + digits));
        if (dbOpen(c->db, ref)) continue;
        dbSetString(c->db, ref, populateValue(value, (size_t)size, i), false);
        keyChanged(c, ref, 0, NULL);
    }
    memFree(key);
    memFree(value);
    replyOk(c);
}

/* ---- PROTOCOL ---- */

static void threeNumbers(client *c) {
    for (int i = 0; i < 3; i++) replyInteger(c, i);
}

static void protocolMap(client *c) {
    replyMap(c, 3);
    for (int i = 0; i < 3; i++) {
        replyInteger(c, i);
        replyBool(c, i == 1);
    }
}

static void protocolAttribute(client *c) {
    if (c->resp > 2) {
        respAttribute(&c->out, 1);
        replyBulkText(c, "key-popularity");
        replyArray(c, 2);
        replyBulkText(c, "key:123");
        replyInteger(c, 90);
    }
    replyBulkText(c, "Some real reply following the attribute");
}

static void protocolPush(client *c) {
    if (c->resp < 3) {
        replyError(c, "ERR RESP2 is not supported by this command");
        return;
    }
    replyPush(c, 2);
    replyBulkText(c, "server-cpu-usage");
    replyInteger(c, 42);
    replyBulkText(c, "Some real reply following the push reply");
}

/* DEBUG PROTOCOL type
 * Replies with an example of a type of RESP. */
void debugProtocol(client *c) {
    if (argIs(c, 2, "string")) {
        replyBulkText(c, "Hello World");
    } else if (argIs(c, 2, "integer")) {
        replyInteger(c, 12345);
    } else if (argIs(c, 2, "double")) {
        replyDouble(c, 3.141);
    } else if (argIs(c, 2, "null")) {
        replyNull(c);
    } else if (argIs(c, 2, "array")) {
        replyArray(c, 3);
        threeNumbers(c);
    } else if (argIs(c, 2, "set")) {
        replySet(c, 3);
        threeNumbers(c);
    } else if (argIs(c, 2, "map")) {
        protocolMap(c);
    } else if (argIs(c, 2, "attrib")) {
        protocolAttribute(c);
    } else if (argIs(c, 2, "push")) {
        protocolPush(c);
    } else if (argIs(c, 2, "verbatim")) {
        replyVerbatim(c, "txt", BYTES("This is a verbatim\nstring"));
    } else if (argIs(c, 2, "true")) {
        replyBool(c, true);
    } else if (argIs(c, 2, "false")) {
        replyBool(c, false);
    } else if (argIs(c, 2, "bignum")) {
        respBigNumber(&c->out, c->resp, BYTES("1234567999999999999999999999999999999"));
        replyQueueFlush(c);
    } else {
        replyError(c, "ERR Wrong protocol type name. Please use one of the following: "
                      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|"
                      "false");
    }
}
