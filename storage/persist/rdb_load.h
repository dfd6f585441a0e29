/* rdb_load.h - a whole RDB file, read from bytes that may be anything.
 *
 * Knows every version to RDB_VERSION_NEWEST, and Ebb's own. What is wrong is an error with offset
 * and reason: nothing is believed, no memory is taken for what is promised but not there.
 *
 * A file is read in steps into an address range of its size, ahead of the parser; what lies behind
 * is given back at each key. So values borrow their bytes, and a file takes little memory however
 * long it is. A file that is cut or cannot be read is an error like any other. */
#ifndef EBB_STORAGE_PERSIST_RDB_LOAD_H
#define EBB_STORAGE_PERSIST_RDB_LOAD_H

#include "storage/base/err.h"
#include "storage/base/file_ops.h"
#include "storage/persist/rdb_load_value.h"
#include "storage/struct/deadlines.h"

/* What the file tells of a key besides its value. */
typedef struct rdbKeyFacts {
    int64_t deadline_ms; /* DEADLINE_NONE: lasts; set in the entry already */
    int64_t idle_s;      /* -1: not told */
    int count;           /* LFU; -1: not told */
    uint8_t type;        /* rdbType */
    uint64_t hash;       /* of the key */
} rdbKeyFacts;

/* Who gets what is read. Each call may be NULL but 'key'. */
typedef struct rdbTarget {
    int db_count;
    const typeLimits *limits;
    int64_t now_ms; /* keys whose deadline is before are not given; INT64_MIN: all are */
    bool skip_checksum;
    bool keep_empty; /* an empty collection is an error, not a key that is left out */
    /* A hint: 'key' gets an entry of this hash some keys later. */
    void (*soon)(void *ctx, int db, uint64_t hash);
    /* **Takes** e. False if it is there already. */
    bool (*key)(void *ctx, int db, entry *e, const rdbKeyFacts *facts);
    /* A key that was left out: past its deadline, or an empty collection. */
    void (*leftOut)(void *ctx, bytes key, const rdbKeyFacts *facts, bool empty);
    /* The keys to come in a db, no more than the file has room for. */
    void (*resize)(void *ctx, int db, size_t keys, size_t with_deadline);
    void (*aux)(void *ctx, bytes name, bytes value);
    void (*select)(void *ctx, int db);
    /* Data of a module beside its keys, which are left out. */
    void (*module)(void *ctx, const char *name);
    /* NULL, or what is wrong with the library. */
    const char *(*function)(void *ctx, bytes code);
    /* Every so often, with the bytes read so far; false ends it. */
    bool (*progress)(void *ctx, uint64_t at);
    uint64_t progress_bytes; /* between two calls */
    void *ctx;
} rdbTarget;

/* What was being read, for tools that tell where it went wrong. */
typedef enum rdbDoing {
    RDB_DOING_START,
    RDB_DOING_TYPE,
    RDB_DOING_DEADLINE,
    RDB_DOING_KEY,
    RDB_DOING_VALUE,
    RDB_DOING_CHECKSUM,
    RDB_DOING_LENGTH,
    RDB_DOING_AUX,
    RDB_DOING_MODULE_AUX,
    RDB_DOING_FUNCTION
} rdbDoing;

typedef struct rdbLoaded {
    int version;
    uint64_t size; /* bytes up to the end of the checksum: where a preamble ends */
    uint64_t keys, with_deadline, past_deadline, empty, functions;
    uint64_t crc;      /* of all before the checksum; 0 where there is none */
    bool checksum_off; /* the file has zeros in its place */
    /* After an error: */
    const char *error; /* what is wrong */
    size_t error_at;   /* and where */
    bool stopped;      /* by 'progress' */
    rdbDoing doing;
    bool has_type;
    uint8_t type;  /* of the value that was read last */
    char key[128]; /* the beginning of the key that was read last, and its size */
    size_t key_size;
} rdbLoaded;

/* The error of a file that is too new, or of no version. */
extern const char rdbUnknownVersion[];
/* That of a type which is none. */
extern const char rdbUnknownType[];

/* From "REDIS" to the checksum; what follows is not looked at. ERR_CORRUPT or, stopped by
 * 'progress', ERR_AGAIN; what was given before the error stays given. */
int MUST_USE rdbLoad(rdbReader *r, const rdbTarget *to, rdbLoaded *out);

/* ---- a file as the input of a reader ---- */

typedef struct rdbFileReader {
    rdbReader r; /* r.input.size is the size of the file when it was opened */
    const fileOps *ops;
    int fd;
    int error;       /* errno of a read that failed */
    size_t released; /* bytes whose pages were given back */
    size_t reserved;
} rdbFileReader;

/* Reads 'fd' from its position, which is the start of the file's first 'size' bytes. ERR_NOMEM if
 * there is no address range for it. The fd stays the caller's. Not to be copied. */
int MUST_USE rdbFileReaderInit(rdbFileReader *f, const fileOps *ops, int fd, uint64_t size);
void rdbFileReaderClear(rdbFileReader *f);

/* True if the file begins as an RDB file does: an AOF with a preamble. */
bool rdbIsMagic(bytes start);

#endif
