/* A server at its limit, and what INFO says of the memory that the machine sees. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/base/clock.h"
#include "tests/support/redis_client.h"
#include "tests/support/suite.h"

#define OOM "OOM command not allowed when used memory > 'maxmemory'."

static void fill(redisContext *c, const char *prefix, int count, size_t size) {
    char *value = malloc(size);
    ck_assert_ptr_nonnull(value);
    memset(value, 'v', size);
    for (int i = 0; i < count; i++) redisAppendCommand(c, "SET %s:%d %b", prefix, i, value, size);
    for (int i = 0; i < count; i++) freeReplyObject(clientNextReply(c));
    free(value);
}

static long long infoNumber(redisContext *c, const char *name) {
    char field[64];
    snprintf(field, sizeof field, "\n%s:", name);
    redisReply *reply = clientCommand(c, "INFO");
    const char *at = strstr(reply->str, field);
    ck_assert_msg(at != NULL, "no %s in INFO", name);
    long long value = strtoll(at + strlen(field), NULL, 10);
    freeReplyObject(reply);
    return value;
}

static int64_t nowMs(void) {
    const clockSource *clock = clockSystem();
    return (int64_t)(clock->monotonic_ns(clock->ctx) / 1000000);
}

/* Nothing is sent while memory comes back: the first SET after 100 ms must be taken. */
START_TEST(noevictionHealsWithinATenthOfASecond) {
    const char *const options[] = {"--maxmemory", "16mb", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    fill(c, "key", 20000, 1000);
    expectError(c, OOM, "SET another %s", "value");
    for (int i = 0; i < 2000; i++) redisAppendCommand(c, "DEL key:%d", i);
    for (int i = 0; i < 2000; i++) freeReplyObject(clientNextReply(c));
    int64_t start_ms = nowMs();
    redisReply *reply;
    do {
        reply = clientCommand(c, "SET another value");
        bool refused = reply->type == REDIS_REPLY_ERROR;
        freeReplyObject(reply);
        if (!refused) break;
    } while (nowMs() - start_ms < 5000);
    ck_assert_int_le(nowMs() - start_ms, 100);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(cacheStaysAtItsLimit) {
    const char *const options[] = {"--maxmemory", "8mb", "--maxmemory-policy", "allkeys-lru", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    fill(c, "key", 40000, 700);
    ck_assert_int_gt(infoNumber(c, "evicted_keys"), 20000);
    ck_assert_int_le(infoNumber(c, "used_memory"), 9 << 20);
    ck_assert_int_gt(infoNumber(c, "used_memory"), 7 << 20);
    redisFree(c);
    serverStop(server);
}
END_TEST

START_TEST(limitFromTheMachineIsLogged) {
    const char *const options[] = {"--maxmemory", "auto", NULL};
    serverProcess *server = serverStart(options);
    redisContext *c = clientConnect(server);
    redisReply *reply = clientCommand(c, "CONFIG GET maxmemory");
    ck_assert_uint_gt(strtoull(reply->element[1]->str, NULL, 10), 1 << 20);
    freeReplyObject(reply);
    char path[512], log[8192];
    snprintf(path, sizeof path, "%s/log", serverFolder(server));
    FILE *in = fopen(path, "re");
    ck_assert_ptr_nonnull(in);
    log[fread(log, 1, sizeof log - 1, in)] = '\0';
    fclose(in);
    ck_assert_ptr_nonnull(strstr(log, "maxmemory is "));
    ck_assert_ptr_nonnull(strstr(log, ": auto, of "));
    redisFree(c);
    serverStop(server);
}
END_TEST

/* Only where the heap tells how much it holds; sanitizers keep their own beside it. */
START_TEST(infoExplainsWhatTheMachineSees) {
    serverProcess *server = serverStart(NULL);
    redisContext *c = clientConnect(server);
    fill(c, "small", 300000, 200);
    fill(c, "middle", 20000, 3000);
    long long rss = infoNumber(c, "used_memory_rss");
    long long unexplained = infoNumber(c, "mem_rss_unexplained");
    if (infoNumber(c, "allocator_resident") > infoNumber(c, "mem_slab_pages") + (1 << 20)) {
        ck_assert_int_gt(rss, 100 << 20);
        ck_assert_int_lt(llabs(unexplained), rss * 3 / 100);
    }
    redisFree(c);
    serverStop(server);
}
END_TEST

TESTS("memory", noevictionHealsWithinATenthOfASecond, cacheStaysAtItsLimit,
      limitFromTheMachineIsLogged, infoExplainsWhatTheMachineSees)
