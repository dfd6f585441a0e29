/* MIGRATE: keys handed over to another server. */
#include "protocol/resp_write.h"
#include "server/commands/commands.h"
#include "server/core/args.h"
#include "server/core/key_open.h"
#include "server/core/peer_link.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/persist/rdb_dump.h"

enum { KEY_ARGUMENT = 3, OPTIONS_FROM = 6, TIMEOUT_MS = 1000, REFUSAL_ROOM = 1024 };

#define HANDED_OVER (KEY_RW | KEY_ACCESS | KEY_DELETE)

static const char connecting[] = "IOERR error or timeout connecting to the client";
static const char writing[] = "IOERR error or timeout writing to target instance";
static const char reading[] = "IOERR error or timeout reading to target instance";

typedef struct migration {
    client *c;
    bool copy, replace;
    bytes user, password; /* data NULL: not given */
    int64_t db, timeout_ms;
    int from, end;     /* arguments that name keys */
    int *there;        /* those of them whose keys are there */
    int count;         /* of them */
    int sent;          /* the target was asked to take so many of them */
    int answered;      /* and has said of so many whether it did */
    bytes *record;     /* DEL, and what it took and is gone here */
    int record_size;   /* with its first word; 0: nothing is gone */
    rdbBuffer payload; /* of the key that is sent */
    bool out_of_memory;
    bool refused;               /* the target replied with an error, */
    char refusal[REFUSAL_ROOM]; /* first this one */
} migration;

/* ---- arguments ---- */

/* How many arguments belong to an option at 'i', -1 for a word that is none or lacks them. Those of
 * KEYS are all that follow. */
static int optionTakes(const bytes *argv, int argc, int i) {
    static const struct {
        const char *word;
        int takes;
    } options[] = {{"COPY", 0}, {"REPLACE", 0}, {"AUTH", 1}, {"AUTH2", 2}};
    if (bytesEqualWord(argv[i], "KEYS")) return argc - i - 1;
    for (size_t o = 0; o < sizeof options / sizeof options[0]; o++)
        if (bytesEqualWord(argv[i], options[o].word))
            return i + options[o].takes < argc ? options[o].takes : -1;
    return -1;
}

static bool parseOptions(client *c, migration *m) {
    for (int i = OPTIONS_FROM, takes; i < c->argc; i += 1 + takes) {
        takes = optionTakes(c->argv, c->argc, i);
        if (takes < 0) {
            replySyntaxError(c);
            return false;
        }
        if (argIs(c, i, "COPY")) m->copy = true;
        if (argIs(c, i, "REPLACE")) m->replace = true;
        if (argIs(c, i, "AUTH2")) m->user = c->argv[i + 1];
        if (takes && !argIs(c, i, "KEYS")) m->password = c->argv[i + takes];
        if (!argIs(c, i, "KEYS")) continue;
        if (c->argv[KEY_ARGUMENT].size) {
            replyError(c, "ERR When using MIGRATE KEYS option, the key argument must be set to the "
                          "empty string");
            return false;
        }
        m->from = i + 1;
        m->end = c->argc;
    }
    return true;
}

/* False after replying what is wrong. */
static bool parse(client *c, migration *m) {
    *m = (migration){.c = c, .from = KEY_ARGUMENT, .end = KEY_ARGUMENT + 1};
    if (!parseOptions(c, m)) return false;
    if (!argInt(c, 5, &m->timeout_ms, NULL) || !argInt(c, 4, &m->db, NULL)) return false;
    if (m->timeout_ms <= 0) m->timeout_ms = TIMEOUT_MS;
    return true;
}

static int migrateKeys(const bytes *argv, int argc, keyPosition *out, int max) {
    int from = KEY_ARGUMENT, end = KEY_ARGUMENT + 1, count = 0;
    for (int i = OPTIONS_FROM; i < argc; i++) {
        int takes = optionTakes(argv, argc, i);
        if (takes > 0 && bytesEqualWord(argv[i], "KEYS")) {
            if (argv[KEY_ARGUMENT].size) return -1;
            from = i + 1;
            end = argc;
        }
        if (takes > 0) i += takes;
    }
    for (int i = from; i < end && count < max; i++) out[count++] = (keyPosition){i, HANDED_OVER};
    return count;
}

