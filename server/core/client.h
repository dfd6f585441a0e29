/* client.h - one connected client: requests in, output out. No socket: that is a conn (server/net).
 *
 * The fields up to the line are what each request touches. Session state of higher floors
 * (subscriptions, transactions, tracking) hangs off opaque pointers that those floors own, and that
 * they free through the clientClosed table of the server. */
#ifndef EBB_SERVER_CORE_CLIENT_H
#define EBB_SERVER_CORE_CLIENT_H

#include <stdint.h>

#include "protocol/reply_buf.h"
#include "protocol/resp_parse.h"
#include "server/core/command.h"
#include "server/core/reply_hold.h"
#include "storage/base/chain.h"
#include "storage/db/db.h"

typedef struct server server;

enum {
    CLIENT_CLOSE_AFTER_REPLY = 1 << 0, /* no more requests; close when the output is written */
    CLIENT_CLOSE_NOW = 1 << 1,         /* marked: freed after the batch */
    CLIENT_HELD = 1 << 2,              /* runs nothing now: blocked or paused; input waits */
    CLIENT_BLOCKED = 1 << 3,
    CLIENT_PAUSED = 1 << 4,
    CLIENT_REPLY_OFF = 1 << 5,
    CLIENT_REPLY_SKIP_NEXT = 1 << 6,
    CLIENT_REPLY_SKIP = 1 << 7,
    CLIENT_UNIX_SOCKET = 1 << 8,
    CLIENT_NO_EVICT = 1 << 9,
    CLIENT_NO_TOUCH = 1 << 10,
    CLIENT_PUBSUB = 1 << 11, /* has subscriptions */
    CLIENT_MULTI = 1 << 12,
    CLIENT_DIRTY_CAS = 1 << 13,
    CLIENT_DIRTY_EXEC = 1 << 14,
    CLIENT_TRACKING = 1 << 15,
    CLIENT_MONITOR = 1 << 16,
    CLIENT_REPLICA = 1 << 17,
    CLIENT_PRIMARY = 1 << 18,
    CLIENT_SCRIPT = 1 << 19,   /* a script's own client: no connection */
    CLIENT_READONLY = 1 << 20, /* cluster READONLY */
    CLIENT_PUSHING = 1 << 21,  /* a push is being written: CLIENT REPLY does not silence it */
    CLIENT_QUEUED_FLUSH = 1 << 22,
    CLIENT_QUEUED_INPUT = 1 << 23,
    CLIENT_AUTHENTICATED = 1 << 24,
    CLIENT_NO_CONN = 1 << 25,     /* internal: never sent to, never listed */
    CLIENT_ROLLED_BACK = 1 << 26, /* a parsed request was put back: input runs again */
    CLIENT_ASKS_EXEC = 1 << 27    /* its EXEC may be refused: errors tell of the transaction */
};

/* Input of this loop iteration: a slice of the read arena or the client's own pending buffer. */
typedef struct clientInput {
    char *data;
    size_t size, pos;
} clientInput;

