/* proc_title.h - the title of the process, as ps shows it: set-proc-title, proc-title-template.
 *
 * Written over the memory of argv and environ, which is the only place where the kernel looks. */
#ifndef EBB_SERVER_PROC_TITLE_H
#define EBB_SERVER_PROC_TITLE_H

#include "server/core/config.h"

typedef struct procTitle {
    char *room; /* argv's memory */
    size_t size;
    char *program; /* argv[0] */
    char **environment;
} procTitle;

/* Moves the environment away; argv is not to be used after the first procTitleSet(). */
void procTitleInit(procTitle *t, int argc, char **argv);
void procTitleClear(procTitle *t);
/* From the template; nothing where set-proc-title is off. */
void procTitleSet(const procTitle *t, const config *c);

/* The text that a template stands for. Returns its length. */
size_t procTitleExpand(const config *c, const char *program, char *out, size_t room);

#endif
