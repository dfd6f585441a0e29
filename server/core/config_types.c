/* config_types.c - values of the plain types: read, kept, written. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/core/config_internal.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

bool configFail(configError e, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(e.text, e.room, format, args);
    va_end(args);
    return false;
}

/* ---- growing text ---- */

void configTextAddBytes(configText *t, bytes piece) {
    if (t->size + piece.size + 1 > t->room) {
        t->room = (t->size + piece.size + 64) * 2;
        t->data = memRealloc(t->data, t->room);
    }
    if (piece.size) memcpy(t->data + t->size, piece.data, piece.size);
    t->size += piece.size;
    t->data[t->size] = '\0';
}

void configTextAdd(configText *t, const char *format, ...) {
    char line[1024];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ensure(size >= 0 && (size_t)size < sizeof line);
    configTextAddBytes(t, bytesOf(line, (size_t)size));
}

void configTextAddQuoted(configText *t, bytes piece) {
    static const char plain[] = "\n\r\t\a\b\\\"", named[] = "nrtab\\\"";
    configTextAddBytes(t, BYTES("\""));
    for (size_t i = 0; i < piece.size; i++) {
        unsigned char byte = (unsigned char)piece.data[i];
        const char *at = byte ? strchr(plain, byte) : NULL;
        if (at)
            configTextAdd(t, "\\%c", named[at - plain]);
        else if (isprint(byte))
            configTextAddBytes(t, bytesOf(piece.data + i, 1));
        else
            configTextAdd(t, "\\x%02x", byte);
    }
    configTextAddBytes(t, BYTES("\""));
}

void configTextClear(configText *t) {
    memFree(t->data);
    *t = (configText){0};
}

/* ---- where values live ---- */

static configValue *slotOf(const config *c, const configRow *row) {
    return &c->rest->values[row - configRows];
}

static void *fieldOf(const config *c, const configRow *row) {
    return (char *)(uintptr_t)c + row->offset;
}

int64_t configNumber(const config *c, const configRow *row) {
    switch (row->width) {
    case 0: return slotOf(c, row)->number;
    case sizeof(bool): return *(bool *)fieldOf(c, row);
    case sizeof(int): return *(int *)fieldOf(c, row);
    default: return *(int64_t *)fieldOf(c, row);
    }
}

void configSetNumber(config *c, const configRow *row, int64_t value) {
    switch (row->width) {
    case 0: slotOf(c, row)->number = value; break;
    case sizeof(bool): *(bool *)fieldOf(c, row) = value != 0; break;
    case sizeof(int): *(int *)fieldOf(c, row) = (int)value; break;
    default: *(int64_t *)fieldOf(c, row) = value; break;
    }
}

static char **textOf(const config *c, const configRow *row) {
    return row->width ? fieldOf(c, row) : &slotOf(c, row)->text;
}

const char *configString(const config *c, const configRow *row) {
    const char *text = *textOf(c, row);
    return text ? text : "";
}

void configSetString(config *c, const configRow *row, bytes value) {
    char **text = textOf(c, row);
    char *fresh = bytesToText(value); /* 'value' may be the old text */
    memFree(*text);
    *text = fresh;
}

static bytes *sizedOf(const config *c, const configRow *row) {
    return row->width ? fieldOf(c, row) : &slotOf(c, row)->sized;
}

bytes configSized(const config *c, const configRow *row) {
    bytes value = *sizedOf(c, row);
    return value.data ? value : BYTES("");
}

static void setSized(config *c, const configRow *row, bytes value) {
    bytes *sized = sizedOf(c, row);
    bytes fresh = {bytesToText(value), value.size}; /* 'value' may be the old one */
    memFree((char *)(uintptr_t)sized->data);
    *sized = fresh;
}

void configDropValue(config *c, const configRow *row) {
    if (row->type == CONFIG_TEXT) memFree(*textOf(c, row));
    if (row->type == CONFIG_BYTES) memFree((char *)(uintptr_t)sizedOf(c, row)->data);
}

/* ---- reading ---- */

static bool parseYesNo(bytes text, int64_t *out, configError e) {
    *out = bytesEqualWord(text, "yes");
    if (*out || bytesEqualWord(text, "no")) return true;
    return configFail(e, "argument must be 'yes' or 'no'");
}

static bool inBounds(const configRow *row, int64_t value, configError e) {
    if (value >= row->min && value <= row->max) return true;
    return configFail(e, "argument must be between %lld and %lld inclusive", (long long)row->min,
                      (long long)row->max);
}

/* Memory values are unsigned; a max of -1 stands for the whole range. */
static bool memoryInBounds(const configRow *row, uint64_t value, configError e) {
    if (value >= (uint64_t)row->min && value <= (uint64_t)row->max) return true;
    return configFail(e, "argument must be between %llu and %llu inclusive",
                      (unsigned long long)row->min, (unsigned long long)row->max);
}

/* 'maxmemory ""' is no limit. */
bool configParseSize(bytes text, uint64_t *size) {
    *size = 0;
    return text.size == 0 || numParseSize(text, size);
}

static bool parseMemory(const configRow *row, bytes text, int64_t *out, configError e) {
    uint64_t size;
    if (!configParseSize(text, &size)) return configFail(e, "argument must be a memory value");
    *out = (int64_t)size;
    return memoryInBounds(row, size, e);
}

