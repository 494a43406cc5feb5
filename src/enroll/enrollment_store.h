/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_ENROLLMENT_STORE_H
#define SG_ENROLL_ENROLLMENT_STORE_H

/* Enrollments in files that their owner alone reads, one each, below
 * $XDG_STATE_HOME/signet/enroll (~/.local/state). */

#include "enroll/enrollment.h"

#define ENROLLMENT_COUNT_MAX 256

struct enrollment_store {
	char *folder;
	int lock;	/* a descriptor, or -1 */
};
void enrollment_store_done(struct enrollment_store *s);

/* folder NULL: the usual one, which is made.  SG_ENOENT without a home. */
enum sg_err enrollment_store_open(struct enrollment_store *out,
    const char *folder);
/* Nobody else changes anything until the store is done.  SG_EBUSY. */
enum sg_err enrollment_store_lock(struct enrollment_store *s);

enum sg_err enrollment_save(const struct enrollment_store *s,
    const struct enrollment *e);
/* SG_ENOENT when there is none of that name; out is initialised by this. */
enum sg_err enrollment_load(struct enrollment *out,
    const struct enrollment_store *s, const char *name);
enum sg_err enrollment_remove(const struct enrollment_store *s,
    const char *name);

struct enrollments {
	struct enrollment *v;
	size_t n;
	struct texts broken;	/* notes on files that could not be read */
};
void enrollments_done(struct enrollments *l);
/* All of them, by name. */
enum sg_err enrollments_load(struct enrollments *out,
    const struct enrollment_store *s);

#endif
