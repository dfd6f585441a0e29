/* INFO memory. */
#include "expire/cycle/reclaim.h"
#include "server/core/background.h"
#include "server/core/memory_guard.h"
#include "server/observe/info_internal.h"
#include "server/observe/memory_report.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/base/slab.h"

static void bytesAndHuman(infoText *t, const char *name, size_t size) {
    char human[32];
    numFormatHuman(human, size);
    infoLine(t, "%s:%zu", name, size);
    infoLine(t, "%s_human:%s", name, human);
}

static const char *policyName(int policy) {
    switch (policy) {
    case POLICY_LRU: return "volatile-lru";
    case POLICY_LFU: return "volatile-lfu";
    case POLICY_LRM: return "volatile-lrm";
    case POLICY_RANDOM: return "volatile-random";
    case POLICY_TTL: return "volatile-ttl";
    case POLICY_LRU | POLICY_ALLKEYS: return "allkeys-lru";
    case POLICY_LFU | POLICY_ALLKEYS: return "allkeys-lfu";
    case POLICY_LRM | POLICY_ALLKEYS: return "allkeys-lrm";
    case POLICY_RANDOM | POLICY_ALLKEYS: return "allkeys-random";
    default: return "noeviction";
    }
}

static void usage(infoText *t, const memoryReport *r) {
    bytesAndHuman(t, "used_memory", r->used);
    bytesAndHuman(t, "used_memory_rss", r->rss);
    bytesAndHuman(t, "used_memory_peak", r->peak);
    infoLine(t, "used_memory_peak_perc:%.2f%%", r->peak_percent);
    infoLine(t, "used_memory_overhead:%zu", r->overhead);
    infoLine(t, "used_memory_startup:%zu", r->startup);
    infoLine(t, "used_memory_dataset:%zu", r->dataset);
    infoLine(t, "used_memory_dataset_perc:%.2f%%", r->dataset_percent);
    infoLine(t, "allocator_allocated:%zu", r->allocated);
    infoLine(t, "allocator_active:%zu", r->active);
    infoLine(t, "allocator_resident:%zu", r->resident);
    infoLine(t, "allocator_muzzy:%zu", r->muzzy);
    bytesAndHuman(t, "total_system_memory", r->system);
}

static void scriptFields(const server *s, infoText *t) {
    scriptUsage u = s->scriptUsage ? s->scriptUsage(s) : (scriptUsage){0};
    char human[32];
    numFormatHuman(human, u.eval_vm);
    infoLine(t, "used_memory_lua:%zu", u.eval_vm);
    infoLine(t, "used_memory_vm_eval:%zu", u.eval_vm);
    infoLine(t, "used_memory_lua_human:%s", human);
    infoLine(t, "used_memory_scripts_eval:%zu", u.script_bytes);
    infoLine(t, "number_of_cached_scripts:%zu", u.scripts);
    infoLine(t, "number_of_functions:%zu", u.functions);
    infoLine(t, "number_of_libraries:%zu", u.libraries);
    infoLine(t, "used_memory_vm_functions:%zu", u.function_vm);
    bytesAndHuman(t, "used_memory_vm_total", u.eval_vm + u.function_vm);
    infoLine(t, "used_memory_functions:%zu", u.function_bytes);
    bytesAndHuman(t, "used_memory_scripts", u.script_bytes + u.function_bytes);
}

static void fragmentation(infoText *t, const memoryReport *r) {
    infoLine(t, "allocator_frag_ratio:%.2f", memoryRatio(r->active, r->allocated));
    infoLine(t, "allocator_frag_bytes:%lld", memoryDelta(r->active, r->allocated));
    infoLine(t, "allocator_rss_ratio:%.2f", memoryRatio(r->resident, r->active));
    infoLine(t, "allocator_rss_bytes:%lld", memoryDelta(r->resident, r->active));
    infoLine(t, "rss_overhead_ratio:%.2f", memoryRatio(r->rss, r->resident));
    infoLine(t, "rss_overhead_bytes:%lld", memoryDelta(r->rss, r->resident));
    infoLine(t, "mem_rss_file:%zu", r->file);
    infoLine(t, "mem_rss_unexplained:%lld", r->unexplained);
    infoLine(t, "mem_fragmentation_ratio:%.2f", memoryRatio(r->rss, r->used));
    infoLine(t, "mem_fragmentation_bytes:%lld", memoryDelta(r->rss, r->used));
}

/* The background task that gives memory back: what it does now and what it did. */
static void reclaimFields(const server *s, infoText *t) {
    reclaimStats n = reclaimStatsOf(s->reclaim);
    infoLine(t, "mem_reclaim_state:%s", reclaimStateText(n.state));
    infoLine(t, "mem_reclaim_pending_bytes:%zu", discardPendingBytes(s->discard));
    infoLine(t, "mem_reclaim_slices:%llu", (unsigned long long)n.slices);
    infoLine(t, "mem_reclaim_usec:%llu", (unsigned long long)n.ns / 1000);
    infoLine(t, "mem_reclaim_passes:%llu", (unsigned long long)n.passes);
    infoLine(t, "mem_reclaim_moved_items:%llu", (unsigned long long)n.moved);
    infoLine(t, "mem_reclaim_returned_pages:%llu", (unsigned long long)n.pages_returned);
    infoLine(t, "mem_reclaim_returned_bytes:%zu", slabStatsTotal().returned_bytes);
    infoLine(t, "mem_reclaim_purges:%llu", (unsigned long long)n.purges);
}

void infoMemory(server *s, infoText *t) {
    memoryReport r = memoryReportOf(s, t->data ? memUsable(t->data) : 0);
    usage(t, &r);
    scriptFields(s, t);
    bytesAndHuman(t, "maxmemory", s->config.maxmemory);
    infoLine(t, "maxmemory_policy:%s", policyName(s->config.maxmemory_policy));
    fragmentation(t, &r);
    infoLine(t, "mem_not_counted_for_evict:%zu",
             memlimitExempted(&s->memory->limit) + discardPendingBytes(s->discard));
    infoLine(t, "mem_replication_backlog:0");
    infoLine(t, "mem_total_replication_buffers:0");
    infoLine(t, "mem_clients_slaves:%zu", r.replicas);
    infoLine(t, "mem_clients_normal:%zu", r.clients);
    infoLine(t, "mem_cluster_links:0");
    infoLine(t, "mem_aof_buffer:%zu", s->memory->limit.exempt[MEMLIMIT_AOF]);
    infoLine(t, "mem_allocator:%s", memAllocatorName());
    infoLine(t, "mem_overhead_db_hashtable_rehashing:0");
    bool moves = s->reclaim && reclaimStatsOf(s->reclaim).pass_began_ns;
    infoLine(t, "active_defrag_running:%lld", moves ? (long long)backgroundSharePercent(s) : 0);
    infoLine(t, "lazyfree_pending_objects:%zu", discardPending(s->discard));
    infoLine(t, "lazyfreed_objects:%zu", discardFreed(s->discard));
    infoLine(t, "mem_slab_items:%zu", r.slab_items);
    infoLine(t, "mem_slab_pages:%zu", r.slab_pages);
    infoLine(t, "mem_slab_chunks:%zu", r.slab_chunks);
    infoLine(t, "mem_tables:%zu", r.tables);
    if (s->reclaim) reclaimFields(s, t);
}
