#include "server/observe/latency.h"

#include "storage/base/ensure.h"
#include "storage/base/mem.h"

struct latencyLog {
    latencyEvent *events[LATENCY_EVENTS]; /* in order of their first samples */
    int count;
};

latencyLog *latencyNew(void) {
    return memCalloc(1, sizeof(latencyLog));
}

void latencyFree(latencyLog *log) {
    latencyResetAll(log);
    memFree(log);
}

static latencyEvent *findEvent(const latencyLog *log, bytes name) {
    for (int i = 0; i < log->count; i++)
        if (bytesEqualWord(name, log->events[i]->name)) return log->events[i];
    return NULL;
}

static latencySample *lastSample(latencyEvent *e) {
    return e->count ? &e->samples[(e->next + LATENCY_SAMPLES - 1) % LATENCY_SAMPLES] : NULL;
}

void latencyAdd(latencyLog *log, const char *name, int64_t now_s, uint64_t ms) {
    latencyEvent *e = findEvent(log, bytesOfText(name));
    if (!e) {
        ensure(log->count < LATENCY_EVENTS);
        e = memCalloc(1, sizeof *e);
        e->name = name;
        log->events[log->count++] = e;
    }
    uint32_t shown_ms = ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
    if (shown_ms > e->max_ms) e->max_ms = shown_ms;
    latencySample *last = lastSample(e);
    if (last && last->time_s == now_s) {
        if (shown_ms > last->ms) last->ms = shown_ms;
        return;
    }
    e->samples[e->next] = (latencySample){now_s, shown_ms};
    e->next = (e->next + 1) % LATENCY_SAMPLES;
    if (e->count < LATENCY_SAMPLES) e->count++;
}

int latencyEventCount(const latencyLog *log) {
    return log->count;
}

const latencyEvent *latencyEventAt(const latencyLog *log, int index) {
    ensure(index >= 0 && index < log->count);
    return log->events[index];
}

const latencyEvent *latencyFind(const latencyLog *log, bytes name) {
    return findEvent(log, name);
}

const latencySample *latencySampleAt(const latencyEvent *e, int index) {
    ensure(index >= 0 && index < e->count);
    return &e->samples[(e->next - e->count + index + LATENCY_SAMPLES) % LATENCY_SAMPLES];
}

bool latencyReset(latencyLog *log, bytes name) {
    for (int i = 0; i < log->count; i++) {
        if (!bytesEqualWord(name, log->events[i]->name)) continue;
        memFree(log->events[i]);
        log->count--;
        memmove(log->events + i, log->events + i + 1,
                (size_t)(log->count - i) * sizeof(latencyEvent *));
        return true;
    }
    return false;
}

int latencyResetAll(latencyLog *log) {
    int count = log->count;
    for (int i = 0; i < count; i++) memFree(log->events[i]);
    log->count = 0;
    return count;
}
