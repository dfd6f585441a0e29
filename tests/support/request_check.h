/* request_check.h - properties of the request parser that hold for any bytes at all: for fuzz
 * targets and model tests. A broken one ends the process through ensure(). */
#ifndef EBB_TESTS_SUPPORT_REQUEST_CHECK_H
#define EBB_TESTS_SUPPORT_REQUEST_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* The first bytes of 'data' choose limits and where to cut, the others are the input: parsing it
 * in pieces must give exactly what parsing it whole gives, and never look outside. */
void requestCheckPieces(const uint8_t *data, size_t size);

#endif