/* ---- what is sent ---- */

static void findKeys(migration *m) {
    int named = m->end - m->from;
    m->there = memAlloc((size_t)(named ? named : 1) * sizeof *m->there);
    for (int i = m->from; i < m->end; i++)
        if (keyRead(m->c, argKey(m->c, i))) m->there[m->count++] = i;
}

static void putNumber(replyBuf *out, int64_t number) {
    char digits[NUM_INT_MAX];
    respBulk(out, bytesOf(digits, numFormatInt(digits, number)));
}

static void putAuth(const migration *m, replyBuf *out) {
    respArray(out, m->user.data ? 3 : 2);
    respBulk(out, BYTES("AUTH"));
    if (m->user.data) respBulk(out, m->user);
    respBulk(out, m->password);
}

static void putSelect(const migration *m, replyBuf *out) {
    respArray(out, 2);
    respBulk(out, BYTES("SELECT"));
    putNumber(out, m->db);
}

/* The payload outlives its request: it is freed when the next one is made. */
static void keepPayload(void *owner) {
    (void)owner;
}

/* RESTORE with what m->payload holds. */
static void putRestore(migration *m, replyBuf *out, const entry *e) {
    bytes payload = rdbBufferBytes(&m->payload);
    int64_t left_ms = 0; /* lasts */
    if (entryHasDeadline(e)) {
        left_ms = entryDeadline(e) - m->c->server->now_ms;
        if (left_ms < 1) left_ms = 1;
    }
    respArray(out, m->replace ? 5 : 4);
    respBulk(out, BYTES("RESTORE"));
    respBulk(out, entryKey(e));
    putNumber(out, left_ms);
    if (payload.size < REPLY_REFERENCE_MIN) {
        respBulk(out, payload);
    } else {
        respBulkHeader(out, payload.size);
        replyBufReference(out, payload, keepPayload, NULL);
        replyBufAppend(out, "\r\n", 2);
    }
    if (m->replace) respBulk(out, BYTES("REPLACE"));
}

/* Small values go out many at a time; of big ones one is in memory at a time. */
static int sendKeys(migration *m, peerLink *l) {
    replyBuf *out = peerLinkOut(l);
    for (m->sent = 0; m->sent < m->count; m->sent++) {
        const entry *e = dbLookup(m->c->db, argKey(m->c, m->there[m->sent]));
        ensure(e != NULL);
        rdbBufferClear(&m->payload);
        rdbBufferInit(&m->payload, m->c->server->config.rdb_compression);
        if (rdbDump(&m->payload, e) == RDB_NO_MEMORY) {
            m->out_of_memory = true;
            break;
        }
        putRestore(m, out, e);
        bool is_big = rdbBufferBytes(&m->payload).size >= REPLY_REFERENCE_MIN;
        int err = is_big ? peerLinkFlush(l) : peerLinkFlushParts(l);
        if (err < 0) return err;
    }
    return peerLinkFlush(l);
}

/* ---- what the target answers ---- */

static void noteRefusal(migration *m, bytes text) {
    if (m->refused) return;
    m->refused = true;
    size_t size = text.size < REFUSAL_ROOM - 1 ? text.size : REFUSAL_ROOM - 1;
    memcpy(m->refusal, text.data, size);
    m->refusal[size] = '\0';
}

/* The reply to one request: '*done' says whether it was obeyed. */
static int takeAnswer(migration *m, peerLink *l, bool *done) {
    respItem reply;
    int err = peerLinkReply(l, &reply);
    if (err < 0) return err;
    *done = reply.type == REPLY_SIMPLE;
    if (*done) return bytesEqual(reply.text, BYTES("OK")) ? 0 : ERR_CORRUPT;
    noteRefusal(m, reply.text);
    return 0;
}

/* The target has it. */
static void letGo(migration *m, int index) {
    keyRef key = argKey(m->c, index);
    if (m->copy || !dbDelete(m->c->db, key, DB_DELETED)) return;
    if (!m->record) {
        m->record = memAlloc(((size_t)m->count + 1) * sizeof *m->record);
        m->record[m->record_size++] = BYTES("DEL");
    }
    m->record[m->record_size++] = key.name;
}

