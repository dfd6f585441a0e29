/* script_watch.c - looks after the script that runs: answers others when it takes long, ends it
 * when it is killed.
 *
 * A hook that counts instructions would cost each of them something. Instead a timer ticks while
 * scripts run, and its signal, which comes to this thread alone, sets a hook that is called at the
 * very next instruction, once. That looks at the time and at who asks for what. A second after the
 * last script the timer is stopped again; in between it costs a microsecond a tick and no system
 * call a script. The state may be given a hook at any point of its work, says its manual.
 *
 * A script that is being killed gets the hook at every instruction, so that it leaves all that
 * catches errors one after the other. */
#include <signal.h>
#include <unistd.h>

#include "server/core/batch.h"
#include "server/core/reply.h"
#include "server/script/lua_env.h"
#include "storage/base/ensure.h"
#include "storage/base/log.h"

enum {
    TICK_MS = 5,
    IDLE_TICKS = 1000 / TICK_MS,
    COUNT_WITHOUT_TICKS = 100000,
    LOAD_MAX_MS = 500 /* what a library may take to register its functions */
};

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* ---- answering others ---- */

/* What belongs to the command that runs, put aside while others are answered. */
typedef struct outerCommand {
    client *current, *caller;
    uint64_t error_mark;
    int call_depth;
    bool runs_again;
    void (*afterCommand)(server *s);
    int64_t now_ms, now_us;
    uint32_t access_clock;
    batch *batch;
} outerCommand;

static outerCommand putAside(scripts *sc) {
    server *s = sc->server;
    outerCommand o = {s->current,      s->caller, s->error_mark, s->call_depth,   s->runs_again,
                      s->afterCommand, s->now_ms, s->now_us,     s->access_clock, s->batch};
    if (!sc->nested_batch) sc->nested_batch = batchNew();
    s->batch = sc->nested_batch;
    s->current = s->caller = NULL;
    s->call_depth = 0;
    s->runs_again = false;
    s->afterCommand = NULL; /* Whoever waits for a key is served when the script is over. */
    return o;
}

static void goOn(server *s, const outerCommand *o) {
    s->current = o->current;
    s->caller = o->caller;
    s->error_mark = o->error_mark;
    s->call_depth = o->call_depth;
    s->runs_again = o->runs_again;
    if (!s->afterCommand) s->afterCommand = o->afterCommand;
    s->now_ms = o->now_ms;
    s->now_us = o->now_us;
    s->access_clock = o->access_clock;
    s->batch = o->batch;
    s->now_ns = s->clock->monotonic_ns(s->clock->ctx);
}

static void answerOthers(scripts *sc) {
    server *s = sc->server;
    if (!s->pollNet) return;
    outerCommand outer = putAside(sc);
    batchYield(outer.batch, outer.caller);
    s->pollNet(s);
    goOn(s, &outer);
}

/* ---- the hook ---- */

static void onHook(lua_State *L, lua_Debug *ar);

/* At the next instruction, and each after it. */
static void hookNow(lua_State *L) {
    lua_sethook(L, onHook, LUA_MASKCOUNT, 1);
}

/* Not before the next tick. Without LuaJIT a hook is of one coroutine only, and inherited by new
 * ones: there it is always set, and counts. */
static void hookLater(scripts *sc, lua_State *L) {
#ifdef EBB_LUAJIT
    sc->setting_hook = 1; /* A tick in the middle of this would leave the state in two minds. */
    lua_sethook(L, NULL, 0, 0);
    sc->setting_hook = 0;
#else
    (void)sc;
    lua_sethook(L, onHook, LUA_MASKCOUNT, COUNT_WITHOUT_TICKS);
#endif
}

static int64_t ranMs(const scripts *sc) {
    const server *s = sc->server;
    return (int64_t)(s->clock->monotonic_ns(s->clock->ctx) - sc->run->start_ns) / 1000000;
}

