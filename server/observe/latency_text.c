/* What LATENCY GRAPH draws and LATENCY DOCTOR says. */
#include <math.h>
#include <stdio.h>

#include "server/observe/latency.h"

/* ---- the graph ---- */

enum { COLUMNS = 80, ROWS = 4, LEVELS = 3, STEPS = ROWS * LEVELS, LABEL = 24 };

typedef struct scale {
    uint32_t low_ms, high_ms;
} scale;

static scale scaleOf(const latencyEvent *e) {
    scale s = {UINT32_MAX, 0};
    for (int i = 0; i < e->count; i++) {
        uint32_t ms = latencySampleAt(e, i)->ms;
        if (ms < s.low_ms) s.low_ms = ms;
        if (ms > s.high_ms) s.high_ms = ms;
    }
    return s;
}

/* What stands in a row (0 is the lowest) of a sample's column. */
static char dot(scale s, uint32_t ms, int row) {
    uint32_t range = s.high_ms - s.low_ms;
    int step = range ? (int)lround((double)(ms - s.low_ms) * STEPS / range) : 0;
    int top = step / LEVELS;
    if (step == STEPS) return row == ROWS - 1 ? '#' : '|';
    if (row > top) return ' ';
    return row < top ? '|' : "_-`"[step % LEVELS];
}

/* How long ago, in one unit. */
static void ageText(int64_t age_s, char text[LABEL]) {
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;
    while (i < 3 && age_s < units[i].seconds) i++;
    unsigned number = (unsigned)(age_s / units[i].seconds) % 1000000;
    snprintf(text, LABEL, "%u%c", number, units[i].unit);
}

/* The labels stand upright below an empty row. */
static void drawLabels(const latencyEvent *e, int from, int to, int64_t now_s, infoText *out) {
    bool more = true;
    for (int row = -1; more; row++) {
        char line[COLUMNS + 1];
        more = row < 0;
        for (int i = from; i < to; i++) {
            char text[LABEL];
            int64_t age_s = now_s - latencySampleAt(e, i)->time_s;
            ageText(age_s > 0 ? age_s : 0, text);
            int size = (int)strlen(text);
            line[i - from] = row >= 0 && row < size ? text[row] : ' ';
            more |= row + 1 < size;
        }
        line[to - from] = '\n';
        infoAppend(out, bytesOf(line, (size_t)(to - from) + 1));
    }
}

void latencyGraph(const latencyEvent *e, int64_t now_s, infoText *out) {
    char text[256];
    scale s = scaleOf(e);
    int size = snprintf(text, sizeof text, "%s - high %u ms, low %u ms (all time high %u ms)\n",
                        e->name, s.high_ms, s.low_ms, e->max_ms);
    infoAppend(out, bytesOf(text, (size_t)size));
    memset(text, '-', COLUMNS);
    text[COLUMNS] = '\n';
    infoAppend(out, bytesOf(text, COLUMNS + 1));
    for (int from = 0; from < e->count; from += COLUMNS) {
        int to = from + COLUMNS < e->count ? from + COLUMNS : e->count;
        if (from) infoAppend(out, BYTES("\n"));
        for (int row = ROWS - 1; row >= 0; row--) {
            for (int i = from; i < to; i++) text[i - from] = dot(s, latencySampleAt(e, i)->ms, row);
            text[to - from] = '\n';
            infoAppend(out, bytesOf(text, (size_t)(to - from) + 1));
        }
        drawLabels(e, from, to, now_s, out);
    }
}

/* ---- the doctor ---- */

typedef struct figures {
    double mean_ms, deviation_ms, period_s;
} figures;

static figures figuresOf(const latencyEvent *e) {
    figures f = {0};
    for (int i = 0; i < e->count; i++) f.mean_ms += latencySampleAt(e, i)->ms;
    f.mean_ms /= e->count;
    for (int i = 0; i < e->count; i++)
        f.deviation_ms += fabs(latencySampleAt(e, i)->ms - f.mean_ms);
    f.deviation_ms /= e->count;
    int64_t span_s = latencySampleAt(e, e->count - 1)->time_s - latencySampleAt(e, 0)->time_s;
    f.period_s = (double)span_s / e->count;
    return f;
}

static void say(infoText *out, const char *text) {
    infoAppend(out, bytesOfText(text));
}

static void adviseOnCommands(const server *s, infoText *out) {
    int64_t threshold_us = configInt(&s->config, "latency-monitor-threshold") * 1000;
    int64_t slowlog_us = configInt(&s->config, "slowlog-log-slower-than");
    char text[256];
    if (slowlog_us < 0 || slowlog_us > threshold_us) {
        snprintf(text, sizeof text,
                 "- SLOWLOG does not see all of these. CONFIG SET slowlog-log-slower-than %lld "
                 "makes it.\n",
                 (long long)threshold_us);
        say(out, text);
    }
    say(out, "- SLOWLOG GET names the commands that take long: look for those that go through "
             "many elements\n  at once (KEYS, SORT, big ranges and unions), and ask for less.\n");
}

void latencyDoctor(const server *s, infoText *out) {
    const latencyLog *log = s->latency;
    if (!latencyEventCount(log)) {
        say(out, s->observer.event_ns == UINT64_MAX
                     ? "Nobody has looked: latency monitoring is off. CONFIG SET "
                       "latency-monitor-threshold <milliseconds> starts it.\n"
                     : "Nothing took longer than latency-monitor-threshold so far.\n");
        return;
    }
    say(out, "These things took longer than latency-monitor-threshold:\n\n");
    for (int i = 0; i < latencyEventCount(log); i++) {
        const latencyEvent *e = latencyEventAt(log, i);
        figures f = figuresOf(e);
        char text[256];
        snprintf(text, sizeof text,
                 "%d. %s: %d latency spikes (average %.0fms, mean deviation %.0fms, period %.2f "
                 "sec). Worst all time event %ums.\n",
                 i + 1, e->name, e->count, f.mean_ms, f.deviation_ms, f.period_s, e->max_ms);
        say(out, text);
    }
    say(out, "\nWhat may help:\n\n");
    if (latencyFind(log, BYTES("command"))) adviseOnCommands(s, out);
    if (latencyFind(log, BYTES("fast-command")))
        say(out,
            "- Commands that are never slow were: the machine may be busy with other things "
            "(CPU steal,\n  swapping). Look at its load, and at what else runs on this core.\n");
    if (latencyFind(log, BYTES("expire-cycle")))
        say(out, "- Expiry works in slices of under a millisecond: a long one was interrupted by "
                 "the machine, or\n  met a very big value.\n");
}
