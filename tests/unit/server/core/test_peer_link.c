#include "server/core/peer_link.h"

#include "protocol/resp_write.h"
#include "tests/support/fake_peer.h"
#include "tests/support/suite.h"

static fakeServer *f;
static fakePeer *p;

static void begin(void) {
    f = fakeNew();
    p = fakePeerNew(f);
}

static void end(void) {
    fakeFree(f);
    fakePeerFree(p);
}

/* A link to a host, after one request that is answered as the script says. */
static peerLink *openTo(const char *host, int64_t timeout_ms) {
    peerLink *l;
    ck_assert_int_eq(peerLinkOpen(f->server, bytesOfText(host), 7000, timeout_ms, &l), 0);
    return l;
}

static void ask(peerLink *l) {
    respArray(peerLinkOut(l), 1);
    respBulk(peerLinkOut(l), BYTES("PING"));
    ck_assert_int_eq(peerLinkFlush(l), 0);
}

static void expectReply(peerLink *l, respType type, const char *text) {
    respItem reply;
    ck_assert_int_eq(peerLinkReply(l, &reply), 0);
    ck_assert_int_eq(reply.type, type);
    ck_assert(bytesEqual(reply.text, bytesOfText(text)));
}

static void expectNone(peerLink *l, int err) {
    respItem reply;
    ck_assert_int_eq(peerLinkReply(l, &reply), err);
}

START_TEST(repliesComeInPiecesOfAnySize) {
    for (size_t most = 1; most < PEER_SCRIPTS; most++) {
        fakePeerSays(p, "+OK|-ERR no|+|-|+last|");
        peerLink *l = openTo("a", 100);
        ask(l);
        ck_assert_str_eq(fakePeerSent(p), "PING;");
        ck_assert_int_eq(p->port, 7000);
        p->most = most;
        expectReply(l, REPLY_SIMPLE, "OK");
        expectReply(l, REPLY_ERROR, "ERR no");
        expectReply(l, REPLY_SIMPLE, "");
        expectReply(l, REPLY_ERROR, "");
        expectReply(l, REPLY_SIMPLE, "last");
        expectNone(l, ERR_AGAIN);
        peerLinkClose(l);
        p->most = SIZE_MAX;
    }
}
END_TEST

START_TEST(whatIsNoReplyOfOneLineIsRefused) {
    static const char *const wrong[] = {":1|",           "$2|OK|", "*1|+OK|", "hello|",
                                        "HTTP/1.1 400|", "%1|+a|", "_|",      " +OK|"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        p->connects = 0;
        p->scripts[0] = wrong[i];
        peerLink *l = openTo("a", 100);
        ask(l);
        expectNone(l, ERR_CORRUPT);
        peerLinkClose(l);
    }
}
END_TEST

START_TEST(aLineWithoutEndIsRefused) {
    static char line[PEER_LINE * 2 + 1];
    memset(line, 'x', sizeof line - 1);
    line[0] = '-';
    fakePeerSays(p, line);
    peerLink *l = openTo("a", 100);
    ask(l);
    expectNone(l, ERR_CORRUPT);
    peerLinkClose(l);
}
END_TEST

START_TEST(aReplyHasTheTimeoutToItself) {
    fakePeerSays(p, "+OK|+OK|+OK|");
    p->most = 1;
    peerLink *l = openTo("a", 100);
    ask(l);
    p->delay_ms = 20; /* five bytes in time */
    expectReply(l, REPLY_SIMPLE, "OK");
    expectReply(l, REPLY_SIMPLE, "OK");
    p->delay_ms = 21;
    expectNone(l, ERR_AGAIN);
    peerLinkClose(l);
}
END_TEST

START_TEST(aPeerThatTakesNothingMoreEndsTheSending) {
    static char value[PEER_PART * 3];
    p->room = PEER_PART * 2;
    peerLink *l = openTo("a", 100);
    respBulk(peerLinkOut(l), bytesOf(value, sizeof value));
    ck_assert_int_eq(peerLinkFlushParts(l), ERR_AGAIN);
    peerLinkClose(l);
    p->room = SIZE_MAX;
    p->most = 1000;
    l = openTo("a", 100);
    respBulk(peerLinkOut(l), bytesOf(value, sizeof value));
    ck_assert_int_eq(peerLinkFlushParts(l), 0);
    ck_assert_uint_lt(replyBufSize(peerLinkOut(l)), PEER_PART);
    ck_assert_int_eq(peerLinkFlush(l), 0);
    ck_assert_uint_eq(replyBufSize(peerLinkOut(l)), 0);
    peerLinkClose(l);
}
END_TEST

