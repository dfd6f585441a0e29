#include "server/observe/info.h"

#include "server/core/cron.h"
#include "server/core/error_stats.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

static fakeServer *f;

static void openServer(void) {
    f = fakeNew();
}

static bool says(const char *line, const char *part) {
    return strstr(fakeCall(f, line), part) != NULL;
}

/* The number behind "name:" in a section. */
static long long numberOf(const char *section, const char *name) {
    char wanted[80];
    const char *reply = fakeCallFormat(f, "INFO %s", section);
    snprintf(wanted, sizeof wanted, "\n%s:", name);
    const char *at = strstr(reply, wanted);
    ck_assert_msg(at != NULL, "no %s in INFO %s", name, section);
    return strtoll(at + strlen(wanted), NULL, 10);
}

/* Every field that a monitoring tool may ask for, section by section. */
static const char *const fields[][2] = {
    {"server", "redis_version"},
    {"server", "redis_mode"},
    {"server", "process_id"},
    {"server", "run_id"},
    {"server", "tcp_port"},
    {"server", "uptime_in_seconds"},
    {"server", "lru_clock"},
    {"server", "config_file"},
    {"clients", "connected_clients"},
    {"clients", "maxclients"},
    {"clients", "blocked_clients"},
    {"clients", "total_blocking_keys_on_nokey"},
    {"memory", "used_memory"},
    {"memory", "used_memory_human"},
    {"memory", "used_memory_rss"},
    {"memory", "used_memory_peak_perc"},
    {"memory", "used_memory_dataset"},
    {"memory", "allocator_muzzy"},
    {"memory", "total_system_memory_human"},
    {"memory", "number_of_cached_scripts"},
    {"memory", "maxmemory_policy"},
    {"memory", "mem_fragmentation_ratio"},
    {"memory", "mem_clients_normal"},
    {"memory", "lazyfreed_objects"},
    {"memory", "mem_reclaim_state"},
    {"persistence", "loading"},
    {"persistence", "rdb_last_bgsave_status"},
    {"persistence", "aof_enabled"},
    {"stats", "total_connections_received"},
    {"stats", "instantaneous_ops_per_sec"},
    {"stats", "expired_keys"},
    {"stats", "evicted_keys"},
    {"stats", "keyspace_hits"},
    {"stats", "pubsub_channels"},
    {"stats", "total_error_replies"},
    {"stats", "acl_access_denied_channel"},
    {"replication", "role"},
    {"replication", "master_replid"},
    {"cpu", "used_cpu_user_main_thread"},
    {"cluster", "cluster_enabled"},
    {"debug", "eventloop_cmd_per_cycle_max"},
};

START_TEST(eachFieldStandsInItsSection) {
    openServer();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char wanted[80];
        const char *reply = fakeCallFormat(f, "INFO %s", fields[i][0]);
        snprintf(wanted, sizeof wanted, "\r\n%s:", fields[i][1]);
        ck_assert_msg(strstr(reply, wanted) != NULL, "no %s in %s", fields[i][1], fields[i][0]);
    }
    fakeFree(f);
}
END_TEST

START_TEST(defaultLeavesOutWhatAllShows) {
    openServer();
    fakeCall(f, "GET a");
    ck_assert(says("INFO", "# Keyspace\r\n"));
    ck_assert(!says("INFO", "# Commandstats"));
    ck_assert(!says("INFO default", "# Latencystats"));
    ck_assert(says("INFO all", "# Commandstats"));
    ck_assert(says("INFO everything", "# Latencystats"));
    ck_assert(!says("INFO everything", "# Debug"));
    ck_assert(says("INFO debug", "# Debug"));
    fakeFree(f);
}
END_TEST

START_TEST(sectionsComeOnceInTheOrderOfTheTable) {
    openServer();
    CALL(f, "INFO cluster CLUSTER", "$30|# Cluster|cluster_enabled:0||");
    CALL(f, "INFO modules cluster nosuch Cluster", "$43|# Modules||# Cluster|cluster_enabled:0||");
    CALL(f, "INFO nosuch", "$0||");
    fakeFree(f);
}
END_TEST

START_TEST(resp3ClientsGetVerbatimText) {
    openServer();
    f->client->resp = 3;
    CALL(f, "INFO cluster", "=34|txt:# Cluster|cluster_enabled:0||");
    fakeFree(f);
}
END_TEST

START_TEST(keyspaceListsOnlyDbsWithKeys) {
    openServer();
    CALL(f, "INFO keyspace", "$12|# Keyspace||");
    CALL(f, "SET a 1", "+OK|");
    CALL(f, "SET b 1 EX 100", "+OK|");
    ck_assert(says("INFO keyspace", "\r\ndb0:keys=2,expires=1,avg_ttl=100000,subexpiry=0\r\n"));
    ck_assert(!says("INFO keyspace", "db1:"));
    fakeFree(f);
}
END_TEST

