/* num.h - numbers from and to text, exactly as the protocol's users know them. */
#ifndef EBB_STORAGE_BASE_NUM_H
#define EBB_STORAGE_BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/base/bytes.h"

/* Room for any int64 or uint64 in decimal, its sign and a closing zero. */
enum { NUM_INT_MAX = 24, NUM_DOUBLE_MAX = 5 * 1024 };

/* Strict decimal int64: no spaces, no '+', no leading zeros, no "-0". False leaves *out alone. */
bool numParseInt(bytes text, int64_t *out);
/* Decimal uint64, as strict. */
bool numParseUint(bytes text, uint64_t *out);

/* A whole text as a double (strtod's forms, "inf", "-infinity", hex floats); no leading space, no
 * trailing bytes, no NaN, no overflow to infinity nor underflow. */
bool numParseDouble(bytes text, double *out);
/* The same as a long double: INCRBYFLOAT's arithmetic. */
bool numParseLongDouble(bytes text, long double *out);

/* Decimal digits of 'value' into 'out' (NUM_INT_MAX); the length. Adds no closing zero. */
size_t numFormatInt(char *out, int64_t value);
size_t numFormatUint(char *out, uint64_t value);

/* The shortest text that reads back as 'value', as RESP3 doubles and scores print: 3, 3.1, 1e+20,
 * "inf", "-inf", "nan". Its notation is that of "%.17g" (an exponent below 1e-4 and from 1e17), so
 * that it differs from older servers in the digits alone. 'out' holds 64 bytes. The length. */
size_t numFormatDouble(char *out, double value);
/* INCRBYFLOAT's form: "%.17Lf" with trailing zeros cut, never an exponent. 'out' holds
 * NUM_DOUBLE_MAX bytes. The length. */
size_t numFormatLongDouble(char *out, long double value);

/* "1.50M" for people, as INFO's *_human fields print. 'out' holds 32 bytes. */
void numFormatHuman(char *out, uint64_t size_bytes);

/* A size with a unit (1k = 1000, 1kb = 1024, ... gb), as redis.conf writes. */
bool numParseSize(bytes text, uint64_t *out);

#endif