static bool parsePercent(const configRow *row, bytes text, int64_t *out, configError e) {
    int64_t percent;
    if (text.size && text.data[text.size - 1] == '%') {
        if (!numParseInt(bytesOf(text.data, text.size - 1), &percent) || percent < 0)
            return configFail(e, "argument must be a memory or percent value");
        if (percent > 100) return configFail(e, "percentage argument must be less or equal to 100");
        *out = -percent;
        return true;
    }
    uint64_t size;
    if (!configParseSize(text, &size))
        return configFail(e, "argument must be a memory or percent value");
    *out = (int64_t)size;
    return memoryInBounds(row, size, e);
}

static bool parseOctal(const configRow *row, bytes text, int64_t *out, configError e) {
    int64_t value = 0;
    bool fits = text.size > 0 && text.size <= 12;
    for (size_t i = 0; fits && i < text.size; i++) {
        fits = text.data[i] >= '0' && text.data[i] <= '7';
        value = value * 8 + (text.data[i] - '0');
    }
    if (!fits) return configFail(e, "argument couldn't be parsed as an octal number");
    *out = value;
    if (value >= row->min && value <= row->max) return true;
    return configFail(e, "argument must be between %llo and %llo inclusive",
                      (unsigned long long)row->min, (unsigned long long)row->max);
}

static bool failWords(const configRow *row, configError e) {
    configText list = {0};
    for (const configWord *w = row->words; w->name; w++)
        configTextAdd(&list, "%s%s", w == row->words ? "" : ", ", w->name);
    configFail(e, "argument(s) must be one of the following: %s", list.data);
    configTextClear(&list);
    return false;
}

static bool parseWords(const configRow *row, const bytes *words, int count, int64_t *out,
                       configError e) {
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        const configWord *w = row->words;
        while (w->name && !bytesEqualWord(words[i], w->name)) w++;
        if (!w->name) return failWords(row, e);
        value |= w->value;
    }
    if (!count) return failWords(row, e);
    *out = value;
    return true;
}

static bool parseText(config *c, const configRow *row, bytes text, configError e) {
    if (text.size && memchr(text.data, '\0', text.size))
        return configFail(e, "argument must not contain a zero byte");
    if (row->accept && !row->accept(row, text, NULL, e)) return false;
    configSetString(c, row, text);
    return true;
}

bool configParseRow(config *c, const configRow *row, const bytes *words, int count, configError e) {
    int64_t value = 0;
    bool fits = false;
    switch (row->type) {
    case CONFIG_YESNO: fits = parseYesNo(words[0], &value, e); break;
    case CONFIG_INTEGER:
        if (!numParseInt(words[0], &value))
            return configFail(e, "argument couldn't be parsed into an integer");
        fits = inBounds(row, value, e);
        break;
    case CONFIG_MEMORY: fits = parseMemory(row, words[0], &value, e); break;
    case CONFIG_PERCENT: fits = parsePercent(row, words[0], &value, e); break;
    case CONFIG_OCTAL: fits = parseOctal(row, words[0], &value, e); break;
    case CONFIG_WORD:
    case CONFIG_BITS: fits = parseWords(row, words, count, &value, e); break;
    case CONFIG_TEXT: return parseText(c, row, words[0], e);
    case CONFIG_BYTES: setSized(c, row, words[0]); return true;
    case CONFIG_SPECIAL: return row->kind->set(c, row, words, count, e);
    }
    if (!fits || (row->accept && !row->accept(row, words[0], &value, e))) return false;
    configSetNumber(c, row, value);
    return true;
}

/* ---- writing ---- */

static void formatBits(const configRow *row, int64_t value, configText *out) {
    const char *space = "";
    for (const configWord *w = row->words; w->name; w++) {
        bool is_none = w->value == 0;
        if (is_none ? value != 0 : (value & w->value) != w->value) continue;
        configTextAdd(out, "%s%s", space, w->name);
        space = " ";
    }
}

void configFormatRow(const config *c, const configRow *row, configText *out) {
    if (row->type == CONFIG_SPECIAL) {
        row->kind->text(c, out);
        return;
    }
    if (row->type == CONFIG_TEXT) {
        configTextAddBytes(out, bytesOfText(configString(c, row)));
        return;
    }
    if (row->type == CONFIG_BYTES) {
        configTextAddBytes(out, configSized(c, row));
        return;
    }
    int64_t value = configNumber(c, row);
    switch (row->type) {
    case CONFIG_YESNO: configTextAdd(out, "%s", value ? "yes" : "no"); break;
    case CONFIG_MEMORY: configTextAdd(out, "%llu", (unsigned long long)value); break;
    case CONFIG_PERCENT:
        configTextAdd(out, value < 0 ? "%lld%%" : "%lld", (long long)(value < 0 ? -value : value));
        break;
    case CONFIG_OCTAL: configTextAdd(out, "%llo", (unsigned long long)value); break;
    case CONFIG_BITS: formatBits(row, value, out); break;
    case CONFIG_WORD:
        for (const configWord *w = row->words; w->name; w++)
            if (w->value == value) {
                configTextAdd(out, "%s", w->name);
                break;
            }
        break;
    default: configTextAdd(out, "%lld", (long long)value); break;
    }
}

void configTextAddMemory(configText *out, uint64_t size_bytes) {
    static const struct {
        const char *unit;
        uint64_t factor;
    } units[] = {{"gb", 1ull << 30}, {"mb", 1 << 20}, {"kb", 1 << 10}};
    for (size_t i = 0; size_bytes && i < sizeof units / sizeof units[0]; i++)
        if (size_bytes % units[i].factor == 0) {
            configTextAdd(out, "%llu%s", (unsigned long long)(size_bytes / units[i].factor),
                          units[i].unit);
            return;
        }
    configTextAdd(out, "%llu", (unsigned long long)size_bytes);
}
