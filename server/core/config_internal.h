/* config_internal.h - what a row of the table of directives is, and what lies behind the values.
 *
 * A value lives in a field of struct config (row->width > 0) or in the row's slot of the rest. Its
 * text is what CONFIG GET replies; setting a row to its own text changes nothing, which is how
 * defaults, CONFIG SET and its rollback all work. */
#ifndef EBB_SERVER_CORE_CONFIG_INTERNAL_H
#define EBB_SERVER_CORE_CONFIG_INTERNAL_H

#include "server/core/config.h"
#include "storage/base/err.h"

typedef enum configType {
    CONFIG_YESNO,
    CONFIG_INTEGER,
    CONFIG_MEMORY,  /* with units; unsigned */
    CONFIG_PERCENT, /* a memory value or a percentage, which is kept negative */
    CONFIG_OCTAL,
    CONFIG_TEXT,
    CONFIG_BYTES, /* a text that may hold zeros: passwords */
    CONFIG_WORD,  /* one of row->words */
    CONFIG_BITS,  /* several of row->words, or-ed */
    CONFIG_SPECIAL
} configType;

enum {
    CONFIG_IMMUTABLE = 1 << 0,  /* set when the server starts only */
    CONFIG_PROTECTED = 1 << 1,  /* CONFIG SET only under enable-protected-configs */
    CONFIG_HIDDEN = 1 << 2,     /* CONFIG GET only by its whole name */
    CONFIG_MANY = 1 << 3,       /* takes several words */
    CONFIG_INERT = 1 << 4,      /* no effect yet: said once at the start where it is set */
    CONFIG_SECRET = 1 << 5,     /* its value is in no error message or log line */
    CONFIG_NOT_LOADING = 1 << 6 /* stays as it is while data are loaded */
};

typedef struct configWord {
    const char *name;
    int value;
} configWord;

/* Text that grows, always with a closing zero. Zeroed is empty. */
typedef struct configText {
    char *data;
    size_t size, room;
} configText;

void configTextAdd(configText *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void configTextAddBytes(configText *t, bytes piece);
/* In double quotes with escapes, as configuration files are written. */
void configTextAddQuoted(configText *t, bytes piece);
void configTextClear(configText *t);

typedef struct configRow configRow;

/* Where an error of a directive goes. */
typedef struct configError {
    char *text;
    size_t room;
} configError;

bool configFail(configError e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a special row is read and written. */
typedef struct configKind {
    bool (*set)(config *c, const configRow *row, const bytes *words, int count, configError e);
    void (*text)(const config *c, configText *out);
    /* What sets it to the same again, where the text says less; NULL: the text. */
    void (*source)(const config *c, configText *out);
    /* The lines of a rewritten file, each with its name; 'emit' is told whether the line must stand
     * there even where the old file has none. NULL: one line of the text's words. */
    void (*lines)(const config *c, void (*emit)(void *ctx, const char *line, bool must), void *ctx);
} configKind;

struct configRow {
    const char *name, *alias;
    configType type;
    uint32_t flags;
    const char *initial; /* the default as text */
    int64_t min, max;
    size_t offset, width;
    const configWord *words; /* ends with a row without name */
    const configKind *kind;
    /* A last look at a value that fits its type; may adjust a number. */
    bool (*accept)(const configRow *row, bytes text, int64_t *number, configError e);
};

extern const configRow configRows[];
extern const int configRowCount;
enum { CONFIG_ROWS_MAX = 288, CONFIG_LINE_WORDS = 64, CONFIG_HOOKS_MAX = 48 };

typedef union configValue {
    int64_t number;
    char *text;
    bytes sized; /* owned */
} configValue;

typedef struct configHook {
    const configRow *row;
    configChanged changed;
    void *ctx;
} configHook;

/* A directive that is no value: rename-command, loadmodule, user. */
typedef struct configExtra {
    char *name;
    char *first, *second;
} configExtra;

enum { CONFIG_PERCENTILES = 32 };

struct configRest {
    configValue values[CONFIG_ROWS_MAX];
    configHook hooks[CONFIG_HOOKS_MAX];
    int hook_count;
    char *path; /* absolute, of the file it was loaded from; NULL: none */
    configExtra *extras;
    int extra_count;
    bool save_seen; /* the first save line of a file replaces the defaults, the next ones add */
    double percentiles[CONFIG_PERCENTILES];
    int percentile_count;
    int64_t oom_scores[3];
    int maxmemory_form;
    char *replica_host; /* NULL: none */
    int64_t replica_port;
};

/* config.c */
const configRow *configFindRow(bytes name);
/* Sets one directive from its words as a line or CONFIG SET gives them. */
bool configSetRow(config *c, const configRow *row, const bytes *words, int count, configError e);
/* The value as CONFIG GET replies it, appended. */
void configRowText(const config *c, const configRow *row, configText *out);

/* config_types.c */
int64_t configNumber(const config *c, const configRow *row);
const char *configString(const config *c, const configRow *row);
bytes configSized(const config *c, const configRow *row);
void configSetNumber(config *c, const configRow *row, int64_t value);
void configSetString(config *c, const configRow *row, bytes value);
/* Frees what the value of a row holds. */
void configDropValue(config *c, const configRow *row);
bool configParseRow(config *c, const configRow *row, const bytes *words, int count, configError e);
void configFormatRow(const config *c, const configRow *row, configText *out);
/* A memory value; an empty text is 0. */
bool configParseSize(bytes text, uint64_t *size_bytes);
/* "100mb" where it divides, as rewritten files say. */
void configTextAddMemory(configText *out, uint64_t size_bytes);

/* config_special.c */
extern const configKind configBind, configSave, configOutputLimits, configNotify, configOomScores,
    configPercentiles, configDir, configReplicaof;
/* config_memory.c */
extern const configKind configMaxmemory;
bool configAcceptFileName(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptSomeFileName(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptPreloadFile(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptHostname(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptTitle(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptLogFile(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptHz(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptBacklog(const configRow *row, bytes text, int64_t *number, configError e);
bool configAcceptShutdown(const configRow *row, bytes text, int64_t *number, configError e);

#endif
