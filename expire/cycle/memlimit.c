#include "expire/cycle/memlimit.h"

size_t memlimitExempted(const memlimit *m) {
    size_t sum = 0;
    for (int i = 0; i < MEMLIMIT_EXEMPTS; i++) sum += m->exempt[i];
    return sum;
}

size_t memlimitTarget(const memlimit *m) {
    size_t exempted = memlimitExempted(m);
    if (m->limit == 0 || exempted > SIZE_MAX - m->limit) return SIZE_MAX;
    return m->limit + exempted;
}

void memlimitNote(memlimit *m, bool over, int64_t now_ms) {
    if (over == m->over) return;
    m->over = over;
    if (over)
        m->since_ms = now_ms;
    else
        m->over_ms += now_ms - m->since_ms;
}

int64_t memlimitOverMs(const memlimit *m, int64_t now_ms) {
    return m->over ? now_ms - m->since_ms : 0;
}

int64_t memlimitTotalOverMs(const memlimit *m, int64_t now_ms) {
    return m->over_ms + memlimitOverMs(m, now_ms);
}

void memlimitResetTimes(memlimit *m, int64_t now_ms) {
    m->over_ms = 0;
    m->since_ms = now_ms;
}

uint64_t memlimitBudgetNs(int64_t tenacity) {
    enum { STEP_NS = 30000, EVEN = 10, DOUBLES = 5, ENDLESS = 100 };
    if (tenacity >= ENDLESS) return UINT64_MAX;
    if (tenacity <= EVEN) return (uint64_t)(tenacity > 0 ? tenacity : 0) * STEP_NS;
    uint64_t above = (uint64_t)tenacity - EVEN;
    uint64_t doubled = (uint64_t)EVEN * STEP_NS << above / DOUBLES;
    return doubled + doubled / DOUBLES * (above % DOUBLES);
}

size_t memlimitShare(size_t available_bytes, unsigned percent) {
    return available_bytes / 100 * percent + available_bytes % 100 * percent / 100;
}
