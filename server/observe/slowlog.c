#include "server/observe/slowlog.h"

#include <stdio.h>

#include "server/core/args.h"
#include "server/observe/redact.h"
#include "storage/base/mem.h"

struct slowlog {
    chain entries; /* newest first */
    int64_t next_id;
};

slowlog *slowlogNew(void) {
    slowlog *log = memCalloc(1, sizeof *log);
    chainInit(&log->entries);
    return log;
}

static void freeEntry(slowlog *log, slowlogEntry *e) {
    chainRemove(&log->entries, &e->node);
    memFree(e->argv);
    memFree(e->peer);
    memFree(e->name);
    memFree(e);
}

static void trim(slowlog *log, int64_t max_len) {
    while (log->entries.count && (int64_t)log->entries.count > max_len)
        freeEntry(log, CHAIN_ITEM(chainLast(&log->entries), slowlogEntry, node));
}

void slowlogFree(slowlog *log) {
    trim(log, 0);
    memFree(log);
}

enum { REST_ROOM = 40 }; /* of "... (N more bytes)" */

/* The arguments as they are kept. Each that is cut gets its text in 'room'. */
static bytes *keptArgs(const client *c, const command *cmd, int64_t max, int *argc) {
    int count = c->argc < max ? c->argc : (int)max;
    char(*room)[SLOWLOG_ARG_BYTES + REST_ROOM] = memAlloc((size_t)count * sizeof *room);
    bytes *kept = memAlloc((size_t)count * sizeof *kept);
    for (int i = 0; i < count; i++) {
        bytes arg = c->argv[i];
        if (i == count - 1 && c->argc > count) {
            int size =
                snprintf(room[i], sizeof room[i], "... (%d more arguments)", c->argc - count + 1);
            arg = bytesOf(room[i], (size_t)size);
        } else if (redactIsSecret(cmd, c->argv, c->argc, i)) {
            arg = BYTES(REDACTED);
        } else if (arg.size > SLOWLOG_ARG_BYTES) {
            memcpy(room[i], arg.data, SLOWLOG_ARG_BYTES);
            int size = snprintf(room[i] + SLOWLOG_ARG_BYTES, REST_ROOM, "... (%zu more bytes)",
                                arg.size - SLOWLOG_ARG_BYTES);
            arg = bytesOf(room[i], SLOWLOG_ARG_BYTES + (size_t)size);
        }
        kept[i] = arg;
    }
    *argc = count;
    bytes *owned = argvOwn(kept, count);
    memFree(kept);
    memFree(room);
    return owned;
}

void slowlogAdd(slowlog *log, const client *c, const command *cmd, uint64_t ns,
                slowlogLimits limits) {
    const server *s = c->server;
    if (limits.entries == 0) return;
    const client *who = c->flags & CLIENT_SCRIPT && s->caller ? s->caller : c;
    slowlogEntry *e = memCalloc(1, sizeof *e);
    e->id = log->next_id++;
    e->time_s = s->now_ms / 1000;
    e->duration_us = (int64_t)(ns / 1000);
    e->argv = keptArgs(c, cmd, limits.args, &e->argc);
    e->peer = memText(who->peer ? who->peer : "");
    e->name = memText(who->name ? who->name : "");
    chainPrepend(&log->entries, &e->node);
    trim(log, limits.entries);
}

size_t slowlogCount(const slowlog *log) {
    return log->entries.count;
}

const slowlogEntry *slowlogNewest(const slowlog *log) {
    chainNode *node = chainFirst(&log->entries);
    return node ? CHAIN_ITEM(node, slowlogEntry, node) : NULL;
}

const slowlogEntry *slowlogOlder(const slowlog *log, const slowlogEntry *e) {
    chainNode *node = chainNext(&log->entries, &e->node);
    return node ? CHAIN_ITEM(node, slowlogEntry, node) : NULL;
}

void slowlogReset(slowlog *log) {
    trim(log, 0);
}
