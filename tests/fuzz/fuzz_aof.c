/* Any bytes as an append-only log, or, where the first byte says so, as its manifest. What is read
 * of a log is where it says, and a part of a log is never more than the whole; a manifest that is
 * taken reads the same once it is written. */
#include <stdlib.h>
#include <string.h>

#include "storage/base/mem.h"
#include "storage/persist/aof_load.h"
#include "storage/persist/aof_manifest.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/byte_source.h"

static void must(bool kept) {
    if (!kept) abort();
}

static uint64_t walk(bytes log, size_t step, aofItem *end) {
    byteSource in = {log.data, log.size, step};
    aofReader r;
    uint64_t valid = 0;
    aofReaderInit(&r, byteSourceRead, &in, 0, log.size);
    while ((*end = aofRead(&r)) == AOF_RECORD || *end == AOF_NOTE) {
        must(r.at == valid && r.next > r.at && r.next <= log.size);
        must(r.raw.size == r.next - r.at && !memcmp(r.raw.data, log.data + r.at, r.raw.size));
        for (int i = 0; *end == AOF_RECORD && i < r.argc; i++)
            must(r.argv[i].data >= r.raw.data &&
                 r.argv[i].data + r.argv[i].size <= r.raw.data + r.raw.size);
        valid = r.next;
    }
    must((*end == AOF_END) == (valid == log.size));
    must(r.error_at <= log.size);
    aofReaderClear(&r);
    return valid;
}

static void takeLog(bytes log) {
    aofItem end, again;
    uint64_t valid = walk(log, log.size + 1, &end);
    must(walk(log, 3, &again) == valid && again == end);
    must(walk(bytesOf(log.data, valid), 1000, &again) == valid && again == AOF_END);
    if (log.size) must(walk(bytesOf(log.data, log.size - 1), 1000, &again) <= valid);
}

static void takeManifest(bytes text) {
    aofManifest m, back;
    aofManifestError error;
    if (aofManifestParse(text, &m, &error) < 0) {
        must(error.text[0] != '\0');
        return;
    }
    size_t size, size_again;
    char *written = aofManifestText(&m, &size);
    if (size) {
        must(aofManifestParse(bytesOf(written, size), &back, &error) == 0);
        char *again = aofManifestText(&back, &size_again);
        must(size == size_again && !memcmp(written, again, size));
        memFree(again);
        aofManifestClear(&back);
    }
    memFree(written);
    aofManifestClear(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    bytes rest = bytesOf(data + 1, size - 1);
    if (data[0] == 'm')
        takeManifest(rest);
    else
        takeLog(rest);
    return 0;
}
