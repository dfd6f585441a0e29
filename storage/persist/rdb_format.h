/* rdb_format.h - the numbers of the RDB format, as its public descriptions name them.
 *
 *     length    00|6 bits                       01|14 bits, big-endian
 *               10000000 u32 big-endian         10000001 u64 big-endian
 *     string    length, bytes
 *               11000000 int8   11000001 int16   11000010 int32     little-endian
 *               11000011 length of the packed bytes, length of the text, bytes of LZF
 *
 * Times and doubles are 8 bytes, little-endian. */
#ifndef EBB_STORAGE_PERSIST_RDB_FORMAT_H
#define EBB_STORAGE_PERSIST_RDB_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/* Versions of the format: what Redis 7.0 reads, and the first ones of later types. A payload or
 * file of a version after the newest is refused, but for Ebb's own: that of what has no public
 * form, which no other server takes for something else. */
enum {
    RDB_VERSION_CHECKSUM = 5, /* files end with one from here on */
    RDB_VERSION_7_0 = 10,
    RDB_VERSION_7_2 = 11,
    RDB_VERSION_7_4 = 12,
    RDB_VERSION_NEWEST = 12,
    RDB_VERSION_EBB = 9001
};

static inline bool rdbVersionIsKnown(int64_t version) {
    return (version >= 1 && version <= RDB_VERSION_NEWEST) || version == RDB_VERSION_EBB;
}

enum {
    RDB_LENGTH_6 = 0x00,
    RDB_LENGTH_14 = 0x40,
    RDB_LENGTH_32 = 0x80,
    RDB_LENGTH_64 = 0x81,
    RDB_ENCODED = 0xC0 /* the low bits are one of the next */
};
enum { RDB_INT8, RDB_INT16, RDB_INT32, RDB_LZF };

typedef enum rdbType {
    RDB_STRING = 0,
    RDB_LIST = 1, /* count, strings */
    RDB_SET = 2,
    RDB_ZSET = 3, /* scores as text */
    RDB_HASH = 4,
    RDB_ZSET_2 = 5, /* scores as doubles */
    RDB_MODULE = 6,
    RDB_MODULE_2 = 7,
    RDB_HASH_ZIPMAP = 9,
    RDB_LIST_ZIPLIST = 10,
    RDB_SET_INTSET = 11,
    RDB_ZSET_ZIPLIST = 12,
    RDB_HASH_ZIPLIST = 13,
    RDB_LIST_QUICKLIST = 14, /* of ziplists */
    RDB_STREAM = 15,
    RDB_HASH_LISTPACK = 16,
    RDB_ZSET_LISTPACK = 17,
    RDB_LIST_QUICKLIST_2 = 18, /* of listpacks and plain nodes */
    RDB_STREAM_2 = 19, /* first ID, greatest deleted ID, counts of what was added and read */
    RDB_SET_LISTPACK = 20,
    RDB_STREAM_3 = 21,      /* when consumers were active */
    RDB_HASH_TTL_OLD = 22,  /* count, then (deadline as a length, field, value) */
    RDB_HASH_PACK_OLD = 23, /* listpack of (field, value, deadline) */
    RDB_HASH_TTL = 24,      /* earliest deadline, then as 22, deadlines from there on plus one */
    RDB_HASH_PACK = 25,     /* earliest deadline, then as 23 */
    /* Ebb's own, far from where others count on: see rdb_save_own.h. */
    RDB_EBB_ARRAY = 200,
    RDB_EBB_STREAM = 201
} rdbType;

static inline bool rdbTypeIsKnown(uint8_t type) {
    return (type <= RDB_HASH_PACK && type != 8) || type == RDB_EBB_ARRAY || type == RDB_EBB_STREAM;
}

/* What stands in a file beside values. */
typedef enum rdbOpcode {
    RDB_SLOT_INFO = 244,    /* slot, keys, keys with a deadline */
    RDB_FUNCTION_2 = 245,   /* code of a library */
    RDB_FUNCTION_OLD = 246, /* of release candidates only */
    RDB_MODULE_AUX = 247,   /* id of a module, then numbers and strings by RDB_MODULE_* */
    RDB_IDLE = 248,         /* seconds since the key that follows was used */
    RDB_FREQ = 249,         /* its counter: one byte */
    RDB_AUX = 250,          /* name, value */
    RDB_RESIZE_DB = 251,    /* keys, keys with a deadline */
    RDB_DEADLINE_MS = 252,  /* of the key that follows: 8 bytes */
    RDB_DEADLINE_S = 253,   /* 4 bytes */
    RDB_SELECT_DB = 254,
    RDB_END = 255 /* checksum: 8 bytes, all zero where it is off */
} rdbOpcode;

/* What stands between the id of a module and the end of its data. */
enum {
    RDB_MODULE_END = 0,
    RDB_MODULE_SIGNED = 1,
    RDB_MODULE_UNSIGNED = 2,
    RDB_MODULE_FLOAT = 3,
    RDB_MODULE_DOUBLE = 4,
    RDB_MODULE_STRING = 5
};

/* What a node of RDB_LIST_QUICKLIST_2 is. */
enum { RDB_NODE_PLAIN = 1, RDB_NODE_PACKED = 2 };

/* The one-byte lengths of a score of RDB_ZSET that stand for what has no digits. */
enum { RDB_SCORE_NAN = 253, RDB_SCORE_INF = 254, RDB_SCORE_MINUS_INF = 255 };

#endif
