#include "storage/persist/rdb_load.h"

#include <stdio.h>

#include "storage/base/crc.h"

enum { AHEAD = 16 }; /* keys between the hint and the key: some 100 ns each */
enum { MAGIC_SIZE = 9, CRC_STEP = 64 * 1024, KEY_MIN = 3 /* type, key, value */ };

const char rdbUnknownType[] = "Invalid object type";
const char rdbUnknownVersion[] = "Can't handle RDB format version";

/* A key that was read and is not given yet. */
typedef struct keyAhead {
    entry *e;
    int db;
    rdbKeyFacts facts;
    size_t start;
} keyAhead;

typedef struct loading {
    rdbReader *r;
    const rdbTarget *to;
    rdbLoaded *out;
    int db;
    rdbKeyFacts facts;    /* of the key that comes */
    size_t summed;        /* bytes that out->crc is of */
    uint64_t progress_at; /* when 'progress' is asked next */
    bool sums;
    keyAhead ahead[AHEAD]; /* a ring: 'given' and on, up to 'taken' */
    unsigned taken, given;
} loading;

bool rdbIsMagic(bytes start) {
    return start.size >= 5 && memcmp(start.data, "REDIS", 5) == 0;
}

/* The checksum follows the parser while the bytes are still in the cache. */
static void sumTo(loading *l, size_t at) {
    if (!l->sums || at <= l->summed) return;
    l->out->crc = crc64(l->out->crc, bytesOf(l->r->input.data + l->summed, at - l->summed));
    l->summed = at;
}

static bool goOn(loading *l) {
    rdbReader *r = l->r;
    if (r->at - l->summed >= CRC_STEP || !l->sums) {
        sumTo(l, r->at);
        if (r->release) r->release(r);
    }
    if (!l->to->progress || r->at < l->progress_at) return true;
    l->progress_at = r->at + l->to->progress_bytes;
    if (l->to->progress(l->to->ctx, r->at)) return true;
    l->out->stopped = true;
    return rdbFail(r, "stopped");
}

/* ---- the head ---- */

static bool readHead(loading *l) {
    bytes magic;
    l->out->doing = RDB_DOING_START;
    if (rdbLeft(l->r) < MAGIC_SIZE) return rdbFailAt(l->r, 0, rdbEndsEarly);
    if (!rdbReadBytes(l->r, MAGIC_SIZE, &magic)) return false;
    if (!rdbIsMagic(magic))
        return rdbFailAt(l->r, 0, "Wrong signature trying to load DB from file");
    int64_t version = 0;
    for (int i = 5; i < MAGIC_SIZE; i++) {
        if (magic.data[i] < '0' || magic.data[i] > '9')
            return rdbFailAt(l->r, 5, "the version is not a number");
        version = version * 10 + (magic.data[i] - '0');
    }
    l->out->version = (int)version;
    if (!rdbVersionIsKnown(version)) return rdbFailAt(l->r, 5, rdbUnknownVersion);
    l->sums = version >= RDB_VERSION_CHECKSUM && !l->to->skip_checksum;
    return true;
}

/* ---- what stands between keys ---- */

static void forgetFacts(loading *l) {
    l->facts = (rdbKeyFacts){.deadline_ms = DEADLINE_NONE, .idle_s = -1, .count = -1};
}

static bool readDeadline(loading *l, bool seconds) {
    l->out->doing = RDB_DOING_DEADLINE;
    int64_t ms;
    if (seconds) {
        bytes raw;
        int32_t s;
        if (!rdbReadBytes(l->r, sizeof s, &raw)) return false;
        memcpy(&s, raw.data, sizeof s);
        ms = (int64_t)s * 1000;
    } else if (!rdbReadTime(l->r, &ms)) {
        return false;
    }
    if (ms >= DEADLINE_NONE) return rdbFail(l->r, "a deadline is out of range");
    l->facts.deadline_ms = ms < 0 ? 0 : ms;
    return true;
}

static bool readIdle(loading *l) {
    uint64_t seconds;
    if (!rdbReadLength(l->r, &seconds)) return false;
    if (seconds > INT64_MAX) return rdbFail(l->r, "an idle time is out of range");
    l->facts.idle_s = (int64_t)seconds;
    return true;
}

static bool readCount(loading *l) {
    uint8_t count;
    if (!rdbReadByte(l->r, &count)) return false;
    l->facts.count = count;
    return true;
}

