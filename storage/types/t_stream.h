/* t_stream.h - a stream: entries under ever growing IDs, and what its readers left undone.
 *
 * Entries stand in nodes, listpacks of the public form that RDB stores as they are, in a B+tree by
 * the ID of the node's master entry, which is that of the first entry it was made for:
 *
 *     master  count, deleted, fields, field..., 0
 *     entry   flags, ms - master's, seq - master's, [fields,] field, value..., elements before this
 *             flags 1: deleted, 2: the master's fields, of which only the values are kept
 *
 * A node is full at typeLimits.stream_node_bytes or after stream_node_entries. A deleted entry is
 * cut out; those marked as deleted come from elsewhere only (RDB) and are passed over. An empty
 * node goes.
 *
 * Consumer groups are t_stream_group.h, idempotent producers t_stream_idmp.h. Knows nothing of
 * replies and clients; the time comes in as an argument. An empty stream is a value like any other.
 */
#ifndef EBB_STORAGE_TYPES_T_STREAM_H
#define EBB_STORAGE_TYPES_T_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/struct/btree.h"
#include "storage/struct/listpack.h"
#include "storage/types/entry.h"
#include "storage/types/stream_id.h"
#include "storage/types/type_limits.h"
#include "storage/types/values.h"

typedef struct stream stream;
typedef struct streamNode streamNode;

extern const valueOps streamOps;

stream *streamNew(void);
/* Of an entry of TYPE_STREAM. */
stream *streamOf(const entry *e);

uint64_t streamLength(const stream *s);
size_t streamNodeCount(const stream *s);
/* Of the first and last entry that is there; 0-0 of an empty stream. */
streamId streamFirstId(const stream *s);
streamId streamLastEntryId(const stream *s);
/* Of the last entry ever added. */
streamId streamLastId(const stream *s);
/* The greatest ID that was ever deleted one by one; 0-0: none was. */
streamId streamMaxDeletedId(const stream *s);
/* Entries ever added. */
uint64_t streamEntriesAdded(const stream *s);

/* XSETID's and a loader's. */
void streamSetLastId(stream *s, streamId id);
void streamSetCounters(stream *s, uint64_t entries_added, streamId max_deleted_id);

/* ---- adding ---- */

typedef enum streamAddResult {
    STREAM_ADDED,
    STREAM_ID_SMALL, /* not greater than the last ID */
    STREAM_ID_SPENT, /* the last ID is the greatest there is */
    STREAM_TOO_BIG   /* one entry of more bytes than a node can hold */
} streamAddResult;

/* The ID of an entry added at 'now_ms' with no wish: greater than the last one. False: none is. */
bool streamNextId(const stream *s, uint64_t now_ms, streamId *out);
/* Adds the 'count' fields and values (field, value, field...) under 'id'. */
streamAddResult streamAdd(stream *s, streamId id, const bytes *pairs, size_t count,
                          const typeLimits *limits);

/* ---- reading ---- */

typedef struct streamIterator {
    const stream *s;
    streamId from, to;
    bool backwards;
    btreeAt at;
    const streamNode *node;
    const listpack *lp;
    listpackAt next;   /* of the entry to look at: its flags, or backwards its last element */
    listpackAt first;  /* the flags of the node's first entry */
    listpackAt master; /* the master's first field */
    size_t master_fields;
    /* ---- the entry it stands at ---- */
    streamId id;
    size_t fields;
    bool same_fields, inside;     /* inside: there is one, not passed yet */
    size_t left;                  /* fields not taken yet */
    listpackAt flags_at, data_at; /* its first element, and the first after its head */
    listpackAt field_at, value_at;
} streamIterator;

/* Over the entries from 'from' to 'to', both included; 'backwards' from 'to' to 'from'. Good until
 * the stream changes. */
void streamIteratorInit(streamIterator *it, const stream *s, streamId from, streamId to,
                        bool backwards);
/* False at the end. Otherwise id and fields are those of the next entry. */
bool streamIteratorNext(streamIterator *it);
/* The next field of the entry, to be called 'fields' times at most. */
void streamIteratorField(streamIterator *it, listpackValue *field, listpackValue *value);

bool streamHas(const stream *s, streamId id);

/* ---- removing ---- */

/* False if it is not there. */
bool streamDelete(stream *s, streamId id);

/* What happens to pending entries of consumer groups when theirs go. */
typedef enum streamRefs {
    STREAM_KEEP_REFS,
    STREAM_DELETE_REFS,
    STREAM_ACKED_ONLY /* an entry that a group has not read and acknowledged stays */
} streamRefs;

typedef struct streamTrimRule {
    bool by_id;       /* down to min_id, else to max_length */
    bool approximate; /* whole nodes only */
    uint64_t max_length;
    streamId min_id;
    uint64_t limit; /* entries at the most; 0: no limit */
    streamRefs refs;
} streamTrimRule;

/* Removes from the front; the number of entries. O(nodes) where whole ones go. */
uint64_t streamTrim(stream *s, const streamTrimRule *rule);

typedef enum streamDeleteResult {
    STREAM_NO_ENTRY,
    STREAM_DELETED,
    STREAM_STILL_REFERENCED
} streamDeleteResult;

/* As streamDelete, with a word about references: XDELEX. STREAM_DELETE_REFS takes them even where
 * the entry is gone already. */
streamDeleteResult streamDeleteWith(stream *s, streamId id, streamRefs refs);

/* ---- the nodes as they are, for RDB ---- */

btreeAt streamFirstNode(const stream *s);
/* The node at 'at': the master ID and the listpack. */
const listpack *streamNodeAt(btreeAt at, streamId *id);
/* Adds a whole node behind those there are, of a listpack that was found good by
 * streamNodeValidate(). Takes lp. False if it overlaps or is empty. */
bool streamAppendNode(stream *s, streamId id, listpack *lp);
/* True if the bytes are a listpack that is a node: its entries whole and its counts true. */
bool streamNodeValidate(bytes lp);

/* Walks everything and checks every invariant (ensure). For tests. */
void streamCheck(const stream *s);

#endif
