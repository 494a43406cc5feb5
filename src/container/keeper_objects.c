/* SPDX-License-Identifier: BSD-2-Clause */

/* What lies in a container: keys, certificates, requests. */

#include <string.h>

#include "base/log.h"
#include "container/keeper_impl.h"
#include "ipc/objects_wire.h"
#include "pki/cert.h"
#include "pki/csr.h"

static enum sg_err
key_index(const struct container *c, const char *name, size_t *out)
{
	for (size_t i = 0; i < c->objects.key_count; i++) {
		if (strcmp(c->objects.keys[i].name, name) == 0) {
			*out = i;
			return SG_OK;
		}
	}
	return sg_fail(SG_ENOENT, "the container has no key '%s'", name);
}

/* Signing in uses a key once to three times, for nothing else. */
#define AHEAD_AFTER 4

static void
used(struct keeper *k, struct held *h)
{
	k->counts.signatures++;
	k->in_a_row = k->last == h ? k->in_a_row + 1 : 1;
	k->last = h;
}

void
keeper_rest(struct keeper *k)
{
	if (k->tpm != NULL && k->last != NULL && k->last->login.n > 0 &&
	    k->in_a_row >= AHEAD_AFTER)
		tpm_key_ahead(k->tpm, &k->last->c.vault, &k->last->login);
}

enum sg_err
held_use(struct keeper *k, struct held *h, const char *key, struct bytes in,
    struct buf *out)
{
	size_t i = 0;
	enum sg_err e;

	SG_TRY(key_index(&h->c, key, &i));
	e = keeper_private(k, h, i, in, out);
	/* The TPM was restarted, or another login ended this one. */
	if (e == SG_ELOGIN)
		held_close(k, h);
	if (e == SG_OK)
		used(k, h);
	return e;
}

static bool
wants_no_gesture(const struct held *h, const char *key)
{
	const struct key_object *o = objects_key(&h->c.objects, key);

	return o != NULL && !provider_wants_gesture(o->provider);
}

/* What the login may use; some providers' keys want none. */
static enum sg_err
find_usable(struct keeper *k, const struct caller *c, const char *key,
    struct held **out, unsigned *ref)
{
	const struct login *l;

	SG_TRY(keeper_find(k, c->uid, out));
	if (wants_no_gesture(*out, key))
		return SG_OK;
	l = held_login(*out, c->process);
	if (l == NULL || !l->session)
		SG_TRY(keeper_find_open(k, c, out));
	*ref = board_card_ref(k->board, c->uid, key);
	if (l->session && *ref == 0)
		return sg_fail(SG_ELOGIN, "a session PIN opens only what the "
		    "card shows, and key '%s' is not of that", key);
	return SG_OK;
}

/* Where a card's rules hold, a PIN is good for one use of 9C's key. */
static void
login_used(struct keeper *k, struct held *h, const struct caller *c,
    unsigned ref)
{
	struct login *l = held_login(h, c->process);
	const struct card_policy p = board_policy(k->board);

	if (l == NULL)
		return;
	l->used = keeper_now(k);
	if (ref == CARD_SIGNATURE && (l->session || card_policy_pin_only(&p)))
		held_login_remove(k, h, c->process);
}

enum sg_err
keeper_key_use(struct keeper *k, const struct caller *c, const char *key,
    struct bytes in, struct buf *out)
{
	struct held *h = NULL;
	unsigned ref = 0;
	size_t i = 0;
	enum sg_err e;

	SG_TRY(find_usable(k, c, key, &h, &ref));
	SG_TRY(key_index(&h->c, key, &i));
	e = held_use(k, h, key, in, out);
	if (e == SG_OK)
		login_used(k, h, c, ref);
	audit("key-use", CALLER_AUDIT " key=\"%s\" result=%s",
	    CALLER_ARGS(c), audit_text(key).s, sg_err_name(e));
	return e;
}

/* The line for a change of one named thing. */
static enum sg_err
tell(struct keeper *k, const char *what, const struct caller *c,
    const char *key, const char *name, enum sg_err e)
{
	if (keeper_tells(k, e))
		audit(what, CALLER_AUDIT " %s=\"%s\" result=%s",
		    CALLER_ARGS(c), key, audit_text(name).s, sg_err_name(e));
	return e;
}

static enum sg_err
key_unused(const struct objects *o, const char *name)
{
	for (size_t i = 0; i < o->cert_count; i++)
		if (strcmp(o->certs[i].key, name) == 0)
			return sg_fail(SG_EBUSY, "certificate '%s' belongs to "
			    "key '%s'; delete it first", o->certs[i].label,
			    name);
	for (size_t i = 0; i < o->request_count; i++)
		if (strcmp(o->requests[i].key, name) == 0)
			return sg_fail(SG_EBUSY, "request '%s' belongs to key "
			    "'%s'; delete it first", o->requests[i].name,
			    name);
	return SG_OK;
}

