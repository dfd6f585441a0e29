#include "server/commands/value_condition.h"

#include <ctype.h>
#include <strings.h>

#include "server/core/args.h"
#include "server/core/reply.h"
#include "storage/base/digest.h"
#include "storage/base/num.h"

bytes digestOfString(const entry *e, char digits[DIGEST_SIZE]) {
    char scratch[NUM_INT_MAX];
    uint64_t digest = digestXxh3(entryString(e, scratch));
    for (int i = DIGEST_SIZE - 1; i >= 0; i--, digest >>= 4)
        digits[i] = "0123456789abcdef"[digest & 15];
    return bytesOf(digits, DIGEST_SIZE);
}

typedef struct conditionWord {
    const char *word;
    valueConditionKind kind;
} conditionWord;

static const conditionWord words[] = {
    {"NX", COND_NX},     {"XX", COND_XX},       {"IFEQ", COND_IFEQ},
    {"IFNE", COND_IFNE}, {"IFDEQ", COND_IFDEQ}, {"IFDNE", COND_IFDNE},
};

int valueConditionParse(const client *c, int index, uint32_t may, valueCondition *v) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!argIs(c, index, words[i].word)) continue;
        if (v->kind != COND_NONE && v->kind != words[i].kind) return 0;
        bool compares = words[i].kind >= COND_IFEQ;
        if (!(may & (compares ? COND_MAY_COMPARE : COND_MAY_EXIST))) return 0;
        if (compares && index + 1 >= c->argc) return 0;
        *v = (valueCondition){words[i].kind, compares ? c->argv[index + 1] : bytesOf(NULL, 0)};
        return compares ? 2 : 1;
    }
    return 0;
}

bool valueConditionCheck(client *c, const valueCondition *v) {
    if (v->kind != COND_IFDEQ && v->kind != COND_IFDNE) return true;
    bool digest = v->operand.size == DIGEST_SIZE;
    for (size_t i = 0; digest && i < DIGEST_SIZE; i++)
        digest = isxdigit((unsigned char)v->operand.data[i]);
    if (!digest) replyError(c, "ERR digest must be exactly 16 hexadecimal characters");
    return digest;
}

static bool isSame(const valueCondition *v, const entry *e) {
    if (v->kind == COND_IFDEQ || v->kind == COND_IFDNE) {
        char digits[DIGEST_SIZE];
        return !strncasecmp(digestOfString(e, digits).data, v->operand.data, DIGEST_SIZE);
    }
    char scratch[NUM_INT_MAX];
    return bytesEqual(entryString(e, scratch), v->operand);
}

bool valueConditionHolds(const valueCondition *v, const entry *e) {
    switch (v->kind) {
    case COND_NONE: return true;
    case COND_NX: return !e;
    case COND_XX: return e;
    case COND_IFEQ:
    case COND_IFDEQ: return e && isSame(v, e);
    case COND_IFNE:
    case COND_IFDNE: return !e || !isSame(v, e);
    }
    return false;
}
