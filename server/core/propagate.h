/* propagate.h - what the log and the replicas are told: commands that make the same change again.
 *
 * By itself a request of a command with CMD_WRITE that changed something is told as it came, and a
 * key that expired or was evicted as DEL (UNLINK where lazyfree says so), a field as HDEL. A
 * handler whose request would not do the same again (random, relative to now, blocking) gives
 * records in its place: propagateAs(). PUBLISH, FLUSHALL of nothing and the like are told all the
 * same: propagateAnyway().
 *
 * Records are gathered as RESP while a command runs and handed to the sinks when it ends: those of
 * a transaction or script together, between MULTI and EXEC where there are several. Who expired
 * before the change stands before it. Sinks keep their own selected db.
 *
 * Costs a test a command while nobody follows. */
#ifndef EBB_SERVER_CORE_PROPAGATE_H
#define EBB_SERVER_CORE_PROPAGATE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/chain.h"

typedef struct client client;
typedef struct server server;
typedef struct command command;
typedef struct propagation propagation;

enum { PROPAGATE_ANY_DB = -1 };
enum { FOLLOWS_LOG = 1 << 0, FOLLOWS_REPLICA = 1 << 1, FOLLOWS_ALL = 3 };

/* One that is told. */
typedef struct propagationSink {
    chainNode node;
    uint32_t kind; /* FOLLOWS_LOG or FOLLOWS_REPLICA */
    /* 'record' is one command as an array of bulk strings, to be run with db 'db' selected, or
     * whichever (PROPAGATE_ANY_DB). Borrowed. */
    void (*take)(void *ctx, server *s, int db, bytes record);
    /* The same without a copy, for a request that is told as it came: where a record of at most
     * 'size' bytes goes, and, before anything else is told, how many it has. Both NULL: take() is
     * called. */
    char *(*reserve)(void *ctx, server *s, int db, size_t size);
    void (*commit)(void *ctx, server *s, size_t size);
    void *ctx;
} propagationSink;

void propagateAttach(server *s);
void propagateDetach(server *s);

/* From the next command on, until it is removed. */
void propagateAddSink(server *s, propagationSink *sink);
void propagateRemoveSink(server *s, propagationSink *sink);

/* True if there is a log or a replica: only then is it worth building what propagateAs() takes. */
bool somebodyFollows(const client *c);

/* In the place of the request that runs; several calls give several records in order. Copied. */
void propagateAs(client *c, int argc, const bytes *argv);
/* The request is told to nobody, whatever it changed. */
void propagateNothing(client *c);
/* The request is told to these kinds, though it changed no key or is no write command. */
void propagateAnyway(client *c, uint32_t kinds);
/* Whom what follows is told to, until it is said again (redis.set_repl); FOLLOWS_ALL when a
 * unit begins. The kinds before. */
uint32_t propagateLimit(server *s, uint32_t kinds);

/* A field is about to expire; for the hook of the db. */
void propagateFieldExpired(server *s, int db, bytes key, bytes field);

/* The handler of 'cmd' has ended, and its facts have been told (effectsRun). */
void propagateRequest(client *c, const command *cmd, bool changed);
/* What is no command has ended (active expiry, eviction): each record by itself. */
void propagateEach(server *s);

#endif
