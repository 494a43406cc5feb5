/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_PERIOD_H
#define SG_PKI_PERIOD_H

/* Validity and renewal periods: seconds here, "2 Years" in certutil's text. */

#include "base/bytes.h"

#define PERIOD_MAX	((int64_t)1000 * 365 * 86400)	/* seconds */

/* The largest unit that leaves no rest; a year has 365 days, a month 30.
 * Unit words are Windows' ("Years", also for one). */
enum sg_err period_print(char **out, int64_t seconds);
/* A number and a unit, singular or plural, without case; SG_EARG. */
enum sg_err period_parse(int64_t *out, const char *text);

#endif
