#include "storage/types/values.h"

#include "storage/base/ensure.h"
#include "storage/types/t_set.h"
#include "storage/types/t_stream.h"

static const valueOps *const rows[TYPE_COUNT][ENCODING_COUNT] = {
    [TYPE_SET] = {[ENCODING_INTSET] = &setIntsetOps,
                  [ENCODING_LISTPACK] = &setListpackOps,
                  [ENCODING_DICT] = &setDictOps},
    [TYPE_STREAM] = {[ENCODING_STREAM] = &streamOps},
};

const valueOps *valueOpsOf(valueType type, encoding enc) {
    ensure(type < TYPE_COUNT);
    ensure(enc < ENCODING_COUNT);
    const valueOps *ops = rows[type][enc];
    ensure(ops);
    return ops;
}
