/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_PERIOD_H
#define SG_PKI_PERIOD_H

/* Validity and renewal periods: seconds here, "2 Years" in certutil's text,
 * eight bytes in the directory. */

#include "base/bytes.h"

#define PERIOD_BYTES	8
#define PERIOD_MAX	((int64_t)1000 * 365 * 86400)	/* seconds */

/* The largest unit that leaves no rest; a year has 365 days, a month 30.
 * Unit words are Windows' ("Years", also for one). */
enum sg_err period_print(char **out, int64_t seconds);
/* A number and a unit, singular or plural, without case; SG_EARG. */
enum sg_err period_parse(int64_t *out, const char *text);

/* pKIExpirationPeriod and pKIOverlapPeriod, MS-CRTD 2.12: a negative count of
 * 100 ns, little-endian. */
enum sg_err period_encode(struct buf *out, int64_t seconds);
/* SG_EFORMAT for other lengths, positive counts and parts of a second. */
enum sg_err period_decode(int64_t *out, struct bytes x);

#endif
