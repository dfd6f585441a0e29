/* Commands that pop from the first list that has elements, or move elements between lists. What
 * they share with the blocking forms are the listServe* calls. */
#include "server/commands/commands.h"
#include "server/commands/key_overwrite.h"
#include "server/commands/list_commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "server/core/server.h"

/* ---- popping from one of several ---- */

listServed listServePop(client *c, int first, int count, listEnd end, size_t many) {
    for (int i = first; i < first + count; i++) {
        keyRef key = argKey(c, i);
        entry *e = keyWrite(c, key);
        if (!e) continue;
        if (!keyIsType(c, e, TYPE_LIST)) return LIST_REFUSED;
        size_t popped = many < listCount(e) ? many : listCount(e);
        listPropagatePop(c, c->argv[i], end, popped ? popped : 1, many > 0);
        replyArray(c, 2);
        replyBulk(c, c->argv[i]);
        if (many)
            listPopSome(c, key, e, end, many);
        else
            listPopOne(c, key, e, end);
        return LIST_SERVED;
    }
    return LIST_NOT_SERVED;
}

bool argPopMany(client *c, int index, listPopMany *out) {
    int64_t keys, count = 1;
    if (!argIntIn(c, index, 1, INT64_MAX, &keys, "ERR numkeys should be greater than 0"))
        return false;
    if (keys >= c->argc - index - 1) {
        replySyntaxError(c);
        return false;
    }
    out->first = index + 1;
    out->keys = (int)keys;
    int i = out->first + out->keys;
    if (!argListEnd(c, i, &out->end)) return false;
    bool counted = false;
    for (i++; i < c->argc; i += 2) {
        if (counted || i + 1 == c->argc || !argIs(c, i, "count")) {
            replySyntaxError(c);
            return false;
        }
        counted = true;
        if (!argIntIn(c, i + 1, 1, INT64_MAX, &count, "ERR count should be greater than 0"))
            return false;
    }
    out->count = (size_t)count;
    return true;
}

/* LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count] */
static void lmpopCommand(client *c) {
    listPopMany p;
    if (!argPopMany(c, 1, &p)) return;
    if (listServePop(c, p.first, p.keys, p.end, p.count) == LIST_NOT_SERVED) replyNullArray(c);
}

/* ---- moving ---- */

/* The elements that a move concerns, in the order in which they will lie in the destination. */
typedef struct moved {
    int64_t start; /* the first of them in the source */
    size_t count;
    bool backward;
} moved;

static moved movedOf(const listMove *m, size_t length) {
    size_t count = m->count < length ? m->count : length;
    /* One by one they turn round, but for what goes from the head of one to the tail of the other
     * or the other way. */
    bool turned = !m->in_bulk && m->from == m->to;
    int64_t first = m->from == QUICKLIST_HEAD ? 0 : (int64_t)(length - count);
    return (moved){turned ? first + (int64_t)count - 1 : first, count, turned};
}

/* Pushes them so that they lie as they should. */
static void pushMoved(entry *to, const entry *from, moved order, listEnd end,
                      const typeLimits *limits) {
    if (end == QUICKLIST_HEAD) {
        int64_t span = (int64_t)order.count - 1;
        order.start += order.backward ? -span : span;
        order.backward = !order.backward;
    }
    char scratch[NUM_INT_MAX];
    listIterator it;
    listpackValue value;
    listIteratorInit(&it, from, order.start, order.backward);
    for (; order.count > 0 && listIteratorNext(&it, &value); order.count--)
        listPush(to, end, listpackValueText(value, scratch), limits);
    listIteratorEnd(&it);
}

/* Within one list: a copy of the elements stands between taking out and putting in. */
static void moveInside(entry *e, const listMove *m, moved order, const typeLimits *limits) {
    size_t length = listCount(e);
    entry *between = listNew(BYTES(""));
    pushMoved(between, e, order, QUICKLIST_TAIL, limits);
    listRemoveRange(e, m->from == QUICKLIST_HEAD ? 0 : length - order.count, order.count, limits);
    pushMoved(e, between, (moved){0, order.count, false}, m->to, limits);
    entryFree(between);
}

/* In the words of the request, but for the waiting and how many it came to. */
static void propagateMove(client *c, const listMove *m, size_t count) {
    if (!somebodyFollows(c)) return;
    if (!m->ends_given) {
        propagateAs(c, 3, (bytes[]){BYTES("RPOPLPUSH"), c->argv[1], c->argv[2]});
        return;
    }
    char digits[NUM_INT_MAX];
    bytes argv[] = {m->is_one ? BYTES("LMOVE") : BYTES("LMOVEM"),
                    c->argv[1],
                    c->argv[2],
                    c->argv[3],
                    c->argv[4],
                    BYTES("COUNT"),
                    bytesOf(digits, numFormatUint(digits, count)),
                    m->in_bulk ? BYTES("BULK") : BYTES("OBO")};
    propagateAs(c, m->is_one ? 5 : 8, argv);
}

