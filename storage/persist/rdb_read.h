/* rdb_read.h - the small parts of the RDB format, read from bytes that may be anything.
 *
 * Nothing is believed: each size is compared with what is left before it is used, and no memory is
 * taken for more than the bytes at hand can fill. The first error stays, with its offset.
 *
 * An input may come bit by bit, into memory of its whole size: 'fill' is asked for what is not
 * there yet. */
#ifndef EBB_STORAGE_PERSIST_RDB_READ_H
#define EBB_STORAGE_PERSIST_RDB_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"
#include "storage/base/num.h"

typedef struct rdbReader rdbReader;
struct rdbReader {
    bytes input; /* its whole size; the first 'there' bytes can be read */
    size_t at;   /* of the next byte */
    size_t there;
    /* Makes 'there' at least 'upto', which is not beyond the input; false after an error. */
    bool (*fill)(rdbReader *r, size_t upto);
    /* What is before 'at' is not read again. NULL: nobody wants it back. */
    void (*release)(rdbReader *r);
    const char *error; /* NULL: none; what is wrong ... */
    size_t error_at;   /* ... and where */
};

static inline rdbReader rdbReaderOf(bytes input) {
    return (rdbReader){.input = input, .there = input.size};
}
static inline size_t rdbLeft(const rdbReader *r) {
    return r->input.size - r->at;
}
/* The error of an input that has no more. */
extern const char rdbEndsEarly[];

/* Notes an error, unless there is one. False. */
bool rdbFail(rdbReader *r, const char *error);
bool rdbFailAt(rdbReader *r, size_t at, const char *error);

/* Each is false after an error. */
bool rdbReadBytes(rdbReader *r, size_t size, bytes *out);
bool rdbReadByte(rdbReader *r, uint8_t *out);
bool rdbReadLength(rdbReader *r, uint64_t *out);
/* Of things that take 'each' bytes at least: not more than are left. */
bool rdbReadCount(rdbReader *r, size_t each, size_t *out);
bool rdbReadTime(rdbReader *r, int64_t *ms);
bool rdbReadDouble(rdbReader *r, double *out);

/* A string: in the input, in memory of its own or in 'digits'; so it is not to be copied. */
typedef struct rdbString {
    bytes text;
    char *owned;
    char digits[NUM_INT_MAX];
} rdbString;

bool rdbReadString(rdbReader *r, rdbString *out);
/* Of one that was read; once. */
void rdbStringClear(rdbString *s);

#endif
