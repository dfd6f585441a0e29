#include "server/script/eval.h"

#include "server/core/reply.h"
#include "server/script/eval_internal.h"
#include "server/script/lua_env.h"
#include "server/script/shebang.h"
#include "storage/base/ensure.h"
#include "storage/base/mem.h"
#include "storage/base/sha1.h"
#include "storage/struct/dict.h"

typedef struct cachedScript {
    char digest[SHA1_HEX + 1];
    scriptCode code;
    chainNode in_lru; /* not linked: it stays */
    size_t size;
    char text[];
} cachedScript;

struct evalCache {
    dict *scripts;
    chain lru; /* those of EVAL, the one used last at the end */
    size_t bytes;
};

static uint64_t scriptHash(const void *item) {
    const cachedScript *s = item;
    return hashBytes(bytesOf(s->digest, SHA1_HEX));
}

static bool scriptHolds(const void *item, bytes key) {
    const cachedScript *s = item;
    return bytesEqual(bytesOf(s->digest, SHA1_HEX), key);
}

static const dictType script_type = {.hashOf = scriptHash, .holds = scriptHolds};

evalCache *evalCacheNew(void) {
    evalCache *cache = memCalloc(1, sizeof *cache);
    cache->scripts = dictNew(&script_type);
    chainInit(&cache->lru);
    return cache;
}

static void freeScript(void *ctx, void *item) {
    (void)ctx;
    memFree(item);
}

bool evalCacheDrain(evalCache *cache, size_t items) {
    return dictDrain(cache->scripts, items, freeScript, NULL);
}

void evalCacheFree(evalCache *cache) {
    while (evalCacheDrain(cache, SIZE_MAX)) continue;
    dictFree(cache->scripts);
    memFree(cache);
}

size_t evalCacheCount(const evalCache *cache) {
    return dictCount(cache->scripts);
}

size_t evalCacheBytes(const evalCache *cache) {
    return cache->bytes + dictBytes(cache->scripts);
}

/* ---- the cache ---- */

static cachedScript *find(const server *s, bytes digest) {
    char lower[SHA1_HEX];
    if (digest.size != SHA1_HEX) return NULL;
    for (int i = 0; i < SHA1_HEX; i++) {
        char letter = digest.data[i];
        lower[i] = letter >= 'A' && letter <= 'Z' ? (char)(letter | 0x20) : letter;
    }
    return dictFind(s->scripts->cache->scripts, keyRefOf(bytesOf(lower, SHA1_HEX)));
}

static void forget(scripts *sc, cachedScript *script) {
    evalCache *cache = sc->cache;
    bool was = dictRemoveItem(cache->scripts, scriptHash(script), script);
    ensure(was);
    dictTidy(cache->scripts);
    if (chainLinked(&script->in_lru)) chainRemove(&cache->lru, &script->in_lru);
    luaL_unref(sc->eval_env->L, LUA_REGISTRYINDEX, script->code.ref);
    cache->bytes -= memUsable(script);
    memFree(script);
}

static void use(evalCache *cache, cachedScript *script) {
    if (!chainLinked(&script->in_lru)) return;
    chainRemove(&cache->lru, &script->in_lru);
    chainAppend(&cache->lru, &script->in_lru);
}

/* Compiles 'text' and keeps it; NULL after replying what is wrong. */
static cachedScript *add(client *c, bytes text, const char *digest, bool stays) {
    scripts *sc = c->server->scripts;
    evalCache *cache = sc->cache;
    uint32_t flags;
    bytes body;
    if (!shebangOfScript(c, text, &flags, &body)) return NULL;
    cachedScript *script = memTryAlloc(sizeof *script + text.size + 1);
    if (!script) {
        replyError(c, "ERR not enough memory for the script");
        return NULL;
    }
    lua_State *L = scriptEvalEnv(sc)->L;
    if (luaEnvCompile(L, body, "@user_script") != 0) {
        replyErrorFormat(c, "ERR Error compiling script (new function): %s", lua_tostring(L, -1));
        lua_pop(L, 1);
        memFree(script);
        return NULL;
    }
    *script = (cachedScript){.size = text.size};
    memcpy(script->digest, digest, sizeof script->digest);
    if (text.size) memcpy(script->text, text.data, text.size);
    script->code = (scriptCode){.kind = SCRIPT_EVAL,
                                .name = script->digest,
                                .name_size = SHA1_HEX,
                                .ref = luaL_ref(L, LUA_REGISTRYINDEX),
                                .flags = flags};
    dictAdd(cache->scripts, scriptHash(script), script);
    cache->bytes += memUsable(script);
    if (stays) return script;
    chainAppend(&cache->lru, &script->in_lru);
    if (cache->lru.count > EVAL_CACHE_MAX) {
        forget(sc, CHAIN_ITEM(chainFirst(&cache->lru), cachedScript, in_lru));
        c->server->stats.evicted_scripts++;
    }
    return script;
}

/* ---- commands ---- */

static void run(client *c, cachedScript *script, int key_count, bool read_only) {
    scripts *sc = c->server->scripts;
    use(sc->cache, script);
    scriptCallCode(sc, sc->eval_env, &script->code, c, 3, key_count, read_only);
}

void evalRun(client *c, bool read_only) {
    int key_count;
    scriptShow(c);
    if (!scriptKeyCount(c, NULL, &key_count)) return;
    char digest[SHA1_HEX + 1];
    sha1Hex(c->argv[1], digest);
    cachedScript *script = find(c->server, bytesOf(digest, SHA1_HEX));
    if (!script) script = add(c, c->argv[1], digest, false);
    if (script) run(c, script, key_count, read_only);
}

void evalRunKnown(client *c, bool read_only) {
    int key_count;
    scriptShow(c);
    if (c->argv[1].size == SHA1_HEX && !scriptKeyCount(c, NULL, &key_count)) return;
    cachedScript *script = find(c->server, c->argv[1]);
    if (script)
        run(c, script, key_count, read_only);
    else
        replyError(c, "NOSCRIPT No matching script. Please use EVAL.");
}

void evalLoad(client *c, bytes text) {
    evalCache *cache = c->server->scripts->cache;
    char digest[SHA1_HEX + 1];
    sha1Hex(text, digest);
    cachedScript *script = find(c->server, bytesOf(digest, SHA1_HEX));
    if (script && chainLinked(&script->in_lru)) chainRemove(&cache->lru, &script->in_lru);
    if (script || add(c, text, digest, true)) replyBulk(c, bytesOf(digest, SHA1_HEX));
}

bool evalKnows(const server *s, bytes digest) {
    return find(s, digest) != NULL;
}

void evalFlush(server *s, bool at_once) {
    scripts *sc = s->scripts;
    scriptRetire(sc, sc->eval_env, sc->cache, NULL, at_once);
    sc->eval_env = NULL;
    sc->cache = evalCacheNew();
}

uint32_t evalFlagsOf(const client *c, bool by_digest) {
    if (by_digest) {
        const cachedScript *script = find(c->server, c->argv[1]);
        return script ? script->code.flags : SCRIPT_UNDECLARED;
    }
    return shebangFlags(c->argv[1]);
}
