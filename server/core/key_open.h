/* key_open.h - how handlers reach keys: lookup with statistics, access clock and type check. */
#ifndef EBB_SERVER_CORE_KEY_OPEN_H
#define EBB_SERVER_CORE_KEY_OPEN_H

#include "server/core/client.h"
#include "storage/types/entry.h"

/* Argument 'index' as a key; the hash of the batch is used where it is of this argument. */
keyRef argKey(const client *c, int index);

/* For reading: NULL if absent. Removes a key past its deadline where the server may; counts a hit
 * or a miss (with its keymiss event), notes the access. */
const entry *keyRead(client *c, keyRef key);
/* For TTL, TYPE, EXISTS: as keyRead, but no access is noted. */
const entry *keyPeek(client *c, keyRef key);
/* For OBJECT: as keyPeek, without the keymiss event. */
const entry *keyInspect(client *c, keyRef key);
/* For changing: NULL if absent. Removes a key past its deadline; notes the access. */
entry *keyWrite(client *c, keyRef key);

/* Notes a change of an entry that came from elsewhere (a value that was replaced), unless the
 * client is one that leaves no traces. */
void keyNoteAccess(client *c, entry *e);
/* Notes a read, whoever asks: TOUCH. Under a policy by last change no read leaves a trace. */
void keyTouch(server *s, entry *e);

/* True if 'e' is of the type or NULL; else replies WRONGTYPE. */
bool keyIsType(client *c, const entry *e, valueType type);

#endif
