/* Commands on strings as arrays of bits, but BITFIELD (cmd_bitfield.c). */
#include "server/commands/cmd_bitfield.h"
#include "server/commands/commands.h"
#include "server/commands/edit_string.h"
#include "server/commands/key_use.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/types/blob.h"
#include "storage/base/num.h"
#include "storage/types/t_bits.h"

static bool argBitOffset(client *c, int index, uint64_t *out) {
    uint64_t limit = (uint64_t)c->server->config.proto_max_bulk_len;
    if (bitsParseOffset(c->argv[index], NULL, limit, out) == ERR_OK) return true;
    replyError(c, "ERR bit offset is not an integer or out of range");
    return false;
}

/* SETBIT key offset value
 * Replies with the bit that was there. Grows the string with zeros; is no change where neither the
 * bit nor the size is another. */
static void setbitCommand(client *c) {
    uint64_t at;
    int64_t bit;
    if (!argBitOffset(c, 2, &at)) return;
    if (!argIntIn(c, 3, 0, 1, &bit, "ERR bit is not an integer or out of range")) return;
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    size_t size = e ? entryStringSize(e) : 0;
    bool grows = at / 8 >= size;
    char *data = editString(c, key, e, grows ? at / 8 + 1 : size);
    if (!data) return;
    bool was = bitsSet(data, at, bit);
    if (!e || grows || was != bit) keyChanged(c, key, NOTIFY_STRING, "setbit");
    replyInteger(c, was);
}

