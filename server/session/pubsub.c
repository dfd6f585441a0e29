#include "server/session/pubsub.h"

#include "server/core/reply.h"
#include "server/session/message.h"
#include "storage/base/ensure.h"
#include "storage/base/glob.h"
#include "storage/base/mem.h"
#include "storage/struct/dict.h"

/* Something listened to. Lives while it has listeners. */
typedef struct channel {
    chain listeners; /* subscription.in_channel */
    chainNode in_patterns;
    pubsubKind kind;
    size_t size;
    char name[];
} channel;

typedef struct subscription {
    chainNode in_channel;
    client *listener;
    channel *channel;
} subscription;

/* Of one client; exists while it has a subscription. */
typedef struct clientSubscriptions {
    dict *kinds[PUBSUB_KINDS]; /* subscription by channel name, NULL for none */
} clientSubscriptions;

struct pubsub {
    dict *kinds[PUBSUB_KINDS]; /* channel by name */
    chain patterns;            /* in order of first subscription */
    size_t clients;
    clientClosedHook closed;
    clientDetailsHook details;
};

static bytes channelName(const channel *ch) {
    return bytesOf(ch->name, ch->size);
}

static uint64_t channelHash(const void *item) {
    return hashBytes(channelName(item));
}

static bool channelHolds(const void *item, bytes key) {
    return bytesEqual(channelName(item), key);
}

static uint64_t subscriptionHash(const void *item) {
    return channelHash(((const subscription *)item)->channel);
}

static bool subscriptionHolds(const void *item, bytes key) {
    return channelHolds(((const subscription *)item)->channel, key);
}

static const dictType channels_by_name = {.hashOf = channelHash, .holds = channelHolds};
static const dictType subscriptions_by_name = {.hashOf = subscriptionHash,
                                               .holds = subscriptionHolds};

static const char *const subscribe_words[] = {"subscribe", "psubscribe", "ssubscribe"};
static const char *const unsubscribe_words[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};

/* ---- set-up ---- */

/* A RESP2 client with subscriptions reads only messages: few commands make sense then. */
static gateAnswer refuseOthers(client *c) {
    if (c->resp > 2) return GATE_PASS;
    const char *name = c->cmd->full_name;
    static const char *const allowed[] = {"subscribe",    "unsubscribe", "psubscribe",
                                          "punsubscribe", "ssubscribe",  "sunsubscribe",
                                          "ping",         "quit",        "reset"};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (!strcmp(name, allowed[i])) return GATE_PASS;
    replyErrorFormat(c,
                     "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT "
                     "/ RESET are allowed in this context",
                     name);
    return GATE_REFUSED;
}

static void clientGone(void *ctx, client *c) {
    (void)ctx;
    pubsubForget(c);
}

static void fillDetails(void *ctx, const client *c, clientDetails *d) {
    (void)ctx;
    d->channels = pubsubCountOf(c, PUBSUB_CHANNEL);
    d->patterns = pubsubCountOf(c, PUBSUB_PATTERN);
    d->shard_channels = pubsubCountOf(c, PUBSUB_SHARD);
    d->memory += pubsubMemory(c);
}

void pubsubAttach(server *s) {
    pubsub *p = memCalloc(1, sizeof *p);
    for (int kind = 0; kind < PUBSUB_KINDS; kind++) p->kinds[kind] = dictNew(&channels_by_name);
    chainInit(&p->patterns);
    p->closed = (clientClosedHook){.closed = clientGone, .ctx = s};
    chainAppend(&s->client_closed, &p->closed.node);
    p->details = (clientDetailsHook){.fill = fillDetails};
    chainAppend(&s->client_details, &p->details.node);
    s->pubsub = p;
    gateSet(s, GATE_SUBSCRIBED, refuseOthers);
}

void pubsubDetach(server *s) {
    pubsub *p = s->pubsub;
    CHAIN_EACH(&s->clients, node) {
        pubsubForget(CHAIN_ITEM(node, client, in_server));
    }
    chainRemove(&s->client_closed, &p->closed.node);
    chainRemove(&s->client_details, &p->details.node);
    for (int kind = 0; kind < PUBSUB_KINDS; kind++) dictFree(p->kinds[kind]);
    memFree(p);
    s->pubsub = NULL;
}

/* ---- subscriptions ---- */

size_t pubsubCountOf(const client *c, pubsubKind kind) {
    const clientSubscriptions *subs = c->pubsub;
    return subs && subs->kinds[kind] ? dictCount(subs->kinds[kind]) : 0;
}

