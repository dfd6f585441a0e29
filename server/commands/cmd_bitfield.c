/* BITFIELD and BITFIELD_RO: several integers of any width in one string. */
#include "server/commands/cmd_bitfield.h"

#include "server/commands/edit_string.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/num.h"
#include "storage/types/t_bits.h"

typedef enum fieldAction { FIELD_GET, FIELD_SET, FIELD_INCRBY } fieldAction;

typedef struct fieldStep {
    fieldAction action;
    bitsType type;
    bitsOverflow overflow;
    uint64_t offset;
    int64_t value; /* of SET and INCRBY */
} fieldStep;

/* Where reading stands. Arguments are read twice, first to check them all, then to act: nothing
 * need be kept between, however many there are. */
typedef struct fieldReader {
    int at;
    bitsOverflow overflow;
    bool failed; /* an error was replied */
} fieldReader;

static bool fail(client *c, fieldReader *r, const char *error) {
    replyError(c, error);
    r->failed = true;
    return false;
}

/* Reads on to the next GET, SET or INCRBY. False at the end or on an error. */
static bool nextStep(client *c, fieldReader *r, fieldStep *step) {
    for (; r->at + 1 < c->argc && argIs(c, r->at, "overflow"); r->at += 2)
        if (!bitsParseOverflow(c->argv[r->at + 1], &r->overflow))
            return fail(c, r, "ERR Invalid OVERFLOW type specified");
    if (r->at >= c->argc) return false;
    int left = c->argc - r->at - 1;
    if (argIs(c, r->at, "get") && left >= 2)
        step->action = FIELD_GET;
    else if (argIs(c, r->at, "set") && left >= 3)
        step->action = FIELD_SET;
    else if (argIs(c, r->at, "incrby") && left >= 3)
        step->action = FIELD_INCRBY;
    else
        return fail(c, r, "ERR syntax error");
    if (bitsParseType(c->argv[r->at + 1], &step->type))
        return fail(c, r,
                    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
                    "supported but i64 is.");
    uint64_t limit = (uint64_t)c->server->config.proto_max_bulk_len;
    if (bitsParseOffset(c->argv[r->at + 2], &step->type, limit, &step->offset))
        return fail(c, r, "ERR bit offset is not an integer or out of range");
    step->overflow = r->overflow;
    step->value = 0;
    if (step->action != FIELD_GET && !numParseInt(c->argv[r->at + 3], &step->value))
        return fail(c, r, "ERR value is not an integer or out of range");
    r->at += step->action == FIELD_GET ? 3 : 4;
    return true;
}

/* Checks all arguments. The number of steps, or -1 with the error replied; *end is how many bytes
 * the steps that write need, 0 if none does. */
static int checkSteps(client *c, uint64_t *end) {
    fieldReader r = {.at = 2};
    fieldStep step;
    int count = 0;
    *end = 0;
    while (nextStep(c, &r, &step)) {
        count++;
        if (step.action == FIELD_GET) continue;
        uint64_t need = bitsFieldEnd(step.offset, step.type);
        if (need > *end) *end = need;
    }
    return r.failed ? -1 : count;
}

/* Replies with the fields as they are: every step is a GET. */
static void readFields(client *c, int count) {
    const entry *e = keyRead(c, argKey(c, 1));
    if (!keyIsType(c, e, TYPE_STRING)) return;
    char scratch[NUM_INT_MAX];
    bytes s = stringOrEmpty(e, scratch);
    fieldReader r = {.at = 2};
    fieldStep step;
    replyArray(c, (size_t)count);
    while (nextStep(c, &r, &step)) replyInteger(c, bitsGetField(s, step.offset, step.type));
}

/* One SET or INCRBY on 'data', and its reply. True if it counts as a change: an INCRBY always does
 * unless it fails, a SET where the value is another. */
static bool writeField(client *c, char *data, size_t size, const fieldStep *step) {
    int64_t old = bitsGetField(bytesOf(data, size), step->offset, step->type), now;
    bool sets = step->action == FIELD_SET;
    if (!bitsAddToField(step->type, sets ? step->value : old, sets ? 0 : step->value,
                        step->overflow, &now)) {
        replyNull(c);
        return false;
    }
    bitsSetField(data, step->offset, step->type, now);
    replyInteger(c, sets ? old : now);
    return !sets || now != old;
}

static void writeFields(client *c, int count, uint64_t end) {
    keyRef key = argKey(c, 1);
    entry *e = keyWrite(c, key);
    if (!keyIsType(c, e, TYPE_STRING)) return;
    size_t size = e ? entryStringSize(e) : 0;
    bool changed = !e || end > size;
    if (end > size) size = end;
    char *data = editString(c, key, e, size);
    if (!data) return;
    fieldReader r = {.at = 2};
    fieldStep step;
    replyArray(c, (size_t)count);
    while (nextStep(c, &r, &step)) {
        if (step.action == FIELD_GET)
            replyInteger(c, bitsGetField(bytesOf(data, size), step.offset, step.type));
        else
            changed |= writeField(c, data, size, &step);
    }
    if (changed) keyChanged(c, key, NOTIFY_STRING, "setbit");
}

/* BITFIELD key [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL]
 *     SET encoding offset value | INCRBY encoding offset increment ...]
 * Replies with one element a step, null where one failed on overflow. */
void bitfieldCommand(client *c) {
    uint64_t end;
    int count = checkSteps(c, &end);
    if (count < 0) return;
    if (end)
        writeFields(c, count, end);
    else
        readFields(c, count);
}

/* BITFIELD_RO key [GET encoding offset ...] */
void bitfieldRoCommand(client *c) {
    uint64_t end;
    int count = checkSteps(c, &end);
    if (count < 0) return;
    if (end)
        replyError(c, "ERR BITFIELD_RO only supports the GET subcommand");
    else
        readFields(c, count);
}
