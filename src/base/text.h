/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_TEXT_H
#define SG_BASE_TEXT_H

/* Bytes as text and back: hexadecimal, base64, numbers. */

#include "base/bytes.h"

/* Lower-case hexadecimal of x, in memory of its own. */
enum sg_err hex_encode(char **out, struct bytes x);
/* Appends the bytes; SG_EFORMAT unless s is an even number of hex digits. */
enum sg_err hex_decode(struct buf *out, const char *s);

/* RFC 4648 section 4 with padding, no line breaks. */
enum sg_err base64_encode(char **out, struct bytes x);
/* Appends the bytes; white space is skipped, anything else that is not
 * base64 is SG_EFORMAT. */
enum sg_err base64_decode(struct buf *out, struct bytes text);

/* A whole decimal number within min..max; SG_EARG naming what it is for. */
enum sg_err number_parse(long long *out, const char *s, long long min,
    long long max, const char *what);

#endif
