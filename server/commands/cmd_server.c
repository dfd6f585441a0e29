/* Commands on the server as a whole: INFO, TIME, LOLWUT, SHUTDOWN. */
#include <math.h>

#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/jobs/shutdown.h"
#include "server/observe/info.h"

/* INFO [section ...] */
static void infoCommand(client *c) {
    infoText text = {0};
    infoRender(c->server, c->argv + 1, c->argc - 1, &text);
    replyVerbatim(c, "txt", bytesOf(text.data ? text.data : "", text.size));
    infoTextClear(&text);
}

/* TIME
 * Replies with the seconds since 1970 and the microseconds in the second. */
static void timeCommand(client *c) {
    replyArray(c, 2);
    replyBulkInteger(c, c->server->now_us / 1000000);
    replyBulkInteger(c, c->server->now_us % 1000000);
}

/* ---- LOLWUT ---- */

enum { ART_COLUMNS = 64, ART_ROWS = 12 };

/* The tide line: where the sea has been, and how far it is back. Two slow waves of random phase
 * decide how high each column of beach is wet. */
static void drawTide(server *s, infoText *t) {
    double phase = rngUnit(&s->rng) * 2 * M_PI;
    double second = rngUnit(&s->rng) * 2 * M_PI;
    double ebb = 2 + rngUnit(&s->rng) * 3;
    for (int y = 0; y < ART_ROWS; y++) {
        char row[ART_COLUMNS + 1];
        for (int x = 0; x < ART_COLUMNS; x++) {
            double line = ART_ROWS / 2.0 + 2 * sin(x * 0.13 + phase) + 1.2 * sin(x * 0.31 + second);
            double depth = y - line;
            if (depth < 0)
                row[x] = rngBelow(&s->rng, 40) == 0 ? '.' : ' ';
            else if (depth < 1)
                row[x] = '_';
            else if (depth < ebb)
                row[x] = rngBelow(&s->rng, 6) == 0 ? ',' : ' ';
            else
                row[x] = "~~-~ "[rngBelow(&s->rng, 5)];
        }
        row[ART_COLUMNS] = '\0';
        infoLine(t, "%s", row);
    }
}

/* LOLWUT [VERSION version [argument ...]]
 * A small picture and the version. There is one picture only: the arguments are read, no more. */
static void lolwutCommand(client *c) {
    int64_t number;
    if (c->argc >= 3 && argIs(c, 1, "version"))
        for (int i = 2; i < c->argc; i++)
            if (!argInt(c, i, &number, NULL)) return;
    infoText text = {0};
    drawTide(c->server, &text);
    infoLine(&text, "%s", "");
    infoLine(&text, "The tide goes out, and the beach is free again. Ebb ver. %s, Redis ver. %s",
             EBB_VERSION, EBB_REDIS_VERSION);
    replyVerbatim(c, "txt", bytesOf(text.data, text.size));
    infoTextClear(&text);
}

/* ---- SHUTDOWN ---- */

enum { SHUTDOWN_ABORT = 16 };

static int shutdownOption(const client *c, int index) {
    static const struct {
        const char *word;
        int bit;
    } options[] = {{"nosave", SHUTDOWN_NOSAVE},
                   {"save", SHUTDOWN_SAVE},
                   {"now", SHUTDOWN_NOW},
                   {"force", SHUTDOWN_FORCE},
                   {"abort", SHUTDOWN_ABORT}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (argIs(c, index, options[i].word)) return options[i].bit;
    return 0;
}

/* SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]
 * No reply: the connection closes with the process. An error where that cannot end. */
static void shutdownCommand(client *c) {
    int wants = 0;
    for (int i = 1; i < c->argc; i++) {
        int option = shutdownOption(c, i);
        if (!option) {
            replySyntaxError(c);
            return;
        }
        wants |= option;
    }
    bool both = (wants & SHUTDOWN_SAVE) && (wants & SHUTDOWN_NOSAVE);
    if (both || ((wants & SHUTDOWN_ABORT) && wants != SHUTDOWN_ABORT)) {
        replySyntaxError(c);
        return;
    }
    if (!(wants & SHUTDOWN_ABORT))
        shutdownAsk(c->server, wants, c);
    else if (shutdownAbort(c->server))
        replyOk(c);
    else
        replyError(c, "ERR No shutdown in progress.");
}

const commandSpec serverCommands[] = {
    {.name = "info",
     .arity = -1,
     .run = infoCommand,
     .flags = CMD_LOADING | CMD_STALE,
     .acl = ACL_DANGEROUS,
     .tips = "nondeterministic_output,request_policy:all_shards,response_policy:special"},
    {.name = "time",
     .arity = 1,
     .run = timeCommand,
     .flags = CMD_LOADING | CMD_STALE | CMD_FAST,
     .tips = "nondeterministic_output"},
    {.name = "lolwut", .arity = -1, .run = lolwutCommand, .flags = CMD_READONLY | CMD_FAST},
    {.name = "shutdown",
     .arity = -1,
     .run = shutdownCommand,
     .flags = CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_NO_MULTI | CMD_ALLOW_BUSY},
    {0},
};
