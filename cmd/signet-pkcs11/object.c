/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "module.h"
#include "pki/view.h"

/* An object under construction: the first failure sticks. */
struct maker {
	struct object *o;
	enum sg_err e;
};

static void
put(struct maker *k, ck_attribute_type_t type, struct bytes value)
{
	struct attribute *a = &k->o->attributes[k->o->count];

	if (k->e != SG_OK)
		return;
	if (k->o->count == OBJECT_ATTRIBUTES_MAX) {
		k->e = sg_fail(SG_EINTERNAL, "too many attributes");
		return;
	}
	k->e = buf_add_bytes(&a->value, value);
	a->type = type;
	k->o->count++;
}

static void
put_number(struct maker *k, ck_attribute_type_t type, unsigned long v)
{
	put(k, type, bytes_of(&v, sizeof(v)));
}

static void
put_bool(struct maker *k, ck_attribute_type_t type, bool v)
{
	unsigned char x = v ? 1 : 0;

	put(k, type, bytes_of(&x, 1));
}

static void
put_text(struct maker *k, ck_attribute_type_t type, const char *s)
{
	put(k, type, bytes_str(s));
}

/* CK_DATE: eight digits, or nothing when the certificate's is odd. */
static void
put_date(struct maker *k, ck_attribute_type_t type, const char *s)
{
	put(k, type, bytes_str(s));
}

/* 4.4: what every object of a token has. */
static void
put_storage(struct maker *k, const uint8_t id[OBJECT_ID_LEN],
    const char *label)
{
	put_number(k, CKA_CLASS, k->o->class);
	put_bool(k, CKA_TOKEN, true);
	put_bool(k, CKA_PRIVATE, k->o->class == CKO_PRIVATE_KEY);
	put_bool(k, CKA_MODIFIABLE, false);
	put_bool(k, CKA_COPYABLE, false);
	/* A public key goes with its private one. */
	put_bool(k, CKA_DESTROYABLE, k->o->class != CKO_PUBLIC_KEY);
	put_text(k, CKA_LABEL, label);
	put(k, CKA_ID, bytes_of(id, OBJECT_ID_LEN));
}

/* OpenSC's names for what is behind a key reference of a PIV card. */
struct names {
	enum card_ref ref;
	const char *cert;
	const char *key;
};

static const struct names *
card_names(enum card_ref ref)
{
	static const struct names names[] = {
		{ CARD_AUTHENTICATION, "PIV Authentication", "PIV AUTH" },
		{ CARD_SIGNATURE, "Digital Signature", "SIGN" },
		{ CARD_MANAGEMENT, "Key Management", "KEY MAN" },
		{ CARD_CARD, "Card Authentication", "CARD AUTH" },
	};
	size_t i = 0;

	while (names[i].ref != ref)
		i++;
	return &names[i];
}

/*
 * FreeRDP looks for a PIV card behind labels that OpenSC gives to a PIV card's
 * certificates, and skips certificates without a label.
 */
static enum sg_err
cert_label(const struct cert_object *c, const struct card_keys *card,
    char **out)
{
	const struct card_key *k = card_keys_key(card, c->key);

	if (k != NULL && bytes_eq(buf_bytes(&k->cert), buf_bytes(&c->der)))
		return str_printf(out, "Certificate for %s",
		    card_names(k->ref)->cert);
	if (*c->label == '\0')
		return str_printf(out, "Signet certificate for %s", c->key);
	if (strncmp(c->label, "Certificate for ", 16) == 0 ||
	    strncmp(c->label, "X.509 Certificate for ", 22) == 0 ||
	    strncmp(c->label, "Retired Certificate for ", 24) == 0)
		return str_printf(out, "Signet: %s", c->label);
	return str_dup(out, c->label);
}

static enum sg_err
cert_fill(struct object *o, const struct cert_object *c,
    const struct card_keys *card)
{
	auto_done(cert_view) v = { 0 };
	auto_str label = NULL;
	struct maker k = { o, SG_OK };

	SG_TRY(cert_view_read(buf_bytes(&c->der), &v));
	SG_TRY(cert_label(c, card, &label));
	o->class = CKO_CERTIFICATE;
	o->identity = buf_bytes(&c->der);
	put_storage(&k, c->id, label);
	put_number(&k, CKA_CERTIFICATE_TYPE, CKC_X_509);
	put_number(&k, CKA_CERTIFICATE_CATEGORY, 1 /* token user */);
	put_bool(&k, CKA_TRUSTED, false);
	put(&k, CKA_VALUE, buf_bytes(&c->der));
	put(&k, CKA_SUBJECT, buf_bytes(&v.subject));
	put(&k, CKA_ISSUER, buf_bytes(&v.issuer));
	put(&k, CKA_SERIAL_NUMBER, buf_bytes(&v.serial));
	put(&k, CKA_PUBLIC_KEY_INFO, buf_bytes(&v.spki));
	put_date(&k, CKA_START_DATE, v.not_before);
	put_date(&k, CKA_END_DATE, v.not_after);
	return k.e;
}

