/* Commands on the connection itself. CLIENT has a file of its own. */
#include <limits.h>

#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/monitor.h"
#include "server/session/auth.h"
#include "server/session/fieldsets.h"
#include "server/session/multi.h"
#include "server/session/pubsub.h"
#include "server/session/tracking.h"

/* PING [message]
 * A RESP2 client with subscriptions reads only messages, so that it gets one. */
static void pingCommand(client *c) {
    if (c->argc > 2) {
        replyWrongArity(c, c->cmd);
        return;
    }
    if (c->flags & CLIENT_PUBSUB && c->resp == 2) {
        replyArray(c, 2);
        replyBulkText(c, "pong");
        replyBulk(c, c->argc == 2 ? c->argv[1] : bytesOf("", 0));
    } else if (c->argc == 1) {
        replySimple(c, "PONG");
    } else {
        replyBulk(c, c->argv[1]);
    }
}

/* ECHO message */
static void echoCommand(client *c) {
    replyBulk(c, c->argv[1]);
}

/* QUIT [anything ...] */
static void quitCommand(client *c) {
    replyOk(c);
    clientCloseAfterReply(c);
}

/* SELECT index */
static void selectCommand(client *c) {
    int64_t whole;
    int id;
    if (!argIntIn(c, 1, INT_MIN, INT_MAX, &whole, NULL)) return;
    if (!argDb(c, 1, &id, NULL, NULL)) return;
    c->db = c->server->dbs[id];
    replyOk(c);
}

/* RESET
 * As a new connection, but for its id and what its library said about itself. */
static void resetCommand(client *c) {
    const uint32_t modes = CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP | CLIENT_REPLY_SKIP_NEXT |
                           CLIENT_NO_EVICT | CLIENT_NO_TOUCH | CLIENT_READONLY;
    multiDiscard(c);
    monitorEnd(c);
    pubsubForget(c);
    fieldsetDropAll(c);
    trackingStop(c);
    c->flags &= ~modes;
    c->resp = 2;
    c->db = c->server->dbs[0];
    clientSetName(c, bytesOf("", 0));
    authReset(c);
    replySimple(c, "RESET");
}

static const char wrong_pass[] = "WRONGPASS invalid username-password pair or user is disabled.";
static const char bad_name[] =
    "ERR Client names cannot contain spaces, newlines or special characters.";

/* AUTH [username] password */
static void authCommand(client *c) {
    if (c->argc > 3) {
        replySyntaxError(c);
        return;
    }
    if (c->argc == 2 && !authPasswordIsSet(c->server)) {
        replyError(c, "ERR AUTH <password> called without any password configured for the default "
                      "user. Are you sure your configuration is correct?");
        return;
    }
    bytes user = c->argc == 3 ? c->argv[1] : BYTES("default");
    if (authTry(c, user, c->argv[c->argc - 1]))
        replyOk(c);
    else
        replyError(c, wrong_pass);
}

/* 'server' stays "redis": client libraries choose features by it. */
static void replyIdentity(client *c) {
    replyMap(c, 7);
    replyBulkText(c, "server");
    replyBulkText(c, "redis");
    replyBulkText(c, "version");
    replyBulkText(c, EBB_REDIS_VERSION);
    replyBulkText(c, "proto");
    replyInteger(c, c->resp);
    replyBulkText(c, "id");
    replyInteger(c, (int64_t)c->id);
    replyBulkText(c, "mode");
    replyBulkText(c, "standalone");
    replyBulkText(c, "role");
    replyBulkText(c, "master");
    replyBulkText(c, "modules");
    replyArray(c, 0);
}

typedef struct helloOptions {
    int resp;
    int user;    /* argument of the user name, the password behind it; 0: none */
    int setname; /* argument of the name; 0: none */
} helloOptions;

enum { OPTION_SHOWN = 900 }; /* of a wrong one; an error text has its limit */

