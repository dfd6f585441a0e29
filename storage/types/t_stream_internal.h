/* t_stream_internal.h - the parts of a stream, for t_stream*.c alone. */
#ifndef EBB_STORAGE_TYPES_T_STREAM_INTERNAL_H
#define EBB_STORAGE_TYPES_T_STREAM_INTERNAL_H

#include "storage/types/t_stream.h"
#include "storage/types/t_stream_group.h"
#include "storage/types/t_stream_idmp.h"

/* A slab item (SLAB_TREE_NODE); its ID comes first, as in a pending entry: the trees compare both
 * with the same function. */
struct streamNode {
    streamId id;
    listpack *lp;
    uint32_t placed; /* entries that were ever put into it: it is full by their number */
};

struct stream {
    btree *nodes;
    uint64_t length;
    streamId last_id, max_deleted_id;
    uint64_t entries_added;
    size_t node_bytes;  /* of the listpacks */
    size_t group_bytes; /* of groups, consumers and pending entries, but for their trees' nodes */
    size_t group_parts; /* groups, consumers and pending entries */
    btree *groups;      /* NULL: there never was one */
    streamIdmp *idmp;   /* NULL: never used */
    streamId first_id;  /* of an empty stream 0-0 */
};

enum { STREAM_ENTRY_DELETED = 1, STREAM_ENTRY_SAME_FIELDS = 2 };

/* What a pending entry takes: the item, and a slot with some room in two trees. */
enum { STREAM_PENDING_BYTES = sizeof(streamPending) + 20 };

void streamNodeFree(streamNode *node);
/* Takes the node out, whatever is in it. Counts no entries. */
void streamNodeRemove(stream *s, streamNode *node);
/* The integer at 'at'. */
int64_t streamNodeInt(const listpack *lp, listpackAt at);
/* Cuts 'entries' live entries, the 'elements' elements from 'at' on, out of the node, which is gone
 * if they were the last ones. */
void streamNodeCut(stream *s, streamNode *node, listpackAt at, size_t elements, uint64_t entries);
/* Over the entries of one node, which may be in no stream: streamNodeNext() gives the next one that
 * is not marked as deleted, false at the end. */
void streamNodeIterator(streamIterator *it, const stream *s, const streamNode *node,
                        bool backwards);
bool streamNodeNext(streamIterator *it);
/* The ID of the node's last entry. */
streamId streamNodeLastId(const streamNode *node);
/* The elements of the entry it stands at, its size included. */
static inline size_t streamEntryElements(const streamIterator *it) {
    return it->same_fields ? it->fields + 4 : 2 * it->fields + 5;
}
/* Sets first_id. */
void streamFindFirst(stream *s);

/* ---- idempotent producers: NULL is one that was never used ---- */
size_t streamIdmpBytes(const streamIdmp *m);
size_t streamIdmpParts(const streamIdmp *m);
streamIdmp *streamIdmpCopy(const streamIdmp *m);
/* Frees about 'max' messages, and all of it with the last: then true. */
bool streamIdmpFreeStep(streamIdmp *m, size_t max);

/* Of a node or a pending entry with a streamId. */
extern const btreeType streamIdOrder;

#endif
