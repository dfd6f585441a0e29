#include "server/observe/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "server/observe/latency.h"
#include "server/observe/slowlog.h"
#include "storage/base/num.h"

typedef enum metricKind { GAUGE, COUNTER, SUMMARY } metricKind;

typedef enum metricForm {
    NUMBER,       /* as INFO prints it */
    STATUS,       /* "ok" is 1 */
    MICROSECONDS, /* to seconds */
} metricForm;

typedef struct metricRow {
    const char *field; /* of INFO */
    const char *name;  /* without "redis_" */
    metricKind kind;
    metricForm form;
} metricRow;

static const metricRow rows[] = {
    {"process_id", "process_id", GAUGE, NUMBER},
    {"uptime_in_seconds", "uptime_in_seconds", GAUGE, NUMBER},
    {"io_threads_active", "io_threads_active", GAUGE, NUMBER},
    {"connected_clients", "connected_clients", GAUGE, NUMBER},
    {"cluster_connections", "cluster_connections", GAUGE, NUMBER},
    {"client_recent_max_input_buffer", "client_recent_max_input_buffer_bytes", GAUGE, NUMBER},
    {"client_recent_max_output_buffer", "client_recent_max_output_buffer_bytes", GAUGE, NUMBER},
    {"blocked_clients", "blocked_clients", GAUGE, NUMBER},
    {"tracking_clients", "tracking_clients", GAUGE, NUMBER},
    {"clients_in_timeout_table", "clients_in_timeout_table", GAUGE, NUMBER},
    {"maxclients", "config_maxclients", GAUGE, NUMBER},
    {"allocator_active", "allocator_active_bytes", GAUGE, NUMBER},
    {"allocator_allocated", "allocator_allocated_bytes", GAUGE, NUMBER},
    {"allocator_resident", "allocator_resident_bytes", GAUGE, NUMBER},
    {"allocator_frag_ratio", "allocator_frag_ratio", GAUGE, NUMBER},
    {"allocator_frag_bytes", "allocator_frag_bytes", GAUGE, NUMBER},
    {"allocator_rss_ratio", "allocator_rss_ratio", GAUGE, NUMBER},
    {"allocator_rss_bytes", "allocator_rss_bytes", GAUGE, NUMBER},
    {"used_memory", "memory_used_bytes", GAUGE, NUMBER},
    {"used_memory_rss", "memory_used_rss_bytes", GAUGE, NUMBER},
    {"used_memory_peak", "memory_used_peak_bytes", GAUGE, NUMBER},
    {"used_memory_lua", "memory_used_lua_bytes", GAUGE, NUMBER},
    {"used_memory_overhead", "memory_used_overhead_bytes", GAUGE, NUMBER},
    {"used_memory_startup", "memory_used_startup_bytes", GAUGE, NUMBER},
    {"used_memory_dataset", "memory_used_dataset_bytes", GAUGE, NUMBER},
    {"used_memory_scripts", "memory_used_scripts_bytes", GAUGE, NUMBER},
    {"number_of_cached_scripts", "number_of_cached_scripts", GAUGE, NUMBER},
    {"maxmemory", "memory_max_bytes", GAUGE, NUMBER},
    {"maxmemory", "config_maxmemory", GAUGE, NUMBER},
    {"mem_fragmentation_ratio", "mem_fragmentation_ratio", GAUGE, NUMBER},
    {"mem_fragmentation_bytes", "mem_fragmentation_bytes", GAUGE, NUMBER},
    {"mem_clients_slaves", "mem_clients_slaves", GAUGE, NUMBER},
    {"mem_clients_normal", "mem_clients_normal", GAUGE, NUMBER},
    {"mem_not_counted_for_evict", "mem_not_counted_for_eviction_bytes", GAUGE, NUMBER},
    {"active_defrag_running", "active_defrag_running", GAUGE, NUMBER},
    {"lazyfree_pending_objects", "lazyfree_pending_objects", GAUGE, NUMBER},
    {"loading", "loading_dump_file", GAUGE, NUMBER},
    {"rdb_changes_since_last_save", "rdb_changes_since_last_save", GAUGE, NUMBER},
    {"rdb_bgsave_in_progress", "rdb_bgsave_in_progress", GAUGE, NUMBER},
    {"rdb_last_save_time", "rdb_last_save_timestamp_seconds", GAUGE, NUMBER},
    {"rdb_last_bgsave_status", "rdb_last_bgsave_status", GAUGE, STATUS},
    {"rdb_last_bgsave_time_sec", "rdb_last_bgsave_duration_sec", GAUGE, NUMBER},
    {"rdb_current_bgsave_time_sec", "rdb_current_bgsave_duration_sec", GAUGE, NUMBER},
    {"rdb_last_cow_size", "rdb_last_cow_size_bytes", GAUGE, NUMBER},
    {"aof_enabled", "aof_enabled", GAUGE, NUMBER},
    {"aof_rewrite_in_progress", "aof_rewrite_in_progress", GAUGE, NUMBER},
    {"aof_rewrite_scheduled", "aof_rewrite_scheduled", GAUGE, NUMBER},
    {"aof_last_rewrite_time_sec", "aof_last_rewrite_duration_sec", GAUGE, NUMBER},
    {"aof_current_rewrite_time_sec", "aof_current_rewrite_duration_sec", GAUGE, NUMBER},
    {"aof_last_cow_size", "aof_last_cow_size_bytes", GAUGE, NUMBER},
    {"aof_last_bgrewrite_status", "aof_last_bgrewrite_status", GAUGE, STATUS},
    {"aof_last_write_status", "aof_last_write_status", GAUGE, STATUS},
    {"aof_current_size", "aof_current_size_bytes", GAUGE, NUMBER},
    {"aof_base_size", "aof_base_size_bytes", GAUGE, NUMBER},
    {"aof_pending_rewrite", "aof_pending_rewrite", GAUGE, NUMBER},
    {"aof_buffer_length", "aof_buffer_length", GAUGE, NUMBER},
    {"aof_rewrite_buffer_length", "aof_rewrite_buffer_length", GAUGE, NUMBER},
    {"aof_pending_bio_fsync", "aof_pending_bio_fsync", GAUGE, NUMBER},
    {"aof_delayed_fsync", "aof_delayed_fsync", GAUGE, NUMBER},
    {"module_fork_in_progress", "module_fork_in_progress", GAUGE, NUMBER},
    {"module_fork_last_cow_size", "module_fork_last_cow_size", GAUGE, NUMBER},
    {"total_connections_received", "connections_received_total", COUNTER, NUMBER},
    {"total_commands_processed", "commands_processed_total", COUNTER, NUMBER},
    {"total_net_input_bytes", "net_input_bytes_total", COUNTER, NUMBER},
    {"total_net_output_bytes", "net_output_bytes_total", COUNTER, NUMBER},
    {"rejected_connections", "rejected_connections_total", COUNTER, NUMBER},
    {"sync_full", "replica_resyncs_full", GAUGE, NUMBER},
    {"sync_partial_ok", "replica_partial_resync_accepted", GAUGE, NUMBER},
    {"sync_partial_err", "replica_partial_resync_denied", GAUGE, NUMBER},
    {"expired_keys", "expired_keys_total", COUNTER, NUMBER},
    {"expired_stale_perc", "expired_stale_percentage", GAUGE, NUMBER},
    {"expired_time_cap_reached_count", "expired_time_cap_reached_total", GAUGE, NUMBER},
    {"evicted_keys", "evicted_keys_total", COUNTER, NUMBER},
    {"keyspace_hits", "keyspace_hits_total", COUNTER, NUMBER},
    {"keyspace_misses", "keyspace_misses_total", COUNTER, NUMBER},
    {"pubsub_channels", "pubsub_channels", GAUGE, NUMBER},
    {"pubsub_patterns", "pubsub_patterns", GAUGE, NUMBER},
    {"latest_fork_usec", "latest_fork_seconds", GAUGE, MICROSECONDS},
    {"migrate_cached_sockets", "migrate_cached_sockets_total", GAUGE, NUMBER},
    {"slave_expires_tracked_keys", "slave_expires_tracked_keys", GAUGE, NUMBER},
    {"active_defrag_hits", "defrag_hits", GAUGE, NUMBER},
    {"active_defrag_misses", "defrag_misses", GAUGE, NUMBER},
    {"active_defrag_key_hits", "defrag_key_hits", GAUGE, NUMBER},
    {"active_defrag_key_misses", "defrag_key_misses", GAUGE, NUMBER},
    {"tracking_total_keys", "tracking_total_keys", GAUGE, NUMBER},
    {"tracking_total_items", "tracking_total_items", GAUGE, NUMBER},
    {"tracking_total_prefixes", "tracking_total_prefixes", GAUGE, NUMBER},
    {"unexpected_error_replies", "unexpected_error_replies", COUNTER, NUMBER},
    {"total_error_replies", "total_error_replies", COUNTER, NUMBER},
    {"dump_payload_sanitizations", "dump_payload_sanitizations", COUNTER, NUMBER},
    {"total_reads_processed", "total_reads_processed", COUNTER, NUMBER},
    {"total_writes_processed", "total_writes_processed", COUNTER, NUMBER},
    {"io_threaded_reads_processed", "io_threaded_reads_processed", COUNTER, NUMBER},
    {"io_threaded_writes_processed", "io_threaded_writes_processed", COUNTER, NUMBER},
    {"connected_slaves", "connected_slaves", GAUGE, NUMBER},
    {"master_repl_offset", "master_repl_offset", GAUGE, NUMBER},
    {"second_repl_offset", "second_repl_offset", GAUGE, NUMBER},
    {"repl_backlog_active", "repl_backlog_is_active", GAUGE, NUMBER},
    {"repl_backlog_size", "replication_backlog_bytes", GAUGE, NUMBER},
    {"repl_backlog_first_byte_offset", "repl_backlog_first_byte_offset", GAUGE, NUMBER},
    {"repl_backlog_histlen", "repl_backlog_history_bytes", GAUGE, NUMBER},
    {"used_cpu_sys", "cpu_sys_seconds_total", COUNTER, NUMBER},
    {"used_cpu_user", "cpu_user_seconds_total", COUNTER, NUMBER},
    {"used_cpu_sys_children", "cpu_sys_children_seconds_total", COUNTER, NUMBER},
    {"used_cpu_user_children", "cpu_user_children_seconds_total", COUNTER, NUMBER},
    {"used_cpu_sys_main_thread", "cpu_sys_main_thread_seconds_total", COUNTER, NUMBER},
    {"used_cpu_user_main_thread", "cpu_user_main_thread_seconds_total", COUNTER, NUMBER},
    {"cluster_enabled", "cluster_enabled", GAUGE, NUMBER},
};

