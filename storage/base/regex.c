#include "storage/base/mem.h"
#include "storage/base/regex_internal.h"

static regexStates statesNew(uint32_t size) {
    return (regexStates){0, memAlloc(size * sizeof(uint32_t)), memCalloc(size, sizeof(uint32_t))};
}

static void statesFree(regexStates *s) {
    memFree(s->dense);
    memFree(s->sparse);
}

static bool statesHave(const regexStates *s, uint32_t state) {
    return s->sparse[state] < s->count && s->dense[s->sparse[state]] == state;
}

static void statesAdd(regexStates *s, uint32_t state) {
    s->sparse[state] = s->count;
    s->dense[s->count++] = state;
}

/* ---- where a state leads to without reading a byte ---- */

typedef struct place {
    bytes text;
    size_t at;
} place;

static bool wordBefore(const place *p) {
    return p->at > 0 && regexIsWord((uint8_t)p->text.data[p->at - 1]);
}

static bool wordAfter(const place *p) {
    return p->at < p->text.size && regexIsWord((uint8_t)p->text.data[p->at]);
}

static bool holds(regexOp op, const place *p) {
    switch (op) {
    case REGEX_START: return p->at == 0;
    case REGEX_END: return p->at == p->text.size;
    case REGEX_EDGE: return wordBefore(p) != wordAfter(p);
    case REGEX_NO_EDGE: return wordBefore(p) == wordAfter(p);
    case REGEX_OPENS: return !wordBefore(p) && wordAfter(p);
    case REGEX_CLOSES: return wordBefore(p) && !wordAfter(p);
    default: return true;
    }
}

/* Adds 'start' and all that it leads to; each state once, so the stack holds them all. */
static void follow(regex *r, regexStates *to, uint32_t start, const place *p) {
    uint32_t depth = 0;
    if (statesHave(to, start)) return;
    statesAdd(to, start);
    r->stack[depth++] = start;
    while (depth) {
        uint32_t at = r->stack[--depth];
        const regexCode *c = &r->code[at];
        uint32_t targets[2];
        int count = 0;
        if (c->op == REGEX_SPLIT || c->op == REGEX_JUMP) {
            targets[count++] = at + (uint32_t)c->x;
            if (c->op == REGEX_SPLIT) targets[count++] = at + (uint32_t)c->y;
        } else if (c->op > REGEX_JUMP && c->op < REGEX_FOUND && holds((regexOp)c->op, p)) {
            targets[count++] = at + 1;
        }
        for (int i = 0; i < count; i++) {
            if (statesHave(to, targets[i])) continue;
            statesAdd(to, targets[i]);
            r->stack[depth++] = targets[i];
        }
    }
}

/* What may come first: all bytes, where the pattern can do without any or asks where it stands. */
static void findFirst(regex *r) {
    static const regexSet all = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    place nowhere = {{"", 0}, 0};
    follow(r, &r->now, 0, &nowhere);
    for (uint32_t i = 0; i < r->now.count; i++) {
        const regexCode *c = &r->code[r->now.dense[i]];
        if (c->op == REGEX_BYTE) {
            regexSetAdd(&r->first, c->byte);
        } else if (c->op == REGEX_SET) {
            for (int n = 0; n < 4; n++) r->first.bits[n] |= r->sets[c->x].bits[n];
        } else if (c->op != REGEX_SPLIT && c->op != REGEX_JUMP && c->op != REGEX_NOTHING) {
            r->first = all;
            break;
        }
    }
    r->now.count = 0;
}

regex *regexNew(bytes pattern, bool ignore_case, const char **reason) {
    regex *r = memCalloc(1, sizeof *r);
    if (!regexCompile(r, pattern, ignore_case, reason)) {
        regexFree(r);
        return NULL;
    }
    r->now = statesNew(r->size);
    r->next = statesNew(r->size);
    r->stack = memAlloc(r->size * sizeof *r->stack);
    findFirst(r);
    return r;
}

void regexFree(regex *r) {
    if (!r) return;
    statesFree(&r->now);
    statesFree(&r->next);
    memFree(r->stack);
    memFree(r->code);
    memFree(r->sets);
    memFree(r);
}

/* ---- matching ---- */

/* The states after reading 'byte' at 'p'. True if one of those before was the end of the pattern.
 */
static bool step(regex *r, const place *after, uint8_t byte) {
    r->next.count = 0;
    for (uint32_t i = 0; i < r->now.count; i++) {
        uint32_t at = r->now.dense[i];
        const regexCode *c = &r->code[at];
        bool reads = c->op == REGEX_ANY || (c->op == REGEX_BYTE && c->byte == byte) ||
                     (c->op == REGEX_SET && regexSetHas(&r->sets[c->x], byte));
        if (reads) follow(r, &r->next, at + 1, after);
    }
    regexStates swap = r->now;
    r->now = r->next;
    r->next = swap;
    return statesHave(&r->now, r->size - 1);
}

bool regexMatch(regex *r, bytes text) {
    r->now.count = 0;
    for (place p = {text, 0};; p.at++) {
        if (r->now.count == 0) {
            while (p.at < text.size && !regexSetHas(&r->first, (uint8_t)text.data[p.at])) p.at++;
        }
        follow(r, &r->now, 0, &p);
        if (statesHave(&r->now, r->size - 1)) return true;
        if (p.at >= text.size) return false;
        place after = {text, p.at + 1};
        if (step(r, &after, (uint8_t)text.data[p.at])) return true;
    }
}
