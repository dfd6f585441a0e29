#include "server/commands/hash_fields.h"

#include "server/commands/key_overwrite.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"

bool fieldListParse(client *c, int index, const char *bad_count, fieldList *list) {
    if (!argIs(c, index, "FIELDS")) {
        replyError(c, "ERR Mandatory argument FIELDS is missing or not at the right position");
        return false;
    }
    int64_t count;
    if (!argIntIn(c, index + 1, 1, INT32_MAX, &count, bad_count)) return false;
    if (count != c->argc - index - 2) {
        replyError(c, "ERR The `numfields` parameter must match the number of arguments");
        return false;
    }
    *list = (fieldList){index + 2, (int)count};
    return true;
}

bool fieldDeadline(client *c, int index, int64_t unit_ms, int64_t base_ms, int64_t *deadline_ms) {
    int64_t value;
    if (!argInt(c, index, &value, NULL)) return false;
    if (value < 0) {
        replyError(c, "ERR invalid expire time, must be >= 0");
        return false;
    }
    if (__builtin_mul_overflow(value, unit_ms, &value) ||
        __builtin_add_overflow(value, base_ms, &value) || value > HASH_DEADLINE_MAX) {
        replyErrorFormat(c, "ERR invalid expire time in '%s' command", c->cmd->full_name);
        return false;
    }
    *deadline_ms = value;
    return true;
}

void fieldRecordBegin(client *c, fieldRecord *r, bytes verb, bytes key, int room) {
    *r = (fieldRecord){0};
    if (!somebodyFollows(c)) return;
    r->argv = memAlloc(((size_t)room + 2) * sizeof *r->argv);
    fieldRecordAdd(r, verb);
    fieldRecordAdd(r, key);
}

void fieldRecordAdd(fieldRecord *r, bytes word) {
    if (r->argv) r->argv[r->argc++] = word;
}

void fieldRecordFields(fieldRecord *r) {
    fieldRecordAdd(r, BYTES("FIELDS"));
    r->count_at = r->argc;
    fieldRecordAdd(r, BYTES(""));
}

void fieldRecordEnd(client *c, fieldRecord *r, int fields) {
    if (!r->argv) return;
    if (r->count_at) r->argv[r->count_at] = bytesOf(r->digits, numFormatInt(r->digits, fields));
    if (fields) propagateAs(c, r->argc, r->argv);
    memFree(r->argv);
}
