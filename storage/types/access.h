/* access.h - what the 24 access bits of an entry mean: when a key was used last (LRU), or how often
 * of late (LFU).
 *
 *     LRU   24 bits: seconds, wrapping after 194 days
 *     LFU   16 bits: minutes of the last use, wrapping after 45 days | 8 bits: counter
 *
 * The counter is logarithmic: each use raises it with a probability that falls as it grows, so that
 * 255 stands for millions of uses; minutes without a use lower it again. Pure functions: time and
 * randomness come in as arguments. Knows nothing of entries and policies. */
#ifndef EBB_STORAGE_TYPES_ACCESS_H
#define EBB_STORAGE_TYPES_ACCESS_H

#include <stdint.h>

/* The counter of a new key: above 0, so that it is not the first to go before it was ever used. */
enum { ACCESS_LFU_INITIAL = 5, ACCESS_LFU_MAX = 255 };

/* lfu-log-factor and lfu-decay-time: a higher factor makes the counter rise more slowly; it falls
 * by one each 'decay_minutes', never where that is 0. */
typedef struct accessLfuRules {
    int64_t log_factor, decay_minutes;
} accessLfuRules;

/* The access bits of a use at 'now_ms' under LRU. */
uint32_t accessLru(int64_t now_ms);
/* Those of a use 'idle_s' seconds (not negative) before, at most as long ago as they can say. */
uint32_t accessLruBefore(int64_t now_ms, int64_t idle_s);
/* Seconds between the use that left 'access' and 'now_ms'. */
uint32_t accessLruIdle(uint32_t access, int64_t now_ms);

/* The access bits of a new key under LFU. */
uint32_t accessLfuNew(int64_t now_ms);
/* Those of a key that is used now and has this count. */
uint32_t accessLfuWith(int64_t now_ms, uint8_t count);
/* The counter as it is at 'now_ms', lowered for the minutes since the last use. */
uint8_t accessLfuCount(uint32_t access, int64_t now_ms, accessLfuRules rules);
/* The access bits after one more use at 'now_ms'. 'unit' is drawn uniformly from [0, 1). */
uint32_t accessLfuUse(uint32_t access, int64_t now_ms, accessLfuRules rules, double unit);

#endif
