/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
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

static enum sg_err
make_key(struct enroll_run *r)
{
	auto_str name = NULL;

	if (r->e.profile.provider != PROFILE_PASSPORT)
		return sg_fail(SG_EUNSUPPORTED, "keys of the provider '%s'"
		    " cannot be made", profile_provider_word(
		    r->e.profile.provider));
	SG_TRY(free_name(&name, &r->have, r->e.profile.name));
	if (!r->json)
		progress("Making the key; this can take half a minute...");
	SG_TRY(client_key_make(r->client, name, type_of(&r->e.profile)));
	r->e.key = name;
	name = NULL;
	r->e.key_fresh = true;
	return enroll_reload(r);
}

/* What a renewal takes: the old one, if the profile says so. */
static const char *
chosen_key(const struct enroll_run *r)
{
	if (r->key != NULL)
		return r->key;
	return r->e.renewal && r->e.profile.same_key ? r->old_key.key->name
						     : NULL;
}

enum sg_err
enroll_subject_key(struct enroll_run *r)
{
	const char *chosen = chosen_key(r);

	if (chosen == NULL)
		SG_TRY(make_key(r));
	else
		SG_TRY(str_dup(&r->e.key, chosen));
	r->subject.client = r->client;
	SG_TRY(key_find(&r->subject.key, &r->have, r->e.key));
	/* Making one has moved them all. */
	return r->e.renewal ? enroll_old_key(r) : SG_OK;
}

void
enroll_drop_key(struct enroll_run *r)
{
	if (r->e.key != NULL && r->e.key_fresh && r->open)
		SG_IGNORE(client_key_remove(r->client, r->e.key));
}

enum sg_err
enroll_old_key(struct enroll_run *r)
{
	const struct cert_object *c = enroll_stored(&r->have, r->e.old);

	if (c == NULL)
		return sg_fail(SG_ENOENT, "the certificate of '%s' is no"
		    " longer in the container", r->e.profile.name);
	cert_free(r->old);
	r->old = NULL;
	SG_TRY(cert_parse(&r->old, buf_bytes(&c->der)));
	r->old_key.client = r->client;
	return key_find(&r->old_key.key, &r->have, c->key);
}

enum sg_err
enroll_keys_again(struct enroll_run *r, struct scep_keys *out)
{
	r->subject.client = r->client;
	SG_TRY(key_find(&r->subject.key, &r->have, r->e.key));
	if (r->e.renewal)
		SG_TRY(enroll_old_key(r));
	*out = (struct scep_keys) {
		.subject = key_signer(&r->subject),
		.old = r->old,
	};
	if (r->old != NULL)
		out->old_signer = key_signer(&r->old_key);
	return SG_OK;
}

const char *
enroll_provider(const struct objects *have, const char *key)
{
	const struct key_object *k = objects_key(have, key);

	return provider_name(k != NULL ? k->provider : KSP_PASSPORT);
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
	auto_str key = NULL;
	enum sg_err e;

	SG_TRY(str_dup(&key, r->old_key.key->name));
	SG_TRY(client_cert_remove(r->client, buf_bytes(&r->old->der)));
	if (strcmp(key, fresh_key) == 0 || decrypts(r->old))
		return SG_OK;
	e = client_key_remove(r->client, key);
	return e == SG_EBUSY ? SG_OK : e;
}
