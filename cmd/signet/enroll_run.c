/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "request_verb.h"

#define CHALLENGE_MAX CSR_CHALLENGE_MAX

void
enroll_next(struct enroll_run *r)
{
	scep_run_done(&r->scep);
	enrollment_done(&r->e);
	enroll_close_keys(r);
	cert_free(r->old);
	free(r->old_name);
	r->old = NULL;
	r->old_name = NULL;
	r->waits = 0;
}

void
enroll_run_done(struct enroll_run *r)
{
	enroll_next(r);
	certs_done(&r->anchors);
	objects_done(&r->have);
	fetcher_free(r->fetcher);
	enrollment_store_done(&r->store);
	keys_done(&r->keys);
	client_free(r->client);
	pin_options_done(&r->pin);
}

const struct cert_object *
enroll_stored(const struct objects *have, const uint8_t sha[SHA256_LEN])
{
	for (size_t i = 0; i < have->cert_count; i++) {
		uint8_t digest[SHA256_LEN];

		if (have->certs[i].kind == CERT_PERSONAL &&
		    sha256(buf_bytes(&have->certs[i].der), digest) == SG_OK &&
		    memcmp(digest, sha, sizeof(digest)) == 0)
			return &have->certs[i];
	}
	return NULL;
}

enum sg_err
enroll_reload(struct enroll_run *r)
{
	auto_done(objects) fresh = { 0 };

	enroll_close_keys(r);
	SG_TRY(client_objects(r->client, &fresh));
	objects_done(&r->have);
	r->have = fresh;
	fresh = (struct objects) { 0 };
	return SG_OK;
}

static enum sg_err
load_anchors(struct enroll_run *r, struct buf *pem)
{
	for (size_t i = 0; i < r->have.cert_count; i++) {
		struct cert *c;

		if (r->have.certs[i].kind != CERT_ANCHOR)
			continue;
		SG_TRY(cert_parse(&c, buf_bytes(&r->have.certs[i].der)));
		SG_TRY(certs_add(&r->anchors, c));
		SG_TRY(cert_pem(pem, c));
	}
	return SG_OK;
}

enum sg_err
enroll_run_look(struct enroll_run *r)
{
	enrollment_init(&r->e);
	SG_TRY(pin_options_load(&r->pin));
	SG_TRY(client_open(&r->client, NULL));
	keys_init(&r->keys, r->client, &r->pin, &r->key_options, "To enroll"
	    " for a certificate.");
	SG_TRY(client_objects(r->client, &r->have));
	return enrollment_store_open(&r->store, NULL);
}

enum sg_err
enroll_run_open(struct enroll_run *r)
{
	auto_done(buf) pem = { 0 };

	SG_TRY(enroll_run_look(r));
	SG_TRY(enrollment_store_lock(&r->store));
	SG_TRY(load_anchors(r, &pem));
	return fetcher_new(&r->fetcher, buf_bytes(&pem), &fetch_limits_usual);
}

/* --- what an enrollment asks of us --- */

static int64_t
now(void)
{
	return (int64_t)time(NULL);
}

static void
told(void *arg, const char *what)
{
	const struct enroll_run *r = arg;

	if (!r->json)
		progress(what);
}

static enum sg_err
ask_challenge(const struct enroll_run *r, struct secret *out)
{
	struct prompt p = { .fd = r->challenge_fd,
		.program = pin_prompt(&r->pin).program };
	const struct prompt_ask ask = { "Signet", "The challenge of the CA for"
		" this enrollment (empty if it wants none).", "Challenge",
		NULL, NULL };
	enum sg_err e;

	if (r->no_challenge || r->e.renewal)
		return SG_OK;
	progress(NULL);
	e = prompt_pin(&p, &ask, out);
	if (e != SG_EIO || r->challenge_fd >= 0)
		return sg_while(e, "asking for the challenge");
	return sg_fail(e, "nobody can be asked for the challenge: run this on"
	    " a terminal, hand it over with --challenge-fd, or go without it"
	    " (--no-challenge)");
}

static enum sg_err
keys_for(struct enroll_run *r, struct scep_keys *out)
{
	if (r->e.renewal)
		SG_TRY(enroll_old(r));
	SG_TRY(enroll_choose_key(r));
	return enroll_open_keys(r, out);
}

