/* save_job.h - RDB files of a server: SAVE, BGSAVE, save points, and what a failure entails.
 *
 * The state of it all is s->persist. While the last background save failed and there are save
 * points, writes are refused (stop-writes-on-bgsave-error), because their sender believes that they
 * will be saved. */
#ifndef EBB_SERVER_JOBS_SAVE_JOB_H
#define EBB_SERVER_JOBS_SAVE_JOB_H

#include "server/core/server.h"
#include "storage/base/err.h"

/* After childAttach(). */
void saveAttach(server *s);
void saveDetach(server *s);

/* Writes the file now; ERR_IO is logged. Not while a child saves. */
int MUST_USE saveNow(server *s);
/* Forks a child that writes it. ERR_AGAIN if a child lives, ERR_IO if there can be none (logged).
 */
int MUST_USE saveStart(server *s);
/* As soon as no child lives. */
void saveSchedule(server *s);
/* Ends a child that saves, as if it had never been. */
void saveCancel(server *s);
/* All data was removed: a child that saves is ended, and where there are save points the file says
 * so too. */
void saveFlushed(server *s);

/* What has changed since the data was saved. */
static inline uint64_t saveUnsaved(const server *s) {
    return s->dirty - s->persist.dirty_saved;
}

/* Why a write is refused now: an error as clients know it; NULL: it is not. */
const char *saveRefusal(const server *s);
/* Asks again whether writes are refused; whoever changes what s->persist says of failures calls it.
 */
void saveRefusalChanged(server *s);

#endif
