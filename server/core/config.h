/* config.h - every directive of redis.conf: its value now, its default, how it is read and written.
 *
 * One table (config_table.c) has a row a directive: name, alias, type, default, bounds, where the
 * value lives in struct config, whether it may change at run time. The file reader, the command
 * line, CONFIG GET, SET and REWRITE all work from those rows. Directives without meaning here are
 * rows too: accepted, kept, reported, and logged once.
 *
 * Knows no server: what must happen when a value changes is registered by name (configOnChange) by
 * the floor that it concerns. Owns all its strings. */
#ifndef EBB_SERVER_CORE_CONFIG_H
#define EBB_SERVER_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/types/type_limits.h"

enum { CONFIG_BINDS = 16, CONFIG_LIMIT_CLASSES = 3, CONFIG_SAVE_POINTS = 16 };

/* client-output-buffer-limit of one class: normal, replica, pubsub. */
typedef struct outputLimit {
    uint64_t hard_bytes, soft_bytes;
    int64_t soft_seconds;
} outputLimit;

typedef struct savePoint {
    int64_t seconds, changes;
} savePoint;

/* Values of word directives. */
enum { CONFIG_NO, CONFIG_YES, CONFIG_LOCAL }; /* enable-*-command, enable-protected-configs */
enum { SUPERVISED_NO, SUPERVISED_AUTO, SUPERVISED_SYSTEMD, SUPERVISED_UPSTART };
enum {
    SHUTDOWN_DEFAULT = 0,
    SHUTDOWN_SAVE = 1,
    SHUTDOWN_NOSAVE = 2,
    SHUTDOWN_NOW = 4,
    SHUTDOWN_FORCE = 8
};
enum {
    POLICY_LRU = 1, /* or-ed with POLICY_ALLKEYS, else volatile */
    POLICY_LFU = 2,
    POLICY_RANDOM = 4,
    POLICY_TTL = 8,
    POLICY_ALLKEYS = 16,
    POLICY_NOEVICTION = 32,
    POLICY_LRM = 64 /* by the last write; reads leave no trace */
};
enum { FSYNC_NO, FSYNC_EVERY_SECOND, FSYNC_ALWAYS };
enum { DISKLESS_LOAD_NO, DISKLESS_LOAD_WHEN_EMPTY, DISKLESS_LOAD_SWAPDB };
enum { PROPAGATION_IGNORE, PROPAGATION_PANIC, PROPAGATION_PANIC_ON_REPLICAS };
enum { ENDPOINT_IP, ENDPOINT_HOSTNAME, ENDPOINT_UNKNOWN };
enum { OOM_SCORE_NO, OOM_SCORE_RELATIVE, OOM_SCORE_ABSOLUTE };
enum { CHANNELS_NONE, CHANNELS_ALL };
enum { TLS_USER_OFF, TLS_USER_CN };
enum { TLS_CLIENTS_OPTIONAL = 2 }; /* tls-auth-clients, besides CONFIG_NO and CONFIG_YES */
enum { SANITIZE_CLIENTS = 2 };     /* sanitize-dump-payload, likewise */

typedef struct config config;

/* Called after a value was set; false, with 'error' filled, refuses it and the old value comes
 * back. */
typedef bool (*configChanged)(void *ctx, config *c, char *error, size_t error_room);

struct config {
    /* network */
    int64_t port;
    char *binds[CONFIG_BINDS];
    int bind_count;
    char *unixsocket;
    int64_t unixsocketperm; /* octal, 0: leave */
    int64_t tcp_backlog, tcp_keepalive, timeout, maxclients;
    int64_t client_default_resp; /* what a connection speaks until HELLO */
    int64_t max_new_connections_per_cycle;
    bool protected_mode;
    int64_t metrics_port;
    char *metrics_bind;
    bytes requirepass; /* its bytes are the config's; any byte may be in it, zero too */
    int64_t proto_max_bulk_len, client_query_buffer_limit;
    outputLimit output_limits[CONFIG_LIMIT_CLASSES];
    /* general */
    int64_t databases, hz;
    bool daemonize;
    char *pidfile, *logfile, *dir;
    int loglevel, log_format, supervised;
    bool syslog_enabled;
    char *syslog_ident;
    int syslog_facility;
    bool crash_log_enabled, hide_user_data_from_log;
    int enable_debug_command, enable_protected_configs; /* 0 no, 1 yes, 2 local */
    bool set_proc_title;
    char *proc_title_template;
    bool always_show_logo;
    int shutdown_on_sigterm, shutdown_on_sigint;
    int64_t shutdown_timeout;
    savePoint saves[CONFIG_SAVE_POINTS];
    int save_count;
    /* memory */
    uint64_t maxmemory;
    int maxmemory_policy;
    int64_t maxmemory_samples, maxmemory_eviction_tenacity, lfu_log_factor, lfu_decay_time;
    int64_t maxmemory_clients;       /* bytes; negative: percent of maxmemory */
    int64_t tracking_table_max_keys; /* 0: no limit */
    int64_t busy_reply_threshold;    /* ms; 0: never */
    bool lazyfree_lazy_user_flush, lazyfree_lazy_user_del, lazyfree_lazy_server_del;
    bool lazyfree_lazy_expire, lazyfree_lazy_eviction;
    bool activedefrag, activerehashing;
    int64_t active_defrag_cycle_max;
    int64_t active_expire_effort;
    /* the background task (Ebb's own) */
    bool reclaim_enabled;
    int64_t reclaim_slice_us, reclaim_idle_slice_us;
    /* data */
    uint32_t notify_keyspace_events; /* NOTIFY_* bits */
    int64_t hll_sparse_max_bytes;
    typeLimits types;
    int64_t stream_idmp_duration, stream_idmp_maxsize; /* seconds; ids kept */
    bool rdb_compression;
    /* the rest hangs behind the table: see config_table.c */
    struct configRest *rest;
};