static enum sg_err
key_remove(struct keeper *k, const struct caller *c, const char *name)
{
	auto_done(container) copy = { 0 };
	struct held *h = NULL;
	size_t i = 0;

	SG_TRY(keeper_find(k, c->uid, &h));
	if (!wants_no_gesture(h, name))
		SG_TRY(keeper_find_open(k, c, &h));
	SG_TRY(key_index(&h->c, name, &i));
	SG_TRY(key_unused(&h->c.objects, name));
	SG_TRY(keeper_edit(h, &copy));
	if (k->tpm != NULL)
		tpm_key_unload(k->tpm, &h->c.blobs[i].tpm);
	container_drop_key(&copy, i);
	return keeper_commit(k, h, &copy);
}

enum sg_err
keeper_key_remove(struct keeper *k, const struct caller *c,
    const char *name)
{
	return tell(k, "key-remove", c, "key", name, key_remove(k, c, name));
}

static size_t
cert_index(const struct objects *o, struct bytes der)
{
	size_t i = 0;

	while (i < o->cert_count &&
	    !bytes_eq(buf_bytes(&o->certs[i].der), der))
		i++;
	return i;
}

/* A personal certificate leads to a key that is recorded, and to the provider
 * that holds it. */
static enum sg_err
check_personal(const struct container *c, const struct cert_object *ask,
    const struct cert *cert)
{
	const struct key_object *key = objects_key(&c->objects, ask->key);

	if (key == NULL)
		return sg_fail(SG_ENOENT, "the container has no key '%s'",
		    ask->key);
	if (strcmp(ask->provider, provider_name(key->provider)) != 0)
		return sg_fail(SG_EVERIFY, "key '%s' is of the %s, not of "
		    "'%s'", ask->key, provider_name(key->provider),
		    ask->provider);
	if (!cert_fits(cert, buf_bytes(&key->spki)))
		return sg_fail(SG_EVERIFY, "the certificate is not for key "
		    "'%s': its public key is another", ask->key);
	return SG_OK;
}

static enum sg_err
fill_cert(struct cert_object *to, const struct cert_object *ask,
    const struct container *c)
{
	const struct key_object *key = objects_key(&c->objects, ask->key);

	to->kind = ask->kind;
	to->added = (uint64_t)time(NULL);
	SG_TRY(buf_set(&to->der, buf_bytes(&ask->der)));
	SG_TRY(str_dup(&to->label, ask->label));
	SG_TRY(str_dup(&to->provider, ask->provider));
	SG_TRY(str_dup(&to->key, ask->key));
	if (ask->kind == CERT_PERSONAL && key != NULL)
		memcpy(to->id, key->id, sizeof(to->id));
	return SG_OK;
}

static enum sg_err
add_cert(struct container *c, const struct cert_object *ask)
{
	auto_free(cert) cert = NULL;
	struct objects *o = &c->objects;
	struct cert_object *to;
	size_t i;

	if (*ask->label == '\0')
		return sg_fail(SG_EARG, "a certificate needs a label");
	SG_TRY(cert_parse(&cert, buf_bytes(&ask->der)));
	if (ask->kind == CERT_PERSONAL)
		SG_TRY(check_personal(c, ask, cert));
	else if (*ask->key != '\0' || *ask->provider != '\0')
		return sg_fail(SG_EARG, "only a personal certificate has a "
		    "provider and a key");
	i = cert_index(o, buf_bytes(&ask->der));
	if (i < o->cert_count)
		objects_drop_cert(o, i);
	SG_TRY(objects_grow(&o->certs, &o->cert_count, sizeof(*to), &to));
	return fill_cert(to, ask, c);
}

static size_t
request_index(const struct objects *o, const char *name)
{
	size_t i = 0;

	while (i < o->request_count &&
	    strcmp(o->requests[i].name, name) != 0)
		i++;
	return i;
}

/* Intermediates help to build chains and decide nothing.  A certificate whose
 * key is not behind the gesture goes as freely as its key, but takes no
 * other's place. */
static bool
free_to_add(const struct objects *o, const struct cert_object *c)
{
	const struct key_object *key = objects_key(o, c->key);

	if (c->kind == CERT_INTERMEDIATE)
		return true;
	return c->kind == CERT_PERSONAL && key != NULL &&
	    !provider_wants_gesture(key->provider) &&
	    cert_index(o, buf_bytes(&c->der)) == o->cert_count;
}

