/* CLIENT TRACKING and its kin: what lets clients keep copies of keys. */
#include "server/commands/client_commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/tracking.h"
#include "storage/base/mem.h"

enum { PREFIX_SHOWN = 400 }; /* an error text has its limit */

typedef struct trackingOptions {
    trackingMode mode;
    bytes *prefixes; /* room for as many as there are arguments */
    size_t prefix_count;
} trackingOptions;

static bool parseRedirect(client *c, int index, trackingMode *mode) {
    int64_t id;
    if (mode->redirect) {
        replyError(c, "ERR A client can only redirect to a single other client");
        return false;
    }
    if (!argInt(c, index, &id, NULL)) return false;
    if (id <= 0 || !clientById(c->server, (uint64_t)id)) {
        replyError(c, "ERR The client ID you want redirect to does not exist");
        return false;
    }
    mode->redirect = (uint64_t)id;
    return true;
}

static bool parseOptions(client *c, trackingOptions *o) {
    for (int i = 3; i < c->argc; i++) {
        bool more = i + 1 < c->argc;
        if (argIs(c, i, "redirect") && more) {
            if (!parseRedirect(c, ++i, &o->mode)) return false;
        } else if (argIs(c, i, "prefix") && more) {
            o->prefixes[o->prefix_count++] = c->argv[++i];
        } else if (argIs(c, i, "bcast")) {
            o->mode.broadcast = true;
        } else if (argIs(c, i, "optin")) {
            o->mode.opt_in = true;
        } else if (argIs(c, i, "optout")) {
            o->mode.opt_out = true;
        } else if (argIs(c, i, "noloop")) {
            o->mode.no_loop = true;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

static int shownSize(bytes prefix) {
    return (int)(prefix.size < PREFIX_SHOWN ? prefix.size : PREFIX_SHOWN);
}

static bool checkPrefixes(client *c, const trackingOptions *o) {
    prefixClash clash = {0};
    if (!trackingPrefixesClash(c, o->prefixes, o->prefix_count, &clash)) return true;
    replyErrorFormat(c,
                     "ERR Prefix '%.*s' overlaps with %s prefix '%.*s'. Prefixes for a single "
                     "client must not overlap.",
                     shownSize(clash.prefix), clash.prefix.data,
                     clash.with_existing ? "an existing" : "another provided",
                     shownSize(clash.other), clash.other.data);
    return false;
}

/* What is wrong with the options of ON, NULL if nothing is. */
static const char *wrongMode(const client *c, const trackingOptions *o) {
    const trackingMode *mode = &o->mode;
    const trackingState *now = trackingOf(c);
    if (o->prefix_count && !mode->broadcast)
        return "ERR PREFIX option requires BCAST mode to be enabled";
    if (now && now->mode.broadcast != mode->broadcast)
        return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, "
               "and then re-enabling it with a different mode.";
    if (mode->broadcast && (mode->opt_in || mode->opt_out))
        return "ERR OPTIN and OPTOUT are not compatible with BCAST";
    if (mode->opt_in && mode->opt_out)
        return "ERR You can't specify both OPTIN mode and OPTOUT mode";
    if (now && ((mode->opt_in && now->mode.opt_out) || (mode->opt_out && now->mode.opt_in)))
        return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, "
               "and then re-enabling it with a different mode.";
    return NULL;
}

static void switchOn(client *c, const trackingOptions *o) {
    const char *wrong = wrongMode(c, o);
    if (wrong) {
        replyError(c, wrong);
    } else if (checkPrefixes(c, o)) {
        trackingStart(c, &o->mode, o->prefixes, o->prefix_count);
        replyOk(c);
    }
}

/* CLIENT TRACKING ON | OFF [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN]
 *     [OPTOUT] [NOLOOP] */
void clientTrackingCommand(client *c) {
    trackingOptions o = {.prefixes = memAlloc((size_t)c->argc * sizeof *o.prefixes)};
    if (!parseOptions(c, &o)) {
        memFree(o.prefixes);
        return;
    }
    if (argIs(c, 2, "on")) {
        switchOn(c, &o);
    } else if (argIs(c, 2, "off")) {
        trackingStop(c);
        replyOk(c);
    } else {
        replySyntaxError(c);
    }
    memFree(o.prefixes);
}

/* CLIENT CACHING YES | NO
 * Of the next request, in the modes OPTIN and OPTOUT. */
void clientCachingCommand(client *c) {
    const trackingState *state = trackingOf(c);
    bool yes = argIs(c, 2, "yes");
    if (!state) {
        replyError(c, "ERR CLIENT CACHING can be called only when the client is in tracking mode "
                      "with OPTIN or OPTOUT mode enabled");
    } else if (!yes && !argIs(c, 2, "no")) {
        replySyntaxError(c);
    } else if (yes && !state->mode.opt_in) {
        replyError(c, "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN "
                      "mode.");
    } else if (!yes && !state->mode.opt_out) {
        replyError(c, "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT "
                      "mode.");
    } else {
        trackingSetCaching(c, yes ? CACHING_YES : CACHING_NO);
        replyOk(c);
    }
}

static int64_t redirectOf(const client *c) {
    const trackingState *state = trackingOf(c);
    return state ? (int64_t)state->mode.redirect : -1;
}

/* CLIENT GETREDIR
 * Replies with the client that the messages go to; 0: to this one, -1: it does not track. */
void clientGetredirCommand(client *c) {
    replyInteger(c, redirectOf(c));
}

static void replyFlags(client *c, const trackingState *state) {
    const struct {
        bool holds;
        const char *name;
    } flags[] = {{!state, "off"},
                 {state, "on"},
                 {state && state->mode.broadcast, "bcast"},
                 {state && state->mode.opt_in, "optin"},
                 {state && state->caching == CACHING_YES, "caching-yes"},
                 {state && state->mode.opt_out, "optout"},
                 {state && state->caching == CACHING_NO, "caching-no"},
                 {state && state->mode.no_loop, "noloop"},
                 {state && state->redirect_broken, "broken_redirect"}};
    size_t count = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) count += flags[i].holds;
    replySet(c, count);
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].holds) replyBulkText(c, flags[i].name);
}

/* CLIENT TRACKINGINFO */
void clientTrackinginfoCommand(client *c) {
    const trackingState *state = trackingOf(c);
    replyMap(c, 3);
    replyBulkText(c, "flags");
    replyFlags(c, state);
    replyBulkText(c, "redirect");
    replyInteger(c, redirectOf(c));
    replyBulkText(c, "prefixes");
    size_t count = state ? state->prefix_count : 0;
    replyArray(c, count);
    for (size_t i = 0; i < count; i++) replyBulk(c, trackingPrefix(c, i));
}
