/* reply_check.h - properties of the reply writer, buffer and reader, driven by any bytes at all:
 * for fuzz targets and model tests. A broken one ends the process through ensure(). */
#ifndef EBB_TESTS_SUPPORT_REPLY_CHECK_H
#define EBB_TESTS_SUPPORT_REPLY_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* Takes 'script' as orders to write replies, open and fill holes, reference, move, rewind and
 * consume. What comes out must be what a naive writer wrote, and be read back as what was meant. */
void replyCheckScript(const uint8_t *script, size_t size);

/* Reads 'data' as replies: a whole one must be found unfinished in all of its shorter pieces. */
void replyCheckRead(const uint8_t *data, size_t size);

#endif
