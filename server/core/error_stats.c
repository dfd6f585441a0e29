#include "server/core/error_stats.h"

#include "storage/base/log.h"
#include "storage/base/mem.h"

struct errorStats {
    int count;
    bool flooded; /* nothing is counted any more */
    struct {
        char code[ERROR_CODE_SIZE];
        uint64_t count;
    } codes[ERROR_CODES_MAX];
};

errorStats *errorStatsNew(void) {
    return memCalloc(1, sizeof(errorStats));
}

void errorStatsFree(errorStats *e) {
    memFree(e);
}

static size_t codeSize(bytes text) {
    size_t size = 0;
    while (size < text.size && size < ERROR_CODE_SIZE - 1 && text.data[size] != ' ') size++;
    return size;
}

/* Tells the log what there was and keeps one code that says so. */
static void giveUp(errorStats *e) {
    logLine(LOG_WARN,
            "Errorstats stopped adding new errors because the number of errors reached the limit "
            "(%d). CONFIG RESETSTAT starts anew. Current errors code list:",
            ERROR_CODES_MAX);
    for (int i = 0; i < e->count; i++)
        logLine(LOG_WARN, "  %s: %llu", e->codes[i].code, (unsigned long long)e->codes[i].count);
    *e = (errorStats){.count = 1, .flooded = true, .codes = {{"ERRORSTATS_DISABLED", 1}}};
}

void errorStatsCount(errorStats *e, bytes text) {
    if (e->flooded) return;
    size_t size = codeSize(text);
    for (int i = 0; i < e->count; i++) {
        if (strlen(e->codes[i].code) == size && memcmp(e->codes[i].code, text.data, size) == 0) {
            e->codes[i].count++;
            return;
        }
    }
    if (e->count == ERROR_CODES_MAX) {
        giveUp(e);
        return;
    }
    memcpy(e->codes[e->count].code, text.data, size);
    e->codes[e->count].code[size] = '\0';
    e->codes[e->count++].count = 1;
}

void errorStatsReset(errorStats *e) {
    *e = (errorStats){0};
}

void errorStatsEach(const errorStats *e, void (*visit)(void *ctx, const char *code, uint64_t count),
                    void *ctx) {
    for (int i = 0; i < e->count; i++) visit(ctx, e->codes[i].code, e->codes[i].count);
}
