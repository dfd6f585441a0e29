#include "server/core/background.h"

#include "expire/cycle/active.h"
#include "expire/cycle/reclaim.h"
#include "storage/base/mem.h"

#define US ((uint64_t)1000)
#define MS ((uint64_t)1000000)

/* A slice is as long as the commands before it took, within these: under load expiry gets its half
 * of the time, and a lone client waits for the shorter one. */
#define EXPIRE_SLICE_MIN_NS (150 * US)
#define EXPIRE_SLICE_MAX_NS (300 * US)
#define EXPIRE_LOOK_NS      (500 * MS)

#define RECLAIM_LOOK_NS (1000 * MS)
/* Clients that came lately may come again at any moment. */
#define RECLAIM_IDLE_NS (20 * MS)
/* Of the time while others are served. */
#define RECLAIM_PERCENT 10
/* What was removed is freed before long, but not one by one. */
#define RECLAIM_WAKE_NS (1 * MS)

#define RECLAIM_NOW_NS   (5000 * MS)
#define RECLAIM_UNTIL_NS (1 * MS)

/* Reply chunks kept for the next burst. */
enum { CHUNKS_KEPT = 64, CHUNKS_KEPT_IDLE = 4, CHUNKS_A_STEP = 16 };

/* ---- expiry ---- */

static bool expiryRests(const server *s) {
    return !s->active_expire || s->deadlines_held || s->now_ms < s->paused_until_ms;
}

/* A key goes in the millisecond after its deadline. */
static uint64_t untilPast(const server *s, int64_t deadline_ms) {
    if (deadline_ms < s->now_ms) return 0;
    if (deadline_ms - s->now_ms >= (int64_t)(EXPIRE_LOOK_NS / MS)) return EXPIRE_LOOK_NS;
    return (uint64_t)((deadline_ms + 1) * 1000 - s->now_us) * US;
}

void backgroundDueSooner(server *s, int64_t deadline_ms) {
    if (s->background) cronArm(s, s->background->expire_task, untilPast(s, deadline_ms));
}

void backgroundWakeExpire(server *s) {
    if (s->background) cronRearm(s, s->background->expire_task, 0);
}

static void told(void *ctx) {
    effectsRun(ctx, NULL);
    serverAfterCommand(ctx);
}

/* What is due and does not go (a replica waits for its primary) must not keep the loop awake. */
static void armExpiry(server *s, expireSlice done) {
    int64_t next_ms = activeExpireNext(s->expire);
    uint64_t delay_ns = UINT64_MAX;
    if (done.more)
        delay_ns = 0;
    else if (next_ms != DEADLINE_NONE)
        delay_ns = next_ms < s->now_ms && !done.expired ? EXPIRE_LOOK_NS : untilPast(s, next_ms);
    cronRearm(s, s->background->expire_task, delay_ns);
}

static uint64_t expiryBudgetNs(server *s) {
    uint64_t served_ns = s->stats.loop_command_ns - s->background->command_ns;
    s->background->command_ns = s->stats.loop_command_ns;
    if (served_ns < EXPIRE_SLICE_MIN_NS) return EXPIRE_SLICE_MIN_NS;
    return served_ns < EXPIRE_SLICE_MAX_NS ? served_ns : EXPIRE_SLICE_MAX_NS;
}

static void expire(void *ctx, server *s) {
    (void)ctx;
    expireSlice done = {0};
    if (!expiryRests(s) && activeExpireNext(s->expire) < s->now_ms) {
        uint64_t start_ns = s->clock->monotonic_ns(s->clock->ctx);
        done = activeExpireSlice(s->expire, expiryBudgetNs(s));
        s->stats.expire_cycles++;
        s->stats.expire_time_cap_reached += done.more;
        uint64_t spent_ns = s->clock->monotonic_ns(s->clock->ctx) - start_ns;
        s->stats.expire_ns += spent_ns;
        serverNoteEvent(s, "expire-cycle", spent_ns);
    }
    armExpiry(s, done);
}

/* ---- reclaim ---- */

static bool loopIsIdle(const server *s) {
    return s->now_ns - s->background->last_busy_ns >= RECLAIM_IDLE_NS;
}

static bool trimChunks(void *ctx) {
    server *s = ctx;
    size_t keep = loopIsIdle(s) ? CHUNKS_KEPT_IDLE : CHUNKS_KEPT;
    size_t count = s->pool.free_count;
    if (count <= keep) return false;
    replyPoolTrim(&s->pool, count > keep + CHUNKS_A_STEP ? count - CHUNKS_A_STEP : keep);
    return true;
}

