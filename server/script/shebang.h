/* shebang.h - the first line of a script or library: "#!lua flags=no-writes,allow-oom" or
 * "#!lua name=mylib". */
#ifndef EBB_SERVER_SCRIPT_SHEBANG_H
#define EBB_SERVER_SCRIPT_SHEBANG_H

#include "server/script/script.h"

/* SCRIPT_* of a script for EVAL, and what is behind its first line, whose newline stays so that
 * lines count as they do in the text. False after replying what is wrong. */
bool shebangOfScript(client *c, bytes text, uint32_t *flags, bytes *body);
/* The flags alone, SCRIPT_UNDECLARED where the line is wrong: for gates, which come before the
 * errors. */
uint32_t shebangFlags(bytes text);

/* Of a library: its name, on the heap, and what is behind the line. NULL, or the error, on the heap
 * too. */
char *shebangOfLibrary(bytes text, char **name, bytes *body);
/* Letters, digits and underscores, at least one. */
bool shebangNameIsGood(bytes name);
#define SHEBANG_BAD_NAME                                                                           \
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one " \
    "character long"

#endif
