/* digest.h - digests of values that clients compare: not keyed, the same on every server. */
#ifndef EBB_STORAGE_BASE_DIGEST_H
#define EBB_STORAGE_BASE_DIGEST_H

#include <stdint.h>

#include "storage/base/bytes.h"

/* XXH3, 64 bits, no seed: DIGEST prints it as 16 hex digits, IFDEQ and its kin compare with it. */
uint64_t digestXxh3(bytes data);

#endif
