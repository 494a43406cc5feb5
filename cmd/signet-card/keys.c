/* SPDX-License-Identifier: BSD-2-Clause */
#include "keys.h"

#include <string.h>

#include "crypto/digest.h"
#include "ipc/client_card.h"

/* The reader waits for a minute; after a silence programs try again soon. */
#define LOOK_MS		2500
#define WORK_MS		45000
#define SILENT_MS	1000

enum sg_err
keys_connect(struct client **out, const char *signetd)
{
	const struct client_limits limits = { LOOK_MS, LOOK_MS, WORK_MS,
		SILENT_MS };

	SG_TRY(client_open(out, signetd));
	client_set_limits(*out, &limits);
	return SG_OK;
}

void
keys_done(struct keys *k)
{
	client_free(k->client);
	k->client = NULL;
}

/* signetd may have been restarted since; what a request needs after that is
 * another connection. */
static bool
again(struct keys *k, enum sg_err e, int attempt)
{
	if (e != SG_EIO || attempt > 0)
		return false;
	keys_done(k);
	return true;
}

static enum sg_err
ready(struct keys *k)
{
	return k->client != NULL ? SG_OK
	    : keys_connect(&k->client, k->signetd);
}

static enum sg_err
key_show(const struct card_key *from, struct piv_key *to)
{
	if (strlen(from->key) > PIV_NAME_MAX)
		return sg_fail(SG_ELIMIT, "a key's name is too long");
	strcpy(to->name, from->key);
	to->type = from->type == OBJECT_RSA2048 ? PIV_RSA2048 : PIV_P256;
	to->present = true;
	return buf_set(&to->cert, buf_bytes(&from->cert));
}

static enum sg_err
objects(void *ctx, struct piv_objects *out)
{
	static const enum card_ref refs[PIV_SLOTS] = {
		[PIV_9A] = CARD_AUTHENTICATION, [PIV_9C] = CARD_SIGNATURE,
		[PIV_9D] = CARD_MANAGEMENT, [PIV_9E] = CARD_CARD };
	auto_done(card_keys) shown = { 0 };
	struct keys *k = ctx;
	enum sg_err e;
	int attempt = 0;

	do {
		e = ready(k);
		if (e == SG_OK)
			e = client_card_objects(k->client, k->uid, &shown);
	} while (again(k, e, attempt++));
	SG_TRY(e);
	for (int i = 0; i < PIV_SLOTS; i++) {
		const struct card_key *key = card_keys_ref(&shown, refs[i]);

		if (key != NULL)
			SG_TRY(key_show(key, &out->keys[i]));
	}
	return SG_OK;
}

static enum sg_err
state(void *ctx, uint32_t *tries, bool *verified)
{
	struct keys *k = ctx;
	enum sg_err e;
	int attempt = 0;

	do {
		e = ready(k);
		if (e == SG_OK)
			e = client_card_state(k->client, k->uid, tries,
			    verified);
	} while (again(k, e, attempt++));
	return e;
}

/* The connection is there before the PIN is sent, which is sent once: it may
 * cost a try. */
static enum sg_err
awake(struct keys *k)
{
	uint32_t tries;
	bool verified;

	return state(k, &tries, &verified);
}

static enum sg_err
verify(void *ctx, const struct secret *pin, uint32_t *tries, bool *first)
{
	struct keys *k = ctx;

	SG_TRY(awake(k));
	return client_card_verify(k->client, k->uid, pin, tries, first);
}

static void
drop(void *ctx)
{
	struct keys *k = ctx;
	enum sg_err e;
	int attempt = 0;

	/* A signetd that is not there has forgotten it. */
	do {
		e = ready(k);
		if (e == SG_OK)
			e = client_card_drop(k->client, k->uid);
	} while (again(k, e, attempt++));
}

static enum sg_err
use(void *ctx, enum piv_slot slot, const char *key, struct bytes in,
    struct buf *out)
{
	struct keys *k = ctx;
	enum sg_err e;
	int attempt = 0;

	(void)slot;
	do {
		e = ready(k);
		if (e == SG_OK)
			e = client_card_use(k->client, k->uid, key, in, out);
	} while (again(k, e, attempt++));
	return e;
}

static enum sg_err
pin_change(void *ctx, const struct secret *pin, const struct secret *fresh,
    uint32_t *tries)
{
	struct keys *k = ctx;

	SG_TRY(awake(k));
	return client_card_pin_change(k->client, k->uid, pin, fresh, tries);
}

static enum sg_err
random_bytes(void *ctx, uint8_t *p, size_t n)
{
	(void)ctx;
	return random_fill(p, n);
}

struct piv_backend
keys_backend(struct keys *k)
{
	static const struct piv_backend_ops ops = { objects, state, verify,
		drop, use, pin_change, random_bytes };

	return (struct piv_backend) { &ops, k };
}
