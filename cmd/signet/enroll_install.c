/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "enroll/accept.h"
#include "enroll_run.h"
#include "output.h"
#include "trust_root.h"

static enum sg_err
all_given(struct certs *out, const struct enrollment *e)
{
	for (size_t i = 0; i < e->issued.n; i++)
		SG_TRY(certs_copy(out, e->issued.v[i]));
	for (size_t i = 0; i < e->ca.n; i++)
		if (certs_find(out, e->ca.v[i]->sha256) == NULL)
			SG_TRY(certs_copy(out, e->ca.v[i]));
	return SG_OK;
}

/* A root whose own fingerprint was given needs no question. */
static enum sg_err
check_root(const struct enroll_run *r, const struct accept *a)
{
	const struct cert *root = accept_root(a);
	bool given = r->e.profile.ca_fingerprints.n > 0 &&
	    memcmp(root->sha256, r->e.anchor, SHA256_LEN) == 0;

	if (a->root_known || given)
		return SG_OK;
	return trust_root(&r->pin, root, r->trust);
}

static enum sg_err
check_objections(const struct enroll_run *r, const struct accept *a)
{
	auto_str all = NULL;

	if (a->objections.n == 0 || r->force)
		return SG_OK;
	SG_TRY(texts_join(&all, &a->objections));
	return sg_fail(SG_EVERIFY, "the certificate is not what it should be:"
	    " %s ('signet enroll scep --resume %s --force' takes it all the"
	    " same)", all, r->e.profile.name);
}

static enum sg_err
check(const struct enroll_run *r, const struct accept *a)
{
	if (memcmp(a->leaf->sha256, r->e.issued.v[0]->sha256,
	    SHA256_LEN) != 0)
		return sg_fail(SG_EVERIFY, "the CA's answer holds another"
		    " certificate for a key of this container");
	SG_TRY(check_objections(r, a));
	return check_root(r, a);
}

/* A renewed certificate is called what the old one was called. */
static enum sg_err
label_for(char **out, const struct enroll_run *r, const struct accept *a)
{
	const struct cert_object *old = r->e.renewal && !r->keep_old
	    ? enroll_stored(&r->have, r->e.old) : NULL;

	if (r->label != NULL)
		return str_dup(out, r->label);
	if (old != NULL)
		return str_dup(out, old->label);
	return r->e.label != NULL && !r->e.renewal
	    ? str_dup(out, r->e.label)
	    : accept_label(out, a->leaf, &r->have);
}

static enum sg_err
put_in(struct enroll_run *r)
{
	auto_done(certs) given = { 0 };
	auto_done(accept) a = { 0 };
	auto_str label = NULL;

	SG_TRY(all_given(&given, &r->e));
	SG_TRY(accept_check(&a, &given, &r->have, time(NULL)));
	SG_TRY(check(r, &a));
	SG_TRY(label_for(&label, r, &a));
	if (a.key->provider == KSP_SMARTCARD)
		SG_TRY(card_store_cert(&r->keys.ksp, a.key, label,
		    buf_bytes(&a.leaf->der)));
	if (accept_wants_login(&a, &r->have))
		SG_TRY(keys_login(&r->keys));
	SG_TRY(accept_install(r->client, &a, &r->have, label));
	for (size_t i = 0; i < a.notes.n && !r->json; i++)
		(void)printf("Note: %s.\n", a.notes.v[i]);
	return SG_OK;
}

/* The record first: should the rest fail, there is one certificate too many
 * and nothing is lost. */
static enum sg_err
close_record(struct enroll_run *r)
{
	auto_str key = NULL;

	SG_TRY(str_dup(&key, r->e.key));
	memcpy(r->e.cert, r->e.issued.v[0]->sha256, sizeof(r->e.cert));
	r->e.state = ENROLLMENT_INSTALLED;
	r->e.changed = (int64_t)time(NULL);
	enrollment_forget(&r->e);
	SG_TRY(enrollment_save(&r->store, &r->e));
	SG_IGNORE(client_request_remove(r->client, r->e.profile.name));
	if (!r->e.renewal || r->keep_old ||
	    enroll_stored(&r->have, r->e.old) == NULL)
		return SG_OK;
	SG_TRY(enroll_old(r));
	return sg_while(enroll_retire(r, key), "removing what was renewed");
}

enum sg_err
enroll_install(struct enroll_run *r)
{
	enum sg_err e;

	SG_TRY(enroll_reload(r));
	e = put_in(r);
	if (e != SG_OK)
		return sg_fail(e, "%s; the certificate is kept, 'signet enroll"
		    " scep --resume %s' installs it", sg_note(e),
		    r->e.profile.name);
	SG_TRY(close_record(r));
	SG_TRY(enroll_reload(r));
	return enroll_tell(r);
}

static enum sg_err
tell_json(const struct enroll_run *r, const struct cert_object *c,
    const struct cert *x)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_str(j, "name", r->e.profile.name);
	json_put_str(j, "state", enrollment_state_name(r->e.state));
	json_put_str(j, "url", r->e.profile.urls.v[r->e.url]);
	json_put_bool(j, "renewed", r->e.renewal);
	if (c != NULL) {
		json_put_str(j, "label", c->label);
		json_put_str(j, "subject", x->subject);
		json_put_hex(j, "fingerprint", bytes_of(x->sha256,
		    sizeof(x->sha256)));
		json_put_time(j, "not_after", (long long)x->not_after);
		json_put_str(j, "key", c->key);
		json_put_str(j, "provider", c->provider);
	}
	json_close(j);
	return json_print(j, stdout);
}

static void
tell_text(const struct enroll_run *r, const struct cert_object *c,
    const struct cert *x)
{
	char until[DATE_TEXT_MAX], due[DATE_TEXT_MAX];

	date_text(until, x->not_after);
	date_text(due, enrollment_due(x, r->e.profile.renew_at));
	(void)printf("%s: '%s', valid until %s, for the key '%s' of the %s.\n"
	    "It is to be renewed from %s on ('signet enroll renew --due', or"
	    " the timer\nsignet-renew.timer).\n",
	    r->e.renewal ? "Renewed" : "Installed", c->label, until, c->key,
	    c->provider, due);
}

enum sg_err
enroll_tell(const struct enroll_run *r)
{
	const struct cert_object *c = r->e.state == ENROLLMENT_INSTALLED
	    ? enroll_stored(&r->have, r->e.cert) : NULL;
	auto_free(cert) x = NULL;

	if (c != NULL)
		SG_TRY(cert_parse(&x, buf_bytes(&c->der)));
	if (r->json)
		return tell_json(r, c, x);
	if (c != NULL)
		tell_text(r, c, x);
	return SG_OK;
}