/* A line of INFO: "name:value". False at the end. */
typedef struct infoPair {
    bytes name, value;
} infoPair;

static bool nextPair(bytes *rest, infoPair *pair) {
    while (rest->size) {
        const char *end = memchr(rest->data, '\n', rest->size);
        size_t size = end ? (size_t)(end - rest->data) : rest->size;
        bytes line = bytesOf(rest->data, size);
        rest->data += size + (end != NULL);
        rest->size -= size + (end != NULL);
        if (line.size && line.data[line.size - 1] == '\r') line.size--;
        const char *colon = memchr(line.data, ':', line.size);
        if (!colon || line.data[0] == '#') continue;
        pair->name = bytesOf(line.data, (size_t)(colon - line.data));
        pair->value = bytesOf(colon + 1, line.size - pair->name.size - 1);
        return true;
    }
    return false;
}

/* The value of 'key' in "a=1,b=2". */
static bytes partOf(bytes list, const char *key) {
    size_t key_size = strlen(key);
    while (list.size) {
        const char *comma = memchr(list.data, ',', list.size);
        size_t size = comma ? (size_t)(comma - list.data) : list.size;
        if (size > key_size && list.data[key_size] == '=' && !memcmp(list.data, key, key_size))
            return bytesOf(list.data + key_size + 1, size - key_size - 1);
        size_t taken = size + (comma != NULL);
        list = bytesOf(list.data + taken, list.size - taken);
    }
    return (bytes){0};
}

