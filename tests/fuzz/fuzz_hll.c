/* Any bytes as a HyperLogLog: checked, counted, merged, raised, decoded. The first four bytes of
 * the input choose what is raised and the limit; the rest is the string. */
#include <stdlib.h>
#include <string.h>

#include "storage/base/mem.h"
#include "storage/types/t_hll.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the calls promise each other, whatever the bytes are. */
static void must(bool kept) {
    if (!kept) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) return 0;
    hllRegister r = {(uint16_t)((data[0] << 8 | data[1]) % HLL_REGISTERS),
                     (uint8_t)(1 + data[2] % 51)};
    size_t limit = (size_t)data[3] * 32;
    bytes s = bytesOf(data + 4, size - 4);
    if (hllCheck(s)) return 0;
    uint8_t raw[HLL_REGISTERS] = {0};
    uint64_t count = 0;
    int merged = hllMerge(raw, s);
    must(hllCount(s, &count) == merged);
    if (merged == ERR_OK) must(hllCountRaw(raw) == count);
    if (hllEncodingOf(s) == HLL_SPARSE) {
        size_t text_size;
        char *text = hllDecode(s, &text_size);
        must((text != NULL) == (merged == ERR_OK));
        memFree(text);
    }
    hllBuffer b;
    if (hllLoad(&b, s)) return 0;
    int raised = hllRaise(&b, r, limit);
    if (merged != ERR_OK) return 0;
    must(raised == (raw[r.index] < r.value));
    uint8_t after[HLL_REGISTERS] = {0};
    must(hllMerge(after, hllBytes(&b)) == ERR_OK);
    if (raised) raw[r.index] = r.value;
    must(memcmp(raw, after, sizeof raw) == 0);
    return 0;
}
