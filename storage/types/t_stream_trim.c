/* Removing entries from the front of a stream. */
#include "storage/base/ensure.h"
#include "storage/types/t_stream_internal.h"

static uint64_t nodeEntries(const streamNode *node) {
    return (uint64_t)streamNodeInt(node->lp, listpackFirst(node->lp));
}

/* True if the rule wants no entry of the node to stay, of a stream that has 'length' entries from
 * this node on. */
static bool wantsAll(const streamTrimRule *rule, const streamNode *node, uint64_t length) {
    if (!rule->by_id) return length >= rule->max_length + nodeEntries(node);
    return streamIdCompare(node->id, rule->min_id) < 0 &&
           streamIdCompare(streamNodeLastId(node), rule->min_id) < 0;
}

/* True if the rule wants this entry to go, of a stream that has 'length' entries. */
static bool wants(const streamTrimRule *rule, streamId id, uint64_t length) {
    return rule->by_id ? streamIdCompare(id, rule->min_id) < 0 : length > rule->max_length;
}

/* True if the rule's limit lets so many entries go. */
static bool isWithin(const streamTrimRule *rule, uint64_t entries) {
    return rule->limit == 0 || entries <= rule->limit;
}

static void dropRefsOfNode(stream *s, const streamNode *node) {
    streamIterator it;
    streamIteratorInit(&it, s, node->id, STREAM_ID_MAX, false);
    while (streamIteratorNext(&it) && it.node == node) streamDropRefs(s, it.id);
}

static void freeNode(void *ctx, void *item) {
    stream *s = ctx;
    streamNode *node = item;
    s->node_bytes -= listpackSize(node->lp);
    streamNodeFree(node);
}

/* The nodes at the front of which nothing is to stay, at once. The number of entries. */
static uint64_t cutNodes(stream *s, const streamTrimRule *rule) {
    size_t nodes = 0;
    uint64_t gone = 0;
    for (btreeAt at = btreeFirst(s->nodes); at.leaf; at = btreeNext(at)) {
        const streamNode *node = btreeItem(at);
        uint64_t entries = nodeEntries(node);
        if (!isWithin(rule, gone + entries) || !wantsAll(rule, node, s->length - gone)) break;
        if (rule->refs == STREAM_DELETE_REFS) dropRefsOfNode(s, node);
        nodes++;
        gone += entries;
    }
    if (nodes) btreeRemoveRange(s->nodes, 0, nodes, freeNode, s);
    s->length -= gone;
    return gone;
}

/* What the rule wants of the first node, which is not all of it. */
static uint64_t cutFront(stream *s, const streamTrimRule *rule) {
    if (s->length == 0) return 0;
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    streamNode *node = btreeItem(it.at);
    listpackAt from = it.first;
    size_t elements = 0;
    uint64_t gone = 0;
    while (streamIteratorNext(&it) && wants(rule, it.id, s->length - gone)) {
        if (rule->refs == STREAM_DELETE_REFS) streamDropRefs(s, it.id);
        elements += streamEntryElements(&it);
        gone++;
    }
    if (gone) streamNodeCut(s, node, from, elements, gone);
    return gone;
}

/* Entry by entry: those that a group still needs stay, whatever comes behind them. */
static uint64_t cutAcked(stream *s, const streamTrimRule *rule) {
    uint64_t gone = 0;
    const streamNode *node = NULL;
    streamIterator it;
    streamIteratorInit(&it, s, STREAM_ID_ZERO, STREAM_ID_MAX, false);
    while (streamIteratorNext(&it) && wants(rule, it.id, s->length)) {
        if (it.node != node) {
            node = it.node;
            if (!isWithin(rule, gone + nodeEntries(node))) break;
            if (rule->approximate && !wantsAll(rule, node, s->length)) break;
        }
        if (!streamIsAcked(s, it.id)) continue;
        streamId next = it.id;
        streamNodeCut(s, btreeItem(it.at), it.flags_at, streamEntryElements(&it), 1);
        gone++;
        if (!streamIdUp(&next)) break;
        streamIteratorInit(&it, s, next, STREAM_ID_MAX, false);
    }
    return gone;
}

uint64_t streamTrim(stream *s, const streamTrimRule *rule) {
    streamTrimRule r = *rule;
    if (streamGroupCount(s) == 0) r.refs = STREAM_KEEP_REFS;
    uint64_t gone;
    if (r.refs == STREAM_ACKED_ONLY) {
        gone = cutAcked(s, &r);
    } else {
        gone = cutNodes(s, &r);
        if (!r.approximate) gone += cutFront(s, &r);
    }
    if (gone) streamFindFirst(s);
    return gone;
}
