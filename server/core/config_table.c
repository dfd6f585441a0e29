/* config_table.c - the directives: one row each, in the groups of redis.conf.example. */
#include "server/core/config_internal.h"
#include "storage/base/log.h"

/* Syslog facilities are the numbers of RFC 5424, shifted as syslog(3) takes them. */
static const configWord local_words[] = {
    {"no", CONFIG_NO}, {"yes", CONFIG_YES}, {"local", CONFIG_LOCAL}, {NULL, 0}};

static const configWord log_levels[] = {{"debug", LOG_DEBUG_},    {"verbose", LOG_VERBOSE},
                                        {"notice", LOG_NOTICE},   {"warning", LOG_WARN},
                                        {"nothing", LOG_NOTHING}, {NULL, 0}};

static const configWord log_formats[] = {
    {"text", LOG_TEXT}, {"logfmt", LOG_LOGFMT}, {"json", LOG_JSON}, {NULL, 0}};

static const configWord supervisors[] = {{"upstart", SUPERVISED_UPSTART},
                                         {"systemd", SUPERVISED_SYSTEMD},
                                         {"auto", SUPERVISED_AUTO},
                                         {"no", SUPERVISED_NO},
                                         {NULL, 0}};

static const configWord shutdown_words[] = {{"default", SHUTDOWN_DEFAULT}, {"save", SHUTDOWN_SAVE},
                                            {"nosave", SHUTDOWN_NOSAVE},   {"now", SHUTDOWN_NOW},
                                            {"force", SHUTDOWN_FORCE},     {NULL, 0}};

static const configWord facilities[] = {{"user", 1 << 3},    {"local0", 16 << 3},
                                        {"local1", 17 << 3}, {"local2", 18 << 3},
                                        {"local3", 19 << 3}, {"local4", 20 << 3},
                                        {"local5", 21 << 3}, {"local6", 22 << 3},
                                        {"local7", 23 << 3}, {NULL, 0}};

static const configWord policies[] = {{"volatile-lru", POLICY_LRU},
                                      {"volatile-lfu", POLICY_LFU},
                                      {"volatile-lrm", POLICY_LRM},
                                      {"volatile-random", POLICY_RANDOM},
                                      {"volatile-ttl", POLICY_TTL},
                                      {"allkeys-lru", POLICY_LRU | POLICY_ALLKEYS},
                                      {"allkeys-lfu", POLICY_LFU | POLICY_ALLKEYS},
                                      {"allkeys-lrm", POLICY_LRM | POLICY_ALLKEYS},
                                      {"allkeys-random", POLICY_RANDOM | POLICY_ALLKEYS},
                                      {"noeviction", POLICY_NOEVICTION},
                                      {NULL, 0}};

static const configWord oom_words[] = {{"no", OOM_SCORE_NO},
                                       {"yes", OOM_SCORE_RELATIVE},
                                       {"relative", OOM_SCORE_RELATIVE},
                                       {"absolute", OOM_SCORE_ABSOLUTE},
                                       {NULL, 0}};

static const configWord auth_clients[] = {
    {"no", CONFIG_NO}, {"yes", CONFIG_YES}, {"optional", TLS_CLIENTS_OPTIONAL}, {NULL, 0}};

static const configWord auth_clients_user[] = {
    {"off", TLS_USER_OFF}, {"CN", TLS_USER_CN}, {NULL, 0}};

static const configWord fsync_words[] = {
    {"everysec", FSYNC_EVERY_SECOND}, {"always", FSYNC_ALWAYS}, {"no", FSYNC_NO}, {NULL, 0}};

static const configWord sanitize_words[] = {
    {"no", CONFIG_NO}, {"yes", CONFIG_YES}, {"clients", SANITIZE_CLIENTS}, {NULL, 0}};

static const configWord channel_words[] = {
    {"allchannels", CHANNELS_ALL}, {"resetchannels", CHANNELS_NONE}, {NULL, 0}};

static const configWord diskless_words[] = {{"disabled", DISKLESS_LOAD_NO},
                                            {"on-empty-db", DISKLESS_LOAD_WHEN_EMPTY},
                                            {"swapdb", DISKLESS_LOAD_SWAPDB},
                                            {NULL, 0}};

