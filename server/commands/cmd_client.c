/* CLIENT: what a connection says about itself, and what is done to others. */
#include "server/commands/client_commands.h"
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/session/block.h"
#include "server/session/pause.h"
#include "storage/base/mem.h"

enum { WORD_SHOWN = 900 }; /* an error text has its limit */

/* How much of an argument an error text shows. */
static int shownSize(bytes word) {
    return (int)(word.size < WORD_SHOWN ? word.size : WORD_SHOWN);
}

/* CLIENT ID */
static void idCommand(client *c) {
    replyInteger(c, (int64_t)c->id);
}

/* CLIENT SETNAME connection-name */
static void setnameCommand(client *c) {
    if (clientSetName(c, c->argv[2]))
        replyOk(c);
    else
        replyError(c, "ERR Client names cannot contain spaces, newlines or special characters.");
}

/* CLIENT GETNAME */
static void getnameCommand(client *c) {
    if (c->name)
        replyBulkText(c, c->name);
    else
        replyNull(c);
}

/* CLIENT SETINFO LIB-NAME libname | LIB-VER libver */
static void setinfoCommand(client *c) {
    bool is_name = argIs(c, 2, "lib-name");
    if (!is_name && !argIs(c, 2, "lib-ver")) {
        replyErrorFormat(c, "ERR Unrecognized option '%.*s'", shownSize(c->argv[2]),
                         c->argv[2].data);
        return;
    }
    if (!clientTextIsPlain(c->argv[3])) {
        replyErrorFormat(c, "ERR %s cannot contain spaces, newlines or special characters.",
                         is_name ? "lib-name" : "lib-ver");
        return;
    }
    clientSetText(is_name ? &c->lib_name : &c->lib_version, c->argv[3]);
    replyOk(c);
}

/* ---- looking ---- */

/* Lines of CLIENT LIST, one behind the other. */
typedef struct listing {
    char *text;
    size_t size, capacity;
} listing;

static void listOne(listing *l, const client *c) {
    size_t room = clientDescribeRoom(c); /* The newline takes the place of the closing zero. */
    if (l->capacity - l->size < room) {
        l->capacity = l->capacity * 2 + room;
        l->text = memRealloc(l->text, l->capacity);
    }
    l->size += clientDescribe(c, l->text + l->size, room);
    l->text[l->size++] = '\n';
}

static void replyListing(client *c, listing *l) {
    replyVerbatim(c, "txt", bytesOf(l->text, l->size));
    memFree(l->text);
}

/* CLIENT INFO */
static void infoCommand(client *c) {
    listing l = {0};
    listOne(&l, c);
    replyListing(c, &l);
}

/* The word of a TYPE filter as a class of clients; -1, with an error, if it is none. */
enum { TYPE_NORMAL, TYPE_REPLICA, TYPE_PUBSUB, TYPE_MASTER };

static int typeOf(const client *c) {
    return c->flags & CLIENT_PRIMARY ? TYPE_MASTER : clientClass(c);
}

