/* What the log and the replicas are told. */
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { TOLD_ROOM = 4096 };

static fakeServer *f;
static propagationSink log_sink, replica_sink;
static char told[2][TOLD_ROOM];

/* "0:SET a 1;" of each record, without the sizes. */
static void take(void *ctx, server *s, int db_id, bytes record) {
    char *out = ctx;
    (void)s;
    size_t size = strlen(out);
    size += (size_t)snprintf(out + size, TOLD_ROOM - size, "%d:", db_id);
    const char *end = record.data + record.size, *at = strstr(record.data, "\r\n") + 2;
    for (const char *gap = ""; at < end; gap = " ") {
        int length = (int)strtol(at + 1, NULL, 10);
        at = strstr(at, "\r\n") + 2;
        size += (size_t)snprintf(out + size, TOLD_ROOM - size, "%s%.*s", gap, length, at);
        at += length + 2;
    }
    snprintf(out + size, TOLD_ROOM - size, ";");
}

static void setup(void) {
    f = fakeNew();
    told[0][0] = told[1][0] = '\0';
    log_sink = (propagationSink){.kind = FOLLOWS_LOG, .take = take, .ctx = told[0]};
    replica_sink = (propagationSink){.kind = FOLLOWS_REPLICA, .take = take, .ctx = told[1]};
    propagateAddSink(f->server, &log_sink);
    propagateAddSink(f->server, &replica_sink);
}

static void done(void) {
    propagateRemoveSink(f->server, &log_sink);
    propagateRemoveSink(f->server, &replica_sink);
    fakeFree(f);
}

#define TOLD(wanted)                                                                               \
    do {                                                                                           \
        ck_assert_str_eq(told[0], wanted);                                                         \
        told[0][0] = told[1][0] = '\0';                                                            \
    } while (0)

START_TEST(changesAreToldAsTheyCame) {
    setup();
    CALL(f, "set a 1", "+OK|");
    CALL(f, "GET a", "$1|1|");
    CALL(f, "DEL nosuch", ":0|");
    CALL(f, "LPUSH a x", "-WRONGTYPE Operation against a key holding the wrong kind of value|");
    CALL(f, "SELECT 3", "+OK|");
    CALL(f, "MSET b 2 c 3", "+OK|");
    TOLD("0:set a 1;3:MSET b 2 c 3;");
    done();
}
END_TEST

START_TEST(deadlinesAreToldAsPointsInTime) {
    setup();
    CALL(f, "SET a 1 EX 10", "+OK|");
    CALL(f, "PEXPIRE a 500", ":1|");
    TOLD("0:SET a 1 PXAT 1700000010000;0:PEXPIREAT a 1700000000500;");
    CALL(f, "EXPIRE a -1", ":1|");
    TOLD("0:DEL a;");
    done();
}
END_TEST

START_TEST(whatExpiredIsToldBeforeWhatFoundOut) {
    setup();
    CALL(f, "SET a 1 PX 10", "+OK|");
    fakeAdvanceMs(f, 20);
    told[0][0] = '\0';
    CALL(f, "INCR a", ":1|");
    TOLD("-1:MULTI;0:DEL a;0:INCR a;-1:EXEC;");
    CALL(f, "PEXPIRE a 10", ":1|");
    fakeAdvanceMs(f, 20);
    told[0][0] = '\0';
    CALL(f, "GET a", "$-1|");
    TOLD("0:DEL a;");
    done();
}
END_TEST

START_TEST(keysThatGoByThemselvesAreToldOneByOne) {
    setup();
    CALL(f, "SET a 1 PX 10", "+OK|");
    CALL(f, "SET b 1 PX 10", "+OK|");
    CALL(f, "HSET h x 1 y 2", ":2|");
    CALL(f, "HPEXPIRE h 10 FIELDS 1 x", "*1|:1|");
    CALL(f, "CONFIG SET lazyfree-lazy-expire yes", "+OK|");
    told[0][0] = '\0';
    fakeAdvanceMs(f, 20);
    cronRun(f->server);
    ck_assert_ptr_nonnull(strstr(told[0], "0:UNLINK a;"));
    ck_assert_ptr_nonnull(strstr(told[0], "0:UNLINK b;"));
    ck_assert_ptr_nonnull(strstr(told[0], "0:HDEL h x;"));
    ck_assert_ptr_null(strstr(told[0], "MULTI"));
    done();
}
END_TEST

START_TEST(whatIsEvictedIsToldOneByOneBeforeTheCommand) {
    setup();
    CALL(f, "MSET a 1 b 1", "+OK|");
    CALL(f, "CONFIG SET maxmemory-policy allkeys-random", "+OK|");
    CALL(f, "CONFIG SET maxmemory 1", "+OK|");
    told[0][0] = '\0';
    CALL(f, "SET c 1", "-OOM command not allowed when used memory > 'maxmemory'.|");
    ck_assert(!strcmp(told[0], "0:DEL a;0:DEL b;") || !strcmp(told[0], "0:DEL b;0:DEL a;"));
    done();
}
END_TEST

