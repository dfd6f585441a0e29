#include "server/session/tracking.h"

#include "server/core/reply.h"
#include "server/session/tracking_internal.h"
#include "storage/base/mem.h"

enum { STACK_KEYS = 64 };

/* ---- messages ---- */

/* The client that gets what 'tracker' is to be told; NULL if it is gone. */
static client *receiverOf(client *tracker) {
    const clientTracking *t = tracker->tracking;
    if (!t->state.mode.redirect) return tracker;
    client *to = clientById(tracker->server, t->state.mode.redirect);
    return to && !(to->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY)) ? to : NULL;
}

static void tellBroken(client *tracker) {
    clientTracking *t = tracker->tracking;
    t->state.redirect_broken = true;
    if (tracker->resp < 3) return;
    replyPushBegin(tracker);
    replyPush(tracker, 2);
    replyBulkText(tracker, "tracking-redir-broken");
    replyInteger(tracker, (int64_t)t->state.mode.redirect);
    replyPushEnd(tracker);
}

/* Everything of a message but the names; the client that they go to, NULL for nobody. */
static client *beginMessage(client *tracker) {
    client *to = receiverOf(tracker);
    if (!to) {
        tellBroken(tracker);
        return NULL;
    }
    const clientTracking *t = tracker->tracking;
    bool as_message = to->resp < 3;
    if (as_message && !(t->state.mode.redirect && to->flags & CLIENT_PUBSUB)) return NULL;
    replyPushBegin(to);
    replyPush(to, as_message ? 3 : 2);
    if (as_message) replyBulkText(to, "message");
    replyBulkText(to, as_message ? "__redis__:invalidate" : "invalidate");
    return to;
}

static void releaseNames(void *owner) {
    blobRelease(owner);
}

void trackingTell(client *tracker, blob *names) {
    client *to = beginMessage(tracker);
    if (!to) return;
    if (!names)
        replyNull(to);
    else if (!(to->flags & CLIENT_CLOSE_NOW)) {
        bytes text = bytesOf(names->data, names->size);
        if (text.size < REPLY_REFERENCE_MIN)
            replyBufAppend(&to->out, text.data, text.size);
        else
            replyBufReference(&to->out, text, releaseNames, blobHold(names));
    }
    replyPushEnd(to);
}

void trackingTellKey(client *tracker, bytes key) {
    client *to = beginMessage(tracker);
    if (!to) return;
    replyArray(to, 1);
    replyBulk(to, key);
    replyPushEnd(to);
}

/* ---- reads ---- */

static bool remembersKeys(const trackingState *state) {
    const trackingMode *mode = &state->mode;
    if (mode->broadcast) return false;
    if (mode->opt_in) return state->caching == CACHING_YES;
    return !mode->opt_out || state->caching != CACHING_NO;
}

static void rememberKeys(tracking *t, uint64_t id, const client *ran, const command *cmd) {
    keyPosition some[STACK_KEYS];
    int max = ran->argc <= STACK_KEYS ? STACK_KEYS : ran->argc;
    keyPosition *found = max <= STACK_KEYS ? some : memAlloc((size_t)max * sizeof *found);
    int count = commandKeys(cmd, ran->argv, ran->argc, found, max);
    for (int i = 0; i < count; i++) trackedKeysAdd(t, ran->argv[found[i].index], id);
    if (found != some) memFree(found);
}

static bool isAboutClients(const command *cmd) {
    return cmd && cmd->parent && strcmp(cmd->parent->spec->name, "client") == 0;
}

/* After each request of a client that tracks, and after each command inside of its scripts and
 * transactions. CACHING counts for the next request and, where that is MULTI, up to EXEC. */
static void trackedRequest(client *c, const client *ran, const command *cmd) {
    clientTracking *t = c->tracking;
    const uint32_t kind = CMD_READONLY | CMD_SCRIPT_RUNNER;
    if (cmd && (cmd->flags & kind) == CMD_READONLY && remembersKeys(&t->state))
        rememberKeys(c->server->tracking, c->id, ran, cmd);
    if (t->state.caching == CACHING_UNSAID || c->server->current || c->flags & CLIENT_MULTI) return;
    if (!isAboutClients(cmd)) t->state.caching = CACHING_UNSAID;
}

/* ---- changes ---- */

/* Changes matter while somebody tracks, and to keys that are remembered from before a client's
 * TRACKING OFF: it may come back. */
static void refreshLive(tracking *t) {
    bool live = t->clients || dictCount(t->keys.by_name);
    effectSetLive(t->server, EFFECT_TRACKING, live);
}

static void keyWasChanged(void *ctx, server *s, client *by, const change *what) {
    (void)by;
    tracking *t = ctx;
    /* Time and memory act for nobody: NOLOOP does not hide it. */
    bool of_itself = what->class & (NOTIFY_EXPIRED | NOTIFY_EVICTED);
    const client *author = of_itself ? NULL : s->caller;
    keyRef key = {what->key, what->hash};
    if (dictCount(t->keys.by_name)) trackedKeysInvalidate(t, key, author);
    if (!t->clients) refreshLive(t);
    if (t->prefixes.length_count) trackedPrefixesNote(t, key, author);
}

