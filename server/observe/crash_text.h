/* crash_text.h - writing text from a signal handler: numbers and bytes to a descriptor, with
 * nothing but write(). What cannot be written is lost. */
#ifndef EBB_SERVER_OBSERVE_CRASH_TEXT_H
#define EBB_SERVER_OBSERVE_CRASH_TEXT_H

#include <stdint.h>

#include "storage/base/bytes.h"

void crashPut(int fd, const char *text);
void crashPutInt(int fd, int64_t value);
/* As 0x and all 16 digits. */
void crashPutHex(int fd, uint64_t value);
/* At most 128 bytes; what is not printable ASCII as \xNN. */
void crashPutBytes(int fd, bytes value);
/* "name:value" and the end of the line. */
void crashPutField(int fd, const char *name, int64_t value);

#endif