START_TEST(transactionsAreToldWhole) {
    setup();
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 1", "+QUEUED|");
    CALL(f, "GET a", "+QUEUED|");
    CALL(f, "SELECT 2", "+QUEUED|");
    CALL(f, "SET b 2", "+QUEUED|");
    CALL(f, "EXEC", "*4|+OK|$1|1|+OK|+OK|");
    TOLD("-1:MULTI;0:SET a 1;2:SET b 2;-1:EXEC;");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET a 2", "+QUEUED|");
    CALL(f, "EXEC", "*1|+OK|");
    TOLD("2:SET a 2;");
    done();
}
END_TEST

/* As a script does: commands of its own, in other dbs too, one of which is refused. */
static void unitCommand(client *c) {
    static const struct {
        int db;
        const char *words[4];
    } calls[] = {{0, {"SET", "a", "1"}},
                 {3, {"LPUSH", "b", "x"}},
                 {0, {"LPUSH", "a", "x"}},
                 {3, {"RPOP", "b"}},
                 {1, {"SET", "c", "2"}}};
    const bytes *argv = c->argv;
    int argc = c->argc;
    db *home = c->db;
    effectsBegin(c->server, c);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        bytes words[4];
        c->argv = words;
        for (c->argc = 0; c->argc < 4 && calls[i].words[c->argc]; c->argc++)
            words[c->argc] = bytesOfText(calls[i].words[c->argc]);
        c->db = c->server->dbs[calls[i].db];
        c->key_index = 0;
        dispatchCall(c, commandFind(c->server->commands, words[0]));
    }
    effectsEnd(c->server, c);
    c->argv = argv;
    c->argc = argc;
    c->db = home;
}

START_TEST(whatOneUnitDoesIsToldInItsOrder) {
    static const commandSpec rows[] = {
        {.name = "unit", .arity = 1, .run = unitCommand, .acl = ACL_STRING}, {0}};
    setup();
    commandTableAdd(f->server->commands, rows);
    fakeCall(f, "unit");
    TOLD("-1:MULTI;0:SET a 1;3:LPUSH b x;3:RPOP b;1:SET c 2;-1:EXEC;");
    CALL(f, "MULTI", "+OK|");
    CALL(f, "SET z 1", "+QUEUED|");
    CALL(f, "unit", "+QUEUED|");
    CALL(f, "SELECT 2", "+QUEUED|");
    CALL(f, "SET z 2", "+QUEUED|");
    fakeCall(f, "EXEC");
    TOLD("-1:MULTI;0:SET z 1;0:SET a 1;3:LPUSH b x;3:RPOP b;1:SET c 2;2:SET z 2;-1:EXEC;");
    done();
}
END_TEST

START_TEST(whatIsPublishedIsToldToReplicasAlone) {
    setup();
    CALL(f, "PUBLISH channel hello", ":0|");
    CALL(f, "SPUBLISH shard hello", ":0|");
    ck_assert_str_eq(told[0], "");
    ck_assert_str_eq(told[1], "0:PUBLISH channel hello;0:SPUBLISH shard hello;");
    done();
}
END_TEST

START_TEST(aKindCanBeLeftOut) {
    setup();
    propagateLimit(f->server, FOLLOWS_REPLICA);
    CALL(f, "SET a 1", "+OK|");
    ck_assert_str_eq(told[0], "");
    ck_assert_str_eq(told[1], "0:SET a 1;");
    /* For that one only. */
    CALL(f, "SET a 2", "+OK|");
    ck_assert_str_eq(told[0], "0:SET a 2;");
    done();
}
END_TEST

START_TEST(heldDeadlinesLetNothingExpire) {
    setup();
    CALL(f, "SET a 1 PX 10", "+OK|");
    serverHoldDeadlines(f->server, true);
    fakeAdvanceMs(f, 20);
    told[0][0] = '\0';
    CALL(f, "INCR a", ":2|");
    CALL(f, "PEXPIREAT a 1600000000000", ":1|");
    CALL(f, "EXISTS a", ":1|");
    TOLD("0:INCR a;0:PEXPIREAT a 1600000000000;");
    serverHoldDeadlines(f->server, false);
    CALL(f, "EXISTS a", ":0|");
    TOLD("0:DEL a;");
    done();
}
END_TEST

TESTS("core/propagate", changesAreToldAsTheyCame, deadlinesAreToldAsPointsInTime,
      whatExpiredIsToldBeforeWhatFoundOut, keysThatGoByThemselvesAreToldOneByOne,
      whatIsEvictedIsToldOneByOneBeforeTheCommand, transactionsAreToldWhole,
      whatOneUnitDoesIsToldInItsOrder, whatIsPublishedIsToldToReplicasAlone, aKindCanBeLeftOut,
      heldDeadlinesLetNothingExpire)
