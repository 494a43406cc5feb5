/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_ROWS_H
#define SIGNET_CA_ROWS_H

/* Lists of any length: each row is printed when it comes, as a line or as one
 * element of a JSON array.  Only a person is shown heads, or told that there is
 * nothing; whatever else reads it gets rows. */

#include "proto/json_fields.h"
#include "verb.h"

struct rows {
	const char *heads;
	const char *none;
	bool json;
	bool any;
};
/* The heads, as rows_line() would print them, and a sentence for none. */
void rows_begin(struct rows *r, const struct options *o, const char *heads,
    const char *none);
void rows_line(struct rows *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* An element whose object is open; rows_put() closes and prints it. */
enum sg_err rows_object(struct json_out **out);
enum sg_err rows_put(struct rows *r, struct json_out *j);
void rows_end(const struct rows *r);

/* --after as a number; 0 when it was not said. */
enum sg_err after_number(int64_t *out, const struct options *o);
/* The operand, the number of a request. */
enum sg_err operand_number(int64_t *out, const struct options *o);
/* "2026-11-22", or with the time. */
void date_text(char out[16], int64_t t);
void time_text(char out[32], int64_t t);

#endif
