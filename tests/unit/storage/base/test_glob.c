#include <time.h>

#include "storage/base/glob.h"
#include "tests/support/suite.h"

static bool matches(const char *pattern, const char *text) {
    return globMatch(bytesOfText(pattern), bytesOfText(text), false);
}

/* What redis-server 7.0 answered to KEYS, odd patterns first of all. */
static const struct {
    const char *pattern, *text;
    bool matches;
} observed[] = {
    {"[b", "d*b", false},
    {"d*\\a-", "]-^", false},
    {"\\c[b[c*", "-]", false},
    {"[[*", "dd-^b", false},
    {"-[]--", "\\-b]", false},
    {"cd*d\\[-", "^*^", false},
    {"\\a[]", "\?[", false},
    {"\\b\\]-", "c\?\\a", false},
    {"-*d*]\\", "-\?^^", false},
    {"-a**\\\\[", "*[bc", false},
    {"[\\caabaa", "]]*", false},
    {"*-[]a", "**]\?c", false},
    {"-*d]b\\\\", "]-]d^", false},
    {"b\\", "d-b", false},
    {"[[^--", "a\\^b", false},
    {"^]][^c", "\?-d]^", false},
    {"]a[^*\?", "c[b", false},
    {"d[^", "ba", false},
    {"^]][^c", "]d^", false},
    {"[[]c]**", "\\]b\?^", false},
    {"]c*d]d\\", "]c[^*", false},
    {"c\\", "^^", false},
    {"db[--\\*", "*\?", false},
    {"\?][c-**", "a*c\?b", false},
    {"\\[]", "\?", false},
    {"[-***c[*", "\?\\dc^", false},
    {"a*]-**", "bd", false},
    {"*c-[***", "]^cb[", false},
    {"[*-b", "d*]ad", false},
    {"[[\\", "\?\\d*", false},
    {"[\\c[", "-c]c", false},
    {"c\?[*-]", "\?a\\", false},
    {"[-\\", "*^d", false},
    {"[--b-]", "ac\\c", false},
    {"[b[[--]]", "\?[", false},
    {"**-[*\\d", "]*^", false},
    {"***\\]*d", "\?-b[\?", false},
    {"[d-]\\[\\[", "[*]\\]", false},
    {"c]][-]a", "*^d*", false},
    {"\?[^", "\?-", true},
    {"*[-[[", "[-[", true},
    {"[\\^]", "^", true},
    {"\\[^]\\]", "b^-^*", false},
    {"]-[^]d*", "[d\?", false},
    {"[^]]\\", "aa\\", false},
    {"[^]\\]-[", "]bbc", false},
    {"*[-", "-]^--", true},
    {"[^]-[", "^d]", false},
    {"*[\\", "d]\\", true},
    {"[*[", "*", true},
    {"*[[\\]-[*", "^-", true},
    {"*\\", "\\", true},
    {"*[^\\\\[a", "a\\^b", true},
    {"\?[c\\c\?a-", "^\?", true},
    {"[b*[^*-", "*", true},
    {"*]**", "]", true},
    {"*\\", "^^\\", true},
    {"[^b", "c", true},
    {"**[*c]", "]*", true},
    {"[^\?", "c", true},
    {"*\\", "^bd\\", true},
    {"*[\\]\\", "c*^[\\", true},
    {"]*[-\\**[", "][", true},
    {"*[[\\]-[*", "ad\?a[", true},
    {"****]", "\\[a]", true},
    {"*]**", "^d]", true},
    {"[--b[", "[", true},
    {"*[cb\?--*", "*^d*", true},
    {"**\?*[-]*", "]-a\?b", true},
    {"*[[\\]-[*", "\\[a]", true},
    {"**\?*[-]*", "d-d\?d", true},
    {"[^]\\]", "\?]", true},
    {"[^]-", "\\-", true},
    {"[d-]\\[\\[", "^", true},
    {"[--b-]", "-", true},
    {"[--]", "\?", true},
    {"[^][b[c", "*b", true},
    {"*[[]*[[a", "[a", true},
    {"[b*a[]", "b", true},
    {"-*[*[]", "--*", true},
    {"[^]]\\", "d]\\", true},
    {"[^][b[c", "^b", true},
    {"[[]", "[", true},
    {"-[-**^[]", "-*", true},
};

START_TEST(agreesWithObservedAnswers) {
    for (size_t i = 0; i < sizeof observed / sizeof observed[0]; i++)
        ck_assert_msg(matches(observed[i].pattern, observed[i].text) == observed[i].matches,
                      "'%s' on '%s'", observed[i].pattern, observed[i].text);
}
END_TEST

START_TEST(literalsMatchWhole) {
    ck_assert(matches("abc", "abc"));
    ck_assert(!matches("abc", "ab"));
    ck_assert(!matches("ab", "abc"));
    ck_assert(!matches("", "a"));
    ck_assert(!matches("a", ""));
    ck_assert(matches("", ""));
}
END_TEST

