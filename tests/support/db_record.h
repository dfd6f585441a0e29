/* db_record.h - a db under a manual clock whose hooks write down what they are told. */
#ifndef EBB_TESTS_SUPPORT_DB_RECORD_H
#define EBB_TESTS_SUPPORT_DB_RECORD_H

#include <stdio.h>

#include "storage/base/ensure.h"
#include "storage/db/db.h"

typedef struct dbRecord {
    char text[1024]; /* "+key", "-key:reason" and "!deadline", each after a space */
    size_t added, removed[DB_MOVED + 1];
    int64_t sooner_ms; /* the last one told, DEADLINE_NONE before the first */
    int64_t now_ms;
    dbHooks hooks;
    discardQueue *discard;
    db *d;
} dbRecord;

static inline void dbRecordWrite(dbRecord *r, const char *mark, bytes name, const char *why) {
    size_t used = strlen(r->text);
    snprintf(r->text + used, sizeof r->text - used, " %s%.*s%s", mark, (int)name.size, name.data,
             why);
}

static inline void dbRecordRemoved(void *ctx, db *d, keyRef key, const entry *e, dbReason why) {
    static const char *const reasons[] = {":deleted", ":expired", ":evicted", ":overwritten",
                                          ":moved"};
    dbRecord *r = ctx;
    ensure(dbPeek(d, key) == e);
    ensure(bytesEqual(entryKey(e), key.name));
    if (entryEncoding(e) <= ENCODING_BLOB) ensure(entryStringSize(e) < SIZE_MAX);
    r->removed[why]++;
    dbRecordWrite(r, "-", key.name, reasons[why]);
}

static inline void dbRecordAdded(void *ctx, db *d, keyRef key, const entry *e) {
    dbRecord *r = ctx;
    ensure(dbPeek(d, key) == e);
    ensure(bytesEqual(entryKey(e), key.name));
    r->added++;
    dbRecordWrite(r, "+", key.name, "");
}

static inline void dbRecordSooner(void *ctx, db *d, int64_t deadline_ms) {
    dbRecord *r = ctx;
    ensure(dbNextDeadline(d) == deadline_ms);
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)deadline_ms);
    r->sooner_ms = deadline_ms;
    dbRecordWrite(r, "!", bytesOf("", 0), text);
}

static inline void dbRecordInit(dbRecord *r, int id) {
    *r = (dbRecord){.now_ms = 1000, .sooner_ms = DEADLINE_NONE};
    r->hooks = (dbHooks){
        .ctx = r, .removed = dbRecordRemoved, .added = dbRecordAdded, .dueSooner = dbRecordSooner};
    r->discard = discardNew();
    r->d = dbNew(id, &r->hooks, &r->now_ms, r->discard);
}

static inline void dbRecordClear(dbRecord *r) {
    dbFree(r->d);
    discardFree(r->discard);
}

/* What was written down since the last call, which is forgotten. */
static inline const char *dbRecordTake(dbRecord *r) {
    static char taken[sizeof r->text];
    memcpy(taken, r->text, sizeof taken);
    r->text[0] = '\0';
    return taken;
}

#endif
