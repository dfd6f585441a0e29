/* fake_server.h - a whole server in the test's process, without sockets and with a clock moved by
 * hand: commands go in as bytes and run as batches do, raw replies come out. */
#ifndef EBB_TESTS_SUPPORT_FAKE_SERVER_H
#define EBB_TESTS_SUPPORT_FAKE_SERVER_H

#include "server/core/server.h"

typedef struct fakeServer {
    clockManual clock;
    server *server;
    client *client; /* speaks RESP2 in db 0, kept for the whole test */
    char *reply;    /* of the last call */
    char *events;   /* recorded since fakeEvents() */
    size_t events_size, events_capacity;
} fakeServer;

/* The wall clock a fake server starts with. */
enum { FAKE_START_S = 1700000000 };
#define FAKE_START_MS ((int64_t)FAKE_START_S * 1000)

fakeServer *fakeNew(void);
/* With these lines of a configuration. */
fakeServer *fakeNewWith(const char *directives);
void fakeFree(fakeServer *f);

/* One more connection, freed with the server. */
client *fakeClient(fakeServer *f);

/* Sends a command split at spaces as an inline request is (quotes and \x41 escapes count), each
 * word a bulk string; the raw reply, "+OK\r\n", good until the next call. "" where there is none
 * (yet).
 */
const char *fakeCall(fakeServer *f, const char *line);
const char *fakeCallAs(fakeServer *f, client *c, const char *line);
__attribute__((format(printf, 2, 3))) const char *fakeCallFormat(fakeServer *f, const char *format,
                                                                 ...);
/* The same with arguments as they are; '*size' (may be NULL) gets the size of the reply. */
const char *fakeCallArgs(fakeServer *f, client *c, int argc, const bytes *argv, size_t *size);
/* Feeds raw bytes, parts of requests too, and runs what is whole. */
const char *fakeSend(fakeServer *f, client *c, bytes raw, size_t *size);
/* What the client was sent and nobody has taken yet: pushes, replies of a woken command. */
const char *fakeTake(fakeServer *f, client *c, size_t *size);

void fakeAdvanceMs(fakeServer *f, int64_t ms);

/* From now on records what keyspace notifications would say of these classes (NOTIFY_*). */
void fakeRecordEvents(fakeServer *f, uint32_t classes);
/* What was recorded since the last time, as "set:key expire:key" in order; "" for nothing. */
const char *fakeEvents(fakeServer *f);

/* The reply must be the text; its line endings are written "|": CALL(f, "GET a", "$1|x|"). */
void fakeExpect(fakeServer *f, const char *line, const char *wanted, const char *file, int at);
#define CALL(f, line, wanted) fakeExpect(f, line, wanted, __FILE__, __LINE__)

#endif