static bool readAux(loading *l) {
    rdbString name, value;
    l->out->doing = RDB_DOING_AUX;
    if (!rdbReadString(l->r, &name)) return false;
    bool good = rdbReadString(l->r, &value);
    if (good) {
        if (l->to->aux) l->to->aux(l->to->ctx, name.text, value.text);
        rdbStringClear(&value);
    }
    rdbStringClear(&name);
    return good;
}

static bool selectDb(loading *l) {
    uint64_t id;
    l->out->doing = RDB_DOING_LENGTH;
    if (!rdbReadLength(l->r, &id)) return false;
    if (id >= (uint64_t)l->to->db_count)
        return rdbFail(l->r, "a db that this server has not: see 'databases'");
    l->db = (int)id;
    if (l->to->select) l->to->select(l->to->ctx, l->db);
    return true;
}

static bool resizeDb(loading *l) {
    uint64_t keys, timed;
    l->out->doing = RDB_DOING_LENGTH;
    if (!rdbReadLength(l->r, &keys) || !rdbReadLength(l->r, &timed)) return false;
    uint64_t most = rdbLeft(l->r) / KEY_MIN;
    if (keys > most) keys = most;
    if (timed > keys) timed = keys;
    if (l->to->resize) l->to->resize(l->to->ctx, l->db, keys, timed);
    return true;
}

static bool skipSlotInfo(loading *l) {
    uint64_t number;
    l->out->doing = RDB_DOING_LENGTH;
    for (int i = 0; i < 3; i++)
        if (!rdbReadLength(l->r, &number)) return false;
    return true;
}

static bool skipModulePart(rdbReader *r, uint64_t kind) {
    uint64_t number;
    bytes raw;
    rdbString text;
    switch (kind) {
    case RDB_MODULE_SIGNED:
    case RDB_MODULE_UNSIGNED: return rdbReadLength(r, &number);
    case RDB_MODULE_FLOAT: return rdbReadBytes(r, sizeof(float), &raw);
    case RDB_MODULE_DOUBLE: return rdbReadBytes(r, sizeof(double), &raw);
    case RDB_MODULE_STRING:
        if (!rdbReadString(r, &text)) return false;
        rdbStringClear(&text);
        return true;
    default: return rdbFail(r, "unknown part of a module's data");
    }
}

/* The nine letters of an id, six bits each, over ten bits of a version. */
static void moduleName(uint64_t id, char out[10]) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < 9; i++) out[i] = letters[id >> (10 + 6 * (8 - i)) & 63];
    out[9] = '\0';
}

/* Data of a module beside its keys: it cannot be kept, and it is no reason to stop. */
static bool skipModuleAux(loading *l) {
    uint64_t id, kind;
    char name[10];
    l->out->doing = RDB_DOING_MODULE_AUX;
    if (!rdbReadLength(l->r, &id)) return false;
    moduleName(id, name);
    if (l->to->module) l->to->module(l->to->ctx, name);
    for (;;) {
        if (!rdbReadLength(l->r, &kind)) return false;
        if (kind == RDB_MODULE_END) return true;
        if (!skipModulePart(l->r, kind)) return false;
    }
}

static bool readFunction(loading *l) {
    rdbString code;
    l->out->doing = RDB_DOING_FUNCTION;
    size_t start = l->r->at;
    if (!rdbReadString(l->r, &code)) return false;
    const char *error = l->to->function ? l->to->function(l->to->ctx, code.text) : NULL;
    rdbStringClear(&code);
    l->out->functions++;
    return !error || rdbFailAt(l->r, start, error);
}

/* ---- keys ---- */

static void noteKey(rdbLoaded *out, bytes key) {
    out->key_size = key.size < sizeof out->key ? key.size : sizeof out->key;
    if (out->key_size) memcpy(out->key, key.data, out->key_size);
}

static bool giveOldest(loading *l) {
    const rdbTarget *to = l->to;
    const keyAhead *k = &l->ahead[l->given++ % AHEAD];
    if (!to->key(to->ctx, k->db, k->e, &k->facts))
        return rdbFailAt(l->r, k->start, "a key is there twice");
    l->out->keys++;
    l->out->with_deadline += k->facts.deadline_ms != DEADLINE_NONE;
    return true;
}

static bool giveAll(loading *l) {
    while (l->given != l->taken)
        if (!giveOldest(l)) return false;
    return true;
}

