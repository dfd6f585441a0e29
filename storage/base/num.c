#include "storage/base/num.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- integers ---- */

/* Digits of a uint64 with no leading zero; "0" itself is one. */
static bool parseDigits(const char *at, size_t size, uint64_t *out) {
    if (size == 0 || size > 20) return false;
    if (at[0] == '0' && size > 1) return false;
    uint64_t value = 0;
    /* 19 digits cannot overflow; the 20th is checked. */
    size_t safe = size < 20 ? size : 19;
    for (size_t i = 0; i < safe; i++) {
        unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    if (size == 20) {
        unsigned digit = (unsigned)(unsigned char)at[19] - '0';
        if (digit > 9) return false;
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, digit, &value)) return false;
    }
    *out = value;
    return true;
}

bool numParseUint(bytes text, uint64_t *out) {
    return parseDigits(text.data, text.size, out);
}

bool numParseInt(bytes text, int64_t *out) {
    bool negative = text.size > 0 && text.data[0] == '-';
    uint64_t value;
    if (!parseDigits(text.data + negative, text.size - negative, &value)) return false;
    if (negative) {
        if (value == 0 || value > (uint64_t)INT64_MAX + 1) return false;
        *out = (int64_t)(0 - value);
        return true;
    }
    if (value > INT64_MAX) return false;
    *out = (int64_t)value;
    return true;
}

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

static const uint64_t powers_of_ten[20] = {1ULL,
                                           10ULL,
                                           100ULL,
                                           1000ULL,
                                           10000ULL,
                                           100000ULL,
                                           1000000ULL,
                                           10000000ULL,
                                           100000000ULL,
                                           1000000000ULL,
                                           10000000000ULL,
                                           100000000000ULL,
                                           1000000000000ULL,
                                           10000000000000ULL,
                                           100000000000000ULL,
                                           1000000000000000ULL,
                                           10000000000000000ULL,
                                           100000000000000000ULL,
                                           1000000000000000000ULL,
                                           10000000000000000000ULL};

static size_t digitsOf(uint64_t value) {
    /* bits * log10(2), then one more where the value reaches that power. */
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    size_t guess = bits * 1233 >> 12;
    return guess + (guess < 20 && value >= powers_of_ten[guess]) + (value == 0);
}

size_t numFormatUint(char *out, uint64_t value) {
    if (value < 10) {
        out[0] = (char)('0' + value);
        return 1;
    }
    size_t size = digitsOf(value);
    char *at = out + size;
    while (value >= 100) {
        uint64_t rest = value / 100;
        at -= 2;
        memcpy(at, digit_pairs + 2 * (value - rest * 100), 2);
        value = rest;
    }
    if (value >= 10)
        memcpy(out, digit_pairs + 2 * value, 2);
    else
        out[0] = (char)('0' + value);
    return size;
}

size_t numFormatInt(char *out, int64_t value) {
    if (value >= 0) return numFormatUint(out, (uint64_t)value);
    *out = '-';
    return 1 + numFormatUint(out + 1, 0 - (uint64_t)value);
}

/* ---- floating point, in ---- */

