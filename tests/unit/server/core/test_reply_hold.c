/* Output that waits for one sync or the next. */
#include "server/core/reply.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static server *s;
static client *c;

static void begin(void) {
    f = fakeNew();
    s = f->server;
    c = f->client;
    replyHoldActivate(s, true);
}

static void end(void) {
    fakeFree(f);
}

/* Something is said to 'c' while new output belongs to 'part'. */
static void say(const char *text, holdPart part) {
    replySimple(c, text);
    s->holds.newest = part;
    replyHoldMark(c);
}

/* What may be written is. */
static size_t send(void) {
    size_t size = replyBufSize(&c->out), limit = replyHoldLimit(c);
    if (size > limit) size = limit;
    replyBufConsume(&c->out, size);
    c->net_output_bytes += size;
    return size;
}

START_TEST(freeOutputIsNotHeld) {
    say("a", HOLD_FREE);
    ck_assert_uint_eq(send(), 4);
    ck_assert_uint_eq(s->holds.held.count, 0);
}
END_TEST

START_TEST(partsAreLetGoInOrder) {
    say("free", HOLD_FREE);
    say("running", HOLD_RUNNING);
    say("next", HOLD_NEXT);
    ck_assert_uint_eq(send(), 7);
    ck_assert_uint_eq(send(), 0);
    replyHoldRelease(s);
    ck_assert_uint_eq(send(), 10);
    replyHoldNext(s);
    ck_assert_uint_eq(send(), 0);
    say("running too", HOLD_RUNNING);
    replyHoldRelease(s);
    ck_assert_uint_eq(send(), 7 + 14);
    ck_assert_uint_eq(s->holds.held.count, 0);
}
END_TEST

/* What was let go before may still be in the buffer, where a socket is full. */
START_TEST(leftOversStayFree) {
    say("left over", HOLD_FREE);
    say("held", HOLD_RUNNING);
    ck_assert_uint_eq(replyHoldLimit(c), 12);
    replyBufConsume(&c->out, 5);
    c->net_output_bytes += 5;
    ck_assert_uint_eq(replyHoldLimit(c), 7);
    replyHoldMark(c);
    ck_assert_uint_eq(replyHoldLimit(c), 7);
}
END_TEST

START_TEST(releaseQueuesWhoMayBeWritten) {
    say("a", HOLD_RUNNING);
    chainRemove(&s->to_flush, &c->in_flush);
    c->flags &= ~(uint32_t)CLIENT_QUEUED_FLUSH;
    replyHoldRelease(s);
    ck_assert(c->flags & CLIENT_QUEUED_FLUSH);
}
END_TEST

START_TEST(dropClosesWhoWaits) {
    client *other = fakeClient(f);
    say("a", HOLD_NEXT);
    ck_assert_uint_eq(s->holds.next_count, 1);
    ck_assert_uint_eq(replyHoldDrop(s), 1);
    ck_assert(c->flags & CLIENT_CLOSE_NOW);
    ck_assert(!(other->flags & CLIENT_CLOSE_NOW));
    serverFreeMarked(s);
    ck_assert_uint_eq(s->holds.held.count, 0);
    f->client = other;
}
END_TEST

START_TEST(endingLetsEverythingGo) {
    say("a", HOLD_RUNNING);
    say("b", HOLD_NEXT);
    replyHoldActivate(s, false);
    ck_assert_uint_eq(send(), 8);
}
END_TEST

TESTS_BETWEEN("reply_hold", begin, end, freeOutputIsNotHeld, partsAreLetGoInOrder,
              leftOversStayFree, releaseQueuesWhoMayBeWritten, dropClosesWhoWaits,
              endingLetsEverythingGo)
