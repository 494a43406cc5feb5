/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/card_map.h"

#include <string.h>

#include "crypto/digest.h"
#include "pki/cert.h"
#include "pki/oid.h"

#define NAMED_PREFIX	"card/"

/* In the order in which they are filled; the card's order, too. */
static const enum card_ref refs[CARD_REFS] = { CARD_AUTHENTICATION,
	CARD_SIGNATURE, CARD_MANAGEMENT, CARD_CARD };

/* What a key's name asks for, or 0. */
static unsigned
ref_named(const char *key)
{
	static const char *const names[CARD_REFS] = { "9a", "9c", "9d", "9e" };
	size_t prefix = strlen(NAMED_PREFIX);

	if (strncmp(key, NAMED_PREFIX, prefix) != 0)
		return 0;
	for (size_t i = 0; i < CARD_REFS; i++)
		if (strncmp(key + prefix, names[i], 2) == 0 &&
		    (key[prefix + 2] == '\0' || key[prefix + 2] == '/'))
			return refs[i];
	return 0;
}

static bool
uses(const struct cert *x, unsigned usage)
{
	return (x->ext.key_usage & usage) != 0;
}

static unsigned
fits_authentication(const struct cert *x, enum object_key_type type)
{
	if (texts_has(&x->ext.eku, OID_SMARTCARD_LOGON) &&
	    x->ext.upn != NULL)
		return type == OBJECT_RSA2048 ? 3 : 2;
	return texts_has(&x->ext.eku, OID_CLIENT_AUTH) ? 1 : 0;
}

/* How well a certificate fits a reference by its own words; 0: not at all. */
static unsigned
fits(const struct cert *x, enum object_key_type type, enum card_ref ref)
{
	bool logon = texts_has(&x->ext.eku, OID_SMARTCARD_LOGON);

	switch (ref) {
	case CARD_AUTHENTICATION:
		return fits_authentication(x, type);
	case CARD_SIGNATURE:
		if (logon)
			return 0;
		if (uses(x, USAGE_NON_REPUDIATION))
			return 2;
		return uses(x, USAGE_DIGITAL_SIGNATURE) &&
		    !uses(x, USAGE_KEY_ENCIPHERMENT) &&
		    texts_has(&x->ext.eku, OID_EMAIL_PROTECTION);
	case CARD_MANAGEMENT:
		return !logon && type == OBJECT_RSA2048 &&
		    uses(x, USAGE_KEY_ENCIPHERMENT);
	case CARD_CARD:
		break;
	}
	return 0;
}

#define SCORE_NAMED	4u

struct search {
	const struct objects *o;
	struct bytes only;
	struct card_keys keys;
};

/* The score of a certificate for a reference, and until when it is valid. */
static enum sg_err
judge(const struct search *s, const struct cert_object *c, enum card_ref ref,
    unsigned *score, int64_t *until)
{
	const struct key_object *key = objects_key(s->o, c->key);
	auto_free(cert) x = NULL;
	unsigned named;
	enum sg_err e;

	*score = 0;
	if (c->kind != CERT_PERSONAL || key == NULL ||
	    strcmp(c->provider, PROVIDER_PASSPORT) != 0 ||
	    c->der.n > CARD_CERT_MAX ||
	    card_keys_key(&s->keys, c->key) != NULL)
		return SG_OK;
	e = cert_parse(&x, buf_bytes(&c->der));
	/* It was read once, when it was stored. */
	if (e == SG_EFORMAT || e == SG_ELIMIT)
		return SG_OK;
	SG_TRY(e);
	*until = x->not_after;
	named = ref_named(key->name);
	if (s->only.n > 0)
		*score = ref == CARD_AUTHENTICATION &&
		    bytes_eq(buf_bytes(&c->der), s->only);
	else if (named != 0)
		*score = named == ref ? SCORE_NAMED : 0;
	else
		*score = fits(x, key->type, ref);
	return SG_OK;
}

static enum sg_err
show(struct card_keys *keys, enum card_ref ref, const struct objects *o,
    const struct cert_object *c)
{
	struct card_key *k = &keys->v[keys->n++];

	k->ref = ref;
	k->type = objects_key(o, c->key)->type;
	SG_TRY(str_dup(&k->key, c->key));
	SG_TRY(str_dup(&k->label, c->label));
	return buf_set(&k->cert, buf_bytes(&c->der));
}

static enum sg_err
fill(struct search *s, enum card_ref ref)
{
	const struct cert_object *best = NULL;
	unsigned best_score = 0;
	int64_t best_until = 0;

	for (size_t i = 0; i < s->o->cert_count; i++) {
		const struct cert_object *c = &s->o->certs[i];
		unsigned score;
		int64_t until = 0;

		SG_TRY(judge(s, c, ref, &score, &until));
		if (score == 0 || score < best_score ||
		    (score == best_score && until < best_until))
			continue;
		best = c;
		best_score = score;
		best_until = until;
	}
	return best != NULL ? show(&s->keys, ref, s->o, best) : SG_OK;
}

static enum sg_err
generation_of(struct card_keys *keys)
{
	auto_done(buf) b = { 0 };
	uint8_t sum[SHA256_LEN];
	struct reader r;

	SG_TRY(card_keys_write(&b, keys));
	SG_TRY(sha256(buf_bytes(&b), sum));
	r = reader_of(bytes_of(sum, sizeof(sum)));
	keys->generation = read_u64(&r);
	return SG_OK;
}

static enum sg_err
fill_all(struct search *s)
{
	for (size_t i = 0; i < CARD_REFS; i++)
		SG_TRY(fill(s, refs[i]));
	return generation_of(&s->keys);
}

enum sg_err
card_map(const struct objects *o, struct bytes only, struct card_keys *out)
{
	struct search s = { .o = o, .only = only };
	enum sg_err e = fill_all(&s);

	if (e != SG_OK) {
		card_keys_done(&s.keys);
		return e;
	}
	card_keys_done(out);
	*out = s.keys;
	return SG_OK;
}
