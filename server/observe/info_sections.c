/* The sections of INFO but memory. What belongs to floors that are not there yet stands with its
 * neutral value, because monitoring tools look for it. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "expire/cycle/reclaim.h"
#include "server/core/error_stats.h"
#include "server/core/memory_guard.h"
#include "server/core/peer_link.h"
#include "server/observe/info_internal.h"
#include "server/session/block.h"
#include "server/session/pubsub.h"
#include "server/session/tracking.h"
#include "server/session/watch.h"
#include "storage/base/digest.h"
#include "storage/db/db_fields.h"

typedef unsigned long long count;

/* Which supervisor was told that this process is ready: the one asked for, if it is there. */
static const char *supervisorName(int wanted) {
    bool any = wanted == SUPERVISED_AUTO;
    if ((any || wanted == SUPERVISED_UPSTART) && getenv("UPSTART_JOB")) return "upstart";
    if ((any || wanted == SUPERVISED_SYSTEMD) && getenv("NOTIFY_SOCKET")) return "systemd";
    return "no";
}

static void executable(const server *s, infoText *t) {
    char path[4096];
    if (s->executable) {
        infoLine(t, "executable:%s", s->executable);
        return;
    }
    ssize_t size = readlink("/proc/self/exe", path, sizeof path);
    infoLine(t, "executable:%.*s", size > 0 ? (int)size : 0, path);
}

static void listeners(const server *s, infoText *t) {
    int next = 0;
    if (s->tcp_port) {
        char binds[2048];
        size_t size = 0;
        for (int i = 0; i < s->config.bind_count && size < sizeof binds; i++) {
            int part = snprintf(binds + size, sizeof binds - size, ",bind=%s", s->config.binds[i]);
            size += part > 0 ? (size_t)part : 0;
        }
        infoLine(t, "listener%d:name=tcp%s,port=%d", next++, size ? binds : "", s->tcp_port);
    }
    if (s->config.unixsocket && *s->config.unixsocket)
        infoLine(t, "listener%d:name=unix,bind=%s", next, s->config.unixsocket);
}

