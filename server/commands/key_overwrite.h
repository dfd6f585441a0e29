/* key_overwrite.h - the notifications of a key whose value gives way to another as a whole. */
#ifndef EBB_SERVER_COMMANDS_KEY_OVERWRITE_H
#define EBB_SERVER_COMMANDS_KEY_OVERWRITE_H

#include "server/core/effects.h"
#include "server/core/server.h"

/* Fires "overwritten", and "type_changed" where 'e' of the db 'in' is of another type than 'now'.
 */
void keyTellOverwriteIn(client *c, const db *in, keyRef key, const entry *e, valueType now);

/* To be called before a value of type 'now' is stored under 'key', whether it is there or not.
 * Looks the key up only where somebody wants to know. */
static inline void keyTellOverwrite(client *c, keyRef key, valueType now) {
    const effectTable *t = &c->server->effects;
    if (__builtin_expect(!(t->live & (1u << EFFECT_NOTIFY)), 1)) return;
    if (!(t->notify_mask & (NOTIFY_OVERWRITTEN | NOTIFY_TYPE_CHANGED))) return;
    const entry *e = dbLookup(c->db, key);
    if (e) keyTellOverwriteIn(c, c->db, key, e, now);
}

#endif
