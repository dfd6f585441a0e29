/* bench_stall - for how long one turn of the loop holds up everybody else, while much goes away.
 * Usage: bench_stall [items, 1,000,000 by default] [case ...]
 *
 * A server without sockets in this process does what the loop does: it runs what came (one GET, and
 * the requests of the case), its tasks, and frees. Whoever asks meanwhile waits for one turn.
 * Each case runs RUNS times, and the quietest run is told: what the program does takes its time in
 * every run, what the machine does besides (a hypervisor takes its time from the thread's, too)
 * hits now this run, now that. 'nothing' has the GETs alone: what it shows is the machine.
 * The clock of the thread leaves out waiting for locks, which the clock on the wall has. A case is
 * good if no turn of its quietest run took the thread a millisecond; the exit code is 1 if one is
 * not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "expire/cycle/reclaim.h"
#include "server/core/batch.h"
#include "server/core/client.h"
#include "server/core/config.h"
#include "server/core/reply.h"
#include "server/core/server.h"
#include "server/net/purge_thread.h"
#include "server/wiring.h"
#include "storage/base/mem.h"

#define MS ((uint64_t)1000000)
enum { RUNS = 3, PIPELINE = 16, MEMBERS = 50, TURNS_MAX = 4000000 };

typedef struct turns {
    uint64_t count, slow, slow_wall, worst, worst_wall, p999;
} turns;

static server *srv;
static client *asker, *worker;
static uint32_t *lengths; /* of turns, by the thread's clock, in nanoseconds */
static turns seen;
static uint64_t items;
static size_t empty_bytes; /* of the server without data */

static uint64_t readClock(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- a server without sockets ---- */

static void forget(client *c) {
    replyBufConsume(&c->out, replyBufSize(&c->out));
}

static void send(client *c, const char *raw, size_t size) {
    while (size) {
        size_t room;
        char *to = batchRoom(srv, c, &room);
        size_t part = size < room ? size : room;
        memcpy(to, raw, part);
        batchReceived(srv, c, part);
        raw += part;
        size -= part;
        if (size) batchRun(srv);
    }
}

static void turn(void) {
    static const char get[] = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    uint64_t wall = readClock(CLOCK_MONOTONIC), ran = readClock(CLOCK_THREAD_CPUTIME_ID);
    serverReadClock(srv);
    send(asker, get, sizeof get - 1);
    uint64_t start_ns = srv->now_ns;
    batchRun(srv);
    srv->stats.loop_command_ns += srv->now_ns - start_ns;
    cronRun(srv);
    forget(asker);
    forget(worker);
    serverFreeMarked(srv);
    srv->stats.loop_cycles++;
    ran = readClock(CLOCK_THREAD_CPUTIME_ID) - ran;
    wall = readClock(CLOCK_MONOTONIC) - wall;
    if (seen.count < TURNS_MAX) lengths[seen.count++] = (uint32_t)ran;
    seen.slow += ran >= MS;
    seen.slow_wall += wall >= MS;
    if (ran > seen.worst) seen.worst = ran;
    if (wall > seen.worst_wall) seen.worst_wall = wall;
}

static void rest(uint64_t wait_ns) {
    struct timespec t = {.tv_nsec = (long)(wait_ns < MS ? wait_ns : MS)};
    if (wait_ns) nanosleep(&t, NULL);
}

/* Turns until the background task has had nothing to do for a while. */
static void untilAtRest(void) {
    for (int idle = 0; idle < 400;) {
        rest(cronNextNs(srv));
        turn();
        bool rests =
            discardIsEmpty(srv->discard) && reclaimStatsOf(srv->reclaim).state == RECLAIM_IDLE;
        idle = rests ? idle + 1 : 0;
    }
}

static char *request_text;
static size_t request_size, request_room;

static char *roomFor(size_t size) {
    if (request_room - request_size < size) {
        request_room = request_room * 2 + size;
        request_text = memRealloc(request_text, request_room);
    }
    return request_text + request_size;
}

static void line(char kind, size_t value) {
    enum { MOST = 32 };
    request_size += (size_t)snprintf(roomFor(MOST), MOST, "%c%zu\r\n", kind, value);
}

static void part(const char *text, size_t size) {
    line('$', size);
    char *to = roomFor(size + 2);
    memcpy(to, text, size);
    memcpy(to + size, "\r\n", 2);
    request_size += size + 2;
}

static void words(size_t count) {
    line('*', count);
}

static void word(const char *text) {
    part(text, strlen(text));
}

static void number(const char *prefix, uint64_t n) {
    char text[40];
    part(text, (size_t)snprintf(text, sizeof text, "%s%012llu", prefix, (unsigned long long)n));
}

static void decimal(uint64_t n) {
    char text[24];
    part(text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)n));
}

