#include "server/commands/scan_options.h"

#include "server/core/args.h"
#include "server/core/reply.h"
#include "storage/base/glob.h"
#include "storage/base/num.h"

/* The forms that clients' libraries have always got away with: a sign (minus counts from the end of
 * 64 bits), leading zeros, nothing at all for 0, anything behind a zero byte. */
static bool parseCursor(bytes text, uint64_t *cursor) {
    text.size = strnlen(text.data, text.size);
    bool minus = text.size && text.data[0] == '-';
    size_t at = minus || (text.size && text.data[0] == '+');
    if (at && text.size == 1) return false;
    uint64_t value = 0;
    for (; at < text.size; at++) {
        unsigned digit = (unsigned)(unsigned char)text.data[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *cursor = minus ? 0 - value : value;
    return true;
}

static bool parseCount(client *c, int index, uint64_t *effort) {
    int64_t count;
    if (!argInt(c, index, &count, NULL)) return false;
    if (count < 1) {
        replySyntaxError(c);
        return false;
    }
    *effort = (uint64_t)count;
    return true;
}

bool scanCursorParse(client *c, int cursor_at, uint64_t *cursor) {
    if (parseCursor(c->argv[cursor_at], cursor)) return true;
    replyError(c, "ERR invalid cursor");
    return false;
}

bool scanOptionsParse(client *c, int cursor_at, unsigned may, scanOptions *o) {
    *o = (scanOptions){.effort = 10, .any_name = true};
    if (!scanCursorParse(c, cursor_at, &o->cursor)) return false;
    for (int i = cursor_at + 1; i < c->argc; i++) {
        bool has_value = i + 1 < c->argc;
        if (has_value && argIs(c, i, "COUNT")) {
            if (!parseCount(c, ++i, &o->effort)) return false;
        } else if (has_value && argIs(c, i, "MATCH")) {
            o->pattern = c->argv[++i];
            o->any_name = globIsAll(o->pattern);
        } else if (has_value && (may & SCAN_MAY_TYPE) && argIs(c, i, "TYPE")) {
            o->type = c->argv[++i];
        } else if ((may & SCAN_MAY_NOVALUES) && argIs(c, i, "NOVALUES")) {
            o->no_values = true;
        } else {
            replySyntaxError(c);
            return false;
        }
    }
    return true;
}

bool scanMatches(const scanOptions *o, bytes name) {
    return o->any_name || globMatch(o->pattern, name, false);
}

void replyScan(client *c, uint64_t cursor, size_t count) {
    char digits[NUM_INT_MAX];
    replyArray(c, 2);
    replyBulk(c, bytesOf(digits, numFormatUint(digits, cursor)));
    replyArray(c, count);
}