static const configWord propagation_words[] = {{"ignore", PROPAGATION_IGNORE},
                                               {"panic", PROPAGATION_PANIC},
                                               {"panic-on-replicas", PROPAGATION_PANIC_ON_REPLICAS},
                                               {NULL, 0}};

static const configWord endpoint_words[] = {{"ip", ENDPOINT_IP},
                                            {"hostname", ENDPOINT_HOSTNAME},
                                            {"unknown-endpoint", ENDPOINT_UNKNOWN},
                                            {NULL, 0}};

/* Where a value lives: a field of struct config, or the row's slot of the rest. */
#define AT(field) .offset = offsetof(config, field), .width = sizeof(((config *)0)->field)
#define REST      .width = 0

#define YESNO(name_, initial_, ...)                                                                \
    { .name = name_, .type = CONFIG_YESNO, .initial = initial_, __VA_ARGS__ }
#define INTEGER(name_, initial_, min_, max_, ...)                                                  \
    {                                                                                              \
        .name = name_, .type = CONFIG_INTEGER, .initial = initial_, .min = min_, .max = max_,      \
        __VA_ARGS__                                                                                \
    }
#define MEMORY(name_, initial_, min_, max_, ...)                                                   \
    {                                                                                              \
        .name = name_, .type = CONFIG_MEMORY, .initial = initial_, .min = min_, .max = max_,       \
        __VA_ARGS__                                                                                \
    }
#define PERCENT(name_, initial_, min_, max_, ...)                                                  \
    {                                                                                              \
        .name = name_, .type = CONFIG_PERCENT, .initial = initial_, .min = min_, .max = max_,      \
        __VA_ARGS__                                                                                \
    }
#define OCTAL(name_, initial_, min_, max_, ...)                                                    \
    {                                                                                              \
        .name = name_, .type = CONFIG_OCTAL, .initial = initial_, .min = min_, .max = max_,        \
        __VA_ARGS__                                                                                \
    }
#define TEXT(name_, initial_, ...)                                                                 \
    { .name = name_, .type = CONFIG_TEXT, .initial = initial_, __VA_ARGS__ }
#define PASSWORD(name_, initial_, ...)                                                             \
    {                                                                                              \
        .name = name_, .type = CONFIG_BYTES, .initial = initial_, .flags = CONFIG_SECRET,          \
        __VA_ARGS__                                                                                \
    }
#define WORD(name_, initial_, words_, ...)                                                         \
    { .name = name_, .type = CONFIG_WORD, .initial = initial_, .words = words_, __VA_ARGS__ }
#define BITS(name_, initial_, words_, ...)                                                         \
    {                                                                                              \
        .name = name_, .type = CONFIG_BITS, .initial = initial_, .words = words_,                  \
        .flags = CONFIG_MANY, __VA_ARGS__                                                          \
    }
#define SPECIAL(name_, initial_, kind_, ...)                                                       \
    { .name = name_, .type = CONFIG_SPECIAL, .initial = initial_, .kind = kind_, __VA_ARGS__ }

