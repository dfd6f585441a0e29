#include "server/jobs/aof_backup.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/jobs/aof_internal.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

static aofBackup *backupOf(const server *s) {
    return &s->aof->backup;
}

static bool isUnderWay(const aofBackup *b) {
    return b->state == BACKUP_PENDING || b->state == BACKUP_SNAPSHOTTING ||
           b->state == BACKUP_INCREMENTING;
}

static void enter(aofJob *a, aofBackupState state) {
    a->backup.state = state;
    a->s->persist.backup_in_progress = isUnderWay(&a->backup);
}

/* ---- its folder ---- */

static char *manifestPath(const aofJob *a, const char *before) {
    return aofNamePath(a->backup.folder, before, a->stem, ".manifest");
}

/* Absolute: CONFIG SET dir must not lead elsewhere. NULL with errno. */
static char *folderPath(const char *name) {
    char here[PATH_MAX];
    return getcwd(here, sizeof here) ? aofPath(here, name) : NULL;
}

/* An error unless the folder is there and has nothing in it. */
static const char *prepareFolder(aofJob *a, const char *folder) {
    if (mkdir(folder, 0755) < 0 && errno != EEXIST) return "ERR Can't create the backup directory";
    if (fileSyncFolder(a->s->files, folder) < 0) return "ERR Can't sync the backup directory";
    DIR *dir = opendir(folder);
    if (!dir) return "ERR Can't open the backup directory";
    bool empty = true;
    for (struct dirent *e; (e = readdir(dir));)
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) empty = false;
    closedir(dir);
    return empty ? NULL : "ERR The backup directory is not empty";
}

static void removeFile(aofJob *a, char *path) {
    if (fileUnlink(a->s->files, path) < 0 && errno != ENOENT)
        logLine(LOG_WARN, "Can't remove %s of a backup: %s", path, strerror(errno));
    memFree(path);
}

/* What the backup has put there. The data of files that the log still has stay. */
static void removeFiles(aofJob *a) {
    aofBackup *b = &a->backup;
    removeFile(a, manifestPath(a, ""));
    if (b->files.base.name) removeFile(a, aofPath(b->folder, b->files.base.name));
    for (size_t i = 0; i < b->files.incrs.count; i++)
        removeFile(a, aofPath(b->folder, b->files.incrs.items[i].name));
    aofManifestClear(&b->files);
}

/* ---- a log for the time of the backup ---- */

static bool ownLogOn(aofJob *a) {
    aofBackup *b = &a->backup;
    b->log_folder = a->folder;
    b->log_manifest = a->manifest;
    a->folder = memText(b->folder);
    a->manifest = (aofManifest){0};
    b->has_own_log = true;
    aofPolicyLook(a);
    return aofSwitchOn(a);
}

/* Files that are no part of the backup are removed with it. */
static void ownLogOff(aofJob *a) {
    aofBackup *b = &a->backup;
    if (!b->has_own_log) return;
    aofSwitchOff(a);
    b->has_own_log = false;
    memFree(a->folder);
    aofManifestClear(&a->manifest);
    a->folder = b->log_folder;
    a->manifest = b->log_manifest;
    b->log_folder = NULL;
    b->log_manifest = (aofManifest){0};
    aofPolicyLook(a);
}

/* ---- the end of one that went wrong ---- */

static void fail(aofJob *a, const char *why) {
    aofBackup *b = &a->backup;
    logLine(LOG_WARN, "The backup failed: %s", why);
    snprintf(b->error, sizeof b->error, "%s", why);
    enter(a, BACKUP_FAILED);
    if (b->has_own_log) {
        /* What it has appended to is the backup's as well. */
        for (size_t i = 0; i < a->manifest.incrs.count; i++)
            aofManifestAdd(&b->files, &a->manifest.incrs.items[i]);
        if (!b->files.base.name && a->manifest.base.name)
            aofManifestAdd(&b->files, &a->manifest.base);
    }
    ownLogOff(a);
    removeFiles(a);
    b->broken = NULL;
}

void aofBackupFail(aofJob *a, const char *why) {
    aofBackup *b = &a->backup;
    /* Maybe from the middle of a write: it ends with this turn. */
    if (isUnderWay(b) && !b->broken) b->broken = why;
}

