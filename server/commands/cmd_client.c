/* CLIENT: what a connection says about itself, and what is done to others. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"

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
        replyErrorFormat(c, "ERR Unrecognized option '%.*s'",
                         (int)(c->argv[2].size < 128 ? c->argv[2].size : 128), c->argv[2].data);
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

enum { SESSION = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE };

static const commandSpec clientSubcommands[] = {
    {.name = "getname", .arity = 2, .run = getnameCommand, .flags = SESSION, .acl = ACL_CONNECTION},
    {.name = "id", .arity = 2, .run = idCommand, .flags = SESSION, .acl = ACL_CONNECTION},
    {.name = "info",
     .arity = 2,
     .run = infoCommand,
     .flags = SESSION,
     .acl = ACL_CONNECTION,
     .tips = "nondeterministic_output"},
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
    {0},
};

const commandSpec clientCommands[] = {
    {.name = "client", .arity = -2, .subcommands = clientSubcommands},
    {0},
};
