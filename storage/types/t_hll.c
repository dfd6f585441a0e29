#include "storage/types/t_hll.h"

#include <string.h>

#include "storage/base/ensure.h"
#include "storage/types/t_hll_internal.h"

static const char magic[4] = {'H', 'Y', 'L', 'L'};

enum { CACHE_AT = 8, STALE_AT = 15, STALE_BIT = 0x80 };

static uint64_t loadLittle64(const void *from) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* MurmurHash64A by Austin Appleby (public domain), little endian everywhere. */
uint64_t hllHash(bytes element) {
    const uint64_t m = 0xc6a4a7935bd1e995u, seed = 0xadc83b19u;
    uint64_t h = seed ^ (element.size * m);
    const uint8_t *data = (const uint8_t *)element.data;
    size_t left = element.size;
    for (; left >= 8; left -= 8, data += 8) {
        uint64_t k = loadLittle64(data) * m;
        k ^= k >> 47;
        h = (h ^ k * m) * m;
    }
    if (left) {
        uint64_t k = 0;
        for (size_t i = 0; i < left; i++) k |= (uint64_t)data[i] << 8 * i;
        h = (h ^ k) * m;
    }
    h = (h ^ h >> 47) * m;
    return h ^ h >> 47;
}

hllRegister hllRegisterOf(bytes element) {
    uint64_t h = hllHash(element);
    /* A one behind the last bit bounds the run of zeros. */
    uint64_t rest = h >> HLL_INDEX_BITS | (uint64_t)1 << (HLL_VALUE_MAX - 1);
    return (hllRegister){(uint16_t)(h & (HLL_REGISTERS - 1)), (uint8_t)(__builtin_ctzll(rest) + 1)};
}

int hllCheck(bytes s) {
    if (s.size < HLL_HEADER || memcmp(s.data, magic, sizeof magic) != 0) return ERR_TYPE;
    uint8_t encoding = (uint8_t)s.data[4];
    if (encoding > HLL_SPARSE) return ERR_TYPE;
    return encoding == HLL_DENSE && s.size != HLL_DENSE_SIZE ? ERR_TYPE : ERR_OK;
}

/* ---- the cached count ---- */

bool hllCached(bytes s, uint64_t *count) {
    if (s.data[STALE_AT] & STALE_BIT) return false;
    *count = loadLittle64(s.data + CACHE_AT);
    return true;
}

void hllSetCached(char *data, uint64_t count) {
    for (int i = 0; i < 8; i++) data[CACHE_AT + i] = (char)(uint8_t)(count >> 8 * i);
}

void hllMarkStale(char *data) {
    data[STALE_AT] = (char)((uint8_t)data[STALE_AT] | STALE_BIT);
}

/* ---- registers ---- */

uint8_t hllDenseGet(bytes s, unsigned index) {
    return hllPackedGet((const uint8_t *)s.data + HLL_HEADER, index);
}

bool hllDenseRaise(char *data, hllRegister r) {
    uint8_t *packed = (uint8_t *)data + HLL_HEADER;
    if (hllPackedGet(packed, r.index) >= r.value) return false;
    hllPackedSet(packed, r.index, r.value);
    return true;
}

void hllInit(hllBuffer *b) {
    memset(b->data, 0, HLL_HEADER);
    memcpy(b->data, magic, sizeof magic);
    b->data[4] = HLL_SPARSE;
    b->data[HLL_HEADER] = 0x7f; /* XZERO of all registers */
    b->data[HLL_HEADER + 1] = (char)0xff;
    b->size = HLL_HEADER + 2;
}

int hllLoad(hllBuffer *b, bytes s) {
    if (s.size > HLL_SIZE_MAX) return ERR_CORRUPT;
    memcpy(b->data, s.data, s.size);
    b->size = s.size;
    return ERR_OK;
}

int hllRaise(hllBuffer *b, hllRegister r, size_t sparse_max_bytes) {
    ensure(r.index < HLL_REGISTERS);
    ensure(r.value >= 1 && r.value < 64);
    if (hllEncodingOf(hllBytes(b)) == HLL_SPARSE) {
        int done = HLL_MUST_PROMOTE;
        if (r.value <= HLL_SPARSE_VALUE_MAX) done = hllSparseRaise(b, r, sparse_max_bytes);
        if (done != HLL_MUST_PROMOTE) return done;
        int err = hllToDense(b);
        if (err) return err;
    }
    return hllDenseRaise(b->data, r);
}

int hllToDense(hllBuffer *b) {
    if (hllEncodingOf(hllBytes(b)) == HLL_DENSE) return ERR_OK;
    uint8_t raw[HLL_REGISTERS] = {0};
    int err = hllMerge(raw, hllBytes(b));
    if (err) return err;
    hllPack((uint8_t *)b->data + HLL_HEADER, raw);
    b->data[4] = HLL_DENSE;
    b->size = HLL_DENSE_SIZE;
    return ERR_OK;
}

/* ---- unions ---- */

static int mergeSparse(uint8_t raw[HLL_REGISTERS], bytes s) {
    const uint8_t *at = (const uint8_t *)s.data + HLL_HEADER;
    const uint8_t *end = (const uint8_t *)s.data + s.size;
    unsigned index = 0;
    hllRun run;
    while (hllNextRun(&at, end, &run)) {
        if (run.length > HLL_REGISTERS - index) return ERR_CORRUPT;
        if (run.kind == HLL_VAL) {
            for (unsigned i = index; i < index + run.length; i++)
                if (raw[i] < run.value) raw[i] = run.value;
        }
        index += run.length;
    }
    return at == end && index == HLL_REGISTERS ? ERR_OK : ERR_CORRUPT;
}

int hllMerge(uint8_t raw[HLL_REGISTERS], bytes s) {
    if (hllEncodingOf(s) == HLL_SPARSE) return mergeSparse(raw, s);
    hllUnpackMax(raw, (const uint8_t *)s.data + HLL_HEADER);
    return ERR_OK;
}

int hllRaiseAll(hllBuffer *b, const uint8_t raw[HLL_REGISTERS], size_t sparse_max_bytes) {
    uint8_t own[HLL_REGISTERS] = {0};
    int err = hllMerge(own, hllBytes(b));
    if (err) return err;
    for (unsigned i = 0; i < HLL_REGISTERS; i++) {
        if (raw[i] <= own[i]) continue;
        int done = hllRaise(b, (hllRegister){(uint16_t)i, raw[i]}, sparse_max_bytes);
        if (done < 0) return done;
        if (hllEncodingOf(hllBytes(b)) == HLL_SPARSE) continue;
        hllUnpackMax(own, (const uint8_t *)b->data + HLL_HEADER);
        for (unsigned k = i; k < HLL_REGISTERS; k++)
            if (own[k] < raw[k]) own[k] = raw[k];
        hllPack((uint8_t *)b->data + HLL_HEADER, own);
        return ERR_OK;
    }
    return ERR_OK;
}
