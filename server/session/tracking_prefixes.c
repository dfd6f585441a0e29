/* Broadcast mode: who is told of changes under a prefix, and the news of this loop iteration. */
#include <stdlib.h>

#include "server/session/tracking_internal.h"
#include "storage/base/mem.h"
#include "storage/base/num.h"
#include "storage/struct/dict.h"

enum { FEW_NEWS = 8 }; /* so many are searched one by one */

/* A changed key. */
typedef struct news {
    struct news *next;
    uint64_t hash;
    uint64_t author; /* id of the client that alone changed it, 0: nobody, or several */
    size_t size;
    char name[];
} news;

/* Lives while somebody listens. */
typedef struct trackedPrefix {
    chain listeners;      /* broadcastSub.in_prefix */
    chainNode in_changed; /* while it has news */
    news *first, *last;
    size_t news_count;
    dict *news_by_name; /* NULL while there are few */
    size_t size;
    char name[];
} trackedPrefix;

struct broadcastSub {
    chainNode in_prefix;
    client *listener;
    trackedPrefix *prefix;
};

/* How many prefixes have this size: what a changed key is looked up by. */
typedef struct prefixLength {
    size_t size, count;
} prefixLength;

static bytes nameOf(const trackedPrefix *p) {
    return bytesOf(p->name, p->size);
}

static uint64_t prefixHash(const void *item) {
    return hashBytes(nameOf(item));
}

static bool prefixHolds(const void *item, bytes key) {
    return bytesEqual(nameOf(item), key);
}

static uint64_t newsHash(const void *item) {
    return ((const news *)item)->hash;
}

static bool newsHolds(const void *item, bytes key) {
    const news *n = item;
    return bytesEqual(bytesOf(n->name, n->size), key);
}

static const dictType prefixes_by_name = {.hashOf = prefixHash, .holds = prefixHolds};
static const dictType news_by_name = {.hashOf = newsHash, .holds = newsHolds};

/* ---- the sizes in use, ascending ---- */

