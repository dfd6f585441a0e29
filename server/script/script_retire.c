/* script_retire.c - what FLUSH took away, freed in slices between loop iterations.
 *
 * A Lua state can only be closed whole, which takes as long as it holds things. So it is emptied
 * first: nothing refers to its scripts any more, and its own collector, asked for small steps,
 * takes them away. What is left then is what a new state holds. */
#include "server/core/server.h"
#include "server/script/eval_internal.h"
#include "server/script/function_internal.h"
#include "server/script/lua_env.h"
#include "storage/base/mem.h"

/* Fewer than this are freed at once; so many states may wait, each as big as a new one at least. */
enum { SMALL = 64, WAITING_MAX = 8 };
/* Items of one step. */
enum { STEP = 64 };
#define SLICE_NS ((uint64_t)300000)
/* A round of the collector may have begun before the references were gone; the second has not. */
enum { ROUNDS = 2 };

typedef struct retired {
    chainNode node; /* on scripts.retired */
    luaEnv *env;
    evalCache *cache;
    libraries *libraries;
    size_t count; /* of scripts or functions, as statistics count them */
    int next_ref; /* the first reference that may be there */
    int rounds;
} retired;

/* False when all references are gone. Of the registry only those by number are of scripts. */
static bool dropReferences(retired *r) {
    lua_State *L = r->env->L;
    int last = (int)lua_objlen(L, LUA_REGISTRYINDEX);
    for (int i = 0; i < STEP && r->next_ref <= last; i++, r->next_ref++) {
        lua_pushnil(L);
        lua_rawseti(L, LUA_REGISTRYINDEX, r->next_ref);
    }
    return r->next_ref <= last;
}

/* False when all is freed, r too. */
static bool freeStep(scripts *sc, retired *r) {
    if (r->cache && evalCacheDrain(r->cache, STEP)) return true;
    if (r->libraries && librariesDrain(r->libraries, STEP)) return true;
    if (r->env && (dropReferences(r) || r->rounds < ROUNDS)) {
        r->rounds += lua_gc(r->env->L, LUA_GCSTEP, 0);
        return true;
    }
    discardNoteFreed(sc->server->discard, r->count);
    chainRemove(&sc->retired, &r->node);
    luaEnvFree(r->env);
    if (r->cache) evalCacheFree(r->cache);
    if (r->libraries) librariesFree(r->libraries);
    memFree(r);
    return false;
}

static retired *oldest(scripts *sc) {
    return CHAIN_ITEM(chainFirst(&sc->retired), retired, node);
}

static void freeOldest(scripts *sc) {
    while (freeStep(sc, oldest(sc))) continue;
}

static void freeSlice(void *ctx, server *s) {
    scripts *sc = ctx;
    const clockSource *clock = s->clock;
    uint64_t end_ns = clock->monotonic_ns(clock->ctx) + SLICE_NS;
    while (sc->retired.count) {
        freeStep(sc, oldest(sc));
        if (clock->monotonic_ns(clock->ctx) < end_ns) continue;
        cronArm(s, sc->retire_task, 0);
        return;
    }
}

void scriptRetire(scripts *sc, luaEnv *env, evalCache *cache, libraries *old, bool at_once) {
    size_t count = cache ? evalCacheCount(cache) : librariesFunctionCount(old);
    if (at_once || count < SMALL) {
        luaEnvFree(env);
        if (cache) evalCacheFree(cache);
        if (old) librariesFree(old);
        return;
    }
    if (sc->retired.count == WAITING_MAX) freeOldest(sc);
    retired *r = memCalloc(1, sizeof *r);
    /* Statistics count the state of functions beside them, but not that of scripts. */
    size_t told = count + (old != NULL);
    *r = (retired){.env = env, .cache = cache, .libraries = old, .count = told, .next_ref = 1};
    chainAppend(&sc->retired, &r->node);
    cronArm(sc->server, sc->retire_task, 0);
}

void scriptRetireStart(scripts *sc) {
    chainInit(&sc->retired);
    sc->retire_task = cronAdd(sc->server, "script-free", 0, freeSlice, sc);
}

void scriptRetireEnd(scripts *sc) {
    while (sc->retired.count) freeOldest(sc);
    cronRearm(sc->server, sc->retire_task, UINT64_MAX);
}
