/* pubsub.h - channels, patterns and shard channels, and who listens to them.
 *
 * A channel exists while somebody listens. Messages are written to the listeners' output at once
 * (the executing client gets its own behind its reply); limits of slow listeners are the flush's
 * business. Knows no commands; replies of SUBSCRIBE and kin are written here because a subscription
 * that ends by itself is told in the same form. */
#ifndef EBB_SERVER_SESSION_PUBSUB_H
#define EBB_SERVER_SESSION_PUBSUB_H

#include "server/core/server.h"

typedef enum pubsubKind { PUBSUB_CHANNEL, PUBSUB_PATTERN, PUBSUB_SHARD, PUBSUB_KINDS } pubsubKind;

/* Sets s->pubsub, the gate for RESP2 subscribers and the hook for closed clients. */
void pubsubAttach(server *s);
void pubsubDetach(server *s);

/* Each replies to the client as clients know it: kind, name, count of subscriptions left. */
void pubsubSubscribe(client *c, pubsubKind kind, bytes name);
void pubsubUnsubscribe(client *c, pubsubKind kind, bytes name);
/* All of one kind; replies once with null if there are none. */
void pubsubUnsubscribeAll(client *c, pubsubKind kind);
/* Every subscription of a client, without a word (RESET, a closed client). */
void pubsubForget(client *c);

/* Sends to listeners of the channel and of matching patterns (or of the shard channel). The number
 * of receivers. */
int64_t pubsubPublish(server *s, pubsubKind kind, bytes channel, bytes message);

/* Subscriptions of a client of one kind. */
size_t pubsubCountOf(const client *c, pubsubKind kind);
/* Channels (or distinct patterns) that somebody listens to. */
size_t pubsubCount(const server *s, pubsubKind kind);
/* Clients listening to anything. */
size_t pubsubClients(const server *s);
size_t pubsubListeners(const server *s, pubsubKind kind, bytes name);
void pubsubEach(const server *s, pubsubKind kind, void (*visit)(void *ctx, bytes name), void *ctx);
/* Bytes of subscriptions of a client. */
size_t pubsubMemory(const client *c);

#endif
