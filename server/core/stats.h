/* stats.h - counters of a server, for INFO. Plain integers: written by the main thread only. */
#ifndef EBB_SERVER_CORE_STATS_H
#define EBB_SERVER_CORE_STATS_H

#include <stdint.h>

typedef struct stats {
    uint64_t connections, rejected_connections;
    uint64_t commands;
    uint64_t net_input_bytes, net_output_bytes;
    uint64_t reads, writes; /* system calls that moved bytes */
    uint64_t hits, misses;
    uint64_t expired_keys, expired_subkeys, evicted_keys, evicted_clients;
    uint64_t evicted_scripts;
    uint64_t expire_cycles, expire_ns, expire_time_cap_reached;
    uint64_t error_replies, unexpected_error_replies;
    uint64_t query_limit_disconnections, output_limit_disconnections;
    uint64_t acl_denied_auth, acl_denied_cmd, acl_denied_key, acl_denied_channel;
    uint64_t loop_cycles, loop_ns, loop_command_ns, loop_cron_ns;
    uint64_t aof_ns;
    uint64_t loop_commands_max, loop_ns_max;
    uint64_t reclaim_ns, reclaim_slices, reclaim_moved;
    uint64_t reclaim_moved_keys, reclaim_moving_ns;
    uint64_t reply_chunk_max, query_size_max; /* recent maxima of clients, reset by the cron */
} stats;

#endif
