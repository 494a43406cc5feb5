/* SPDX-License-Identifier: BSD-2-Clause */
#include "ksp/card.h"

#include <string.h>

#include "crypto/pkey.h"
#include "ipc/objects_wire.h"
#include "pki/cert.h"

#define PIN_ROOM	128	/* bytes of a token's PIN */

void
card_done(struct card *c)
{
	token_key_free(c->key);
	token_free(c->token);
	*c = (struct card) { 0 };
}

/* --- finding it --- */

enum sg_err
card_open(struct token **out, const struct ksp *k,
    const struct key_object *key)
{
	auto_str uri = NULL;
	auto_str exact = NULL;
	enum sg_err e;

	SG_TRY(token_uri(&uri, NULL, key->serial, k->module));
	e = token_open(out, uri);
	/* Serial numbers are each maker's own. */
	if (e == SG_EARG) {
		SG_TRY(token_uri(&exact, key->token, key->serial, k->module));
		e = token_open(out, exact);
	}
	if (e == SG_ENOENT)
		return sg_fail(e, "insert the card '%s' (serial %s), which "
		    "has the key '%s'", key->token, key->serial, key->name);
	return e;
}

/* One token by the name that a person gives it. */
static enum sg_err
choose(const struct token_list *l, const char *name,
    const struct token_about **out)
{
	const struct token_about *found = NULL;
	auto_done(buf) all = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct token_about *a = &l->v[i];

		if (name != NULL && strcmp(a->label, name) != 0 &&
		    strcmp(a->serial, name) != 0)
			continue;
		SG_TRY(buf_printf(&all, "%s'%s' (serial %s)", n > 0 ? ", " :
		    "", a->label, a->serial));
		found = a;
		n++;
	}
	SG_TRY(buf_terminate(&all));
	if (n == 0 && name != NULL)
		return sg_fail(SG_ENOENT, "insert the card '%s': no token "
		    "that is there has that label or serial number", name);
	if (n == 0)
		return sg_fail(SG_ENOENT, "no card is there: insert one");
	if (n > 1)
		return sg_fail(SG_EARG, "%zu cards fit: %s; name one by its "
		    "serial number", n, (const char *)all.p);
	*out = found;
	return SG_OK;
}

static enum sg_err
open_named(struct token **out, const struct ksp *k, const char *name)
{
	auto_done(token_list) l = { 0 };
	const struct token_about *a = NULL;
	auto_str uri = NULL;

	SG_TRY(token_list_make(&l, k->module));
	SG_TRY(choose(&l, name, &a));
	SG_TRY(token_uri(&uri, a->label, a->serial, k->module));
	return token_open(out, uri);
}

/* --- its PIN --- */

static enum sg_err
wrong_pin(struct token *t)
{
	const char *tries = token_tries(t);

	return sg_fail(SG_EPIN, "wrong PIN for the card '%s' (serial %s)%s%s",
	    token_label(t), token_serial(t), tries != NULL ? "; " : "",
	    tries != NULL ? tries : "");
}

/* Once: a card that blocks is worse than a person who asks again. */
static enum sg_err
log_in(struct token *t, const struct ksp *k, struct secret *pin)
{
	auto_done(secret) entered = { 0 };
	enum sg_err e;

	if (!token_wants_pin(t))
		return SG_OK;
	if (token_has_keypad(t))
		return token_login(t, NULL);
	if (k->pin == NULL)
		return sg_fail(SG_ELOGIN, "the card '%s' wants its PIN, and "
		    "nobody can be asked", token_label(t));
	SG_TRY(secret_init(&entered, PIN_ROOM));
	SG_TRY(k->pin(k->arg, token_label(t), token_serial(t),
	    token_tries(t), &entered));
	e = token_login(t, &entered);
	if (e == SG_EPIN)
		return wrong_pin(t);
	if (e == SG_OK && pin != NULL) {
		*pin = entered;
		entered = (struct secret) { 0 };
	}
	return e;
}

/* --- its keys --- */

/* Somebody may have put another key there, under the same id. */
static enum sg_err
check_key(const struct card *c, const struct key_object *key)
{
	struct signer s = token_key_signer(c->key);
	auto_done(buf) spki = { 0 };

	SG_TRY(s.ops->spki(s.ctx, &spki));
	if (bytes_eq(buf_bytes(&spki), buf_bytes(&key->spki)))
		return SG_OK;
	return sg_fail(SG_EVERIFY, "the card '%s' (serial %s) has another key "
	    "in the place of '%s'", token_label(c->token),
	    token_serial(c->token), key->name);
}

enum sg_err
card_open_key(struct card *out, const struct ksp *k,
    const struct key_object *key, struct secret *pin)
{
	auto_done(card) c = { 0 };
	enum sg_err e;

	SG_TRY(card_open(&c.token, k, key));
	SG_TRY(log_in(c.token, k, pin));
	e = token_key_find_id(&c.key, c.token, buf_bytes(&key->token_id));
	if (e == SG_ENOENT)
		return sg_fail(e, "the card '%s' (serial %s) has no key '%s' "
		    "any more", token_label(c.token), token_serial(c.token),
		    key->name);
	SG_TRY(e);
	SG_TRY(check_key(&c, key));
	*out = c;
	c = (struct card) { 0 };
	return SG_OK;
}

