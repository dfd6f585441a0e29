/* type_limits.h - up to where a collection keeps its small form: what redis.conf says of encodings.
 *
 * One of them lives in the server's config; calls that may have to change an encoding take it. */
#ifndef EBB_STORAGE_TYPES_TYPE_LIMITS_H
#define EBB_STORAGE_TYPES_TYPE_LIMITS_H

#include <stdint.h>

typedef struct typeLimits {
    int64_t hash_listpack_entries; /* hash-max-listpack-entries: fields */
    int64_t hash_listpack_value;   /* bytes of the longest field or value */
    int64_t list_listpack_size;    /* >0: elements a node; -1..-5: 4, 8, 16, 32, 64 KB a node */
    int64_t list_compress_depth;   /* nodes at each end that are never compressed; 0: none is */
    int64_t set_intset_entries;
    int64_t set_listpack_entries;
    int64_t set_listpack_value;
    int64_t zset_listpack_entries;
    int64_t zset_listpack_value;
    int64_t stream_node_bytes; /* 0: no limit */
    int64_t stream_node_entries;
    int64_t list_plain_bytes; /* elements of so many bytes get a node of their own; 0: only those
                                 over a node's size. DEBUG QUICKLIST-PACKED-THRESHOLD */
} typeLimits;

/* As redis.conf has them where nobody says otherwise: for tests. */
#define TYPE_LIMITS_DEFAULT ((typeLimits){512, 64, -2, 0, 512, 128, 64, 128, 64, 4096, 100, 0})

#endif
