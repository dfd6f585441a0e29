/* Any bytes as the value of an RDB type, which the first byte names; the second chooses the limits
 * of small forms. An error, or a value that can be walked, copied, written and read again. */
#include <stdlib.h>

#include "storage/base/mem.h"
#include "storage/persist/rdb_dump.h"
#include "storage/types/t_list.h"
#include "storage/types/t_stream_group.h"
#include "storage/types/values.h"
#include "tests/fuzz/fuzz.h"

static void must(bool kept) {
    if (!kept) abort();
}

static uint64_t digestOf(const entry *e) {
    if (entryIsPointer(e) && entryEncoding(e) != ENCODING_BLOB)
        return valueOpsOf(entryType(e), entryEncoding(e))->digest(entryPointer(e));
    char scratch[NUM_INT_MAX];
    return hashBytes(entryString(e, scratch));
}

static void check(const entry *e) {
    if (entryType(e) == TYPE_STREAM) streamCheck(streamOf(e));
    if (entryEncoding(e) == ENCODING_QUICKLIST) quicklistCheck(entryPointer(e));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const typeLimits usual = TYPE_LIMITS_DEFAULT;
    static const bytes key = {"key", 3};
    if (size < 2) return 0;
    typeLimits limits = usual;
    if (data[1] & 1) {
        limits.hash_listpack_entries = limits.set_listpack_entries = 1;
        limits.zset_listpack_entries = limits.set_intset_entries = 1;
    }
    if (data[1] & 2) limits.list_listpack_size = 1;
    if (data[1] & 4) limits.list_compress_depth = 1;
    rdbReader r = rdbReaderOf(bytesOf(data + 2, size - 2));
    entry *e = rdbLoadValue(&r, data[0], key, &limits);
    must((e == NULL) == (r.error != NULL));
    must(r.error_at <= size - 2);
    if (!e) return 0;
    check(e);
    rdbBuffer b;
    rdbBufferInit(&b, data[1] & 8);
    must(rdbDump(&b, e) == RDB_DUMPED);
    entry *back = rdbDumpLoad(rdbBufferBytes(&b), key, &limits, &r);
    must(back && digestOf(back) == digestOf(e));
    check(back);
    entry *copy = entryCopy(back, key);
    must(digestOf(copy) == digestOf(e));
    rdbBufferClear(&b);
    entryFree(copy);
    entryFree(back);
    entryFree(e);
    return 0;
}
