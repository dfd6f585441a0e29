/* Random clients that track in random modes, read, write, redirect, come and go, against a table of
 * who has read what; after each command everybody must have heard exactly what it says. */
#include "server/session/tracking.h"
#include "storage/base/rng.h"
#include "tests/support/fake_server.h"
#include "tests/support/suite.h"

enum { SLOTS = 6, KEYS = 24, WORDS = 8, HEARD_MAX = 64, TEXT = 400 };

/* What a client hears in one step; the order of messages of different senders is not compared. */
typedef struct heard {
    char text[HEARD_MAX][TEXT];
    int count;
} heard;

typedef struct slot {
    client *c;
    uint64_t id;
    bool on, broadcast, no_loop, opt_in, opt_out, said;
    uint64_t redirect;
    unsigned prefixes; /* bits: "", "a", "b", "c" */
    bool has_read[KEYS];
    heard wanted, got;
} slot;

static fakeServer *f;
static slot slots[SLOTS];
static rng random_state;

static uint64_t below(uint64_t bound) {
    return rngBelow(&random_state, bound);
}

static char *keyName(size_t key, char *out) {
    snprintf(out, 8, "%c%zu", (char)('a' + key % 3), key);
    return out;
}

static void hear(heard *h, const char *text) {
    ck_assert_int_lt(h->count, HEARD_MAX);
    snprintf(h->text[h->count++], TEXT, "%s", text);
}

static slot *slotOfId(uint64_t id) {
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].c && slots[i].id == id) return &slots[i];
    return NULL;
}

static void wantTold(slot *tracker, const char *text) {
    slot *to = tracker->redirect ? slotOfId(tracker->redirect) : tracker;
    hear(to ? &to->wanted : &tracker->wanted, to ? text : "broken");
}

/* ---- the model of changes ---- */

static void keyChangedInModel(size_t key, const slot *by) {
    char name[8];
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &slots[i];
        bool had = s->c && s->has_read[key];
        s->has_read[key] = false;
        if (had && s->on && !s->broadcast && !(s->no_loop && s == by))
            wantTold(s, keyName(key, name));
    }
}

static bool isUnder(size_t key, int prefix) {
    return prefix == 0 || (int)(key % 3) == prefix - 1;
}

/* One message a prefix, with the names in the order of their first change. */
static void broadcastInModel(const size_t *keys, size_t count, const slot *by) {
    for (int i = 0; i < SLOTS * 4; i++) {
        slot *s = &slots[i / 4];
        int prefix = i % 4;
        if (!s->c || !s->broadcast || !(s->prefixes & 1u << prefix) || (s->no_loop && s == by))
            continue;
        char text[TEXT] = "", name[8];
        for (size_t k = 0; k < count; k++) {
            bool again = false;
            for (size_t before = 0; before < k; before++) again |= keys[before] == keys[k];
            if (again || !isUnder(keys[k], prefix)) continue;
            if (*text) strncat(text, ",", TEXT - strlen(text) - 1);
            strncat(text, keyName(keys[k], name), TEXT - strlen(text) - 1);
        }
        if (*text) wantTold(s, text);
    }
}

/* ---- what really came ---- */

static const char *lineEnd(const char *at) {
    return strstr(at, "\r\n") + 2;
}

/* The names of an array at 'at' as one text. */
static void readNames(const char *at, char *text) {
    long count = strtol(at + 1, NULL, 10);
    *text = '\0';
    at = lineEnd(at);
    for (long i = 0; i < count; i++) {
        at = lineEnd(at);
        const char *end = strstr(at, "\r\n");
        size_t size = strlen(text);
        snprintf(text + size, TEXT - size, "%s%.*s", i ? "," : "", (int)(end - at), at);
        at = end + 2;
    }
}

static void listen(slot *s, const char *said) {
    static const char push[] = ">2\r\n$10\r\ninvalidate\r\n";
    for (const char *at = said; (at = strstr(at, push));) {
        char text[TEXT];
        at += sizeof push - 1;
        if (*at == '_')
            hear(&s->got, "all");
        else {
            readNames(at, text);
            hear(&s->got, text);
        }
    }
    for (const char *at = said; (at = strstr(at, "tracking-redir-broken")); at++)
        hear(&s->got, "broken");
}

static int compareTexts(const void *a, const void *b) {
    return strcmp(a, b);
}

static void compareHeard(void) {
    for (int i = 0; i < SLOTS; i++) {
        slot *s = &slots[i];
        if (s->c) listen(s, fakeTake(f, s->c, NULL));
        qsort(s->wanted.text, (size_t)s->wanted.count, TEXT, compareTexts);
        qsort(s->got.text, (size_t)s->got.count, TEXT, compareTexts);
        for (int m = 0; m < s->wanted.count && m < s->got.count; m++)
            ck_assert_str_eq(s->got.text[m], s->wanted.text[m]);
        ck_assert_int_eq(s->got.count, s->wanted.count);
        s->wanted.count = s->got.count = 0;
    }
}

/* ---- steps ---- */

static const char *callAs(slot *s, const char *line) {
    const char *said = fakeCallAs(f, s->c, line);
    listen(s, said);
    return said;
}

static void connectSlot(slot *s) {
    *s = (slot){.c = fakeClient(f)};
    s->id = s->c->id;
    fakeCallAs(f, s->c, "HELLO 3");
}