/* Hands the key on, some keys later, or leaves it out; **takes** e, NULL of an empty collection. */
static bool giveKey(loading *l, bytes key, entry *e, size_t start) {
    const rdbTarget *to = l->to;
    rdbLoaded *out = l->out;
    int64_t due = l->facts.deadline_ms;
    bool past = due != DEADLINE_NONE && due < to->now_ms;
    if (!e || past) {
        if (e) entryFree(e);
        out->empty += !e;
        out->past_deadline += e != NULL;
        if (to->leftOut) to->leftOut(to->ctx, key, &l->facts, !e);
        return true;
    }
    if (due != DEADLINE_NONE) e = entrySetDeadline(e, due);
    l->facts.hash = entryHash(e);
    if (to->soon) to->soon(to->ctx, l->db, l->facts.hash);
    if (l->taken - l->given == AHEAD && !giveOldest(l)) {
        entryFree(e);
        return false;
    }
    l->ahead[l->taken++ % AHEAD] = (keyAhead){e, l->db, l->facts, start};
    return true;
}

static bool readKey(loading *l, uint8_t type) {
    rdbReader *r = l->r;
    rdbLoaded *out = l->out;
    rdbString key;
    size_t start = r->at - 1;
    l->facts.type = out->type = type;
    out->has_type = true;
    if (!rdbTypeIsKnown(type)) return rdbFailAt(r, start, rdbUnknownType);
    out->doing = RDB_DOING_KEY;
    if (type == RDB_MODULE || type == RDB_MODULE_2)
        return rdbFailAt(r, start, "a value of a module: modules are not part of this server");
    if (!rdbReadString(r, &key)) return false;
    noteKey(out, key.text);
    out->doing = RDB_DOING_VALUE;
    entry *e = rdbLoadValue(r, type, key.text, l->to->limits);
    bool empty = !e && r->error == rdbIsEmpty && !l->to->keep_empty;
    if (empty) r->error = NULL;
    bool good = (e || empty) && giveKey(l, key.text, e, start);
    rdbStringClear(&key);
    forgetFacts(l);
    return good && goOn(l);
}

/* ---- the end ---- */

static bool readEnd(loading *l) {
    rdbLoaded *out = l->out;
    uint64_t told;
    bytes raw;
    out->doing = RDB_DOING_CHECKSUM;
    sumTo(l, l->r->at);
    out->size = l->r->at;
    if (out->version < RDB_VERSION_CHECKSUM) return true;
    size_t at = l->r->at;
    if (!rdbReadBytes(l->r, sizeof told, &raw)) return false;
    memcpy(&told, raw.data, sizeof told);
    out->size = l->r->at;
    out->checksum_off = told == 0;
    if (!l->sums || told == 0 || told == out->crc) return true;
    return rdbFailAt(l->r, at, "RDB CRC error");
}

static bool readPart(loading *l, uint8_t opcode) {
    switch (opcode) {
    case RDB_DEADLINE_MS: return readDeadline(l, false);
    case RDB_DEADLINE_S: return readDeadline(l, true);
    case RDB_IDLE: return readIdle(l);
    case RDB_FREQ: return readCount(l);
    case RDB_AUX: return readAux(l);
    case RDB_SELECT_DB: return selectDb(l);
    case RDB_RESIZE_DB: return resizeDb(l);
    case RDB_SLOT_INFO: return skipSlotInfo(l);
    case RDB_MODULE_AUX: return skipModuleAux(l);
    case RDB_FUNCTION_2: return readFunction(l);
    case RDB_FUNCTION_OLD:
        return rdbFailAt(l->r, l->r->at - 1,
                         "functions in the form of a release candidate of Redis 7.0");
    default: return readKey(l, opcode);
    }
}

int rdbLoad(rdbReader *r, const rdbTarget *to, rdbLoaded *out) {
    *out = (rdbLoaded){.version = 0};
    loading l = {.r = r, .to = to, .out = out, .progress_at = to->progress_bytes};
    forgetFacts(&l);
    bool good = readHead(&l);
    while (good) {
        uint8_t opcode;
        out->doing = RDB_DOING_TYPE;
        good = rdbReadByte(r, &opcode);
        if (good && opcode == RDB_END) {
            if (!giveAll(&l) || !readEnd(&l)) break;
            return 0;
        }
        good = good && readPart(&l, opcode);
    }
    while (l.given != l.taken) entryFree(l.ahead[l.given++ % AHEAD].e);
    out->error = r->error;
    out->error_at = r->error_at;
    return out->stopped ? ERR_AGAIN : ERR_CORRUPT;
}
