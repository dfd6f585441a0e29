#include "storage/db/db_internal.h"

bool dbIsSparse(const db *d) {
    return dictIsSparse(d->keys);
}

bool dbShrinkStep(db *d) {
    return dictShrinkStep(d->keys);
}
