#include "server/session/client_evict.h"

#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { KB = 1024 };

static fakeServer *f;

/* A client with about so many bytes of a request that is not whole. */
static client *withInput(size_t size) {
    client *c = fakeClient(f);
    char *raw = memAlloc(size + 64);
    int head = snprintf(raw, 64, "*2\r\n$%zu\r\n", size + 100);
    memset(raw + head, 'x', size);
    fakeSend(f, c, bytesOf(raw, (size_t)head + size), NULL);
    memFree(raw);
    return c;
}

static bool isClosing(const client *c) {
    return c->flags & CLIENT_CLOSE_NOW;
}

static bool informs(const char *part) {
    return strstr(fakeCall(f, "INFO everything"), part) != NULL;
}

static uint64_t field(client *c, const char *name) {
    char line[64], word[32];
    snprintf(line, sizeof line, "CLIENT LIST ID %llu", (unsigned long long)c->id);
    snprintf(word, sizeof word, " %s=", name);
    const char *at = strstr(fakeCall(f, line), word);
    ck_assert_ptr_nonnull(at);
    return strtoull(at + strlen(word), NULL, 10);
}

START_TEST(aClientOverTheLimitIsClosed) {
    f = fakeNew();
    CALL(f, "CONFIG SET maxmemory-clients 500kb", "+OK|");
    client *small = withInput(100 * KB);
    client *big = withInput(450 * KB);
    ck_assert(isClosing(big));
    ck_assert(!isClosing(small));
    ck_assert(informs("\r\nevicted_clients:1\r\n"));
    fakeFree(f);
}
END_TEST

START_TEST(theBiggestGoFirstAndOnlyUntilItFits) {
    f = fakeNew();
    client *clients[12];
    for (int i = 0; i < 12; i++) clients[i] = withInput((size_t)(i % 2 ? 130 : 100) * KB);
    uint64_t small = field(clients[0], "tot-mem"), own = field(f->client, "tot-mem");
    CALL(f, "PING", "+PONG|");
    fakeCallFormat(f, "CONFIG SET maxmemory-clients %llu",
                   (unsigned long long)(6 * small + own + 2 * KB));
    for (int i = 0; i < 12; i++) ck_assert_int_eq(isClosing(clients[i]), i % 2);
    fakeCallFormat(f, "CONFIG SET maxmemory-clients %llu",
                   (unsigned long long)(4 * small + own + 2 * KB));
    int left = 0;
    for (int i = 0; i < 12; i++) left += !isClosing(clients[i]);
    ck_assert_int_eq(left, 4);
    fakeFree(f);
}
END_TEST

START_TEST(whatIsAnnouncedCountsBeforeItComes) {
    f = fakeNew();
    CALL(f, "CONFIG SET maxmemory-clients 500kb", "+OK|");
    client *c = fakeClient(f);
    char raw[20 * KB];
    memset(raw, 'x', sizeof raw);
    int head = snprintf(raw, sizeof raw, "*1\r\n$%d\r\n", 600 * KB);
    raw[head] = 'x';
    fakeSend(f, c, bytesOf(raw, sizeof raw), NULL);
    ck_assert(isClosing(c));
    fakeFree(f);
}
END_TEST

START_TEST(noEvictCountsButStays) {
    f = fakeNew();
    client *spared = fakeClient(f);
    fakeCallAs(f, spared, "CLIENT NO-EVICT ON");
    fakeCall(f, "CLIENT NO-EVICT ON"); /* Else it would have to make room for the other. */
    fakeCall(f, "CONFIG SET maxmemory-clients 300kb");
    char raw[64];
    int head = snprintf(raw, sizeof raw, "*1\r\n$%d\r\n", 400 * KB);
    fakeSend(f, spared, bytesOf(raw, (size_t)head), NULL);
    char *many = memCalloc(1, 350 * KB);
    fakeSend(f, spared, bytesOf(many, 350 * KB), NULL);
    memFree(many);
    ck_assert(!isClosing(spared));
    ck_assert_uint_gt(field(spared, "tot-mem"), 300 * KB);
    client *other = withInput(60 * KB);
    ck_assert(isClosing(other));
    fakeFree(f);
}
END_TEST

