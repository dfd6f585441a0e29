/* config_memory.c - maxmemory: bytes, a share of what there is ("80%"), or "auto". */
#include "expire/cycle/memlimit.h"
#include "server/core/config_internal.h"
#include "storage/base/machine.h"
#include "storage/base/num.h"

/* Room for the process itself, for what lies between live items, and for buffers. */
enum { AUTO_PERCENT = 75 };

static bool parsePercent(bytes word, int64_t *percent) {
    return word.size > 1 && word.data[word.size - 1] == '%' &&
           numParseInt(bytesOf(word.data, word.size - 1), percent) && *percent >= 1 &&
           *percent <= 100;
}

static bool setMaxmemory(config *c, const configRow *row, const bytes *words, int count,
                         configError e) {
    (void)row;
    (void)count;
    int64_t percent = bytesEqualWord(words[0], "auto") ? AUTO_PERCENT : 0;
    int form = percent ? CONFIG_MAXMEMORY_AUTO : 0;
    if (!form && parsePercent(words[0], &percent)) form = (int)percent;
    uint64_t size = 0;
    if (form)
        size = memlimitShare(machineMemoryOf("").available, (unsigned)percent);
    else if (!configParseSize(words[0], &size))
        return configFail(e, "argument must be a memory value");
    c->maxmemory = size;
    c->rest->maxmemory_form = form;
    return true;
}

static void maxmemoryText(const config *c, configText *out) {
    configTextAdd(out, "%llu", (unsigned long long)c->maxmemory);
}

static void maxmemorySource(const config *c, configText *out) {
    int form = c->rest->maxmemory_form;
    if (form == CONFIG_MAXMEMORY_AUTO)
        configTextAdd(out, "auto");
    else if (form)
        configTextAdd(out, "%d%%", form);
    else
        configTextAddMemory(out, c->maxmemory);
}

static void maxmemoryLines(const config *c, void (*emit)(void *ctx, const char *line, bool must),
                           void *ctx) {
    configText line = {0};
    configTextAdd(&line, "maxmemory ");
    maxmemorySource(c, &line);
    emit(ctx, line.data, c->maxmemory != 0);
    configTextClear(&line);
}

const configKind configMaxmemory = {
    .set = setMaxmemory, .text = maxmemoryText, .source = maxmemorySource, .lines = maxmemoryLines};

int configMaxmemoryForm(const config *c) {
    return c->rest->maxmemory_form;
}
