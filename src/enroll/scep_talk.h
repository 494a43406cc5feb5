/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_ENROLL_SCEP_TALK_H
#define SG_ENROLL_SCEP_TALK_H

/* Runs an enrollment (enroll/scep.h) against its server: fetches, waits, and
 * saves what must not be lost before it goes on. */

#include "enroll/enrollment_store.h"
#include "enroll/scep.h"

struct scep_talk {
	struct fetcher *fetcher;
	const struct enrollment_store *store;
	int64_t (*clock)(void);		/* Unix seconds */
	/* The CA is known to be the right one: get the keys, set e->key, and
	 * call scep_run_request(). */
	enum sg_err (*request)(void *arg, struct scep_run *r);
	/* The request is made and saved, and about to be sent. */
	enum sg_err (*sending)(void *arg, const struct enrollment *e);
	/* Waits until the CA is to be asked once more; false: no more. */
	bool (*wait)(void *arg, unsigned seconds);
	void (*tell)(void *arg, const char *what);	/* progress, or NULL */
	void *arg;
};

/*
 * From scep_run_begin() on, with each of the profile's URLs until one gives the
 * CA's certificates.  SG_OK: the run is at SCEP_ISSUED or SCEP_UNDECIDED, and
 * the enrollment is saved.  After a failure the enrollment is saved too as soon
 * as its request may have been sent.
 */
enum sg_err scep_talk_first(struct scep_run *r, const struct scep_talk *t,
    struct enrollment *e, const struct certs *anchors);
/* From scep_run_resume() on. */
enum sg_err scep_talk_on(struct scep_run *r, const struct scep_talk *t);

#endif
