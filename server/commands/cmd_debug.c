/* DEBUG: what tests and the curious need to see and to do; refused unless enable-debug-command lets
 * it. Some sub-commands steer what does not exist here: they take their arguments and change
 * nothing, where nothing is also what a client can observe. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/commands/commands.h"
#include "server/commands/debug_commands.h"
#include "server/core/args.h"
#include "server/core/background.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/observe/info.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"
#include "storage/base/mem_tuning.h"
#include "storage/base/num.h"

static bool isLocal(const client *c) {
    if (c->flags & CLIENT_UNIX_SOCKET) return true;
    return c->peer && (!strncmp(c->peer, "127.", 4) || !strncmp(c->peer, "[::1]", 5));
}

static bool mayDebug(const client *c) {
    int allowed = c->server->config.enable_debug_command;
    return allowed == CONFIG_YES || (allowed == CONFIG_LOCAL && isLocal(c));
}

/* ---- time and housekeeping ---- */

/* DEBUG SLEEP seconds */
static void debugSleep(client *c) {
    char text[64];
    size_t size = c->argv[2].size < sizeof text ? c->argv[2].size : sizeof text - 1;
    memcpy(text, c->argv[2].data, size);
    text[size] = '\0';
    double seconds = strtod(text, NULL);
    if (seconds > 0 && seconds < 1e9) {
        struct timespec wait = {.tv_sec = (time_t)seconds};
        wait.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
        /* A signal (SIGALRM asks for a stack trace) does not shorten it. */
        while (nanosleep(&wait, &wait) < 0) continue;
    }
    replyOk(c);
}

/* A switch as the older servers read it: anything that is no number is 0. */
static bool switchOf(client *c, int index) {
    int64_t value;
    return numParseInt(c->argv[index], &value) && value != 0;
}

/* DEBUG SET-ACTIVE-EXPIRE 0|1 */
static void debugActiveExpire(client *c) {
    c->server->active_expire = switchOf(c, 2);
    backgroundWakeExpire(c->server);
    replyOk(c);
}

/* DEBUG SET-SKIP-CHECKSUM-VALIDATION 0|1 */
static void debugSkipChecksums(client *c) {
    c->server->skip_checksums = switchOf(c, 2);
    replyOk(c);
}

/* DEBUG PAUSE-CRON 0|1 */
static void debugPauseCron(client *c) {
    c->server->cron.paused = switchOf(c, 2);
    replyOk(c);
}

/* DEBUG CHANGE-REPL-ID */
static void debugChangeReplicationId(client *c) {
    infoChangeReplicationId(c->server);
    replyOk(c);
}

/* DEBUG LOG message */
static void debugLog(client *c) {
    logLine(LOG_WARN, "DEBUG LOG: %.*s", (int)(c->argv[2].size < 1024 ? c->argv[2].size : 1024),
            c->argv[2].data);
    replyOk(c);
}

/* DEBUG ERROR text
 * Replies with the text as an error. */
static void debugError(client *c) {
    char *text = bytesToText(c->argv[2]);
    replyError(c, text);
    memFree(text);
}

/* DEBUG SET-DISABLE-DENY-SCRIPTS 0 | 1
 * With 1 scripts may call commands that are kept from them: for tests. */
static void debugDenyScripts(client *c) {
    c->server->scripts_may_all = switchOf(c, 2);
    replyOk(c);
}

/* Settings of parts that are not here, or that need none: see the head of this file. */
static void debugNothing(client *c) {
    replyOk(c);
}

/* DEBUG QUICKLIST-PACKED-THRESHOLD size
 * From that size on, elements of a list have nodes of their own; 0: as usual. */
