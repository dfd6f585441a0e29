/* expire_options.h - the words that give a key its deadline: EX, PX, EXAT, PXAT, KEEPTTL, PERSIST.
 *
 * Parsing comes first and replies nothing; the number is read only by expireOptionResolve(), since
 * commands look at their key in between. Used by every command that takes such words. */
#ifndef EBB_SERVER_COMMANDS_EXPIRE_OPTIONS_H
#define EBB_SERVER_COMMANDS_EXPIRE_OPTIONS_H

#include "server/core/client.h"

typedef enum expireKind {
    EXPIRE_UNSAID,
    EXPIRE_EX,
    EXPIRE_PX,
    EXPIRE_EXAT,
    EXPIRE_PXAT,
    EXPIRE_KEEPTTL,
    EXPIRE_PERSIST
} expireKind;

/* Which words without a number a command takes. */
enum { EXPIRE_MAY_KEEPTTL = 1 << 0, EXPIRE_MAY_PERSIST = 1 << 1 };

typedef struct expireOption {
    expireKind kind;
    int argument; /* index of the number, of the kinds that have one */
} expireOption;

/* True if the option is a point in time: EX, PX, EXAT or PXAT. */
static inline bool expireOptionTimed(const expireOption *o) {
    return o->kind >= EXPIRE_EX && o->kind <= EXPIRE_PXAT;
}

/* Reads such an option at argument 'index' into '*o' (zeroed before the first). The number of
 * arguments it took; 0 if there is none, its number is missing or another option was given already:
 * a syntax error, unless the command knows the word. The same word may come again: the last counts.
 */
int expireOptionParse(const client *c, int index, uint32_t may, expireOption *o);

/* The deadline of a timed option in milliseconds since 1970; DEADLINE_NONE of the others. False
 * after replying what is wrong with the number. It may be in the past: see expireIsPast(). */
bool expireOptionResolve(client *c, const expireOption *o, int64_t *deadline_ms);

/* The same for a command whose number is argument 'index' by position (SETEX, PSETEX). */
bool expireArgument(client *c, expireKind kind, int index, int64_t *deadline_ms);

/* True if a key with this deadline would be gone at once. */
bool expireIsPast(const client *c, int64_t deadline_ms);

#endif
