#include "server/commands/array_args.h"

#include "server/core/key_open.h"
#include "server/core/reply.h"
#include "storage/base/num.h"

bool argArrayIndex(client *c, int index, uint64_t *out) {
    if (numParseUint(c->argv[index], out) && *out <= ARRAY_INDEX_MAX) return true;
    replyError(c, "ERR invalid array index");
    return false;
}

void replyArrayPair(client *c, uint64_t index, bytes value) {
    replyArray(c, 2);
    replyUnsigned(c, index);
    replyBulk(c, value);
}

bool arrayRead(client *c, int key, const entry **e) {
    *e = keyRead(c, argKey(c, key));
    return keyIsType(c, *e, TYPE_ARRAY);
}
