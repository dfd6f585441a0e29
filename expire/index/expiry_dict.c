#include "expire/index/expiry_dict.h"

#include "storage/base/ensure.h"

enum { AVERAGE_SAMPLE = 64 };

/* An expiryDict is the index itself; the name only keeps others from passing anything but
 * entries. */
static deadlines *indexOf(const expiryDict *x) {
    return (deadlines *)x;
}

static int64_t deadlineOf(const void *item) {
    return entryDeadline(item);
}

static uint64_t hashOf(const void *item) {
    return entryHash(item);
}

static const deadlinesType entryDeadlines = {deadlineOf, hashOf};

expiryDict *expiryDictNew(void) {
    return (expiryDict *)deadlinesNew(&entryDeadlines);
}

void expiryDictFree(expiryDict *x) {
    deadlinesFree(indexOf(x));
}

size_t expiryDictCount(const expiryDict *x) {
    return deadlinesCount(indexOf(x));
}

size_t expiryDictBytes(const expiryDict *x) {
    return deadlinesBytes(indexOf(x));
}

void expiryDictAdd(expiryDict *x, entry *e, uint64_t hash) {
    deadlinesAdd(indexOf(x), e, entryDeadline(e), hash);
}

void expiryDictRemove(expiryDict *x, const entry *e, uint64_t hash) {
    bool was_there = deadlinesRemove(indexOf(x), e, entryDeadline(e), hash);
    ensure(was_there);
}

void expiryDictRepoint(expiryDict *x, const entry *from, entry *to, uint64_t hash) {
    deadlinesRepoint(indexOf(x), from, to, entryDeadline(to), hash);
}

int64_t expiryDictNext(const expiryDict *x) {
    return deadlinesNext(indexOf(x));
}

size_t expiryDictPeekDue(const expiryDict *x, int64_t now_ms, entry **due, size_t max) {
    return deadlinesPeekDue(indexOf(x), now_ms, (void **)due, max);
}

entry *expiryDictFirst(const expiryDict *x) {
    return deadlinesFirstDue(indexOf(x), DEADLINE_NONE - 1);
}

entry *expiryDictRandom(const expiryDict *x, rng *r) {
    return deadlinesRandom(indexOf(x), r);
}

size_t expiryDictDueEstimate(const expiryDict *x, int64_t now_ms) {
    return deadlinesDueEstimate(indexOf(x), now_ms);
}

int64_t expiryDictAverageTtl(const expiryDict *x, int64_t now_ms) {
    return deadlinesAverage(indexOf(x), now_ms, AVERAGE_SAMPLE);
}

bool expiryDictDropStep(expiryDict *x, size_t max_nodes) {
    return deadlinesDropStep(indexOf(x), max_nodes);
}