static bool numberOf(bytes text, double *out) {
    return text.size && numParseDouble(text, out);
}

/* INFO's lines end in CR LF, these in LF. */
__attribute__((format(printf, 2, 3))) static void line(infoText *t, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text - 1, format, args);
    va_end(args);
    if (size < 0) return;
    size_t kept = (size_t)size < sizeof text - 2 ? (size_t)size : sizeof text - 2;
    text[kept] = '\n';
    infoAppend(t, bytesOf(text, kept + 1));
}

static const char *kindName(metricKind kind) {
    static const char *const names[] = {"gauge", "counter", "summary"};
    return names[kind];
}

static void head(infoText *t, const char *name, metricKind kind) {
    line(t, "# TYPE redis_%s %s", name, kindName(kind));
}

/* Label values come from names of commands and errors: what is no plain character is replaced. */
static bytes plainLabel(bytes text, char *room, size_t room_size) {
    size_t size = text.size < room_size ? text.size : room_size;
    for (size_t i = 0; i < size; i++) {
        char c = text.data[i];
        room[i] = (char)(c < ' ' || c == '"' || c == '\\' || c == 127 ? '_' : c);
    }
    return bytesOf(room, size);
}

static void renderRows(infoText *t, bytes info) {
    infoPair pair;
    while (nextPair(&info, &pair)) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            const metricRow *row = &rows[i];
            if (strlen(row->field) != pair.name.size ||
                memcmp(row->field, pair.name.data, pair.name.size) != 0)
                continue;
            double value = 0;
            if (row->form == STATUS)
                value = bytesEqual(pair.value, BYTES("ok"));
            else if (!numberOf(pair.value, &value))
                continue;
            if (row->form == MICROSECONDS) value /= 1e6;
            head(t, row->name, row->kind);
            line(t, "redis_%s %.17g", row->name, value);
        }
    }
}