/* What a client is told: shard channels count apart. */
static int64_t shownCount(const client *c, pubsubKind kind) {
    if (kind == PUBSUB_SHARD) return (int64_t)pubsubCountOf(c, PUBSUB_SHARD);
    return (int64_t)(pubsubCountOf(c, PUBSUB_CHANNEL) + pubsubCountOf(c, PUBSUB_PATTERN));
}

/* A push in its place among the replies: CLIENT REPLY OFF does not silence it. */
static void tell(client *c, pubsubKind kind, const char *word, const bytes *name) {
    c->flags |= CLIENT_PUSHING;
    replyPush(c, 3);
    replyBulkText(c, word);
    if (name)
        replyBulk(c, *name);
    else
        replyNull(c);
    replyInteger(c, shownCount(c, kind));
    c->flags &= ~(uint32_t)CLIENT_PUSHING;
}

static channel *openChannel(pubsub *p, pubsubKind kind, keyRef name) {
    channel *ch = dictFind(p->kinds[kind], name);
    if (ch) return ch;
    ch = memCalloc(1, sizeof *ch + name.name.size);
    ch->kind = kind;
    ch->size = name.name.size;
    if (ch->size) memcpy(ch->name, name.name.data, ch->size);
    chainInit(&ch->listeners);
    if (kind == PUBSUB_PATTERN) chainAppend(&p->patterns, &ch->in_patterns);
    dictAdd(p->kinds[kind], name.hash, ch);
    return ch;
}

static void closeChannel(pubsub *p, channel *ch) {
    if (!chainIsEmpty(&ch->listeners)) return;
    if (ch->kind == PUBSUB_PATTERN) chainRemove(&p->patterns, &ch->in_patterns);
    bool found = dictRemoveItem(p->kinds[ch->kind], channelHash(ch), ch);
    ensure(found);
    memFree(ch);
}

static void noteFirst(client *c) {
    if (c->pubsub) return;
    c->pubsub = memCalloc(1, sizeof(clientSubscriptions));
    c->flags |= CLIENT_PUBSUB;
    c->server->pubsub->clients++;
    gateSetLiveFor(c, GATE_SUBSCRIBED, true);
}

static void noteLast(client *c) {
    clientSubscriptions *subs = c->pubsub;
    for (int kind = 0; kind < PUBSUB_KINDS; kind++)
        if (subs->kinds[kind]) return;
    memFree(subs);
    c->pubsub = NULL;
    c->flags &= ~(uint32_t)CLIENT_PUBSUB;
    c->server->pubsub->clients--;
    gateSetLiveFor(c, GATE_SUBSCRIBED, false);
}

void pubsubSubscribe(client *c, pubsubKind kind, bytes name) {
    noteFirst(c);
    clientSubscriptions *subs = c->pubsub;
    keyRef key = keyRefOf(name);
    if (!subs->kinds[kind]) subs->kinds[kind] = dictNew(&subscriptions_by_name);
    if (!dictFind(subs->kinds[kind], key)) {
        subscription *sub = memCalloc(1, sizeof *sub);
        sub->listener = c;
        sub->channel = openChannel(c->server->pubsub, kind, key);
        chainAppend(&sub->channel->listeners, &sub->in_channel);
        dictAdd(subs->kinds[kind], key.hash, sub);
    }
    tell(c, kind, subscribe_words[kind], &name);
}

static void endSubscription(client *c, subscription *sub) {
    channel *ch = sub->channel;
    chainRemove(&ch->listeners, &sub->in_channel);
    memFree(sub);
    closeChannel(c->server->pubsub, ch);
}

static void dropIfEmpty(client *c, pubsubKind kind) {
    clientSubscriptions *subs = c->pubsub;
    if (dictCount(subs->kinds[kind])) return;
    dictFree(subs->kinds[kind]);
    subs->kinds[kind] = NULL;
    noteLast(c);
}

void pubsubUnsubscribe(client *c, pubsubKind kind, bytes name) {
    clientSubscriptions *subs = c->pubsub;
    subscription *sub =
        subs && subs->kinds[kind] ? dictRemove(subs->kinds[kind], keyRefOf(name)) : NULL;
    if (sub) {
        endSubscription(c, sub);
        dropIfEmpty(c, kind);
    }
    tell(c, kind, unsubscribe_words[kind], &name);
}