/* Hands over what was gathered; it runs in the next turn. */
static void hand(void) {
    send(worker, request_text, request_size);
    request_size = 0;
}

/* The same at once, unmeasured. */
static void load(void) {
    hand();
    serverReadClock(srv);
    batchRun(srv);
    forget(worker);
}

static void call(const char *name, const char *argument, const char *value) {
    words((size_t)1 + (argument != NULL) + (value != NULL));
    word(name);
    if (argument) word(argument);
    if (value) word(value);
}

/* ---- cases ---- */

static char filler[4096];

static void setKey(uint64_t n, size_t size, uint64_t at_ms) {
    words(at_ms ? 5 : 3);
    word("SET");
    number("key:", n);
    part(filler, size);
    if (!at_ms) return;
    word("PXAT");
    decimal(at_ms);
}

static void loadKeys(size_t fixed_size, uint64_t at_ms) {
    for (uint64_t n = 0; n < items; n++) {
        setKey(n, fixed_size ? fixed_size : 16 + n * 7919 % 285, at_ms ? at_ms + n % 1000 : 0);
        if (n % PIPELINE == 0) load();
    }
    load();
}

static void loadBig(const char *verb, const char *score, const char *value) {
    for (uint64_t n = 0; n < items; n += MEMBERS) {
        words(2 + MEMBERS * ((size_t)1 + (score != NULL) + (value != NULL)));
        word(verb);
        word("big");
        for (uint64_t i = n; i < n + MEMBERS; i++) {
            if (score) decimal(i * 7919 % 1000003);
            number("member:", i);
            if (value) word(value);
        }
        load();
    }
}

static void loadSet(void) {
    loadBig("SADD", NULL, NULL);
}
static void loadHash(void) {
    loadBig("HSET", NULL, "vvvvvvvvvvvvvvvv");
}
static void loadZset(void) {
    loadBig("ZADD", "score", NULL);
}
static void loadList(void) {
    loadBig("RPUSH", NULL, NULL);
}
static void loadStream(void) {
    for (uint64_t n = 0; n < items; n++) {
        words(5);
        word("XADD");
        word("big");
        word("*");
        word("field");
        number("value:", n);
        if (n % PIPELINE == 0) load();
    }
    load();
}
static void loadStrings(void) {
    loadKeys(0, 0);
}
static void loadLong(void) {
    loadKeys(300, 0);
}

static uint64_t due_ms;
static void loadMortal(void) {
    due_ms = (uint64_t)(srv->now_ms + 1000 + (int64_t)items / 300);
    loadKeys(0, due_ms);
}

static void nothing(void) {
    for (int i = 0; i < 20000; i++) turn();
}

static void delBig(void) {
    call("DEL", "big", NULL);
    hand();
    untilAtRest();
}

static void expireBig(void) {
    call("PEXPIRE", "big", "5");
    hand();
    for (int i = 0; i < 30; i++) {
        rest(MS);
        turn();
    }
    untilAtRest();
}

static void flush(void) {
    call("FLUSHALL", "ASYNC", NULL);
    hand();
    untilAtRest();
}

/* Nine of ten, in an order of their own. */
static void delMany(void) {
    uint64_t step = items * 5 / 8 | 1;
    for (uint64_t i = 0, n = 0; i < items; i++, n = (n + step) % items) {
        if (i % 10) {
            words(2);
            word("DEL");
            number("key:", n);
        }
        if (i % PIPELINE) continue;
        hand();
        turn();
    }
    untilAtRest();
}

static void overwrite(void) {
    for (uint64_t n = 0; n < items; n++) {
        setKey(n, 16, 0);
        if (n % PIPELINE) continue;
        hand();
        turn();
    }
    untilAtRest();
}