START_TEST(aPercentageIsOfMaxmemory) {
    f = fakeNew();
    fakeCall(f, "CONFIG SET maxmemory-clients 10%");
    ck_assert_uint_eq(clientEvictLimit(f->server), 0);
    client *c = withInput(300 * KB);
    fakeCall(f, "CONFIG SET maxmemory 4mb");
    ck_assert_uint_eq(clientEvictLimit(f->server), 419430);
    ck_assert(!isClosing(c));
    fakeCall(f, "CONFIG SET maxmemory 2mb");
    ck_assert(isClosing(c));
    fakeFree(f);
}
END_TEST

START_TEST(aLimitIsNeverSoLowThatNobodyCanSpeak) {
    f = fakeNew();
    fakeCall(f, "CONFIG SET maxmemory-clients 1");
    CALL(f, "PING", "+PONG|");
    ck_assert_uint_eq(clientEvictLimit(f->server), 128 * KB);
    fakeFree(f);
}
END_TEST

START_TEST(whatASessionKeepsCounts) {
    f = fakeNew();
    fakeCall(f, "CONFIG SET maxmemory-clients 200kb");
    client *c = fakeClient(f);
    for (int i = 0; i < 20000 && !isClosing(c); i++) {
        char line[64];
        snprintf(line, sizeof line, "SUBSCRIBE channel:%d", i);
        fakeCallAs(f, c, line);
    }
    ck_assert(isClosing(c));
    c = fakeClient(f);
    for (int i = 0; i < 20000 && !isClosing(c); i++) {
        char line[64];
        snprintf(line, sizeof line, "CLIENT TRACKING ON BCAST PREFIX a%05d", i);
        fakeCallAs(f, c, line);
    }
    ck_assert(isClosing(c));
    fakeFree(f);
}
END_TEST

START_TEST(theSumIsThatOfAllClients) {
    f = fakeNew();
    fakeCall(f, "CONFIG SET maxmemory-clients 10mb");
    client *gone = withInput(200 * KB);
    withInput(100 * KB);
    fakeCallAs(f, fakeClient(f), "SUBSCRIBE a b c");
    clientFree(gone);
    fakeCall(f, "PING");
    size_t sum = 0;
    CHAIN_EACH(&f->server->clients, node) {
        sum += clientTotalMemory(CHAIN_ITEM(node, client, in_server));
    }
    ck_assert_uint_eq(clientEvictTotal(f->server), sum);
    fakeCall(f, "CONFIG SET maxmemory-clients 0");
    ck_assert_uint_eq(clientEvictTotal(f->server), 0);
    ck_assert_ptr_null(f->server->clientTouched);
    fakeFree(f);
}
END_TEST

START_TEST(whoSetsTheLimitGetsAnAnswer) {
    f = fakeNew();
    client *c = fakeClient(f);
    for (int i = 0; i < 3000; i++) {
        char line[64];
        snprintf(line, sizeof line, "CLIENT TRACKING ON BCAST PREFIX a%05d", i);
        fakeCallAs(f, c, line);
    }
    ck_assert_str_eq(fakeCallAs(f, c, "CONFIG SET maxmemory-clients 1"), "+OK\r\n");
    ck_assert(isClosing(c));
    fakeFree(f);
}
END_TEST

TESTS("session/client evict", aClientOverTheLimitIsClosed, theBiggestGoFirstAndOnlyUntilItFits,
      whatIsAnnouncedCountsBeforeItComes, noEvictCountsButStays, aPercentageIsOfMaxmemory,
      aLimitIsNeverSoLowThatNobodyCanSpeak, whatASessionKeepsCounts, theSumIsThatOfAllClients,
      whoSetsTheLimitGetsAnAnswer)
