/* hash_fields.h - what the commands on field deadlines have in common: FIELDS numfields field ...,
 * times that become deadlines, and the records that followers get. */
#ifndef EBB_SERVER_COMMANDS_HASH_FIELDS_H
#define EBB_SERVER_COMMANDS_HASH_FIELDS_H

#include "server/core/client.h"
#include "storage/types/t_hash_ttl.h"

/* The names of fields among the arguments. */
typedef struct fieldList {
    int first, count;
} fieldList;

/* Reads "FIELDS numfields field ..." at argument 'index', which has to go up to the last argument.
 * 'bad_count' says what is wrong with a number below 1. False after replying. */
bool fieldListParse(client *c, int index, const char *bad_count, fieldList *list);

/* Argument 'index' as a deadline: 'unit_ms' times it, from 'base_ms' on. A time in the past is no
 * error, a negative number is. False after replying. */
bool fieldDeadline(client *c, int index, int64_t unit_ms, int64_t base_ms, int64_t *deadline_ms);

/* Arguments of a record being put together for propagateAs(); nothing is kept while nobody follows.
 */
typedef struct fieldRecord {
    bytes *argv; /* NULL: nobody follows */
    int argc;
    int count_at; /* of the number of fields, 0: the record has none */
    char digits[NUM_INT_MAX];
} fieldRecord;

/* Begins a record with room for 'room' words more, and its two first: the command and the key. */
void fieldRecordBegin(client *c, fieldRecord *r, bytes verb, bytes key, int room);
void fieldRecordAdd(fieldRecord *r, bytes word);
/* "FIELDS" and the number, which is filled in at the end: count the fields in by 'count'. */
void fieldRecordFields(fieldRecord *r);
/* Sends it, with 'fields' as the number; without any, nothing. */
void fieldRecordEnd(client *c, fieldRecord *r, int fields);

#endif
