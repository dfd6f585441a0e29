/* RDB files: SAVE, BGSAVE, LASTSAVE; DEBUG RELOAD. */
#include "server/commands/commands.h"
#include "server/commands/debug_commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/child.h"
#include "server/jobs/load_job.h"
#include "server/jobs/save_job.h"
#include "storage/base/log.h"

static const char in_progress[] = "ERR Background save already in progress";

/* SAVE
 * Writes the file while everybody waits. */
static void saveCommand(client *c) {
    if (childActive(c->server) == CHILD_RDB)
        replyError(c, in_progress);
    else if (saveNow(c->server) == 0)
        replyOk(c);
    else
        replyError(c, "ERR");
}

/* BGSAVE [SCHEDULE]
 * A transaction is whole before it is saved: inside of one the save is put off. */
static void bgsaveCommand(client *c) {
    server *s = c->server;
    bool waits = c->argc == 2 && argIs(c, 1, "schedule");
    if (c->argc > 1 && !waits) {
        replySyntaxError(c);
        return;
    }
    bool inside = effectsInUnit(s), busy = childActive(s) != CHILD_NONE;
    if (childActive(s) == CHILD_RDB) {
        replyError(c, in_progress);
    } else if (inside || (busy && waits)) {
        saveSchedule(s);
        replySimple(c, "Background saving scheduled");
    } else if (busy) {
        replyError(c, "ERR Another child process is active (AOF?): can't BGSAVE right now. Use "
                      "BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.");
    } else if (saveStart(s) == 0) {
        replySimple(c, "Background saving started");
    } else {
        replyError(c, "ERR");
    }
}

/* LASTSAVE
 * Replies with the time of the last save that succeeded, in seconds. */
static void lastsaveCommand(client *c) {
    replyInteger(c, c->server->persist.last_save_ms / 1000);
}

/* ---- DEBUG RELOAD ---- */

enum { RELOAD_MERGE = 1, RELOAD_NOFLUSH = 2, RELOAD_NOSAVE = 4 };

static bool reloadOptions(client *c, int *options) {
    *options = 0;
    for (int i = 2; i < c->argc; i++) {
        if (argIs(c, i, "merge"))
            *options |= RELOAD_MERGE;
        else if (argIs(c, i, "noflush"))
            *options |= RELOAD_NOFLUSH;
        else if (argIs(c, i, "nosave"))
            *options |= RELOAD_NOSAVE;
        else
            return false;
    }
    return true;
}

/* DEBUG RELOAD [MERGE] [NOFLUSH] [NOSAVE] */
void debugReload(client *c) {
    server *s = c->server;
    int options;
    if (!reloadOptions(c, &options)) {
        replyError(c, "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
        return;
    }
    if (!(options & RELOAD_NOSAVE)) {
        saveCancel(s);
        if (saveNow(s) < 0) {
            replyError(c, "ERR");
            return;
        }
    }
    if (!(options & RELOAD_NOFLUSH)) {
        for (int i = 0; i < s->db_count; i++) dbFlush(s->dbs[i], false);
        if (s->dropLibraries) s->dropLibraries(s);
        keysFlushed(c, -1);
    }
    uint32_t flags = options & RELOAD_MERGE ? LOAD_REPLACE : 0;
    int err = loadRdbFile(s, configStr(&s->config, "dbfilename"), flags);
    if (err < 0) {
        replyError(c, "ERR Error trying to load the RDB dump, check server logs.");
        return;
    }
    logLine(LOG_WARN, "DB reloaded by DEBUG RELOAD");
    replyOk(c);
}

const commandSpec saveCommands[] = {
    {.name = "save",
     .arity = 1,
     .run = saveCommand,
     .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING | CMD_NO_MULTI},
    {.name = "bgsave",
     .arity = -1,
     .run = bgsaveCommand,
     .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_NO_ASYNC_LOADING},
    {.name = "lastsave",
     .arity = 1,
     .run = lastsaveCommand,
     .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
     .acl = ACL_ADMIN | ACL_DANGEROUS,
     .tips = "nondeterministic_output"},
    {0},
};
