/* zset_results.h - what commands on sorted sets have in common: how members are replied, and how an
 * outcome is stored. */
#ifndef EBB_SERVER_COMMANDS_ZSET_RESULTS_H
#define EBB_SERVER_COMMANDS_ZSET_RESULTS_H

#include "server/core/client.h"
#include "storage/types/t_zset_range.h"

/* How a row of members looks. */
typedef enum zsetForm {
    ZSET_NAMES,
    ZSET_SCORED, /* member, score, member, score; in RESP3 pairs of them */
    ZSET_FLAT,   /* never pairs */
    ZSET_PAIRS   /* always pairs */
} zsetForm;

/* Begins a row of 'count' members, each of which replyZsetMember() adds. */
void replyZsetHead(client *c, size_t count, zsetForm form);
void replyZsetMember(client *c, zsetMember m, zsetForm form);
/* The whole row of a span. */
void replyZsetSpan(client *c, const entry *e, zsetSpan span, bool reverse, zsetForm form);

/* Stores 'outcome', a sorted set outside of any db with 'key' as its key, in the place of what was
 * there, tells of 'event' and replies with its size. Empty, or NULL, it deletes the key. Takes
 * outcome. */
void storeZset(client *c, keyRef key, entry *outcome, const char *event);

/* After members were removed: tells of 'event', and deletes a set that has become empty. */
void zsetShrunk(client *c, keyRef key, entry *e, size_t removed, const char *event);

#endif
