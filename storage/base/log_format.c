#include "storage/base/log_format.h"

#include <stdio.h>
#include <unistd.h>

/* The bytes of a character of UTF-8 that 'data' begins with; 0 if it begins with none. */
static size_t characterSize(const unsigned char *data, size_t left) {
    static const struct {
        unsigned char mask, mark;
        unsigned least; /* what fewer bytes could not have said */
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t size = 1; size <= 4 && size <= left; size++) {
        if ((data[0] & forms[size - 1].mask) != forms[size - 1].mark) continue;
        unsigned code = data[0] & (unsigned char)~forms[size - 1].mask;
        for (size_t i = 1; i < size; i++) {
            if ((data[i] & 0xC0) != 0x80) return 0;
            code = code << 6 | (data[i] & 0x3F);
        }
        bool is_surrogate = code >= 0xD800 && code < 0xE000;
        return code >= forms[size - 1].least && code < 0x110000 && !is_surrogate ? size : 0;
    }
    return 0;
}

/* In JSON's escapes, which logfmt readers take too; a byte that is no text stands as its number. */
static size_t addEscaped(char *out, bytes text) {
    char *start = out;
    const unsigned char *data = (const unsigned char *)text.data;
    for (size_t i = 0; i < text.size;) {
        size_t size = characterSize(data + i, text.size - i);
        if (size > 1 ||
            (size == 1 && data[i] >= ' ' && data[i] != '"' && data[i] != '\\' && data[i] != 127)) {
            memcpy(out, data + i, size);
            out += size;
            i += size;
        } else if (data[i] == '"' || data[i] == '\\') {
            *out++ = '\\';
            *out++ = (char)data[i++];
        } else {
            static const char digits[] = "0123456789abcdef";
            const char code[] = {'\\', 'u', '0', '0', digits[data[i] >> 4], digits[data[i] & 15]};
            memcpy(out, code, sizeof code);
            out += sizeof code;
            i++;
        }
    }
    return (size_t)(out - start);
}

static const char *levelName(int level) {
    static const char *const names[] = {"debug", "verbose", "notice", "warning"};
    return names[level];
}

static const char *roleName(char role) {
    switch (role) {
    case 'S': return "replica";
    case 'C': return "child";
    case 'X': return "sentinel";
    default: return "primary";
    }
}

size_t logFormatLine(char *out, logFormat format, int level, char role, const struct timespec *at,
                     bytes text) {
    struct tm utc;
    char date[32];
    gmtime_r(&at->tv_sec, &utc);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    const char *shape = format == LOG_JSON ? "{\"time\":\"%s.%03dZ\",\"level\":\"%s\",\"pid\":%d,"
                                             "\"role\":\"%s\",\"msg\":\""
                                           : "time=%s.%03dZ level=%s pid=%d role=%s msg=\"";
    char *start = out;
    out += snprintf(out, LOG_FORMAT_ROOM(0), shape, date, (int)(at->tv_nsec / 1000000),
                    levelName(level), (int)getpid(), roleName(role));
    out += addEscaped(out, text);
    *out++ = '"';
    if (format == LOG_JSON) *out++ = '}';
    *out++ = '\n';
    return (size_t)(out - start);
}
