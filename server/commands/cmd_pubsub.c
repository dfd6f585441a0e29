/* Commands of publish and subscribe. */
#include "server/commands/commands.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/pubsub.h"
#include "storage/base/glob.h"

static void subscribeAll(client *c, pubsubKind kind) {
    for (int i = 1; i < c->argc; i++) pubsubSubscribe(c, kind, c->argv[i]);
}

static void unsubscribeNamed(client *c, pubsubKind kind) {
    if (c->argc == 1) pubsubUnsubscribeAll(c, kind);
    for (int i = 1; i < c->argc; i++) pubsubUnsubscribe(c, kind, c->argv[i]);
}

/* SUBSCRIBE channel [channel ...] */
static void subscribeCommand(client *c) {
    subscribeAll(c, PUBSUB_CHANNEL);
}

/* PSUBSCRIBE pattern [pattern ...] */
static void psubscribeCommand(client *c) {
    subscribeAll(c, PUBSUB_PATTERN);
}

/* SSUBSCRIBE shardchannel [shardchannel ...] */
static void ssubscribeCommand(client *c) {
    subscribeAll(c, PUBSUB_SHARD);
}

/* UNSUBSCRIBE [channel ...] */
static void unsubscribeCommand(client *c) {
    unsubscribeNamed(c, PUBSUB_CHANNEL);
}

/* PUNSUBSCRIBE [pattern ...] */
static void punsubscribeCommand(client *c) {
    unsubscribeNamed(c, PUBSUB_PATTERN);
}

/* SUNSUBSCRIBE [shardchannel ...] */
static void sunsubscribeCommand(client *c) {
    unsubscribeNamed(c, PUBSUB_SHARD);
}

/* PUBLISH channel message
 * Replies with the number of clients that got it. */
static void publishCommand(client *c) {
    replyInteger(c, pubsubPublish(c->server, PUBSUB_CHANNEL, c->argv[1], c->argv[2]));
    propagateAnyway(c, FOLLOWS_REPLICA);
}

/* SPUBLISH shardchannel message */
static void spublishCommand(client *c) {
    replyInteger(c, pubsubPublish(c->server, PUBSUB_SHARD, c->argv[1], c->argv[2]));
    propagateAnyway(c, FOLLOWS_REPLICA);
}

typedef struct nameList {
    client *c;
    const bytes *pattern; /* NULL: all */
    size_t count;
} nameList;

static void replyName(void *ctx, bytes name) {
    nameList *list = ctx;
    if (list->pattern && !globMatch(*list->pattern, name, false)) return;
    replyBulk(list->c, name);
    list->count++;
}

static void listNames(client *c, pubsubKind kind) {
    nameList list = {.c = c, .pattern = c->argc > 2 ? &c->argv[2] : NULL};
    replyHole hole = replyOpen(c);
    pubsubEach(c->server, kind, replyName, &list);
    replyClose(c, hole, RESP_ARRAY, list.count);
}

static void countListeners(client *c, pubsubKind kind) {
    replyArray(c, (size_t)(c->argc - 2) * 2);
    for (int i = 2; i < c->argc; i++) {
        replyBulk(c, c->argv[i]);
        replyInteger(c, (int64_t)pubsubListeners(c->server, kind, c->argv[i]));
    }
}

/* PUBSUB CHANNELS [pattern] */
static void channelsCommand(client *c) {
    if (c->argc > 3)
        replySubcommandError(c);
    else
        listNames(c, PUBSUB_CHANNEL);
}

/* PUBSUB SHARDCHANNELS [pattern] */
static void shardchannelsCommand(client *c) {
    if (c->argc > 3)
        replySubcommandError(c);
    else
        listNames(c, PUBSUB_SHARD);
}

/* PUBSUB NUMSUB [channel ...] */
static void numsubCommand(client *c) {
    countListeners(c, PUBSUB_CHANNEL);
}

/* PUBSUB SHARDNUMSUB [shardchannel ...] */
static void shardnumsubCommand(client *c) {
    countListeners(c, PUBSUB_SHARD);
}

/* PUBSUB NUMPAT
 * Replies with the number of distinct patterns. */
static void numpatCommand(client *c) {
    replyInteger(c, (int64_t)pubsubCount(c->server, PUBSUB_PATTERN));
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "CHANNELS [<pattern>]",
        "    Channels that somebody listens to, those matching a glob if one is given.",
        "NUMPAT",
        "    How many distinct patterns are subscribed to.",
        "NUMSUB [<channel> ...]",
        "    How many clients listen to each channel, patterns left out.",
        "SHARDCHANNELS [<pattern>]",
        "    Shard channels that somebody listens to, those matching a glob if one is given.",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    How many clients listen to each shard channel.",
        NULL};
    replyHelp(c, lines);
}

enum { LISTENING = CMD_PUBSUB | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE };

static const commandSpec pubsubSubcommands[] = {
    {.name = "channels",
     .arity = -2,
     .run = channelsCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = CMD_LOADING | CMD_STALE},
    {.name = "numpat",
     .arity = 2,
     .run = numpatCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE},
    {.name = "numsub",
     .arity = -2,
     .run = numsubCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE},
    {.name = "shardchannels",
     .arity = -2,
     .run = shardchannelsCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE},
    {.name = "shardnumsub",
     .arity = -2,
     .run = shardnumsubCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE},
    {0},
};

#define SHARD_CHANNEL(last_index)                                                                  \
    {                                                                                              \
        { .use = KEY_NOT_KEY, .first = 1, .last = (last_index), .step = 1 }                        \
    }

const commandSpec pubsubCommands[] = {
    {.name = "subscribe", .arity = -2, .run = subscribeCommand, .flags = LISTENING | CMD_DENYOOM},
    {.name = "unsubscribe", .arity = -1, .run = unsubscribeCommand, .flags = LISTENING},
    {.name = "psubscribe", .arity = -2, .run = psubscribeCommand, .flags = LISTENING | CMD_DENYOOM},
    {.name = "punsubscribe", .arity = -1, .run = punsubscribeCommand, .flags = LISTENING},
    {.name = "ssubscribe",
     .arity = -2,
     .run = ssubscribeCommand,
     .flags = LISTENING | CMD_DENYOOM,
     .keys = SHARD_CHANNEL(-1)},
    {.name = "sunsubscribe",
     .arity = -1,
     .run = sunsubscribeCommand,
     .flags = LISTENING,
     .keys = SHARD_CHANNEL(-1)},
    {.name = "publish",
     .arity = 3,
     .run = publishCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_MAY_REPLICATE},
    {.name = "spublish",
     .arity = 3,
     .run = spublishCommand,
     .flags = CMD_PUBSUB | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_MAY_REPLICATE,
     .keys = SHARD_CHANNEL(0)},
    {.name = "pubsub", .arity = -2, .subcommands = pubsubSubcommands},
    {0},
};
