/* eval_internal.h - the cache of EVAL, for the parts of this floor. */
#ifndef EBB_SERVER_SCRIPT_EVAL_INTERNAL_H
#define EBB_SERVER_SCRIPT_EVAL_INTERNAL_H

#include "server/script/script_internal.h"

evalCache *evalCacheNew(void);
void evalCacheFree(evalCache *cache);
/* Frees about 'items' scripts of a cache that is given up; false when none is left. */
bool evalCacheDrain(evalCache *cache, size_t items);
size_t evalCacheCount(const evalCache *cache);
/* Texts and tables; what Lua holds of them is not in it. */
size_t evalCacheBytes(const evalCache *cache);
/* SCRIPT_* of the script at argument 1, which is its text or its digest. */
uint32_t evalFlagsOf(const client *c, bool by_digest);

#endif