listServed listServeMove(client *c, const listMove *m) {
    keyRef source = argKey(c, 1), target = argKey(c, 2);
    entry *from = keyWrite(c, source);
    if (!keyIsType(c, from, TYPE_LIST)) return LIST_REFUSED;
    if (!from) return LIST_NOT_SERVED;
    if (m->exactly && listCount(from) < m->count) return LIST_NOT_SERVED;
    entry *to = keyWrite(c, target);
    if (!keyIsType(c, to, TYPE_LIST)) return LIST_REFUSED;
    if (!to) {
        to = dbAddCollection(c->db, target, TYPE_LIST, ENCODING_LISTPACK, listpackNew());
        from = dbOpen(c->db, source);
    }
    const typeLimits *limits = &c->server->config.types;
    size_t length = listCount(from);
    moved order = movedOf(m, length);
    propagateMove(c, m, order.count);
    if (m->is_one)
        replyListValue(c, listPeek(from, m->from));
    else
        replyListRange(c, from, order.start, order.count, order.backward);
    if (from == to) {
        moveInside(from, m, order, limits);
    } else {
        pushMoved(to, from, order, m->to, limits);
        if (order.count < length)
            listRemoveRange(from, m->from == QUICKLIST_HEAD ? 0 : length - order.count, order.count,
                            limits);
    }
    listChanged(c, target, m->to == QUICKLIST_HEAD ? "lpush" : "rpush", order.count);
    listChanged(c, source, m->from == QUICKLIST_HEAD ? "lpop" : "rpop", 0);
    /* A list that goes as a whole is freed in slices. */
    if (from != to && order.count == length) listDelete(c, source, from);
    return LIST_SERVED;
}

bool argMoveEnds(client *c, listMove *m) {
    *m = (listMove){.count = 1, .is_one = true, .ends_given = true};
    return argListEnd(c, 3, &m->from) && argListEnd(c, 4, &m->to);
}

bool argMoveMany(client *c, int index, listMove *m) {
    m->is_one = false;
    if (c->argc == index) return true;
    m->exactly = argIs(c, index, "exactly");
    bool whole = c->argc == index + 3 && (m->exactly || argIs(c, index, "count"));
    if (whole) m->in_bulk = argIs(c, index + 2, "bulk");
    if (!whole || (!m->in_bulk && !argIs(c, index + 2, "obo"))) {
        replySyntaxError(c);
        return false;
    }
    int64_t count;
    if (!argIntIn(c, index + 1, 1, INT64_MAX, &count, "ERR count should be greater than 0"))
        return false;
    m->count = (size_t)count;
    return true;
}

/* LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> */
static void lmoveCommand(client *c) {
    listMove m;
    if (argMoveEnds(c, &m) && listServeMove(c, &m) == LIST_NOT_SERVED) replyNull(c);
}

/* RPOPLPUSH source destination */
static void rpoplpushCommand(client *c) {
    listMove m = {.from = QUICKLIST_TAIL, .to = QUICKLIST_HEAD, .count = 1, .is_one = true};
    if (listServeMove(c, &m) == LIST_NOT_SERVED) replyNull(c);
}

/* LMOVEM source destination <LEFT | RIGHT> <LEFT | RIGHT> [<COUNT count | EXACTLY exactly>
 *   <OBO | BULK>]
 * Replies with the elements as they lie in the destination, or nil where none was moved. */
static void lmovemCommand(client *c) {
    listMove m;
    if (!argMoveEnds(c, &m) || !argMoveMany(c, 5, &m)) return;
    if (listServeMove(c, &m) == LIST_NOT_SERVED) replyNullArray(c);
}

const commandSpec listMoveCommands[] = {
    {.name = "lmpop",
     .arity = -4,
     .run = lmpopCommand,
     .flags = CMD_WRITE | CMD_MOVABLEKEYS,
     .acl = ACL_LIST,
     .keys = {{.first = 1,
               .keynum = true,
               .keynum_at = 0,
               .keynum_first = 1,
               .step = 1,
               .use = KEY_RW | KEY_ACCESS | KEY_DELETE}}},
    {.name = "lmove",
     .arity = 5,
     .run = lmoveCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_LIST,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE},
              {.first = 2, .last = 0, .step = 1, .use = KEY_RW | KEY_INSERT}}},
    {.name = "rpoplpush",
     .arity = 3,
     .run = rpoplpushCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_LIST,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE},
              {.first = 2, .last = 0, .step = 1, .use = KEY_RW | KEY_INSERT}}},
    {.name = "lmovem",
     .arity = -5,
     .run = lmovemCommand,
     .flags = CMD_WRITE | CMD_DENYOOM,
     .acl = ACL_LIST,
     .keys = {{.first = 1, .last = 0, .step = 1, .use = KEY_RW | KEY_ACCESS | KEY_DELETE},
              {.first = 2, .last = 0, .step = 1, .use = KEY_RW | KEY_INSERT}}},
    {0},
};
