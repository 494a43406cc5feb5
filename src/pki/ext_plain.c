/* SPDX-License-Identifier: BSD-2-Clause */

/* Each looks through the whole value before it takes anything out of it. */

#include "pki/ext_plain.h"

#include <arpa/inet.h>

#include "pki/asn1.h"
#include "pki/plain.h"

/* What is in the one SEQUENCE that a value is; a failed reader otherwise. */
static struct reader
sequence(struct bytes der)
{
	struct reader outer = reader_of(der);
	struct bytes inner = der_get(&outer, DER_SEQUENCE);
	struct reader r = reader_of(inner);

	if (!reader_end(&outer))
		reader_fail(&r);
	return r;
}

static bool
names_plain(struct reader r)
{
	size_t count = 0, upns = 0;

	while (r.left.n > 0) {
		struct plain_name n;

		if (++count > EXT_NAMES_MAX || !plain_name_get(&n, &r) ||
		    plain_is_sid(&n) || (plain_is_upn(&n) && ++upns > 1))
			return false;
	}
	return !r.failed;
}

static enum sg_err
ip_add(struct texts *out, struct bytes x)
{
	char text[INET6_ADDRSTRLEN];

	if (inet_ntop(x.n == 4 ? AF_INET : AF_INET6, x.p, text,
	    sizeof(text)) == NULL)
		return sg_fail(SG_EINTERNAL, "printing an IP address");
	return texts_add(out, text);
}

static enum sg_err
name_add(struct extensions *x, const struct plain_name *n)
{
	switch (n->tag) {
	case PLAIN_OTHER:
		return str_from_bytes(&x->upn, n->value);
	case PLAIN_EMAIL:
		return texts_add_bytes(&x->email, n->value);
	case PLAIN_DNS:
		return texts_add_bytes(&x->dns, n->value);
	case PLAIN_URI:
		return texts_add_bytes(&x->uri, n->value);
	default:
		return ip_add(&x->ip, n->value);
	}
}

enum sg_err
ext_plain_san(struct extensions *x, struct bytes der)
{
	struct reader r = sequence(der);

	if (!names_plain(r))
		return SG_ENOENT;
	while (r.left.n > 0) {
		struct plain_name n;

		if (!plain_name_get(&n, &r))
			return sg_fail(SG_EINTERNAL, "a name changed");
		SG_TRY(name_add(x, &n));
	}
	return SG_OK;
}

enum sg_err
ext_plain_sid(struct extensions *x, struct bytes der)
{
	struct reader r = sequence(der);
	struct plain_name n;
	auto_str sid = NULL;

	if (!plain_name_get(&n, &r) || !reader_end(&r) || !plain_is_sid(&n))
		return SG_ENOENT;
	SG_TRY(str_from_bytes(&sid, n.value));
	if (!sid_valid(sid))
		return SG_ENOENT;
	x->sid = sid;
	sid = NULL;
	return SG_OK;
}

enum sg_err
ext_plain_eku(struct texts *out, struct bytes der)
{
	struct reader r = sequence(der), look = r;

	while (look.left.n > 0)
		if (!plain_oid(der_get(&look, DER_OID)))
			return SG_ENOENT;
	if (look.failed)
		return SG_ENOENT;
	while (r.left.n > 0) {
		auto_str oid = NULL;

		SG_TRY(oid_text(&oid, der_get(&r, DER_OID)));
		SG_TRY(texts_add(out, oid));
	}
	return SG_OK;
}

/* DistributionPoint, RFC 5280 4.2.1.13, with a fullName of one URL and nothing
 * else. */
static struct bytes
point_get(struct reader *list)
{
	struct reader r = reader_of(der_get(list, DER_SEQUENCE));
	struct reader point = reader_of(der_get(&r, DER_EXPLICIT(0)));
	struct reader names = reader_of(der_get(&point, DER_EXPLICIT(0)));
	struct bytes url = der_get(&names, PLAIN_URI);

	if (!reader_end(&names) || !reader_end(&point) || !reader_end(&r) ||
	    !plain_text(url))
		reader_fail(list);
	return url;
}

enum sg_err
ext_plain_cdp(struct extensions *x, struct bytes der)
{
	struct reader r = sequence(der), look = r;

	while (look.left.n > 0)
		(void)point_get(&look);
	if (look.failed)
		return SG_ENOENT;
	while (r.left.n > 0)
		SG_TRY(texts_add_bytes(&x->cdp, point_get(&r)));
	return SG_OK;
}

/* 1.3.6.1.5.5.7.48.2 and .1 */
static const uint8_t ca_issuers[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 2 };
static const uint8_t ocsp[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1 };

/* AccessDescription, RFC 5280 4.2.2.1, of either kind with a URL. */
static struct bytes
access_get(struct texts **to, struct extensions *x, struct reader *list)
{
	struct reader r = reader_of(der_get(list, DER_SEQUENCE));
	struct bytes method = der_get(&r, DER_OID);
	struct bytes url = der_get(&r, PLAIN_URI);

	*to = bytes_eq(method, bytes_of(ocsp, sizeof(ocsp))) ? &x->ocsp
	    : bytes_eq(method, bytes_of(ca_issuers, sizeof(ca_issuers)))
	    ? &x->ca_issuers : NULL;
	if (*to == NULL || !reader_end(&r) || !plain_text(url))
		reader_fail(list);
	return url;
}

enum sg_err
ext_plain_aia(struct extensions *x, struct bytes der)
{
	struct reader r = sequence(der), look = r;
	struct texts *to;

	while (look.left.n > 0)
		(void)access_get(&to, x, &look);
	if (look.failed)
		return SG_ENOENT;
	while (r.left.n > 0) {
		struct bytes url = access_get(&to, x, &r);

		SG_TRY(texts_add_bytes(to, url));
	}
	return SG_OK;
}
