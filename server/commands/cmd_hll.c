/* Commands on HyperLogLogs: strings in a public format (storage/types/t_hll.h). */
#include "server/commands/commands.h"
#include "server/commands/edit_string.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/types/t_hll.h"

static void replyCorrupt(client *c) {
    replyError(c, "INVALIDOBJ Corrupted HLL object detected");
}

/* The bytes of a HyperLogLog; false, with the error replied, if 'e' is none. 'e' is not NULL. */
static bool openHll(client *c, const entry *e, bytes *out) {
    if (!keyIsType(c, e, TYPE_STRING)) return false;
    if (entryEncoding(e) != ENCODING_INT) { /* a number has no header */
        *out = entryString(e, NULL);
        if (hllCheck(*out) == ERR_OK) return true;
    }
    replyError(c, "WRONGTYPE Key is not a valid HyperLogLog string value.");
    return false;
}

/* Stores the bytes of 'b'. False, with the error replied, if that cannot be. */
static bool storeHll(client *c, keyRef key, entry *e, const hllBuffer *b) {
    char *data = editString(c, key, e, b->size);
    if (data) memcpy(data, b->data, b->size);
    return data != NULL;
}

static size_t sparseMax(const client *c) {
    return (size_t)c->server->config.hll_sparse_max_bytes;
}

/* ---- PFADD ---- */

/* A dense one is changed where it lies, and not opened for writing before a register must rise. */
static void addToDense(client *c, keyRef key, entry *e, bytes s) {
    char *data = NULL;
    for (int i = 2; i < c->argc; i++) {
        hllRegister r = hllRegisterOf(c->argv[i]);
        if (data) {
            hllDenseRaise(data, r);
        } else if (hllDenseGet(s, r.index) < r.value) {
            data = editString(c, key, e, s.size);
            if (!data) return;
            hllDenseRaise(data, r);
        }
    }
    if (data) {
        hllMarkStale(data);
        keyChanged(c, key, NOTIFY_STRING, "pfadd");
    }
    replyInteger(c, data != NULL);
}

/* PFADD key [element [element ...]]
 * Replies 1 if a register changed or the key is new. */
static void pfaddCommand(client *c) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    bytes s;
    if (e && !openHll(c, e, &s)) return;
    if (e && hllEncodingOf(s) == HLL_DENSE) {
        addToDense(c, key, e, s);
        return;
    }
    hllBuffer b;
    bool changed = !e;
    if (!e) {
        hllInit(&b);
    } else if (hllLoad(&b, s)) {
        replyCorrupt(c);
        return;
    }
    for (int i = 2; i < c->argc; i++) {
        int raised = hllAdd(&b, c->argv[i], sparseMax(c));
        if (raised < 0) {
            replyCorrupt(c);
            return;
        }
        changed |= raised;
    }
    if (changed) {
        hllMarkStale(b.data);
        if (!storeHll(c, key, e, &b)) return;
        keyChanged(c, key, NOTIFY_STRING, "pfadd");
    }
    replyInteger(c, changed);
}

/* ---- PFCOUNT ---- */

/* The count of one key, kept in it: a change without an event, as others must get it too. */
static void countOne(client *c) {
    keyRef key = argKey(c, 1);
    const entry *e = keyRead(c, key);
    if (!e) {
        replyInteger(c, 0);
        return;
    }
    bytes s;
    uint64_t count;
    if (!openHll(c, e, &s)) return;
    if (!hllCached(s, &count)) {
        if (hllCount(s, &count)) {
            replyCorrupt(c);
            return;
        }
        char *data = editString(c, key, dbOpen(c->db, key), s.size);
        if (!data) return;
        hllSetCached(data, count);
        keyChanged(c, key, NOTIFY_STRING, NULL);
        propagateAnyway(c, FOLLOWS_ALL);
    }
    replyInteger(c, (int64_t)count);
}

/* Raises 'raw' to the key of argument 'index', if there is one; *dense is set if that is dense.
 * False, with the error replied, if it is no HyperLogLog. */
static bool mergeKey(client *c, int index, uint8_t raw[HLL_REGISTERS], bool *dense) {
    const entry *e = keyRead(c, argKey(c, index));
    if (!e) return true;
    bytes s;
    if (!openHll(c, e, &s)) return false;
    if (hllMerge(raw, s)) {
        replyCorrupt(c);
        return false;
    }
    *dense |= hllEncodingOf(s) == HLL_DENSE;
    return true;
}

/* PFCOUNT key [key ...]
 * Replies with how many distinct elements the key has, or the union of the keys. */
static void pfcountCommand(client *c) {
    if (c->argc == 2) {
        countOne(c);
        return;
    }
    uint8_t raw[HLL_REGISTERS] = {0};
    bool dense = false;
    for (int i = 1; i < c->argc; i++)
        if (!mergeKey(c, i, raw, &dense)) return;
    replyInteger(c, (int64_t)hllCountRaw(raw));
}