/* clang-format off */
const configRow configRows[] = {

    /* network */
    SPECIAL("bind", "* -::*", &configBind, REST, .flags = CONFIG_MANY),
    INTEGER("port", "6379", 0, 65535, AT(port)),
    INTEGER("metrics-port", "0", 0, 65535, AT(metrics_port)),
    TEXT("metrics-bind", "127.0.0.1", AT(metrics_bind)),
    TEXT("bind-source-addr", "", REST),
    YESNO("protected-mode", "yes", AT(protected_mode)),
    INTEGER("tcp-backlog", "511", 0, INT32_MAX, AT(tcp_backlog), .flags = CONFIG_IMMUTABLE),
    TEXT("unixsocket", "", AT(unixsocket), .flags = CONFIG_IMMUTABLE),
    OCTAL("unixsocketperm", "0", 0, 0777, AT(unixsocketperm), .flags = CONFIG_IMMUTABLE),
    INTEGER("timeout", "0", 0, INT32_MAX, AT(timeout)),
    INTEGER("tcp-keepalive", "300", 0, INT32_MAX, AT(tcp_keepalive)),
    INTEGER("maxclients", "10000", 1, UINT32_MAX, AT(maxclients)),
    INTEGER("client-default-resp", "2", 2, 3, AT(client_default_resp), .flags = CONFIG_HIDDEN),
    INTEGER("max-new-connections-per-cycle", "10", 1, 1000, AT(max_new_connections_per_cycle)),
    INTEGER("max-new-tls-connections-per-cycle", "1", 1, 1000, REST),
    INTEGER("socket-mark-id", "0", 0, UINT32_MAX, REST, .flags = CONFIG_IMMUTABLE),
    PASSWORD("requirepass", "", AT(requirepass)),
    MEMORY("proto-max-bulk-len", "536870912", 1048576, INT64_MAX, AT(proto_max_bulk_len)),
    MEMORY("client-query-buffer-limit", "1073741824", 1048576, INT64_MAX,
            AT(client_query_buffer_limit)),
    SPECIAL("client-output-buffer-limit",
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
            &configOutputLimits, REST, .flags = CONFIG_MANY),
    INTEGER("io-threads", "1", 1, 128, REST, .flags = CONFIG_IMMUTABLE | CONFIG_INERT),
    YESNO("io-threads-do-reads", "no", REST, .flags = CONFIG_IMMUTABLE),
    INTEGER("lookahead", "16", 1, INT32_MAX, REST),

    /* tls */
    INTEGER("tls-port", "0", 0, 65535, REST, .flags = CONFIG_INERT),
    TEXT("tls-cert-file", "", REST),
    TEXT("tls-key-file", "", REST),
    TEXT("tls-client-cert-file", "", REST),
    TEXT("tls-client-key-file", "", REST),
    TEXT("tls-ca-cert-file", "", REST),
    TEXT("tls-ca-cert-dir", "", REST),
    TEXT("tls-dh-params-file", "", REST),
    TEXT("tls-protocols", "", REST),
    TEXT("tls-ciphers", "", REST),
    TEXT("tls-ciphersuites", "", REST),
    TEXT("tls-key-file-pass", "", REST, .flags = CONFIG_SECRET),
    TEXT("tls-client-key-file-pass", "", REST, .flags = CONFIG_SECRET),
    WORD("tls-auth-clients", "yes", auth_clients, REST),
    WORD("tls-auth-clients-user", "off", auth_clients_user, REST),
    YESNO("tls-prefer-server-ciphers", "no", REST),
    YESNO("tls-session-caching", "yes", REST),
    INTEGER("tls-session-cache-size", "20480", 0, INT32_MAX, REST),
    INTEGER("tls-session-cache-timeout", "300", 0, INT32_MAX, REST),
    YESNO("tls-cluster", "no", REST),
    YESNO("tls-replication", "no", REST),

    /* general */
    INTEGER("databases", "16", 1, INT32_MAX, AT(databases), .flags = CONFIG_IMMUTABLE),
    INTEGER("hz", "10", 0, INT32_MAX, AT(hz), .accept = configAcceptHz),
    YESNO("dynamic-hz", "yes", REST),
    YESNO("daemonize", "no", AT(daemonize), .flags = CONFIG_IMMUTABLE),
    TEXT("pidfile", "", AT(pidfile), .flags = CONFIG_IMMUTABLE),
    WORD("supervised", "no", supervisors, AT(supervised), .flags = CONFIG_IMMUTABLE),
    WORD("loglevel", "notice", log_levels, AT(loglevel)),
    WORD("log-format", "text", log_formats, AT(log_format)),
    TEXT("logfile", "", AT(logfile), .flags = CONFIG_IMMUTABLE, .accept = configAcceptLogFile),
    YESNO("syslog-enabled", "no", AT(syslog_enabled), .flags = CONFIG_IMMUTABLE),
    TEXT("syslog-ident", "ebb", AT(syslog_ident), .flags = CONFIG_IMMUTABLE),
    WORD("syslog-facility", "local0", facilities, AT(syslog_facility), .flags = CONFIG_IMMUTABLE),
    SPECIAL("dir", "", &configDir, REST, .flags = CONFIG_PROTECTED | CONFIG_NOT_LOADING),
    YESNO("crash-log-enabled", "yes", AT(crash_log_enabled)),
    YESNO("crash-memcheck-enabled", "yes", REST),
    YESNO("use-exit-on-panic", "no", REST, .flags = CONFIG_IMMUTABLE | CONFIG_HIDDEN),
    YESNO("hide-user-data-from-log", "no", AT(hide_user_data_from_log)),
    YESNO("set-proc-title", "yes", AT(set_proc_title), .flags = CONFIG_IMMUTABLE),
    TEXT("proc-title-template", "{title} {listen-addr} {server-mode}", AT(proc_title_template),
            .accept = configAcceptTitle),
    YESNO("always-show-logo", "no", AT(always_show_logo), .flags = CONFIG_IMMUTABLE),
    TEXT("locale-collate", "", REST),
    WORD("enable-debug-command", "no", local_words, AT(enable_debug_command),
            .flags = CONFIG_IMMUTABLE),
    WORD("enable-protected-configs", "no", local_words, AT(enable_protected_configs),
            .flags = CONFIG_IMMUTABLE),
    WORD("enable-module-command", "no", local_words, REST, .flags = CONFIG_IMMUTABLE),
    BITS("shutdown-on-sigterm", "default", shutdown_words, AT(shutdown_on_sigterm),
            .accept = configAcceptShutdown),
    BITS("shutdown-on-sigint", "default", shutdown_words, AT(shutdown_on_sigint),
            .accept = configAcceptShutdown),
    INTEGER("shutdown-timeout", "10", 0, INT32_MAX, AT(shutdown_timeout)),
    WORD("oom-score-adj", "no", oom_words, REST),
    SPECIAL("oom-score-adj-values", "0 200 800", &configOomScores, REST, .flags = CONFIG_MANY),
    YESNO("disable-thp", "yes", REST, .flags = CONFIG_IMMUTABLE),
    YESNO("jemalloc-bg-thread", "yes", REST),
    TEXT("server-cpulist", "", REST, .alias = "server_cpulist", .flags = CONFIG_IMMUTABLE),
    TEXT("bio-cpulist", "", REST, .alias = "bio_cpulist", .flags = CONFIG_IMMUTABLE),
    TEXT("aof-rewrite-cpulist", "", REST, .alias = "aof_rewrite_cpulist",
            .flags = CONFIG_IMMUTABLE),
    TEXT("bgsave-cpulist", "", REST, .alias = "bgsave_cpulist", .flags = CONFIG_IMMUTABLE),
    TEXT("ignore-warnings", "", REST),
    INTEGER("watchdog-period", "0", 0, INT32_MAX, REST, .flags = CONFIG_HIDDEN),

    /* snapshots */
    SPECIAL("save", "3600 1 300 100 60 10000", &configSave, REST,
            .flags = CONFIG_MANY),
    YESNO("stop-writes-on-bgsave-error", "yes", REST),
    YESNO("rdbcompression", "yes", AT(rdb_compression)),
    YESNO("rdbchecksum", "yes", REST, .flags = CONFIG_IMMUTABLE),
    WORD("sanitize-dump-payload", "no", sanitize_words, REST),
    TEXT("dbfilename", "dump.rdb", REST, .flags = CONFIG_PROTECTED, .accept = configAcceptFileName),
    YESNO("rdb-del-sync-files", "no", REST),
    YESNO("rdb-save-incremental-fsync", "yes", REST),
    INTEGER("rdb-key-save-delay", "0", INT32_MIN, INT32_MAX, REST, .flags = CONFIG_HIDDEN),
    INTEGER("key-load-delay", "0", INT32_MIN, INT32_MAX, REST, .flags = CONFIG_HIDDEN),
    INTEGER("loading-process-events-interval-bytes", "2097152", 1024, INT32_MAX, REST,
            .flags = CONFIG_HIDDEN),

    /* append-only file */
    YESNO("appendonly", "no", REST),
    TEXT("appendfilename", "appendonly.aof", REST, .flags = CONFIG_IMMUTABLE,
            .accept = configAcceptSomeFileName),
    TEXT("appenddirname", "appendonlydir", REST, .flags = CONFIG_IMMUTABLE,
            .accept = configAcceptSomeFileName),
    WORD("appendfsync", "everysec", fsync_words, REST),
    YESNO("no-appendfsync-on-rewrite", "no", REST),
    INTEGER("auto-aof-rewrite-percentage", "100", 0, INT32_MAX, REST),
    MEMORY("auto-aof-rewrite-min-size", "67108864", 0, INT64_MAX, REST),
    YESNO("aof-load-truncated", "yes", REST),
    MEMORY("aof-load-corrupt-tail-max-size", "0", 0, INT64_MAX, REST),
    YESNO("aof-use-rdb-preamble", "yes", REST),
    YESNO("aof-timestamp-enabled", "no", REST),
    YESNO("aof-rewrite-incremental-fsync", "yes", REST),
    YESNO("aof-disable-auto-gc", "no", REST, .flags = CONFIG_HIDDEN),
    /* Hidden: tools that set again all that CONFIG GET * tells know the older immutable ones. */
    TEXT("backupdirname", "backupdir", REST, .flags = CONFIG_IMMUTABLE | CONFIG_HIDDEN,
            .accept = configAcceptSomeFileName),
    INTEGER("backup-sealed-ttl", "0", 0, INT32_MAX, REST),
    TEXT("preload-file", "", REST, .flags = CONFIG_IMMUTABLE | CONFIG_HIDDEN,
            .accept = configAcceptPreloadFile),

    /* memory */
    SPECIAL("maxmemory", "0", &configMaxmemory, REST),
    WORD("maxmemory-policy", "noeviction", policies, AT(maxmemory_policy)),
    INTEGER("maxmemory-samples", "5", 1, INT32_MAX, AT(maxmemory_samples)),
    INTEGER("maxmemory-eviction-tenacity", "10", 0, 100, AT(maxmemory_eviction_tenacity)),
    PERCENT("maxmemory-clients", "0", 0, INT64_MAX, AT(maxmemory_clients)),
    INTEGER("lfu-log-factor", "10", 0, INT32_MAX, AT(lfu_log_factor)),
    INTEGER("lfu-decay-time", "1", 0, INT32_MAX, AT(lfu_decay_time)),
    INTEGER("active-expire-effort", "1", 1, 10, AT(active_expire_effort)),
    YESNO("lazyfree-lazy-eviction", "no", AT(lazyfree_lazy_eviction)),
    YESNO("lazyfree-lazy-expire", "no", AT(lazyfree_lazy_expire)),
    YESNO("lazyfree-lazy-server-del", "no", AT(lazyfree_lazy_server_del)),
    YESNO("lazyfree-lazy-user-del", "no", AT(lazyfree_lazy_user_del)),
    YESNO("lazyfree-lazy-user-flush", "no", AT(lazyfree_lazy_user_flush)),
    YESNO("replica-lazy-flush", "no", REST, .alias = "slave-lazy-flush"),
    YESNO("activerehashing", "yes", AT(activerehashing)),
    YESNO("activedefrag", "no", AT(activedefrag)),
    MEMORY("active-defrag-ignore-bytes", "104857600", 1, INT64_MAX, REST),
    INTEGER("active-defrag-threshold-lower", "10", 0, 1000, REST),
    INTEGER("active-defrag-threshold-upper", "100", 0, 1000, REST),
    INTEGER("active-defrag-cycle-min", "1", 1, 99, REST),
    INTEGER("active-defrag-cycle-max", "25", 1, 99, AT(active_defrag_cycle_max)),
    INTEGER("active-defrag-max-scan-fields", "1000", 1, INT64_MAX, REST),

    /* reclaim */
    YESNO("reclaim-enabled", "yes", AT(reclaim_enabled)),
    INTEGER("reclaim-slice-us", "250", 10, 100000, AT(reclaim_slice_us)),
    INTEGER("reclaim-idle-slice-us", "500", 10, 100000, AT(reclaim_idle_slice_us)),

    /* data */
    SPECIAL("notify-keyspace-events", "", &configNotify, REST),
    MEMORY("hll-sparse-max-bytes", "3000", 0, INT64_MAX, AT(hll_sparse_max_bytes)),
    INTEGER("hash-max-listpack-entries", "512", 0, INT64_MAX, AT(types.hash_listpack_entries),
            .alias = "hash-max-ziplist-entries"),
    MEMORY("hash-max-listpack-value", "64", 0, INT64_MAX, AT(types.hash_listpack_value), .alias = "hash-max-ziplist-value"),
    INTEGER("hash-min-template-entries", "0", 0, INT32_MAX, REST),
    INTEGER("hash-max-template-entries", "0", 0, INT32_MAX, REST),
    INTEGER("hash-rdb-load-min-template-entries", "0", 0, INT32_MAX, REST),
    INTEGER("hash-rdb-load-max-template-entries", "0", 0, INT32_MAX, REST),
    INTEGER("hash-rdb-load-template-disassembly-threshold", "0", 0, INT32_MAX, REST),
    INTEGER("list-max-listpack-size", "-2", INT32_MIN, INT32_MAX, AT(types.list_listpack_size),
            .alias = "list-max-ziplist-size"),
    INTEGER("list-compress-depth", "0", 0, INT32_MAX, AT(types.list_compress_depth)),
    INTEGER("set-max-intset-entries", "512", 0, INT64_MAX, AT(types.set_intset_entries)),
    INTEGER("set-max-listpack-entries", "128", 0, INT64_MAX, AT(types.set_listpack_entries)),
    MEMORY("set-max-listpack-value", "64", 0, INT64_MAX, AT(types.set_listpack_value)),
    INTEGER("zset-max-listpack-entries", "128", 0, INT64_MAX, AT(types.zset_listpack_entries),
            .alias = "zset-max-ziplist-entries"),
    MEMORY("zset-max-listpack-value", "64", 0, INT64_MAX, AT(types.zset_listpack_value), .alias = "zset-max-ziplist-value"),
    MEMORY("stream-node-max-bytes", "4096", 0, INT64_MAX, AT(types.stream_node_bytes)),
    INTEGER("stream-node-max-entries", "100", 0, INT64_MAX, AT(types.stream_node_entries)),
    INTEGER("stream-idmp-duration", "100", 1, 86400, AT(stream_idmp_duration)),
    INTEGER("stream-idmp-maxsize", "100", 1, 10000, AT(stream_idmp_maxsize)),
    YESNO("key-memory-histograms", "no", REST),

    /* observing */
    INTEGER("slowlog-log-slower-than", "10000", -1, INT64_MAX, REST),
    INTEGER("slowlog-max-len", "128", 0, INT64_MAX, REST),
    INTEGER("slowlog-max-argc", "32", 1, INT32_MAX, REST),
    INTEGER("latency-monitor-threshold", "0", 0, INT64_MAX, REST),
    YESNO("latency-tracking", "yes", REST),
    SPECIAL("latency-tracking-info-percentiles", "50 99 99.9", &configPercentiles, REST,
            .flags = CONFIG_MANY),
    INTEGER("tracking-table-max-keys", "1000000", 0, INT64_MAX, AT(tracking_table_max_keys)),

    /* access lists */
    TEXT("aclfile", "", REST, .flags = CONFIG_IMMUTABLE | CONFIG_INERT),
    INTEGER("acllog-max-len", "128", 0, INT64_MAX, REST),
    WORD("acl-pubsub-default", "resetchannels", channel_words, REST),

    /* scripts */
    INTEGER("busy-reply-threshold", "5000", 0, INT64_MAX, AT(busy_reply_threshold),
            .alias = "lua-time-limit"),

    /* replication */
    SPECIAL("replicaof", "", &configReplicaof, REST, .alias = "slaveof",
            .flags = CONFIG_IMMUTABLE | CONFIG_MANY | CONFIG_INERT),
    TEXT("masteruser", "", REST, .flags = CONFIG_SECRET),
    PASSWORD("masterauth", "", REST),
    YESNO("replica-serve-stale-data", "yes", REST, .alias = "slave-serve-stale-data"),
    YESNO("replica-read-only", "yes", REST, .alias = "slave-read-only"),
    YESNO("replica-ignore-maxmemory", "yes", REST, .alias = "slave-ignore-maxmemory"),
    YESNO("replica-ignore-disk-write-errors", "no", REST),
    INTEGER("replica-priority", "100", 0, INT32_MAX, REST, .alias = "slave-priority"),
    YESNO("replica-announced", "yes", REST),
    TEXT("replica-announce-ip", "", REST, .alias = "slave-announce-ip"),
    INTEGER("replica-announce-port", "0", 0, 65535, REST, .alias = "slave-announce-port"),
    MEMORY("repl-backlog-size", "1048576", 1, INT64_MAX, REST, .accept = configAcceptBacklog),
    INTEGER("repl-backlog-ttl", "3600", 0, INT64_MAX, REST),
    INTEGER("repl-timeout", "60", 1, INT32_MAX, REST),
    INTEGER("repl-ping-replica-period", "10", 1, INT32_MAX, REST,
            .alias = "repl-ping-slave-period"),
    YESNO("repl-disable-tcp-nodelay", "no", REST),
    YESNO("repl-diskless-sync", "yes", REST),
    INTEGER("repl-diskless-sync-delay", "5", 0, INT32_MAX, REST),
    INTEGER("repl-diskless-sync-max-replicas", "0", 0, INT32_MAX, REST),
    WORD("repl-diskless-load", "disabled", diskless_words, REST, .flags = CONFIG_NOT_LOADING),
    INTEGER("min-replicas-to-write", "0", 0, INT32_MAX, REST, .alias = "min-slaves-to-write"),
    INTEGER("min-replicas-max-lag", "10", 0, INT32_MAX, REST, .alias = "min-slaves-max-lag"),
    WORD("propagation-error-behavior", "ignore", propagation_words, REST),

    /* cluster */
    YESNO("cluster-enabled", "no", REST, .flags = CONFIG_IMMUTABLE | CONFIG_INERT),
    TEXT("cluster-config-file", "nodes.conf", REST, .flags = CONFIG_IMMUTABLE),
    INTEGER("cluster-port", "0", 0, 65535, REST, .flags = CONFIG_IMMUTABLE),
    INTEGER("cluster-node-timeout", "15000", 0, INT64_MAX, REST),
    INTEGER("cluster-ping-interval", "1000", 1, INT32_MAX, REST, .flags = CONFIG_HIDDEN),
    YESNO("cluster-require-full-coverage", "yes", REST),
    YESNO("cluster-allow-reads-when-down", "no", REST),
    YESNO("cluster-allow-pubsubshard-when-down", "yes", REST),
    YESNO("cluster-allow-replica-migration", "yes", REST),
    INTEGER("cluster-migration-barrier", "1", 0, INT32_MAX, REST),
    INTEGER("cluster-replica-validity-factor", "10", 0, INT32_MAX, REST,
            .alias = "cluster-slave-validity-factor"),
    YESNO("cluster-replica-no-failover", "no", REST, .alias = "cluster-slave-no-failover"),
    MEMORY("cluster-link-sendbuf-limit", "0", 0, INT64_MAX, REST),
    TEXT("cluster-announce-ip", "", REST),
    TEXT("cluster-announce-hostname", "", REST, .accept = configAcceptHostname),
    TEXT("cluster-announce-human-nodename", "", REST, .accept = configAcceptHostname),
    INTEGER("cluster-announce-port", "0", 0, 65535, REST),
    INTEGER("cluster-announce-tls-port", "0", 0, 65535, REST),
    INTEGER("cluster-announce-bus-port", "0", 0, 65535, REST),
    WORD("cluster-preferred-endpoint-type", "ip", endpoint_words, REST),
    YESNO("cluster-slot-stats-enabled", "no", REST),
    MEMORY("cluster-slot-migration-handoff-max-lag-bytes", "1048576", 0, INT64_MAX, REST),
    INTEGER("cluster-slot-migration-write-pause-timeout", "10000", 0, INT64_MAX, REST),
};
/* clang-format on */

const int configRowCount = sizeof configRows / sizeof configRows[0];
_Static_assert(sizeof configRows / sizeof configRows[0] <= CONFIG_ROWS_MAX,
               "raise CONFIG_ROWS_MAX");
