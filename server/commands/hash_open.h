/* hash_open.h - how the commands on hashes reach one and its fields.
 *
 * A field past its deadline is not there to any of them. Who comes upon one by its name removes it,
 * where fields may be removed at all (not on a replica); "hexpired" is fired then, once a command,
 * and "del" where the hash is left empty. */
#ifndef EBB_SERVER_COMMANDS_HASH_OPEN_H
#define EBB_SERVER_COMMANDS_HASH_OPEN_H

#include "server/core/client.h"
#include "storage/types/t_hash.h"

/* The hash of argument 1 for reading; *e NULL where it is absent. False after replying WRONGTYPE.
 */
bool hashOpenRead(client *c, const entry **e);
/* For changing. Of the 'count' fields from argument 'first' on, every 'stride'-th, those past their
 * deadline are removed before, maybe the hash with them. */
bool hashOpenWrite(client *c, keyRef key, int first, int count, int stride, entry **e);

/* True if the field can be seen at this time. */
bool hashIsLive(const client *c, const hashPair *pair);
/* The field of argument 'index' in what hashOpenRead() gave; false where it is not there. A field
 * past its deadline is removed: 'e' is no longer to be used then. */
bool hashReadField(client *c, const entry *e, int index, hashPair *out);

/* Ends a change of fields: lets the db know of deadlines, and deletes a hash that is empty. */
void hashChanged(client *c, keyRef key, entry *e);

#endif
