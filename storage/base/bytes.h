/* bytes.h - a borrowed run of bytes: how keys, values and arguments are handed around.
 *
 * Never owns, never ends in a zero by contract. Whoever keeps one past the call that gave it
 * copies it. Stored values have types of their own (storage/types). */
#ifndef EBB_STORAGE_BASE_BYTES_H
#define EBB_STORAGE_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct bytes {
    const char *data;
    size_t size;
} bytes;

/* The bytes of a string literal, without its closing zero. */
#define BYTES(literal) ((bytes){"" literal, sizeof(literal) - 1})

static inline bytes bytesOf(const void *data, size_t size) {
    return (bytes){data, size};
}

/* The bytes of a zero-terminated string. */
static inline bytes bytesOfText(const char *text) {
    return (bytes){text, strlen(text)};
}

static inline bool bytesEqual(bytes a, bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Order of memcmp, the shorter first where one is a prefix: <0, 0 or >0. */
int bytesCompare(bytes a, bytes b);

/* Equality with a zero-terminated word, ASCII letters in either case: for option names. */
bool bytesEqualWord(bytes a, const char *word);

/* A zero-terminated copy on the heap (memAlloc), to be freed with memFree. */
char *bytesToText(bytes a);

#endif
