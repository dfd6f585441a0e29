/* args.h - arguments into numbers and options, with the error texts clients know. */
#ifndef EBB_SERVER_CORE_ARGS_H
#define EBB_SERVER_CORE_ARGS_H

#include <stdint.h>

#include "server/core/client.h"

/* Each replies the error and returns false if the argument is not of the form. 'error' NULL takes
 * the usual text ("ERR value is not an integer or out of range"). */
bool argInt(client *c, int index, int64_t *out, const char *error);
bool argIntIn(client *c, int index, int64_t min, int64_t max, int64_t *out, const char *error);
bool argDouble(client *c, int index, double *out, const char *error);
bool argLongDouble(client *c, int index, long double *out, const char *error);
/* A db index: "ERR DB index is out of range" and kin. */
bool argDb(client *c, int index, int *out, const char *not_int, const char *out_of_range);

static inline bool argIs(const client *c, int index, const char *word) {
    return bytesEqualWord(c->argv[index], word);
}

/* Copies arguments that must outlive the batch (MULTI, blocking): one allocation, freed by memFree.
 */
bytes *argvOwn(const bytes *argv, int argc);

#endif