static int takeAnswers(migration *m, peerLink *l) {
    while (m->answered < m->sent) {
        bool done;
        int err = takeAnswer(m, l, &done);
        if (err < 0) return err;
        if (done) letGo(m, m->there[m->answered]);
        m->answered++;
    }
    return 0;
}

/* ---- the conversation ---- */

/* Who asks and for which db. Answered before any key is sent: one that was meant for another db, or
 * another user, must not arrive where it is not wanted. */
static int introduce(migration *m, peerLink *l, const char **doing) {
    bool selects = peerLinkDb(l) != m->db, done = true;
    if (m->password.data) putAuth(m, peerLinkOut(l));
    if (selects) putSelect(m, peerLinkOut(l));
    *doing = writing;
    int err = peerLinkFlush(l);
    if (err < 0) return err;
    *doing = reading;
    if (m->password.data) err = takeAnswer(m, l, &done);
    if (err < 0 || !selects) return err;
    err = takeAnswer(m, l, &done);
    peerLinkSetDb(l, err == 0 && done ? m->db : -1);
    return err;
}

static int handOver(migration *m, peerLink *l, const char **doing) {
    int err = introduce(m, l, doing);
    if (err < 0 || m->refused) return err;
    *doing = writing;
    err = sendKeys(m, l);
    if (err < 0) return err;
    *doing = reading;
    return takeAnswers(m, l);
}

/* The error text of a conversation that broke off, or NULL. A kept link may have been closed by the
 * target meanwhile: then a new one is tried. */
static const char *converse(migration *m) {
    bytes host = m->c->argv[1];
    int64_t port;
    if (!numParseInt(m->c->argv[2], &port)) return connecting;
    for (;;) {
        const char *doing;
        peerLink *l;
        int err = peerLinkOpen(m->c->server, host, port, m->timeout_ms, &l);
        if (err < 0) return err == ERR_NOT_FOUND ? connecting : writing;
        err = handOver(m, l, &doing);
        if (err == 0) {
            peerLinkKeep(l);
            return NULL;
        }
        bool again = err == ERR_IO && peerLinkWasKept(l) && !m->answered && !m->refused;
        peerLinkClose(l);
        if (!again) return doing;
    }
}

/* MIGRATE host port key|"" db timeout [COPY] [REPLACE] [AUTH password | AUTH2 user password]
 *         [KEYS key ...]
 * Replies OK, or NOKEY where none of the keys is there. All clients wait meanwhile. Deletes just
 * what the target said it has; after an IOERR some keys may be in both servers. */
static void migrateCommand(client *c) {
    migration m;
    if (!parse(c, &m)) return;
    rdbBufferInit(&m.payload, false);
    findKeys(&m);
    const char *fault = m.count ? converse(&m) : NULL;
    if (m.record_size)
        propagateAs(c, m.record_size, m.record);
    else
        propagateNothing(c);
    if (m.refused)
        replyErrorFormat(c, "ERR Target instance replied with error: %s", m.refusal);
    else if (fault)
        replyError(c, fault);
    else if (m.out_of_memory)
        replyError(c, "ERR not enough memory for the payload");
    else if (!m.count)
        replySimple(c, "NOKEY");
    else
        replyOk(c);
    rdbBufferClear(&m.payload);
    memFree(m.record);
    memFree(m.there);
}

const commandSpec migrateCommands[] = {
    {.name = "migrate",
     .arity = -6,
     .run = migrateCommand,
     .flags = CMD_WRITE | CMD_MOVABLEKEYS,
     .acl = ACL_KEYSPACE | ACL_DANGEROUS,
     .keys = {{.first = 3, .last = 0, .step = 1, .use = HANDED_OVER},
              {.keyword = "KEYS",
               .start_from = -2,
               .last = -1,
               .step = 1,
               .use = HANDED_OVER | KEY_INCOMPLETE}},
     .getKeys = migrateKeys,
     .tips = "nondeterministic_output"},
    {0},
};
