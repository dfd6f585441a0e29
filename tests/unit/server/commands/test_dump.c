#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;
static char payload[4096];
static size_t payload_size;

/* Keeps what DUMP replies for the key "a". */
static void dump(void) {
    bytes argv[] = {BYTES("DUMP"), BYTES("a")};
    size_t size;
    const char *reply = fakeCallArgs(f, f->client, 2, argv, &size);
    ck_assert_int_eq(reply[0], '$');
    payload_size = strtoul(reply + 1, NULL, 10);
    ck_assert_uint_lt(payload_size, sizeof payload);
    memcpy(payload, strchr(reply, '\n') + 1, payload_size);
}

/* RESTORE key ttl payload, and up to three options. */
static const char *restore(const char *key, const char *ttl, const char *a, const char *b,
                           const char *d) {
    bytes argv[7] = {BYTES("RESTORE"), bytesOfText(key), bytesOfText(ttl),
                     bytesOf(payload, payload_size)};
    int argc = 4;
    const char *const options[] = {a, b, d};
    for (int i = 0; i < 3 && options[i]; i++) argv[argc++] = bytesOfText(options[i]);
    return fakeCallArgs(f, f->client, argc, argv, NULL);
}

static void setup(void) {
    f = fakeNew();
    CALL(f, "SET a value", "+OK|");
    dump();
}

START_TEST(aValueMovesToAnotherKey) {
    setup();
    CALL(f, "DUMP none", "$-1|");
    ck_assert_str_eq(restore("b", "0", NULL, NULL, NULL), "+OK\r\n");
    CALL(f, "GET b", "$5|value|");
    CALL(f, "TTL b", ":-1|");
    CALL(f, "RPUSH l a b", ":2|");
    CALL(f, "RENAME l a", "+OK|");
    dump();
    ck_assert_str_eq(restore("c", "5000", NULL, NULL, NULL), "+OK\r\n");
    CALL(f, "LRANGE c 0 -1", "*2|$1|a|$1|b|");
    CALL(f, "PTTL c", ":5000|");
    fakeFree(f);
}
END_TEST

START_TEST(whatIsThereStaysWithoutReplace) {
    setup();
    CALL(f, "SET b other", "+OK|");
    ck_assert_str_eq(restore("b", "0", NULL, NULL, NULL),
                     "-BUSYKEY Target key name already exists.\r\n");
    /* Options are looked at before the key, and the key before the TTL and the payload. */
    ck_assert_str_eq(restore("b", "x", "NOPE", NULL, NULL), "-ERR syntax error\r\n");
    ck_assert_str_eq(restore("b", "x", NULL, NULL, NULL),
                     "-BUSYKEY Target key name already exists.\r\n");
    CALL(f, "GET b", "$5|other|");
    ck_assert_str_eq(restore("b", "0", "replace", NULL, NULL), "+OK\r\n");
    CALL(f, "GET b", "$5|value|");
    fakeFree(f);
}
END_TEST

START_TEST(errorsAreThoseClientsKnow) {
    setup();
    ck_assert_str_eq(restore("b", "-1", NULL, NULL, NULL),
                     "-ERR Invalid TTL value, must be >= 0\r\n");
    ck_assert_str_eq(restore("b", "9223372036854775807", NULL, NULL, NULL),
                     "-ERR Invalid TTL value, must be >= 0\r\n");
    ck_assert_str_eq(restore("b", "x", NULL, NULL, NULL),
                     "-ERR value is not an integer or out of range\r\n");
    ck_assert_str_eq(restore("b", "0", "IDLETIME", "-1", NULL),
                     "-ERR Invalid IDLETIME value, must be >= 0\r\n");
    ck_assert_str_eq(restore("b", "0", "FREQ", "256", NULL),
                     "-ERR Invalid FREQ value, must be >= 0 and <= 255\r\n");
    ck_assert_str_eq(restore("b", "0", "FREQ", NULL, NULL), "-ERR syntax error\r\n");
    payload[1] ^= 0x40;
    ck_assert_str_eq(restore("b", "0", NULL, NULL, NULL),
                     "-ERR DUMP payload version or checksum are wrong\r\n");
    CALL(f, "CONFIG SET enable-debug-command yes",
         "-ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set "
         "immutable config|");
    f->server->skip_checksums = true;
    ck_assert_str_eq(restore("b", "0", NULL, NULL, NULL), "-ERR Bad data format\r\n");
    CALL(f, "EXISTS b", ":0|");
    fakeFree(f);
}
END_TEST

START_TEST(eventsTellWhatCame) {
    setup();
    fakeRecordEvents(f, NOTIFY_GENERIC);
    uint64_t dirty = f->server->dirty;
    restore("b", "0", NULL, NULL, NULL);
    ck_assert_str_eq(fakeEvents(f), "restore:b");
    ck_assert_uint_eq(f->server->dirty, dirty + 1);
    restore("b", "5", "ABSTTL", "REPLACE", NULL);
    ck_assert_str_eq(fakeEvents(f), "del:b");
    CALL(f, "EXISTS b", ":0|");
    ck_assert_str_eq(restore("c", "5", "ABSTTL", NULL, NULL), "+OK\r\n");
    ck_assert_str_eq(fakeEvents(f), "");
    fakeFree(f);
}
END_TEST

START_TEST(useIsRestored) {
    setup();
    restore("b", "0", "IDLETIME", "1000", NULL);
    CALL(f, "OBJECT IDLETIME b", ":1000|");
    restore("b", "0", "FREQ", "9", "REPLACE");
    CALL(f, "OBJECT IDLETIME b", ":0|");
    CALL(f, "CONFIG SET maxmemory-policy allkeys-lfu", "+OK|");
    restore("c", "0", "FREQ", "100", NULL);
    CALL(f, "OBJECT FREQ c", ":100|");
    fakeFree(f);
}
END_TEST

START_TEST(fieldsStillExpire) {
    setup();
    CALL(f, "DEL a", ":1|");
    CALL(f, "HSET a f v g w", ":2|");
    CALL(f, "HPEXPIRE a 1000 FIELDS 1 f", "*1|:1|");
    dump();
    restore("b", "0", NULL, NULL, NULL);
    CALL(f, "HPTTL b FIELDS 2 f g", "*2|:1000|:-1|");
    fakeAdvanceMs(f, 1001);
    CALL(f, "HGETALL b", "*2|$1|g|$1|w|");
    fakeFree(f);
}
END_TEST

START_TEST(arraysMoveToo) {
    f = fakeNew();
    CALL(f, "ARSET a 7 x", ":1|");
    char copy[64];
    size_t size;
    const bytes dump[] = {BYTES("DUMP"), BYTES("a")};
    const char *reply = fakeCallArgs(f, f->client, 2, dump, &size);
    bytes value = bytesOf(strchr(reply, '\n') + 1, 0);
    value.size = size - (size_t)(value.data - reply) - 2;
    memcpy(copy, value.data, value.size);
    const bytes restore[] = {BYTES("RESTORE"), BYTES("b"), BYTES("0"), bytesOf(copy, value.size)};
    ck_assert_str_eq(fakeCallArgs(f, f->client, 4, restore, &size), "+OK\r\n");
    CALL(f, "ARGET b 7", "$1|x|");
    fakeFree(f);
}
END_TEST

TESTS("dump", aValueMovesToAnotherKey, whatIsThereStaysWithoutReplace, errorsAreThoseClientsKnow,
      eventsTellWhatCame, useIsRestored, fieldsStillExpire, arraysMoveToo)
