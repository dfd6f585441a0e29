#include "storage/types/values.h"

#include "storage/base/ensure.h"

static const valueOps *const rows[TYPE_COUNT][ENCODING_COUNT] = {{NULL}};

const valueOps *valueOpsOf(valueType type, encoding enc) {
    ensure(type < TYPE_COUNT);
    ensure(enc < ENCODING_COUNT);
    const valueOps *ops = rows[type][enc];
    ensure(ops);
    return ops;
}
