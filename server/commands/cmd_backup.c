/* BACKUP: a base and what is appended since, frozen in a folder of their own. */
#include "server/commands/commands.h"
#include "server/core/reply.h"
#include "server/jobs/aof_backup.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"

static void replyOutcome(client *c, const char *error) {
    if (error)
        replyError(c, error);
    else
        replyOk(c);
}

/* BACKUP START */
static void startCommand(client *c) {
    replyOutcome(c, aofBackupStart(c->server));
}

/* BACKUP SEAL */
static void sealCommand(client *c) {
    replyOutcome(c, aofBackupSeal(c->server));
}

/* BACKUP ABORT */
static void abortCommand(client *c) {
    replyOutcome(c, aofBackupAbort(c->server));
}

/* BACKUP CLEANUP */
static void cleanupCommand(client *c) {
    replyOutcome(c, aofBackupCleanup(c->server));
}

static void replyField(client *c, const char *name, const char *value) {
    replyBulkText(c, name);
    replyBulkText(c, value);
}

static void replyTime(client *c, const char *name, int64_t value) {
    char text[NUM_INT_MAX];
    replyBulkText(c, name);
    replyBulk(c, bytesOf(text, numFormatInt(text, value)));
}

/* BACKUP STATUS */
static void statusCommand(client *c) {
    aofBackupReport r = aofBackupReportOf(c->server);
    replyMap(c, 4);
    replyField(c, "state", r.state);
    replyField(c, "error", r.error);
    replyTime(c, "start_time", r.start_s);
    replyTime(c, "end_time", r.end_s);
}

/* BACKUP LIST
 * Replies with the paths of what is there for good. */
static void listCommand(client *c) {
    size_t count = aofBackupFiles(c->server);
    replyArray(c, count);
    for (size_t i = 0; i < count; i++) {
        char *path = aofBackupFile(c->server, i);
        replyBulkText(c, path);
        memFree(path);
    }
}

static void helpCommand(client *c) {
    static const char *const lines[] = {
        "ABORT",   "    Gives up a backup that is not sealed yet, and removes its files.",
        "CLEANUP", "    Removes the files of a backup that is sealed, or has failed.",
        "LIST",    "    Paths of the files that nothing changes any more.",
        "SEAL",    "    Ends the backup: what was written up to now is in its files.",
        "START",   "    Begins one in the folder that 'backupdirname' names.",
        "STATUS",  "    Its state, its error, when it began and when it was sealed.",
        NULL};
    replyHelp(c, lines);
}

enum { ADMIN = CMD_ADMIN | CMD_NOSCRIPT };

static const commandSpec backupSubcommands[] = {
    {.name = "abort", .arity = 2, .run = abortCommand, .flags = ADMIN},
    {.name = "cleanup", .arity = 2, .run = cleanupCommand, .flags = ADMIN},
    {.name = "help", .arity = 2, .run = helpCommand, .flags = CMD_LOADING | CMD_STALE},
    {.name = "list", .arity = 2, .run = listCommand, .flags = CMD_ADMIN | CMD_STALE},
    {.name = "seal", .arity = 2, .run = sealCommand, .flags = ADMIN},
    {.name = "start", .arity = 2, .run = startCommand, .flags = ADMIN},
    {.name = "status", .arity = 2, .run = statusCommand, .flags = CMD_ADMIN | CMD_STALE},
    {0},
};

const commandSpec backupCommands[] = {
    {.name = "backup", .arity = 2, .subcommands = backupSubcommands},
    {0},
};