/* ---- PFMERGE ---- */

/* PFMERGE destkey [sourcekey [sourcekey ...]]
 * The destination is a source too. It turns dense where a source is. */
static void pfmergeCommand(client *c) {
    uint8_t raw[HLL_REGISTERS] = {0};
    bool dense = false;
    for (int i = 1; i < c->argc; i++)
        if (!mergeKey(c, i, raw, &dense)) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    bytes s;
    if (e && !openHll(c, e, &s)) return;
    hllBuffer b;
    int err = ERR_OK;
    if (e)
        err = hllLoad(&b, s);
    else
        hllInit(&b);
    if (!err && dense) err = hllToDense(&b);
    if (!err) err = hllRaiseAll(&b, raw, sparseMax(c));
    if (err) {
        replyCorrupt(c);
        return;
    }
    hllMarkStale(b.data);
    if (!storeHll(c, key, e, &b)) return;
    keyChanged(c, key, NOTIFY_STRING, "pfadd");
    replyOk(c);
}

/* ---- PFDEBUG, PFSELFTEST ---- */

/* Makes the key dense. *changed tells if it was not; false with the error replied. */
static bool makeDense(client *c, keyRef key, entry *e, bytes s, bool *changed) {
    *changed = hllEncodingOf(s) == HLL_SPARSE;
    if (!*changed) return true;
    hllBuffer b;
    if (hllLoad(&b, s) || hllToDense(&b)) {
        replyCorrupt(c);
        return false;
    }
    if (!storeHll(c, key, e, &b)) return false;
    keyChanged(c, key, NOTIFY_STRING, NULL);
    return true;
}

static void replyRegisters(client *c, keyRef key, entry *e, bytes s) {
    bool changed;
    if (!makeDense(c, key, e, s, &changed)) return;
    s = entryString(dbOpen(c->db, key), NULL);
    replyArray(c, HLL_REGISTERS);
    for (unsigned i = 0; i < HLL_REGISTERS; i++) replyInteger(c, hllDenseGet(s, i));
}

static void replyDecoded(client *c, bytes s) {
    if (hllEncodingOf(s) != HLL_SPARSE) {
        replyError(c, "ERR HLL encoding is not sparse");
        return;
    }
    size_t size;
    char *text = hllDecode(s, &size);
    if (!text) {
        replyCorrupt(c);
        return;
    }
    replyBulk(c, bytesOf(text, size));
    memFree(text);
}

/* PFDEBUG <GETREG | DECODE | ENCODING | TODENSE> key */
static void pfdebugCommand(client *c) {
    keyRef key = argKey(c, 2);
    entry *e = keyWrite(c, key);
    bytes s;
    if (!e) {
        replyError(c, "ERR The specified key does not exist");
        return;
    }
    if (!openHll(c, e, &s)) return;
    bool changed;
    if (argIs(c, 1, "getreg")) {
        replyRegisters(c, key, e, s);
    } else if (argIs(c, 1, "decode")) {
        replyDecoded(c, s);
    } else if (argIs(c, 1, "encoding")) {
        replySimple(c, hllEncodingOf(s) == HLL_DENSE ? "dense" : "sparse");
    } else if (argIs(c, 1, "todense")) {
        if (makeDense(c, key, e, s, &changed)) replyInteger(c, changed);
    } else {
        replyErrorFormat(c, "ERR Unknown PFDEBUG subcommand '%.*s'",
                         (int)(c->argv[1].size < 128 ? c->argv[1].size : 128), c->argv[1].data);
    }
}

/* PFSELFTEST */
static void pfselftestCommand(client *c) {
    const char *wrong = hllSelfTest();
    if (wrong)
        replyErrorFormat(c, "ERR TESTFAILED %s", wrong);
    else
        replyOk(c);
}

const commandSpec hllCommands[] = {
    {.name = "pfadd",
     .arity = -2,
     .run = pfaddCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST,
     .acl = ACL_HYPERLOGLOG,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_INSERT}}},
    {.name = "pfcount",
     .arity = -2,
     .run = pfcountCommand,
     .flags = CMD_READONLY | CMD_MAY_REPLICATE,
     .acl = ACL_HYPERLOGLOG,
     .keys = {{.first = 1,
               .last = -1,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS,
               .notes = "May renew the count that is kept inside the value"}}},
    {.name = "pfmerge",
     .arity = -2,
     .run = pfmergeCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_HYPERLOGLOG,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_INSERT},
              {.first = 2, .last = -1, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "pfdebug",
     .arity = 3,
     .run = pfdebugCommand,
     .flags = CMD_WRITE | CMD_DENYOOM | CMD_ADMIN,
     .acl = ACL_HYPERLOGLOG,
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS}}},
    {.name = "pfselftest",
     .arity = 1,
     .run = pfselftestCommand,
     .flags = CMD_ADMIN,
     .acl = ACL_HYPERLOGLOG},
    {0},
};
