/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_MIRROR_H
#define SG_CA_MIRROR_H

/*
 * The audit chain as lines of a text file, for people, for programs that carry
 * logs to another machine, and as the place where heads are noted: each line
 * ends with its record's number and hash.
 *
 *	2026-11-22T08:00:00Z issue who="root" request=1 serial=4f... \
 *	    result="issued" seq=2 hash=91...
 */

#include "ca/audit.h"

struct ca_mirror {
	int fd;		/* -1: closed */
	char *path;
};
void ca_mirror_done(struct ca_mirror *m);

/* Makes the file (mode 0600) when it is not there. */
enum sg_err ca_mirror_open(struct ca_mirror *m, const char *path);

/* Appends what the chain has and the file does not; others may do so at the
 * same time.  A file without a line, such as one that was just rotated, begins
 * a little before the end of the chain. */
enum sg_err ca_mirror_update(const struct ca_mirror *m, struct db *db);

/* The last line's record; seq 0 when there is no line.  SG_EFORMAT. */
enum sg_err ca_mirror_head(struct ca_audit_head *out,
    const struct ca_mirror *m);

#endif
