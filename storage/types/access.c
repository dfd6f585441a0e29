#include "storage/types/access.h"

enum { LRU_MASK = 0xffffff, MINUTES_MASK = 0xffff, COUNT_BITS = 8, COUNT_MASK = 0xff };

uint32_t accessLru(int64_t now_ms) {
    return (uint32_t)(now_ms / 1000) & LRU_MASK;
}

uint32_t accessLruBefore(int64_t now_ms, int64_t idle_s) {
    uint32_t idle = idle_s < LRU_MASK ? (uint32_t)idle_s : LRU_MASK;
    return (accessLru(now_ms) - idle) & LRU_MASK;
}

uint32_t accessLruIdle(uint32_t access, int64_t now_ms) {
    return (accessLru(now_ms) - access) & LRU_MASK;
}

static uint32_t minutesOf(int64_t now_ms) {
    return (uint32_t)(now_ms / 60000) & MINUTES_MASK;
}

static uint32_t lfuBits(int64_t now_ms, uint32_t count) {
    return minutesOf(now_ms) << COUNT_BITS | count;
}

uint32_t accessLfuNew(int64_t now_ms) {
    return lfuBits(now_ms, ACCESS_LFU_INITIAL);
}

uint32_t accessLfuWith(int64_t now_ms, uint8_t count) {
    return lfuBits(now_ms, count);
}

uint8_t accessLfuCount(uint32_t access, int64_t now_ms, accessLfuRules rules) {
    int64_t count = access & COUNT_MASK;
    if (rules.decay_minutes <= 0) return (uint8_t)count;
    int64_t minutes = (minutesOf(now_ms) - (access >> COUNT_BITS)) & MINUTES_MASK;
    int64_t lost = minutes / rules.decay_minutes;
    return lost < count ? (uint8_t)(count - lost) : 0;
}

uint32_t accessLfuUse(uint32_t access, int64_t now_ms, accessLfuRules rules, double unit) {
    uint32_t count = accessLfuCount(access, now_ms, rules);
    if (count < ACCESS_LFU_MAX) {
        double above = count > ACCESS_LFU_INITIAL ? count - ACCESS_LFU_INITIAL : 0;
        count += unit * (above * (double)rules.log_factor + 1) < 1;
    }
    return lfuBits(now_ms, count);
}
