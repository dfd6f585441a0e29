/* aof_backup.h - online backups: a base and what was appended since, as files that nothing changes
 * any more, in a folder of their own (backupdirname).
 *
 * A backup is a log of its own: START has a base made by a rewrite, from then on the log's files
 * belong to the backup too, SEAL ends the last one and writes a manifest that names these alone.
 * The files are hard links, so a rewrite that replaces the log's files takes nothing away.
 *
 * With appendonly no there is a log for the time of the backup. It lies in the backup's folder, so
 * that no start ever takes it for the server's; nobody waits for its disk, and where it cannot be
 * written the backup fails, not the clients' writes. */
#ifndef EBB_SERVER_JOBS_AOF_BACKUP_H
#define EBB_SERVER_JOBS_AOF_BACKUP_H

#include "server/core/server.h"

typedef enum aofBackupState {
    BACKUP_IDLE,
    BACKUP_PENDING,      /* another child lives */
    BACKUP_SNAPSHOTTING, /* the base is being made */
    BACKUP_INCREMENTING,
    BACKUP_SEALED,
    BACKUP_FAILED
} aofBackupState;

typedef struct aofBackupReport {
    const char *state, *error; /* "" without an error; borrowed until the next call of a backup */
    int64_t start_s, end_s;    /* 0: not yet */
} aofBackupReport;

/* The sub-commands of BACKUP. NULL, or an error to be replied. */
const char *aofBackupStart(server *s);
const char *aofBackupSeal(server *s);
const char *aofBackupAbort(server *s);
const char *aofBackupCleanup(server *s);
aofBackupReport aofBackupReportOf(const server *s);

/* How many files are there for good, and the path of the n-th, to be freed. */
size_t aofBackupFiles(const server *s);
char *aofBackupFile(const server *s, size_t n);

#endif
