/* persist_stats.h - where saving and loading stand: for INFO, gates, save points and whoever asks.
 *
 * Filled by server/jobs: save_job and load_job (loading, rdb), the AOF's (aof), child (fork). */
#ifndef EBB_SERVER_CORE_PERSIST_STATS_H
#define EBB_SERVER_CORE_PERSIST_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum childKind { CHILD_NONE, CHILD_RDB, CHILD_AOF, CHILD_REPLICA } childKind;

typedef struct persistStats {
    /* loading */
    bool loading;       /* commands without CMD_LOADING are refused */
    bool async_loading; /* beside old data that is served */
    int64_t loading_start_ms;
    uint64_t loading_total_bytes, loading_loaded_bytes;
    uint64_t loading_rdb_used_mem; /* as the file says */
    /* rdb */
    uint64_t dirty_saved;   /* server.dirty that the file on disk has; what is above is not saved */
    uint64_t dirty_at_save; /* server.dirty when the child that saves was forked */
    int64_t last_save_ms;
    bool last_bgsave_failed;
    int64_t bgsave_start_ms; /* of the one that runs; 0: none */
    int64_t bgsave_tried_ms; /* the last attempt */
    int64_t last_bgsave_s;   /* -1: none so far */
    uint64_t rdb_saves;
    uint64_t rdb_last_cow_bytes;
    uint64_t rdb_keys_expired, rdb_keys_loaded; /* of the last load */
    bool bgsave_scheduled;
    /* aof; filled by its job */
    bool aof_enabled;
    bool aof_rewrite_scheduled;
    bool backup_in_progress;
    int64_t aof_rewrite_start_ms; /* of the one that runs; 0: none */
    int64_t aof_last_rewrite_s;   /* -1: none so far */
    bool aof_last_rewrite_failed, aof_last_write_failed;
    bool aof_sync_failed; /* and the log was not made anew since */
    uint64_t aof_rewrites, aof_rewrite_failures_in_a_row;
    uint64_t aof_last_cow_bytes;
    uint64_t aof_size, aof_base_size, aof_buffer_bytes;
    uint64_t aof_pending_rewrite, aof_pending_bio_fsync, aof_delayed_fsync;
    /* the child that lives, or lived last */
    childKind child;
    uint64_t cow_bytes, cow_peak;
    int64_t cow_told_ms; /* when it told; 0: not yet */
    uint64_t save_keys_done, save_keys_total;
    uint64_t last_fork_us, forks;
} persistStats;

#endif
