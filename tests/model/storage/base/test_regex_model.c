/* Random patterns and texts against the C library's matcher, which is of another kind. */
#include <regex.h>

#include "storage/base/regex.h"
#include "storage/base/rng.h"
#include "tests/support/suite.h"

enum { PATTERN_MAX = 256, PATTERN_LONG = 40, TEXT_MAX = 12 };

typedef struct pattern {
    char text[PATTERN_MAX];
    size_t size;
} pattern;

static rng r;

static void add(pattern *p, const char *text) {
    size_t size = strlen(text);
    memcpy(p->text + p->size, text, size + 1);
    p->size += size;
}

static void addPart(pattern *p, int depth) {
    static const char *const atoms[] = {"a", "b", "c", ".", "[ab]", "[^ab]", "[[:upper:]b]", "B"};
    static const char *const repeats[] = {"*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}"};
    if (p->size > PATTERN_LONG) return;
    if (depth && rngBelow(&r, 4) == 0) {
        add(p, "(");
        do {
            addPart(p, depth - 1);
        } while (rngBelow(&r, 2));
        if (rngBelow(&r, 2) && p->size < PATTERN_LONG) {
            add(p, "|");
            addPart(p, depth - 1);
        }
        if (p->text[p->size - 1] == '(' || p->text[p->size - 1] == '|') add(p, "a");
        add(p, ")");
    } else {
        add(p, atoms[rngBelow(&r, 8)]);
    }
    if (rngBelow(&r, 3) == 0) add(p, repeats[rngBelow(&r, 7)]);
}

static pattern anyPattern(void) {
    pattern p = {.size = 0};
    if (rngBelow(&r, 3) == 0) add(&p, "^");
    do {
        addPart(&p, 2);
    } while (rngBelow(&r, 3));
    if (rngBelow(&r, 3) == 0) add(&p, "$");
    return p;
}

START_TEST(answersAreThoseOfTheLibrary) {
    rngSeed(&r, suiteSeed());
    for (uint64_t round = suiteRounds(10000); round; round--) {
        pattern p = anyPattern();
        bool ignore_case = rngBelow(&r, 2);
        regex_t library;
        int flags = REG_EXTENDED | REG_NOSUB | (ignore_case ? REG_ICASE : 0);
        if (regcomp(&library, p.text, flags) != 0) continue;
        const char *reason;
        regex *ours = regexNew(bytesOf(p.text, p.size), ignore_case, &reason);
        if (!ours) ck_abort_msg("%s: %s", p.text, reason);
        for (int i = 0; i < 10; i++) {
            char text[TEXT_MAX + 1];
            size_t size = rngBelow(&r, TEXT_MAX + 1);
            for (size_t n = 0; n < size; n++) text[n] = "abcABd"[rngBelow(&r, 6)];
            text[size] = '\0';
            bool want = regexec(&library, text, 0, NULL, 0) == 0;
            if (regexMatch(ours, bytesOf(text, size)) != want)
                ck_abort_msg("%s on %s (ignoring case: %d): should be %d", p.text, text,
                             ignore_case, want);
        }
        regexFree(ours);
        regfree(&library);
    }
}
END_TEST

TESTS("regex model", answersAreThoseOfTheLibrary)
