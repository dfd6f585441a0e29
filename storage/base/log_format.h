/* log_format.h - one line of the log for machines: logfmt or JSON.
 *
 *     time=2026-01-31T12:00:00.123Z level=notice pid=17 role=primary msg="Server initialized"
 *     {"time":"2026-01-31T12:00:00.123Z","level":"notice","pid":17,"role":"primary","msg":"..."}
 *
 * Whatever the text is, the line is one line and well formed. */
#ifndef EBB_STORAGE_BASE_LOG_FORMAT_H
#define EBB_STORAGE_BASE_LOG_FORMAT_H

#include <time.h>

#include "storage/base/bytes.h"
#include "storage/base/log.h"

/* The most that a line of 'text_size' bytes of text takes. */
#define LOG_FORMAT_ROOM(text_size) ((text_size)*6 + 160)

/* Writes the line, its newline included, and returns its size. 'format' is not LOG_TEXT. */
size_t logFormatLine(char *out, logFormat format, int level, char role, const struct timespec *at,
                     bytes text);

#endif