/* GETBIT key offset */
static void getbitCommand(client *c) {
    uint64_t at;
    if (!argBitOffset(c, 2, &at)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    char scratch[NUM_INT_MAX];
    replyInteger(c, bitsGet(stringOrEmpty(e, scratch), at));
}

/* ---- ranges ---- */

typedef struct range {
    int64_t start, end; /* as given: of bytes or bits, negative ones from the end */
    bool in_bits;
} range;

/* "BYTE" or "BIT" as argument 'index'; bytes where there is none. */
static bool argUnit(client *c, int index, bool *in_bits) {
    *in_bits = false;
    if (c->argc <= index || argIs(c, index, "byte")) return true;
    *in_bits = argIs(c, index, "bit");
    if (!*in_bits) replySyntaxError(c);
    return *in_bits;
}

/* The range in bits of a string of 'size' bytes, cut to it; false if nothing is left. */
static bool rangeInBits(const range *r, size_t size, uint64_t *first, uint64_t *last) {
    int64_t total = (int64_t)size * (r->in_bits ? 8 : 1);
    int64_t start = r->start < 0 ? r->start + total : r->start;
    int64_t end = r->end < 0 ? r->end + total : r->end;
    if (start < 0) start = 0;
    if (end < 0) end = 0;
    if (end >= total) end = total - 1;
    if (start > end) return false;
    *first = (uint64_t)start * (r->in_bits ? 1 : 8);
    *last = r->in_bits ? (uint64_t)end : (uint64_t)end * 8 + 7;
    return true;
}

/* BITCOUNT key [start end [BYTE | BIT]] */
static void bitcountCommand(client *c) {
    range r = {0, -1, false};
    if (c->argc == 3 || c->argc > 5) {
        replySyntaxError(c);
        return;
    }
    if (c->argc >= 4) {
        if (!argInt(c, 2, &r.start, NULL) || !argInt(c, 3, &r.end, NULL)) return;
        if (!argUnit(c, 4, &r.in_bits)) return;
    }
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    char scratch[NUM_INT_MAX];
    bytes s = stringOrEmpty(e, scratch);
    uint64_t first, last;
    /* Cut to the string, a range that ends before it starts could come to be its first unit. */
    bool backwards = r.start < 0 && r.end < 0 && r.start > r.end;
    bool any = !backwards && rangeInBits(&r, s.size, &first, &last);
    replyInteger(c, any ? (int64_t)bitsCountRange(s, first, last) : 0);
}

/* BITPOS key bit [start [end [BYTE | BIT]]]
 * Without an end the string goes on with zeros: a clear bit is always found. */
static void bitposCommand(client *c) {
    int64_t bit;
    range r = {0, -1, false};
    if (!argInt(c, 2, &bit, NULL)) return;
    if (bit != 0 && bit != 1) {
        replyError(c, "ERR The bit argument must be 1 or 0.");
        return;
    }
    if (c->argc > 6) {
        replySyntaxError(c);
        return;
    }
    if (c->argc > 3 && !argInt(c, 3, &r.start, NULL)) return;
    if (!argUnit(c, 5, &r.in_bits)) return;
    if (c->argc > 4 && !argInt(c, 4, &r.end, NULL)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    if (!e) {
        replyInteger(c, bit ? -1 : 0);
        return;
    }
    char scratch[NUM_INT_MAX];
    bytes s = entryString(e, scratch);
    uint64_t first, last;
    int64_t found = -1;
    if (rangeInBits(&r, s.size, &first, &last)) {
        found = bitsFind(s, bit, first, last);
        if (found < 0 && !bit && c->argc <= 4) found = (int64_t)s.size * 8;
    }
    replyInteger(c, found);
}

/* ---- BITOP ---- */

enum { SOURCES_ON_STACK = 16 };

/* Looks up all sources; false, with the error replied, if one is no string. Keys that are absent
 * are empty strings. */
static bool openSources(client *c, bytes *sources, char (*scratch)[NUM_INT_MAX]) {
    for (int i = 3; i < c->argc; i++) {
        const entry *e = keyRead(c, argKey(c, i));
        if (!keyIsType(c, e, TYPE_STRING)) return false;
        sources[i - 3] = stringOrEmpty(e, scratch[i - 3]);
    }
    return true;
}

/* Combines into memory apart: the destination may be a source, and writing it ends what we may
 * read. */
static void combineInto(client *c, keyRef key, bitsOp op, const bytes *sources, size_t count) {
    size_t size = bitsCombinedSize(sources, count);
    if (size == 0) {
        dbDelete(c->db, key, DB_DELETED);
        replyInteger(c, 0);
        return;
    }
    char *result = memTryAlloc(size);
    /* Storing copies, and cannot fail: that there is room for it is known before anything changes.
     */
    char *room = result ? memTryAlloc(size + sizeof(blob)) : NULL;
    memFree(room);
    if (!room) {
        memFree(result);
        replyError(c, "ERR not enough memory for a string of this size");
        return;
    }
    bitsCombine(op, result, size, sources, count);
    entry *e = dbSetString(c->db, key, bytesOf(result, size), false);
    memFree(result);
    /* The result is an edited string even where its bytes are digits. An edit that keeps the size
     * takes no memory that could be missing. */
    char *data;
    e = dbEditString(c->db, key, e, size, &data);
    ensure(e);
    keyChanged(c, key, NOTIFY_STRING, "set");
    replyInteger(c, (int64_t)size);
}

/* BITOP <AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]
 * Replies with the size of the result; an empty one deletes the destination. */
static void bitopCommand(client *c) {
    bitsOp op;
    if (!bitsParseOp(c->argv[1], &op)) {
        replySyntaxError(c);
        return;
    }
    size_t count = (size_t)c->argc - 3;
    if (op == BITS_NOT && count != 1) {
        replyError(c, "ERR BITOP NOT must be called with a single source key.");
        return;
    }
    if ((op == BITS_DIFF || op == BITS_DIFF1 || op == BITS_ANDOR) && count < 2) {
        const char *name = op == BITS_DIFF ? "DIFF" : op == BITS_DIFF1 ? "DIFF1" : "ANDOR";
        replyErrorFormat(c, "ERR BITOP %s must be called with at least two source keys.", name);
        return;
    }
    bytes few[SOURCES_ON_STACK];
    char few_scratch[SOURCES_ON_STACK][NUM_INT_MAX];
    bool many = count > SOURCES_ON_STACK;
    bytes *sources = many ? memAlloc(count * sizeof *sources) : few;
    char(*scratch)[NUM_INT_MAX] = many ? memAlloc(count * sizeof *scratch) : few_scratch;
    if (openSources(c, sources, scratch)) combineInto(c, argKey(c, 2), op, sources, count);
    if (many) {
        memFree(sources);
        memFree(scratch);
    }
}

const commandSpec bitmapCommands[] = {
    {.name = "setbit",
     .arity = 4,
     .run = setbitCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_BITMAP,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_UPDATE}}},
    {.name = "getbit",
     .arity = 3,
     .run = getbitCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_BITMAP,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "bitcount",
     .arity = -2,
     .run = bitcountCommand,
     .flags = CMD_READONLY,
     .acl = ACL_BITMAP,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "bitpos",
     .arity = -3,
     .run = bitposCommand,
     .flags = CMD_READONLY,
     .acl = ACL_BITMAP,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "bitop",
     .arity = -4,
     .run = bitopCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_BITMAP,
     .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_OW | KEY_UPDATE},
              {.first = 3, .last = -1, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {.name = "bitfield",
     .arity = -2,
     .run = bitfieldCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_BITMAP,
     .keys = {{.first = 1,
               .last = 0,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE,
               .notes = "Writes only where an operation asks for it"}},
     .getKeys = bitfieldKeys},
    {.name = "bitfield_ro",
     .arity = -2,
     .run = bitfieldRoCommand,
     .flags = CMD_READONLY | CMD_FAST,
     .acl = ACL_BITMAP,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}}},
    {0},
};
