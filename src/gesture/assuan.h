/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_GESTURE_ASSUAN_H
#define SG_GESTURE_ASSUAN_H

/*
 * The lines that pinentry and its caller exchange (libassuan's manual,
 * "Server responses" and "Client requests").  Pure.
 */

#include "base/bytes.h"
#include "base/secret.h"

#define ASSUAN_LINE_MAX 1000	/* bytes of a line without its end */

enum assuan_kind {
	ASSUAN_OK = 1,
	ASSUAN_ERR,
	ASSUAN_DATA,
	ASSUAN_STATUS,
	ASSUAN_INQUIRE,
	ASSUAN_COMMENT,
};

struct assuan_line {
	enum assuan_kind kind;
	unsigned long code;	/* of ERR: a libgpg-error value */
	struct bytes rest;	/* what follows the keyword, or the code of
				 * ERR; points into the line */
};

/* Errors of ERR, without the source in the upper bits. */
#define ASSUAN_CODE(code)	((code) & 0xffff)
#define ASSUAN_TIMEOUT		62
#define ASSUAN_CANCELED		99
#define ASSUAN_NOT_CONFIRMED	114
#define ASSUAN_FULLY_CANCELED	198

/* Splits a server's line (without line end).  SG_EFORMAT for a keyword that
 * is none, an ERR without number, a line over the limit. */
enum sg_err assuan_parse(struct assuan_line *out, struct bytes line);

/* Appends the data with its %XX undone.  SG_EFORMAT, SG_ELIMIT. */
enum sg_err assuan_unescape(struct secret *out, struct bytes data);

/* Appends "command text\n", with the text escaped (none when it is NULL);
 * SG_ELIMIT when the line would be too long. */
enum sg_err assuan_command(struct buf *out, const char *command,
    const char *text);

#endif
