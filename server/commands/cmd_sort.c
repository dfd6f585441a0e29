/* SORT and SORT_RO. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/sort_items.h"
#include "server/commands/sort_pattern.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/types/t_list.h"

/* What a call asks for. Patterns and names are indexes of arguments, 0 where not given. */
typedef struct sortRequest {
    bool descending, alpha;
    int by;                /* 0 also where a pattern has no '*': the order is not asked for */
    bool in_any_order;     /* as they are kept */
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
        if (!pattern.size || !memchr(pattern.data, '*', pattern.size)) r->in_any_order = true;
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

/* ---- the work ---- */

/* What each GET names, in order; the element itself where there is none. */
typedef struct sortGets {
    sortPattern *list;
    int count;
} sortGets;

static sortGets getsOf(const client *c, const sortRequest *r) {
    sortGets g = {memAlloc((size_t)(r->gets + 1) * sizeof *g.list), 0};
    for (int i = 2; i < c->argc; i += 1 + optionArguments(c->argv[i]))
        if (argIs(c, i, "GET")) g.list[g.count++] = sortPatternOf(c->argv[i + 1]);
    if (!g.count) g.list[g.count++] = sortPatternOf(BYTES("#"));
    return g;
}

/* The part of 'total' that LIMIT leaves. */
static void limitOf(const sortRequest *r, size_t total, size_t *start, size_t *count) {
    *start = r->offset < 0 ? 0 : (uint64_t)r->offset < total ? (size_t)r->offset : total;
    *count = total - *start;
    if (r->count >= 0 && (uint64_t)r->count < *count) *count = (size_t)r->count;
}

/* What the items are ordered by, read from where BY says. False after replying. */
static bool weigh(client *c, const sortRequest *r, sortItems *items) {
    sortPattern by = sortPatternOf(r->by ? c->argv[r->by] : BYTES("#"));
    sortFetcher fetcher = {.key = NULL};
    bool good = true;
    for (size_t i = 0; i < items->count; i++) {
        bytes value;
        if (!sortFetch(c, &fetcher, &by, sortItemText(items, i), &value)) continue;
        if (r->alpha)
            sortItemSetBy(items, i, value);
        else
            good &= sortParseScore(value, &items->list[i].score);
    }
    sortFetcherClear(&fetcher);
    if (!good) replyError(c, "ERR One or more scores can't be converted into double");
    return good;
}

/* The first 'first' of them. False after replying. */
static bool putInOrder(client *c, const sortRequest *r, sortItems *items, size_t first) {
    bool by_text = r->alpha && !r->by;
    if (!by_text && !weigh(c, r, items)) return false;
    sortKind kind = by_text ? SORT_BY_TEXT : r->alpha ? SORT_BY_OTHER_TEXT : SORT_BY_SCORE;
    /* What is stored has to be the same on all servers, whatever their locale. */
    sortItemsSort(items, kind, !r->store, r->descending, first);
    return true;
}

/* ---- the outcome ---- */

static void replyItems(client *c, const sortGets *gets, const sortItems *items, size_t start,
                       size_t count) {
    sortFetcher fetcher = {.key = NULL};
    replyArray(c, count * (size_t)gets->count);
    for (size_t i = start; i < start + count; i++) {
        for (int n = 0; n < gets->count; n++) {
            bytes value;
            if (sortFetch(c, &fetcher, &gets->list[n], sortItemText(items, i), &value))
                replyBulk(c, value);
            else
                replyNull(c);
        }
    }
    sortFetcherClear(&fetcher);
}

/* What is not there is stored as an empty element. An outcome of nothing is no key. */
static void storeItems(client *c, keyRef key, const sortGets *gets, const sortItems *items,
                       size_t start, size_t count) {
    if (!count) {
        dbDelete(c->db, key, DB_DELETED);
        replyInteger(c, 0);
        return;
    }
    sortFetcher fetcher = {.key = NULL};
    entry *outcome = listNew(key.name);
    for (size_t i = start; i < start + count; i++) {
        for (int n = 0; n < gets->count; n++) {
            bytes value = BYTES("");
            sortFetch(c, &fetcher, &gets->list[n], sortItemText(items, i), &value);
            listPush(outcome, QUICKLIST_TAIL, value, &c->server->config.types);
        }
    }
    sortFetcherClear(&fetcher);
    size_t stored = listCount(outcome);
    keyTellOverwrite(c, key, TYPE_LIST);
    dbReplace(c->db, key, outcome);
    keyChanged(c, key, NOTIFY_LIST, "sortstore");
    c->server->dirty += stored - 1;
    replyInteger(c, (int64_t)stored);
}

/* The elements that the outcome is made of are items 'start' on, 'count' of them. False after
 * replying. */
static bool takeItems(client *c, const entry *e, sortRequest *r, sortItems *items, size_t *start,
                      size_t *count) {
    limitOf(r, e ? sortCount(e) : 0, start, count);
    if (!e) return true;
    /* The order in which a set is kept is nothing that others could repeat. */
    if (r->in_any_order && entryType(e) == TYPE_SET && (r->store || c->flags & CLIENT_SCRIPT)) {
        r->in_any_order = false;
        r->alpha = true;
    }
    if (!r->in_any_order) {
        sortItemsOf(items, e, 0, sortCount(e), false);
        return putInOrder(c, r, items, *start + *count);
    }
    sortItemsOf(items, e, *start, *count, r->descending);
    *start = 0;
    return true;
}

static void sortKey(client *c, bool may_store) {
    sortRequest r;
    if (!parseSort(c, may_store, &r)) return;
    const entry *e = keyRead(c, argKey(c, 1));
    if (e && !sortTakes(e)) {
        replyWrongType(c);
        return;
    }
    sortItems items = {0};
    sortGets gets = getsOf(c, &r);
    size_t start, count;
    if (takeItems(c, e, &r, &items, &start, &count)) {
        if (r.store)
            storeItems(c, argKey(c, r.store), &gets, &items, start, count);
        else
            replyItems(c, &gets, &items, start, count);
    }
    sortItemsClear(&items);
    memFree(gets.list);
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
