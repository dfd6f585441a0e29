#include "storage/persist/rdb_dump.h"

#include "storage/base/crc.h"
#include "storage/persist/rdb_format.h"

enum { CRC_BYTES = 8, FOOTER = 10 };

rdbDumped rdbDump(rdbBuffer *b, const entry *e) {
    rdbType type = rdbTypeOf(e);
    rdbPutByte(&b->sink, (uint8_t)type);
    rdbSaveValue(&b->sink, e, type);
    uint16_t version = (uint16_t)rdbVersionOf(type);
    rdbPutBytes(&b->sink, bytesOf(&version, sizeof version));
    uint64_t crc = crc64(0, rdbBufferBytes(b));
    rdbPutBytes(&b->sink, bytesOf(&crc, sizeof crc));
    return b->failed ? RDB_NO_MEMORY : RDB_DUMPED;
}

bool rdbDumpIsTrue(bytes payload, bool skip_checksum) {
    uint16_t version;
    uint64_t crc;
    if (payload.size < FOOTER) return false;
    memcpy(&version, payload.data + payload.size - FOOTER, sizeof version);
    memcpy(&crc, payload.data + payload.size - CRC_BYTES, sizeof crc);
    if (!rdbVersionIsKnown(version)) return false;
    return skip_checksum || crc == crc64(0, bytesOf(payload.data, payload.size - CRC_BYTES));
}

entry *rdbDumpLoad(bytes payload, bytes key, const typeLimits *limits, rdbReader *r) {
    uint8_t type;
    *r = rdbReaderOf(bytesOf(payload.data, payload.size - FOOTER));
    if (!rdbReadByte(r, &type)) return NULL;
    return rdbLoadValue(r, type, key, limits);
}
