#include "storage/types/values.h"

#include "storage/base/ensure.h"
#include "storage/types/t_hash.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_zset.h"

static const valueOps *const rows[TYPE_COUNT][ENCODING_COUNT] = {
    [TYPE_HASH] = {[ENCODING_LISTPACK] = &hashListpackOps,
                   [ENCODING_LISTPACK_EX] = &hashPackOps,
                   [ENCODING_DICT] = &hashTableOps},
    [TYPE_LIST] =
        {[ENCODING_LISTPACK] = &listListpackOps, [ENCODING_QUICKLIST] = &listQuicklistOps},
    [TYPE_SET] = {[ENCODING_INTSET] = &setIntsetOps,
                  [ENCODING_LISTPACK] = &setListpackOps,
                  [ENCODING_DICT] = &setDictOps},
    [TYPE_ZSET] = {[ENCODING_LISTPACK] = &zsetListpackOps, [ENCODING_SKIPLIST] = &zsetTreeOps},
};

const valueOps *valueOpsOf(valueType type, encoding enc) {
    ensure(type < TYPE_COUNT);
    ensure(enc < ENCODING_COUNT);
    const valueOps *ops = rows[type][enc];
    ensure(ops);
    return ops;
}
