/* sha1.h - SHA-1 (FIPS 180-4), by whose digest clients name scripts. No guard of secrets: whoever
 * needs one takes another hash. */
#ifndef EBB_STORAGE_BASE_SHA1_H
#define EBB_STORAGE_BASE_SHA1_H

#include "storage/base/bytes.h"

enum { SHA1_HEX = 40 };

/* The digest as 40 lower-case hex digits and a closing zero. */
void sha1Hex(bytes data, char out[SHA1_HEX + 1]);

#endif
