#include "storage/base/regex.h"

#include "tests/support/suite.h"

static bool matches(const char *pattern, const char *text, bool ignore_case) {
    const char *reason = NULL;
    regex *r = regexNew(bytesOfText(pattern), ignore_case, &reason);
    if (!r) ck_abort_msg("%s: %s", pattern, reason);
    bool result = regexMatch(r, bytesOfText(text));
    ck_assert(regexMatch(r, bytesOfText(text)) == result);
    regexFree(r);
    return result;
}

#define YES(pattern, text) ck_assert(matches(pattern, text, false))
#define NO(pattern, text)  ck_assert(!matches(pattern, text, false))

START_TEST(partsOfTheTextMatch) {
    YES("b", "abc");
    NO("d", "abc");
    YES("", "");
    YES("", "abc");
    YES("abc", "xxabcxx");
    YES("aab", "aaaab");
    NO("^b", "abc");
    YES("^a", "abc");
    YES("c$", "abc");
    NO("b$", "abc");
    YES("^$", "");
    NO("^$", "a");
    YES("a.c", "a\nc");
}
END_TEST

START_TEST(repeatsCount) {
    YES("^ab*c$", "ac");
    YES("^ab*c$", "abbbc");
    NO("^ab+c$", "ac");
    YES("^ab?c$", "abc");
    NO("^ab?c$", "abbc");
    YES("^a{3}$", "aaa");
    NO("^a{3}$", "aa");
    NO("^a{3}$", "aaaa");
    YES("^a{2,}$", "aaaaa");
    NO("^a{2,}$", "a");
    YES("^a{1,3}$", "aa");
    NO("^a{1,3}$", "aaaa");
    NO("^a{0}$", "a");
    YES("^a{0}$", "");
    YES("^(ab){2}$", "abab");
    YES("^a+?$", "aaa");
    YES("^(a*)*$", "aaa");
    YES("^(a|b*)+c$", "abbac");
    YES("^.*[0-9]{3}$", "foo123");
    NO("^.*[0-9]{3}$", "foo12");
}
END_TEST

START_TEST(alternativesAndGroups) {
    YES("^(cat|dog|bird)$", "dog");
    YES("^(cat|dog|bird)$", "bird");
    NO("^(cat|dog|bird)$", "catdog");
    YES("^[A-Za-z]+: (cpu|net)$", "ERROR: cpu");
    YES("^(?:a|b)c$", "bc");
    YES("^(|a)b$", "b");
    YES("^(a|)b$", "b");
    YES("^((a|b)(c|d))+$", "acbdad");
    YES("x|y|", "");
    NO("^(x|y)$", "");
    YES("a|b|c|d|e|f|g", "g");
}
END_TEST

START_TEST(setsAndEscapes) {
    YES("^[^a-c]$", "d");
    NO("^[^a-c]$", "b");
    YES("^[]a]$", "]");
    YES("^[a-]$", "-");
    YES("^[[:alpha:]_]+$", "ab_");
    NO("^[[:digit:]]+$", "1a");
    YES("^\\d+\\s\\w+$", "12 a_9");
    YES("^\\D\\S\\W$", "ab-");
    YES("^[\\d.]+$", "1.2");
    YES("^\\.$", ".");
    NO("^\\.$", "a");
    YES("\\x41\\t", "A\t");
    YES("\\bfoo\\b", "a foo b");
    NO("\\bfoo\\b", "afoo b");
    YES("\\Boo", "foo");
    YES("\\<foo\\>", "a foo b");
    NO("\\<oo", "foo");
}
END_TEST

START_TEST(caseIsIgnoredOnWish) {
    ck_assert(matches("^foo[0-9]+$", "Foo777", true));
    ck_assert(!matches("^foo[0-9]+$", "Foo777", false));
    ck_assert(matches("[a-f]x", "Dx", true));
    ck_assert(matches("^[^a]$", "b", true));
    ck_assert(!matches("^[^a]$", "A", true));
    ck_assert(matches("\\x41", "a", true));
}
END_TEST

START_TEST(zeroAndHighBytesAreBytes) {
    const char *reason;
    regex *r = regexNew(bytesOf("a\0[\x80-\xff]$", 8), false, &reason);
    ck_assert_ptr_nonnull(r);
    ck_assert(regexMatch(r, bytesOf("a\0\xfe", 3)));
    ck_assert(!regexMatch(r, bytesOf("a\0b", 3)));
    regexFree(r);
}
END_TEST

static void refused(const char *pattern, const char *why) {
    const char *reason = NULL;
    ck_assert_ptr_null(regexNew(bytesOfText(pattern), false, &reason));
    ck_assert_str_eq(reason, why);
}

START_TEST(whatIsNoPatternIsRefused) {
    refused("(a", "parentheses are not closed");
    refused("a)", "unmatched parenthesis");
    refused("[a", "brackets are not closed");
    refused("[", "brackets are not closed");
    refused("[[:alpha:", "brackets are not closed");
    refused("[[:nosuch:]]", "unknown character class");
    refused("[b-a]", "invalid range in brackets");
    refused("a{2", "braces are not closed");
    refused("a{x}", "invalid repeat count");
    refused("a{2,1}", "invalid repeat count");
    refused("a{99999999999}", "invalid repeat count");
    refused("*a", "nothing to repeat");
    refused("(+)", "nothing to repeat");
    refused("a\\", "trailing backslash");
    refused("(a)\\1", "backreferences are not supported");
    refused("(?=a)", "unknown kind of group");
}
END_TEST

START_TEST(hostilePatternsAreBounded) {
    refused("((((((a{1000}){1000}){1000}){1000}){1000}){1000})", "regular expression is too big");
    refused("(((((((){1000}){1000}){1000}){1000}){1000}){1000})", "regular expression is too big");
    char deep[256];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    refused(deep, "parentheses are nested too deep");
    /* Backtracking would never end here. */
    char text[4001];
    memset(text, 'a', 4000);
    text[4000] = '\0';
    NO("^(a|aa|a*)*b$", text);
    NO("(a?){30}(a+)+c", text);
}
END_TEST

TESTS("regex", partsOfTheTextMatch, repeatsCount, alternativesAndGroups, setsAndEscapes,
      caseIsIgnoredOnWish, zeroAndHighBytesAreBytes, whatIsNoPatternIsRefused,
      hostilePatternsAreBounded)
