/* regex_internal.h - the program of a regular expression, for regex*.c alone. */
#ifndef EBB_STORAGE_BASE_REGEX_INTERNAL_H
#define EBB_STORAGE_BASE_REGEX_INTERNAL_H

#include <stdint.h>

#include "storage/base/regex.h"

typedef enum regexOp {
    REGEX_BYTE,  /* the byte */
    REGEX_SET,   /* a byte of set x */
    REGEX_ANY,   /* any byte */
    REGEX_SPLIT, /* on at x and at y */
    REGEX_JUMP,  /* on at x */
    REGEX_START, /* of the text */
    REGEX_END,
    REGEX_EDGE,    /* between a word and what is none */
    REGEX_NO_EDGE, /* not there */
    REGEX_OPENS,   /* where a word begins */
    REGEX_CLOSES,  /* where one ends */
    REGEX_NOTHING, /* matches the empty text */
    REGEX_FOUND
} regexOp;

/* Targets are relative to the instruction itself, so that a run of them may be moved and copied. */
typedef struct regexCode {
    uint8_t op;
    uint8_t byte;
    int32_t x, y;
} regexCode;

typedef struct regexSet {
    uint64_t bits[4];
} regexSet;

typedef struct regexStates {
    uint32_t count;
    uint32_t *dense;  /* the states in the order of their coming */
    uint32_t *sparse; /* where in dense a state stands, if it does */
} regexStates;

struct regex {
    regexCode *code;
    regexSet *sets;
    uint32_t size, room;
    uint32_t set_count, set_room;
    regexStates now, next;
    uint32_t *stack;
    regexSet first; /* bytes a match can begin with; all, if one may be empty or hangs on a place */
};

static inline bool regexSetHas(const regexSet *s, uint8_t byte) {
    return s->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void regexSetAdd(regexSet *s, uint8_t byte) {
    s->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static inline bool regexIsWord(uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '_';
}

/* Fills code and sets from the pattern. False with '*reason'. regex_compile.c. */
bool regexCompile(regex *r, bytes pattern, bool ignore_case, const char **reason);

#endif