static void allWasChanged(void *ctx, server *s, client *by, int db_id) {
    (void)by;
    (void)db_id;
    CHAIN_EACH(&s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        if (c->flags & CLIENT_TRACKING) trackingTell(c, NULL);
    }
    trackedKeysDrop(ctx);
    refreshLive(ctx);
}

/* ---- modes ---- */

void trackingStart(client *c, const trackingMode *mode, const bytes *prefixes, size_t count) {
    tracking *t = c->server->tracking;
    if (!c->tracking) {
        c->tracking = memCalloc(1, sizeof(clientTracking));
        t->known++;
    }
    if (!(c->flags & CLIENT_TRACKING)) {
        c->flags |= CLIENT_TRACKING;
        t->clients++;
        refreshLive(t);
    }
    clientTracking *own = c->tracking;
    own->state.mode = *mode;
    own->state.caching = CACHING_UNSAID;
    own->state.redirect_broken = false;
    if (!mode->broadcast) return;
    if (!count) trackedPrefixesAdd(c, bytesOf("", 0));
    for (size_t i = 0; i < count; i++) trackedPrefixesAdd(c, prefixes[i]);
}

void trackingStop(client *c) {
    if (!(c->flags & CLIENT_TRACKING)) return;
    tracking *t = c->server->tracking;
    clientTracking *own = c->tracking;
    trackedPrefixesLeave(c);
    own->state = (trackingState){0};
    c->flags &= ~(uint32_t)CLIENT_TRACKING;
    t->clients--;
    refreshLive(t);
}

void trackingSetCaching(client *c, trackingCaching caching) {
    ((clientTracking *)c->tracking)->state.caching = caching;
}

const trackingState *trackingOf(const client *c) {
    return c->flags & CLIENT_TRACKING ? &((const clientTracking *)c->tracking)->state : NULL;
}

trackingStats trackingStatsOf(const server *s) {
    const tracking *t = s->tracking;
    return (trackingStats){.clients = t->clients,
                           .keys = dictCount(t->keys.by_name),
                           .items = t->keys.items,
                           .prefixes = dictCount(t->prefixes.by_name)};
}

/* ---- hooks ---- */

static void clientGone(void *ctx, client *c) {
    tracking *t = ctx;
    if (!c->tracking) return;
    trackingStop(c);
    memFree(((clientTracking *)c->tracking)->subs);
    memFree(c->tracking);
    c->tracking = NULL;
    t->gone++;
    if (--t->known == 0)
        trackedKeysDrop(t);
    else if (t->gone > t->known / 4)
        trackedKeysSweep(t);
    refreshLive(t);
}

static void fillDetails(void *ctx, const client *c, clientDetails *d) {
    (void)ctx;
    const clientTracking *own = c->tracking;
    if (own) d->memory += sizeof *own + trackedPrefixesMemory(own);
    const trackingState *state = trackingOf(c);
    if (!state) return;
    d->redirect = (int64_t)state->mode.redirect;
    d->broadcast = state->mode.broadcast;
    d->redirect_broken = state->redirect_broken;
}

static void work(void *ctx, server *s) {
    tracking *t = ctx;
    cronRearm(s, t->task, trackedKeysWork(t));
    refreshLive(t);
}

void trackingLimitChanged(server *s) {
    work(s->tracking, s);
}

static void beforeFlush(void *ctx, server *s) {
    (void)s;
    trackedPrefixesSend(ctx);
}

void trackingAttach(server *s) {
    tracking *t = memCalloc(1, sizeof *t);
    t->server = s;
    trackedKeysInit(&t->keys);
    trackedPrefixesInit(&t->prefixes);
    t->task = cronAdd(s, "tracking", 0, work, t);
    t->closed = (clientClosedHook){.closed = clientGone, .ctx = t};
    chainAppend(&s->client_closed, &t->closed.node);
    t->details = (clientDetailsHook){.fill = fillDetails};
    chainAppend(&s->client_details, &t->details.node);
    t->flush = (flushHook){.beforeFlush = beforeFlush, .ctx = t};
    chainAppend(&s->flush_hooks, &t->flush.node);
    effectSubscribe(s, EFFECT_TRACKING, keyWasChanged, allWasChanged, t);
    s->trackedRequest = trackedRequest;
    s->tracking = t;
}

void trackingDetach(server *s) {
    tracking *t = s->tracking;
    CHAIN_EACH(&s->clients, node) {
        clientGone(t, CHAIN_ITEM(node, client, in_server));
    }
    chainRemove(&s->client_closed, &t->closed.node);
    chainRemove(&s->client_details, &t->details.node);
    chainRemove(&s->flush_hooks, &t->flush.node);
    trackedKeysClear(&t->keys);
    trackedPrefixesClear(&t->prefixes);
    s->trackedRequest = NULL;
    s->tracking = NULL;
    memFree(t);
}