static void becomeBusy(scripts *sc, int64_t ran_ms) {
    scriptRun *run = sc->run;
    run->busy = true;
    gateSetLive(sc->server, GATE_BUSY, true);
    logLine(LOG_WARN,
            "Slow script detected: '%.*s' has been running for %lld milliseconds. "
            "Others are answered with BUSY; SCRIPT KILL or FUNCTION KILL ends it.",
            (int)run->code->name_size, run->code->name, (long long)ran_ms);
}

/* SHUTDOWN NOSAVE ends any script, a signal those that leave nothing half done. */
static bool mustEnd(const server *s, const scriptRun *run) {
    return s->shutdown_asked || (run->busy && s->shutdown_signal && !run->wrote);
}

static void onHook(lua_State *L, lua_Debug *ar) {
    (void)ar;
    scripts *sc = luaEnvOf(L)->scripts;
    scriptRun *run = sc->run;
    if (!run) return;
    if (!run->killed) {
        hookLater(sc, L);
        int64_t ran_ms = ranMs(sc), limit_ms = sc->server->config.busy_reply_threshold;
        if (run->code->kind == SCRIPT_LOADING) {
            if (ran_ms < LOAD_MAX_MS) return;
            run->killed = true;
        } else {
            if (!run->busy && limit_ms > 0 && ran_ms >= limit_ms) becomeBusy(sc, ran_ms);
            if (run->busy) answerOthers(sc);
            if (mustEnd(sc->server, run)) run->killed = true;
        }
        if (!run->killed) return;
        hookNow(L);
        hookNow(run->env->L);
    }
    if (run->code->kind == SCRIPT_LOADING) {
        lua_pushliteral(L, "FUNCTION LOAD timeout");
        lua_error(L);
    }
    luaL_error(L, "Script killed by user with %s KILL.",
               run->code->kind == SCRIPT_FUNCTION ? "FUNCTION" : "SCRIPT");
}

#ifdef EBB_LUAJIT
/* ---- the timer ---- */

static void setTimer(scripts *sc, long interval_ns) {
    struct itimerspec spec = {.it_interval.tv_nsec = interval_ns, .it_value.tv_nsec = interval_ns};
    timer_settime(sc->timer, 0, &spec, NULL);
    sc->timer_runs = interval_ns != 0;
}

/* Async-signal-safe, as timer_settime and setting a hook are. */
static void onTick(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    scripts *sc = info->si_value.sival_ptr;
    lua_State *L = sc->watched;
    if (L) {
        sc->timer_idle = 0;
        if (!sc->setting_hook) hookNow(L);
    } else if (++sc->timer_idle > IDLE_TICKS) {
        setTimer(sc, 0);
    }
}

static void makeTimer(scripts *sc) {
    struct sigaction action = {.sa_sigaction = onTick, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGVTALRM, &action, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGVTALRM,
                             .sigev_value.sival_ptr = sc,
                             .sigev_notify_thread_id = gettid()};
    if (timer_create(CLOCK_MONOTONIC, &event, &sc->timer) < 0)
        ensurePanic("no timer to look after scripts");
    sc->timer_made = true;
}

#endif

void scriptWatchBegin(scripts *sc, luaEnv *e) {
#ifdef EBB_LUAJIT
    if (__builtin_expect(!sc->timer_runs, 0)) {
        if (!sc->timer_made) makeTimer(sc);
        setTimer(sc, TICK_MS * 1000000L);
    }
    sc->timer_idle = 0;
#else
    hookLater(sc, e->L);
#endif
    sc->watched = e->L;
}

void scriptWatchEnd(scripts *sc) {
    lua_State *L = sc->watched;
    sc->watched = NULL;
    if (__builtin_expect(lua_gethook(L) != NULL, 0)) hookLater(sc, L);
    if (sc->run->busy) gateSetLive(sc->server, GATE_BUSY, false);
}

void scriptWatchStop(scripts *sc) {
    if (sc->timer_made) timer_delete(sc->timer);
    sc->timer_made = false;
}
