/* err.h - operating errors as small negative numbers; 0 is success. */
#ifndef EBB_STORAGE_BASE_ERR_H
#define EBB_STORAGE_BASE_ERR_H

#define MUST_USE __attribute__((warn_unused_result))

enum {
    ERR_OK = 0,
    ERR_NOMEM = -1,  /* a size chosen by a client could not be had */
    ERR_RANGE = -2,  /* a number outside of what is allowed */
    ERR_SYNTAX = -3, /* text that is not of the expected form */
    ERR_IO = -4,     /* errno tells */
    ERR_NOT_FOUND = -5,
    ERR_TYPE = -6,    /* a value of another type */
    ERR_AGAIN = -7,   /* not now: would block */
    ERR_TOO_BIG = -8, /* over a limit */
    ERR_CORRUPT = -9  /* foreign bytes that cannot be true */
};

#endif
