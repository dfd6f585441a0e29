#include "server/core/cron.h"

#include "server/core/server.h"
#include "storage/base/ensure.h"

int cronAdd(server *s, const char *name, uint64_t period_ms, void (*run)(void *ctx, server *s),
            void *ctx) {
    cronTable *t = &s->cron;
    ensure(t->count < CRON_MAX);
    uint64_t period_ns = period_ms * 1000000u;
    t->tasks[t->count] = (cronTask){.name = name,
                                    .run = run,
                                    .ctx = ctx,
                                    .period_ns = period_ns,
                                    .due_ns = period_ns ? s->now_ns + period_ns : UINT64_MAX};
    return t->count++;
}

void cronArm(server *s, int task, uint64_t delay_ns) {
    uint64_t due = s->now_ns + delay_ns;
    if (due < s->cron.tasks[task].due_ns) s->cron.tasks[task].due_ns = due;
}

void cronRearm(server *s, int task, uint64_t delay_ns) {
    s->cron.tasks[task].due_ns = delay_ns == UINT64_MAX ? UINT64_MAX : s->now_ns + delay_ns;
}

void cronSetPeriod(server *s, int task, uint64_t period_ms) {
    cronTask *t = &s->cron.tasks[task];
    t->period_ns = period_ms * 1000000u;
    t->due_ns = t->period_ns ? s->now_ns + t->period_ns : UINT64_MAX;
}

uint64_t cronNextNs(const server *s) {
    uint64_t due = UINT64_MAX;
    if (s->cron.paused) return UINT64_MAX;
    for (int i = 0; i < s->cron.count; i++)
        if (s->cron.tasks[i].due_ns < due) due = s->cron.tasks[i].due_ns;
    if (due == UINT64_MAX) return UINT64_MAX;
    return due > s->now_ns ? due - s->now_ns : 0;
}

void cronRun(server *s) {
    if (s->cron.paused) return;
    uint64_t start = s->now_ns;
    for (int i = 0; i < s->cron.count; i++) {
        cronTask *t = &s->cron.tasks[i];
        if (t->due_ns > start) continue;
        t->due_ns = t->period_ns ? start + t->period_ns : UINT64_MAX;
        t->run(t->ctx, s);
    }
    if (s->cron.count) {
        serverReadClock(s);
        s->stats.loop_cron_ns += s->now_ns - start;
    }
}