static bool
needs_login(const struct objects *o, const struct cert_object *certs,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!free_to_add(o, &certs[i]))
			return true;
	return false;
}

static enum sg_err
add_certs(struct keeper *k, const struct caller *c,
    const struct cert_object *certs, size_t count, const char *request_done)
{
	auto_done(container) copy = { 0 };
	struct held *h = NULL;

	SG_TRY(keeper_find(k, c->uid, &h));
	if (needs_login(&h->c.objects, certs, count))
		SG_TRY(keeper_find_open(k, c, &h));
	SG_TRY(keeper_edit(h, &copy));
	for (size_t i = 0; i < count; i++)
		SG_TRY(sg_while(add_cert(&copy, &certs[i]),
		    "certificate '%s'", certs[i].label));
	if (*request_done != '\0') {
		size_t i = request_index(&copy.objects, request_done);

		if (i < copy.objects.request_count)
			objects_drop_request(&copy.objects, i);
	}
	return keeper_commit(k, h, &copy);
}

enum sg_err
keeper_certs_add(struct keeper *k, const struct caller *c,
    const struct cert_object *certs, size_t count, const char *request_done)
{
	enum sg_err e = add_certs(k, c, certs, count, request_done);

	if (keeper_tells(k, e))
		audit("cert-add", CALLER_AUDIT " label=\"%s\" count=%zu "
		    "result=%s", CALLER_ARGS(c), audit_text(certs[0].label).s,
		    count, sg_err_name(e));
	return e;
}

enum sg_err
keeper_cert_remove(struct keeper *k, const struct caller *c,
    struct bytes der)
{
	auto_done(container) copy = { 0 };
	auto_str label = NULL;
	struct held *h = NULL;
	size_t i;
	enum sg_err e;

	SG_TRY(keeper_find(k, c->uid, &h));
	i = cert_index(&h->c.objects, der);
	if (i == h->c.objects.cert_count)
		return sg_fail(SG_ENOENT,
		    "the container has no such certificate");
	SG_TRY(str_dup(&label, h->c.objects.certs[i].label));
	SG_TRY(keeper_edit(h, &copy));
	objects_drop_cert(&copy.objects, i);
	e = keeper_commit(k, h, &copy);
	return tell(k, "cert-remove", c, "label", label, e);
}

static enum sg_err
fill_request(struct request_object *q, const char *name, const char *key,
    struct bytes der)
{
	q->created = (uint64_t)time(NULL);
	SG_TRY(str_dup(&q->name, name));
	SG_TRY(str_dup(&q->key, key));
	return buf_set(&q->der, der);
}

static enum sg_err
request_add(struct keeper *k, const struct caller *c, const char *name,
    const char *key, struct bytes der)
{
	auto_done(container) copy = { 0 };
	auto_free(csr) csr = NULL;
	struct request_object *q;
	struct held *h = NULL;
	size_t i = 0;

	SG_TRY(keeper_find(k, c->uid, &h));
	SG_TRY(container_name_check(name, "a request's name"));
	SG_TRY(key_index(&h->c, key, &i));
	SG_TRY(csr_parse(&csr, der));
	if (!bytes_eq(buf_bytes(&csr->spki),
	    buf_bytes(&h->c.objects.keys[i].spki)))
		return sg_fail(SG_EVERIFY, "the request is not for key '%s'",
		    key);
	SG_TRY(keeper_edit(h, &copy));
	i = request_index(&copy.objects, name);
	if (i < copy.objects.request_count)
		return sg_fail(SG_EEXIST, "there is a request '%s' already",
		    name);
	SG_TRY(objects_grow(&copy.objects.requests,
	    &copy.objects.request_count, sizeof(*q), &q));
	SG_TRY(fill_request(q, name, key, der));
	return keeper_commit(k, h, &copy);
}

enum sg_err
keeper_request_add(struct keeper *k, const struct caller *c,
    const char *name, const char *key, struct bytes der)
{
	return tell(k, "request-add", c, "request", name,
	    request_add(k, c, name, key, der));
}

enum sg_err
keeper_request_remove(struct keeper *k, const struct caller *c,
    const char *name)
{
	auto_done(container) copy = { 0 };
	struct held *h = NULL;
	size_t i;

	SG_TRY(keeper_find(k, c->uid, &h));
	i = request_index(&h->c.objects, name);
	if (i == h->c.objects.request_count)
		return sg_fail(SG_ENOENT, "there is no request '%s'", name);
	SG_TRY(keeper_edit(h, &copy));
	objects_drop_request(&copy.objects, i);
	return tell(k, "request-remove", c, "request", name,
	    keeper_commit(k, h, &copy));
}
