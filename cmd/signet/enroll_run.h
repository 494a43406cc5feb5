/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_ENROLL_RUN_H
#define SIGNET_ENROLL_RUN_H

/* One enrollment by SCEP after the other: container, records, server. */

#include "enroll/scep_talk.h"
#include "ipc/key_signer.h"
#include "options.h"
#include "pin_ask.h"

struct enroll_run {
	struct pin_options pin;
	int challenge_fd;	/* --challenge-fd, or -1 */
	bool no_challenge;	/* --no-challenge */
	bool json;		/* --json */
	bool no_wait;		/* --no-wait */
	bool trust;		/* --trust-root */
	bool force;		/* --force */
	bool keep_old;		/* --keep-old */
	const char *key;	/* --key, or NULL: a new one */
	const char *label;	/* --label, or NULL */
	const char *who;	/* what signet-prompt says who asks; NULL: ask
				 * here */
	struct client *client;
	struct enrollment_store store;
	struct fetcher *fetcher;
	struct objects have;
	struct certs anchors;
	bool open;		/* the container is */
	bool unasked;		/* nobody could be asked for the PIN */

	/* of one enrollment */
	struct enrollment e;
	struct scep_run scep;
	struct key_signer subject, old_key;
	struct cert *old;
	unsigned waits;
};
#define ENROLL_RUN_INIT { .pin = PIN_OPTIONS_INIT, .challenge_fd = -1, \
	.store = { .lock = -1 } }
/* Rows for an option table. */
#define ENROLL_OPTION_ROWS(r)                          \
	{ .name = "json", .flag = &(r)->json },        \
	{ .name = "no-wait", .flag = &(r)->no_wait },  \
	{ .name = "trust-root", .flag = &(r)->trust }, \
	{ .name = "force", .flag = &(r)->force },      \
	PIN_OPTION_ROWS(&(r)->pin)

void enroll_run_done(struct enroll_run *r);

/* Daemon, container, records (locked), HTTP; behind options_parse. */
enum sg_err enroll_run_open(struct enroll_run *r);
/* The same without what only a change needs. */
enum sg_err enroll_run_look(struct enroll_run *r);

/* r->e has the profile: asks, waits, installs, and says what came of it. */
enum sg_err enroll_first(struct enroll_run *r);
/* Goes on with r->e, wherever it stopped. */
enum sg_err enroll_on(struct enroll_run *r);
/* Renews r->e, which is installed. */
enum sg_err enroll_again(struct enroll_run *r);
/* Forgets r->e, so that r can take the next one. */
void enroll_next(struct enroll_run *r);

/* What is in the container now; what pointed into r->have points nowhere. */
enum sg_err enroll_reload(struct enroll_run *r);
/* Opens the container, once. */
enum sg_err enroll_login(struct enroll_run *r, const char *why);

/* The stored certificate of that fingerprint, or NULL. */
const struct cert_object *enroll_stored(const struct objects *have,
    const uint8_t sha256[SHA256_LEN]);

/* --- enroll_keys.c --- */

/* The key that is to be certified: r->subject and r->e.key; a new one is made
 * by the profile's provider. */
enum sg_err enroll_subject_key(struct enroll_run *r);
/* Removes it again, if it was made for this. */
void enroll_drop_key(struct enroll_run *r);
/* r->old and r->old_key, of the certificate r->e.old. */
enum sg_err enroll_old_key(struct enroll_run *r);
/* The signers of a run that is resumed. */
enum sg_err enroll_keys_again(struct enroll_run *r, struct scep_keys *out);
/* The name of the provider that holds a key. */
const char *enroll_provider(const struct objects *have, const char *key);
/* Removes the old certificate, and its key if nothing else can need it. */
enum sg_err enroll_retire(struct enroll_run *r, const char *fresh_key);

/* --- enroll_install.c --- */

/* Installs what r->e has received; what was asked on the way is answered by
 * options or by the person. */
enum sg_err enroll_install(struct enroll_run *r);
enum sg_err enroll_tell(const struct enroll_run *r);

#endif