/* Of the first that is not below 'size'. */
static size_t lengthPlace(const trackedPrefixes *p, size_t size) {
    size_t low = 0, high = p->length_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->lengths[middle].size < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void addLength(trackedPrefixes *p, size_t size) {
    size_t at = lengthPlace(p, size);
    if (at < p->length_count && p->lengths[at].size == size) {
        p->lengths[at].count++;
        return;
    }
    if (p->length_count == p->length_capacity) {
        p->length_capacity = p->length_capacity ? p->length_capacity * 2 : 8;
        p->lengths = memRealloc(p->lengths, p->length_capacity * sizeof *p->lengths);
    }
    memmove(p->lengths + at + 1, p->lengths + at, (p->length_count - at) * sizeof *p->lengths);
    p->lengths[at] = (prefixLength){size, 1};
    p->length_count++;
}

static void removeLength(trackedPrefixes *p, size_t size) {
    size_t at = lengthPlace(p, size);
    if (--p->lengths[at].count) return;
    p->length_count--;
    memmove(p->lengths + at, p->lengths + at + 1, (p->length_count - at) * sizeof *p->lengths);
}

/* ---- news ---- */

static void freeNews(trackedPrefixes *all, trackedPrefix *p) {
    if (!p->first) return;
    chainRemove(&all->changed, &p->in_changed);
    for (news *n = p->first, *next; n; n = next) {
        next = n->next;
        memFree(n);
    }
    p->first = p->last = NULL;
    p->news_count = 0;
    if (p->news_by_name) dictFree(p->news_by_name);
    p->news_by_name = NULL;
}

static news *findNews(const trackedPrefix *p, keyRef key) {
    if (p->news_by_name) return dictFind(p->news_by_name, key);
    for (news *n = p->first; n; n = n->next)
        if (n->hash == key.hash && newsHolds(n, key.name)) return n;
    return NULL;
}

static void appendNews(trackedPrefixes *all, trackedPrefix *p, news *n) {
    if (p->last)
        p->last->next = n;
    else
        p->first = n;
    p->last = n;
    if (p->news_count++ == 0) chainAppend(&all->changed, &p->in_changed);
    if (p->news_by_name) {
        dictAdd(p->news_by_name, n->hash, n);
    } else if (p->news_count > FEW_NEWS) {
        p->news_by_name = dictNew(&news_by_name);
        for (news *each = p->first; each; each = each->next)
            dictAdd(p->news_by_name, each->hash, each);
    }
}

static void noteFor(trackedPrefixes *all, trackedPrefix *p, keyRef key, uint64_t author) {
    news *n = findNews(p, key);
    if (n) {
        if (n->author != author) n->author = 0;
        return;
    }
    n = memAlloc(sizeof *n + key.name.size);
    *n = (news){.hash = key.hash, .author = author, .size = key.name.size};
    if (key.name.size) memcpy(n->name, key.name.data, key.name.size);
    appendNews(all, p, n);
}

void trackedPrefixesNote(tracking *t, keyRef key, const client *by) {
    trackedPrefixes *all = &t->prefixes;
    for (size_t i = 0; i < all->length_count && all->lengths[i].size <= key.name.size; i++) {
        bytes start = bytesOf(key.name.data, all->lengths[i].size);
        trackedPrefix *p = dictFind(all->by_name, keyRefOf(start));
        if (p) noteFor(all, p, key, by ? by->id : 0);
    }
}

/* ---- telling ---- */

/* The names as a RESP array, without those that only 'author' changed (0: with all). Where there is
 * no memory for it NULL, which tells more than it should: that all is void. */
static blob *namesOf(const trackedPrefix *p, uint64_t author, size_t *count) {
    char digits[NUM_INT_MAX];
    size_t total = 3;
    *count = 0;
    for (const news *n = p->first; n; n = n->next) {
        if (author && n->author == author) continue;
        total += n->size + numFormatInt(digits, (int64_t)n->size) + 5;
        ++*count;
    }
    size_t digits_size = numFormatInt(digits, (int64_t)*count);
    blob *names = blobTryNew(total + digits_size);
    if (!names) return NULL;
    char *at = names->data;
    *at++ = '*';
    memcpy(at, digits, digits_size);
    at += digits_size;
    for (const news *n = p->first; n; n = n->next) {
        if (author && n->author == author) continue;
        memcpy(at, "\r\n$", 3);
        digits_size = numFormatInt(digits, (int64_t)n->size);
        memcpy(at + 3, digits, digits_size);
        at += 3 + digits_size;
        memcpy(at, "\r\n", 2);
        if (n->size) memcpy(at + 2, n->name, n->size);
        at += 2 + n->size;
    }
    memcpy(at, "\r\n", 2);
    return names;
}

static bool hasAuthored(const trackedPrefix *p, uint64_t id) {
    for (const news *n = p->first; n; n = n->next)
        if (n->author == id) return true;
    return false;
}

/* What a NOLOOP client that made some of the news gets. */
static void tellOthersNews(client *c, const trackedPrefix *p) {
    size_t count;
    blob *names = namesOf(p, c->id, &count);
    if (count) trackingTell(c, names);
    if (names) blobRelease(names);
}

static void tellListeners(const trackedPrefix *p) {
    size_t count;
    blob *names = namesOf(p, 0, &count);
    CHAIN_EACH(&p->listeners, node) {
        client *c = CHAIN_ITEM(node, broadcastSub, in_prefix)->listener;
        if (trackingOf(c)->mode.no_loop && hasAuthored(p, c->id))
            tellOthersNews(c, p);
        else
            trackingTell(c, names);
    }
    if (names) blobRelease(names);
}

void trackedPrefixesSend(tracking *t) {
    while (!chainIsEmpty(&t->prefixes.changed)) {
        trackedPrefix *p = CHAIN_ITEM(chainFirst(&t->prefixes.changed), trackedPrefix, in_changed);
        tellListeners(p);
        freeNews(&t->prefixes, p);
    }
}

/* ---- listening ---- */

static bytes subName(const broadcastSub *sub) {
    return nameOf(sub->prefix);
}

/* Where 'name' stands among the subscriptions of a client, or would stand. */
static size_t subPlace(const clientTracking *own, bytes name) {
    size_t low = 0, high = own->state.prefix_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytesCompare(subName(own->subs[middle]), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static trackedPrefix *openPrefix(trackedPrefixes *all, bytes name) {
    keyRef key = keyRefOf(name);
    trackedPrefix *p = dictFind(all->by_name, key);
    if (p) return p;
    p = memCalloc(1, sizeof *p + name.size);
    chainInit(&p->listeners);
    p->size = name.size;
    if (name.size) memcpy(p->name, name.data, name.size);
    dictAdd(all->by_name, key.hash, p);
    addLength(all, name.size);
    return p;
}

static void closePrefix(trackedPrefixes *all, trackedPrefix *p) {
    freeNews(all, p);
    dictRemove(all->by_name, keyRefOf(nameOf(p)));
    dictTidy(all->by_name);
    removeLength(all, p->size);
    memFree(p);
}

void trackedPrefixesAdd(client *c, bytes name) {
    clientTracking *own = c->tracking;
    size_t count = own->state.prefix_count, at = subPlace(own, name);
    if (at < count && bytesEqual(subName(own->subs[at]), name)) return;
    if (count == own->subs_capacity) {
        own->subs_capacity = count ? count * 2 : 1;
        own->subs = memRealloc(own->subs, own->subs_capacity * sizeof *own->subs);
    }
    broadcastSub *sub = memCalloc(1, sizeof *sub);
    sub->listener = c;
    sub->prefix = openPrefix(&c->server->tracking->prefixes, name);
    chainAppend(&sub->prefix->listeners, &sub->in_prefix);
    memmove(own->subs + at + 1, own->subs + at, (count - at) * sizeof *own->subs);
    own->subs[at] = sub;
    own->state.prefix_count++;
    own->prefix_bytes += name.size;
}

void trackedPrefixesLeave(client *c) {
    clientTracking *own = c->tracking;
    for (size_t i = 0; i < own->state.prefix_count; i++) {
        trackedPrefix *p = own->subs[i]->prefix;
        chainRemove(&p->listeners, &own->subs[i]->in_prefix);
        memFree(own->subs[i]);
        if (chainIsEmpty(&p->listeners)) closePrefix(&c->server->tracking->prefixes, p);
    }
    memFree(own->subs);
    own->subs = NULL;
    own->state.prefix_count = own->subs_capacity = own->prefix_bytes = 0;
}

bytes trackingPrefix(const client *c, size_t index) {
    return subName(((const clientTracking *)c->tracking)->subs[index]);
}

size_t trackedPrefixesMemory(const clientTracking *own) {
    return own->subs_capacity * sizeof *own->subs +
           own->state.prefix_count * (sizeof(broadcastSub) + sizeof(trackedPrefix)) +
           own->prefix_bytes;
}

/* ---- overlaps ---- */

static bool beginsWith(bytes text, bytes start) {
    return text.size >= start.size && (!start.size || !memcmp(text.data, start.data, start.size));
}

static bool overlap(bytes a, bytes b) {
    return beginsWith(a, b) || beginsWith(b, a);
}

/* One that the client has and that overlaps with 'name': in order those that 'name' begins are next
 * to it, and so is the one that begins 'name'; only the empty one may stand farther off. */
static bool clashesWithOwn(const clientTracking *own, bytes name, bytes *other) {
    size_t count = own->state.prefix_count, at = subPlace(own, name);
    if (!count) return false;
    size_t candidates[] = {0, at ? at - 1 : 0, at < count ? at : count - 1};
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        *other = subName(own->subs[candidates[i]]);
        if (i ? overlap(*other, name) : !other->size) return true;
    }
    return false;
}

static int comparePrefixes(const void *a, const void *b) {
    return bytesCompare(**(const bytes *const *)a, **(const bytes *const *)b);
}

/* Sorted, two that overlap are neighbours somewhere. */
static bool clashAmong(const bytes *prefixes, size_t count, prefixClash *clash) {
    const bytes **sorted = memAlloc(count * sizeof *sorted);
    for (size_t i = 0; i < count; i++) sorted[i] = &prefixes[i];
    qsort(sorted, count, sizeof *sorted, comparePrefixes);
    bool found = false;
    for (size_t i = 1; i < count && !found; i++) {
        found = beginsWith(*sorted[i], *sorted[i - 1]);
        if (!found) continue;
        const bytes *first = sorted[i] < sorted[i - 1] ? sorted[i] : sorted[i - 1];
        const bytes *second = first == sorted[i] ? sorted[i - 1] : sorted[i];
        *clash = (prefixClash){.prefix = *first, .other = *second};
    }
    memFree(sorted);
    return found;
}

bool trackingPrefixesClash(const client *c, const bytes *prefixes, size_t count,
                           prefixClash *clash) {
    const clientTracking *own = c->tracking;
    for (size_t i = 0; i < count && own; i++) {
        if (!clashesWithOwn(own, prefixes[i], &clash->other)) continue;
        clash->prefix = prefixes[i];
        clash->with_existing = true;
        return true;
    }
    return count > 1 && clashAmong(prefixes, count, clash);
}

/* ---- set-up ---- */

void trackedPrefixesInit(trackedPrefixes *all) {
    all->by_name = dictNew(&prefixes_by_name);
    chainInit(&all->changed);
}

void trackedPrefixesClear(trackedPrefixes *all) {
    dictFree(all->by_name); /* Nobody listens any more: there are none. */
    memFree(all->lengths);
}