/* Powers of ten that a double holds exactly. */
static const double exact_powers[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Plain decimals of up to 15 digits, with no exponent, as nearly all are: both the digits and the
 * power of ten are exact doubles, so that one division rounds correctly (Clinger's fast path). */
static bool parseShortDecimal(bytes text, double *out) {
    size_t at = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
    if (text.size - at > 16) return false;
    uint64_t digits = 0;
    size_t count = 0;
    size_t point = SIZE_MAX;
    for (; at < text.size; at++) {
        char c = text.data[at];
        if (c == '.' && point == SIZE_MAX) {
            point = count;
        } else if (c >= '0' && c <= '9') {
            digits = digits * 10 + (uint64_t)(c - '0');
            count++;
        } else {
            return false;
        }
    }
    if (count == 0 || count > 15) return false;
    double value = (double)digits;
    if (point != SIZE_MAX) value /= exact_powers[count - point];
    *out = text.data[0] == '-' ? -value : value;
    return true;
}

/* A zero-terminated copy for strtod in 'out' (NUM_DOUBLE_MAX); false where strtod would read
 * something else than the whole text. */
static bool copyForStrtod(char *out, bytes text) {
    if (text.size == 0 || text.size >= NUM_DOUBLE_MAX) return false;
    if (isspace((unsigned char)text.data[0])) return false;
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

bool numParseDouble(bytes text, double *out) {
    if (parseShortDecimal(text, out)) return true;
    char copy[NUM_DOUBLE_MAX];
    if (!copyForStrtod(copy, text)) return false;
    char *end;
    errno = 0;
    double value = strtod(copy, &end);
    if (end != copy + text.size || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *out = value;
    return true;
}

bool numParseLongDouble(bytes text, long double *out) {
    char copy[NUM_DOUBLE_MAX];
    if (!copyForStrtod(copy, text)) return false;
    char *end;
    errno = 0;
    long double value = strtold(copy, &end);
    if (end != copy + text.size || isnan(value)) return false;
    if (errno == ERANGE && (isinf(value) || value == 0)) return false;
    *out = value;
    return true;
}

/* ---- floating point, out ---- */

static size_t formatSpecial(char *out, bool nan, bool negative) {
    const char *text = nan ? "nan" : negative ? "-inf" : "inf";
    size_t size = strlen(text);
    memcpy(out, text, size);
    return size;
}

/* Values with few digits, as most scores are: the least k where value * 10^k is a whole number of
 * up to 15 digits. Such a number over an exact power of ten reads back as 'value' exactly when
 * the division gives it, and no shorter text can. 0 if there is none. */
static size_t formatShortDecimal(char *out, double value) {
    double positive = fabs(value);
    if (positive < 1e-4 || positive >= 1e15) return 0;
    for (int k = 1; k <= 18; k++) {
        double scaled = positive * exact_powers[k];
        if (scaled >= 1e15) return 0;
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if ((double)digits / exact_powers[k] != positive) continue;
        size_t at = 0;
        if (value < 0) out[at++] = '-';
        uint64_t power = powers_of_ten[k];
        at += numFormatUint(out + at, digits / power);
        out[at++] = '.';
        char fraction[NUM_INT_MAX];
        size_t size = numFormatUint(fraction, digits % power);
        memset(out + at, '0', (size_t)k - size);
        memcpy(out + at + k - size, fraction, size);
        return at + (size_t)k;
    }
    return 0;
}

size_t numFormatDouble(char *out, double value) {
    if (!isfinite(value)) return formatSpecial(out, isnan(value), value < 0);
    if (fabs(value) < 1e17 && value == (double)(int64_t)value) {
        if (value == 0 && signbit(value)) return memcpy(out, "-0", 2), 2;
        return numFormatInt(out, (int64_t)value);
    }
    size_t size = formatShortDecimal(out, value);
    if (size) return size;
    /* Any 15 digits survive a normal double, so that %g's cut zeros are all there is to cut;
     * denormals hold fewer. Where formatShortDecimal looked, fewer than 16 were ruled out. */
    double positive = fabs(value);
    int precision = positive < DBL_MIN ? 1 : positive >= 1e-4 && positive < 1e15 ? 16 : 15;
    for (;; precision++) {
        size = (size_t)snprintf(out, 64, "%.*g", precision, value);
        if (precision == 17 || strtod(out, NULL) == value) break;
    }
    return size;
}

size_t numFormatLongDouble(char *out, long double value) {
    if (!isfinite(value)) return formatSpecial(out, isnan(value), value < 0);
    size_t size = (size_t)snprintf(out, NUM_DOUBLE_MAX, "%.17Lf", value);
    while (out[size - 1] == '0') size--;
    if (out[size - 1] == '.') size--;
    if (size == 2 && out[0] == '-' && out[1] == '0') {
        out[0] = '0';
        size = 1;
    }
    return size;
}

/* ---- sizes ---- */

void numFormatHuman(char *out, uint64_t size_bytes) {
    if (size_bytes < 1024) {
        snprintf(out, 32, "%lluB", (unsigned long long)size_bytes);
        return;
    }
    static const char units[] = "KMGTPE";
    unsigned unit = 0;
    double value = (double)size_bytes / 1024;
    for (uint64_t rest = size_bytes >> 20; rest > 0; rest >>= 10) {
        value /= 1024;
        unit++;
    }
    snprintf(out, 32, "%.2f%c", value, units[unit]);
}

bool numParseSize(bytes text, uint64_t *out) {
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {{"", 1},
                 {"b", 1},
                 {"k", 1000},
                 {"kb", 1024},
                 {"m", 1000 * 1000},
                 {"mb", 1024 * 1024},
                 {"g", 1000LL * 1000 * 1000},
                 {"gb", 1024LL * 1024 * 1024}};
    size_t digits = 0;
    uint64_t value = 0;
    for (; digits < text.size && isdigit((unsigned char)text.data[digits]); digits++) {
        unsigned digit = (unsigned)(text.data[digits] - '0');
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_add_overflow(value, digit, &value)) return false;
    }
    if (digits == 0) return false;
    bytes unit = bytesOf(text.data + digits, text.size - digits);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!bytesEqualWord(unit, units[i].name)) continue;
        if (__builtin_mul_overflow(value, units[i].factor, &value)) return false;
        *out = value;
        return true;
    }
    return false;
}
