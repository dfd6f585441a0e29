/* function.h - libraries of functions: FUNCTION LOAD and its kin, FCALL.
 *
 * A library is its source text: running it registers its functions, which stay in a Lua state of
 * their own. The texts are part of the data set: whoever writes a snapshot takes them with
 * functionsEach() and gives them back with functionsLoad(). */
#ifndef EBB_SERVER_SCRIPT_FUNCTION_H
#define EBB_SERVER_SCRIPT_FUNCTION_H

#include "server/script/script.h"

/* FCALL function numkeys ...: runs it and replies. */
void functionCall(client *c, bool read_only);

/* Loads a library and returns its name, borrowed until it is replaced. NULL with the error ("ERR
 * ..."), on the heap; then nothing has changed. 'replace' takes the place of one of its name. */
const char *functionsLoad(server *s, bytes code, bool replace, char **error);
/* False if there is none of this name. */
bool functionsDelete(server *s, bytes name);
/* Removes all, and their Lua state, which is freed in slices where it is big, unless 'at_once'. */
void functionsFlush(server *s, bool at_once);

/* The texts of the libraries, in the order in which they were loaded. */
void functionsEach(const server *s, void (*visit)(void *ctx, bytes code), void *ctx);

/* The payload of FUNCTION DUMP, as in an RDB file, with the footer that DUMP has:
 *
 *     [245] [string: code] ... [version: u16] [crc64 of all before: u64]
 *
 * On the heap; NULL if there is no memory for it. */
char *functionsDump(const server *s, size_t *size);

typedef enum functionPolicy { FUNCTION_APPEND, FUNCTION_REPLACE, FUNCTION_FLUSH } functionPolicy;
/* Loads what functionsDump() gave. False with the error on the heap; then nothing has changed. */
bool functionsRestore(server *s, bytes payload, functionPolicy policy, char **error);

/* ---- for FUNCTION LIST and STATS ---- */

typedef struct functionInfo {
    const char *name;
    const char *description; /* NULL: none */
    uint32_t flags;          /* SCRIPT_* */
} functionInfo;

typedef struct libraryInfo {
    const char *name;
    bytes code;
    size_t function_count;
} libraryInfo;

/* In the order in which they were loaded; 'visit' may ask for the functions. */
void functionsEachLibrary(const server *s, void (*visit)(void *ctx, const libraryInfo *library),
                          void *ctx);
functionInfo functionAt(const server *s, const libraryInfo *library, size_t index);

#endif
