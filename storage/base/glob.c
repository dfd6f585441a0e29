#include "storage/base/glob.h"

#include <stdint.h>

static inline uint8_t fold(char c, bool ignore_case) {
    uint8_t byte = (uint8_t)c;
    return ignore_case && byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

/* Does the class that starts after '[' at 'p' hold 'c'? *next becomes the place after its ']'; an
 * unclosed class ends with the pattern. */
static bool matchClass(bytes pattern, size_t p, uint8_t c, bool ignore_case, size_t *next) {
    const char *d = pattern.data;
    size_t end = pattern.size;
    bool negated = p < end && d[p] == '^';
    bool found = false;
    if (negated) p++;
    while (p < end && d[p] != ']') {
        if (d[p] == '\\' && end - p >= 2) {
            found |= fold(d[p + 1], ignore_case) == c;
            p += 2;
        } else if (end - p >= 3 && d[p + 1] == '-') {
            /* Whatever follows the dash closes the range, even a ']'. */
            uint8_t low = fold(d[p], ignore_case);
            uint8_t high = fold(d[p + 2], ignore_case);
            found |= low <= high ? low <= c && c <= high : high <= c && c <= low;
            p += 3;
        } else {
            found |= fold(d[p], ignore_case) == c;
            p++;
        }
    }
    *next = p < end ? p + 1 : end;
    return found != negated;
}

/* Does the one-byte element at pattern[p] (no star) take 'c'? *next: the place after it. */
static inline bool matchOne(bytes pattern, size_t p, char byte, bool ignore_case, size_t *next) {
    uint8_t c = fold(byte, ignore_case);
    switch (pattern.data[p]) {
    case '?': *next = p + 1; return true;
    case '[': return matchClass(pattern, p + 1, c, ignore_case, next);
    case '\\':
        if (pattern.size - p >= 2) p++; /* A last backslash stands for itself. */
        break;
    default: break;
    }
    *next = p + 1;
    return fold(pattern.data[p], ignore_case) == c;
}

bool globMatch(bytes pattern, bytes text, bool ignore_case) {
    size_t p = 0;
    size_t t = 0;
    bool starred = false;
    size_t stars = 0;
    size_t star_p = 0; /* Where to go on after a mismatch: behind the last star, */
    size_t star_t = 0; /* which then takes one byte of text more. */
    while (t < text.size) {
        size_t next;
        if (p < pattern.size && pattern.data[p] == '*') {
            while (p < pattern.size && pattern.data[p] == '*') p++;
            if (++stars > GLOB_STARS_MAX) return false;
            if (p == pattern.size) return true;
            starred = true;
            star_p = p;
            star_t = t;
        } else if (p < pattern.size && matchOne(pattern, p, text.data[t], ignore_case, &next)) {
            p = next;
            t++;
        } else if (starred) {
            p = star_p;
            t = ++star_t;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*') p++;
    return p == pattern.size;
}