static enum sg_err
type_of(struct bytes spki, enum object_key_type *out)
{
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_kind(&kind, &bits, spki));
	for (int t = OBJECT_RSA2048; t < OBJECT_TYPE_END; t++) {
		enum object_key_type type = (enum object_key_type)t;

		if (object_type_is_rsa(type) != (kind == KEY_RSA) ||
		    object_type_bits(type) != bits)
			continue;
		*out = type;
		return SG_OK;
	}
	return sg_fail(SG_EUNSUPPORTED, "a key of %u bits", bits);
}

/* Everything but its name. */
static enum sg_err
describe(struct key_object *out, const char *label, const char *serial,
    struct bytes id, struct bytes spki)
{
	out->provider = KSP_SMARTCARD;
	SG_TRY(type_of(spki, &out->type));
	SG_TRY(str_dup(&out->token, label));
	SG_TRY(str_dup(&out->serial, serial));
	SG_TRY(buf_set(&out->token_id, id));
	return buf_set(&out->spki, spki);
}

static enum sg_err
record(const struct ksp *k, const struct card *c, const char *name)
{
	struct signer s = token_key_signer(c->key);
	auto_done(key_object) o = { 0 };
	auto_done(buf) spki = { 0 };

	SG_TRY(s.ops->spki(s.ctx, &spki));
	SG_TRY(describe(&o, token_label(c->token), token_serial(c->token),
	    token_key_id(c->key), buf_bytes(&spki)));
	SG_TRY(str_dup(&o.name, name));
	return client_key_record(k->client, &o);
}

static enum sg_err
name_is_free(const struct ksp *k, const char *name)
{
	auto_done(objects) have = { 0 };

	SG_TRY(client_objects(k->client, &have));
	if (objects_key(&have, name) != NULL)
		return sg_fail(SG_EEXIST, "there is a key '%s' already", name);
	return SG_OK;
}

enum sg_err
card_make_key(const struct ksp *k, const struct ksp_make *ask)
{
	auto_done(card) c = { 0 };
	bool rsa = object_type_is_rsa(ask->type);
	enum sg_err e;

	SG_TRY(name_is_free(k, ask->name));
	SG_TRY(open_named(&c.token, k, ask->token));
	SG_TRY(log_in(c.token, k, NULL));
	SG_TRY(token_key_make_named(&c.key, c.token, ask->name,
	    rsa ? KEY_RSA : KEY_EC, object_type_bits(ask->type)));
	e = record(k, &c, ask->name);
	if (e != SG_OK) {
		auto_str why = NULL;

		/* The card is small, and nobody would know of it. */
		SG_TRY(str_dup(&why, sg_note(e)));
		SG_IGNORE(token_key_erase(c.key));
		return sg_fail(e, "%s", why);
	}
	return SG_OK;
}

enum sg_err
card_erase_key(const struct ksp *k, const struct key_object *key)
{
	auto_done(card) c = { 0 };

	SG_TRY(card_open_key(&c, k, key, NULL));
	return token_key_erase(c.key);
}

enum sg_err
card_store_cert(const struct ksp *k, const struct key_object *key,
    const char *label, struct bytes der)
{
	auto_done(card) c = { 0 };

	SG_TRY(card_open_key(&c, k, key, NULL));
	return token_cert_add(c.token, buf_bytes(&key->token_id), label, der);
}

/* --- which are there --- */

void
cards_done(struct cards *c)
{
	token_list_done(&c->tokens);
}

enum sg_err
cards_look(struct cards *out, const struct ksp *k)
{
	return token_list_make(&out->tokens, k->module);
}

bool
cards_have(const struct cards *c, const struct key_object *key)
{
	if (key->provider != KSP_SMARTCARD)
		return true;
	for (size_t i = 0; i < c->tokens.n; i++)
		if (strcmp(c->tokens.v[i].serial, key->serial) == 0)
			return true;
	return false;
}

struct certs_walk {
	card_cert *each;
	void *arg;
	const struct token *token;
	enum sg_err e;		/* what each said, which ends everything */
};

/* A certificate that cannot be read, or of a key that is not one of ours, is
 * the token's own business. */
static enum sg_err
one_cert(void *arg, struct bytes id, struct bytes der)
{
	struct certs_walk *w = arg;
	auto_done(key_object) o = { 0 };
	auto_free(cert) x = NULL;

	if (id.n == 0 || id.n > OBJECT_TOKEN_ID_MAX ||
	    cert_parse(&x, der) != SG_OK || (x->ext.has_basic && x->ext.ca) ||
	    describe(&o, token_label(w->token), token_serial(w->token), id,
	    buf_bytes(&x->spki)) != SG_OK)
		return SG_OK;
	return w->e = w->each(w->arg, der, &o);
}

enum sg_err
cards_certs(const struct cards *c, card_cert *each, void *arg)
{
	for (size_t i = 0; i < c->tokens.n; i++) {
		const struct token_about *a = &c->tokens.v[i];
		auto_free(token) t = NULL;
		struct certs_walk w = { each, arg, NULL, SG_OK };
		auto_str uri = NULL;

		SG_TRY(token_uri(&uri, a->label, a->serial, a->module));
		if (token_open(&t, uri) != SG_OK)
			continue;
		w.token = t;
		if (token_certs(t, one_cert, &w) != SG_OK)
			SG_TRY(w.e);
	}
	return SG_OK;
}