static void
put_numbers(struct maker *k, const struct key_view *v)
{
	auto_done(buf) point = { 0 };

	if (v->kind == KEY_RSA) {
		put(k, CKA_MODULUS, buf_bytes(&v->modulus));
		put(k, CKA_PUBLIC_EXPONENT, buf_bytes(&v->exponent));
		return;
	}
	if (k->e == SG_OK)
		k->e = octet_string(buf_bytes(&v->point), &point);
	put(k, CKA_EC_PARAMS, buf_bytes(&v->curve));
	put(k, CKA_EC_POINT, buf_bytes(&point));
}

static enum sg_err
key_label(const struct key_object *key, const struct card_keys *card,
    const char *half, char **out)
{
	const struct card_key *k = card_keys_key(card, key->name);

	if (k == NULL)
		return str_dup(out, key->name);
	return str_printf(out, "%s %s", card_names(k->ref)->key, half);
}

static void
put_key(struct maker *k, const struct key_object *key, const char *label,
    const struct key_view *v)
{
	bool rsa = v->kind == KEY_RSA;

	k->o->key = key;
	k->o->identity = buf_bytes(&key->spki);
	put_storage(k, key->id, label);
	put_number(k, CKA_KEY_TYPE, rsa ? CKK_RSA : CKK_ECDSA);
	put_bool(k, CKA_LOCAL, true);
	put_bool(k, CKA_DERIVE, false);
	put_number(k, CKA_KEY_GEN_MECHANISM, rsa
		? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_ECDSA_KEY_PAIR_GEN);
	put(k, CKA_START_DATE, (struct bytes) { 0 });
	put(k, CKA_END_DATE, (struct bytes) { 0 });
	put(k, CKA_SUBJECT, (struct bytes) { 0 });
	put(k, CKA_PUBLIC_KEY_INFO, buf_bytes(&key->spki));
	put_numbers(k, v);
}

/* 4.8; FreeRDP looks for CKA_VERIFY. */
static enum sg_err
public_fill(struct object *o, const struct key_object *key,
    const struct card_keys *card)
{
	auto_done(key_view) v = { 0 };
	auto_str label = NULL;
	struct maker k = { o, SG_OK };

	SG_TRY(key_view_read(buf_bytes(&key->spki), &v));
	SG_TRY(key_label(key, card, "pubkey", &label));
	o->class = CKO_PUBLIC_KEY;
	put_key(&k, key, label, &v);
	if (v.kind == KEY_RSA)
		put_number(&k, CKA_MODULUS_BITS, v.modulus.n * 8);
	put_bool(&k, CKA_VERIFY, true);
	put_bool(&k, CKA_VERIFY_RECOVER, false);
	put_bool(&k, CKA_ENCRYPT, v.kind == KEY_RSA);
	put_bool(&k, CKA_WRAP, false);
	put_bool(&k, CKA_TRUSTED, false);
	return k.e;
}

/* 4.9. */
static enum sg_err
private_fill(struct object *o, const struct key_object *key,
    const struct card_keys *card)
{
	auto_done(key_view) v = { 0 };
	auto_str label = NULL;
	struct maker k = { o, SG_OK };

	SG_TRY(key_view_read(buf_bytes(&key->spki), &v));
	SG_TRY(key_label(key, card, "key", &label));
	o->class = CKO_PRIVATE_KEY;
	put_key(&k, key, label, &v);
	put_bool(&k, CKA_SIGN, true);
	put_bool(&k, CKA_SIGN_RECOVER, false);
	put_bool(&k, CKA_DECRYPT, v.kind == KEY_RSA);
	put_bool(&k, CKA_UNWRAP, false);
	put_bool(&k, CKA_SENSITIVE, true);
	put_bool(&k, CKA_ALWAYS_SENSITIVE, true);
	put_bool(&k, CKA_EXTRACTABLE, false);
	put_bool(&k, CKA_NEVER_EXTRACTABLE, true);
	put_bool(&k, CKA_ALWAYS_AUTHENTICATE, false);
	put_bool(&k, CKA_WRAP_WITH_TRUSTED, false);
	return k.e;
}

