/* command_maker.h - random commands of all families from templates.
 *
 * A template is a line of words: "{a|b|c}" is one of these (an empty one: nothing), "$x" a random
 * argument of kind x (see command_maker.c), "*(...)" what stands in it, one to four times. Keys are
 * few, so that commands meet, and now and then one of another type. */
#ifndef EBB_TESTS_SUPPORT_COMMAND_MAKER_H
#define EBB_TESTS_SUPPORT_COMMAND_MAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/rng.h"

enum {
    MADE_COMMAND_MAX = 4096,
    MAKER_TICK_MS = 50 /* time should go on in such steps: IDs of streams are guessed by them */
};

/* A line for fakeCall(), at the time 'now_ms'. */
void makeCommand(rng *r, int64_t now_ms, char line[MADE_COMMAND_MAX]);

#endif
