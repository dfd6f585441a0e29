#include "server/core/client.h"
#include "server/core/server.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

bool clientTextIsPlain(bytes text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '!' || text.data[i] > '~') return false;
    return true;
}

void clientSetText(char **field, bytes text) {
    memFree(*field);
    *field = text.size ? bytesToText(text) : NULL;
}

bool clientSetName(client *c, bytes name) {
    if (!clientTextIsPlain(name)) return false;
    clientSetText(&c->name, name);
    return true;
}

/* ---- the line ---- */

/* Words and numbers without the names and addresses of the client. */
enum { FIXED_ROOM = 1024 };

/* Where the line grows. What does not fit is left out. */
typedef struct line {
    char *at, *end;
} line;

static void addBytes(line *l, const char *data, size_t size) {
    size_t left = (size_t)(l->end - l->at);
    if (size > left) size = left;
    memcpy(l->at, data, size);
    l->at += size;
}

#define ADD_WORD(l, word) addBytes(l, "" word, sizeof(word) - 1)

static void addText(line *l, const char *text) {
    if (text) addBytes(l, text, strlen(text));
}

static void addNumber(line *l, int64_t value) {
    char digits[NUM_INT_MAX];
    addBytes(l, digits, numFormatInt(digits, value));
}

#define ADD_FIELD(l, name, value)                                                                  \
    do {                                                                                           \
        ADD_WORD(l, " " name "=");                                                                 \
        addNumber(l, (int64_t)(value));                                                            \
    } while (0)

#define ADD_TEXT_FIELD(l, name, value)                                                             \
    do {                                                                                           \
        ADD_WORD(l, " " name "=");                                                                 \
        addText(l, value);                                                                         \
    } while (0)

static void addFlags(line *l, const client *c, const clientDetails *d) {
    static const struct {
        uint32_t flag;
        char letter;
    } letters[] = {{CLIENT_PRIMARY, 'M'},
                   {CLIENT_PUBSUB, 'P'},
                   {CLIENT_MULTI, 'x'},
                   {CLIENT_BLOCKED | CLIENT_PAUSED, 'b'},
                   {CLIENT_TRACKING, 't'},
                   {CLIENT_DIRTY_CAS, 'd'},
                   {CLIENT_CLOSE_AFTER_REPLY, 'c'},
                   {CLIENT_CLOSE_NOW, 'A'},
                   {CLIENT_UNIX_SOCKET, 'U'},
                   {CLIENT_READONLY, 'r'},
                   {CLIENT_NO_EVICT, 'e'},
                   {CLIENT_NO_TOUCH, 'T'}};
    char text[sizeof letters / sizeof letters[0] + 3];
    size_t size = 0;
    if (c->flags & CLIENT_MONITOR)
        text[size++] = 'O';
    else if (c->flags & CLIENT_REPLICA)
        text[size++] = 'S';
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (!(c->flags & letters[i].flag)) continue;
        text[size++] = letters[i].letter;
        if (letters[i].flag != CLIENT_TRACKING) continue;
        if (d->redirect_broken) text[size++] = 'R';
        if (d->broadcast) text[size++] = 'B';
    }
    if (!size) text[size++] = 'N';
    ADD_WORD(l, " flags=");
    addBytes(l, text, size);
}

static clientDetails detailsOf(const client *c) {
    clientDetails d = {.queued = -1, .redirect = -1};
    CHAIN_EACH(&c->server->client_details, node) {
        const clientDetailsHook *hook = CHAIN_ITEM(node, clientDetailsHook, node);
        hook->fill(hook->ctx, c, &d);
    }
    return d;
}

static void addSession(line *l, const client *c, const clientDetails *d) {
    int64_t now_ms = c->server->now_ms;
    ADD_FIELD(l, "age", (now_ms - c->created_ms) / 1000);
    ADD_FIELD(l, "idle", (now_ms - c->last_active_ms) / 1000);
    addFlags(l, c, d);
    ADD_FIELD(l, "db", dbId(c->db));
    ADD_FIELD(l, "sub", d->channels);
    ADD_FIELD(l, "psub", d->patterns);
    ADD_FIELD(l, "ssub", d->shard_channels);
    ADD_FIELD(l, "multi", d->queued);
    ADD_FIELD(l, "watch", d->watched);
}

