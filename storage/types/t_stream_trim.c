/* Removing entries from the front of a stream. */
#include "storage/base/ensure.h"
#include "storage/types/t_stream_internal.h"

/* One node's share: what to cut from its front in one go. */
typedef struct nodeCut {
    listpackAt at;
    size_t elements;
    uint64_t entries;
} nodeCut;

static uint64_t nodeEntries(const streamNode *node) {
    return (uint64_t)streamNodeInt(node->lp, listpackFirst(node->lp));
}

static streamId nodeLastId(const stream *s, const streamNode *node, btreeAt at) {
    /* Backwards from the greatest ID before the next node: its first entry found is of this one,
     * which is never empty. */
    streamIterator it;
    btreeAt next = btreeNext(at);
    streamId to = STREAM_ID_MAX;
    if (next.leaf) {
        to = ((const streamNode *)btreeItem(next))->id;
        ensure(streamIdDown(&to));
    }
    streamIteratorInit(&it, s, node->id, to, true);
    ensure(streamIteratorNext(&it));
    return it.id;
}

/* True if the rule wants no entry of the node to stay. */
static bool wantsAll(const stream *s, const streamTrimRule *rule, btreeAt at) {
    const streamNode *node = btreeItem(at);
    if (!rule->by_id) return s->length - nodeEntries(node) >= rule->max_length;
    return streamIdCompare(node->id, rule->min_id) < 0 &&
           streamIdCompare(nodeLastId(s, node, at), rule->min_id) < 0;
}

/* True if the rule wants the entry it stands at to go, where 'gone' before it are to go. */
static bool wants(const stream *s, const streamTrimRule *rule, streamId id, uint64_t gone) {
    return rule->by_id ? streamIdCompare(id, rule->min_id) < 0
                       : s->length - gone > rule->max_length;
}

/* Cuts what the rule wants from the front of the first node, but for a limit. */
static uint64_t cutFront(stream *s, const streamTrimRule *rule) {
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    streamNode *node = btreeItem(it.at);
    nodeCut cut = {.at = it.first};
    while (streamIteratorNext(&it) && it.node == node && wants(s, rule, it.id, cut.entries)) {
        /* Entries marked as deleted before it go as well: that many elements more. */
        cut.elements += it.same_fields ? it.fields + 4 : 2 * it.fields + 5;
        cut.entries++;
    }
    if (cut.entries) streamNodeCut(s, node, cut.at, cut.elements, cut.entries);
    return cut.entries;
}