START_TEST(commandsAreCountedUntilResetstat) {
    openServer();
    CALL(f, "INFO commandstats", "$16|# Commandstats||");
    CALL(f, "CONFIG RESETSTAT", "+OK|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "GET a", "$-1|");
    CALL(f, "GET", "-ERR wrong number of arguments for 'get' command|");
    CALL(f, "INCRBY a x", "-ERR value is not an integer or out of range|");
    ck_assert(says("INFO commandstats", "\r\ncmdstat_get:calls=2,usec=0,usec_per_call=0.00,"
                                        "rejected_calls=1,failed_calls=0\r\n"));
    ck_assert(says("INFO commandstats", "\r\ncmdstat_incrby:calls=1,usec=0,usec_per_call=0.00,"
                                        "rejected_calls=0,failed_calls=1\r\n"));
    ck_assert(says("INFO commandstats", "\r\ncmdstat_config|resetstat:calls=1,usec=0,"
                                        "usec_per_call=0.00,rejected_calls=0,failed_calls=0\r\n"));
    CALL(f, "INFO errorstats", "$37|# Errorstats|errorstat_ERR:count=2||");
    ck_assert_int_eq(numberOf("stats", "keyspace_misses"), 2);
    CALL(f, "CONFIG RESETSTAT", "+OK|");
    CALL(f, "INFO errorstats", "$14|# Errorstats||");
    ck_assert_int_eq(numberOf("stats", "keyspace_misses"), 0);
    ck_assert(!says("INFO commandstats", "cmdstat_get"));
    fakeFree(f);
}
END_TEST

START_TEST(aFloodOfErrorCodesIsNotTold) {
    openServer();
    for (int i = 0; i <= ERROR_CODES_MAX; i++) {
        ck_assert(!says("INFO errorstats", "ERRORSTATS_DISABLED"));
        char text[32];
        int size = snprintf(text, sizeof text, "E%d it is", i);
        errorStatsCount(f->server->errors, bytesOf(text, (size_t)size));
    }
    CALL(f, "GET", "-ERR wrong number of arguments for 'get' command|");
    CALL(f, "INFO errorstats", "$53|# Errorstats|errorstat_ERRORSTATS_DISABLED:count=1||");
    CALL(f, "CONFIG RESETSTAT", "+OK|");
    CALL(f, "GET", "-ERR wrong number of arguments for 'get' command|");
    CALL(f, "INFO errorstats", "$37|# Errorstats|errorstat_ERR:count=1||");
    fakeFree(f);
}
END_TEST

START_TEST(memoryFollowsTheData) {
    openServer();
    long long before = numberOf("memory", "used_memory");
    for (int i = 0; i < 1000; i++) fakeCallFormat(f, "SET key:%d %0200d", i, i);
    long long full = numberOf("memory", "used_memory");
    ck_assert_int_gt(full, before + 200 * 1000);
    ck_assert_int_ge(numberOf("memory", "used_memory_peak"), full);
    ck_assert_int_gt(numberOf("memory", "used_memory_dataset"), 200 * 1000);
    ck_assert_int_gt(numberOf("memory", "mem_tables"), 8 * 1000);
    for (int i = 0; i < 1000; i++) fakeCallFormat(f, "DEL key:%d", i);
    ck_assert_int_lt(numberOf("memory", "used_memory"), full - 200 * 1000);
    fakeFree(f);
}
END_TEST

START_TEST(ratesAreOfTheLastSeconds) {
    openServer();
    cronRun(f->server);
    for (int i = 0; i < 100; i++) fakeCall(f, "GET a");
    fakeAdvanceMs(f, 1000);
    cronRun(f->server);
    ck_assert_int_eq(numberOf("stats", "instantaneous_ops_per_sec"), 100);
    for (int i = 0; i < 10; i++) {
        fakeAdvanceMs(f, 500);
        cronRun(f->server);
    }
    ck_assert_int_eq(numberOf("stats", "instantaneous_ops_per_sec"), 0);
    fakeFree(f);
}
END_TEST

START_TEST(anIdleServerIsSampledTwiceASecond) {
    openServer();
    for (int i = 0; i < 20; i++) {
        fakeAdvanceMs(f, 500);
        cronRun(f->server);
    }
    /* Nothing else has a reason to wake it sooner. */
    ck_assert_uint_ge(cronNextNs(f->server), 500 * 1000000ull);
    fakeFree(f);
}
END_TEST

static void writeTides(server *s, infoText *t) {
    infoLine(t, "tides:%zu", s->client_count);
}

START_TEST(higherFloorsAddAndReplaceSections) {
    openServer();
    infoSetSection(f->server, "tides", "Tides", INFO_ALL, writeTides);
    CALL(f, "INFO tides", "$18|# Tides|tides:1||");
    ck_assert(says("INFO all", "# Tides"));
    ck_assert(!says("INFO", "# Tides"));
    infoSetSection(f->server, "cluster", "Cluster", INFO_DEFAULT | INFO_ALL, writeTides);
    CALL(f, "INFO cluster", "$20|# Cluster|tides:1||");
    fakeFree(f);
}
END_TEST

START_TEST(longLinesGrowTheText) {
    infoText t = {0};
    char word[3001];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    for (int i = 0; i < 10; i++) infoLine(&t, "%s", word);
    ck_assert_uint_eq(t.size, 10 * (sizeof word - 1 + 2));
    ck_assert_int_eq(memcmp(t.data + t.size - 3, "x\r\n", 3), 0);
    infoTextClear(&t);
}
END_TEST

TESTS("commands/info", eachFieldStandsInItsSection, defaultLeavesOutWhatAllShows,
      sectionsComeOnceInTheOrderOfTheTable, resp3ClientsGetVerbatimText,
      keyspaceListsOnlyDbsWithKeys, commandsAreCountedUntilResetstat, aFloodOfErrorCodesIsNotTold,
      memoryFollowsTheData, ratesAreOfTheLastSeconds, anIdleServerIsSampledTwiceASecond,
      higherFloorsAddAndReplaceSections, longLinesGrowTheText)
