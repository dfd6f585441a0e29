/* value_condition.h - conditions on what a key holds: NX, XX, and IFEQ, IFNE, IFDEQ, IFDNE, which
 * compare a string or its digest. For SET, MSETEX and DELEX. */
#ifndef EBB_SERVER_COMMANDS_VALUE_CONDITION_H
#define EBB_SERVER_COMMANDS_VALUE_CONDITION_H

#include "server/core/client.h"

typedef enum valueConditionKind {
    COND_NONE,
    COND_NX,
    COND_XX,
    COND_IFEQ, /* from here on there is an operand, and the key must be a string */
    COND_IFNE,
    COND_IFDEQ,
    COND_IFDNE
} valueConditionKind;

typedef struct valueCondition {
    valueConditionKind kind;
    bytes operand;
} valueCondition;

/* Which of them a command takes. */
enum { COND_MAY_EXIST = 1 << 0, COND_MAY_COMPARE = 1 << 1 };

/* The digits of a digest. */
enum { DIGEST_SIZE = 16 };
/* Of a string entry, lower case, zeros in front. */
bytes digestOfString(const entry *e, char digits[DIGEST_SIZE]);

static inline bool valueConditionCompares(const valueCondition *v) {
    return v->kind >= COND_IFEQ;
}

/* Reads a condition at argument 'index' into '*v' (zeroed before). The number of arguments it took;
 * 0 if there is none, its operand is missing or there was another already (the same word
 * may come again: the last counts). */
int valueConditionParse(const client *c, int index, uint32_t may, valueCondition *v);
/* True if the operand can be compared; else replies the error: a digest has 16 hex digits. */
bool valueConditionCheck(client *c, const valueCondition *v);

/* True if the condition holds for what the key has (NULL: nothing). Of a comparing condition, 'e'
 * is a string. A value that is not there equals nothing. */
bool valueConditionHolds(const valueCondition *v, const entry *e);

#endif
