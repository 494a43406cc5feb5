/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/binding.h"

#include <string.h>
#include <strings.h>

#include "base/reader.h"
#include "ca/requests.h"
#include "pki/name.h"

#define VERSION		1
#define IDENTITY_MAX	((size_t)64 << 10)	/* bytes of one, encoded */
#define EKU_MAX		EXT_COUNT_MAX

/* A SID in a URI, of which domain controllers make a strong mapping. */
#define SID_URI		"tag:microsoft.com,2022-09-14:sid:"

void
ca_binding_done(struct ca_binding *b)
{
	identity_done(&b->identity);
	texts_done(&b->eku);
	texts_done(&b->uri);
	buf_done(&b->key_hash);
	*b = (struct ca_binding) { 0 };
}

bool
ca_binding_names(const struct ca_binding *b)
{
	const struct identity *id = &b->identity;

	return id->subject.n > 0 || id->upn != NULL || id->sid != NULL ||
	    id->email != NULL || id->realm != NULL || id->guid.n > 0 ||
	    id->dns.n > 0 || id->ip.n > 0;
}

static bool
powerful_use(const char *oid)
{
	static const char *const all[] = { OID_SMARTCARD_LOGON,
		OID_ANY_USAGE, OID_REQUEST_AGENT, OID_KDC_AUTH,
		OID_PKINIT_CLIENT };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i], oid) == 0)
			return true;
	return false;
}

bool
ca_powerful(const struct template *t)
{
	const struct texts *lists[] = { &t->eku, &t->app_policies };

	if ((t->flags & (TEMPLATE_IS_CA | TEMPLATE_IS_CROSS_CA)) != 0 ||
	    t->eku.n + t->app_policies.n == 0)
		return true;
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (powerful_use(lists[i]->v[j]))
				return true;
	return false;
}

/* Where template_fill() would take it from the request. */
static enum sg_err
check_subject(const struct identity *id, const struct template *t)
{
	if ((t->name_flag & NAME_ENROLLEE_SUPPLIES) == 0 ||
	    id->subject.n > 0 || id->upn != NULL || id->dns.n > 0)
		return SG_OK;
	return sg_fail(SG_EARG, "by the template %s the request would say the"
	    " subject beside the names: say the subject, too", t->cn);
}

enum sg_err
ca_binding_check(const struct ca_binding *b, const struct template *t)
{
	SG_TRY(identity_check(&b->identity));
	if (b->key_hash.n != 0 && b->key_hash.n != SHA256_LEN)
		return sg_fail(SG_EARG, "the key's hash is no SHA-256");
	for (size_t i = 0; i < t->eku.n && b->eku.n > 0; i++)
		if (!texts_has(&b->eku, t->eku.v[i]))
			return sg_fail(SG_EARG, "the template %s gives the use"
			    " %s, too", t->cn, oid_name(t->eku.v[i]));
	for (size_t i = 0; i < b->eku.n; i++)
		if (!texts_has(&t->eku, b->eku.v[i]))
			return sg_fail(SG_EARG, "the template %s does not give"
			    " the use %s", t->cn, oid_name(b->eku.v[i]));
	if (ca_binding_names(b))
		return check_subject(&b->identity, t);
	if (ca_powerful(t))
		return sg_fail(SG_EARG, "by the template %s people sign in or "
		    "speak for others: say whose the certificate will be",
		    t->cn);
	if ((t->name_flag & NAME_ENROLLEE_SUPPLIES) == 0)
		return sg_fail(SG_EARG, "the template %s takes no names from "
		    "requests: say whose the certificate will be", t->cn);
	return SG_OK;
}

/* --- a request beside it --- */

static enum sg_err
differs(const char *field, const char *asked, const char *bound)
{
	if (bound == NULL)
		return sg_fail(SG_EVERIFY, "%s: the request asks for '%.200s',"
		    " which it may not have", field, asked);
	return sg_fail(SG_EVERIFY, "%s: the request asks for '%.200s' in place"
	    " of '%.200s'", field, asked, bound);
}

static enum sg_err
text_fits(const char *field, const char *asked, const char *bound)
{
	if (asked == NULL || (bound != NULL && strcasecmp(asked, bound) == 0))
		return SG_OK;
	return differs(field, asked, bound);
}

static bool
among(const char *s, const struct texts *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcasecmp(s, all->v[i]) == 0)
			return true;
	return false;
}

static enum sg_err
list_fits(const char *field, const struct texts *asked,
    const struct texts *bound)
{
	for (size_t i = 0; i < asked->n; i++)
		if (!among(asked->v[i], bound))
			return differs(field, asked->v[i],
			    bound->n > 0 ? bound->v[0] : NULL);
	return SG_OK;
}

/* Without a bound subject the template makes one: what the request says then
 * does not count. */
static enum sg_err
subject_fits(const struct identity *id, const struct csr *r)
{
	struct bytes asked = buf_bytes(&r->content.subject);
	auto_str bound = NULL;

	if (id->subject.n == 0 || name_empty(asked) ||
	    name_same(asked, buf_bytes(&id->subject)))
		return SG_OK;
	SG_TRY(name_print(&bound, buf_bytes(&id->subject)));
	return differs("subject", r->subject, bound);
}

