/* From a pattern to a program, in one pass and with no tree between: a part that has been compiled
 * is a run of instructions, which may be moved, wrapped and copied. */
#include <ctype.h>

#include "storage/base/mem.h"
#include "storage/base/regex_internal.h"

enum { REPEAT_MAX = 1000, UNLIMITED = -1, SETS_MAX = 1024 };

typedef struct parser {
    regex *r;
    const uint8_t *at, *end;
    bool ignore_case;
    int depth;
    const char *reason; /* what is wrong, NULL as long as nothing is */
} parser;

static bool fail(parser *p, const char *reason) {
    if (!p->reason) p->reason = reason;
    return false;
}

static bool more(const parser *p) {
    return p->at < p->end;
}

static bool take(parser *p, char wanted) {
    if (!more(p) || *p->at != (uint8_t)wanted) return false;
    p->at++;
    return true;
}

/* ---- instructions ---- */

static bool makeRoom(parser *p, uint32_t count) {
    regex *r = p->r;
    if (count > REGEX_CODE_MAX - r->size) return fail(p, "regular expression is too big");
    if (r->size + count > r->room) {
        r->room = (r->size + count) * 2;
        r->code = memRealloc(r->code, r->room * sizeof *r->code);
    }
    return true;
}

static bool emit(parser *p, regexCode code) {
    if (!makeRoom(p, 1)) return false;
    p->r->code[p->r->size++] = code;
    return true;
}

/* Puts an instruction before the run that starts at 'start' and ends the program. */
static bool emitBefore(parser *p, uint32_t start, regexCode code) {
    if (!makeRoom(p, 1)) return false;
    regexCode *at = p->r->code + start;
    memmove(at + 1, at, (p->r->size - start) * sizeof *at);
    *at = code;
    p->r->size++;
    return true;
}

static regexCode plain(regexOp op) {
    return (regexCode){.op = (uint8_t)op};
}

static regexCode split(int64_t x, int64_t y) {
    return (regexCode){.op = REGEX_SPLIT, .x = (int32_t)x, .y = (int32_t)y};
}

static regexCode jump(int64_t x) {
    return (regexCode){.op = REGEX_JUMP, .x = (int32_t)x};
}

static bool emitSet(parser *p, const regexSet *set) {
    regex *r = p->r;
    if (r->set_count == SETS_MAX) return fail(p, "regular expression is too big");
    if (r->set_count == r->set_room) {
        r->set_room = r->set_room * 2 + 4;
        r->sets = memRealloc(r->sets, r->set_room * sizeof *r->sets);
    }
    r->sets[r->set_count] = *set;
    return emit(p, (regexCode){.op = REGEX_SET, .x = (int32_t)r->set_count++});
}

static bool emitByte(parser *p, uint8_t byte) {
    if (!p->ignore_case || !isalpha(byte)) return emit(p, (regexCode){REGEX_BYTE, byte, 0, 0});
    regexSet both = {{0}};
    regexSetAdd(&both, (uint8_t)tolower(byte));
    regexSetAdd(&both, (uint8_t)toupper(byte));
    return emitSet(p, &both);
}

/* ---- sets of bytes ---- */

static int isWord(int byte) {
    return regexIsWord((uint8_t)byte);
}

/* The kind of bytes that \d and its kin stand for, in either case; NULL if it is none. */
static int (*kindOf(uint8_t letter))(int) {
    switch (tolower(letter)) {
    case 'd': return isdigit;
    case 'w': return isWord;
    case 's': return isspace;
    default: return NULL;
    }
}

static void addKind(regexSet *set, int (*is)(int), bool inverted) {
    /* The C locale: no byte above 127 is of any kind. */
    for (int byte = 0; byte < 256; byte++)
        if ((byte < 128 && is(byte) != 0) != inverted) regexSetAdd(set, (uint8_t)byte);
}

/* "[:alpha:]" in a set, whose "[:" has been taken. */
static bool addNamedKind(parser *p, regexSet *set) {
    static const struct {
        const char *name;
        int (*is)(int);
    } kinds[] = {{"alnum", isalnum},  {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
                 {"digit", isdigit},  {"graph", isgraph}, {"lower", islower}, {"print", isprint},
                 {"punct", ispunct},  {"space", isspace}, {"upper", isupper}, {"word", isWord},
                 {"xdigit", isxdigit}};
    const uint8_t *name = p->at;
    while (more(p) && isalpha(*p->at)) p->at++;
    bytes given = bytesOf(name, (size_t)(p->at - name));
    if (!take(p, ':') || !take(p, ']')) return fail(p, "brackets are not closed");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!bytesEqual(given, bytesOfText(kinds[i].name))) continue;
        addKind(set, kinds[i].is, false);
        return true;
    }
    return fail(p, "unknown character class");
}

