/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_CONF_H
#define SG_BASE_CONF_H

/*
 * Our configuration files: "[section]" or "[section name]" lines, "key =
 * value" lines, '#' comments.  Every key must be one that the reader of the
 * file announces; an unknown one is an error that names file and line.
 */

#include "base/bytes.h"

#define CONF_FILE_MAX	65536	/* bytes of a file */
#define CONF_LINE_MAX	1024	/* bytes of a line */

struct conf_line {
	const char *section;	/* "" before the first section line */
	const char *name;	/* second word of the section line, or "" */
	const char *key;
	const char *value;	/* blanks at both ends are gone */
	unsigned line;		/* counted from 1 */
};

/* Called for each key; a failure ends the reading and is returned with
 * "file:line: " in front. */
typedef enum sg_err conf_each(void *arg, const struct conf_line *line);

/* Pure: text is the contents, file only names it in notes. */
enum sg_err conf_parse(struct bytes text, const char *file, conf_each *each,
    void *arg);

/* Reads and parses the file; a missing file is SG_ENOENT. */
enum sg_err conf_read(const char *path, conf_each *each, void *arg);

/* "yes|true|on|1" and their opposites; anything else is SG_EFORMAT. */
enum sg_err conf_bool(bool *out, const char *value);

#endif