static bool parseHello(client *c, helloOptions *o) {
    *o = (helloOptions){.resp = c->resp};
    if (c->argc == 1) return true;
    int64_t resp;
    if (!argInt(c, 1, &resp, "ERR Protocol version is not an integer or out of range"))
        return false;
    if (resp < 2 || resp > 3) {
        replyError(c, "NOPROTO unsupported protocol version");
        return false;
    }
    o->resp = (int)resp;
    for (int i = 2; i < c->argc; i++) {
        int more = c->argc - 1 - i;
        if (argIs(c, i, "auth") && more >= 2) {
            o->user = i + 1;
            i += 2;
        } else if (argIs(c, i, "setname") && more >= 1) {
            o->setname = ++i;
            if (clientTextIsPlain(c->argv[i])) continue;
            replyError(c, bad_name);
            return false;
        } else {
            replyErrorFormat(c, "ERR Syntax error in HELLO option '%.*s'",
                             (int)(c->argv[i].size < OPTION_SHOWN ? c->argv[i].size : OPTION_SHOWN),
                             c->argv[i].data);
            return false;
        }
    }
    return true;
}

/* HELLO [protover [AUTH username password] [SETNAME clientname]]
 * Replies with what the server is. All or nothing: where one option is wrong none takes effect. */
static void helloCommand(client *c) {
    helloOptions o;
    if (!parseHello(c, &o)) return;
    if (o.user && !authTry(c, c->argv[o.user], c->argv[o.user + 1])) {
        replyError(c, wrong_pass);
        return;
    }
    if (!authIsDone(c)) {
        replyError(c,
                   "NOAUTH HELLO must be called with the client already authenticated, otherwise "
                   "the HELLO AUTH <user> <pass> option can be used to authenticate the client and "
                   "select the RESP protocol version at the same time");
        return;
    }
    if (o.setname) clientSetName(c, c->argv[o.setname]);
    c->resp = o.resp;
    replyIdentity(c);
}

/* READONLY, READWRITE, ASKING */
static void clusterOnlyCommand(client *c) {
    replyError(c, "ERR This instance has cluster support disabled");
}

enum { ALWAYS = CMD_LOADING | CMD_STALE, SESSION = ALWAYS | CMD_NOSCRIPT | CMD_FAST };

const commandSpec connectionCommands[] = {
    {.name = "auth",
     .arity = -2,
     .run = authCommand,
     .flags = SESSION | CMD_NO_AUTH | CMD_ALLOW_BUSY,
     .acl = ACL_CONNECTION},
    {.name = "echo",
     .arity = 2,
     .run = echoCommand,
     .flags = ALWAYS | CMD_FAST,
     .acl = ACL_CONNECTION},
    {.name = "hello",
     .arity = -1,
     .run = helloCommand,
     .flags = SESSION | CMD_NO_AUTH | CMD_ALLOW_BUSY,
     .acl = ACL_CONNECTION},
    {.name = "ping",
     .arity = -1,
     .run = pingCommand,
     .flags = CMD_FAST,
     .acl = ACL_CONNECTION,
     .tips = "request_policy:all_shards,response_policy:all_succeeded"},
    {.name = "quit",
     .arity = -1,
     .run = quitCommand,
     .flags = SESSION | CMD_NO_AUTH | CMD_ALLOW_BUSY | CMD_NOT_QUEUED | CMD_ENDS_QUEUE,
     .acl = ACL_CONNECTION},
    {.name = "reset",
     .arity = 1,
     .run = resetCommand,
     .flags = SESSION | CMD_NO_AUTH | CMD_ALLOW_BUSY | CMD_NOT_QUEUED | CMD_ENDS_QUEUE,
     .acl = ACL_CONNECTION},
    {.name = "select",
     .arity = 2,
     .run = selectCommand,
     .flags = ALWAYS | CMD_FAST,
     .acl = ACL_CONNECTION},
    {.name = "asking",
     .arity = 1,
     .run = clusterOnlyCommand,
     .flags = CMD_FAST,
     .acl = ACL_CONNECTION},
    {.name = "readonly",
     .arity = 1,
     .run = clusterOnlyCommand,
     .flags = ALWAYS | CMD_FAST,
     .acl = ACL_CONNECTION},
    {.name = "readwrite",
     .arity = 1,
     .run = clusterOnlyCommand,
     .flags = ALWAYS | CMD_FAST,
     .acl = ACL_CONNECTION},
    {0},
};
