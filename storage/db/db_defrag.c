#include "storage/base/slab.h"
#include "storage/db/db_internal.h"

typedef struct defragPass {
    db *d;
    size_t moved;
} defragPass;

static void *moveItem(void *ctx, void *item) {
    defragPass *pass = ctx;
    entry *e = item;
    if (!slabShouldMove(SLAB_ENTRY, e, entrySize(e))) return e;
    entry *to = entryMove(e);
    if (entryHasDeadline(to)) expiryDictRepoint(pass->d->expires, e, to, entryHash(to));
    if (entryType(to) == TYPE_HASH) dbRepointFields(pass->d, entryHash(to), e, to);
    pass->moved++;
    return to;
}

uint64_t dbDefragStep(db *d, uint64_t cursor, size_t *moved) {
    defragPass pass = {.d = d};
    cursor = dictWalk(d->keys, cursor, moveItem, &pass);
    *moved += pass.moved;
    return cursor;
}
