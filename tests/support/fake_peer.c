#include "tests/support/fake_peer.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>

#include "storage/base/mem.h"

enum { ARGS_MAX = 64 };

static void append(char **to, size_t *size, const void *data, size_t more) {
    *to = memRealloc(*to, *size + more + 1);
    memcpy(*to + *size, data, more);
    *size += more;
}

/* ---- the transport ---- */

static int connectFake(void *ctx, const char *host, int port, int64_t timeout_ms) {
    fakePeer *p = ctx;
    ck_assert_int_gt(timeout_ms, 0);
    ck_assert_str_ne(host, "");
    p->port = port;
    int number = p->connects++;
    if (p->error) return p->error;
    p->open++;
    p->rest = p->part_end = number < PEER_SCRIPTS ? p->scripts[number] : NULL;
    return number;
}

/* One more part of the script may be said. */
static void moveOn(fakePeer *p) {
    if (!p->part_end) return;
    if (*p->part_end == '/') p->part_end++;
    p->part_end += strcspn(p->part_end, "/!");
}

static int64_t sendFake(void *ctx, int handle, const struct iovec *parts, int count,
                        int64_t timeout_ms) {
    fakePeer *p = ctx;
    size_t left = p->room < p->most ? p->room : p->most, before = p->sent_size;
    (void)handle;
    (void)timeout_ms;
    if (!left) return ERR_AGAIN;
    for (int i = 0; i < count && left; i++) {
        size_t size = parts[i].iov_len < left ? parts[i].iov_len : left;
        append(&p->sent, &p->sent_size, parts[i].iov_base, size);
        left -= size;
    }
    size_t taken = p->sent_size - before, size;
    p->room -= taken;
    moveOn(p);
    if (p->target) {
        const char *reply = fakeSend(p->target, p->caller, bytesOf(p->sent + before, taken), &size);
        append(&p->came, &p->came_size, reply, size);
    }
    return (int64_t)taken;
}

/* What the script says now, as bytes. */
static void say(fakePeer *p) {
    for (; p->rest && p->rest < p->part_end; p->rest++)
        if (*p->rest == '|')
            append(&p->came, &p->came_size, "\r\n", 2);
        else if (*p->rest != '/')
            append(&p->came, &p->came_size, p->rest, 1);
}

static int64_t receiveFake(void *ctx, int handle, void *to, size_t room, int64_t timeout_ms) {
    fakePeer *p = ctx;
    (void)handle;
    say(p);
    if (!p->came_size) return p->part_end && *p->part_end == '!' ? ERR_IO : ERR_AGAIN;
    int64_t waits_ms = p->delay_ms < timeout_ms ? p->delay_ms : timeout_ms;
    clockManualAdvance(&p->of->clock, waits_ms * 1000);
    if (waits_ms < p->delay_ms) return ERR_AGAIN;
    size_t size = p->came_size;
    if (size > room) size = room;
    if (size > p->most) size = p->most;
    memcpy(to, p->came, size);
    p->came_size -= size;
    memmove(p->came, p->came + size, p->came_size);
    return (int64_t)size;
}

static void closeFake(void *ctx, int handle) {
    fakePeer *p = ctx;
    (void)handle;
    p->open--;
    p->came_size = 0;
}

fakePeer *fakePeerNew(fakeServer *of) {
    fakePeer *p = memCalloc(1, sizeof *p);
    p->transport = (peerTransport){connectFake, sendFake, receiveFake, closeFake, p};
    p->of = of;
    p->most = p->room = SIZE_MAX;
    peerLinksCarryBy(of->server, &p->transport);
    return p;
}

void fakePeerFree(fakePeer *p) {
    ck_assert_int_eq(p->open, 0);
    memFree(p->sent);
    memFree(p->came);
    memFree(p);
}

void fakePeerSays(fakePeer *p, const char *script) {
    int next = p->connects;
    while (next < PEER_SCRIPTS && p->scripts[next]) next++;
    ck_assert_int_lt(next, PEER_SCRIPTS);
    p->scripts[next] = script;
}

void fakePeerIs(fakePeer *p, fakeServer *target) {
    p->target = target;
    p->caller = fakeClient(target);
}

/* ---- what was sent ---- */

static bool isPlain(bytes word) {
    for (size_t i = 0; i < word.size; i++)
        if (!isprint((unsigned char)word.data[i])) return false;
    return true;
}

const char *fakePeerSent(fakePeer *p) {
    static char text[4096];
    size_t at = 0, out = 0;
    respParser parser = {0};
    respLimits limits = {.max_bulk = SIZE_MAX};
    bytes words[ARGS_MAX], *argv;
    const char *error;
    int argc;
    text[0] = '\0';
    for (;;) {
        respArgs args = {words, words + ARGS_MAX};
        if (respParse(&parser, p->sent, p->sent_size, &at, &limits, &args, &argc, &argv, &error) !=
            RESP_REQUEST)
            break;
        for (int i = 0; i < argc; i++) {
            const char *space = i ? " " : "";
            out += (size_t)(isPlain(argv[i]) ? snprintf(text + out, sizeof text - out, "%s%.*s",
                                                        space, (int)argv[i].size, argv[i].data)
                                             : snprintf(text + out, sizeof text - out, "%s#%zu",
                                                        space, argv[i].size));
            ck_assert_uint_lt(out, sizeof text - 1);
        }
        text[out++] = ';';
        text[out] = '\0';
    }
    respParserClear(&parser);
    p->sent_size = 0;
    return text;
}
