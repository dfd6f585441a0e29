#include "protocol/resp_parse.h"
#include "storage/base/mem.h"
#include "tests/support/suite.h"

enum { MAX = 8 };

/* Splits a copy of 'text' and checks its words, joined by '|' with a '|' behind each; "!" stands
 * for unbalanced quotes. */
static void checkSplit(const char *text, const char *expected) {
    char joined[256] = "!";
    bytes words[MAX];
    size_t length = strlen(text), size = 0;
    /* Of just its size, so that the sanitizer sees a read behind it. */
    char *line = memAlloc(length + (length == 0));
    memcpy(line, text, length);
    int counted = respSplitLine(line, length, NULL, MAX);
    ck_assert_int_eq(memcmp(line, text, length), 0);
    int count = respSplitLine(line, length, words, MAX);
    ck_assert_int_eq(counted, count);
    for (int i = 0; i < count; i++) {
        memcpy(joined + size, words[i].data, words[i].size);
        size += words[i].size;
        joined[size++] = '|';
    }
    if (count >= 0) joined[size] = '\0';
    ck_assert_str_eq(joined, expected);
    memFree(line);
}

START_TEST(splitsAtBlanks) {
    checkSplit("", "");
    checkSplit(" \t\r\n\v\f", "");
    checkSplit("save 3600 1", "save|3600|1|");
    checkSplit("  a\tb\r\nc  ", "a|b|c|");
    checkSplit("a\vb c\f", "a\vb|c\f|");
    checkSplit("\vec ho", "ec|ho|");
}
END_TEST

START_TEST(readsEscapesInDoubleQuotes) {
    checkSplit("\"a b\" c", "a b|c|");
    checkSplit("\"\\x41\\x7a\\n\\r\\t\\b\\a\\q\\\"\\\\\"", "Az\n\r\t\b\aq\"\\|");
    checkSplit("\"\\xg1\\x4\"", "xg1x4|");
    checkSplit("\"\\x4", "!");
    checkSplit("\\x41 a\\n", "\\x41|a\\n|");
    checkSplit("\"\"", "|");
    checkSplit("x\"\" y", "x|y|");
}
END_TEST

START_TEST(readsOnlyQuoteEscapesInSingleQuotes) {
    checkSplit("'it\\'s' 'a\\nb'", "it's|a\\nb|");
    checkSplit("''", "|");
    checkSplit("'a\\\\'", "!");
}
END_TEST

START_TEST(wantsABlankBehindAClosingQuote) {
    checkSplit("a\"b c\"", "ab c|");
    checkSplit("a\"b c\"d", "!");
    checkSplit("\"\"\"x\"\"\"", "!");
    checkSplit("\"a", "!");
    checkSplit("'a", "!");
    checkSplit("\"a\\", "!");
    checkSplit("\"a\"\v\"b\"", "a|b|");
}
END_TEST

START_TEST(takesZeroBytesAsAnyOther) {
    char line[] = "a\0b \"\\x00\"";
    bytes words[MAX];
    ck_assert_int_eq(respSplitLine(line, sizeof line - 1, words, MAX), 2);
    ck_assert(bytesEqual(words[0], BYTES("a\0b")));
    ck_assert(bytesEqual(words[1], BYTES("\0")));
}
END_TEST

START_TEST(tellsOfTooManyWords) {
    char line[] = "a b c";
    bytes words[2];
    ck_assert_int_eq(respSplitLine(line, sizeof line - 1, words, 2), -2);
    ck_assert_int_eq(respSplitLine(line, sizeof line - 3, words, 2), 2);
}
END_TEST

TESTS("resp_inline", splitsAtBlanks, readsEscapesInDoubleQuotes,
      readsOnlyQuoteEscapesInSingleQuotes, wantsABlankBehindAClosingQuote, takesZeroBytesAsAnyOther,
      tellsOfTooManyWords)
