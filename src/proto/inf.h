/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_INF_H
#define SG_PROTO_INF_H

/*
 * The Setup API's INF text, as far as certreq policy files use it: sections,
 * "key = value", quotes, ';' comments, %strings% from [Strings], and
 * "_continue_" lines.  Pure.
 */

#include "base/bytes.h"

#define INF_FILE_MAX	262144	/* bytes as on disk */
#define INF_SECTION_MAX	64
#define INF_LINE_MAX	1024	/* "key = value" lines in the whole file */
#define INF_VALUE_MAX	16384	/* bytes of a value, strings replaced */

/* One "key = value"; its continuations are part of the value. */
struct inf_line {
	char *key;
	char *value;
	bool quoted;		/* a comma in it separates nothing */
	unsigned line;		/* of the key, counted from 1 */
};

struct inf_section {
	char *name;
	unsigned line;
	struct inf_line *lines;	/* of all sections of this name */
	size_t n;
};

struct inf {
	struct inf_section *sections;
	size_t n;
};
void inf_done(struct inf *f);

/*
 * Reads UTF-8 (with or without BOM) and, with a BOM, UTF-16.  file only names
 * it in notes, which begin with "file:line: ".  SG_EFORMAT, SG_ELIMIT.
 */
enum sg_err inf_parse(struct inf *out, struct bytes text, const char *file);

/* The section of that name, without regard to case; NULL when it is missing. */
const struct inf_section *inf_find(const struct inf *f, const char *name);

/* Appends the value in quotes, so that inf_parse reads it back. */
enum sg_err inf_quote(struct buf *out, const char *value);

#endif
