/* crc.h - the checksum of RDB files and DUMP payloads: CRC-64 with Jones' polynomial
 * 0xad93d23594c935a9, reflected, from 0, without a final xor. That of "123456789" is
 * 0xe9c6d914c4b8d9ca. */
#ifndef EBB_STORAGE_BASE_CRC_H
#define EBB_STORAGE_BASE_CRC_H

#include <stdint.h>

#include "storage/base/bytes.h"

/* Goes on from 'crc', 0 at the start. */
uint64_t crc64(uint64_t crc, bytes data);

#endif
