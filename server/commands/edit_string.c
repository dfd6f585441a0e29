#include "server/commands/edit_string.h"

#include "server/core/reply.h"

char *editString(client *c, keyRef key, entry *e, size_t size) {
    char *data;
    if (e) {
        if (dbEditString(c->db, key, e, size, &data)) return data;
    } else {
        /* Outside of the db until it is whole: a failure leaves no trace of a key. */
        entry *fresh = entryNewString(key.name, BYTES(""), false);
        entry *grown = entryEditString(fresh, size, &data);
        if (grown) {
            dbAdd(c->db, key, grown);
            return data;
        }
        entryFree(fresh);
    }
    replyError(c, "ERR not enough memory for a string of this size");
    return NULL;
}

bytes stringOrEmpty(const entry *e, char *scratch) {
    return e ? entryString(e, scratch) : bytesOf(NULL, 0);
}
