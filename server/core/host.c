#include "server/core/host.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/core/server.h"
#include "storage/base/log.h"
#include "storage/base/mem_tuning.h"
#include "storage/base/num.h"

/* ---- the score ---- */

enum { SCORE_LOWEST = -1000, SCORE_HIGHEST = 1000, SCORE_TEXT = 32 };
static const char score_file[] = "/proc/self/oom_score_adj";

static bool readScore(int *score) {
    char text[SCORE_TEXT];
    int fd = open(score_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0) return false;
    text[size] = '\0';
    *score = (int)strtol(text, NULL, 10);
    return true;
}

static bool writeScore(int64_t score) {
    char text[SCORE_TEXT];
    int size = snprintf(text, sizeof text, "%lld\n", (long long)score);
    int fd = open(score_file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool written = write(fd, text, (size_t)size) == size;
    int failed = errno;
    close(fd);
    errno = failed;
    return written;
}

static int64_t scoreOf(const server *s, hostRole role) {
    int64_t score = configOomScore(&s->config, (int)role);
    if (configInt(&s->config, "oom-score-adj") == OOM_SCORE_RELATIVE) score += s->host.score_before;
    if (score < SCORE_LOWEST) score = SCORE_LOWEST;
    return score < SCORE_HIGHEST ? score : SCORE_HIGHEST;
}

/* False, with errno, where the kernel does not take it: only the privileged may lower a score. */
static bool applyScore(server *s, hostRole role) {
    hostState *h = &s->host;
    if (configInt(&s->config, "oom-score-adj") == OOM_SCORE_NO) {
        if (!h->is_scored) return true;
        h->is_scored = false;
        return writeScore(h->score_before);
    }
    if (!h->is_scored && !readScore(&h->score_before)) return false;
    if (!writeScore(scoreOf(s, role))) return false;
    h->is_scored = true;
    return true;
}

static bool onScore(void *ctx, config *c, char *error, size_t error_room) {
    (void)c;
    server *s = ctx;
    if (applyScore(s, s->host.role)) return true;
    snprintf(error, error_room, "Failed to set the OOM score: %s", strerror(errno));
    return false;
}

static void applyScoreOrLog(server *s, hostRole role) {
    if (!applyScore(s, role)) logLine(LOG_WARN, "oom-score-adj: %s", strerror(errno));
}

void hostSetRole(server *s, hostRole role) {
    s->host.role = role;
    applyScoreOrLog(s, role);
}

/* ---- processors ---- */

/* A number at '*at'; moves behind it. */
static bool takeNumber(const char **at, const char *end, int *number) {
    const char *start = *at;
    int value = 0;
    while (*at < end && **at >= '0' && **at <= '9') {
        value = value * 10 + (**at - '0');
        if (value >= CPU_SETSIZE) return false;
        (*at)++;
    }
    *number = value;
    return *at > start;
}

static bool takeSign(const char **at, const char *end, char sign) {
    if (*at == end || **at != sign) return false;
    (*at)++;
    return true;
}

bool hostParseCpus(bytes list, void *set) {
    const char *at = list.data, *end = at + list.size;
    cpu_set_t found;
    CPU_ZERO(&found);
    do {
        int first, last, pace = 1;
        if (!takeNumber(&at, end, &first)) return false;
        last = first;
        if (takeSign(&at, end, '-')) {
            if (!takeNumber(&at, end, &last) || last < first) return false;
            if (takeSign(&at, end, ':') && (!takeNumber(&at, end, &pace) || pace == 0))
                return false;
        }
        for (int cpu = first; cpu <= last; cpu += pace) CPU_SET(cpu, &found);
    } while (takeSign(&at, end, ','));
    if (at != end) return false;
    *(cpu_set_t *)set = found;
    return true;
}

/* The calling thread, and those it makes from now on. True if the directive names processors and
 * the thread runs there. */
static bool pinThread(const server *s, const char *directive) {
    const char *list = configStr(&s->config, directive);
    cpu_set_t set;
    if (!*list) return false;
    if (!hostParseCpus(bytesOfText(list), &set)) {
        logLine(LOG_WARN, "%s: '%s' is no list of processors", directive, list);
        return false;
    }
    if (sched_setaffinity(0, sizeof set, &set) == 0) return true;
    logLine(LOG_WARN, "%s: %s", directive, strerror(errno));
    return false;
}

void hostAsHelper(server *s, void (*start)(void *ctx), void *ctx) {
    cpu_set_t before;
    bool wanted = *configStr(&s->config, "bio-cpulist") && !s->host.bio_refused;
    bool known = wanted && sched_getaffinity(0, sizeof before, &before) == 0;
    bool pinned = known && pinThread(s, "bio-cpulist");
    s->host.bio_refused = known && !pinned;
    start(ctx);
    if (pinned) sched_setaffinity(0, sizeof before, &before);
}

/* The thread that gives the heap's pages back is the allocator's own: it runs where the thread
 * runs that starts it. */
static void restartHeapThread(void *ctx) {
    (void)ctx;
    int64_t was;
    const int64_t off = 0, on = 1;
    if (memTuneInteger("background_thread", &was, &off) == 0 && was)
        memTuneInteger("background_thread", &was, &on);
}

void hostEnterChild(server *s, const char *cpulist) {
    if (configInt(&s->config, "oom-score-adj") != OOM_SCORE_NO) applyScoreOrLog(s, HOST_CHILD);
    pinThread(s, cpulist);
}

void hostAttach(server *s) {
    configOnChange(&s->config, "oom-score-adj", onScore, s);
    configOnChange(&s->config, "oom-score-adj-values", onScore, s);
    applyScoreOrLog(s, s->host.role);
    if (*configStr(&s->config, "bio-cpulist")) hostAsHelper(s, restartHeapThread, NULL);
    pinThread(s, "server-cpulist");
}
