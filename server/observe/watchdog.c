#include "server/observe/watchdog.h"

#include <sys/time.h>

#include "storage/base/mem.h"

/* Set anew at this pace, so that a shorter period would strike an idle server. */
enum { FEED_MS = 100, PERIOD_MIN_MS = 2 * FEED_MS };

struct watchdog {
    server *server;
    int64_t period_ms; /* 0: off */
    int task;
};

static void setTimer(int64_t ms) {
    struct itimerval timer = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void feed(void *ctx, server *s) {
    (void)s;
    const struct watchdog *w = ctx;
    setTimer(w->period_ms);
}

static void obey(struct watchdog *w) {
    int64_t wanted = configInt(&w->server->config, "watchdog-period");
    w->period_ms = wanted && wanted < PERIOD_MIN_MS ? PERIOD_MIN_MS : wanted;
    cronSetPeriod(w->server, w->task, w->period_ms ? FEED_MS : 0);
    setTimer(w->period_ms);
}

static bool onPeriod(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    obey(ctx);
    return true;
}

void watchdogStart(server *s) {
    struct watchdog *w = memCalloc(1, sizeof *w);
    *w = (struct watchdog){.server = s, .task = cronAdd(s, "watchdog", 0, feed, w)};
    s->watchdog = w;
    configOnChange(&s->config, "watchdog-period", onPeriod, w);
    obey(w);
}

void watchdogStop(server *s) {
    setTimer(0);
    memFree(s->watchdog);
    s->watchdog = NULL;
}