/* Defaults. Moves with its struct: nothing in it points back. */
void configInit(config *c);
void configClear(config *c);

/* Registers what must happen when 'name' changes at run time: called once after the values of a
 * CONFIG SET stand, for all names that share 'changed' and 'ctx', in the order of registration. */
void configOnChange(config *c, const char *name, configChanged changed, void *ctx);

/* Reads a file (NULL: none), standard input where 'read_stdin', then the lines of 'options' (see
 * configOptions; NULL: none) as one text. On failure returns a negative ERR_* and fills 'error':
 * what is wrong and where (line number, text), as it is printed before the process ends. */
int configLoad(config *c, const char *path, bool read_stdin, const char *options, char *error,
               size_t error_room);

/* The lines that the arguments "--name value ..." stand for; to be freed with memFree. */
char *configOptions(int argc, char **argv);

/* CONFIG GET: visits each directive whose name or alias matches one of the patterns, once; a whole
 * name is given back as it was spelled. */
void configGet(const config *c, const bytes *patterns, int count,
               void (*visit)(void *ctx, bytes name, bytes value), void *ctx);

/* Whether this directive stays as it is while data are loaded. */
bool configFixedWhileLoading(bytes name);

/* CONFIG SET of several at once, all or none. 'may_set_protected': enable-protected-configs lets
 * this client. On failure returns a negative ERR_* and 'error' has the whole text after "ERR ". */
int configSet(config *c, const bytes *names, const bytes *values, int count, bool may_set_protected,
              char *error, size_t error_room);

/* CONFIG REWRITE: the file it was loaded from, its comments and order kept; written anew, synced
 * and renamed. 'everything' writes defaults too. The text of 'error' is the whole one after "ERR ".
 */
int configRewrite(config *c, bool everything, char *error, size_t error_room);
/* The file it was loaded from, absolute; "" if none. */
const char *configPath(const config *c);

/* A value by name or alias, for directives without a field: numbers, yes/no as 1 and 0, words as
 * their CONFIG_* values. An unknown name or another type is a programmer's error. Costs a search.
 */
int64_t configInt(const config *c, const char *name);
/* Never NULL; borrowed until the next change. */
const char *configStr(const config *c, const char *name);
/* The same for passwords (masterauth), which may hold any byte. */
bytes configBytes(const config *c, const char *name);
/* Percentages of maxmemory-clients and kin are negative: -5 is 5%. */

/* How maxmemory was written: 0 in bytes, 1 to 100 in percent of what there was, or auto. */
enum { CONFIG_MAXMEMORY_AUTO = -1 };
int configMaxmemoryForm(const config *c);

/* The percentiles of latency-tracking-info-percentiles; how many. */
int configShownPercentiles(const config *c, const double **out);

/* A value of oom-score-adj-values: 0 of a primary, 1 of a replica, 2 of a child that saves. */
int64_t configOomScore(const config *c, int role);

/* True if the value of the directive is told to nobody: passwords. */
bool configIsSecret(bytes name);

/* Visits rename-command (first, second), loadmodule and user (first: the rest of the line) in the
 * order of the file; 'second' is "" where there is none. */
void configEachExtra(const config *c, const char *name,
                     void (*visit)(void *ctx, const char *first, const char *second), void *ctx);

/* Visits each directive that was set and has no effect in this version. */
void configEachInert(const config *c, void (*visit)(void *ctx, const char *name), void *ctx);

/* All directives, aliases not; for tests and tools. */
void configEachName(void (*visit)(void *ctx, const char *name, const char *alias), void *ctx);

/* The letters of notify-keyspace-events as NOTIFY_* bits. False for an unknown letter. */
bool configParseNotify(bytes letters, uint32_t *flags);

#endif