static size_t randomKeys(char *line, const char *verb, const char *value, size_t *keys) {
    size_t count = 1 + below(WORDS), size = (size_t)snprintf(line, TEXT, "%s", verb);
    char name[8];
    for (size_t i = 0; i < count; i++) {
        keys[i] = below(KEYS);
        size += (size_t)snprintf(line + size, TEXT - size, " %s%s", keyName(keys[i], name), value);
    }
    return count;
}

static void readSome(slot *s) {
    char line[TEXT];
    size_t keys[WORDS], count = randomKeys(line, "MGET", "", keys);
    if (s->on && (s->opt_in || s->opt_out) && below(2)) {
        callAs(s, s->opt_in ? "CLIENT CACHING YES" : "CLIENT CACHING NO");
        s->said = true;
    }
    callAs(s, line);
    bool tracked = s->on && !s->broadcast && (s->opt_in ? s->said : !(s->opt_out && s->said));
    for (size_t i = 0; i < count && tracked; i++) s->has_read[keys[i]] = true;
    s->said = false;
}

static void writeSome(slot *s) {
    char line[TEXT];
    size_t keys[WORDS], count = randomKeys(line, "MSET", " 1", keys);
    for (size_t i = 0; i < count; i++) keyChangedInModel(keys[i], s);
    broadcastInModel(keys, count, s);
    callAs(s, line);
    s->said = false;
}

static void flushAll(slot *by) {
    for (int i = 0; i < SLOTS; i++) {
        memset(slots[i].has_read, 0, sizeof slots[i].has_read);
        if (slots[i].c && slots[i].on) wantTold(&slots[i], "all");
    }
    callAs(by, "FLUSHALL");
    by->said = false;
}

static void switchOff(slot *s) {
    callAs(s, "CLIENT TRACKING OFF");
    s->on = s->broadcast = s->opt_in = s->opt_out = s->no_loop = s->said = false;
    s->redirect = 0;
    s->prefixes = 0;
}

static void switchOn(slot *s) {
    static const char *const names[] = {"", " PREFIX a", " PREFIX b", " PREFIX c"};
    char line[TEXT] = "CLIENT TRACKING ON";
    if (s->on) switchOff(s);
    const slot *to = &slots[below(SLOTS)];
    size_t size = strlen(line);
    if (to->c && below(4) == 0) {
        s->redirect = to->id;
        size += (size_t)snprintf(line + size, TEXT - size, " REDIRECT %llu",
                                 (unsigned long long)to->id);
    }
    s->on = true;
    s->broadcast = below(3) == 0;
    s->no_loop = below(3) == 0;
    if (s->no_loop) size += (size_t)snprintf(line + size, TEXT - size, " NOLOOP");
    if (s->broadcast) {
        size += (size_t)snprintf(line + size, TEXT - size, " BCAST");
        s->prefixes = (unsigned)below(8) << 1;
        for (int p = 1; p < 4; p++)
            if (s->prefixes & 1u << p)
                size += (size_t)snprintf(line + size, TEXT - size, "%s", names[p]);
        if (!s->prefixes) s->prefixes = 1;
    } else if (below(3) == 0) {
        s->opt_in = below(2);
        s->opt_out = !s->opt_in;
        snprintf(line + size, TEXT - size, " %s", s->opt_in ? "OPTIN" : "OPTOUT");
    }
    ck_assert_str_eq(callAs(s, line), "+OK\r\n");
}

static void disconnect(slot *s) {
    clientFree(s->c);
    s->c = NULL;
    memset(s->has_read, 0, sizeof s->has_read);
}

static void step(void) {
    slot *s = &slots[below(SLOTS)];
    if (!s->c) {
        connectSlot(s);
        return;
    }
    switch (below(32)) {
    case 0: flushAll(s); break;
    case 1: disconnect(s); break;
    case 2: switchOff(s); break;
    case 3:
    case 4:
    case 5: switchOn(s); break;
    case 6:
        fakeAdvanceMs(f, 700);
        cronRun(f->server);
        break;
    default:
        if (below(3))
            readSome(s);
        else
            writeSome(s);
    }
}

/* The table holds what the model does and, at most, ids of clients that are gone. */
static void compareTable(void) {
    size_t items = 0;
    for (int i = 0; i < SLOTS; i++)
        for (int k = 0; k < KEYS; k++) items += slots[i].c && slots[i].has_read[k];
    ck_assert_uint_ge(trackingStatsOf(f->server).items, items);
}

START_TEST(everybodyHearsWhatTheModelSays) {
    rngSeed(&random_state, suiteSeed());
    for (uint64_t round = 0; round < suiteRounds(20); round++) {
        f = fakeNew();
        memset(slots, 0, sizeof slots);
        for (int i = 0; i < 600; i++) {
            step();
            compareHeard();
            compareTable();
        }
        for (int i = 0; i < SLOTS; i++)
            if (slots[i].c) disconnect(&slots[i]);
        trackingStats left = trackingStatsOf(f->server);
        ck_assert_uint_eq(left.clients + left.keys + left.items + left.prefixes, 0);
        fakeFree(f);
    }
}
END_TEST

TESTS("session/tracking model", everybodyHearsWhatTheModelSays)
