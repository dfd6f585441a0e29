/* fieldsets.h - lists of field names that a connection has given a name: HIMPORT.
 *
 * They are the connection's own, and go with it. Fields of one list are all different. */
#ifndef EBB_SERVER_SESSION_FIELDSETS_H
#define EBB_SERVER_SESSION_FIELDSETS_H

#include "server/core/server.h"

/* So many may a connection have. */
enum { FIELDSETS_MAX = 1024 };

typedef struct fieldset {
    struct fieldset *next;
    bytes name;
    size_t memory; /* bytes of its allocation */
    size_t count;
    bytes fields[];
} fieldset;

/* Hooks of the server: closed clients, and what their fieldsets take. */
void fieldsetsAttach(server *s);
void fieldsetsDetach(server *s);

typedef enum fieldsetAnswer {
    FIELDSET_TAKEN,
    FIELDSET_TWICE, /* a field comes twice */
    FIELDSET_TOO_MANY
} fieldsetAnswer;

/* Keeps a copy under 'name', in the place of what had the name. */
fieldsetAnswer fieldsetPut(client *c, bytes name, const bytes *fields, size_t count);
/* NULL if there is none. Borrowed until the next change. */
const fieldset *fieldsetFind(const client *c, bytes name);
/* False if there was none. */
bool fieldsetDrop(client *c, bytes name);
/* The number of those dropped. */
size_t fieldsetDropAll(client *c);

#endif
