#include "storage/persist/aof_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "protocol/resp_parse.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

enum {
    LINE_MAX = 1024,            /* with its newline */
    WORDS_MAX = LINE_MAX / 2,   /* more do not fit on a line */
    TEXT_MAX = 16 * 1024 * 1024 /* of a whole manifest */
};

/* ---- lists of files ---- */

static aofFile *listAdd(aofFileList *l, size_t at, aofFile file) {
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : 8;
        l->items = memRealloc(l->items, l->capacity * sizeof *l->items);
    }
    memmove(l->items + at + 1, l->items + at, (l->count - at) * sizeof *l->items);
    l->items[at] = file;
    l->count++;
    return &l->items[at];
}

static void listClear(aofFileList *l) {
    for (size_t i = 0; i < l->count; i++) memFree(l->items[i].name);
    memFree(l->items);
    *l = (aofFileList){0};
}

static aofFile fileCopy(const aofFile *f) {
    return (aofFile){f->name ? memText(f->name) : NULL, f->seq, f->type};
}

static aofFileList listCopy(const aofFileList *l) {
    aofFileList copy = {0};
    for (size_t i = 0; i < l->count; i++) listAdd(&copy, i, fileCopy(&l->items[i]));
    return copy;
}

void aofManifestClear(aofManifest *m) {
    memFree(m->base.name);
    listClear(&m->history);
    listClear(&m->incrs);
    *m = (aofManifest){0};
}

aofManifest aofManifestCopy(const aofManifest *m) {
    return (aofManifest){.base = fileCopy(&m->base),
                         .history = listCopy(&m->history),
                         .incrs = listCopy(&m->incrs),
                         .base_seq = m->base_seq,
                         .incr_seq = m->incr_seq};
}

/* ---- changes ---- */

static char *makeName(const char *stem, int64_t seq, const char *suffix) {
    size_t room = strlen(stem) + NUM_INT_MAX + strlen(suffix) + 2;
    char *name = memAlloc(room);
    snprintf(name, room, "%s.%lld%s", stem, (long long)seq, suffix);
    return name;
}

static void retire(aofManifest *m, aofFile file) {
    file.type = AOF_FILE_HISTORY;
    listAdd(&m->history, 0, file);
}

const char *aofManifestNewBase(aofManifest *m, const char *stem, bool is_rdb, size_t incrs_before) {
    if (m->base.name) retire(m, m->base);
    for (size_t i = 0; i < incrs_before; i++) retire(m, m->incrs.items[i]);
    m->incrs.count -= incrs_before;
    size_t kept = m->incrs.count * sizeof *m->incrs.items;
    if (kept) memmove(m->incrs.items, m->incrs.items + incrs_before, kept);
    int64_t seq = ++m->base_seq;
    char *name = makeName(stem, seq, is_rdb ? ".base.rdb" : ".base.aof");
    m->base = (aofFile){name, seq, AOF_FILE_BASE};
    return name;
}

const char *aofManifestNewIncr(aofManifest *m, const char *stem) {
    int64_t seq = ++m->incr_seq;
    aofFile file = {makeName(stem, seq, ".incr.aof"), seq, AOF_FILE_INCR};
    return listAdd(&m->incrs, m->incrs.count, file)->name;
}

void aofManifestAdoptBase(aofManifest *m, const char *name) {
    memFree(m->base.name);
    m->base = (aofFile){memText(name), 1, AOF_FILE_BASE};
    m->base_seq = 1;
}

void aofManifestAdd(aofManifest *m, const aofFile *f) {
    aofFile copy = fileCopy(f);
    if (f->type == AOF_FILE_BASE) {
        memFree(m->base.name);
        m->base = copy;
        m->base_seq = f->seq;
    } else {
        listAdd(&m->incrs, m->incrs.count, copy);
        m->incr_seq = f->seq;
    }
}

void aofManifestDropHistory(aofManifest *m) {
    listClear(&m->history);
}

/* ---- reading ---- */

static int fail(aofManifestError *e, const char *text) {
    snprintf(e->text, sizeof e->text, "%s", text);
    return ERR_CORRUPT;
}

