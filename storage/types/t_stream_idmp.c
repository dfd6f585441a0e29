#include "storage/types/t_stream_idmp.h"

#include "storage/base/digest.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/types/t_stream_internal.h"

/* A message, in its producer's tree by name and in its queue by age. */
typedef struct message {
    streamId id;
    struct message *next;
    size_t name_size;
    char name[];
} message;

typedef struct producer {
    btree *messages;
    message *oldest, *newest;
    size_t name_size;
    char name[];
} producer;

struct streamIdmp {
    btree *producers;
    streamIdmpLimits own;
    uint64_t added, duplicates;
    size_t messages, bytes;
    size_t next_look; /* the rank of the producer to be looked after next */
};

/* ---- orders ---- */

static bytes messageName(const message *m) {
    return bytesOf(m->name, m->name_size);
}

static bytes producerName(const producer *p) {
    return bytesOf(p->name, p->name_size);
}

static int compareMessage(const void *item, const void *probe) {
    return bytesCompare(messageName(item), *(const bytes *)probe);
}

static int compareProducer(const void *item, const void *probe) {
    return bytesCompare(producerName(item), *(const bytes *)probe);
}

static const btreeType messageOrder = {.compare = compareMessage};
static const btreeType producerOrder = {.compare = compareProducer};

/* ---- making and unmaking ---- */

static streamIdmp *newIdmp(void) {
    streamIdmp *m = memAlloc(sizeof *m);
    *m = (streamIdmp){.producers = btreeNew(&producerOrder)};
    return m;
}

static streamIdmp *idmpOf(stream *s) {
    if (!s->idmp) s->idmp = newIdmp();
    return s->idmp;
}

static producer *findProducer(const streamIdmp *m, bytes name) {
    return btreeFind(m->producers, &name);
}

static producer *newProducer(streamIdmp *m, bytes name) {
    producer *p = memAlloc(sizeof *p + name.size);
    *p = (producer){.messages = btreeNew(&messageOrder), .name_size = name.size};
    memcpy(p->name, name.data, name.size);
    btreeAdd(m->producers, &name, p);
    m->bytes += sizeof *p + name.size;
    return p;
}

/* Frees a producer that is in no tree any more and has no messages. */
static void freeProducer(streamIdmp *m, producer *p) {
    m->bytes -= sizeof *p + p->name_size;
    btreeFree(p->messages);
    memFree(p);
}

static void addMessage(streamIdmp *m, producer *p, bytes name, streamId id) {
    message *msg = memAlloc(sizeof *msg + name.size);
    *msg = (message){.id = id, .name_size = name.size};
    memcpy(msg->name, name.data, name.size);
    btreeAdd(p->messages, &name, msg);
    if (p->newest)
        p->newest->next = msg;
    else
        p->oldest = msg;
    p->newest = msg;
    m->messages++;
    m->bytes += sizeof *msg + name.size;
}

static void dropOldest(streamIdmp *m, producer *p) {
    message *msg = p->oldest;
    bytes name = messageName(msg);
    ensure(btreeRemove(p->messages, &name) == msg);
    p->oldest = msg->next;
    if (!p->oldest) p->newest = NULL;
    m->messages--;
    m->bytes -= sizeof *msg + msg->name_size;
    memFree(msg);
}

/* ---- limits ---- */

static streamIdmpLimits limitsOf(const streamIdmp *m, streamIdmpLimits defaults) {
    if (m && m->own.duration_s) defaults.duration_s = m->own.duration_s;
    if (m && m->own.maxsize) defaults.maxsize = m->own.maxsize;
    return defaults;
}

streamIdmpLimits streamIdmpLimitsOf(const stream *s, streamIdmpLimits defaults) {
    return limitsOf(s->idmp, defaults);
}

/* True once its time is over, by the time in the entry's ID. */
static bool isOver(const message *msg, streamIdmpLimits limits, int64_t now_ms) {
    uint64_t until = msg->id.ms + (uint64_t)limits.duration_s * 1000;
    return until >= msg->id.ms && (int64_t)until >= 0 && (int64_t)until < now_ms;
}

void streamIdmpSetLimits(stream *s, streamIdmpLimits own, streamIdmpLimits defaults) {
    streamIdmpLimits before = streamIdmpLimitsOf(s, defaults);
    streamIdmp *m = idmpOf(s);
    if (own.duration_s) m->own.duration_s = own.duration_s;
    if (own.maxsize) m->own.maxsize = own.maxsize;
    streamIdmpLimits after = limitsOf(m, defaults);
    if (before.duration_s == after.duration_s && before.maxsize == after.maxsize) return;
    streamIdmp *fresh = newIdmp();
    fresh->own = m->own;
    fresh->added = m->added;
    fresh->duplicates = m->duplicates;
    streamIdmpFreeStep(m, SIZE_MAX);
    s->idmp = fresh;
}

/* ---- messages ---- */

/* Forgets what is over and leaves 'most' messages at the most; the producer too if none is left. */
static void tidyProducer(streamIdmp *m, producer *p, streamIdmpLimits limits, int64_t now_ms) {
    while (p->oldest &&
           (isOver(p->oldest, limits, now_ms) || btreeCount(p->messages) > (size_t)limits.maxsize))
        dropOldest(m, p);
    if (p->oldest) return;
    bytes name = producerName(p);
    ensure(btreeRemove(m->producers, &name) == p);
    freeProducer(m, p);
}

bool streamIdmpFind(const stream *s, bytes producer_name, bytes message_name,
                    streamIdmpLimits defaults, int64_t now_ms, streamId *out) {
    if (!s->idmp) return false;
    const producer *p = findProducer(s->idmp, producer_name);
    const message *msg = p ? btreeFind(p->messages, &message_name) : NULL;
    if (!msg || isOver(msg, limitsOf(s->idmp, defaults), now_ms)) return false;
    *out = msg->id;
    return true;
}