static int hexDigit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = (uint8_t)tolower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that a backslash and 'letter' (which has been taken) stand for. */
static uint8_t escaped(parser *p, uint8_t letter) {
    switch (letter) {
    case 't': return '\t';
    case 'n': return '\n';
    case 'r': return '\r';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    case 'e': return 27;
    case 'x':
        if (p->end - p->at < 2 || hexDigit(p->at[0]) < 0 || hexDigit(p->at[1]) < 0) return letter;
        p->at += 2;
        return (uint8_t)(hexDigit(p->at[-2]) << 4 | hexDigit(p->at[-1]));
    default: return letter;
    }
}

/* One member of a set, or the end of a range; false if it was a whole kind, or on an error. */
static bool setByte(parser *p, regexSet *set, uint8_t *byte) {
    *byte = *p->at++;
    if (*byte == '[' && take(p, ':')) {
        addNamedKind(p, set);
        return false;
    }
    if (*byte != '\\' || !more(p)) return true;
    uint8_t letter = *p->at++;
    if (kindOf(letter)) {
        addKind(set, kindOf(letter), isupper(letter) != 0);
        return false;
    }
    *byte = escaped(p, letter);
    return true;
}

static void foldSet(regexSet *set) {
    for (int c = 'a'; c <= 'z'; c++) {
        uint8_t lower = (uint8_t)c, upper = (uint8_t)toupper(c);
        if (regexSetHas(set, lower)) regexSetAdd(set, upper);
        if (regexSetHas(set, upper)) regexSetAdd(set, lower);
    }
}

/* "[...]", whose "[" has been taken. */
static bool parseSet(parser *p) {
    regexSet set = {{0}};
    bool inverted = take(p, '^');
    for (bool first = true; first || (more(p) && *p->at != ']'); first = false) {
        uint8_t low, high;
        if (!more(p)) break;
        if (!setByte(p, &set, &low)) {
            if (p->reason) return false;
            continue;
        }
        high = low;
        if (p->end - p->at >= 2 && p->at[0] == '-' && p->at[1] != ']') {
            p->at++;
            if (!setByte(p, &set, &high)) return fail(p, "invalid range in brackets");
        }
        if (high < low) return fail(p, "invalid range in brackets");
        for (int byte = low; byte <= high; byte++) regexSetAdd(&set, (uint8_t)byte);
    }
    if (!take(p, ']')) return fail(p, "brackets are not closed");
    if (p->ignore_case) foldSet(&set);
    for (int i = 0; inverted && i < 4; i++) set.bits[i] = ~set.bits[i];
    return emitSet(p, &set);
}

/* ---- parts ---- */

static bool parseEither(parser *p);

static bool parseEscape(parser *p) {
    if (!more(p)) return fail(p, "trailing backslash");
    uint8_t letter = *p->at++;
    if (kindOf(letter)) {
        regexSet set = {{0}};
        addKind(&set, kindOf(letter), isupper(letter) != 0);
        return emitSet(p, &set);
    }
    if (letter >= '1' && letter <= '9') return fail(p, "backreferences are not supported");
    switch (letter) {
    case 'b': return emit(p, plain(REGEX_EDGE));
    case 'B': return emit(p, plain(REGEX_NO_EDGE));
    case '<': return emit(p, plain(REGEX_OPENS));
    case '>': return emit(p, plain(REGEX_CLOSES));
    default: return emitByte(p, escaped(p, letter));
    }
}

static bool parseGroup(parser *p) {
    if (take(p, '?') && !take(p, ':')) return fail(p, "unknown kind of group");
    if (++p->depth > REGEX_DEPTH_MAX) return fail(p, "parentheses are nested too deep");
    if (!parseEither(p)) return false;
    p->depth--;
    return take(p, ')') || fail(p, "parentheses are not closed");
}

/* One part, which is an instruction at least: so a program's size bounds what repeats can cost. */
static bool parsePart(parser *p) {
    uint8_t c = *p->at++;
    switch (c) {
    case '(': return parseGroup(p);
    case '[': return parseSet(p);
    case '.': return emit(p, plain(REGEX_ANY));
    case '^': return emit(p, plain(REGEX_START));
    case '$': return emit(p, plain(REGEX_END));
    case '\\': return parseEscape(p);
    case '*':
    case '+':
    case '?': return fail(p, "nothing to repeat");
    default: return emitByte(p, c);
    }
}

