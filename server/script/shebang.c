#include "server/script/shebang.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#include "protocol/resp_parse.h"
#include "server/core/reply.h"
#include "storage/base/mem.h"

enum { WORDS_MAX = 64 };

const scriptFlagName scriptFlagNames[] = {{"no-writes", SCRIPT_NO_WRITES},
                                          {"allow-oom", SCRIPT_ALLOW_OOM},
                                          {"allow-stale", SCRIPT_ALLOW_STALE},
                                          {"no-cluster", SCRIPT_NO_CLUSTER},
                                          {"allow-cross-slot-keys", SCRIPT_ALLOW_CROSS_SLOT},
                                          {NULL, 0}};

uint32_t scriptFlagOf(bytes name) {
    for (const scriptFlagName *f = scriptFlagNames; f->name; f++)
        if (bytesEqual(name, bytesOfText(f->name))) return f->flag;
    return 0;
}

/* Splits the first line at spaces, quotes heeded. The words point into '*line', a copy to be freed.
 * False if the text has no such line. */
static bool splitLine(bytes text, char **line, bytes *words, int *count, bytes *body) {
    const char *end = memchr(text.data, '\n', text.size);
    if (!end) return false;
    *body = bytesOf(end, text.size - (size_t)(end - text.data));
    *line = bytesToText(bytesOf(text.data, (size_t)(end - text.data)));
    *count = respSplitLine(*line, (size_t)(end - text.data), words, WORDS_MAX);
    return true;
}

static bool hasShebang(bytes text) {
    return text.size >= 2 && text.data[0] == '#' && text.data[1] == '!';
}

static bool startsWith(bytes word, const char *head) {
    size_t size = strlen(head);
    return word.size >= size && memcmp(word.data, head, size) == 0;
}

/* The next name of "a,b,c", taken off '*list'. */
static bytes takeName(bytes *list) {
    const char *comma = memchr(list->data, ',', list->size);
    size_t size = comma ? (size_t)(comma - list->data) : list->size;
    bytes name = bytesOf(list->data, size);
    size_t used = size + (comma != NULL);
    *list = bytesOf(list->data + used, list->size - used);
    return name;
}

/* Reads the words behind the first one; c NULL: nobody is told what is wrong. */
static bool readFlags(client *c, const bytes *words, int count, uint32_t *flags) {
    for (int i = 1; i < count; i++) {
        if (!startsWith(words[i], "flags=")) {
            if (c)
                replyErrorFormat(c, "ERR Unknown lua shebang option: %.*s", (int)words[i].size,
                                 words[i].data);
            return false;
        }
        bytes list = bytesOf(words[i].data + 6, words[i].size - 6);
        while (list.size) {
            bytes name = takeName(&list);
            uint32_t flag = scriptFlagOf(name);
            if (!flag && name.size) {
                if (c)
                    replyErrorFormat(c, "ERR Unexpected flag in script shebang: %.*s",
                                     (int)name.size, name.data);
                return false;
            }
            *flags |= flag;
        }
    }
    return true;
}

bool shebangOfScript(client *c, bytes text, uint32_t *flags, bytes *body) {
    *flags = SCRIPT_UNDECLARED;
    *body = text;
    if (!hasShebang(text)) return true;
    bytes words[WORDS_MAX];
    char *line = NULL;
    int count = -1;
    bool good = splitLine(text, &line, words, &count, body) && count > 0;
    *flags = 0;
    if (!good) {
        replyError(c, "ERR Invalid script shebang");
    } else if (!bytesEqual(words[0], BYTES("#!lua"))) {
        replyErrorFormat(c, "ERR Unexpected engine in script shebang: %.*s", (int)words[0].size,
                         words[0].data);
        good = false;
    } else {
        good = readFlags(c, words, count, flags);
    }
    memFree(line);
    return good;
}

uint32_t shebangFlags(bytes text) {
    if (!hasShebang(text)) return SCRIPT_UNDECLARED;
    bytes words[WORDS_MAX], body;
    char *line = NULL;
    int count = -1;
    uint32_t flags = 0;
    bool good = splitLine(text, &line, words, &count, &body) && count > 0 &&
                bytesEqual(words[0], BYTES("#!lua")) && readFlags(NULL, words, count, &flags);
    memFree(line);
    return good ? flags : SCRIPT_UNDECLARED;
}

/* ---- libraries ---- */

bool shebangNameIsGood(bytes name) {
    for (size_t i = 0; i < name.size; i++)
        if (!isalnum((unsigned char)name.data[i]) && name.data[i] != '_') return false;
    return name.size > 0;
}

static char *errorText(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *errorText(const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return memText(text);
}

static char *readName(const bytes *words, int count, char **name) {
    for (int i = 1; i < count; i++) {
        if (words[i].size < 5 || !bytesEqualWord(bytesOf(words[i].data, 5), "name="))
            return errorText("ERR Invalid metadata value given: %.*s", (int)words[i].size,
                             words[i].data);
        if (*name)
            return errorText("ERR Invalid metadata value, name argument was given multiple times");
        bytes given = bytesOf(words[i].data + 5, words[i].size - 5);
        if (!shebangNameIsGood(given)) return errorText("ERR " SHEBANG_BAD_NAME);
        *name = bytesToText(given);
    }
    return *name ? NULL : errorText("ERR Library name was not given");
}

char *shebangOfLibrary(bytes text, char **name, bytes *body) {
    bytes words[WORDS_MAX];
    char *line = NULL, *error;
    int count = -1;
    *name = NULL;
    if (!hasShebang(text)) return errorText("ERR Missing library metadata");
    if (!splitLine(text, &line, words, &count, body) || count <= 0) {
        error = errorText("ERR Invalid library metadata");
    } else {
        bytes engine = bytesOf(words[0].data + 2, words[0].size - 2);
        error = bytesEqualWord(engine, "lua")
                    ? readName(words, count, name)
                    : errorText("ERR Engine '%.*s' not found", (int)engine.size, engine.data);
    }
    memFree(line);
    if (error) {
        memFree(*name);
        *name = NULL;
    }
    return error;
}