typedef struct endAll {
    client *c;
    subscription *found;
} endAll;

static void noteFound(void *ctx, void *item) {
    ((endAll *)ctx)->found = item;
}

/* Any one subscription of a kind, or NULL. */
static subscription *anyOf(client *c, pubsubKind kind) {
    clientSubscriptions *subs = c->pubsub;
    if (!subs || !subs->kinds[kind]) return NULL;
    endAll all = {.c = c};
    uint64_t cursor = 0;
    do cursor = dictScan(subs->kinds[kind], cursor, noteFound, &all);
    while (cursor && !all.found);
    return all.found;
}

void pubsubUnsubscribeAll(client *c, pubsubKind kind) {
    subscription *sub = anyOf(c, kind);
    if (!sub) tell(c, kind, unsubscribe_words[kind], NULL);
    for (; sub; sub = anyOf(c, kind)) {
        bytes name = channelName(sub->channel);
        char *copy = bytesToText(name);
        pubsubUnsubscribe(c, kind, bytesOf(copy, name.size));
        memFree(copy);
    }
}

static void endVisited(void *ctx, void *item) {
    endSubscription(ctx, item);
}

void pubsubForget(client *c) {
    for (int kind = 0; kind < PUBSUB_KINDS; kind++) {
        clientSubscriptions *subs = c->pubsub;
        if (!subs || !subs->kinds[kind]) continue;
        while (dictDrain(subs->kinds[kind], SIZE_MAX, endVisited, c)) continue;
        dropIfEmpty(c, (pubsubKind)kind);
    }
}

/* ---- messages ---- */

/* To all that listen to 'ch'; how many they are. */
static int64_t sendToAll(server *s, const channel *ch, const bytes *parts, int count) {
    message m = messageBegin(s, parts, count);
    CHAIN_EACH(&ch->listeners, node) {
        messageSend(&m, CHAIN_ITEM(node, subscription, in_channel)->listener);
    }
    messageEnd(&m);
    return (int64_t)ch->listeners.count;
}

int64_t pubsubPublish(server *s, pubsubKind kind, bytes name, bytes text) {
    pubsub *p = s->pubsub;
    int64_t receivers = 0;
    const channel *ch = dictFind(p->kinds[kind], keyRefOf(name));
    if (ch) {
        bytes word = bytesOfText(kind == PUBSUB_SHARD ? "smessage" : "message");
        receivers += sendToAll(s, ch, (bytes[]){word, name, text}, 3);
    }
    if (kind == PUBSUB_SHARD) return receivers;
    CHAIN_EACH(&p->patterns, pattern_node) {
        const channel *pattern = CHAIN_ITEM(pattern_node, channel, in_patterns);
        bytes pattern_text = channelName(pattern);
        if (!globMatch(pattern_text, name, false)) continue;
        receivers +=
            sendToAll(s, pattern, (bytes[]){BYTES("pmessage"), pattern_text, name, text}, 4);
    }
    return receivers;
}

/* ---- looking ---- */

size_t pubsubCount(const server *s, pubsubKind kind) {
    return dictCount(s->pubsub->kinds[kind]);
}

size_t pubsubClients(const server *s) {
    return s->pubsub->clients;
}

size_t pubsubListeners(const server *s, pubsubKind kind, bytes name) {
    const channel *ch = dictFind(s->pubsub->kinds[kind], keyRefOf(name));
    return ch ? ch->listeners.count : 0;
}

typedef struct nameVisit {
    void (*visit)(void *ctx, bytes name);
    void *ctx;
} nameVisit;

static void visitName(void *ctx, void *item) {
    nameVisit *v = ctx;
    v->visit(v->ctx, channelName(item));
}

void pubsubEach(const server *s, pubsubKind kind, void (*visit)(void *ctx, bytes name), void *ctx) {
    nameVisit v = {visit, ctx};
    uint64_t cursor = 0;
    do cursor = dictScan(s->pubsub->kinds[kind], cursor, visitName, &v);
    while (cursor);
}

size_t pubsubMemory(const client *c) {
    const clientSubscriptions *subs = c->pubsub;
    if (!subs) return 0;
    size_t total = sizeof *subs;
    for (int kind = 0; kind < PUBSUB_KINDS; kind++)
        if (subs->kinds[kind])
            total +=
                dictBytes(subs->kinds[kind]) + dictCount(subs->kinds[kind]) * sizeof(subscription);
    return total;
}
