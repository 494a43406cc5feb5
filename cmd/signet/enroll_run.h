/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_ENROLL_RUN_H
#define SIGNET_ENROLL_RUN_H

/* One enrollment by SCEP after the other: container, records, server. */

#include "enroll/scep_talk.h"
#include "keys.h"
#include "options.h"

struct enroll_run {
	struct pin_options pin;
	struct key_options key_options;
	int challenge_fd;	/* --challenge-fd, or -1 */
	bool no_challenge;	/* --no-challenge */
	bool json;		/* --json */
	bool no_wait;		/* --no-wait */
	bool trust;		/* --trust-root */
	bool force;		/* --force */
	bool keep_old;		/* --keep-old */
	const char *key;	/* --key, or NULL: a new one */
	const char *label;	/* --label, or NULL */
	struct client *client;
	struct keys keys;
	struct enrollment_store store;
	struct fetcher *fetcher;
	struct objects have;
	struct certs anchors;

	/* of one enrollment */
	struct enrollment e;
	struct scep_run scep;
	struct ksp_key *subject, *old_key;
	struct cert *old;	/* what a renewal renews */
	char *old_name;		/* its key's */
	unsigned waits;
};
#define ENROLL_RUN_INIT { .pin = PIN_OPTIONS_INIT, .challenge_fd = -1, \
	.key_options = KEY_OPTIONS_INIT, .store = { .lock = -1 } }
/* Rows for an option table. */
#define ENROLL_OPTION_ROWS(r)                          \
	{ .name = "json", .flag = &(r)->json },        \
	{ .name = "no-wait", .flag = &(r)->no_wait },  \
	{ .name = "trust-root", .flag = &(r)->trust }, \
	{ .name = "force", .flag = &(r)->force },      \
	KEY_OPTION_ROWS(&(r)->key_options),            \
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

/* What is in the container now; keys that were open are closed. */
enum sg_err enroll_reload(struct enroll_run *r);

/* The stored certificate of that fingerprint, or NULL. */
const struct cert_object *enroll_stored(const struct objects *have,
    const uint8_t sha256[SHA256_LEN]);

/* --- enroll_keys.c --- */

/* The certificate r->e.old, which is to be renewed: r->old, r->old_name. */
enum sg_err enroll_old(struct enroll_run *r);
/* Which key is to be certified: r->e.key, which is made by the profile's
 * provider unless there is one to be used. */
enum sg_err enroll_choose_key(struct enroll_run *r);
/* Both keys as signers.  Whoever has to is asked. */
enum sg_err enroll_open_keys(struct enroll_run *r, struct scep_keys *out);
void enroll_close_keys(struct enroll_run *r);
/* Removes the new key again, if it was made for this. */
void enroll_drop_key(struct enroll_run *r);
/* Removes the old certificate, and its key if nothing else can need it. */
enum sg_err enroll_retire(struct enroll_run *r, const char *fresh_key);

/* --- enroll_install.c --- */

/* Installs what r->e has received; what was asked on the way is answered by
 * options or by the person. */
enum sg_err enroll_install(struct enroll_run *r);
enum sg_err enroll_tell(const struct enroll_run *r);

#endif