/* Those of a token are shown by its own module. */
static bool
key_shown(const struct key_object *k)
{
	return provider_in_container(k->provider);
}

/*
 * Only certificates whose key is here: MIT Kerberos takes every certificate of
 * a token for a credential and gives up when there are several.
 */
static bool
cert_shown(const struct objects *o, const struct cert_object *c)
{
	const struct key_object *k = objects_key(o, c->key);

	return c->kind == CERT_PERSONAL && k != NULL && key_shown(k) &&
	    strcmp(c->provider, provider_name(k->provider)) == 0;
}

/*
 * $SIGNET_CERT, a SHA-256 fingerprint in hex, leaves one certificate: neither
 * FreeRDP nor MIT Kerberos can be told which of several of the same key or
 * user to take.
 */
static enum sg_err
cert_chosen(const struct cert_object *c, bool *out)
{
	const char *wanted = secure_getenv("SIGNET_CERT");
	struct bytes der = buf_bytes(&c->der);
	uint8_t print[DIGEST_MAX];
	auto_str hex = NULL;

	*out = true;
	if (wanted == NULL)
		return SG_OK;
	SG_TRY(hashes_of(DIGEST_SHA256, &der, 1, print));
	SG_TRY(hex_encode(&hex, bytes_of(print, SHA256_LEN)));
	*out = strcasecmp(hex, wanted) == 0;
	return SG_OK;
}

static enum sg_err
certs_fill(const struct objects *o, const struct card_keys *card,
    struct object_list *l)
{
	for (size_t i = 0; i < o->cert_count; i++) {
		bool chosen;

		if (!cert_shown(o, &o->certs[i]))
			continue;
		SG_TRY(cert_chosen(&o->certs[i], &chosen));
		if (chosen)
			SG_TRY(cert_fill(&l->p[l->n++], &o->certs[i], card));
	}
	return SG_OK;
}

static enum sg_err
list_fill(const struct objects *o, const struct card_keys *card,
    struct object_list *l)
{
	SG_TRY(certs_fill(o, card, l));
	/* In this order: p11tool deletes what fits a name one by one, and a
	 * public key goes with its private one. */
	for (size_t i = 0; i < o->key_count; i++)
		if (key_shown(&o->keys[i]))
			SG_TRY(private_fill(&l->p[l->n++], &o->keys[i],
			    card));
	for (size_t i = 0; i < o->key_count; i++)
		if (key_shown(&o->keys[i]))
			SG_TRY(public_fill(&l->p[l->n++], &o->keys[i],
			    card));
	return SG_OK;
}

ck_object_handle_t
object_handle(const struct object_list *l, ck_object_class_t class,
    struct bytes identity)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->p[i].class == class &&
		    bytes_eq(l->p[i].identity, identity))
			return l->p[i].handle;
	return CK_INVALID_HANDLE;
}

enum sg_err
object_list_make(const struct objects *o, const struct card_keys *card,
    const struct object_list *old, ck_object_handle_t *last,
    struct object_list *out)
{
	struct object_list l = { 0 };
	enum sg_err e;

	l.p = calloc(o->cert_count + 2 * o->key_count + 1, sizeof(*l.p));
	if (l.p == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if ((e = list_fill(o, card, &l)) != SG_OK) {
		object_list_done(&l);
		return e;
	}
	for (size_t i = 0; i < l.n; i++) {
		l.p[i].handle = object_handle(old, l.p[i].class,
		    l.p[i].identity);
		if (l.p[i].handle == CK_INVALID_HANDLE)
			l.p[i].handle = ++*last;
	}
	*out = l;
	return SG_OK;
}

void
object_list_done(struct object_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = 0; j < l->p[i].count; j++)
			buf_done(&l->p[i].attributes[j].value);
	free(l->p);
	*l = (struct object_list) { 0 };
}

const struct attribute *
object_attribute(const struct object *o, ck_attribute_type_t type)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->attributes[i].type == type)
			return &o->attributes[i];
	return NULL;
}

bool
object_visible(const struct module *m, const struct object *o)
{
	return m->logged_in || m->pin_entry == PIN_ENTRY_ON_USE ||
	    o->class != CKO_PRIVATE_KEY;
}

const struct object *
object_find(const struct module *m, ck_object_handle_t handle)
{
	for (size_t i = 0; i < m->list.n; i++)
		if (m->list.p[i].handle == handle)
			return &m->list.p[i];
	return NULL;
}
