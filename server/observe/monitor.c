#include "server/observe/monitor.h"

#include <stdio.h>

#include "server/core/client_limits.h"
#include "server/core/reply.h"
#include "server/observe/info.h"
#include "server/observe/redact.h"
#include "storage/base/mem.h"

enum { SHOWN_MAX = 32 * 1024 * 1024 }; /* of one argument */

struct monitors {
    client **list; /* in order of coming */
    size_t count, capacity;
    clientClosedHook closed;
};

bool monitorBegin(client *c) {
    monitors *m = c->server->monitors;
    if (c->flags & CLIENT_MONITOR) return false;
    if (m->count == m->capacity) {
        m->capacity = m->capacity ? m->capacity * 2 : 4;
        m->list = memRealloc(m->list, m->capacity * sizeof(client *));
    }
    m->list[m->count++] = c;
    c->flags |= CLIENT_MONITOR;
    c->server->observer.monitored = true;
    return true;
}

void monitorEnd(client *c) {
    monitors *m = c->server->monitors;
    if (!(c->flags & CLIENT_MONITOR)) return;
    size_t at = 0;
    while (m->list[at] != c) at++;
    memmove(m->list + at, m->list + at + 1, (--m->count - at) * sizeof(client *));
    c->flags &= ~(uint32_t)CLIENT_MONITOR;
    c->server->observer.monitored = m->count != 0;
}

/* ---- the line ---- */

/* In double quotes, with the escapes that redis-cli reads. */
static void appendQuoted(infoText *line, bytes arg) {
    static const char letters[] = "\a\b\t\n\r\"\\", names[] = "abtnr\"\\";
    infoAppend(line, BYTES(" \""));
    for (size_t i = 0; i < arg.size; i++) {
        unsigned char byte = (unsigned char)arg.data[i];
        const char *found = byte ? strchr(letters, byte) : NULL;
        char text[5] = {(char)byte};
        size_t size = 1;
        if (found)
            size = (size_t)snprintf(text, sizeof text, "\\%c", names[found - letters]);
        else if (byte < ' ' || byte > '~')
            size = (size_t)snprintf(text, sizeof text, "\\x%02x", byte);
        infoAppend(line, bytesOf(text, size));
    }
    infoAppend(line, BYTES("\""));
}

static void appendOrigin(infoText *line, const client *c) {
    const server *s = c->server;
    char head[96];
    long long now_us = s->clock->wall_us(s->clock->ctx); /* Time that runs in transactions too. */
    int size = snprintf(head, sizeof head, "+%lld.%06lld [%d ", now_us / 1000000, now_us % 1000000,
                        dbId(c->db));
    infoAppend(line, bytesOf(head, (size_t)size));
    if (c->flags & CLIENT_SCRIPT) {
        infoAppend(line, BYTES("lua"));
    } else if (c->flags & CLIENT_UNIX_SOCKET) {
        infoAppend(line, BYTES("unix:"));
        infoAppend(line, bytesOfText(s->config.unixsocket ? s->config.unixsocket : ""));
    } else {
        infoAppend(line, bytesOfText(c->peer ? c->peer : "?:0"));
    }
    infoAppend(line, BYTES("]"));
}

static void composeLine(infoText *line, const client *c, const command *cmd) {
    appendOrigin(line, c);
    for (int i = 0; i < c->argc; i++) {
        bytes arg = c->argv[i];
        if (redactIsSecret(cmd, c->argv, c->argc, i)) arg = BYTES(REDACTED);
        if (arg.size > SHOWN_MAX) arg.size = SHOWN_MAX;
        appendQuoted(line, arg);
    }
    infoAppend(line, BYTES("\r\n"));
}

void monitorShow(client *c, command *cmd) {
    server *s = c->server;
    monitors *m = s->monitors;
    if (cmd->flags & CMD_ADMIN || !m->count) return;
    infoText line = {0};
    composeLine(&line, c, cmd);
    for (size_t i = 0; i < m->count; i++) {
        client *to = m->list[i];
        if (to->flags & CLIENT_CLOSE_NOW) continue;
        replyPushBegin(to);
        replyQueueFlush(to);
        replyBufAppend(&to->out, line.data, line.size);
        replyPushEnd(to);
        if (to->out.memory > REPLY_CHUNK && clientOverOutputLimit(to)) clientCloseSoon(to);
    }
    infoTextClear(&line);
}

/* What has run. */
static void showCall(client *c, command *cmd) {
    if (!(cmd->flags & CMD_SKIP_MONITOR)) monitorShow(c, cmd);
}

/* ---- set-up ---- */

static void clientGone(void *ctx, client *c) {
    (void)ctx;
    monitorEnd(c);
}

void monitorAttach(server *s) {
    monitors *m = memCalloc(1, sizeof *m);
    m->closed = (clientClosedHook){.closed = clientGone};
    chainAppend(&s->client_closed, &m->closed.node);
    s->monitors = m;
    s->observer.called = showCall;
}

void monitorDetach(server *s) {
    monitors *m = s->monitors;
    while (m->count) monitorEnd(m->list[0]);
    chainRemove(&s->client_closed, &m->closed.node);
    memFree(m->list);
    memFree(m);
    s->monitors = NULL;
}
