/* function_internal.h - libraries, for the parts of this floor. */
#ifndef EBB_SERVER_SCRIPT_FUNCTION_INTERNAL_H
#define EBB_SERVER_SCRIPT_FUNCTION_INTERNAL_H

#include "server/script/function.h"
#include "server/script/script_internal.h"
#include "storage/struct/dict.h"

typedef struct library library;

typedef struct function {
    scriptCode code;
    library *of;
    char *name;  /* as it was registered */
    char *lower; /* as it is looked up */
    char *description;
} function;

struct library {
    chainNode node; /* on libraries.all */
    char *name, *code;
    size_t code_size, bytes;
    function **functions;
    size_t count, room;
};

struct libraries {
    chain all; /* in the order of loading */
    dict *by_name, *functions;
    size_t bytes;
    library *loading; /* what register_function adds to; NULL: nothing is loaded now */
};

libraries *librariesNew(void);
void librariesFree(libraries *l);
/* Frees about 'items' functions of libraries that are given up with their state; false when none
 * is left. */
bool librariesDrain(libraries *l, size_t items);
size_t librariesCount(const libraries *l);
size_t librariesFunctionCount(const libraries *l);
size_t librariesBytes(const libraries *l);
/* SCRIPT_* of a function; SCRIPT_UNDECLARED if there is none of this name. */
uint32_t functionFlagsOf(const server *s, bytes name);

/* Adds a function to the library that is being loaded; 'ref' is its reference. False if it has one
 * of this name. */
bool libraryAddFunction(library *l, bytes name, bytes description, uint32_t flags, int ref);

#endif