static void evict(void) {
    char limit[32];
    snprintf(limit, sizeof limit, "%zu", empty_bytes + (memUsed() - empty_bytes) / 8);
    words(6);
    word("CONFIG");
    word("SET");
    word("maxmemory-policy");
    word("allkeys-lru");
    word("maxmemory");
    word(limit);
    hand();
    while (turn(), memUsed() > strtoull(limit, NULL, 10)) continue;
    words(4);
    word("CONFIG");
    word("SET");
    word("maxmemory");
    word("0");
    hand();
    untilAtRest();
}

static void expireMany(void) {
    while (dbCount(srv->dbs[0])) {
        rest(cronNextNs(srv));
        turn();
    }
    untilAtRest();
}

static const struct stallCase {
    const char *name, *told;
    void (*load)(void);
    void (*lose)(void);
} cases[] = {
    {"nothing", "nothing but GETs", NULL, nothing},
    {"del", "9 of 10 keys by DEL, and after", loadStrings, delMany},
    {"expiry", "all keys due in one second", loadMortal, expireMany},
    {"flush", "FLUSHALL ASYNC of them", loadStrings, flush},
    {"evict", "eviction to an eighth", loadStrings, evict},
    {"overwrite", "values of 300 B overwritten by 16", loadLong, overwrite},
    {"set", "DEL of one set", loadSet, delBig},
    {"hash", "DEL of one hash", loadHash, delBig},
    {"zset", "DEL of one sorted set", loadZset, delBig},
    {"list", "DEL of one list", loadList, delBig},
    {"stream", "DEL of one stream", loadStream, delBig},
    {"zset-expiry", "expiry of one sorted set", loadZset, expireBig},
    {"hash-expiry", "expiry of one hash", loadHash, expireBig},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static int byLength(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static turns runOnce(const struct stallCase *c) {
    config cfg;
    configInit(&cfg);
    char error[256];
    if (configLoad(&cfg, NULL, false, "save \"\"", error, sizeof error) < 0) exit(2);
    srv = wiringNewServer(&cfg, clockSystem());
    purgeThreadNew(srv);
    serverReadClock(srv);
    asker = clientNew(srv, &cfg); /* Not NULL, so that it has output; nobody looks behind it. */
    worker = clientNew(srv, &cfg);
    empty_bytes = memUsed();
    if (c->load) c->load();
    seen = (turns){0};
    c->lose();
    turns done = seen;
    qsort(lengths, done.count, sizeof *lengths, byLength);
    done.p999 = lengths[done.count * 999 / 1000];
    purgeThreadFree(srv->purge_thread);
    wiringFreeServer(srv);
    return done;
}

static bool isQuieter(const turns *a, const turns *b) {
    if (a->slow != b->slow) return a->slow < b->slow;
    return a->worst < b->worst;
}

static bool measure(const struct stallCase *c) {
    turns best = runOnce(c);
    for (int i = 1; i < RUNS; i++) {
        turns next = runOnce(c);
        if (isQuieter(&next, &best)) best = next;
    }
    printf("%-12s %-34s %8llu %8.3f %8.3f %6llu   %8.3f %6llu  %s\n", c->name, c->told,
           (unsigned long long)best.count, (double)best.p999 / MS, (double)best.worst / MS,
           (unsigned long long)best.slow, (double)best.worst_wall / MS,
           (unsigned long long)best.slow_wall, best.slow ? "MISSED" : "ok");
    fflush(stdout);
    return best.slow == 0;
}

int main(int argc, char **argv) {
    items = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    lengths = memAlloc(TURNS_MAX * sizeof *lengths);
    printf("%-12s %-34s %8s %24s   %15s\n", "", "", "", "thread", "wall");
    printf("%-12s %-34s %8s %8s %8s %6s   %8s %6s\n", "", "", "turns", "p99.9 ms", "worst ms",
           ">= 1", "worst ms", ">= 1");
    int missed = 0;
    for (int i = 0; i < CASES; i++) {
        bool wanted = argc <= 2;
        for (int a = 2; a < argc; a++) wanted |= !strcmp(argv[a], cases[i].name);
        if (wanted) missed += !measure(&cases[i]);
    }
    memFree(request_text);
    memFree(lengths);
    printf("%d targets missed\n", missed);
    return missed > 0;
}
