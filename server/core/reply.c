#include "server/core/reply.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "server/core/error_stats.h"
#include "server/core/server.h"
#include "storage/base/num.h"
#include "storage/types/blob.h"

/* The flags that a plain reply need not think about: queued already, and nothing that silences. */
enum {
    REPLY_STATE = CLIENT_QUEUED_FLUSH | CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP | CLIENT_CLOSE_NOW |
                  CLIENT_NO_CONN
};

void replyQueueFlush(client *c) {
    if (c->flags & (CLIENT_QUEUED_FLUSH | CLIENT_NO_CONN | CLIENT_CLOSE_NOW)) return;
    c->flags |= CLIENT_QUEUED_FLUSH;
    chainAppend(&c->server->to_flush, &c->in_flush);
}

static bool mayReplySlow(client *c) {
    if (c->flags & CLIENT_CLOSE_NOW) return false;
    if ((c->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)) && !(c->flags & CLIENT_PUSHING))
        return false;
    replyQueueFlush(c);
    return true;
}

static inline bool mayReply(client *c) {
    return __builtin_expect((c->flags & REPLY_STATE) == CLIENT_QUEUED_FLUSH, 1) || mayReplySlow(c);
}

void replyOk(client *c) {
    if (mayReply(c)) replyBufAppend(&c->out, "+OK\r\n", 5);
}

void replySimple(client *c, const char *text) {
    if (mayReply(c)) respSimple(&c->out, bytesOfText(text));
}

void replySimpleBytes(client *c, bytes text) {
    if (mayReply(c)) respSimple(&c->out, text);
}

static void sayError(client *c, bytes text) {
    char about_exec[1200];
    if (__builtin_expect(c->flags & CLIENT_ASKS_EXEC, 0)) {
        bool plain = text.size > 4 && memcmp(text.data, "ERR ", 4) == 0;
        int size = snprintf(about_exec, sizeof about_exec,
                            "EXECABORT Transaction discarded because of: %.*s",
                            (int)(text.size < 1024 ? text.size : 1024) - (plain ? 4 : 0),
                            text.data + (plain ? 4 : 0));
        text = bytesOf(about_exec, (size_t)size);
    }
    c->server->stats.error_replies++;
    errorStatsCount(c->server->errors, text);
    if (mayReply(c)) respError(&c->out, text);
}

void replyError(client *c, const char *text) {
    sayError(c, bytesOfText(text));
}

void replyErrorTold(client *c, const char *text) {
    server *s = c->server;
    /* That a call failed is read from the count having grown. */
    if (s->stats.error_replies) s->error_mark = s->stats.error_replies - 1;
    if (mayReply(c)) respError(&c->out, bytesOfText(text));
}

void replyErrorFormat(client *c, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size < 0) size = 0;
    if ((size_t)size >= sizeof text) size = sizeof text - 1;
    /* A quoted argument may end in a line break; inside, breaks become spaces. */
    while (size && (text[size - 1] == '\r' || text[size - 1] == '\n')) size--;
    sayError(c, bytesOf(text, (size_t)size));
}

void replyInteger(client *c, int64_t value) {
    if (mayReply(c)) respInteger(&c->out, value);
}

void replyUnsigned(client *c, uint64_t value) {
    if (value <= INT64_MAX) {
        replyInteger(c, (int64_t)value);
        return;
    }
    char digits[NUM_INT_MAX];
    bytes text = bytesOf(digits, numFormatUint(digits, value));
    if (mayReply(c)) respBigNumber(&c->out, c->resp, text);
}

void replyBulk(client *c, bytes value) {
    if (mayReply(c)) respBulk(&c->out, value);
}

void replyBulkText(client *c, const char *text) {
    replyBulk(c, bytesOfText(text));
}

void replyBulkInteger(client *c, int64_t value) {
    char digits[NUM_INT_MAX];
    replyBulk(c, bytesOf(digits, numFormatInt(digits, value)));
}

void replyNull(client *c) {
    if (mayReply(c)) respNull(&c->out, c->resp);
}

void replyNullArray(client *c) {
    if (mayReply(c)) respNullArray(&c->out, c->resp);
}

void replyBool(client *c, bool value) {
    if (mayReply(c)) respBool(&c->out, c->resp, value);
}

void replyDouble(client *c, double value) {
    if (mayReply(c)) respDouble(&c->out, c->resp, value);
}

