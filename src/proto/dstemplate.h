/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PROTO_DSTEMPLATE_H
#define SG_PROTO_DSTEMPLATE_H

/*
 * The text that "certutil -dsTemplate" writes and "-dsAddTemplate" reads.
 * Pure.
 */

#include "pki/template.h"

#define DSTEMPLATE_FILE_MAX	((size_t)4 << 20)	/* bytes as on disk */
#define DSTEMPLATE_COUNT_MAX	512			/* templates */

/* What the console prints behind the text, and people are told to delete. */
#define DSTEMPLATE_STATUS "CertUtil: -dsTemplate command completed " \
	"successfully."

struct dstemplates {
	struct template *v;
	size_t n;
};
void dstemplates_done(struct dstemplates *l);

/*
 * Reads UTF-8 or (with a BOM) UTF-16, else Windows-1252; LF or CRLF; also the
 * comments of certutil -v, values and strings that go on in the next line, and
 * the status line at the end.  Unknown attributes are kept.  file only names it
 * in notes, which begin with "file:line: ".  SG_EFORMAT, SG_ELIMIT; SG_ENOENT
 * when there is no template in it, as certutil writes for a name it does not
 * know.
 */
enum sg_err dstemplate_read(struct dstemplates *out, struct bytes text,
    const char *file);

/* Appends the text of all of them, UTF-8 with LF. */
enum sg_err dstemplate_write(struct buf *out, const struct template *const *t,
    size_t n);

/* Appends the text as PowerShell's redirection stores it: UTF-16LE with BOM
 * and CRLF. */
enum sg_err dstemplate_windows(struct buf *out, struct bytes text);

#endif
