#include "storage/types/values.h"

#include "storage/base/ensure.h"
#include "storage/types/t_array.h"
#include "storage/types/t_hash.h"
#include "storage/types/t_list.h"
#include "storage/types/t_set.h"
#include "storage/types/t_stream.h"
#include "storage/types/t_zset.h"

static const valueOps *const rows[TYPE_COUNT][ENCODING_COUNT] = {
    [TYPE_LIST] =
        {[ENCODING_LISTPACK] = &listListpackOps, [ENCODING_QUICKLIST] = &listQuicklistOps},
    [TYPE_HASH] = {[ENCODING_LISTPACK] = &hashListpackOps,
                   [ENCODING_LISTPACK_EX] = &hashPackOps,
                   [ENCODING_DICT] = &hashTableOps},
    [TYPE_SET] = {[ENCODING_INTSET] = &setIntsetOps,
                  [ENCODING_LISTPACK] = &setListpackOps,
                  [ENCODING_DICT] = &setDictOps},
    [TYPE_STREAM] = {[ENCODING_STREAM] = &streamOps},
    [TYPE_ARRAY] = {[ENCODING_ARRAY] = &arrayOps},
    [TYPE_ZSET] = {[ENCODING_LISTPACK] = &zsetListpackOps, [ENCODING_SKIPLIST] = &zsetTreeOps},
};

const valueOps *valueOpsOf(valueType type, encoding enc) {
    ensure(type < TYPE_COUNT);
    ensure(enc < ENCODING_COUNT);
    const valueOps *ops = rows[type][enc];
    ensure(ops);
    return ops;
}
