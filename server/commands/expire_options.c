#include "server/commands/expire_options.h"

#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"

typedef struct expireWord {
    const char *word;
    expireKind kind;
    uint32_t needs; /* the leave of the command, 0 where a number follows */
} expireWord;

static const expireWord words[] = {
    {"EX", EXPIRE_EX, 0},
    {"PX", EXPIRE_PX, 0},
    {"EXAT", EXPIRE_EXAT, 0},
    {"PXAT", EXPIRE_PXAT, 0},
    {"KEEPTTL", EXPIRE_KEEPTTL, EXPIRE_MAY_KEEPTTL},
    {"PERSIST", EXPIRE_PERSIST, EXPIRE_MAY_PERSIST},
};

int expireOptionParse(const client *c, int index, uint32_t may, expireOption *o) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!argIs(c, index, words[i].word)) continue;
        if (o->kind != EXPIRE_UNSAID && o->kind != words[i].kind) return 0;
        if (words[i].needs) {
            if (!(may & words[i].needs)) return 0;
            *o = (expireOption){.kind = words[i].kind};
            return 1;
        }
        if (index + 1 >= c->argc) return 0;
        *o = (expireOption){words[i].kind, index + 1};
        return 2;
    }
    return 0;
}

bool expireArgument(client *c, expireKind kind, int index, int64_t *deadline_ms) {
    int64_t value;
    if (!argInt(c, index, &value, NULL)) return false;
    bool fits = value > 0;
    if (kind == EXPIRE_EX || kind == EXPIRE_EXAT)
        fits = fits && !__builtin_mul_overflow(value, 1000, &value);
    if (kind == EXPIRE_EX || kind == EXPIRE_PX)
        fits = fits && !__builtin_add_overflow(value, c->server->now_ms, &value);
    if (!fits) {
        replyErrorFormat(c, "ERR invalid expire time in '%s' command", c->cmd->full_name);
        return false;
    }
    /* The last millisecond of time is the mark of no deadline at all. */
    *deadline_ms = value == DEADLINE_NONE ? DEADLINE_NONE - 1 : value;
    return true;
}

bool expireOptionResolve(client *c, const expireOption *o, int64_t *deadline_ms) {
    if (expireOptionTimed(o)) return expireArgument(c, o->kind, o->argument, deadline_ms);
    *deadline_ms = DEADLINE_NONE;
    return true;
}

bool expireIsPast(const client *c, int64_t deadline_ms) {
    return deadline_ms <= c->server->judged_ms;
}
