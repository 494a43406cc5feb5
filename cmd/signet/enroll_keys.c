/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <stdlib.h>
#include <string.h>

#include "enroll_run.h"
#include "output.h"

#define NAME_TRIES 100

static enum sg_err
key_find(const struct key_object **out, const struct objects *have,
    const char *name)
{
	if ((*out = objects_key(have, name)) != NULL)
		return SG_OK;
	return sg_fail(SG_ENOENT, "the container has no key '%s' ('signet key"
	    " list')", name);
}

/* The enrollment's name, or "name-2" and so on. */
static enum sg_err
free_name(char **out, const struct objects *have, const char *base)
{
	if (objects_key(have, base) == NULL)
		return str_dup(out, base);
	for (int i = 2; i < NAME_TRIES; i++) {
		auto_str name = NULL;

		SG_TRY(str_printf(&name, "%s-%d", base, i));
		if (objects_key(have, name) != NULL)
			continue;
		*out = name;
		name = NULL;
		return SG_OK;
	}
	return sg_fail(SG_EEXIST, "too many keys are called '%s'", base);
}

static enum object_key_type
type_of(const struct scep_profile *p)
{
	return p->key_type == PROFILE_P256 ? OBJECT_P256 : OBJECT_RSA2048;
}

static struct ksp_make
make_ask(const struct scep_profile *p, const char *name)
{
	struct ksp_make ask = { .name = name, .type = type_of(p) };

	switch (p->provider) {
	case PROFILE_PASSPORT:
		ask.provider = KSP_PASSPORT;
		break;
	case PROFILE_TPM_OR_SOFTWARE:
		ask.otherwise = KSP_SOFTWARE;
		ask.provider = KSP_PLATFORM;
		break;
	case PROFILE_TPM:
		ask.provider = KSP_PLATFORM;
		break;
	case PROFILE_SOFTWARE:
		ask.provider = KSP_SOFTWARE;
		break;
	}
	return ask;
}

static enum sg_err
make_key(struct enroll_run *r)
{
	auto_str name = NULL;
	struct ksp_make ask;

	SG_TRY(free_name(&name, &r->have, r->e.profile.name));
	ask = make_ask(&r->e.profile, name);
	if (provider_wants_gesture(ask.provider))
		SG_TRY(keys_login(&r->keys));
	if (!r->json)
		progress("Making the key; this can take half a minute...");
	SG_TRY(ksp_key_make(&r->keys.ksp, &ask, NULL));
	r->e.key = name;
	name = NULL;
	r->e.key_fresh = true;
	return enroll_reload(r);
}

/* What a renewal takes: the old one, if the profile says so. */
static const char *
given_key(const struct enroll_run *r)
{
	if (r->key != NULL)
		return r->key;
	return r->e.renewal && r->e.profile.same_key ? r->old_name : NULL;
}

enum sg_err
enroll_choose_key(struct enroll_run *r)
{
	const char *given = given_key(r);
	const struct key_object *k;

	if (given == NULL)
		return make_key(r);
	SG_TRY(key_find(&k, &r->have, given));
	return str_dup(&r->e.key, k->name);
}

enum sg_err
enroll_old(struct enroll_run *r)
{
	const struct cert_object *c = enroll_stored(&r->have, r->e.old);
	struct cert *cert;

	if (c == NULL)
		return sg_fail(SG_ENOENT, "the certificate of '%s' is no"
		    " longer in the container", r->e.profile.name);
	SG_TRY(cert_parse(&cert, buf_bytes(&c->der)));
	cert_free(r->old);
	r->old = cert;
	free(r->old_name);
	r->old_name = NULL;
	return str_dup(&r->old_name, c->key);
}

static enum sg_err
open_key(struct ksp_key **out, struct enroll_run *r, const char *name)
{
	const struct key_object *k;

	SG_TRY(key_find(&k, &r->have, name));
	if (provider_wants_gesture(k->provider))
		SG_TRY(keys_login(&r->keys));
	return ksp_key_open(out, &r->keys.ksp, k);
}

enum sg_err
enroll_open_keys(struct enroll_run *r, struct scep_keys *out)
{
	const struct key_object *k;

	enroll_close_keys(r);
	SG_TRY(key_find(&k, &r->have, r->e.key));
	SG_TRY(open_key(&r->subject, r, r->e.key));
	*out = (struct scep_keys) {
		.subject = ksp_key_signer(r->subject),
		.provider = provider_name(k->provider),
	};
	if (r->old == NULL)
		return SG_OK;
	SG_TRY(open_key(&r->old_key, r, r->old_name));
	out->old = r->old;
	out->old_signer = ksp_key_signer(r->old_key);
	return SG_OK;
}

void
enroll_close_keys(struct enroll_run *r)
{
	ksp_key_free(r->subject);
	ksp_key_free(r->old_key);
	r->subject = r->old_key = NULL;
}

void
enroll_drop_key(struct enroll_run *r)
{
	const struct key_object *k = r->e.key != NULL && r->e.key_fresh
	    ? objects_key(&r->have, r->e.key) : NULL;

	if (k != NULL)
		SG_IGNORE(ksp_key_remove(&r->keys.ksp, k, true));
}

/* What was sealed to it can only be opened by it. */
static bool
decrypts(const struct cert *c)
{
	return c->ext.key_usage == 0 || (c->ext.key_usage &
	    (USAGE_KEY_ENCIPHERMENT | USAGE_DATA_ENCIPHERMENT |
	    USAGE_KEY_AGREEMENT)) != 0;
}

enum sg_err
enroll_retire(struct enroll_run *r, const char *fresh_key)
{
	const struct key_object *k;
	enum sg_err e;

	SG_TRY(client_cert_remove(r->client, buf_bytes(&r->old->der)));
	k = objects_key(&r->have, r->old_name);
	if (k == NULL || strcmp(r->old_name, fresh_key) == 0 ||
	    decrypts(r->old) || !provider_in_container(k->provider))
		return SG_OK;
	e = ksp_key_remove(&r->keys.ksp, k, true);
	return e == SG_EBUSY ? SG_OK : e;
}
