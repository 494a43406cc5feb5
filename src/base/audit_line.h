/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_AUDIT_LINE_H
#define SG_BASE_AUDIT_LINE_H

/* A line of base/log.h's audit(), read again. */

#include "base/bytes.h"

#define AUDIT_PAIRS_MAX 12

struct audit_pair {
	struct bytes key;
	struct bytes value;	/* without quotes */
};

/* Views into the line. */
struct audit_line {
	struct bytes time;	/* "2026-11-21T09:12:04Z" */
	struct bytes what;
	struct audit_pair pairs[AUDIT_PAIRS_MAX];
	size_t count;
};

/* Pure.  SG_EFORMAT unless the line, without its end, is what audit() writes:
 * a time, a word, and key=value or key="value" pairs. */
enum sg_err audit_line_parse(struct bytes line, struct audit_line *out);

/* The value of the first pair of that key; p NULL when there is none. */
struct bytes audit_line_value(const struct audit_line *l, const char *key);

/* True when user did it, or it was done to his container. */
bool audit_line_concerns(const struct audit_line *l, uint32_t uid);

#endif