static const char bad_format[] = "Invalid AOF manifest file format";

static bool isOdd(unsigned char c) {
    return c <= ' ' || c > '~' || c == '"' || c == '\'' || c == '\\';
}

typedef struct fileLine {
    bytes name, type;
    int64_t seq;
} fileLine;

/* Whether the line can be read again once it is written here: escapes make it longer. */
static bool canBeWritten(const fileLine *line) {
    size_t size = (size_t)snprintf(NULL, 0, "file \"\" seq %lld type i\n", (long long)line->seq);
    for (size_t i = 0; i < line->name.size; i++)
        size += isOdd((unsigned char)line->name.data[i]) ? 4 : 1;
    return size < LINE_MAX;
}

/* The pairs of words of a line. NULL, or what is wrong. */
static const char *readLine(const bytes *words, int count, fileLine *out) {
    if (count < 6 || count % 2) return bad_format;
    *out = (fileLine){0};
    for (int i = 0; i < count; i += 2) {
        bytes value = words[i + 1];
        if (bytesEqualWord(words[i], "file")) {
            out->name = value;
            if (value.size && memchr(value.data, '/', value.size))
                return "File can't be a path, just a filename";
        } else if (bytesEqualWord(words[i], "seq")) {
            if (!numParseInt(value, &out->seq) || out->seq == INT64_MAX) return bad_format;
        } else if (bytesEqualWord(words[i], "type")) {
            out->type = value;
        }
    }
    if (!canBeWritten(out)) return "Found a file name that is too long";
    bool whole = out->name.size && !memchr(out->name.data, '\0', out->name.size) &&
                 out->type.size && out->seq;
    return whole ? NULL : bad_format;
}

/* NULL, or what is wrong with a file of this kind here. */
static const char *addFile(aofManifest *m, const fileLine *line) {
    aofFile file = {.seq = line->seq, .type = (aofFileType)line->type.data[0]};
    switch (file.type) {
    case AOF_FILE_BASE:
        if (m->base.name) return "Found duplicate base file information";
        file.name = bytesToText(line->name);
        m->base = file;
        m->base_seq = file.seq;
        return NULL;
    case AOF_FILE_HISTORY:
        file.name = bytesToText(line->name);
        listAdd(&m->history, m->history.count, file);
        return NULL;
    case AOF_FILE_INCR:
        if (m->incrs.count && file.seq <= m->incr_seq)
            return "Found a non-monotonic sequence number";
        file.name = bytesToText(line->name);
        listAdd(&m->incrs, m->incrs.count, file);
        m->incr_seq = file.seq;
        return NULL;
    default: return "Unknown AOF file type";
    }
}

/* One line without its newline. */
static const char *takeLine(aofManifest *m, bytes line) {
    char text[LINE_MAX];
    bytes words[WORDS_MAX];
    fileLine parts;
    memcpy(text, line.data, line.size);
    int count = respSplitLine(text, line.size, words, WORDS_MAX);
    const char *wrong = count < 0 ? bad_format : readLine(words, count, &parts);
    return wrong ? wrong : addFile(m, &parts);
}

int aofManifestParse(bytes text, aofManifest *m, aofManifestError *error) {
    *m = (aofManifest){0};
    *error = (aofManifestError){0};
    if (text.size == 0) return fail(error, "Found an empty AOF manifest");
    for (size_t at = 0; at < text.size;) {
        const char *start = text.data + at;
        const char *newline = memchr(start, '\n', text.size - at);
        size_t size = newline ? (size_t)(newline - start) : text.size - at;
        error->line++;
        const char *wrong = NULL;
        if (!newline || size + 1 >= LINE_MAX)
            wrong = "The AOF manifest file contains too long line";
        else if (size == 0)
            wrong = bad_format;
        else if (*start != '#')
            wrong = takeLine(m, bytesOf(start, size));
        if (wrong) {
            size_t shown = size < sizeof error->shown - 1 ? size : sizeof error->shown - 1;
            memcpy(error->shown, start, shown);
            aofManifestClear(m);
            return fail(error, wrong);
        }
        at += size + 1;
    }
    return ERR_OK;
}

