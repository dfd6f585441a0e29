/* config_file.c - from the text of a file and of the command line to values. */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "protocol/resp_parse.h"
#include "server/core/config_internal.h"
#include "storage/base/mem.h"

enum { INCLUDE_DEPTH = 16, REASON_ROOM = 512, FILE_MAX_BYTES = 64 << 20 };

typedef struct loading {
    config *c;
    int depth;
    char *error;
    size_t error_room;
} loading;

/* A line on its way: 'text' as it was written, for the error. */
typedef struct configLine {
    int number;
    const char *text;
    size_t size;
    bytes words[CONFIG_LINE_WORDS];
    int count;
} configLine;

static int loadText(loading *l, char *text, size_t size);

static int failOpen(loading *l, const char *path) {
    int reason = errno;
    char here[PATH_MAX];
    bool is_whole = path[0] == '/' || !getcwd(here, sizeof here);
    snprintf(l->error, l->error_room, "Fatal error, can't open config file '%s%s%s': %s",
             is_whole ? "" : here, is_whole ? "" : "/", path, strerror(reason));
    return ERR_IO;
}

static int readStream(loading *l, FILE *in, const char *path, configText *out) {
    char piece[4096];
    size_t size;
    while ((size = fread(piece, 1, sizeof piece, in)) > 0 && out->size < FILE_MAX_BYTES)
        configTextAddBytes(out, bytesOf(piece, size));
    return ferror(in) ? failOpen(l, path) : ERR_OK;
}

static int readFile(loading *l, const char *path, configText *out) {
    FILE *in = fopen(path, "re");
    if (!in) return failOpen(l, path);
    int err = readStream(l, in, path, out);
    fclose(in);
    return err;
}

static int loadIncluded(loading *l, const char *path) {
    configText text = {0};
    int err = readFile(l, path, &text);
    if (err == ERR_OK && text.size) err = loadText(l, text.data, text.size);
    configTextClear(&text);
    return err;
}

/* A pattern that matches nothing is no error, a name without pattern that is not there is one. */
static int loadInclude(loading *l, bytes pattern) {
    if (l->depth == INCLUDE_DEPTH) {
        snprintf(l->error, l->error_room,
                 "Fatal error, config files include each other more than %d deep", INCLUDE_DEPTH);
        return ERR_TOO_BIG;
    }
    char *path = bytesToText(pattern);
    int err = ERR_OK;
    l->depth++;
    glob_t found = {0};
    if (strpbrk(path, "*?[") && glob(path, 0, NULL, &found) == 0) {
        for (size_t i = 0; err == ERR_OK && i < found.gl_pathc; i++)
            err = loadIncluded(l, found.gl_pathv[i]);
        globfree(&found);
    } else if (!strpbrk(path, "*?[")) {
        err = loadIncluded(l, path);
    }
    l->depth--;
    memFree(path);
    return err;
}

static void addExtra(config *c, const char *name, bytes first, bytes second) {
    struct configRest *r = c->rest;
    r->extras = memRealloc(r->extras, (size_t)(r->extra_count + 1) * sizeof *r->extras);
    r->extras[r->extra_count++] =
        (configExtra){memText(name), bytesToText(first), bytesToText(second)};
}

/* The words from 'start' on, as one text. */
static void addExtraRest(config *c, const configLine *line, int start) {
    configText rest = {0};
    for (int i = start; i < line->count; i++) {
        if (i > start) configTextAddBytes(&rest, BYTES(" "));
        configTextAddBytes(&rest, line->words[i]);
    }
    char *name = bytesToText(line->words[0]);
    addExtra(c, name, bytesOf(rest.data ? rest.data : "", rest.size), BYTES(""));
    memFree(name);
    configTextClear(&rest);
}

/* Directives that are no values. True if this line is one of them, well written. */
static bool takeExtra(config *c, const configLine *line) {
    bytes name = line->words[0];
    if (bytesEqualWord(name, "rename-command") && line->count == 3) {
        addExtra(c, "rename-command", line->words[1], line->words[2]);
        return true;
    }
    if (bytesEqualWord(name, "loadmodule") && line->count >= 2) {
        addExtraRest(c, line, 1);
        return true;
    }
    if (bytesEqualWord(name, "user") && line->count >= 2) {
        addExtraRest(c, line, 1);
        return true;
    }
    /* Two names of old files that nothing reads any more. */
    return line->count == 2 && (bytesEqualWord(name, "list-max-ziplist-entries") ||
                                bytesEqualWord(name, "list-max-ziplist-value"));
}