void aofBackupTurn(aofJob *a) {
    const char *why = a->backup.broken;
    a->backup.broken = NULL;
    if (why) fail(a, why);
}

/* ---- what the log tells ---- */

/* False if a file of the log cannot be had for the backup, too. */
static bool pin(aofJob *a, const aofFile *f) {
    aofBackup *b = &a->backup;
    if (!b->has_own_log) {
        char *from = aofPath(a->folder, f->name), *to = aofPath(b->folder, f->name);
        bool good = fileLink(a->s->files, from, to) == 0;
        if (!good)
            logLine(LOG_WARN, "Can't link %s to %s for a backup: %s", from, to, strerror(errno));
        memFree(from);
        memFree(to);
        if (!good) return false;
    }
    aofManifestAdd(&b->files, f);
    return true;
}

void aofBackupRewriteBegan(aofJob *a) {
    if (a->backup.state == BACKUP_PENDING) enter(a, BACKUP_SNAPSHOTTING);
}

void aofBackupRewriteEnded(aofJob *a, bool worked) {
    aofBackupState state = a->backup.state;
    if (!worked && state == BACKUP_PENDING) /* It never began. */
        aofBackupFail(a, "the rewrite that makes its base could not be started");
    if (state != BACKUP_SNAPSHOTTING) return;
    if (!worked)
        aofBackupFail(a, "the rewrite that makes its base failed");
    else if (!pin(a, &a->manifest.base))
        aofBackupFail(a, "its base could not be linked");
    else
        enter(a, BACKUP_INCREMENTING);
}

void aofBackupRotated(aofJob *a, const aofFile *retired) {
    if (a->backup.state == BACKUP_INCREMENTING && !pin(a, retired))
        aofBackupFail(a, "a file of its log could not be linked");
}

/* ---- BACKUP START ---- */

static const char *begin(aofJob *a) {
    if (a->state == AOF_OFF) {
        if (!ownLogOn(a))
            return "ERR Can't start the log of the backup. Please check the server logs";
        enter(a, a->s->persist.aof_rewrite_scheduled ? BACKUP_PENDING : BACKUP_SNAPSHOTTING);
        return NULL;
    }
    switch (aofRewriteAsk(a->s)) {
    case AOF_REWRITE_STARTED:
    case AOF_REWRITE_RUNS: enter(a, BACKUP_SNAPSHOTTING); return NULL;
    case AOF_REWRITE_SCHEDULED: enter(a, BACKUP_PENDING); return NULL;
    default: return "ERR Can't start the rewrite of the backup. Please check the server logs";
    }
}

static void forget(aofJob *a) {
    aofBackup *b = &a->backup;
    ownLogOff(a);
    aofManifestClear(&b->files);
    memFree(b->folder);
    b->folder = NULL;
    b->broken = NULL;
    b->error[0] = '\0';
    b->start_s = b->end_s = 0;
    enter(a, BACKUP_IDLE);
}

const char *aofBackupStart(server *s) {
    aofJob *a = s->aof;
    aofBackup *b = &a->backup;
    if (isUnderWay(b)) return "ERR A backup is already in progress";
    if (b->state == BACKUP_SEALED) return "ERR There is a sealed backup: BACKUP CLEANUP first";
    forget(a);
    b->folder = folderPath(configStr(&s->config, "backupdirname"));
    if (!b->folder) return "ERR The working directory is gone";
    const char *error = prepareFolder(a, b->folder);
    if (!error) error = begin(a);
    if (error) {
        forget(a);
        return error;
    }
    b->start_s = s->now_ms / 1000;
    logLine(LOG_NOTICE, "A backup has begun, in %s", b->folder);
    return NULL;
}

/* ---- BACKUP SEAL ---- */

/* Everything up to now is on disk, in files of the backup that nobody appends to any more. */
static bool closeLog(aofJob *a) {
    aofBackup *b = &a->backup;
    if (!b->has_own_log) return aofRotate(a, "backup") && !b->broken;
    if (aofSyncNow(a->s) < 0) return false;
    const aofFileList *l = &a->manifest.incrs;
    for (size_t i = b->files.incrs.count; i < l->count; i++)
        aofManifestAdd(&b->files, &l->items[i]);
    ownLogOff(a);
    return true;
}