/* One metric with a label, out of all fields that begin with 'prefix'. */
typedef struct labelled {
    const char *prefix; /* of the field; the rest of its name is the label's value */
    const char *part;   /* of the field's value, NULL: all of it */
    const char *name, *label;
    metricKind kind;
    double scale;
} labelled;

static const labelled labelled_rows[] = {
    {"cmdstat_", "calls", "commands_total", "cmd", COUNTER, 1},
    {"cmdstat_", "usec", "commands_duration_seconds_total", "cmd", COUNTER, 1e-6},
    {"cmdstat_", "rejected_calls", "commands_rejected_calls_total", "cmd", COUNTER, 1},
    {"cmdstat_", "failed_calls", "commands_failed_calls_total", "cmd", COUNTER, 1},
    {"errorstat_", "count", "errors_total", "err", COUNTER, 1},
};

static bool startsWith(bytes text, const char *prefix) {
    size_t size = strlen(prefix);
    return text.size > size && memcmp(text.data, prefix, size) == 0;
}

static void renderLabelled(infoText *t, bytes info, const labelled *l) {
    bool headed = false;
    infoPair pair;
    while (nextPair(&info, &pair)) {
        if (!startsWith(pair.name, l->prefix)) continue;
        double value;
        if (!numberOf(partOf(pair.value, l->part), &value)) continue;
        if (!headed) head(t, l->name, l->kind);
        headed = true;
        size_t skip = strlen(l->prefix);
        char room[128];
        bytes label =
            plainLabel(bytesOf(pair.name.data + skip, pair.name.size - skip), room, sizeof room);
        line(t, "redis_%s{%s=\"%.*s\"} %.17g", l->name, l->label, (int)label.size, label.data,
             value * l->scale);
    }
}

/* INFO leaves out empty dbs; here a db that was emptied must not vanish. */
static void renderDbs(server *s, infoText *t) {
    head(t, "db_keys", GAUGE);
    for (int i = 0; i < s->db_count; i++)
        line(t, "redis_db_keys{db=\"db%d\"} %zu", i, dbCount(s->dbs[i]));
    head(t, "db_keys_expiring", GAUGE);
    for (int i = 0; i < s->db_count; i++)
        line(t, "redis_db_keys_expiring{db=\"db%d\"} %zu", i, dbExpiresCount(s->dbs[i]));
    head(t, "db_avg_ttl_seconds", GAUGE);
    for (int i = 0; i < s->db_count; i++)
        if (dbExpiresCount(s->dbs[i]))
            line(t, "redis_db_avg_ttl_seconds{db=\"db%d\"} %.17g", i,
                 (double)dbAverageTtl(s->dbs[i]) / 1000);
}

static bytes fieldOf(bytes info, const char *name) {
    infoPair pair;
    bytes wanted = bytesOfText(name);
    while (nextPair(&info, &pair))
        if (bytesEqual(pair.name, wanted)) return pair.value;
    return (bytes){0};
}

/* How many there were and how long they took together, which makes a summary of percentiles. */
static void renderLatencySum(infoText *t, bytes info, bytes cmd) {
    char field[160];
    snprintf(field, sizeof field, "cmdstat_%.*s", (int)cmd.size, cmd.data);
    bytes counts = fieldOf(info, field);
    bytes usec = partOf(counts, "usec"), calls = partOf(counts, "calls");
    line(t, "redis_latency_percentiles_usec_sum{cmd=\"%.*s\"} %.*s", (int)cmd.size, cmd.data,
         (int)usec.size, usec.data);
    line(t, "redis_latency_percentiles_usec_count{cmd=\"%.*s\"} %.*s", (int)cmd.size, cmd.data,
         (int)calls.size, calls.data);
}