/* Chunks are shared by all: the room of a client's replies is what those of late would have had in
 * a buffer of their own. */
static size_t replyRoom(size_t peak) {
    size_t room = 1024;
    while (room < peak && room < REPLY_CHUNK) room *= 2;
    return room;
}

/* An idle client owns no buffer: its fields of buffers are 0. Of a request that is not whole the
 * first arguments lie in the query buffer too, but are told where clients look for them. */
static void addBuffers(line *l, const client *c, const clientDetails *d) {
    size_t query = c->input.data ? c->input.size : c->pending_size;
    size_t understood = !c->input.data && c->parser.wanted ? c->parser.understood : 0;
    size_t room = c->pending ? c->pending_capacity : c->input.data ? BATCH_READ : 0;
    size_t output = replyBufMemory(&c->out), peak = clientReplyPeak(c);
    ADD_FIELD(l, "qbuf", query - understood);
    ADD_FIELD(l, "qbuf-free", room > query ? room - query : 0);
    ADD_FIELD(l, "argv-mem", understood + respParserMemory(&c->parser));
    ADD_FIELD(l, "multi-mem", d->queued_bytes);
    ADD_FIELD(l, "rbs", replyRoom(peak));
    ADD_FIELD(l, "rbp", peak);
    ADD_FIELD(l, "obl", replyBufSize(&c->out));
    ADD_FIELD(l, "oll", output / REPLY_CHUNK);
    ADD_FIELD(l, "omem", output);
    ADD_FIELD(l, "tot-mem", clientMemory(c) + d->memory);
}

static void addConnection(line *l, const client *c, const clientDetails *d) {
    /* Output that no flush is queued for waits for the socket. */
    bool stalled = replyBufSize(&c->out) && !(c->flags & CLIENT_QUEUED_FLUSH);
    ADD_WORD(l, " events=");
    if (!(c->flags & CLIENT_HELD)) ADD_WORD(l, "r");
    if (stalled) ADD_WORD(l, "w");
    ADD_TEXT_FIELD(l, "cmd", c->cmd ? c->cmd->full_name : "NULL");
    ADD_TEXT_FIELD(l, "user", c->user ? c->user : "default");
    ADD_FIELD(l, "redir", d->redirect);
    ADD_FIELD(l, "resp", c->resp);
    ADD_TEXT_FIELD(l, "lib-name", c->lib_name);
    ADD_TEXT_FIELD(l, "lib-ver", c->lib_version);
    ADD_FIELD(l, "io-thread", 0);
    ADD_FIELD(l, "tot-net-in", c->net_input_bytes);
    ADD_FIELD(l, "tot-net-out", c->net_output_bytes);
    ADD_FIELD(l, "tot-cmds", c->commands);
    ADD_FIELD(l, "read-events", c->reads);
    ADD_FIELD(l, "parse-batch-cmd-sum", c->commands);
    ADD_FIELD(l, "parse-batch-cnt", c->batches);
}

size_t clientTotalMemory(const client *c) {
    return clientMemory(c) + detailsOf(c).memory;
}

size_t clientDescribe(const client *c, char *out, size_t room) {
    clientDetails d = detailsOf(c);
    line l = {out, out + room - 1};
    ADD_WORD(&l, "id=");
    addNumber(&l, (int64_t)c->id);
    ADD_TEXT_FIELD(&l, "addr", c->peer);
    ADD_TEXT_FIELD(&l, "laddr", c->local);
    ADD_FIELD(&l, "fd", c->fd);
    ADD_TEXT_FIELD(&l, "name", c->name);
    addSession(&l, c, &d);
    addBuffers(&l, c, &d);
    addConnection(&l, c, &d);
    *l.at = '\0';
    return (size_t)(l.at - out);
}

static size_t textSize(const char *text) {
    return text ? strlen(text) : 0;
}

size_t clientDescribeRoom(const client *c) {
    return FIXED_ROOM + textSize(c->peer) + textSize(c->local) + textSize(c->name) +
           textSize(c->user) + textSize(c->lib_name) + textSize(c->lib_version);
}
