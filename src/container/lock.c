/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/lock.h"

#include "gesture/recovery.h"

void
secret_lock_done(struct secret_lock *l)
{
	buf_done(&l->by_pin);
	buf_done(&l->by_code);
	*l = (struct secret_lock) { 0 };
}

struct scrypt_cost
lock_cost(void)
{
	return (struct scrypt_cost) { .n = 1u << 16, .r = 8, .p = 1 };
}

static enum sg_err
seal(const struct secret *key, struct bytes about, const struct secret *plain,
    struct buf *out)
{
	auto_done(buf) b = { 0 };

	SG_TRY(aead_seal(key, about, plain, &b));
	buf_done(out);
	*out = b;
	b = (struct buf) { 0 };
	return SG_OK;
}

enum sg_err
lock_make(struct secret_lock *out, struct bytes about,
    const struct secret *auth, const struct secret *code)
{
	auto_done(secret) secret = { 0 };
	auto_done(secret) by_code = { 0 };

	SG_TRY(secret_init(&secret, LOCK_SECRET_LEN));
	SG_TRY(random_fill(secret.p, LOCK_SECRET_LEN));
	secret.n = LOCK_SECRET_LEN;
	SG_TRY(recovery_secret(&by_code, code));
	SG_TRY(seal(auth, about, &secret, &out->by_pin));
	return seal(&by_code, about, &secret, &out->by_code);
}

/* What does not open was sealed for another PIN or code, or is damaged: who
 * changes a file can make its checksum good, and nobody can tell. */
static enum sg_err
open_with(const struct secret *key, struct bytes about,
    const struct buf *sealed, struct secret *secret)
{
	enum sg_err e = aead_open(key, about, buf_bytes(sealed), secret);

	return e == SG_EVERIFY ? sg_fail(SG_EPIN, "it does not open") : e;
}

enum sg_err
lock_open(const struct secret_lock *l, struct bytes about,
    const struct secret *auth, struct secret *secret)
{
	return open_with(auth, about, &l->by_pin, secret);
}

enum sg_err
lock_recover(const struct secret_lock *l, struct bytes about,
    const struct secret *code, struct secret *secret)
{
	auto_done(secret) by_code = { 0 };
	enum sg_err e;

	SG_TRY(recovery_secret(&by_code, code));
	e = open_with(&by_code, about, &l->by_code, secret);
	return e == SG_EPIN ? sg_fail(SG_EPIN, "that is the recovery code of "
	    "another container") : e;
}

enum sg_err
lock_change(struct secret_lock *l, struct bytes about,
    const struct secret *secret, const struct secret *auth)
{
	SG_TRY(seal(auth, about, secret, &l->by_pin));
	l->used = 0;
	return SG_OK;
}
