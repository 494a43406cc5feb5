/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_OUTPUT_H
#define SIGNET_OUTPUT_H

/* What people and programs read on standard output. */

#include "base/bytes.h"
#include "ipc/objects.h"
#include "pki/print.h"
#include "proto/json_fields.h"

#define TABLE_COLUMNS_MAX 12

/* Rows of text in columns; the first failure sticks until it is printed. */
struct table {
	const char *const *heads;
	size_t columns;
	char **cells;
	size_t n;
	enum sg_err failed;
};
void table_done(struct table *t);

/* Appends a cell; control characters become '?', "" is shown as "-". */
void table_cell(struct table *t, const char *text);
void table_date(struct table *t, int64_t unix_seconds);
/* Prints all rows under their heads, or only the text none when there are no
 * rows. */
enum sg_err table_print(const struct table *t, const char *none);

/* One "Label:   value" line of a record, or one more value of the line before
 * when the label is ""; control characters become '?'. */
void field_print(const char *label, const char *value);

/* All fields of one thing, a line each. */
enum sg_err record_print(const struct fields *f);

/* "2026-11-21" and "2026-11-21 21:04" in local time. */
#define DATE_TEXT_MAX 32
void date_text(char out[DATE_TEXT_MAX], int64_t unix_seconds);
void moment_text(char out[DATE_TEXT_MAX], int64_t unix_seconds);

/* A message while something takes its time: only on a terminal, to stderr;
 * the next call, NULL for the end, replaces it. */
void progress(const char *text);

const char *key_type_name(enum object_key_type type);
/* "rsa2048" or "p256"; SG_EARG. */
enum sg_err key_type_parse(enum object_key_type *out, const char *name);

#endif