static bool writeManifest(aofJob *a) {
    char *path = manifestPath(a, ""), *temp = manifestPath(a, "temp-");
    int err = aofManifestWrite(a->s->files, path, temp, &a->backup.files);
    if (err < 0) logLine(LOG_WARN, "Can't write the manifest %s: %s", path, strerror(errno));
    memFree(path);
    memFree(temp);
    return err == ERR_OK;
}

static void armTtl(aofJob *a) {
    const aofBackup *b = &a->backup;
    int64_t ttl_s = configInt(&a->s->config, "backup-sealed-ttl");
    if (b->state != BACKUP_SEALED || !ttl_s) return;
    int64_t left_s = b->end_s + ttl_s - a->s->now_ms / 1000;
    cronArm(a->s, b->task, left_s > 0 ? (uint64_t)left_s * AOF_S : 1);
}

const char *aofBackupSeal(server *s) {
    aofJob *a = s->aof;
    aofBackup *b = &a->backup;
    if (b->state != BACKUP_INCREMENTING || b->broken)
        return "ERR There is no backup that can be sealed";
    /* In a transaction: what it did before is not in the log yet. */
    if (s->call_depth > 1) return "ERR BACKUP SEAL can't be part of a transaction";
    if (!closeLog(a) || !writeManifest(a)) {
        fail(a, "its files could not be written to their end");
        return "ERR The backup could not be sealed and has failed. Please check the server logs";
    }
    b->end_s = s->now_ms / 1000;
    enter(a, BACKUP_SEALED);
    armTtl(a);
    logLine(LOG_NOTICE, "The backup in %s is sealed", b->folder);
    return NULL;
}

/* ---- BACKUP ABORT, BACKUP CLEANUP ---- */

const char *aofBackupAbort(server *s) {
    aofJob *a = s->aof;
    if (!isUnderWay(&a->backup)) return "ERR There is no backup in progress";
    fail(a, "aborted");
    return NULL;
}

static void cleanUp(aofJob *a) {
    removeFiles(a);
    forget(a);
}

const char *aofBackupCleanup(server *s) {
    aofJob *a = s->aof;
    aofBackupState state = a->backup.state;
    if (state != BACKUP_SEALED && state != BACKUP_FAILED)
        return "ERR There is no sealed or failed backup";
    cleanUp(a);
    return NULL;
}

/* ---- BACKUP STATUS, BACKUP LIST ---- */

aofBackupReport aofBackupReportOf(const server *s) {
    static const char *const names[] = {"idle",         "pending", "snapshotting",
                                        "incrementing", "sealed",  "failed"};
    const aofBackup *b = backupOf(s);
    return (aofBackupReport){names[b->state], b->error, b->start_s, b->end_s};
}

size_t aofBackupFiles(const server *s) {
    const aofBackup *b = backupOf(s);
    return (b->files.base.name != NULL) + b->files.incrs.count + (b->state == BACKUP_SEALED);
}

/* The base, what was appended to it, the manifest. */
char *aofBackupFile(const server *s, size_t n) {
    const aofBackup *b = backupOf(s);
    const aofFileList *l = &b->files.incrs;
    if (n == 0) return aofPath(b->folder, b->files.base.name);
    return n <= l->count ? aofPath(b->folder, l->items[n - 1].name) : manifestPath(s->aof, "");
}

/* ---- set-up ---- */

static void onTtl(void *ctx, server *s) {
    aofJob *a = ctx;
    int64_t ttl_s = configInt(&s->config, "backup-sealed-ttl");
    if (a->backup.state != BACKUP_SEALED || !ttl_s) return;
    if (s->now_ms / 1000 < a->backup.end_s + ttl_s) {
        armTtl(a);
        return;
    }
    logLine(LOG_NOTICE, "The sealed backup in %s has had its time and is removed",
            a->backup.folder);
    cleanUp(a);
}

static bool onTtlSetting(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    armTtl(ctx);
    return true;
}

void aofBackupAttach(aofJob *a) {
    a->backup.task = cronAdd(a->s, "backup", 0, onTtl, a);
    configOnChange(&a->s->config, "backup-sealed-ttl", onTtlSetting, a);
}

void aofBackupEnd(aofJob *a, const char *why) {
    if (isUnderWay(&a->backup)) fail(a, why);
}

void aofBackupDetach(aofJob *a) {
    aofBackupEnd(a, "the server ends");
    forget(a);
}
