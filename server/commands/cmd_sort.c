/* SORT and SORT_RO. */
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* What a call asks for. Patterns and names are indexes of arguments, 0 where not given. */
typedef struct sortRequest {
    bool descending, alpha;
    int by; /* 0 also where the pattern has no '*': the order is not asked for */
    bool in_any_order;
    int64_t offset, count; /* count negative: all */
    int gets;              /* how many GETs there are */
    int store;
} sortRequest;

/* Arguments that follow an option, itself not counted. -1: it is none. */
static int optionArguments(bytes word) {
    if (bytesEqualWord(word, "ASC") || bytesEqualWord(word, "DESC") ||
        bytesEqualWord(word, "ALPHA"))
        return 0;
    if (bytesEqualWord(word, "LIMIT")) return 2;
    if (bytesEqualWord(word, "STORE") || bytesEqualWord(word, "BY") || bytesEqualWord(word, "GET"))
        return 1;
    return -1;
}

/* The option at argument 'i', whose own arguments are there. False after replying. */
static bool takeOption(client *c, int i, sortRequest *r) {
    if (argIs(c, i, "ASC")) {
        r->descending = false;
    } else if (argIs(c, i, "DESC")) {
        r->descending = true;
    } else if (argIs(c, i, "ALPHA")) {
        r->alpha = true;
    } else if (argIs(c, i, "LIMIT")) {
        return argInt(c, i + 1, &r->offset, NULL) && argInt(c, i + 2, &r->count, NULL);
    } else if (argIs(c, i, "STORE")) {
        r->store = i + 1;
    } else if (argIs(c, i, "BY")) {
        bytes pattern = c->argv[i + 1];
        r->in_any_order = !memchr(pattern.data, '*', pattern.size);
        r->by = r->in_any_order ? 0 : i + 1;
    } else {
        r->gets++;
    }
    return true;
}

/* False after replying what is wrong. */
static bool parseSort(client *c, bool may_store, sortRequest *r) {
    *r = (sortRequest){.count = -1};
    for (int i = 2; i < c->argc;) {
        int taken = optionArguments(c->argv[i]);
        bool fits = taken >= 0 && i + taken < c->argc;
        if (!fits || (!may_store && argIs(c, i, "STORE"))) {
            replySyntaxError(c);
            return false;
        }
        if (!takeOption(c, i, r)) return false;
        i += 1 + taken;
    }
    return true;
}

/* Nothing to sort: what is stored of that is no key at all. */
static void replyNothing(client *c, const sortRequest *r) {
    if (!r->store) {
        replyArray(c, 0);
        return;
    }
    dbDelete(c->db, argKey(c, r->store), DB_DELETED);
    replyInteger(c, 0);
}

static void sortKey(client *c, bool may_store) {
    sortRequest r;
    if (!parseSort(c, may_store, &r)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (e)
        replyWrongType(c); /* A string: it has no elements. */
    else
        replyNothing(c, &r);
}

/* SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]
 *   [STORE destination]
 * Replies with the elements in order, or how many were stored. */
static void sortCommand(client *c) {
    sortKey(c, true);
}

/* SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC]
 *   [ALPHA] */
static void sortRoCommand(client *c) {
    sortKey(c, false);
}

/* The key, and the destination that counts: the last one. */
static int sortKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    int store = 0;
    for (int i = 2; i < argc;) {
        int taken = optionArguments(argv[i]);
        if (taken == 1 && i + 1 < argc && bytesEqualWord(argv[i], "STORE")) store = i + 1;
        i += 1 + (taken > 0 ? taken : 0);
    }
    int count = 0;
    if (count < max) out[count++] = (keyPosition){1, KEY_RO | KEY_ACCESS};
    if (store && count < max) out[count++] = (keyPosition){store, KEY_OW | KEY_UPDATE};
    return count;
}

#define OF_ELEMENTS                                                                                \
    {                                                                                              \
        .unknown = true, .use = KEY_RO | KEY_ACCESS,                                               \
        .notes = "Keys that BY and GET patterns name by what the key holds"                        \
    }

const commandSpec sortCommands[] = {
    {.name = "sort",
     .arity = -2,
     .run = sortCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_SET | ACL_SORTEDSET | ACL_LIST | ACL_DANGEROUS,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS},
              OF_ELEMENTS,
              {.unknown = true,
               .use = KEY_OW | KEY_UPDATE,
               .notes = "The word STORE may stand anywhere among the options"}},
     .getKeys = sortKeys},
    {.name = "sort_ro",
     .arity = -2,
     .run = sortRoCommand,
     .flags = CMD_READONLY,
     .acl = ACL_SET | ACL_SORTEDSET | ACL_LIST | ACL_DANGEROUS,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RO | KEY_ACCESS}, OF_ELEMENTS}},
    {0},
};