/* Producers that went silent would be remembered for ever: each call looks after another one. */
static void lookAfterOne(streamIdmp *m, streamIdmpLimits limits, int64_t now_ms) {
    if (m->next_look >= btreeCount(m->producers)) m->next_look = 0;
    tidyProducer(m, btreeItem(btreeAtRank(m->producers, m->next_look++)), limits, now_ms);
}

void streamIdmpAdd(stream *s, bytes producer_name, bytes message_name, streamId id,
                   streamIdmpLimits defaults, int64_t now_ms) {
    streamIdmp *m = idmpOf(s);
    streamIdmpLimits limits = limitsOf(m, defaults);
    producer *p = findProducer(m, producer_name);
    /* One of this name may be there whose time is over: those of its time go first. */
    if (p) tidyProducer(m, p, limits, now_ms);
    p = findProducer(m, producer_name);
    if (!p) p = newProducer(m, producer_name);
    ensure(!btreeFind(p->messages, &message_name));
    addMessage(m, p, message_name, id);
    m->added++;
    tidyProducer(m, p, limits, now_ms);
    if (btreeCount(m->producers)) lookAfterOne(m, limits, now_ms);
}

void streamIdmpCountDuplicate(stream *s) {
    idmpOf(s)->duplicates++;
}

void streamIdmpStatsOf(const stream *s, streamIdmpLimits defaults, int64_t now_ms,
                       streamIdmpStats *out) {
    const streamIdmp *m = s->idmp;
    *out = (streamIdmpStats){.limits = limitsOf(m, defaults)};
    if (!m) return;
    out->added = m->added;
    out->duplicates = m->duplicates;
    for (btreeAt at = btreeFirst(m->producers); at.leaf; at = btreeNext(at)) {
        const producer *p = btreeItem(at);
        size_t left = btreeCount(p->messages);
        const message *msg = p->oldest;
        for (; msg && isOver(msg, out->limits, now_ms); msg = msg->next) left--;
        out->messages += left;
        out->producers += left != 0;
    }
}

/* Field and value with their sizes, so that no two pairs are the same bytes. */
static void addPair(bytes field, bytes value, uint64_t sum[2]) {
    struct {
        uint64_t field, value, sizes[2], salt;
    } pair = {digestXxh3(field), digestXxh3(value), {field.size, value.size}, 0};
    for (unsigned i = 0; i < 2; i++) {
        pair.salt = i;
        sum[i] += digestXxh3(bytesOf(&pair, sizeof pair));
    }
}

void streamIdmpName(const bytes *pairs, size_t count, char out[STREAM_IDMP_NAME]) {
    uint64_t sum[2] = {0, 0};
    for (size_t i = 0; i < count; i++) addPair(pairs[2 * i], pairs[2 * i + 1], sum);
    memcpy(out, sum, sizeof sum);
}

/* ---- for saving and loading ---- */

bool streamIdmpStateOf(const stream *s, streamIdmpState *out) {
    const streamIdmp *m = s->idmp;
    if (!m) return false;
    *out = (streamIdmpState){m->own, m->added, m->duplicates, btreeCount(m->producers)};
    return true;
}

void streamIdmpEach(const stream *s, const streamIdmpVisit *visit) {
    for (btreeAt at = btreeFirst(s->idmp->producers); at.leaf; at = btreeNext(at)) {
        const producer *p = btreeItem(at);
        visit->producer(visit->ctx, producerName(p), btreeCount(p->messages));
        for (const message *msg = p->oldest; msg; msg = msg->next)
            visit->message(visit->ctx, messageName(msg), msg->id);
    }
}

void streamIdmpRestore(stream *s, const streamIdmpState *state) {
    ensure(!s->idmp);
    s->idmp = newIdmp();
    s->idmp->own = state->own;
    s->idmp->added = state->added;
    s->idmp->duplicates = state->duplicates;
}

bool streamIdmpRestoreMessage(stream *s, bytes producer_name, bytes message_name, streamId id) {
    producer *p = findProducer(s->idmp, producer_name);
    if (!p) p = newProducer(s->idmp, producer_name);
    if (btreeFind(p->messages, &message_name)) return false;
    addMessage(s->idmp, p, message_name, id);
    return true;
}

/* ---- as a part of its stream ---- */

size_t streamIdmpBytes(const streamIdmp *m) {
    return m ? sizeof *m + m->bytes + m->messages * 10 : 0;
}

size_t streamIdmpParts(const streamIdmp *m) {
    return m ? m->messages : 0;
}

streamIdmp *streamIdmpCopy(const streamIdmp *m) {
    if (!m) return NULL;
    streamIdmp *to = newIdmp();
    to->own = m->own;
    to->added = m->added;
    to->duplicates = m->duplicates;
    for (btreeAt at = btreeFirst(m->producers); at.leaf; at = btreeNext(at)) {
        const producer *from = btreeItem(at);
        producer *p = newProducer(to, producerName(from));
        for (const message *msg = from->oldest; msg; msg = msg->next)
            addMessage(to, p, messageName(msg), msg->id);
    }
    return to;
}

bool streamIdmpFreeStep(streamIdmp *m, size_t max) {
    if (!m) return true;
    while (btreeCount(m->producers)) {
        producer *p = btreeItem(btreeFirst(m->producers));
        for (; p->oldest && max; max--) dropOldest(m, p);
        if (p->oldest) return false;
        btreeRemoveAt(m->producers, 0);
        freeProducer(m, p);
    }
    btreeFree(m->producers);
    memFree(m);
    return true;
}
