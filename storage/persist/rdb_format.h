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

/* Versions of the format: what Redis 7.0 reads, and the first ones of later types. A payload or
 * file of a version after the newest is refused. */
enum { RDB_VERSION_7_0 = 10, RDB_VERSION_7_2 = 11, RDB_VERSION_7_4 = 12, RDB_VERSION_NEWEST = 12 };

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
    RDB_HASH_PACK = 25      /* earliest deadline, then as 23 */
} rdbType;

/* What a node of RDB_LIST_QUICKLIST_2 is. */
enum { RDB_NODE_PLAIN = 1, RDB_NODE_PACKED = 2 };

/* The one-byte lengths of a score of RDB_ZSET that stand for what has no digits. */
enum { RDB_SCORE_NAN = 253, RDB_SCORE_INF = 254, RDB_SCORE_MINUS_INF = 255 };

#endif
