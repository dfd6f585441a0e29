#include "expire/cycle/active.h"

#include "storage/base/mem.h"
#include "storage/db/db_fields.h"

struct activeExpire {
    activeExpireHost host;
    int turn; /* the db whose group is next */
};

activeExpire *activeExpireNew(const activeExpireHost *host) {
    activeExpire *x = memAlloc(sizeof *x);
    *x = (activeExpire){.host = *host};
    return x;
}

void activeExpireFree(activeExpire *x) {
    memFree(x);
}

expireSlice activeExpireSlice(activeExpire *x, uint64_t budget_ns) {
    const activeExpireHost *h = &x->host;
    uint64_t start = h->clock->monotonic_ns(h->clock->ctx);
    expireSlice slice = {0};
    for (int without = 0; without < h->db_count;) {
        db *d = h->dbs[x->turn];
        x->turn = (x->turn + 1) % h->db_count;
        size_t expired = dbExpireDue(d, EXPIRE_GROUP) + dbExpireFields(d, EXPIRE_GROUP);
        if (expired == 0) {
            without++;
            continue;
        }
        without = 0;
        slice.expired += expired;
        if (h->told) h->told(h->ctx);
        if (h->clock->monotonic_ns(h->clock->ctx) - start >= budget_ns) {
            slice.more = true;
            break;
        }
    }
    return slice;
}

int64_t activeExpireNext(const activeExpire *x) {
    int64_t next_ms = DEADLINE_NONE;
    for (int i = 0; i < x->host.db_count; i++) {
        int64_t key_ms = dbNextDeadline(x->host.dbs[i]);
        int64_t field_ms = dbNextFieldDeadline(x->host.dbs[i]);
        if (key_ms < next_ms) next_ms = key_ms;
        if (field_ms < next_ms) next_ms = field_ms;
    }
    return next_ms;
}
