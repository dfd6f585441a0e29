/* persist_source.h - a server as what an RDB file is written from: its dbs, who it is, how it
 * saves. For SAVE, BGSAVE, the base of an AOF and a full synchronisation. */
#ifndef EBB_SERVER_JOBS_PERSIST_SOURCE_H
#define EBB_SERVER_JOBS_PERSIST_SOURCE_H

#include "server/core/server.h"
#include "storage/base/num.h"
#include "storage/persist/rdb_save.h"

enum { SOURCE_AUX_MAX = 12 };

typedef struct persistSource {
    rdbSource rdb; /* to be given to rdbSave() or rdbSaveFile() */
    rdbAux aux[SOURCE_AUX_MAX];
    char digits[SOURCE_AUX_MAX][NUM_INT_MAX];
    server *server;
    bool in_child;
    int64_t delay_us; /* rdb-key-save-delay */
} persistSource;

/* 'in_child': tells how far it is, and gives memory back as it goes. Not to be copied. */
void persistSourceInit(persistSource *p, server *s, bool in_child);
/* One more name and value: aof-base, repl-id. The value is borrowed. */
void persistSourceAux(persistSource *p, const char *name, bytes value);
void persistSourceAuxInt(persistSource *p, const char *name, int64_t value);

/* The pause of rdb-key-save-delay and key-load-delay: so many microseconds, or with a negative
 * number one of them each so many times. 'count' counts the calls. */
void persistDelay(int64_t us, uint64_t count);

#endif
