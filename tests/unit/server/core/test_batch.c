#include "server/core/batch.h"

#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { VALUE = 15000, GETS = 1000, LIMIT = 1 << 20 };

/* As one read brings it; the client is not looked at by anybody in between. */
static void receive(fakeServer *f, client *c, bytes raw) {
    size_t room;
    char *to = batchRoom(f->server, c, &room);
    ck_assert_uint_ge(room, raw.size);
    memcpy(to, raw.data, raw.size);
    batchReceived(f->server, c, raw.size);
    batchRun(f->server);
}

START_TEST(aClientOverItsHardOutputLimitRunsNothingMore) {
    fakeServer *f = fakeNew();
    f->server->config.output_limits[0].hard_bytes = LIMIT;
    static char value[VALUE], gets[GETS * 8];
    memset(value, 'v', sizeof value);
    bytes set[] = {BYTES("SET"), BYTES("k"), bytesOf(value, sizeof value)};
    fakeCallArgs(f, f->client, 3, set, NULL);
    for (int i = 0; i < GETS; i++) memcpy(gets + i * 8, "GET  k\r\n", 8);
    memcpy(gets + sizeof gets - 8, "DEL  k\r\n", 8);
    client *other = fakeClient(f);
    receive(f, f->client, bytesOf(gets, sizeof gets));
    ck_assert_uint_ne(f->client->flags & CLIENT_CLOSE_NOW, 0);
    ck_assert_uint_ge(replyBufMemory(&f->client->out), LIMIT);
    ck_assert_uint_lt(replyBufMemory(&f->client->out), 2 * LIMIT);
    ck_assert_int_eq((int)f->server->stats.output_limit_disconnections, 1);
    serverFreeMarked(f->server);
    f->client = other;
    CALL(f, "EXISTS k", ":1|");
    fakeFree(f);
}
END_TEST

START_TEST(withoutALimitAllIsAnswered) {
    fakeServer *f = fakeNew();
    static char value[VALUE], gets[GETS * 8];
    memset(value, 'v', sizeof value);
    bytes set[] = {BYTES("SET"), BYTES("k"), bytesOf(value, sizeof value)};
    fakeCallArgs(f, f->client, 3, set, NULL);
    for (int i = 0; i < GETS; i++) memcpy(gets + i * 8, "GET  k\r\n", 8);
    receive(f, f->client, bytesOf(gets, sizeof gets));
    ck_assert_uint_eq(f->client->flags & CLIENT_CLOSE_NOW, 0);
    ck_assert_uint_gt(replyBufSize(&f->client->out), (size_t)GETS * VALUE);
    fakeFree(f);
}
END_TEST

START_TEST(aBigRequestIsReadToItsEndAndNotBeyond) {
    fakeServer *f = fakeNew();
    static char raw[100 * 1024];
    int head = snprintf(raw, sizeof raw, "*2\r\n$4\r\nECHO\r\n$%d\r\n", 90 * 1024);
    size_t total = (size_t)head + 90 * 1024 + 2, at = 8 * 1024;
    memset(raw + head, 'x', 90 * 1024);
    receive(f, f->client, bytesOf(raw, at));
    ck_assert(batchWantsMore(f->client));
    while (batchWantsMore(f->client)) { /* In one turn: no batch runs in between. */
        size_t room;
        char *to = batchRoom(f->server, f->client, &room);
        ck_assert_uint_le(at + room, total);
        memcpy(to, raw + at, room);
        batchReceived(f->server, f->client, room);
        at += room;
    }
    ck_assert_uint_eq(at, total);
    batchRun(f->server);
    ck_assert_uint_eq(replyBufSize(&f->client->out), 90 * 1024 + strlen("$92160\r\n\r\n"));
    ck_assert_uint_eq(f->client->pending_capacity, 0);
    fakeFree(f);
}
END_TEST

/* Sends 'request' over and over without a pause, 'reads' times what may come; the most that might
 * in one read, but for the end of a request that has begun. */
static size_t flood(fakeServer *f, bytes request, int reads) {
    size_t at = 0, most = 0;
    while (reads-- > 0 || at) {
        size_t room;
        bool begun = f->client->pending_size > 0;
        char *to = batchRoom(f->server, f->client, &room);
        if (reads <= 0 && request.size - at < room) room = request.size - at; /* It ends whole. */
        for (size_t i = 0; i < room; i++, at = (at + 1) % request.size) to[i] = request.data[at];
        if (!begun && room > most) most = room;
        batchReceived(f->server, f->client, room);
        batchRun(f->server);
        fakeTake(f, f->client, NULL);
    }
    return most;
}

START_TEST(bigRequestsAreReadManyAtATime) {
    fakeServer *f = fakeNew();
    static char raw[9000];
    int head = snprintf(raw, sizeof raw, "*2\r\n$4\r\nECHO\r\n$8900\r\n");
    memset(raw + head, 'x', 8900);
    memcpy(raw + head + 8900, "\r\n", 2);
    bytes big = bytesOf(raw, (size_t)head + 8902), small = BYTES("*1\r\n$4\r\nPING\r\n");
    ck_assert_uint_eq(flood(f, small, 20), BATCH_READ);
    ck_assert_uint_eq(flood(f, big, 40), BATCH_READ_MANY);
    flood(f, small, 20);
    ck_assert_uint_eq(flood(f, small, 2), BATCH_READ);
    fakeFree(f);
}
END_TEST

START_TEST(whatABurstUsedOfTheArenaGoesBack) {
    enum { CLIENTS = 64, ROOM = 16 * 1024 };
    fakeServer *f = fakeNew();
    static char pings[ROOM];
    for (size_t i = 0; i + 6 <= sizeof pings; i++) memcpy(pings + i / 6 * 6, "PING\r\n", 6);
    size_t room;
    const char *last = NULL;
    for (int i = 0; i < CLIENTS; i++) {
        client *c = fakeClient(f);
        char *to = batchRoom(f->server, c, &room);
        memcpy(to, pings, ROOM / 6 * 6);
        batchReceived(f->server, c, ROOM / 6 * 6);
        last = to;
    }
    batchRun(f->server);
    batchTrim(f->server); /* It was used since the last time. */
    ck_assert_int_eq(*last, 'P');
    batchTrim(f->server);
    ck_assert_int_eq(*last, 0);
    fakeFree(f);
}
END_TEST

TESTS("core/batch", bigRequestsAreReadManyAtATime, whatABurstUsedOfTheArenaGoesBack,
      aBigRequestIsReadToItsEndAndNotBeyond, aClientOverItsHardOutputLimitRunsNothingMore,
      withoutALimitAllIsAnswered)