void replyDoubleText(client *c, bytes text) {
    if (mayReply(c)) respDoubleText(&c->out, c->resp, text);
}

void replyBigNumber(client *c, bytes digits) {
    if (mayReply(c)) respBigNumber(&c->out, c->resp, digits);
}

void replyVerbatim(client *c, const char *format, bytes text) {
    if (mayReply(c)) respVerbatim(&c->out, c->resp, format, text);
}

void replyArray(client *c, size_t count) {
    if (mayReply(c)) respArray(&c->out, count);
}

void replyMap(client *c, size_t pairs) {
    if (mayReply(c)) respMap(&c->out, c->resp, pairs);
}

void replySet(client *c, size_t count) {
    if (mayReply(c)) respSet(&c->out, c->resp, count);
}

void replyPush(client *c, size_t count) {
    if (mayReply(c)) respPush(&c->out, c->resp, count);
}

static void releaseBlob(void *owner) {
    blobRelease(owner);
}

void replyString(client *c, const entry *e) {
    if (!mayReply(c)) return;
    char scratch[NUM_INT_MAX];
    bytes value = entryString(e, scratch);
    if (entryEncoding(e) != ENCODING_BLOB || value.size < REPLY_REFERENCE_MIN) {
        respBulk(&c->out, value);
        return;
    }
    respBulkHeader(&c->out, value.size);
    replyBufReference(&c->out, value, releaseBlob, blobHold(entryPointer(e)));
    replyBufAppend(&c->out, "\r\n", 2);
}

void replyRaw(client *c, bytes encoded) {
    if (mayReply(c)) replyBufAppend(&c->out, encoded.data, encoded.size);
}

void replyRawReference(client *c, bytes encoded, void (*release)(void *owner), void *owner) {
    if (mayReply(c))
        replyBufReference(&c->out, encoded, release, owner);
    else
        release(owner);
}

replyHole replyOpen(client *c) {
    if (!mayReply(c)) return (replyHole){0};
    return replyBufOpenHole(&c->out);
}

void replyClose(client *c, replyHole hole, respAggregate kind, size_t count) {
    if (hole.chunk) respFillHole(&c->out, hole, c->resp, kind, count);
}

void replySyntaxError(client *c) {
    replyError(c, "ERR syntax error");
}

void replyWrongType(client *c) {
    replyError(c, "WRONGTYPE Operation against a key holding the wrong kind of value");
}

void replyWrongArity(client *c, const command *cmd) {
    replyErrorFormat(c, "ERR wrong number of arguments for '%s' command", cmd->full_name);
}

void replyNotInteger(client *c) {
    replyError(c, "ERR value is not an integer or out of range");
}

static void upperName(const char *name, char *out, size_t room) {
    size_t i = 0;
    for (; name[i] && i + 1 < room; i++) out[i] = (char)toupper((unsigned char)name[i]);
    out[i] = '\0';
}

void replyHelp(client *c, const char *const *lines) {
    const command *container = c->cmd->parent ? c->cmd->parent : c->cmd;
    char name[64], head[160];
    upperName(container->spec->name, name, sizeof name);
    snprintf(head, sizeof head,
             "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name);
    size_t count = 0;
    while (lines[count]) count++;
    replyArray(c, count + 3);
    replySimple(c, head);
    for (size_t i = 0; i < count; i++) replySimple(c, lines[i]);
    replySimple(c, "HELP");
    replySimple(c, "    Prints this help.");
}

void replySubcommandError(client *c) {
    const command *container = c->cmd->parent ? c->cmd->parent : c->cmd;
    char name[64];
    upperName(container->spec->name, name, sizeof name);
    bytes word = c->argc > 1 ? c->argv[1] : bytesOf("", 0);
    replyErrorFormat(c,
                     "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try %s HELP.",
                     (int)(word.size < 128 ? word.size : 128), word.data, name);
}

static void exchangeBuffers(client *c) {
    replyBuf out = c->out;
    c->out = c->pushed;
    c->pushed = out;
}

void replyPushBegin(client *c) {
    c->flags |= CLIENT_PUSHING;
    if (c == c->server->caller) exchangeBuffers(c);
}

void replyPushEnd(client *c) {
    c->flags &= ~(uint32_t)CLIENT_PUSHING;
    if (c == c->server->caller) exchangeBuffers(c);
}