void infoServer(server *s, infoText *t) {
    struct utsname name = {0};
    uname(&name);
    uint64_t uptime_s = (s->now_ns - s->started_ns) / 1000000000;
    infoLine(t, "redis_version:%s", EBB_REDIS_VERSION);
    infoLine(t, "server_name:ebb");
    infoLine(t, "ebb_version:%s", EBB_VERSION);
    infoLine(t, "redis_git_sha1:00000000");
    infoLine(t, "redis_git_dirty:0");
    infoLine(t, "redis_build_id:%016llx", (count)digestXxh3(BYTES(EBB_VERSION)));
    infoLine(t, "redis_mode:standalone");
    infoLine(t, "os:%s %s %s", name.sysname, name.release, name.machine);
    infoLine(t, "arch_bits:%d", (int)sizeof(void *) * 8);
    infoLine(t, "monotonic_clock:POSIX clock_gettime");
    infoLine(t, "multiplexing_api:epoll");
    infoLine(t, "atomicvar_api:c11-builtin");
    infoLine(t, "gcc_version:%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
    infoLine(t, "process_id:%d", (int)getpid());
    infoLine(t, "process_supervised:%s", supervisorName(s->config.supervised));
    infoLine(t, "run_id:%s", s->run_id);
    infoLine(t, "tcp_port:%d", s->tcp_port);
    infoLine(t, "server_time_usec:%lld", (long long)s->now_us);
    infoLine(t, "uptime_in_seconds:%llu", (count)uptime_s);
    infoLine(t, "uptime_in_days:%llu", (count)uptime_s / 86400);
    infoLine(t, "hz:%lld", (long long)s->config.hz);
    infoLine(t, "configured_hz:%lld", (long long)s->config.hz);
    infoLine(t, "lru_clock:%u", s->access_clock);
    executable(s, t);
    infoLine(t, "config_file:%s", s->config_path ? s->config_path : "");
    infoLine(t, "io_threads_active:0");
    listeners(s, t);
}

typedef struct clientCounts {
    size_t connected, blocked;
    size_t input_max, output_max;
} clientCounts;

static clientCounts countClients(server *s) {
    clientCounts n = {.input_max = (size_t)s->stats.query_size_max,
                      .output_max = (size_t)s->stats.reply_chunk_max};
    CHAIN_EACH(&s->clients, node) {
        const client *c = CHAIN_ITEM(node, client, in_server);
        if (c->flags & CLIENT_NO_CONN) continue;
        n.connected += !(c->flags & CLIENT_REPLICA);
        n.blocked += (c->flags & (CLIENT_BLOCKED | CLIENT_PAUSED)) != 0;
        size_t output = replyBufMemory(&c->out);
        if (c->pending_capacity > n.input_max) n.input_max = c->pending_capacity;
        if (output > n.output_max) n.output_max = output;
    }
    return n;
}

void infoClients(server *s, infoText *t) {
    clientCounts n = countClients(s);
    blockStats waiting = blockStatsOf(s);
    infoLine(t, "connected_clients:%zu", n.connected);
    infoLine(t, "cluster_connections:0");
    infoLine(t, "maxclients:%lld", (long long)s->config.maxclients);
    infoLine(t, "client_recent_max_input_buffer:%zu", n.input_max);
    infoLine(t, "client_recent_max_output_buffer:%zu", n.output_max);
    infoLine(t, "blocked_clients:%zu", n.blocked);
    infoLine(t, "tracking_clients:%zu", trackingStatsOf(s).clients);
    infoLine(t, "pubsub_clients:%zu", pubsubClients(s));
    infoLine(t, "watching_clients:%zu", watchClients(s));
    infoLine(t, "clients_in_timeout_table:%zu", waiting.with_timeout);
    infoLine(t, "total_watched_keys:%zu", watchKeys(s));
    infoLine(t, "total_blocking_keys:%zu", waiting.keys);
    infoLine(t, "total_blocking_keys_on_nokey:%zu", waiting.keys_even_if_gone);
}

static void traffic(const server *s, infoText *t, const infoRates *rates) {
    const stats *n = &s->stats;
    infoLine(t, "total_connections_received:%llu", (count)n->connections);
    infoLine(t, "total_commands_processed:%llu", (count)n->commands);
    infoLine(t, "instantaneous_ops_per_sec:%llu", (count)rates->commands_per_second);
    infoLine(t, "total_net_input_bytes:%llu", (count)n->net_input_bytes);
    infoLine(t, "total_net_output_bytes:%llu", (count)n->net_output_bytes);
    infoLine(t, "total_net_repl_input_bytes:0");
    infoLine(t, "total_net_repl_output_bytes:0");
    infoLine(t, "instantaneous_input_kbps:%.2f", rates->input_kib_per_second);
    infoLine(t, "instantaneous_output_kbps:%.2f", rates->output_kib_per_second);
    infoLine(t, "instantaneous_input_repl_kbps:0.00");
    infoLine(t, "instantaneous_output_repl_kbps:0.00");
    infoLine(t, "rejected_connections:%llu", (count)n->rejected_connections);
    infoLine(t, "sync_full:0");
    infoLine(t, "sync_partial_ok:0");
    infoLine(t, "sync_partial_err:0");
}

static void removals(const server *s, infoText *t) {
    const stats *n = &s->stats;
    infoLine(t, "expired_subkeys:%llu", (count)n->expired_subkeys);
    infoLine(t, "expired_keys:%llu", (count)n->expired_keys);
    /* Nothing is sampled, so no share of stale keys has to be estimated. */
    infoLine(t, "expired_stale_perc:0.00");
    infoLine(t, "expired_time_cap_reached_count:%llu", (count)n->expire_time_cap_reached);
    infoLine(t, "expire_cycle_cpu_milliseconds:%llu", (count)n->expire_ns / 1000000);
    infoLine(t, "evicted_keys:%llu", (count)n->evicted_keys);
    infoLine(t, "evicted_clients:%llu", (count)n->evicted_clients);
    infoLine(t, "evicted_scripts:%llu", (count)n->evicted_scripts);
    const memlimit *limit = &s->memory->limit;
    infoLine(t, "total_eviction_exceeded_time:%lld",
             (long long)memlimitTotalOverMs(limit, s->now_ms));
    infoLine(t, "current_eviction_exceeded_time:%lld", (long long)memlimitOverMs(limit, s->now_ms));
    infoLine(t, "keyspace_hits:%llu", (count)n->hits);
    infoLine(t, "keyspace_misses:%llu", (count)n->misses);
}

/* What others do by activedefrag the background task does by itself: items moved, keys among them,
 * milliseconds. Nothing is moved in vain. */
static void defrag(const server *s, infoText *t) {
    uint64_t began_ns = s->reclaim ? reclaimStatsOf(s->reclaim).pass_began_ns : 0;
    infoLine(t, "active_defrag_hits:%llu", (count)s->stats.reclaim_moved);
    infoLine(t, "active_defrag_misses:0");
    infoLine(t, "active_defrag_key_hits:%llu", (count)s->stats.reclaim_moved_keys);
    infoLine(t, "active_defrag_key_misses:0");
    infoLine(t, "total_active_defrag_time:%llu", (count)s->stats.reclaim_moving_ns / 1000000);
    infoLine(t, "current_active_defrag_time:%llu",
             began_ns ? (count)(s->now_ns - began_ns) / 1000000 : 0);
}

static void features(const server *s, infoText *t) {
    trackingStats tracked = trackingStatsOf(s);
    infoLine(t, "pubsub_channels:%zu", pubsubCount(s, PUBSUB_CHANNEL));
    infoLine(t, "pubsub_patterns:%zu", pubsubCount(s, PUBSUB_PATTERN));
    infoLine(t, "pubsubshard_channels:%zu", pubsubCount(s, PUBSUB_SHARD));
    infoLine(t, "latest_fork_usec:%llu", (count)s->persist.last_fork_us);
    infoLine(t, "total_forks:%llu", (count)s->persist.forks);
    infoLine(t, "migrate_cached_sockets:%zu", peerLinksKept(s));
    infoLine(t, "slave_expires_tracked_keys:0");
    defrag(s, t);
    infoLine(t, "tracking_total_keys:%zu", tracked.keys);
    infoLine(t, "tracking_total_items:%zu", tracked.items);
    infoLine(t, "tracking_total_prefixes:%zu", tracked.prefixes);
}

void infoStats(server *s, infoText *t) {
    const stats *n = &s->stats;
    infoRates rates = infoRatesNow(s);
    traffic(s, t, &rates);
    removals(s, t);
    features(s, t);
    infoLine(t, "unexpected_error_replies:%llu", (count)n->unexpected_error_replies);
    infoLine(t, "total_error_replies:%llu", (count)n->error_replies);
    infoLine(t, "dump_payload_sanitizations:0");
    infoLine(t, "total_reads_processed:%llu", (count)n->reads);
    infoLine(t, "total_writes_processed:%llu", (count)n->writes);
    infoLine(t, "io_threaded_reads_processed:0");
    infoLine(t, "io_threaded_writes_processed:0");
    infoLine(t, "client_query_buffer_limit_disconnections:%llu",
             (count)n->query_limit_disconnections);
    infoLine(t, "client_output_buffer_limit_disconnections:%llu",
             (count)n->output_limit_disconnections);
    infoLine(t, "reply_buffer_shrinks:0");
    infoLine(t, "reply_buffer_expands:0");
    infoLine(t, "eventloop_cycles:%llu", (count)n->loop_cycles);
    infoLine(t, "eventloop_duration_sum:%llu", (count)n->loop_ns / 1000);
    infoLine(t, "eventloop_duration_cmd_sum:%llu", (count)n->loop_command_ns / 1000);
    infoLine(t, "instantaneous_eventloop_cycles_per_sec:%llu", (count)rates.cycles_per_second);
    infoLine(t, "instantaneous_eventloop_duration_usec:%llu", (count)rates.cycle_us);
    infoLine(t, "acl_access_denied_auth:%llu", (count)n->acl_denied_auth);
    infoLine(t, "acl_access_denied_cmd:%llu", (count)n->acl_denied_cmd);
    infoLine(t, "acl_access_denied_key:%llu", (count)n->acl_denied_key);
    infoLine(t, "acl_access_denied_channel:%llu", (count)n->acl_denied_channel);
}

void infoReplication(server *s, infoText *t) {
    infoLine(t, "role:master");
    infoLine(t, "connected_slaves:0");
    infoLine(t, "master_failover_state:no-failover");
    infoLine(t, "master_replid:%s", infoReplicationId(s));
    infoLine(t, "master_replid2:%040d", 0);
    infoLine(t, "master_repl_offset:0");
    infoLine(t, "second_repl_offset:-1");
    infoLine(t, "repl_backlog_active:0");
    infoLine(t, "repl_backlog_size:1048576");
    infoLine(t, "repl_backlog_first_byte_offset:0");
    infoLine(t, "repl_backlog_histlen:0");
}

static void cpuTime(infoText *t, const char *name, struct timeval time) {
    infoLine(t, "%s:%lld.%06lld", name, (long long)time.tv_sec, (long long)time.tv_usec);
}

void infoCpu(server *s, infoText *t) {
    (void)s;
    struct rusage self = {0}, children = {0}, thread = {0};
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    getrusage(RUSAGE_THREAD, &thread);
    cpuTime(t, "used_cpu_sys", self.ru_stime);
    cpuTime(t, "used_cpu_user", self.ru_utime);
    cpuTime(t, "used_cpu_sys_children", children.ru_stime);
    cpuTime(t, "used_cpu_user_children", children.ru_utime);
    cpuTime(t, "used_cpu_sys_main_thread", thread.ru_stime);
    cpuTime(t, "used_cpu_user_main_thread", thread.ru_utime);
}

void infoModules(server *s, infoText *t) {
    (void)s;
    (void)t;
}

static void commandLine(void *ctx, command *cmd) {
    if (!cmd->calls && !cmd->rejected && !cmd->failed) return;
    double each_us = cmd->calls ? (double)cmd->usec_ns / 1000 / (double)cmd->calls : 0;
    infoLine(ctx,
             "cmdstat_%s:calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,"
             "failed_calls=%llu",
             cmd->full_name, (count)cmd->calls, (count)cmd->usec_ns / 1000, each_us,
             (count)cmd->rejected, (count)cmd->failed);
}

void infoCommandStats(server *s, infoText *t) {
    commandEach(s->commands, commandLine, t);
}

/* Where the lines of latencies go, and what they tell. */
typedef struct latencyText {
    infoText *text;
    const double *percentiles;
    int count;
} latencyText;

static void errorLine(void *ctx, const char *code, uint64_t n) {
    infoLine(ctx, "errorstat_%s:count=%llu", code, (count)n);
}

void infoErrorStats(server *s, infoText *t) {
    errorStatsEach(s->errors, errorLine, t);
}

static void latencyLine(void *ctx, command *cmd) {
    latencyText *l = ctx;
    if (!cmd->latency) return;
    char text[1024];
    size_t size = 0;
    for (int i = 0; i < l->count && size < sizeof text; i++) {
        uint64_t ns = histogramPercentile(cmd->latency, l->percentiles[i]);
        size +=
            (size_t)snprintf(text + size, sizeof text - size, "%sp%.10g=%llu.%03llu", i ? "," : "",
                             l->percentiles[i], (count)ns / 1000, (count)ns % 1000);
    }
    infoLine(l->text, "latency_percentiles_usec_%s:%s", cmd->full_name, size ? text : "");
}

void infoLatencyStats(server *s, infoText *t) {
    latencyText l = {.text = t};
    l.count = configShownPercentiles(&s->config, &l.percentiles);
    commandEach(s->commands, latencyLine, &l);
}

void infoCluster(server *s, infoText *t) {
    (void)s;
    infoLine(t, "cluster_enabled:0");
}

void infoKeyspace(server *s, infoText *t) {
    for (int i = 0; i < s->db_count; i++) {
        const db *d = s->dbs[i];
        if (!dbCount(d)) continue;
        infoLine(t, "db%d:keys=%zu,expires=%zu,avg_ttl=%lld,subexpiry=%zu", i, dbCount(d),
                 dbExpiresCount(d), (long long)dbAverageTtl(d), dbFieldHashes(d));
    }
}

void infoDebug(server *s, infoText *t) {
    const stats *n = &s->stats;
    infoLine(t, "eventloop_duration_aof_sum:%llu", (count)s->stats.aof_ns / 1000);
    infoLine(t, "eventloop_duration_cron_sum:%llu", (count)n->loop_cron_ns / 1000);
    infoLine(t, "eventloop_duration_max:%llu", (count)n->loop_ns_max / 1000);
    infoLine(t, "eventloop_cmd_per_cycle_max:%llu", (count)n->loop_commands_max);
}
