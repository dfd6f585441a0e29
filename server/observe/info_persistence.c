/* The section of INFO on persistence: what s->persist says. */
#include "server/observe/info_internal.h"

typedef unsigned long long count;

static const char *status(bool has_failed) {
    return has_failed ? "err" : "ok";
}

/* Seconds since 'start_ms', -1 where that is 0. */
static long long running(const server *s, int64_t start_ms) {
    return start_ms ? (s->now_ms - start_ms) / 1000 : -1;
}

static void child(const server *s, infoText *t) {
    const persistStats *p = &s->persist;
    double part = p->save_keys_total ? (double)p->save_keys_done / (double)p->save_keys_total : 0;
    long long age_s = p->cow_told_ms ? (s->now_ms - p->cow_told_ms) / 1000 : 0;
    infoLine(t, "current_cow_peak:%llu", (count)p->cow_peak);
    infoLine(t, "current_cow_size:%llu", (count)p->cow_bytes);
    infoLine(t, "current_cow_size_age:%lld", age_s);
    infoLine(t, "current_fork_perc:%.2f", 100 * part);
    infoLine(t, "current_save_keys_processed:%llu", (count)p->save_keys_done);
    infoLine(t, "current_save_keys_total:%llu", (count)p->save_keys_total);
}

static void rdb(const server *s, infoText *t) {
    const persistStats *p = &s->persist;
    infoLine(t, "rdb_changes_since_last_save:%llu", (count)(s->dirty - p->dirty_saved));
    infoLine(t, "rdb_bgsave_in_progress:%d", p->child == CHILD_RDB);
    infoLine(t, "rdb_last_save_time:%lld", (long long)p->last_save_ms / 1000);
    infoLine(t, "rdb_last_bgsave_status:%s", status(p->last_bgsave_failed));
    infoLine(t, "rdb_last_bgsave_time_sec:%lld", (long long)p->last_bgsave_s);
    infoLine(t, "rdb_current_bgsave_time_sec:%lld", running(s, p->bgsave_start_ms));
    infoLine(t, "rdb_saves:%llu", (count)p->rdb_saves);
    infoLine(t, "rdb_last_cow_size:%llu", (count)p->rdb_last_cow_bytes);
    infoLine(t, "rdb_last_load_keys_expired:%llu", (count)p->rdb_keys_expired);
    infoLine(t, "rdb_last_load_keys_loaded:%llu", (count)p->rdb_keys_loaded);
}

static void aof(const server *s, infoText *t) {
    const persistStats *p = &s->persist;
    infoLine(t, "aof_enabled:%d", p->aof_enabled);
    infoLine(t, "aof_rewrite_in_progress:%d", p->child == CHILD_AOF);
    infoLine(t, "aof_rewrite_scheduled:%d", p->aof_rewrite_scheduled);
    infoLine(t, "aof_last_rewrite_time_sec:%lld", (long long)p->aof_last_rewrite_s);
    infoLine(t, "aof_current_rewrite_time_sec:%lld", running(s, p->aof_rewrite_start_ms));
    infoLine(t, "aof_last_bgrewrite_status:%s", status(p->aof_last_rewrite_failed));
    infoLine(t, "aof_rewrites:%llu", (count)p->aof_rewrites);
    infoLine(t, "aof_rewrites_consecutive_failures:%llu", (count)p->aof_rewrite_failures_in_a_row);
    infoLine(t, "aof_last_write_status:%s", status(p->aof_last_write_failed));
    infoLine(t, "aof_last_fsync_status:%s", status(p->aof_sync_failed));
    infoLine(t, "aof_last_cow_size:%llu", (count)p->aof_last_cow_bytes);
    infoLine(t, "backup_in_progress:%d", p->backup_in_progress);
    infoLine(t, "module_fork_in_progress:0");
    infoLine(t, "module_fork_last_cow_size:0");
    if (!p->aof_enabled) return;
    infoLine(t, "aof_current_size:%llu", (count)p->aof_size);
    infoLine(t, "aof_base_size:%llu", (count)p->aof_base_size);
    infoLine(t, "aof_pending_rewrite:%llu", (count)p->aof_pending_rewrite);
    infoLine(t, "aof_buffer_length:%llu", (count)p->aof_buffer_bytes);
    infoLine(t, "aof_pending_bio_fsync:%llu", (count)p->aof_pending_bio_fsync);
    infoLine(t, "aof_delayed_fsync:%llu", (count)p->aof_delayed_fsync);
}

static void loading(const server *s, infoText *t) {
    const persistStats *p = &s->persist;
    double total = (double)p->loading_total_bytes, done = (double)p->loading_loaded_bytes;
    double spent_s = (double)(s->now_ms - p->loading_start_ms) / 1000;
    long long eta_s = done > 0 ? (long long)(spent_s * (total - done) / done) : 1;
    infoLine(t, "loading_start_time:%lld", (long long)p->loading_start_ms / 1000);
    infoLine(t, "loading_total_bytes:%llu", (count)p->loading_total_bytes);
    infoLine(t, "loading_rdb_used_mem:%llu", (count)p->loading_rdb_used_mem);
    infoLine(t, "loading_loaded_bytes:%llu", (count)p->loading_loaded_bytes);
    infoLine(t, "loading_loaded_perc:%.2f", total > 0 ? 100 * done / total : 0.0);
    infoLine(t, "loading_eta_seconds:%lld", eta_s < 0 ? 0 : eta_s);
}

void infoPersistence(server *s, infoText *t) {
    infoLine(t, "loading:%d", s->persist.loading && !s->persist.async_loading);
    infoLine(t, "async_loading:%d", s->persist.async_loading);
    child(s, t);
    rdb(s, t);
    aof(s, t);
    if (s->persist.loading) loading(s, t);
}
