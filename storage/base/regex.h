/* regex.h - regular expressions that answer one question, whether a text matches, in bounded time.
 *
 * POSIX extended syntax with what people have come to expect beside it:
 *
 *     . [a-z] [^a-z] [[:alpha:]]  ^ $  ( ) (?: )  |  * + ? {n} {n,} {n,m}, each with a lazy '?'
 *     \d \D \w \W \s \S  \b \B \< \>  \t \n \r \f \v \e \xHH, and \ before anything else: itself
 *
 * It works on bytes; '.' is any of them. '^' and '$' are the ends of the text, not of its lines.
 * Back-references are refused: with them no time bound would hold.
 *
 * A Thompson automaton (K. Thompson, "Regular Expression Search Algorithm", 1968) simulated with
 * all its states at once: the time is at most the size of the program times that of the text,
 * whatever the pattern. */
#ifndef EBB_STORAGE_BASE_REGEX_H
#define EBB_STORAGE_BASE_REGEX_H

#include <stdbool.h>

#include "storage/base/bytes.h"

/* Instructions, and brackets that are open at once. */
enum { REGEX_CODE_MAX = 4096, REGEX_DEPTH_MAX = 100 };

typedef struct regex regex;

/* NULL, with '*reason' set to a constant text, if the pattern is none or too big. */
regex *regexNew(bytes pattern, bool ignore_case, const char **reason);
void regexFree(regex *r);

/* True if any part of 'text' matches. */
bool regexMatch(regex *r, bytes text);

#endif
