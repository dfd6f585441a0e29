/* t_set_random.h - members by chance: each as likely as any other, and each choice of several, too.
 */
#ifndef EBB_STORAGE_TYPES_T_SET_RANDOM_H
#define EBB_STORAGE_TYPES_T_SET_RANDOM_H

#include "storage/base/rng.h"
#include "storage/types/t_set.h"

/* A member of a set that has some. O(1) but for listpacks. */
setMember setRandom(const entry *e, rng *r);

/* Visits 'count' different members, not more than there are. */
void setSample(const entry *e, size_t count, rng *r, setVisit visit, void *ctx);

/* The same, and takes them out: each has been visited when it goes. All of them leave an empty set.
 */
void setPop(entry *e, size_t count, rng *r, setVisit visit, void *ctx);

#endif
