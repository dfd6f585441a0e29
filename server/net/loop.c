#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/core/batch.h"
#include "server/core/reply.h"
#include "server/jobs/shutdown.h"
#include "server/net/metrics_port.h"
#include "server/net/net_internal.h"
#include "server/net/peer_socket.h"
#include "server/net/purge_thread.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"
#include "storage/base/mem.h"

static void onTimer(uv_timer_t *timer) {
    ((net *)timer->data)->timer_due_ns = 0; /* It woke the poll, which is all it is for. */
}

static void onWake(uv_async_t *wake) {
    (void)wake;
}

static void pollNet(server *s) {
    netPollOnce(s->net);
}

static void wakeNet(server *s) {
    netWake(s->net);
}

net *netNew(server *s) {
    net *n = memCalloc(1, sizeof *n);
    n->server = s;
    if (uv_loop_init(&n->loop) < 0) ensurePanic("no event loop");
    uv_timer_init(&n->loop, &n->timer);
    n->timer.data = n;
    uv_timer_init(&n->loop, &n->accept_again);
    n->accept_again.data = n;
    n->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (uv_async_init(&n->loop, &n->wake, onWake) < 0) ensurePanic("no wake-up handle");
    n->closed_hook = (clientClosedHook){.closed = connClientClosed, .ctx = n};
    chainAppend(&s->client_closed, &n->closed_hook.node);
    s->net = n;
    s->pollNet = pollNet;
    s->wakeNet = wakeNet;
    n->peers = peerSocketsNew();
    peerLinksCarryBy(s, peerSocketsTransport(n->peers));
    purgeThreadNew(s);
    return n;
}

void netFree(net *n) {
    server *s = n->server;
    purgeThreadFree(s->purge_thread);
    netCloseListeners(n);
    metricsPortClose(n);
    CHAIN_EACH(&s->clients, node) {
        client *c = CHAIN_ITEM(node, client, in_server);
        connClientClosed(n, c);
    }
    chainRemove(&s->client_closed, &n->closed_hook.node);
    uv_close((uv_handle_t *)&n->timer, NULL);
    uv_close((uv_handle_t *)&n->accept_again, NULL);
    uv_close((uv_handle_t *)&n->wake, NULL);
    while (uv_run(&n->loop, UV_RUN_NOWAIT)) continue;
    int closed = uv_loop_close(&n->loop);
    ensure(closed == 0);
    s->net = NULL;
    s->pollNet = s->wakeNet = NULL;
    peerLinksCarryBy(s, NULL);
    peerSocketsFree(n->peers);
    if (n->spare_fd >= 0) close(n->spare_fd);
    memFree(n);
}

void netWake(net *n) {
    uv_async_send(&n->wake);
}

/* Sets the timer to the next cron task, in whole milliseconds, only if that changed. */
static void setTimer(net *n, uint64_t wait_ns) {
    uint64_t due = wait_ns == UINT64_MAX ? UINT64_MAX : n->server->now_ns + wait_ns;
    if (n->timer_due_ns && due == n->timer_due_ns) return;
    n->timer_due_ns = due;
    if (due == UINT64_MAX)
        uv_timer_stop(&n->timer);
    else {
        /* libuv counts from when it last looked at the clock, and runs a timer that is due already
         * before it polls: without a repeat the poll would then have no end. */
        uv_update_time(&n->loop);
        uv_timer_start(&n->timer, onTimer, (wait_ns + 999999) / 1000000, 1);
    }
}

static void flushAll(server *s) {
    client *c;
    chainNode *node;
    serverBeforeFlush(s);
    while ((node = chainTakeFirst(&s->to_flush))) {
        c = CHAIN_ITEM(node, client, in_flush);
        c->flags &= ~(uint32_t)CLIENT_QUEUED_FLUSH;
        if (__builtin_expect(s->holds.active, 0)) replyHoldMark(c);
        if (c->conn) connFlush(c->conn);
        if (__builtin_expect(s->clientTouched != NULL, 0)) s->clientTouched(c);
    }
    serverAfterFlush(s);
}

void netPollOnce(net *n) {
    server *s = n->server;
    uv_run(&n->loop, UV_RUN_NOWAIT);
    serverReadClock(s);
    batchRun(s);
    flushAll(s);
    serverFreeMarked(s);
}

void netTurn(net *n) {
    server *s = n->server;
    serverReadClock(s);
    uint64_t wait_ns = batchHasWork(s) ? 0 : cronNextNs(s);
    if (wait_ns == 0) {
        uv_run(&n->loop, UV_RUN_NOWAIT);
    } else {
        setTimer(n, wait_ns);
        uv_run(&n->loop, UV_RUN_ONCE);
    }
    serverReadClock(s);
    uint64_t start = s->now_ns, commands = s->stats.commands;
    batchRun(s);
    s->stats.loop_command_ns += s->now_ns - start;
    cronRun(s);
    flushAll(s);
    serverFreeMarked(s);
    s->stats.loop_cycles++;
    uint64_t spent = s->now_ns - start;
    s->stats.loop_ns += spent;
    if (spent > s->stats.loop_ns_max) s->stats.loop_ns_max = spent;
    /* CONFIG RESETSTAT sets the count back. */
    if (s->stats.commands > commands && s->stats.commands - commands > s->stats.loop_commands_max)
        s->stats.loop_commands_max = s->stats.commands - commands;
}

void netRun(net *n) {
    server *s = n->server;
    while (!s->ended) {
        netTurn(n);
        if (shutdownIsAsked(s) && !s->cron.paused) {
            serverReadClock(s);
            shutdownStep(s);
            /* Who asked sees its connection end, and may look at once whether the port is free. */
            if (s->ended) netCloseListeners(n);
            flushAll(s);
            /* At the end the listeners are closed first: who sees its connection closed shall find
             * nobody there. */
            if (!s->ended) serverFreeMarked(s);
        }
    }
}

int64_t netReserveFiles(int64_t maxclients) {
    enum { RESERVED = 32 }; /* log, listeners, files, the loop's own */
    struct rlimit limit;
    rlim_t wanted = (rlim_t)maxclients + RESERVED;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return maxclients;
    if (limit.rlim_cur >= wanted) return maxclients;
    struct rlimit raised = {.rlim_cur = wanted,
                            .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return maxclients;
    raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &raised);
    getrlimit(RLIMIT_NOFILE, &limit);
    int64_t possible = (int64_t)limit.rlim_cur - RESERVED;
    if (possible >= maxclients) return maxclients;
    logLine(LOG_WARN,
            "The limit of %llu open files is too low for maxclients %lld and could not be raised; "
            "maxclients is %lld now. Raise it with 'ulimit -n' or LimitNOFILE.",
            (unsigned long long)limit.rlim_cur, (long long)maxclients, (long long)possible);
    return possible;
}