START_TEST(aLinkIsKeptForTenSeconds) {
    fakePeerSays(p, "+OK|/+OK|");
    peerLink *l = openTo("a", 100);
    ck_assert(!peerLinkWasKept(l));
    ck_assert_int_eq(peerLinkDb(l), -1);
    ask(l);
    expectReply(l, REPLY_SIMPLE, "OK");
    peerLinkSetDb(l, 3);
    peerLinkKeep(l);
    ck_assert_uint_eq(peerLinksKept(f->server), 1);
    l = openTo("a", 100);
    ck_assert(peerLinkWasKept(l));
    ck_assert_int_eq(peerLinkDb(l), 3);
    ck_assert_uint_eq(peerLinksKept(f->server), 0);
    ask(l);
    expectReply(l, REPLY_SIMPLE, "OK");
    fakeAdvanceMs(f, 5000);
    peerLinkKeep(l);
    fakeAdvanceMs(f, 9999);
    cronRun(f->server);
    ck_assert_uint_eq(peerLinksKept(f->server), 1);
    ck_assert_uint_le(cronNextNs(f->server), 1000000);
    fakeAdvanceMs(f, 1);
    cronRun(f->server);
    ck_assert_uint_eq(peerLinksKept(f->server), 0);
    ck_assert_int_eq(p->open, 0);
}
END_TEST

START_TEST(eachHostAndPortHasItsOwn) {
    peerLinkKeep(openTo("a", 100));
    peerLinkKeep(openTo("b", 100));
    peerLink *l;
    ck_assert_int_eq(peerLinkOpen(f->server, BYTES("a"), 7001, 100, &l), 0);
    ck_assert(!peerLinkWasKept(l));
    peerLinkKeep(l);
    ck_assert_uint_eq(peerLinksKept(f->server), 3);
    ck_assert_int_eq(p->connects, 3);
}
END_TEST

START_TEST(thoseThatRestLongestMakeRoom) {
    char host[16];
    for (int i = 0; i < PEER_KEPT + 6; i++) {
        snprintf(host, sizeof host, "host%d", i);
        peerLinkKeep(openTo(host, 100));
    }
    ck_assert_uint_eq(peerLinksKept(f->server), PEER_KEPT);
    peerLink *l = openTo("host5", 100);
    ck_assert(!peerLinkWasKept(l));
    peerLinkClose(l);
    l = openTo("host6", 100);
    ck_assert(peerLinkWasKept(l));
    peerLinkClose(l);
}
END_TEST

START_TEST(whoClosedOrSpeaksUnaskedIsNotUsedAgain) {
    fakePeerSays(p, "+OK|!");
    fakePeerSays(p, "+OK|");
    fakePeerSays(p, "+OK|+OK|");
    peerLink *l = openTo("a", 100);
    ask(l);
    expectReply(l, REPLY_SIMPLE, "OK");
    peerLinkKeep(l);
    ck_assert_uint_eq(peerLinksKept(f->server), 1);
    l = openTo("a", 100);
    ck_assert(!peerLinkWasKept(l));
    /* A request that was not answered. */
    ask(l);
    peerLinkKeep(l);
    l = openTo("a", 100);
    ck_assert(!peerLinkWasKept(l));
    /* One answer too many. */
    ask(l);
    expectReply(l, REPLY_SIMPLE, "OK");
    peerLinkKeep(l);
    ck_assert_uint_eq(peerLinksKept(f->server), 0);
    ck_assert_int_eq(p->open, 0);
}
END_TEST

START_TEST(thereAreHostsThatNoWayLeadsTo) {
    peerLink *l;
    char longest[PEER_HOST + 1];
    memset(longest, 'h', sizeof longest);
    ck_assert_int_eq(peerLinkOpen(f->server, bytesOf(longest, PEER_HOST), 1, 100, &l),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(peerLinkOpen(f->server, BYTES("a\0b"), 1, 100, &l), ERR_NOT_FOUND);
    ck_assert_int_eq(peerLinkOpen(f->server, BYTES("a"), 0, 100, &l), ERR_NOT_FOUND);
    ck_assert_int_eq(peerLinkOpen(f->server, BYTES("a"), 65536, 100, &l), ERR_NOT_FOUND);
    ck_assert_int_eq(p->connects, 0);
    p->error = ERR_IO;
    ck_assert_int_eq(peerLinkOpen(f->server, bytesOf(longest, PEER_HOST - 1), 65535, 100, &l),
                     ERR_IO);
    peerLinksCarryBy(f->server, NULL);
    ck_assert_int_eq(peerLinkOpen(f->server, BYTES("a"), 1, 100, &l), ERR_NOT_FOUND);
}
END_TEST

TESTS_BETWEEN("peer_link", begin, end, repliesComeInPiecesOfAnySize,
              whatIsNoReplyOfOneLineIsRefused, aLineWithoutEndIsRefused,
              aReplyHasTheTimeoutToItself, aPeerThatTakesNothingMoreEndsTheSending,
              aLinkIsKeptForTenSeconds, eachHostAndPortHasItsOwn, thoseThatRestLongestMakeRoom,
              whoClosedOrSpeaksUnaskedIsNotUsedAgain, thereAreHostsThatNoWayLeadsTo)
