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

enum { CONFIG_BINDS = 16, CONFIG_LIMIT_CLASSES = 3, CONFIG_SAVE_POINTS = 16 };

/* client-output-buffer-limit of one class: normal, replica, pubsub. */
typedef struct outputLimit {
    uint64_t hard_bytes, soft_bytes;
    int64_t soft_seconds;
} outputLimit;

typedef struct savePoint {
    int64_t seconds, changes;
} savePoint;

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
    int64_t max_new_connections_per_cycle;
    bool protected_mode;
    char *requirepass;
    int64_t proto_max_bulk_len, client_query_buffer_limit;
    outputLimit output_limits[CONFIG_LIMIT_CLASSES];
    /* general */
    int64_t databases, hz;
    bool daemonize;
    char *pidfile, *logfile, *dir;
    int loglevel, supervised;
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
    int64_t maxmemory_samples, lfu_log_factor, lfu_decay_time;
    bool lazyfree_lazy_user_flush, lazyfree_lazy_user_del, lazyfree_lazy_server_del;
    bool lazyfree_lazy_expire, lazyfree_lazy_eviction;
    bool activedefrag, activerehashing;
    int64_t active_expire_effort;
    /* the background task (Ebb's own) */
    bool reclaim_enabled;
    int64_t reclaim_slice_us, reclaim_idle_slice_us;
    /* data */
    uint32_t notify_keyspace_events; /* NOTIFY_* bits */
    int64_t hll_sparse_max_bytes;
    /* the rest hangs behind the table: see config_table.c */
    struct configRest *rest;
};

/* Defaults. */
void configInit(config *c);
void configClear(config *c);

/* Registers what must happen when 'name' changes at run time. The latest registration counts. */
void configOnChange(config *c, const char *name, configChanged changed, void *ctx);

/* Reads a file (NULL: none; "-": standard input), then "--name value ..." arguments over it. On
 * failure returns a negative ERR_* and fills 'error' with what is wrong and where (file, line
 * number, text). */
int configLoad(config *c, const char *path, int argc, char **argv, char *error, size_t error_room);

/* CONFIG GET: visit gets each directive whose name matches one of the patterns, once. */
void configGet(const config *c, const bytes *patterns, int count,
               void (*visit)(void *ctx, const char *name, bytes value), void *ctx);

/* CONFIG SET of several at once, all or none. On failure 'error' has the text after
 * "ERR CONFIG SET failed (possibly related to argument 'x') - " or the whole one; see the .c. */
int configSet(config *c, const bytes *names, const bytes *values, int count, char *error,
              size_t error_room);

/* CONFIG REWRITE: the file it was loaded from, its comments and order kept; written anew, synced
 * and renamed. */
int configRewrite(config *c, char *error, size_t error_room);

#endif
