#include "server/script/script.h"

#include "server/core/reply.h"
#include "server/script/eval_internal.h"
#include "server/script/function_internal.h"
#include "server/script/lua_env.h"
#include "storage/base/mem.h"

luaEnv *scriptEvalEnv(scripts *sc) {
    if (!sc->eval_env) sc->eval_env = luaEnvNew(sc, false);
    return sc->eval_env;
}

luaEnv *scriptFunctionEnv(scripts *sc) {
    if (!sc->function_env) sc->function_env = luaEnvNew(sc, true);
    return sc->function_env;
}

/* ---- what the server asks ---- */

/* Flags that a script which declares something of itself decides over. */
static uint32_t flagsOf(const client *c, uint32_t flags) {
    const char *name = c->cmd->spec->name;
    uint32_t script = name[0] == 'f' ? functionFlagsOf(c->server, c->argv[1])
                                     : evalFlagsOf(c, strncmp(name, "evalsha", 7) == 0);
    if (script & SCRIPT_UNDECLARED) return flags;
    flags &= ~(uint32_t)(CMD_STALE | CMD_DENYOOM | CMD_WRITE | CMD_MAY_REPLICATE);
    if (!(script & SCRIPT_NO_WRITES)) flags |= CMD_WRITE;
    /* What writes nothing needs no memory. */
    if (!(script & (SCRIPT_ALLOW_OOM | SCRIPT_NO_WRITES))) flags |= CMD_DENYOOM;
    if (script & SCRIPT_ALLOW_STALE) flags |= CMD_STALE;
    return flags;
}

static scriptUsage usageOf(const server *s) {
    const scripts *sc = s->scripts;
    return (scriptUsage){.eval_vm = sc->eval_env ? sc->eval_env->used : 0,
                         .function_vm = sc->function_env ? sc->function_env->used : 0,
                         .script_bytes = evalCacheBytes(sc->cache),
                         .function_bytes = librariesBytes(sc->libraries),
                         .scripts = evalCacheCount(sc->cache),
                         .functions = librariesFunctionCount(sc->libraries),
                         .libraries = librariesCount(sc->libraries)};
}

/* ---- busy and killed ---- */

static gateAnswer refuseWhileBusy(client *c) {
    if (dispatchFlags(c) & CMD_ALLOW_BUSY) return GATE_PASS;
    replyError(c, scriptBusyError(c->server));
    return GATE_REFUSED;
}

bool scriptIsBusy(const server *s) {
    const scriptRun *run = s->scripts->run;
    return run && run->busy;
}

const char *scriptBusyError(const server *s) {
    return s->scripts->run->code->kind == SCRIPT_FUNCTION
               ? "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN "
                 "NOSAVE."
               : "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN "
                 "NOSAVE.";
}

void scriptKill(client *c, bool is_function) {
    scriptRun *run = c->server->scripts->run;
    if (!run || !run->busy) {
        replyError(c, "NOTBUSY No scripts in execution right now.");
    } else if (run->wrote) {
        replyError(c, "UNKILLABLE Sorry the script already executed write commands against the "
                      "dataset. You can either wait the script termination or kill the server in a "
                      "hard way using the SHUTDOWN NOSAVE command.");
    } else if (is_function != (run->code->kind == SCRIPT_FUNCTION)) {
        replyError(c, scriptBusyError(c->server));
    } else {
        run->killed = true;
        replyOk(c);
    }
}

bool scriptRunningFunction(const server *s, scriptRunning *out) {
    const scriptRun *run = s->scripts->run;
    if (!run || run->code->kind != SCRIPT_FUNCTION) return false;
    uint64_t now_ns = s->clock->monotonic_ns(s->clock->ctx);
    *out = (scriptRunning){.name = bytesOf(run->code->name, run->code->name_size),
                           .argv = run->caller->argv,
                           .argc = run->caller->argc,
                           .duration_ms = (int64_t)(now_ns - run->start_ns) / 1000000};
    return true;
}

/* ---- set-up ---- */

void scriptAttach(server *s) {
    scripts *sc = memCalloc(1, sizeof *sc);
    sc->server = s;
    sc->cache = evalCacheNew();
    sc->libraries = librariesNew();
    scriptRetireStart(sc);
    s->scripts = sc;
    s->scriptFlags = flagsOf;
    s->scriptUsage = usageOf;
    gateSet(s, GATE_BUSY, refuseWhileBusy);
}

void scriptDetach(server *s) {
    scripts *sc = s->scripts;
    scriptWatchStop(sc);
    s->scriptUsage = NULL;
    scriptRetireEnd(sc);
    luaEnvFree(sc->eval_env);
    luaEnvFree(sc->function_env);
    evalCacheFree(sc->cache);
    librariesFree(sc->libraries);
    if (sc->inner) clientFree(sc->inner);
    if (sc->nested_batch) batchFree(sc->nested_batch);
    memFree(sc->argv);
    memFree(sc->numbers);
    memFree(sc->flat);
    memFree(sc);
    s->scripts = NULL;
}