static void debugPackedThreshold(client *c) {
    uint64_t size;
    if (!numParseSize(c->argv[2], &size) || size > (uint64_t)UINT32_MAX + 1) {
        replyError(c, "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
        return;
    }
    c->server->config.types.list_plain_bytes = (int64_t)size;
    replyOk(c);
}

/* DEBUG REPLYBUFFER PEAK-RESET-TIME never|reset|milliseconds, RESIZING 0|1
 * Reply buffers here are pooled chunks: there is nothing to resize. */
static void debugReplyBuffer(client *c) {
    int64_t number;
    if (argIs(c, 2, "peak-reset-time")) {
        if (argIs(c, 3, "never"))
            number = INT64_MAX;
        else if (argIs(c, 3, "reset"))
            number = SERVER_REPLY_PEAK_MS;
        else if (!argInt(c, 3, &number, NULL))
            return;
        c->server->reply_peak_ms = number;
    } else if (!argIs(c, 2, "resizing")) {
        replySubcommandError(c);
        return;
    }
    replyOk(c);
}

/* DEBUG CONFIG-REWRITE-FORCE-ALL
 * As CONFIG REWRITE, but with every directive, those at their defaults too. */
static void debugRewriteAll(client *c) {
    char error[1024];
    if (configRewrite(&c->server->config, true, error, sizeof error) < 0)
        replyErrorFormat(c, "ERR CONFIG-REWRITE-FORCE-ALL failed: %s", error);
    else
        replyOk(c);
}

static void debugClientEviction(client *c) {
    replyError(c, "ERR maxmemory-clients is disabled.");
}

static void debugClusterLink(client *c) {
    replyError(c, "ERR Debug option only available for cluster mode enabled setup!");
}

/* ---- the allocator ---- */

static void tuningError(client *c, int error) {
    replyErrorFormat(c, "ERR %s", strerror(error));
}

/* DEBUG MALLCTL name [value] */
static void debugMallctl(client *c) {
    int64_t set, value;
    if (c->argc > 3 && !argInt(c, 3, &set, NULL)) return;
    char *name = bytesToText(c->argv[2]);
    int error = memTuneInteger(name, &value, c->argc > 3 ? &set : NULL);
    memFree(name);
    if (error)
        tuningError(c, error);
    else
        replyInteger(c, value);
}

/* DEBUG MALLCTL-STR name [value] */
static void debugMallctlText(client *c) {
    const char *value;
    char *name = bytesToText(c->argv[2]);
    char *set = c->argc > 3 ? bytesToText(c->argv[3]) : NULL;
    int error = memTuneText(name, &value, set);
    if (error)
        tuningError(c, error);
    else if (value)
        replyBulkText(c, value);
    else
        replyOk(c);
    memFree(name);
    memFree(set);
}

/* DEBUG STRUCTSIZE */
static void debugStructSize(client *c) {
    char text[128];
    snprintf(text, sizeof text, "bits:%d client:%zu command:%zu server:%zu",
             (int)sizeof(void *) * 8, sizeof(client), sizeof(command), sizeof(server));
    replySimple(c, text);
}

static void debugHelp(client *c) {
    static const char *const lines[] = {
        "AOF-FLUSH-SLEEP <microseconds>",
        "    Wait so long before each write to the append-only log.",
        "ASSERT | OOM | PANIC | SEGFAULT",
        "    End the server with a crash report, each in its way.",
        "CHANGE-REPL-ID",
        "    Give the server a new replication id.",
        "CONFIG-REWRITE-FORCE-ALL",
        "    As CONFIG REWRITE, with the directives that are at their defaults too.",
        "DIGEST",
        "    40 hex digits that stand for all data: equal data, equal digits.",
        "DIGEST-VALUE <key> [<key> ...]",
        "    The same of single values, zeros for a key that is not there.",
        "ERROR <text>",
        "    Reply with this text as an error.",
        "HTSTATS <db>",
        "    Figures of the tables of a db.",
        "HTSTATS-KEY <key>",
        "    Figures of the table of a value that has one.",
        "LOADAOF",
        "    Write out the append-only log, and replace all data by what it holds.",
        "LOG <message>",
        "    Write a line into the log.",
        "MALLCTL <name> [<value>]",
        "    Read or set a number of the heap allocator.",
        "MALLCTL-STR <name> [<value>]",
        "    The same with a text.",
        "OBJECT <key>",
        "    Address, encoding and access clock of a value.",
        "PAUSE-CRON <0|1>",
        "    Stop and restart what the server does by the clock.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Make keys <prefix>:0 and on ('key' by default), each with a value of <size> bytes.",
        "PROTOCOL <type>",
        "    Reply with an example of a type: string, integer, double, bignum, null, array, set,",
        "    map, attrib, push, verbatim, true, false.",
        "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
        "    Save the data, remove them and load them again. NOSAVE takes the file that is there,",
        "    NOFLUSH keeps what is there, MERGE lets the file's keys replace those.",
        "SDSLEN <key>",
        "    Lengths of a key and its string.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Whether keys past their deadline go by themselves.",
        "SLEEP <seconds>",
        "    Stop the whole server for a time, decimals allowed.",
        "STRUCTSIZE",
        "    Sizes of some structures.",
        NULL};
    replyHelp(c, lines);
}

typedef struct debugRow {
    const char *name;
    int min, max; /* arguments behind the name */
    void (*run)(client *c);
} debugRow;

static const debugRow rows[] = {
    {"aof-flush-sleep", 1, 1, debugAofFlushSleep},
    {"assert", 0, 0, debugAssert},
    {"change-repl-id", 0, 0, debugChangeReplicationId},
    {"client-eviction", 0, 0, debugClientEviction},
    {"clusterlink", 3, 3, debugClusterLink},
    {"config-rewrite-force-all", 0, 0, debugRewriteAll},
    {"dict-resizing", 1, 1, debugNothing},
    {"digest", 0, 0, debugDigestAll},
    {"digest-value", 0, INT_MAX, debugDigestValues},
    {"drop-cluster-packet-filter", 1, 1, debugNothing},
    {"error", 1, 1, debugError},
    {"help", 0, 0, debugHelp},
    {"htstats", 1, 1, debugHtstats},
    {"htstats-key", 1, 1, debugHtstatsKey},
    {"keysizes-hist-assert", 1, 1, debugNothing},
    {"listpack", 1, 1, debugListpack},
    {"loadaof", 0, 0, debugLoadAof},
    {"log", 1, 1, debugLog},
    {"mallctl", 1, 2, debugMallctl},
    {"mallctl-str", 1, 2, debugMallctlText},
    {"object", 1, 1, debugObject},
    {"oom", 0, 0, debugOom},
    {"panic", 0, 0, debugPanic},
    {"pause-cron", 1, 1, debugPauseCron},
    {"populate", 1, 3, debugPopulate},
    {"protocol", 1, 1, debugProtocol},
    {"quicklist", 1, 2, debugQuicklist},
    {"quicklist-packed-threshold", 1, 1, debugPackedThreshold},
    {"reload", 0, INT_MAX, debugReload},
    {"replybuffer", 2, 2, debugReplyBuffer},
    {"sdslen", 1, 1, debugSdslen},
    {"segfault", 0, 0, debugSegfault},
    {"set-active-expire", 1, 1, debugActiveExpire},
    {"set-disable-deny-scripts", 1, 1, debugDenyScripts},
    {"set-skip-checksum-validation", 1, 1, debugSkipChecksums},
    {"sleep", 1, 1, debugSleep},
    {"structsize", 0, 0, debugStructSize},
};

/* DEBUG sub-command [argument ...] */
void debugCommand(client *c) {
    if (!mayDebug(c)) {
        replyError(c, "ERR DEBUG command not allowed. If the enable-debug-command option is set to "
                      "\"local\", you can run it from a local connection, otherwise you need to "
                      "set this option in the configuration file, and then restart the server.");
        return;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!argIs(c, 1, rows[i].name)) continue;
        if (c->argc - 2 < rows[i].min || c->argc - 2 > rows[i].max) break;
        rows[i].run(c);
        /* No tail call: a stack trace taken inside shows that DEBUG ran. */
        __asm__ volatile("");
        return;
    }
    replySubcommandError(c);
}

const commandSpec debugCommands[] = {
    {.name = "debug",
     .arity = -2,
     .run = debugCommand,
     .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE},
    {0},
};
