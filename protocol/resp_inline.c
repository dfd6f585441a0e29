/* resp_inline.c - lines of words: redis.conf and requests typed by hand. */
#include "protocol/resp_parse.h"

#include <limits.h>

/* A reader of one line. The unquoted bytes of a word go to 'out', which never overtakes 'at'; it is
 * NULL where words are only counted. */
typedef struct lineReader {
    const char *at, *end;
    char *out;
} lineReader;

static bool isSpace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What ends a word outside of quotes: fewer than what is skipped between words. */
static bool endsWord(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int hexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static void put(lineReader *r, char c) {
    if (r->out) *r->out++ = c;
}

/* Reads what stands behind a backslash inside of double quotes; there is at least one byte. */
static void readEscape(lineReader *r) {
    if (*r->at == 'x' && r->end - r->at >= 3) {
        int high = hexDigit(r->at[1]), low = hexDigit(r->at[2]);
        if (high >= 0 && low >= 0) {
            put(r, (char)(high * 16 + low));
            r->at += 3;
            return;
        }
    }
    char c = *r->at++;
    switch (c) {
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
    case 'b': c = '\b'; break;
    case 'a': c = '\a'; break;
    default: break;
    }
    put(r, c);
}

/* Reads behind an opening quote to behind the closing one, which must end the word. */
static bool readQuoted(lineReader *r, char quote) {
    while (r->at < r->end) {
        char c = *r->at++;
        if (c == quote) return r->at == r->end || isSpace(*r->at);
        if (c == '\\' && r->at < r->end && quote == '"') {
            readEscape(r);
        } else if (c == '\\' && r->at < r->end && *r->at == '\'') {
            put(r, *r->at++);
        } else {
            put(r, c);
        }
    }
    return false;
}

static bool readWord(lineReader *r) {
    while (r->at < r->end && !endsWord(*r->at)) {
        char c = *r->at++;
        if (c == '"' || c == '\'') return readQuoted(r, c);
        put(r, c);
    }
    return true;
}

int respSplitLine(char *line, size_t size, bytes *words, int max) {
    lineReader r = {.at = line, .end = line + size, .out = words ? line : NULL};
    int count = 0;
    for (;;) {
        while (r.at < r.end && isSpace(*r.at)) r.at++;
        if (r.at == r.end) return count;
        if (count == max) return -2;
        if (words) r.out = line + (r.at - line);
        const char *word = r.out;
        if (!readWord(&r)) return -1;
        if (words) words[count] = bytesOf(word, (size_t)(r.out - word));
        count++;
    }
}
