#include "server/commands/hash_open.h"

#include "server/core/key_open.h"
#include "storage/db/db_fields.h"

bool hashOpenRead(client *c, const entry **e) {
    *e = keyRead(c, argKey(c, 1));
    return keyIsType(c, *e, TYPE_HASH);
}

bool hashOpenWrite(client *c, keyRef key, int first, int count, int stride, entry **e) {
    *e = keyWrite(c, key);
    if (!keyIsType(c, *e, TYPE_HASH)) return false;
    if (*e && __builtin_expect(hashMayHaveDeadlines(*e), 0))
        *e = dbExpireNamed(c->db, key, *e, c->argv + first, (size_t)count, (size_t)stride);
    return true;
}

bool hashIsLive(const client *c, const hashPair *pair) {
    return pair->deadline_ms == DEADLINE_NONE || !dbIsFieldPast(c->db, pair->deadline_ms);
}

bool hashReadField(client *c, const entry *e, int index, hashPair *out) {
    if (!hashFind(e, c->argv[index], out)) return false;
    if (__builtin_expect(hashIsLive(c, out), 1)) return true;
    dbExpireNamed(c->db, argKey(c, 1), (entry *)(uintptr_t)e, c->argv + index, 1, 1);
    return false;
}

void hashChanged(client *c, keyRef key, entry *e) {
    dbFieldsChanged(c->db, key, e);
    if (hashCount(e) == 0) dbDeleteEntry(c->db, key, e, DB_DELETED);
}