/* ---- repeats ---- */

static bool star(parser *p, uint32_t start) {
    int64_t size = p->r->size - start;
    return emitBefore(p, start, split(1, size + 2)) && emit(p, jump(-(size + 1)));
}

/* 'count' more copies of the run of 'size' instructions at 'start'; each behind a split that may
 * leave it out, if 'optional'. */
static bool copies(parser *p, uint32_t start, uint32_t size, int count, bool optional) {
    for (int i = 0; i < count; i++) {
        if (!makeRoom(p, size + 1)) return false;
        if (optional) emit(p, split(1, (int64_t)size + 1));
        memcpy(p->r->code + p->r->size, p->r->code + start, size * sizeof *p->r->code);
        p->r->size += size;
    }
    return true;
}

static bool repeat(parser *p, uint32_t start, int least, int most) {
    uint32_t size = p->r->size - start;
    if (most == 0) {
        p->r->size = start;
        return emit(p, plain(REGEX_NOTHING));
    }
    if (least == 0 && most == UNLIMITED) return star(p, start);
    if (least == 0) {
        if (!emitBefore(p, start, split(1, (int64_t)size + 1))) return false;
        return copies(p, start + 1, size, most - 1, true);
    }
    if (!copies(p, start, size, least - 1, false)) return false;
    if (most == UNLIMITED) return emit(p, split(-(int64_t)size, 1));
    return copies(p, start, size, most - least, true);
}

static bool number(parser *p, int *out) {
    if (!more(p) || !isdigit(*p->at)) return false;
    for (*out = 0; more(p) && isdigit(*p->at); p->at++)
        if (*out <= REPEAT_MAX) *out = *out * 10 + (*p->at - '0');
    return true;
}

/* "{n}", "{n,}" or "{n,m}", whose "{" has been taken. */
static bool parseCounts(parser *p, int *least, int *most) {
    if (!number(p, least)) return fail(p, "invalid repeat count");
    *most = *least;
    if (take(p, ',') && !number(p, most)) *most = UNLIMITED;
    if (!take(p, '}')) return fail(p, "braces are not closed");
    if (*least > REPEAT_MAX || *most > REPEAT_MAX || (*most != UNLIMITED && *most < *least))
        return fail(p, "invalid repeat count");
    return true;
}

static bool parseRepeated(parser *p) {
    uint32_t start = p->r->size;
    if (!parsePart(p)) return false;
    while (more(p)) {
        int least = 0, most = UNLIMITED;
        if (take(p, '+')) {
            least = 1;
        } else if (take(p, '?')) {
            most = 1;
        } else if (take(p, '{')) {
            if (!parseCounts(p, &least, &most)) return false;
        } else if (!take(p, '*')) {
            break;
        }
        /* Lazy or greedy, it is the same texts that match. */
        take(p, '?');
        if (!repeat(p, start, least, most)) return false;
    }
    return true;
}

static bool parseSequence(parser *p) {
    uint32_t start = p->r->size;
    while (more(p) && *p->at != '|' && *p->at != ')')
        if (!parseRepeated(p)) return false;
    return p->r->size > start || emit(p, plain(REGEX_NOTHING));
}

static bool parseEither(parser *p) {
    uint32_t start = p->r->size;
    if (!parseSequence(p)) return false;
    uint32_t last_jump = 0; /* jumps to the end, each with the way back to the one before in x */
    bool any = false;
    while (take(p, '|')) {
        uint32_t size = p->r->size - start;
        if (!emitBefore(p, start, split(1, (int64_t)size + 2))) return false;
        uint32_t at = p->r->size;
        if (!emit(p, jump(any ? (int64_t)at - last_jump : 0))) return false;
        last_jump = at;
        any = true;
        start = p->r->size;
        if (!parseSequence(p)) return false;
    }
    for (uint32_t at = last_jump; any;) {
        uint32_t way = (uint32_t)p->r->code[at].x;
        p->r->code[at].x = (int32_t)(p->r->size - at);
        any = way != 0;
        at -= way;
    }
    return true;
}

bool regexCompile(regex *r, bytes pattern, bool ignore_case, const char **reason) {
    const uint8_t *text = (const uint8_t *)pattern.data;
    parser p = {.r = r, .at = text, .end = text + pattern.size, .ignore_case = ignore_case};
    if (parseEither(&p) && more(&p)) fail(&p, "unmatched parenthesis");
    if (!p.reason) emit(&p, plain(REGEX_FOUND));
    if (!p.reason) return true;
    *reason = p.reason;
    return false;
}
