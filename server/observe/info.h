/* info.h - INFO: a table of sections, and the rates that some of them show.
 *
 * Each floor writes its own sections: those of the floors up to this one are here
 * (info_sections.c, info_memory.c); higher ones add theirs, or replace one whose fields had only
 * neutral values so far, with infoSetSection(). Knows nothing of the INFO command's reply.
 *
 * Rates ("instantaneous_*") come from samples that a cron task takes: ten a second while commands
 * run, two a second on an idle server. */
#ifndef EBB_SERVER_OBSERVE_INFO_H
#define EBB_SERVER_OBSERVE_INFO_H

#include "server/core/server.h"

typedef struct infoTable infoTable;

/* Text under construction; to be freed with infoTextClear(). */
typedef struct infoText {
    char *data;
    size_t size, capacity;
    bool named; /* the section was asked for by its own name: what takes long is told, too */
} infoText;

/* Appends a line, formatted, and its CR LF: "name:value". */
void infoLine(infoText *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends bytes as they are. */
void infoAppend(infoText *t, bytes part);
void infoTextClear(infoText *t);

/* In which of INFO's groups a section is, besides its own name. */
enum {
    INFO_DEFAULT = 1 << 0, /* "default", or no name at all */
    INFO_ALL = 1 << 1,     /* "all" and "everything" */
};

/* Writes the lines of a section, its heading not. */
typedef void (*infoWrite)(server *s, infoText *t);

/* Sets s->info with the sections of this floor and the lower ones, and starts the sampling. What
 * memUsed() says now is the memory of an empty server. */
void infoAttach(server *s);
void infoDetach(server *s);

/* Adds a section behind those there are, or takes the place of the one of this name (in lower case;
 * constant). 'title' is its heading: "# Title". */
void infoSetSection(server *s, const char *name, const char *title, uint32_t groups,
                    infoWrite write);

/* Appends the sections that the names ask for, each once, in the order of the table. No names:
 * "default". Unknown ones give nothing. */
void infoRender(server *s, const bytes *names, int count, infoText *t);

/* CONFIG RESETSTAT: every counter that INFO shows begins anew. */
void infoResetStats(server *s);

/* Rates of about the last one and a half seconds. */
typedef struct infoRates {
    uint64_t commands_per_second;
    double input_kib_per_second, output_kib_per_second;
    uint64_t cycles_per_second, cycle_us;
} infoRates;
infoRates infoRatesNow(const server *s);

/* memUsed() of the empty server. */
size_t infoStartupBytes(const server *s);

/* 40 hex digits of this server's history of changes, and a new one. */
const char *infoReplicationId(const server *s);
void infoChangeReplicationId(server *s);

#endif