static void renderLatency(infoText *t, bytes info) {
    static const char prefix[] = "latency_percentiles_usec_";
    bool headed = false;
    bytes whole = info;
    infoPair pair;
    while (nextPair(&info, &pair)) {
        if (!startsWith(pair.name, prefix)) continue;
        if (!headed) head(t, "latency_percentiles_usec", SUMMARY);
        headed = true;
        char room[128];
        size_t skip = sizeof prefix - 1;
        bytes cmd =
            plainLabel(bytesOf(pair.name.data + skip, pair.name.size - skip), room, sizeof room);
        bytes list = pair.value;
        while (list.size) { /* p50=1.003,p99=2.007 */
            const char *comma = memchr(list.data, ',', list.size);
            size_t size = comma ? (size_t)(comma - list.data) : list.size;
            const char *equals = memchr(list.data, '=', size);
            if (equals && size > 1)
                line(t, "redis_latency_percentiles_usec{cmd=\"%.*s\",quantile=\"%.*s\"} %.*s",
                     (int)cmd.size, cmd.data, (int)(equals - list.data - 1), list.data + 1,
                     (int)(size - (size_t)(equals - list.data) - 1), equals + 1);
            size_t taken = size + (comma != NULL);
            list = bytesOf(list.data + taken, list.size - taken);
        }
        renderLatencySum(t, whole, cmd);
    }
}

static void renderSlow(const server *s, infoText *t) {
    const slowlogEntry *last = slowlogNewest(s->slowlog);
    head(t, "slowlog_length", GAUGE);
    line(t, "redis_slowlog_length %zu", slowlogCount(s->slowlog));
    head(t, "slowlog_last_id", GAUGE);
    line(t, "redis_slowlog_last_id %lld", last ? (long long)last->id : 0);
    head(t, "last_slow_execution_duration_seconds", GAUGE);
    line(t, "redis_last_slow_execution_duration_seconds %.17g",
         last ? (double)last->duration_us / 1e6 : 0);
}

static void renderSpikes(const server *s, infoText *t) {
    int events = latencyEventCount(s->latency);
    if (events) head(t, "latency_spike_last", GAUGE);
    for (int i = 0; i < events; i++) {
        const latencyEvent *e = latencyEventAt(s->latency, i);
        line(t, "redis_latency_spike_last{event_name=\"%s\"} %lld", e->name,
             (long long)latencySampleAt(e, e->count - 1)->time_s);
    }
    if (events) head(t, "latency_spike_duration_seconds", GAUGE);
    for (int i = 0; i < events; i++) {
        const latencyEvent *e = latencyEventAt(s->latency, i);
        line(t, "redis_latency_spike_duration_seconds{event_name=\"%s\"} %.17g", e->name,
             latencySampleAt(e, e->count - 1)->ms / 1e3);
    }
}

static void renderInstance(server *s, infoText *t, bytes info) {
    static const char *const labels[] = {
        "maxmemory_policy", "os",   "process_id", "redis_build_id", "redis_mode",
        "redis_version",    "role", "run_id",     "tcp_port"};
    head(t, "instance_info", GAUGE);
    infoAppend(t, BYTES("redis_instance_info{"));
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        char room[256];
        bytes value = plainLabel(fieldOf(info, labels[i]), room, sizeof room);
        char part[384];
        int size = snprintf(part, sizeof part, "%s%s=\"%.*s\"", i ? "," : "", labels[i],
                            (int)value.size, value.data);
        infoAppend(t, bytesOf(part, (size_t)size));
    }
    infoAppend(t, BYTES("} 1\n"));
    head(t, "start_time_seconds", GAUGE);
    line(t, "redis_start_time_seconds %lld", (long long)(s->started_ms / 1000));
    head(t, "config_io_threads", GAUGE);
    line(t, "redis_config_io_threads 1");
}

void metricsRender(server *s, infoText *t) {
    infoText info = {0};
    bytes everything = BYTES("everything");
    infoRender(s, &everything, 1, &info);
    bytes text = bytesOf(info.data, info.size);
    head(t, "up", GAUGE);
    line(t, "redis_up 1");
    renderInstance(s, t, text);
    renderRows(t, text);
    renderDbs(s, t);
    for (size_t i = 0; i < sizeof labelled_rows / sizeof labelled_rows[0]; i++)
        renderLabelled(t, text, &labelled_rows[i]);
    renderLatency(t, text);
    renderSlow(s, t);
    renderSpikes(s, t);
    infoTextClear(&info);
}
