#include "tests/support/fake_server.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#include "server/wiring.h"
#include "storage/base/mem.h"

enum { WORDS_MAX = 1024 };

fakeServer *fakeNewWith(const char *directives) {
    fakeServer *f = memCalloc(1, sizeof *f);
    clockManualInit(&f->clock, (int64_t)FAKE_START_S * 1000000);
    config cfg;
    char error[512] = "";
    configInit(&cfg);
    int err = configLoad(&cfg, NULL, false, directives, error, sizeof error);
    if (err < 0)
        ck_abort_msg("%s",
                     error); /* Fuzz targets are no tests: nothing else of Check works there. */
    cfg.save_count = 0;      /* FLUSHALL would leave a file in the folder of the test */
    f->server = wiringNewServer(&cfg, &f->clock.source);
    f->client = fakeClient(f);
    return f;
}

fakeServer *fakeNew(void) {
    return fakeNewWith(NULL);
}

void fakeFree(fakeServer *f) {
    wiringFreeServer(f->server);
    memFree(f->reply);
    memFree(f->events);
    memFree(f);
}

client *fakeClient(fakeServer *f) {
    /* Not NULL, so that the client has output; no floor but the net looks behind it. */
    return clientNew(f->server, f);
}

const char *fakeTake(fakeServer *f, client *c, size_t *size) {
    serverBeforeFlush(f->server);
    if (f->server->holds.active) CHAIN_EACH(&f->server->to_flush, node) {
            replyHoldMark(CHAIN_ITEM(node, client, in_flush));
        }
    size_t total = replyBufSize(&c->out), allowed = replyHoldLimit(c);
    if (total > allowed) total = allowed;
    memFree(f->reply);
    f->reply = memAlloc(total + 1);
    size_t taken = 0;
    while (taken < total) {
        struct iovec part;
        int count = replyBufPeek(&c->out, &part, 1, total - taken);
        ck_assert_int_eq(count, 1);
        memcpy(f->reply + taken, part.iov_base, part.iov_len);
        taken += part.iov_len;
        replyBufConsume(&c->out, part.iov_len);
    }
    c->net_output_bytes += total;
    f->reply[total] = '\0';
    if (f->server->clientTouched) f->server->clientTouched(c);
    serverAfterFlush(f->server);
    if (size) *size = total;
    return f->reply;
}

const char *fakeSend(fakeServer *f, client *c, bytes raw, size_t *size) {
    while (raw.size) {
        size_t room;
        char *to = batchRoom(f->server, c, &room);
        ck_assert_ptr_nonnull(to);
        size_t part = raw.size < room ? raw.size : room;
        memcpy(to, raw.data, part);
        batchReceived(f->server, c, part);
        raw = bytesOf(raw.data + part, raw.size - part);
        while (batchHasWork(f->server)) batchRun(f->server);
    }
    return fakeTake(f, c, size);
}

const char *fakeCallArgs(fakeServer *f, client *c, int argc, const bytes *argv, size_t *size) {
    size_t total = 32;
    for (int i = 0; i < argc; i++) total += argv[i].size + 32;
    char *request = memAlloc(total);
    size_t at = (size_t)snprintf(request, total, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        at += (size_t)snprintf(request + at, total - at, "$%zu\r\n", argv[i].size);
        if (argv[i].size) memcpy(request + at, argv[i].data, argv[i].size);
        at += argv[i].size;
        memcpy(request + at, "\r\n", 2);
        at += 2;
    }
    const char *reply = fakeSend(f, c, bytesOf(request, at), size);
    memFree(request);
    return reply;
}

const char *fakeCallAs(fakeServer *f, client *c, const char *line) {
    char *copy = bytesToText(bytesOfText(line));
    static const char *const broken = "(the test's line has unbalanced quotes)";
    bytes *words = memAlloc(WORDS_MAX * sizeof *words);
    int count = respSplitLine(copy, strlen(copy), words, WORDS_MAX);
    const char *reply = count < 0 ? broken : fakeCallArgs(f, c, count, words, NULL);
    memFree(words);
    memFree(copy);
    return reply;
}

const char *fakeCall(fakeServer *f, const char *line) {
    return fakeCallAs(f, f->client, line);
}

const char *fakeCallFormat(fakeServer *f, const char *format, ...) {
    char line[4096];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ck_assert_int_lt(size, (int)sizeof line);
    return fakeCall(f, line);
}

void fakeAdvanceMs(fakeServer *f, int64_t ms) {
    clockManualAdvance(&f->clock, ms * 1000);
    serverReadClock(f->server);
}

/* ---- events ---- */

static void recordEvent(void *ctx, server *s, client *by, const change *what) {
    fakeServer *f = ctx;
    (void)s;
    (void)by;
    size_t needed = f->events_size + strlen(what->event) + what->key.size + 3;
    if (needed > f->events_capacity) {
        f->events_capacity = needed * 2;
        f->events = memRealloc(f->events, f->events_capacity);
    }
    f->events_size += (size_t)snprintf(
        f->events + f->events_size, f->events_capacity - f->events_size, "%s%s:%.*s",
        f->events_size ? " " : "", what->event, (int)what->key.size, what->key.data);
}

void fakeRecordEvents(fakeServer *f, uint32_t classes) {
    effectTable *t = &f->server->effects;
    /* Takes the place of the real subscriber: a test of commands asks what was reported. */
    t->onChange[EFFECT_NOTIFY] = recordEvent;
    t->ctx[EFFECT_NOTIFY] = f;
    t->notify_mask = classes;
    effectSetLive(f->server, EFFECT_NOTIFY, true);
}

const char *fakeEvents(fakeServer *f) {
    if (!f->events_size) return "";
    f->events_size = 0;
    return f->events;
}

/* ---- expectations ---- */

void fakeExpect(fakeServer *f, const char *line, const char *wanted, const char *file, int at) {
    const char *reply = fakeCall(f, line);
    size_t size = strlen(reply);
    char *shown = memAlloc(size + 1);
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        if (reply[i] == '\r') continue;
        shown[out++] = reply[i] == '\n' ? '|' : reply[i];
    }
    shown[out] = '\0';
    if (strcmp(shown, wanted))
        ck_abort_msg("%s:%d: %s\n  wanted: %s\n  got:    %s", file, at, line, wanted, shown);
    memFree(shown);
}
