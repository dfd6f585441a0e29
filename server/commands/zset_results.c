#include "server/commands/zset_results.h"

#include "server/commands/key_overwrite.h"
#include "server/core/reply.h"
#include "server/core/server.h"

static bool isPaired(const client *c, zsetForm form) {
    return form == ZSET_PAIRS || (form == ZSET_SCORED && c->resp > 2);
}

void replyZsetHead(client *c, size_t count, zsetForm form) {
    bool flat = form != ZSET_NAMES && !isPaired(c, form);
    replyArray(c, flat ? 2 * count : count);
}

void replyZsetMember(client *c, zsetMember m, zsetForm form) {
    if (isPaired(c, form)) replyArray(c, 2);
    replyBulk(c, m.name);
    if (form != ZSET_NAMES) replyDouble(c, m.score);
}

void replyZsetSpan(client *c, const entry *e, zsetSpan span, bool reverse, zsetForm form) {
    replyZsetHead(c, span.count, form);
    zsetIterator it;
    zsetIteratorInit(&it, e, span, reverse);
    for (zsetMember m; zsetIteratorNext(&it, &m);) replyZsetMember(c, m, form);
}

void storeZset(client *c, keyRef key, entry *outcome, const char *event) {
    if (!outcome || !zsetCount(outcome)) {
        if (outcome) entryFree(outcome);
        dbDelete(c->db, key, DB_DELETED);
        replyInteger(c, 0);
        return;
    }
    keyTellOverwrite(c, key, TYPE_ZSET);
    dbReplace(c->db, key, outcome);
    keyChanged(c, key, NOTIFY_ZSET, event);
    replyInteger(c, (int64_t)zsetCount(outcome));
}

void zsetShrunk(client *c, keyRef key, entry *e, size_t removed, const char *event) {
    if (!removed) return;
    keyChanged(c, key, NOTIFY_ZSET, event);
    c->server->dirty += removed - 1;
    if (!zsetCount(e)) dbDeleteEntry(c->db, key, e, DB_DELETED);
}