START_TEST(questionMarkTakesOneByte) {
    ck_assert(matches("h?llo", "hello"));
    ck_assert(!matches("h?llo", "hllo"));
    ck_assert(!matches("?", ""));
    ck_assert(!matches("?", "\xc3\xa9"));
}
END_TEST

START_TEST(starTakesAnyRun) {
    ck_assert(matches("*", ""));
    ck_assert(matches("**", "anything"));
    ck_assert(matches("h*o", "ho"));
    ck_assert(matches("h*o", "hello o"));
    ck_assert(!matches("h*o", "hell"));
    ck_assert(matches("*a*b", "xaxaxbxb"));
    ck_assert(!matches("*a*b", "bbba"));
    ck_assert(matches("a*", "a"));
}
END_TEST

START_TEST(classesTakeListedRangesAndNegation) {
    ck_assert(matches("h[ae]llo", "hallo"));
    ck_assert(!matches("h[ae]llo", "hillo"));
    ck_assert(matches("h[a-c]llo", "hbllo"));
    ck_assert(matches("h[c-a]llo", "hbllo"));
    ck_assert(!matches("h[c-a]llo", "hdllo"));
    ck_assert(matches("h[^e]llo", "hallo"));
    ck_assert(!matches("h[^e]llo", "hello"));
    ck_assert(matches("[\\]]", "]"));
    ck_assert(!matches("[]", "a"));
    ck_assert(matches("[^]", "a"));
    ck_assert(matches("[ab", "b"));
    ck_assert(!matches("[", "["));
    ck_assert(matches("[a-]", "]"));
    ck_assert(matches("[\xf0-\xff]", "\xf8"));
}
END_TEST

START_TEST(backslashTakesTheNextLiterally) {
    ck_assert(matches("a\\*", "a*"));
    ck_assert(!matches("a\\*", "ab"));
    ck_assert(matches("a\\[b]", "a[b]"));
    ck_assert(matches("a\\", "a\\"));
    ck_assert(matches("\\a", "a"));
}
END_TEST

START_TEST(caseIsIgnoredOnlyWhenAsked) {
    ck_assert(!matches("MaxMemory*", "maxmemory-policy"));
    ck_assert(globMatch(BYTES("MaxMemory*"), BYTES("maxmemory-policy"), true));
    ck_assert(globMatch(BYTES("[A-C]x"), BYTES("bX"), true));
    ck_assert(globMatch(BYTES("\\A"), BYTES("a"), true));
    ck_assert(!globMatch(BYTES("[^A]"), BYTES("a"), true));
}
END_TEST

START_TEST(zeroBytesAreBytes) {
    ck_assert(globMatch(BYTES("a\0*"), BYTES("a\0b"), false));
    ck_assert(!globMatch(BYTES("a\0c"), BYTES("a\0b"), false));
}
END_TEST

START_TEST(onlyASingleStarIsAll) {
    ck_assert(globIsAll(BYTES("*")));
    ck_assert(!globIsAll(BYTES("**")));
    ck_assert(!globIsAll(BYTES("")));
}
END_TEST

/* A backtracking matcher needs 10^20 steps and more for this one. */
START_TEST(manyStarsEndSoon) {
    enum { STARS = 200, TEXT = 20000 };
    static char pattern[2 * STARS + 1];
    static char text[TEXT];
    for (int i = 0; i < STARS; i++) memcpy(pattern + 2 * i, "a*", 2);
    pattern[2 * STARS] = 'b';
    memset(text, 'a', TEXT);
    clock_t start = clock();
    ck_assert(!globMatch(bytesOf(pattern, sizeof pattern), bytesOf(text, TEXT), false));
    text[TEXT - 1] = 'b';
    ck_assert(globMatch(bytesOf(pattern, sizeof pattern), bytesOf(text, TEXT), false));
    ck_assert_int_lt(clock() - start, CLOCKS_PER_SEC);
}
END_TEST

START_TEST(moreStarsThanAllowedMatchNothing) {
    char pattern[2 * (GLOB_STARS_MAX + 1)], text[GLOB_STARS_MAX + 1];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof pattern; i++) pattern[i] = i % 2 ? '?' : '*';
    bytes allowed = bytesOf(pattern, (size_t)2 * GLOB_STARS_MAX);
    ck_assert(globMatch(allowed, bytesOf(text, sizeof text), false));
    ck_assert(!globMatch(bytesOf(pattern, sizeof pattern), bytesOf(text, sizeof text), false));
}
END_TEST

TESTS("glob", agreesWithObservedAnswers, literalsMatchWhole, questionMarkTakesOneByte,
      starTakesAnyRun, classesTakeListedRangesAndNegation, backslashTakesTheNextLiterally,
      caseIsIgnoredOnlyWhenAsked, zeroBytesAreBytes, onlyASingleStarIsAll, manyStarsEndSoon,
      moreStarsThanAllowedMatchNothing)