struct client {
    server *server;
    db *db;
    const bytes *argv;
    int argc;
    int resp;
    uint32_t flags;
    uint32_t live_gates; /* gates that can fire for this client, see dispatch.h */
    command *cmd;        /* the one that runs, or ran last */
    uint64_t key_hash;   /* hash of argument key_index, where that is not 0 */
    int key_index;
    replyBuf out;
    replyBuf pushed; /* what it pushed to itself: goes out behind the reply */
    clientInput input;
    respParser parser;
    /* ---- what only some requests touch ---- */
    void *conn; /* server/net's; NULL for internal clients */
    uint64_t id;
    chainNode in_server; /* of all clients */
    chainNode in_flush;  /* has output */
    char *pending;       /* unparsed bytes that outlive an iteration */
    size_t pending_size, pending_capacity;
    size_t read_room; /* of a read into the arena; 0: BATCH_READ */
    char *name;       /* CLIENT SETNAME, NULL if none */
    char *lib_name, *lib_version;
    char *user;         /* NULL: default */
    char *peer, *local; /* "127.0.0.1:1234"; "/path:0" of a unix socket */
    int fd;
    int64_t created_ms, last_active_ms;
    uint64_t net_input_bytes, net_output_bytes, commands;
    chainNode in_hold; /* see reply_hold.h */
    uint64_t hold_running, hold_next, hold_seen;
    uint64_t log_position;       /* behind the client's last record in the log */
    uint64_t log_wanted;         /* WAITAOF: the position that must be on disk; 0: waits not */
    uint64_t reads, batches;     /* that brought input, and in which some was parsed */
    chainNode in_evict;          /* see session/client_evict.h */
    size_t evict_bytes;          /* counted there */
    size_t reply_peak;           /* most output that waited lately, see clientReplyPeak() */
    int64_t reply_peak_ms;       /* since when that counts */
    int64_t soft_limit_since_ms; /* over the soft output limit since, 0: not */
    uint32_t queued_flags;       /* CMD_* of the commands that wait for EXEC */
    uint32_t watch_count;        /* keys of WATCH */
    size_t queued_bytes;         /* of those commands; the query buffer limit counts them */
    struct fieldset *fieldsets;  /* of HIMPORT */
    void *pubsub, *multi, *watches, *blocked, *tracking; /* owned by server/session */
};

/* 'conn' NULL makes an internal client without output of its own (flags CLIENT_NO_CONN). */
client *clientNew(server *s, void *conn);
/* Frees at once; outside of a batch only. Calls the server's clientClosed subscribers. */
void clientFree(client *c);

/* Marks: nothing more runs or is sent; freed after the batch. */
void clientCloseSoon(client *c);
void clientCloseAfterReply(client *c);

/* Holds back the rest of the input until clientResume(): flags CLIENT_BLOCKED or CLIENT_PAUSED. */
void clientHold(client *c, uint32_t why);
void clientResume(client *c, uint32_t why);

/* By id, or NULL. */
client *clientById(server *s, uint64_t id);
size_t clientMemory(const client *c);
/* With what the floors above keep for it: tot-mem of CLIENT LIST, what maxmemory-clients counts. */
size_t clientTotalMemory(const client *c);
/* The output that waits is about to be written: notes how much it is. */
void clientNoteReply(client *c, size_t size);
/* The most that waited in the last seconds. */
size_t clientReplyPeak(const client *c);
/* 0 "normal", 1 "replica", 2 "pubsub": what a client is. */
int clientClass(const client *c);
/* The class whose output limits are its own. MONITOR hears of everything as a subscriber does, and
 * is forgotten as easily: it has those of pubsub. */
int clientLimitClass(const client *c);

/* ---- what a client says about itself, and what is said about it: client_info.c ---- */

/* True if nothing in 'text' would break a line of CLIENT LIST: printable ASCII without space. */
bool clientTextIsPlain(bytes text);
/* Replaces the text that '*field' (name, lib_name...) owns; empty: NULL. Plain texts only. */
void clientSetText(char **field, bytes text);
/* The name of CLIENT SETNAME; false, and nothing changed, if the text is not plain. */
bool clientSetName(client *c, bytes name);
/* The line of CLIENT LIST and CLIENT INFO, without newline but with a closing zero: what fits of it
 * into 'room' (at least 1); its length. clientDescribeRoom() is enough for all of it. */
size_t clientDescribe(const client *c, char *out, size_t room);
size_t clientDescribeRoom(const client *c);

/* What a line tells of state that higher floors keep. Zeroed means none. */
typedef struct clientDetails {
    uint64_t channels, patterns, shard_channels;
    int64_t queued; /* in MULTI; -1: no transaction */
    uint64_t watched, queued_bytes;
    int64_t redirect; /* of tracking: an id, 0 itself, -1 none */
    bool broadcast, redirect_broken;
    size_t memory; /* of all that state */
} clientDetails;

typedef struct clientDetailsHook {
    chainNode node; /* on the server's client_details */
    void (*fill)(void *ctx, const client *c, clientDetails *d);
    void *ctx;
} clientDetailsHook;

#endif
