/* effects.h - what a change entails: dirty count, WATCH, tracking, notifications, waking,
 * propagation.
 *
 * A handler calls keyChanged() once for each change; the db's hooks report removals by themselves.
 * While the handler runs, facts are only recorded (with a copy of the key); the subscribers get
 * them after it, in order, and never re-enter storage. Kinds with no subscriber or no listener cost
 * a test of a mask. */
#ifndef EBB_SERVER_CORE_EFFECTS_H
#define EBB_SERVER_CORE_EFFECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/hash.h"
#include "storage/db/db.h"

typedef struct client client;
typedef struct server server;

/* Notification classes, by the letters of notify-keyspace-events. */
enum {
    NOTIFY_KEYSPACE = 1 << 0,  /* K */
    NOTIFY_KEYEVENT = 1 << 1,  /* E */
    NOTIFY_GENERIC = 1 << 2,   /* g */
    NOTIFY_STRING = 1 << 3,    /* $ */
    NOTIFY_LIST = 1 << 4,      /* l */
    NOTIFY_SET = 1 << 5,       /* s */
    NOTIFY_HASH = 1 << 6,      /* h */
    NOTIFY_ZSET = 1 << 7,      /* z */
    NOTIFY_EXPIRED = 1 << 8,   /* x */
    NOTIFY_EVICTED = 1 << 9,   /* e */
    NOTIFY_STREAM = 1 << 10,   /* t */
    NOTIFY_KEY_MISS = 1 << 11, /* m */
    NOTIFY_LOADED = 1 << 12,
    NOTIFY_MODULE = 1 << 13,       /* d */
    NOTIFY_NEW = 1 << 14,          /* n */
    NOTIFY_OVERWRITTEN = 1 << 15,  /* o */
    NOTIFY_TYPE_CHANGED = 1 << 16, /* c */
    NOTIFY_ARRAY = 1 << 17,        /* a */
    /* Forms beside K and E that name the fields, too: see keySubkeys(). */
    NOTIFY_SUBKEYSPACE = 1 << 18,      /* S */
    NOTIFY_SUBKEYEVENT = 1 << 19,      /* T */
    NOTIFY_SUBKEYSPACEITEM = 1 << 20,  /* I */
    NOTIFY_SUBKEYSPACEEVENT = 1 << 21, /* V */
    NOTIFY_SUBKEYS =
        NOTIFY_SUBKEYSPACE | NOTIFY_SUBKEYEVENT | NOTIFY_SUBKEYSPACEITEM | NOTIFY_SUBKEYSPACEEVENT,
    NOTIFY_ALL = NOTIFY_GENERIC | NOTIFY_STRING | NOTIFY_LIST | NOTIFY_SET | NOTIFY_HASH |
                 NOTIFY_ZSET | NOTIFY_EXPIRED | NOTIFY_EVICTED | NOTIFY_STREAM | NOTIFY_MODULE |
                 NOTIFY_ARRAY /* A */
};

/* One recorded fact. 'event' is a constant text ("set", "del", "expired"); 'class' one bit. A fact
 * with 'event' NULL is a change without notification. */
typedef struct change {
    int db;
    uint32_t class;
    const char *event;
    bytes key;
    uint64_t hash; /* of the key */
    bytes subkeys; /* "<size>:<subkey>[,...]", see keySubkeys(); empty mostly */
    bool modifies; /* false of pure events like keymiss */
} change;

typedef enum effectKind {
    EFFECT_WATCH,
    EFFECT_TRACKING,
    EFFECT_NOTIFY,
    EFFECT_WAKE,
    EFFECT_PROPAGATE, /* hears only of keys that expired or were evicted: see propagate.h */
    EFFECT_KINDS
} effectKind;

typedef struct effectTable {
    uint32_t live;        /* bits of effectKinds with somebody listening */
    uint32_t notify_mask; /* of notify-keyspace-events, kept by session/notify */
    void (*onChange[EFFECT_KINDS])(void *ctx, server *s, client *by, const change *what);
    void (*onFlush[EFFECT_KINDS])(void *ctx, server *s, client *by, int db); /* db -1: all */
    void (*onUnit[EFFECT_KINDS])(void *ctx, server *s, client *by, bool begins);
    void *ctx[EFFECT_KINDS];
    int unit_depth;
    uint32_t unit_told; /* kinds that heard of the beginning */
    struct changeQueue *queue;
} effectTable;

void effectSubscribe(server *s, effectKind kind,
                     void (*onChange)(void *ctx, server *s, client *by, const change *what),
                     void (*onFlush)(void *ctx, server *s, client *by, int db), void *ctx);
/* For subscribers that hold back what belongs together: a transaction or script as one record, keys
 * whose waiting clients are served behind it. Told of the outermost beginning and end, while live.
 */
void effectSubscribeUnits(server *s, effectKind kind,
                          void (*onUnit)(void *ctx, server *s, client *by, bool begins));
void effectSetLive(server *s, effectKind kind, bool live);

/* The one duty of a handler that changed 'key' of c's db. 'event' may be NULL (no notification). */
void keyChanged(client *c, keyRef key, uint32_t class, const char *event);
/* The same in another db of the server (MOVE, COPY). */
void keyChangedIn(client *c, int db, keyRef key, uint32_t class, const char *event);
/* A notification that is no change: keymiss. */
void keyEvent(client *c, keyRef key, uint32_t class, const char *event);
void keyEventIn(client *c, int db, keyRef key, uint32_t class, const char *event);
/* Names the fields of a hash that the next call of one of the above is about: every 'stride'-th of
 * 'count' of them. Costs a test while no subkey notification is asked for. */
void keySubkeys(client *c, const bytes *subkeys, size_t count, size_t stride);
static inline void keySubkey(client *c, bytes subkey) {
    keySubkeys(c, &subkey, 1, 1);
}
/* A whole db was emptied or exchanged; -1: all of them. Leaves counting (server.dirty) to the
 * caller, who knows how many keys there were. */
void keysFlushed(client *c, int db);

/* Hands recorded facts to subscribers; after each command and, with 'by' NULL, each slice of active
 * expiry and eviction. */
void effectsRun(server *s, client *by);
bool effectsPending(const server *s);
/* Drops recorded facts: of keys that are loaded, which are no changes. */
void effectsForget(server *s);

/* The commands of a transaction or script stand between these. They nest. */
void effectsBegin(server *s, client *by);
void effectsEnd(server *s, client *by);
bool effectsInUnit(const server *s);

/* The hooks that the server's dbs are made with; ctx is the server. */
dbHooks effectsDbHooks(server *s);

effectTable effectsInit(void);
void effectsClear(effectTable *t);

#endif