static int parseType(client *c, int index) {
    static const struct {
        const char *word;
        int type;
    } words[] = {{"normal", TYPE_NORMAL},
                 {"slave", TYPE_REPLICA},
                 {"replica", TYPE_REPLICA},
                 {"pubsub", TYPE_PUBSUB},
                 {"master", TYPE_MASTER}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (argIs(c, index, words[i].word)) return words[i].type;
    replyErrorFormat(c, "ERR Unknown client type '%.*s'", shownSize(c->argv[index]),
                     c->argv[index].data);
    return -1;
}

/* False for those that clients do not see: a script's own, and those about to be freed. */
static bool isVisible(const client *c) {
    return !(c->flags & (CLIENT_NO_CONN | CLIENT_CLOSE_NOW));
}

static void listAll(client *c, int type) {
    listing l = {0};
    CHAIN_EACH(&c->server->clients, node) {
        const client *other = CHAIN_ITEM(node, client, in_server);
        if (isVisible(other) && (type < 0 || typeOf(other) == type)) listOne(&l, other);
    }
    replyListing(c, &l);
}

static void listById(client *c) {
    listing l = {0};
    for (int i = 3; i < c->argc; i++) {
        int64_t id;
        if (!argInt(c, i, &id, "ERR Invalid client ID")) {
            memFree(l.text);
            return;
        }
        const client *other = clientById(c->server, (uint64_t)id);
        if (other && isVisible(other)) listOne(&l, other);
    }
    replyListing(c, &l);
}

/* CLIENT LIST [TYPE type | ID client-id [client-id ...]] */
static void listCommand(client *c) {
    if (c->argc == 2) {
        listAll(c, -1);
    } else if (c->argc == 4 && argIs(c, 2, "type")) {
        int type = parseType(c, 3);
        if (type >= 0) listAll(c, type);
    } else if (c->argc > 3 && argIs(c, 2, "id")) {
        listById(c);
    } else {
        replySyntaxError(c);
    }
}

/* ---- killing ---- */

typedef struct killFilter {
    uint64_t id;
    int type;
    bytes addr, laddr; /* data NULL: any */
    int64_t max_age_s; /* 0: any */
    bool skip_me;
} killFilter;

static bool textIs(const char *text, bytes wanted) {
    return bytesEqual(text ? bytesOfText(text) : bytesOf("", 0), wanted);
}

static bool filterMatches(const killFilter *f, const client *c) {
    if (f->addr.data && !textIs(c->peer, f->addr)) return false;
    if (f->laddr.data && !textIs(c->local, f->laddr)) return false;
    if (f->type >= 0 && typeOf(c) != f->type) return false;
    if (f->id && c->id != f->id) return false;
    return !f->max_age_s || (c->server->now_ms - c->created_ms) / 1000 >= f->max_age_s;
}

static bool parseMaxAge(client *c, int index, killFilter *f) {
    if (!argInt(c, index, &f->max_age_s, "ERR maxage is not an integer or out of range"))
        return false;
    if (f->max_age_s > 0) return true;
    replyError(c, "ERR maxage should be greater than 0");
    return false;
}

static bool parseKillId(client *c, int index, killFilter *f) {
    static const char text[] = "ERR client-id should be greater than 0";
    int64_t id;
    if (!argInt(c, index, &id, text)) return false;
    if (id <= 0) {
        replyError(c, text);
        return false;
    }
    f->id = (uint64_t)id;
    return true;
}

/* One filter and its value at 'index'. */
static bool parseFilter(client *c, int index, killFilter *f) {
    bytes value = c->argv[index + 1];
    if (argIs(c, index, "id")) return parseKillId(c, index + 1, f);
    if (argIs(c, index, "maxage")) return parseMaxAge(c, index + 1, f);
    if (argIs(c, index, "type")) return (f->type = parseType(c, index + 1)) >= 0;
    if (argIs(c, index, "user")) {
        if (bytesEqual(value, BYTES("default"))) return true; /* There is no other. */
        replyErrorFormat(c, "ERR No such user '%.*s'", shownSize(value), value.data);
        return false;
    }
    bool yes = argIs(c, index + 1, "yes");
    if (argIs(c, index, "addr")) {
        f->addr = value;
    } else if (argIs(c, index, "laddr")) {
        f->laddr = value;
    } else if (argIs(c, index, "skipme") && (yes || argIs(c, index + 1, "no"))) {
        f->skip_me = yes;
    } else {
        replySyntaxError(c);
        return false;
    }
    return true;
}

/* Kills what matches; the count. Who asked still gets the answer. */
static int64_t killMatching(client *c, const killFilter *f, bool only_first) {
    int64_t killed = 0;
    bool me_too = false;
    CHAIN_EACH(&c->server->clients, node) {
        client *other = CHAIN_ITEM(node, client, in_server);
        if (!isVisible(other) || (f->skip_me && other == c) || !filterMatches(f, other)) continue;
        if (other == c)
            me_too = true;
        else
            clientCloseSoon(other);
        killed++;
        if (only_first) break;
    }
    if (me_too) clientCloseAfterReply(c);
    return killed;
}

/* CLIENT KILL ip:port | CLIENT KILL filter value [filter value ...]
 * The old form replies OK, the other one the number of clients that are closed. */
static void killCommand(client *c) {
    killFilter f = {.type = -1};
    if (c->argc == 3) {
        f.addr = c->argv[2];
        if (killMatching(c, &f, true))
            replyOk(c);
        else
            replyError(c, "ERR No such client");
        return;
    }
    f.skip_me = true;
    for (int i = 2; i < c->argc; i += 2) {
        if (i + 1 == c->argc) {
            replySyntaxError(c);
            return;
        }
        if (!parseFilter(c, i, &f)) return;
    }
    replyInteger(c, killMatching(c, &f, false));
}

/* CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
 * Replies 1 if the client waited, 0 if it did not or is not there. */
static void unblockCommand(client *c) {
    int64_t id;
    if (c->argc > 4) {
        replySubcommandError(c);
    } else if (c->argc == 4 && !argIs(c, 3, "timeout") && !argIs(c, 3, "error")) {
        replyError(c, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    } else if (argInt(c, 2, &id, NULL)) {
        client *other = clientById(c->server, (uint64_t)id);
        bool with_error = c->argc == 4 && argIs(c, 3, "error");
        replyInteger(c, other && !blockIsSure(other) && blockUnblock(other, with_error));
    }
}

/* CLIENT PAUSE timeout [WRITE | ALL] */
static void pauseCommand(client *c) {
    int64_t ms;
    bool writes_only = c->argc == 4 && argIs(c, 3, "write");
    if (c->argc > 4) {
        replySubcommandError(c);
        return;
    }
    if (c->argc == 4 && !writes_only && !argIs(c, 3, "all")) {
        replyError(c, "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    if (!argInt(c, 2, &ms, "ERR timeout is not an integer or out of range")) return;
    if (ms < 0) {
        replyError(c, "ERR timeout is negative");
        return;
    }
    if (ms > INT64_MAX - c->server->now_ms) {
        replyError(c, "ERR timeout is out of range");
        return;
    }
    pauseStart(c->server, ms, writes_only);
    replyOk(c);
}

/* CLIENT UNPAUSE */
static void unpauseCommand(client *c) {
    pauseEnd(c->server);
    replyOk(c);
}

/* ---- modes of the connection ---- */

/* CLIENT REPLY ON | OFF | SKIP
 * Only ON is answered. */
static void replyCommand(client *c) {
    const uint32_t skips = CLIENT_REPLY_SKIP | CLIENT_REPLY_SKIP_NEXT;
    if (argIs(c, 2, "on")) {
        c->flags &= ~(skips | CLIENT_REPLY_OFF);
        replyOk(c);
    } else if (argIs(c, 2, "off")) {
        c->flags |= CLIENT_REPLY_OFF;
    } else if (argIs(c, 2, "skip")) {
        if (!(c->flags & CLIENT_REPLY_OFF)) c->flags |= CLIENT_REPLY_SKIP_NEXT;
    } else {
        replySyntaxError(c);
    }
}

static void setMode(client *c, uint32_t flag) {
    if (argIs(c, 2, "on")) {
        c->flags |= flag;
    } else if (argIs(c, 2, "off")) {
        c->flags &= ~flag;
    } else {
        replySyntaxError(c);
        return;
    }
    replyOk(c);
}

/* CLIENT NO-EVICT ON | OFF */
static void noEvictCommand(client *c) {
    setMode(c, CLIENT_NO_EVICT);
}

/* CLIENT NO-TOUCH ON | OFF */
static void noTouchCommand(client *c) {
    setMode(c, CLIENT_NO_TOUCH);
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "CACHING (YES|NO)",
        "    Whether the keys of the next command are tracked, in OPTIN and OPTOUT mode.",
        "GETNAME",
        "    The name of this connection.",
        "GETREDIR",
        "    The client that gets the invalidations of this one.",
        "ID",
        "    The number of this connection.",
        "INFO",
        "    What LIST says, of this connection only.",
        "KILL <ip:port>",
        "    Closes the connection from that address.",
        "KILL <filter> <value> [<filter> <value> ...]",
        "    Closes connections that all filters fit:",
        "    * ID <client-id>",
        "    * ADDR (<ip:port>|<unixsocket>:0), where it comes from",
        "    * LADDR (<ip:port>|<unixsocket>:0), where it was taken",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "    * USER <username>",
        "    * MAXAGE <seconds>, as old at least",
        "    * SKIPME (YES|NO), spare this connection (default: yes)",
        "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB) | ID <client-id> [<client-id> ...]]",
        "    A line for each connection, or for those of a type or with these numbers.",
        "NO-EVICT (ON|OFF)",
        "    Spares this connection when clients take too much memory.",
        "NO-TOUCH (ON|OFF)",
        "    Commands of this connection leave the access times of keys as they are.",
        "PAUSE <milliseconds> [WRITE|ALL]",
        "    Lets clients wait that write, or all of them.",
        "REPLY (ON|OFF|SKIP)",
        "    Whether this connection gets replies; SKIP: not to the next command.",
        "SETINFO (LIB-NAME <name>|LIB-VER <version>)",
        "    What library this connection uses.",
        "SETNAME <name>",
        "    Names this connection.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [PREFIX <prefix> ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
        "    Tells this connection when keys it has read change.",
        "TRACKINGINFO",
        "    The state of tracking.",
        "UNBLOCK <client-id> [TIMEOUT|ERROR]",
        "    Ends the wait of a blocked client.",
        "UNPAUSE",
        "    Ends a PAUSE.",
        NULL};
    replyHelp(c, lines);
}

enum { SESSION = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE };

static const commandSpec clientSubcommands[] = {
    {.name = "caching",
     .arity = 3,
     .run = clientCachingCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION},
    {.name = "getname", .arity = 2, .run = getnameCommand, .flags = SESSION, .acl = ACL_CONNECTION},
    {.name = "getredir",
     .arity = 2,
     .run = clientGetredirCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION},
    {.name = "help",
     .arity = 2,
     .run = helpCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_CONNECTION},
    {.name = "id", .arity = 2, .run = idCommand, .flags = SESSION, .acl = ACL_CONNECTION},
    {.name = "info",
     .arity = 2,
     .run = infoCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION,
     .tips = "nondeterministic_output"},
    {.name = "kill",
     .arity = -3,
     .run = killCommand,
     .flags = SESSION | CMD_ADMIN,
     .acl = ACL_CONNECTION},
    {.name = "list",
     .arity = -2,
     .run = listCommand,
     .flags = SESSION | CMD_ADMIN,
     .acl = ACL_CONNECTION,
     .tips = "nondeterministic_output"},
    {.name = "no-evict",
     .arity = 3,
     .run = noEvictCommand,
     .flags = SESSION | CMD_ADMIN,
     .acl = ACL_CONNECTION},
    {.name = "no-touch",
     .arity = 3,
     .run = noTouchCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION},
    {.name = "pause",
     .arity = -3,
     .run = pauseCommand,
     .flags = SESSION | CMD_ADMIN,
     .acl = ACL_CONNECTION},
    {.name = "reply", .arity = 3, .run = replyCommand, .flags = SESSION, .acl = ACL_CONNECTION},
    {.name = "setinfo",
     .arity = 4,
     .run = setinfoCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "setname",
     .arity = 3,
     .run = setnameCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION,
     .tips = "request_policy:all_nodes,response_policy:all_succeeded"},
    {.name = "tracking",
     .arity = -3,
     .run = clientTrackingCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION},
    {.name = "trackinginfo",
     .arity = 2,
     .run = clientTrackinginfoCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION},
    {.name = "unblock",
     .arity = -3,
     .run = unblockCommand,
     .flags = SESSION | CMD_ADMIN,
     .acl = ACL_CONNECTION},
    {.name = "unpause",
     .arity = 2,
     .run = unpauseCommand,
     .flags = SESSION | CMD_ADMIN,
     .acl = ACL_CONNECTION},
    {0},
};

const commandSpec clientCommands[] = {
    {.name = "client", .arity = -2, .subcommands = clientSubcommands},
    {0},
};