static bool takeLine(loading *l, const configLine *line, configError e) {
    const configRow *row = configFindRow(line->words[0]);
    if (!row) {
        if (takeExtra(l->c, line)) return true;
        if (bytesEqualWord(line->words[0], "sentinel"))
            return configFail(e, "sentinel directive while not in sentinel mode");
        return configFail(e, "Bad directive or wrong number of arguments");
    }
    if (!configSetRow(l->c, row, line->words + 1, line->count - 1, e)) return false;
    if (row->kind == &configSave) l->c->rest->save_seen = true;
    return true;
}

static int failLine(loading *l, const configLine *line, const char *reason) {
    enum { SHOWN = 256 };
    int shown = (int)(line->size < SHOWN ? line->size : SHOWN);
    snprintf(l->error, l->error_room,
             "\n*** FATAL CONFIG FILE ERROR (Ebb %s) ***\n"
             "Reading the configuration file, at line %d\n"
             ">>> '%.*s'\n"
             "%s\n",
             EBB_VERSION, line->number, shown, line->text, reason);
    return ERR_SYNTAX;
}

static int loadLine(loading *l, configLine *line) {
    char reason[REASON_ROOM];
    configError e = {reason, sizeof reason};
    char *scratch = bytesToText(bytesOf(line->text, line->size));
    int err = ERR_OK;
    line->count = respSplitLine(scratch, line->size, line->words, CONFIG_LINE_WORDS);
    if (line->count == -2)
        err = failLine(l, line, "wrong number of arguments");
    else if (line->count < 0)
        err = failLine(l, line, "Unbalanced quotes in configuration line");
    else if (line->count == 2 && bytesEqualWord(line->words[0], "include"))
        err = loadInclude(l, line->words[1]);
    else if (line->count > 0 && !takeLine(l, line, e))
        err = failLine(l, line, reason);
    memFree(scratch);
    return err;
}

static bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int loadText(loading *l, char *text, size_t size) {
    configLine line = {.number = 0};
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t next = end ? (size_t)(end - text) + 1 : size;
        line.text = text + at;
        line.size = end ? next - at - 1 : size - at;
        line.number++;
        at = next;
        while (line.size && isBlank(line.text[0])) line.text++, line.size--;
        while (line.size && isBlank(line.text[line.size - 1])) line.size--;
        if (!line.size || line.text[0] == '#') continue;
        int err = loadLine(l, &line);
        if (err < 0) return err;
    }
    return ERR_OK;
}

int configLoad(config *c, const char *path, bool read_stdin, const char *options, char *error,
               size_t error_room) {
    loading l = {.c = c, .error = error, .error_room = error_room};
    configText text = {0};
    int err = ERR_OK;
    if (path) {
        /* Absolute, for what follows may change the folder. */
        char whole[PATH_MAX];
        memFree(c->rest->path);
        c->rest->path = memText(realpath(path, whole) ? whole : path);
        err = readFile(&l, path, &text);
    }
    if (err == ERR_OK && read_stdin) err = readStream(&l, stdin, "-", &text);
    if (err == ERR_OK && options) {
        configTextAddBytes(&text, BYTES("\n"));
        configTextAddBytes(&text, bytesOfText(options));
    }
    if (err == ERR_OK && text.size) err = loadText(&l, text.data, text.size);
    if (err == ERR_OK && configInt(c, "cluster-enabled") && c->rest->replica_host) {
        snprintf(error, error_room,
                 "\n*** FATAL CONFIG FILE ERROR (Ebb %s) ***\n"
                 "replicaof directive not allowed in cluster mode\n",
                 EBB_VERSION);
        err = ERR_SYNTAX;
    }
    c->rest->save_seen = false;
    configTextClear(&text);
    return err;
}

/* Each "--name" begins a line; the word right after it is a value even where it begins with "--",
 * unless the name came with a value of its own ("--hz 10" as one argument). A save without value is
 * an empty one. */
char *configOptions(int argc, char **argv) {
    configText out = {0};
    bool names_value = false;   /* the last argument was a name that waits for its value */
    bool save_is_empty = false; /* ... and it was save */
    for (int i = 0; i < argc; i++) {
        bool is_name = !strncmp(argv[i], "--", 2);
        if (is_name && save_is_empty && names_value) {
            configTextAddBytes(&out, BYTES("\"\""));
            names_value = false;
        }
        if (is_name && !names_value) {
            if (out.size) configTextAddBytes(&out, BYTES("\n"));
            configTextAddBytes(&out, bytesOfText(argv[i] + 2));
            configTextAddBytes(&out, BYTES(" "));
            names_value = strchr(argv[i], ' ') == NULL;
            save_is_empty = !strcmp(argv[i], "--save");
            continue;
        }
        configTextAddQuoted(&out, bytesOfText(argv[i]));
        configTextAddBytes(&out, BYTES(" "));
        names_value = false;
    }
    if (save_is_empty && names_value) configTextAddBytes(&out, BYTES("\"\""));
    configTextAddBytes(&out, bytesOf("", 0));
    return out.data;
}