/* The one form of a URI that may be asked for is that of the bound SID. */
static enum sg_err
uris_fit(const struct ca_binding *b, const struct texts *asked, bool named)
{
	const struct identity *id = &b->identity;
	const size_t n = strlen(SID_URI);

	for (size_t i = 0; i < asked->n; i++) {
		const char *uri = asked->v[i];

		if (strncasecmp(uri, SID_URI, n) == 0)
			SG_TRY(text_fits("SID", uri + n, id->sid));
		else if (named && !texts_has(&b->uri, uri))
			return differs("URI", uri, NULL);
	}
	return SG_OK;
}

static enum sg_err
names_fit(const struct ca_binding *b, const struct csr *r)
{
	const struct extensions *x = &r->content.ext;
	const struct identity *id = &b->identity;
	const bool named = ca_binding_names(b);
	struct texts email = { &(char *) { id->email },
		id->email != NULL };

	SG_TRY(text_fits("UPN", x->upn, id->upn));
	SG_TRY(text_fits("SID", x->sid, id->sid));
	SG_TRY(uris_fit(b, &x->uri, named));
	if (!named)
		return SG_OK;
	SG_TRY(subject_fits(id, r));
	SG_TRY(list_fits("DNS name", &x->dns, &id->dns));
	SG_TRY(list_fits("mail address", &x->email, &email));
	return list_fits("IP address", &x->ip, &id->ip);
}

static enum sg_err
uses_fit(const struct ca_binding *b, const struct template *t,
    const struct csr *r)
{
	const struct extensions *x = &r->content.ext;
	const struct texts *asked[] = { &x->eku, &x->app_policies };

	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < asked[i]->n; j++) {
			const char *oid = asked[i]->v[j];

			if ((b->eku.n > 0 && !texts_has(&b->eku, oid)) ||
			    (powerful_use(oid) && !texts_has(&t->eku, oid)))
				return differs("extended key usage",
				    oid_name(oid), NULL);
		}
	}
	return SG_OK;
}

static enum sg_err
key_fits(const struct ca_binding *b, const struct csr *r)
{
	uint8_t hash[SHA256_LEN];
	enum key_kind kind;
	unsigned bits;

	SG_TRY(spki_kind(&kind, &bits, buf_bytes(&r->spki)));
	if (b->key_bits != 0 && bits != b->key_bits)
		return sg_fail(SG_EVERIFY, "key size: the request's key has "
		    "%u bits in place of %u", bits, b->key_bits);
	if (b->key_hash.n == 0)
		return SG_OK;
	SG_TRY(sha256(buf_bytes(&r->spki), hash));
	return bytes_eq(bytes_of(hash, sizeof(hash)), buf_bytes(&b->key_hash))
	    ? SG_OK : sg_fail(SG_EVERIFY, "key: the request is for another "
	    "key than it was handed out for");
}

enum sg_err
ca_binding_fits(const struct ca_binding *b, const struct template *t,
    const struct csr *r)
{
	SG_TRY(names_fit(b, r));
	SG_TRY(uses_fit(b, t, r));
	return key_fits(b, r);
}

/* --- in the database --- */

enum sg_err
ca_binding_encode(struct buf *out, const struct ca_binding *b)
{
	auto_done(buf) id = { 0 };

	SG_TRY(ca_identity_encode(&id, &b->identity));
	SG_TRY(buf_add_u8(out, VERSION));
	SG_TRY(buf_add_block(out, buf_bytes(&id)));
	SG_TRY(buf_add_u32(out, b->key_bits));
	SG_TRY(buf_add_block(out, buf_bytes(&b->key_hash)));
	SG_TRY(buf_add_u32(out, (uint32_t)b->eku.n));
	for (size_t i = 0; i < b->eku.n; i++)
		SG_TRY(buf_add_block(out, bytes_str(b->eku.v[i])));
	return SG_OK;
}

static enum sg_err
uses_read(struct texts *out, struct reader *r)
{
	uint32_t n = read_u32(r);

	if (n > EKU_MAX)
		reader_fail(r);
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		auto_str s = NULL;

		SG_TRY(str_from_bytes(&s, read_block(r, EXT_TEXT_MAX)));
		SG_TRY(texts_add(out, s));
	}
	return SG_OK;
}

enum sg_err
ca_binding_decode(struct ca_binding *out, struct bytes x)
{
	auto_done(ca_binding) b = { 0 };
	struct reader r = reader_of(x);

	if (read_u8(&r) != VERSION)
		return sg_fail(SG_EFORMAT, "a binding of another version");
	SG_TRY(ca_identity_decode(&b.identity, read_block(&r, IDENTITY_MAX)));
	b.key_bits = read_u32(&r);
	SG_TRY(buf_set(&b.key_hash, read_block(&r, SHA256_LEN)));
	SG_TRY(uses_read(&b.eku, &r));
	SG_TRY(reader_finish(&r, "a binding"));
	*out = b;
	b = (struct ca_binding) { 0 };
	return SG_OK;
}