/* ---- writing ---- */

typedef struct textBuffer {
    char *data;
    size_t size, capacity;
} textBuffer;

static void put(textBuffer *t, const char *piece, size_t size) {
    if (t->capacity - t->size < size) {
        t->capacity = (t->capacity + size) * 2;
        t->data = memRealloc(t->data, t->capacity);
    }
    memcpy(t->data + t->size, piece, size);
    t->size += size;
}

static void putEscaped(textBuffer *t, unsigned char c) {
    static const char letters[] = "nrtab", meant[] = "\n\r\t\a\b";
    char escape[5];
    const char *found = c ? strchr(meant, c) : NULL;
    if (c == '"' || c == '\\')
        snprintf(escape, sizeof escape, "\\%c", c);
    else if (found)
        snprintf(escape, sizeof escape, "\\%c", letters[found - meant]);
    else if (c < ' ' || c > '~')
        snprintf(escape, sizeof escape, "\\x%02x", c);
    else
        snprintf(escape, sizeof escape, "%c", c);
    put(t, escape, strlen(escape));
}

static void putName(textBuffer *t, const char *name) {
    bool odd = *name == '\0';
    for (const char *at = name; *at; at++) odd |= isOdd((unsigned char)*at);
    if (!odd) {
        put(t, name, strlen(name));
        return;
    }
    put(t, "\"", 1);
    for (; *name; name++) putEscaped(t, (unsigned char)*name);
    put(t, "\"", 1);
}

static void putFile(textBuffer *t, const aofFile *f) {
    char rest[64];
    put(t, "file ", 5);
    putName(t, f->name);
    int size = snprintf(rest, sizeof rest, " seq %lld type %c\n", (long long)f->seq, f->type);
    put(t, rest, (size_t)size);
}

char *aofManifestText(const aofManifest *m, size_t *size) {
    textBuffer t = {.data = memAlloc(LINE_MAX), .capacity = LINE_MAX};
    if (m->base.name) putFile(&t, &m->base);
    for (size_t i = 0; i < m->history.count; i++) putFile(&t, &m->history.items[i]);
    for (size_t i = 0; i < m->incrs.count; i++) putFile(&t, &m->incrs.items[i]);
    *size = t.size;
    return t.data;
}

/* ---- files ---- */

int aofManifestRead(const fileOps *ops, const char *path, aofManifest *m, aofManifestError *error) {
    *m = (aofManifest){0};
    *error = (aofManifestError){0};
    int fd = fileOpen(ops, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    textBuffer t = {0};
    char part[4096];
    ssize_t got;
    while ((got = fileRead(ops, fd, part, sizeof part)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 || t.size > TEXT_MAX) break;
        put(&t, part, (size_t)got);
    }
    int err, failure = errno;
    if (got < 0)
        err = ERR_IO;
    else if (got > 0)
        err = fail(error, "The AOF manifest file is too long");
    else
        err = aofManifestParse(bytesOf(t.data ? t.data : "", t.size), m, error);
    memFree(t.data);
    fileClose(ops, fd);
    errno = failure;
    return err;
}

int aofManifestWrite(const fileOps *ops, const char *path, const char *temp, const aofManifest *m) {
    int fd = fileOpen(ops, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return ERR_IO;
    size_t size;
    char *text = aofManifestText(m, &size);
    bool good = fileWriteAll(ops, fd, bytesOf(text, size)) == 0 && fileSync(ops, fd) == 0;
    int failure = errno;
    memFree(text);
    if (fileClose(ops, fd) < 0 && good) {
        good = false;
        failure = errno;
    }
    if (good && fileRename(ops, temp, path) < 0) {
        good = false;
        failure = errno;
    }
    if (!good) {
        fileUnlink(ops, temp);
        errno = failure;
        return ERR_IO;
    }
    return fileSyncFolder(ops, path) < 0 ? ERR_AGAIN : ERR_OK;
}
