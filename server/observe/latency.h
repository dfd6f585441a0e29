/* latency.h - the latency monitor: the latest moments at which something took longer than
 * latency-monitor-threshold, by event ("command", "fast-command", "expire-cycle" ...).
 *
 * An event exists from its first sample on. Samples of one second are one, the worst of them. */
#ifndef EBB_SERVER_OBSERVE_LATENCY_H
#define EBB_SERVER_OBSERVE_LATENCY_H

#include "server/observe/info.h"

enum { LATENCY_SAMPLES = 160, LATENCY_EVENTS = 32 };

typedef struct latencySample {
    int64_t time_s;
    uint32_t ms;
} latencySample;

typedef struct latencyEvent {
    const char *name; /* constant */
    int count;
    int next; /* where the next sample goes, the oldest once all are taken */
    uint32_t max_ms;
    latencySample samples[LATENCY_SAMPLES];
} latencyEvent;

latencyLog *latencyNew(void);
void latencyFree(latencyLog *log);

void latencyAdd(latencyLog *log, const char *name, int64_t now_s, uint64_t ms);

int latencyEventCount(const latencyLog *log);
const latencyEvent *latencyEventAt(const latencyLog *log, int index);
/* By name in any case, or NULL. */
const latencyEvent *latencyFind(const latencyLog *log, bytes name);
/* The samples from the oldest (0) on. */
const latencySample *latencySampleAt(const latencyEvent *e, int index);

/* Forgets an event; false if there is none. */
bool latencyReset(latencyLog *log, bytes name);
/* All of them; how many there were. */
int latencyResetAll(latencyLog *log);

/* The samples of an event drawn with letters, and what an operator can do about all of them. The
 * caller frees with infoTextClear(). */
void latencyGraph(const latencyEvent *e, int64_t now_s, infoText *out);
void latencyDoctor(const server *s, infoText *out);

#endif