static enum sg_err
request(void *arg, struct scep_run *run)
{
	struct enroll_run *r = arg;
	auto_done(secret) challenge = { 0 };
	struct scep_keys keys;

	SG_TRY(request_name_free(&r->have, r->e.profile.name));
	SG_TRY(secret_init(&challenge, CHALLENGE_MAX));
	SG_TRY(ask_challenge(r, &challenge));
	SG_TRY(keys_for(r, &keys));
	told(r, "Signing the request...");
	return scep_run_request(run, &keys, &challenge, now());
}

/* The container shows what is under way, and keeps the key until its end. */
static enum sg_err
sending(void *arg, const struct enrollment *e)
{
	struct enroll_run *r = arg;
	enum sg_err err = client_request_add(r->client, e->profile.name,
	    e->key, buf_bytes(&e->csr));

	return err == SG_EEXIST ? SG_OK : err;
}

static bool
wait(void *arg, unsigned seconds)
{
	struct enroll_run *r = arg;
	auto_str text = NULL;

	if (r->no_wait)
		return false;
	r->waits++;
	if (str_printf(&text, "The CA has not decided yet; it is asked again"
	    " in %u minutes (%u of %u)...", seconds / 60, r->waits,
	    r->e.profile.retry_count) == SG_OK)
		told(r, text);
	while (seconds > 0)
		seconds = sleep(seconds);
	return true;
}

static struct scep_talk
talk_of(struct enroll_run *r)
{
	return (struct scep_talk) {
		.fetcher = r->fetcher,
		.store = &r->store,
		.clock = now,
		.request = request,
		.sending = sending,
		.wait = wait,
		.tell = told,
		.arg = r,
	};
}

/* --- how it ends --- */

/* A renewal leaves what there was; a first request leaves nothing. */
static enum sg_err
undo(struct enroll_run *r, const char *why)
{
	SG_IGNORE(client_request_remove(r->client, r->e.profile.name));
	enroll_drop_key(r);
	if (!r->e.renewal)
		return enrollment_remove(&r->store, r->e.profile.name);
	enrollment_forget(&r->e);
	r->e.state = ENROLLMENT_INSTALLED;
	memcpy(r->e.cert, r->e.old, sizeof(r->e.cert));
	SG_TRY(str_dup(&r->e.why, why));
	return enrollment_save(&r->store, &r->e);
}

/* Undoing must not hide why. */
static enum sg_err
failed(struct enroll_run *r, enum sg_err e)
{
	auto_str why = NULL;

	if (!r->scep.fault.refused && r->e.state != 0 &&
	    r->e.state != ENROLLMENT_INSTALLED)
		return e;
	SG_TRY(str_dup(&why, sg_note(e)));
	SG_IGNORE(undo(r, why));
	return sg_fail(e, "%s", why);
}

static enum sg_err
ended(struct enroll_run *r, enum sg_err e)
{
	progress(NULL);
	if (e != SG_OK)
		return failed(r, e);
	if (scep_run_next(&r->scep) == SCEP_ISSUED)
		return enroll_install(r);
	if (r->json)
		SG_TRY(enroll_tell(r));
	return sg_fail(SG_EBUSY, "the CA has not decided yet; 'signet enroll"
	    " scep --resume %s' asks again", r->e.profile.name);
}

enum sg_err
enroll_first(struct enroll_run *r)
{
	struct scep_talk t = talk_of(r);

	if (r->label != NULL && r->e.label == NULL)
		SG_TRY(str_dup(&r->e.label, r->label));
	return ended(r, scep_talk_first(&r->scep, &t, &r->e, &r->anchors));
}

enum sg_err
enroll_again(struct enroll_run *r)
{
	r->e.renewal = true;
	memcpy(r->e.old, r->e.cert, sizeof(r->e.old));
	enrollment_forget(&r->e);
	return enroll_first(r);
}

static enum sg_err
resume(struct enroll_run *r)
{
	struct scep_talk t = talk_of(r);
	struct scep_keys keys;

	if (r->e.renewal)
		SG_TRY(enroll_old(r));
	SG_TRY(enroll_open_keys(r, &keys));
	SG_TRY(scep_run_resume(&r->scep, &r->e, &keys, now()));
	return scep_talk_on(&r->scep, &t);
}

enum sg_err
enroll_on(struct enroll_run *r)
{
	if (r->e.state == ENROLLMENT_INSTALLED)
		return sg_fail(SG_EARG, "the enrollment '%s' is at its end,"
		    " its certificate is installed ('signet enroll renew'"
		    " renews it)", r->e.profile.name);
	if (r->e.state == ENROLLMENT_RECEIVED)
		return enroll_install(r);
	return ended(r, resume(r));
}
