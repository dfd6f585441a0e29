/* Messages to many: each gets the same, in its own protocol, whatever its size. */
#include "storage/base/mem.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void begin(void) {
    f = fakeNew();
}

static void end(void) {
    fakeFree(f);
}

static client *listener(const char *hello, const char *subscribe) {
    client *c = fakeClient(f);
    if (hello) fakeCallAs(f, c, hello);
    fakeCallAs(f, c, subscribe);
    return c;
}

static void expectTaken(client *c, const char *head, bytes payload) {
    size_t size, head_size = strlen(head);
    const char *got = fakeTake(f, c, &size);
    ck_assert_uint_eq(size, head_size + payload.size + 2);
    ck_assert_mem_eq(got, head, head_size);
    ck_assert_mem_eq(got + head_size, payload.data, payload.size);
    ck_assert_mem_eq(got + size - 2, "\r\n", 2);
}

static void publish(bytes payload, int64_t receivers) {
    char wanted[32];
    snprintf(wanted, sizeof wanted, ":%lld\r\n", (long long)receivers);
    bytes argv[] = {BYTES("PUBLISH"), BYTES("news"), payload};
    ck_assert_str_eq(fakeCallArgs(f, f->client, 3, argv, NULL), wanted);
}

START_TEST(everybodyGetsMessagesOfAnySize) {
    static const size_t sizes[] = {0, 1, 100, 16000, 16300, 16384, 16400, 50000, 1000000};
    client *old = listener(NULL, "SUBSCRIBE news"), *new = listener("HELLO 3", "SUBSCRIBE news");
    client *second = listener("HELLO 3", "SUBSCRIBE news");
    client *pattern = listener(NULL, "PSUBSCRIBE n*s");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char head[128], *text = memAlloc(sizes[i] + 1);
        for (size_t at = 0; at < sizes[i]; at++) text[at] = (char)('a' + at % 23);
        bytes payload = bytesOf(text, sizes[i]);
        publish(payload, 4);
        snprintf(head, sizeof head, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$%zu\r\n", sizes[i]);
        expectTaken(old, head, payload);
        head[0] = '>';
        expectTaken(new, head, payload);
        expectTaken(second, head, payload);
        snprintf(head, sizeof head, "*4\r\n$8\r\npmessage\r\n$3\r\nn*s\r\n$4\r\nnews\r\n$%zu\r\n",
                 sizes[i]);
        expectTaken(pattern, head, payload);
        memFree(text);
    }
    publish(BYTES("x"), 4);
    fakeCallAs(f, second, "QUIT");
}
END_TEST

START_TEST(aBigMessageIsKeptOnce) {
    enum { LISTENERS = 20, SIZE = 1000000 };
    client *all[LISTENERS];
    for (int i = 0; i < LISTENERS; i++) all[i] = listener(NULL, "SUBSCRIBE news");
    char *text = memCalloc(1, SIZE);
    size_t before = memUsed();
    publish(bytesOf(text, SIZE), LISTENERS);
    size_t grown = memUsed() - before;
    ck_assert_uint_lt(grown, 3 * SIZE);
    for (int i = 0; i < LISTENERS; i++) fakeTake(f, all[i], NULL);
    memFree(text);
}
END_TEST

START_TEST(thePublisherGetsItsOwnBehindTheReply) {
    fakeCall(f, "HELLO 3");
    fakeCall(f, "SUBSCRIBE news");
    ck_assert_str_eq(fakeCall(f, "PUBLISH news x"),
                     ":1\r\n>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
    fakeCall(f, "CLIENT REPLY OFF");
    ck_assert_str_eq(fakeCall(f, "PUBLISH news x"),
                     ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
}
END_TEST

START_TEST(shardChannelsHaveTheirWord) {
    client *c = listener(NULL, "SSUBSCRIBE news");
    CALL(f, "PUBLISH news x", ":0|");
    CALL(f, "SPUBLISH news x", ":1|");
    expectTaken(c, "*3\r\n$8\r\nsmessage\r\n$4\r\nnews\r\n$1\r\n", BYTES("x"));
}
END_TEST

TESTS_BETWEEN("pubsub", begin, end, everybodyGetsMessagesOfAnySize, aBigMessageIsKeptOnce,
              thePublisherGetsItsOwnBehindTheReply, shardChannelsHaveTheirWord)