static void purgeHeap(void *ctx) {
    server *s = ctx;
    if (s->purgeHeap)
        s->purgeHeap(s);
    else
        memPurge();
}

int64_t backgroundSharePercent(const server *s) {
    return s->config.activedefrag ? s->config.active_defrag_cycle_max : RECLAIM_PERCENT;
}

static void reclaimTask(void *ctx, server *s) {
    (void)ctx;
    struct background *b = s->background;
    if (s->now_ns - b->trimmed_ns >= RECLAIM_LOOK_NS) {
        batchTrim(s);
        b->trimmed_ns = s->now_ns;
    }
    if (s->stats.commands != b->commands) b->last_busy_ns = s->now_ns;
    b->commands = s->stats.commands;
    b->removals = 0;
    bool idle = loopIsIdle(s);
    int64_t budget_us = idle ? s->config.reclaim_idle_slice_us : s->config.reclaim_slice_us;
    reclaimSetFrozen(s->reclaim, b->frozen || !s->config.reclaim_enabled);
    reclaimStats before = reclaimStatsOf(s->reclaim);
    uint64_t delay_ns = reclaimSlice(s->reclaim, (uint64_t)budget_us * US);
    reclaimStats after = reclaimStatsOf(s->reclaim);
    uint64_t spent_ns = after.ns - before.ns;
    s->stats.reclaim_ns += spent_ns;
    s->stats.reclaim_slices += after.slices - before.slices;
    s->stats.reclaim_moved += after.moved - before.moved;
    s->stats.reclaim_moved_keys += after.keys - before.keys;
    s->stats.reclaim_moving_ns += after.moving_ns - before.moving_ns;
    if (delay_ns == 0 && !idle) delay_ns = spent_ns * 100 / (uint64_t)backgroundSharePercent(s);
    cronRearm(s, b->reclaim_task, delay_ns < RECLAIM_LOOK_NS ? delay_ns : RECLAIM_LOOK_NS);
}

void backgroundWakeReclaim(server *s) {
    struct background *b = s->background;
    if (!b) return;
    b->removals = 0;
    /* In the middle of its work it keeps to its share of the time. */
    if (reclaimStatsOf(s->reclaim).state == RECLAIM_IDLE)
        cronArm(s, b->reclaim_task, RECLAIM_WAKE_NS);
}

void backgroundReclaimNow(server *s) {
    if (s->background) reclaimNow(s->reclaim, RECLAIM_NOW_NS);
}

bool backgroundReclaimUntil(server *s, size_t used_bytes) {
    if (!s->background) return memUsed() <= used_bytes;
    return reclaimUntil(s->reclaim, used_bytes, RECLAIM_UNTIL_NS);
}

void backgroundFreeze(server *s, bool frozen) {
    if (!s->background) return;
    s->background->frozen = frozen;
    if (frozen) reclaimSetFrozen(s->reclaim, true);
}

#ifdef EBB_SHAKE
void backgroundShake(server *s) {
    if (s->background) reclaimShake(s->reclaim);
}
#endif

/* What was left alone while it was off waits for it. */
static bool reclaimSwitched(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    (void)error;
    (void)error_room;
    backgroundWakeReclaim(ctx);
    return true;
}

/* ---- from start to end ---- */

void backgroundStart(server *s) {
    s->expire = activeExpireNew(&(activeExpireHost){
        .clock = s->clock, .dbs = s->dbs, .db_count = s->db_count, .told = told, .ctx = s});
    s->reclaim = reclaimNew(&(reclaimHost){.clock = s->clock,
                                           .dbs = s->dbs,
                                           .db_count = s->db_count,
                                           .discard = s->discard,
                                           .trim = trimChunks,
                                           .purge = purgeHeap,
                                           .ctx = s});
    s->background = memCalloc(1, sizeof *s->background);
    s->background->expire_task = cronAdd(s, "expire", 0, expire, NULL);
    s->background->reclaim_task = cronAdd(s, "reclaim", 0, reclaimTask, NULL);
    configOnChange(&s->config, "reclaim-enabled", reclaimSwitched, s);
    configOnChange(&s->config, "activedefrag", reclaimSwitched, s);
    backgroundWakeExpire(s);
    backgroundWakeReclaim(s);
}

void backgroundStop(server *s) {
    if (!s->background) return;
    cronRearm(s, s->background->expire_task, UINT64_MAX);
    cronRearm(s, s->background->reclaim_task, UINT64_MAX);
    activeExpireFree(s->expire);
    reclaimFree(s->reclaim);
    memFree(s->background);
    s->expire = NULL;
    s->reclaim = NULL;
    s->background = NULL;
}
