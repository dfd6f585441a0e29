/* OBJECT: how a value is kept and how much it is used. */
#include "server/commands/commands.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* The entry of argument 2, or NULL after replying null. */
static const entry *inspect(client *c) {
    const entry *e = keyInspect(c, argKey(c, 2));
    if (!e) replyNull(c);
    return e;
}

/* OBJECT ENCODING key */
static void encodingCommand(client *c) {
    const entry *e = inspect(c);
    if (e) replyBulkText(c, entryEncodingName(e));
}

static bool countsUses(const client *c) {
    return c->server->config.maxmemory_policy & POLICY_LFU;
}

/* OBJECT FREQ key
 * Replies with its logarithmic access counter. */
static void freqCommand(client *c) {
    const entry *e = inspect(c);
    if (!e) return;
    if (!countsUses(c)) {
        replyError(c, "ERR An LFU maxmemory policy is not selected, access frequency not tracked. "
                      "Please note that when switching between policies at runtime LRU and LFU "
                      "data will take some time to adjust.");
        return;
    }
    const server *s = c->server;
    replyInteger(c, accessLfuCount(entryAccess(e), serverAccessMs(s), serverLfuRules(s)));
}

/* OBJECT IDLETIME key
 * Replies with the seconds since its last use. */
static void idletimeCommand(client *c) {
    const entry *e = inspect(c);
    if (!e) return;
    if (countsUses(c)) {
        replyError(c, "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note "
                      "that when switching between policies at runtime LRU and LFU data will take "
                      "some time to adjust.");
        return;
    }
    replyInteger(c, accessLruIdle(entryAccess(e), serverAccessMs(c->server)));
}

/* Clients know small integers as shared by all keys, unless eviction needs an access time of each
 * key. Here no value takes the room that sharing would save; what is told is what they expect. */
static bool looksShared(const client *c, const entry *e) {
    enum { SHARED_INTEGERS = 10000, SHARED_NEVER = POLICY_LRU | POLICY_LRM | POLICY_LFU };
    int64_t value;
    if (entryEncoding(e) != ENCODING_INT || !entryStringInt(e, &value)) return false;
    if (value < 0 || value >= SHARED_INTEGERS) return false;
    const config *cfg = &c->server->config;
    return cfg->maxmemory == 0 || !(cfg->maxmemory_policy & SHARED_NEVER);
}

/* OBJECT REFCOUNT key */
static void refcountCommand(client *c) {
    const entry *e = inspect(c);
    if (e) replyInteger(c, looksShared(c, e) ? INT32_MAX : 1);
}

/* OBJECT HELP */
static void helpCommand(client *c) {
    static const char *const lines[] = {
        "ENCODING <key>",
        "    How the value of a key is kept in memory.",
        "FREQ <key>",
        "    How often a key was used of late, as a logarithmic counter. Needs an LFU policy.",
        "IDLETIME <key>",
        "    Seconds since a key was used last. Needs a policy other than LFU.",
        "REFCOUNT <key>",
        "    How many share the value of a key.",
        NULL};
    replyHelp(c, lines);
}

#define ABOUT_A_KEY                                                                                \
    .arity = 3, .flags = CMD_READONLY, .acl = ACL_KEYSPACE, .tips = "nondeterministic_output",     \
    .keys = {{.first = 2, .last = 0, .step = 1, .use = KEY_RO}}

static const commandSpec objectSubcommands[] = {
    {.name = "encoding", .run = encodingCommand, ABOUT_A_KEY},
    {.name = "freq", .run = freqCommand, ABOUT_A_KEY},
    {.name = "help",
     .arity = 2,
     .run = helpCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_KEYSPACE},
    {.name = "idletime", .run = idletimeCommand, ABOUT_A_KEY},
    {.name = "refcount", .run = refcountCommand, ABOUT_A_KEY},
    {0},
};

const commandSpec objectCommands[] = {
    {.name = "object", .arity = -2, .subcommands = objectSubcommands},
    {0},
};
