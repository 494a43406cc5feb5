/* SPDX-License-Identifier: BSD-2-Clause */

/* Names, attributes, and what else both ends do. */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/ber.h"
#include "pki/der.h"
#include "proto/scep_attrs.h"
#include "proto/utf.h"

#define NUMBER_TEXT_MAX	4	/* digits of a type, status or reason */
#define HRESULT_TEXT_MAX 12

#define OID(...) { (const uint8_t[]) { __VA_ARGS__ }, \
	sizeof((const uint8_t[]) { __VA_ARGS__ }) }
/* 2.16.840.1.113733.1.9 */
#define VERISIGN(last) OID(0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x45, 0x01, \
	0x09, last)

const struct bytes scep_attr_oids[SCEP_ATTRS] = {
	[SCEP_ATTR_TYPE] = VERISIGN(2),
	[SCEP_ATTR_STATUS] = VERISIGN(3),
	[SCEP_ATTR_FAIL] = VERISIGN(4),
	[SCEP_ATTR_SENDER] = VERISIGN(5),
	[SCEP_ATTR_RECIPIENT] = VERISIGN(6),
	[SCEP_ATTR_TRANSACTION] = VERISIGN(7),
	/* 1.3.6.1.5.5.7.24.1 */
	[SCEP_ATTR_FAIL_TEXT] = OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x18,
	    0x01),
	/* 1.3.6.1.4.1.311.21.33 */
	[SCEP_ATTR_HRESULT] = OID(0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37,
	    0x15, 0x21),
};

const char *
scep_type_name(enum scep_type t)
{
	switch (t) {
	case SCEP_CERT_REP:
		return "CertRep";
	case SCEP_RENEWAL_REQ:
		return "RenewalReq";
	case SCEP_UPDATE_REQ:
		return "UpdateReq";
	case SCEP_PKCS_REQ:
		return "PKCSReq";
	case SCEP_CERT_POLL:
		return "CertPoll";
	case SCEP_GET_CERT:
		return "GetCert";
	case SCEP_GET_CRL:
		return "GetCRL";
	}
	return "unknown";
}

const char *
scep_fail_name(int fail)
{
	static const char *const names[SCEP_FAIL_MAX + 1] = { "badAlg",
		"badMessageCheck", "badRequest", "badTime", "badCertId",
		"unsupportedExt", "mustArchiveKeys", "badIdentity",
		"popRequired", "popFailed", "noKeyReuse", "internalCAError",
		"tryLater" };

	return fail >= 0 && fail <= SCEP_FAIL_MAX ? names[fail] : NULL;
}

/* --- attributes --- */

void
scep_attrs_done(struct scep_attrs *a)
{
	free(a->transaction);
	free(a->fail_text);
	*a = (struct scep_attrs) { 0 };
}

static enum sg_err
malformed(const char *what)
{
	return sg_fail(SG_EFORMAT, "%s: malformed", what);
}

/* The contents of an attribute that has one of two tags, or none of it. */
static enum sg_err
get(struct bytes *out, const struct signed_by *s, enum scep_attr which,
    uint8_t tag, const char *what)
{
	struct bytes der;
	struct reader r;
	enum sg_err e = signed_attr(&der, s, scep_attr_oids[which]);

	*out = (struct bytes) { 0 };
	if (e == SG_ENOENT)
		return SG_OK;
	SG_TRY(sg_while(e, "%s", what));
	r = reader_of(der);
	/* Where a text may be any, others write it as another kind of text. */
	if (tag == DER_PRINTABLE && (der_next_is(&r, DER_UTF8_STRING) ||
	    der_next_is(&r, DER_IA5_STRING)))
		tag = der.p[0];
	*out = der_get(&r, tag);
	return reader_end(&r) && out->n > 0 ? SG_OK : malformed(what);
}

/* Decimal digits, perhaps with a sign. */
static bool
decimal(long long *out, struct bytes text)
{
	bool minus = text.n > 0 && text.p[0] == '-';
	long long v = 0;

	if (text.n - minus == 0 || text.n > HRESULT_TEXT_MAX)
		return false;
	for (size_t i = minus; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (text.p[i] - '0');
	}
	*out = minus ? -v : v;
	return true;
}

static enum sg_err
get_number(int *out, const struct signed_by *s, enum scep_attr which,
    const char *what)
{
	struct bytes text;
	long long v = -1;

	SG_TRY(get(&text, s, which, DER_PRINTABLE, what));
	if (text.n > 0 && (text.n > NUMBER_TEXT_MAX || !decimal(&v, text) ||
	    v < 0))
		return malformed(what);
	*out = (int)v;
	return SG_OK;
}

static enum sg_err
get_nonce(struct bytes *out, const struct signed_by *s, enum scep_attr which,
    const char *what)
{
	struct bytes x;
	struct bytes der;

	/* Some send one without a byte. */
	if (signed_attr(&der, s, scep_attr_oids[which]) == SG_OK &&
	    bytes_eq(der, bytes_of("\x04\x00", 2))) {
		*out = (struct bytes) { 0 };
		return SG_OK;
	}
	SG_TRY(get(&x, s, which, DER_OCTETS, what));
	if (x.n > SCEP_NONCE_MAX)
		return sg_fail(SG_ELIMIT, "%s: %zu bytes", what, x.n);
	*out = x;
	return SG_OK;
}

static enum sg_err
get_transaction(struct scep_attrs *a, const struct signed_by *s)
{
	struct bytes x;

	SG_TRY(get(&x, s, SCEP_ATTR_TRANSACTION, DER_PRINTABLE,
	    "transactionID"));
	if (x.n == 0)
		return sg_fail(SG_EFORMAT, "transactionID: missing");
	if (x.n > SCEP_TRANSACTION_MAX)
		return sg_fail(SG_ELIMIT, "transactionID: %zu characters",
		    x.n);
	for (size_t i = 0; i < x.n; i++)
		if (x.p[i] < ' ' || x.p[i] > '~')
			return malformed("transactionID");
	SG_TRY(signed_attr(&a->transaction_der, s,
	    scep_attr_oids[SCEP_ATTR_TRANSACTION]));
	return str_from_bytes(&a->transaction, x);
}

/* Terminals obey what is below the blank, DEL, and U+0080 to U+009F. */
static void
tame(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < ' ' || *p == 0x7f)
			*p = ' ';
		else if (*p == 0xc2 && p[1] < 0xa0)
			*p = p[1] = ' ';
	}
}

/* For people: what cannot be shown to them is left out, and not refused. */
static enum sg_err
get_fail_text(struct scep_attrs *a, const struct signed_by *s)
{
	struct bytes x;

	SG_TRY(get(&x, s, SCEP_ATTR_FAIL_TEXT, DER_PRINTABLE,
	    "failInfoText"));
	if (x.n == 0 || x.n > SCEP_TEXT_MAX || utf8_check(x) != SG_OK) {
		sg_note_clear();
		return SG_OK;
	}
	SG_TRY(str_from_bytes(&a->fail_text, x));
	tame(a->fail_text);
	return SG_OK;
}

static enum sg_err
get_hresult(struct scep_attrs *a, const struct signed_by *s)
{
	struct bytes x;
	long long v;

	SG_TRY(get(&x, s, SCEP_ATTR_HRESULT, DER_PRINTABLE, "HRESULT"));
	if (x.n == 0 || !decimal(&v, x))
		return SG_OK;
	a->has_hresult = true;
	a->hresult = (uint32_t)v;
	return SG_OK;
}

enum sg_err
scep_attrs_read(struct scep_attrs *out, const struct signed_by *s)
{
	auto_done(scep_attrs) a = { 0 };

	SG_TRY(get_transaction(&a, s));
	SG_TRY(get_number(&a.type, s, SCEP_ATTR_TYPE, "messageType"));
	SG_TRY(get_number(&a.status, s, SCEP_ATTR_STATUS, "pkiStatus"));
	SG_TRY(get_number(&a.fail, s, SCEP_ATTR_FAIL, "failInfo"));
	SG_TRY(get_nonce(&a.sender, s, SCEP_ATTR_SENDER, "senderNonce"));
	SG_TRY(get_nonce(&a.recipient, s, SCEP_ATTR_RECIPIENT,
	    "recipientNonce"));
	SG_TRY(get_fail_text(&a, s));
	SG_TRY(get_hresult(&a, s));
	*out = a;
	a = (struct scep_attrs) { 0 };
	return SG_OK;
}

enum sg_err
scep_attr_put_printable(struct buf *out, const char *text)
{
	return der_put(out, DER_PRINTABLE, bytes_str(text));
}

enum sg_err
scep_attr_put_number(struct buf *out, int n)
{
	auto_str text = NULL;

	SG_TRY(str_printf(&text, "%d", n));
	return scep_attr_put_printable(out, text);
}

/* --- messages --- */

enum sg_err
scep_der(struct buf *out, struct bytes message)
{
	if (der_check(message) == SG_OK)
		return buf_set(out, message);
	sg_note_clear();
	return ber_to_der(out, message);
}

/* Other things than certificates may be there, with tags of their own. */
static enum sg_err
take_cert(struct certs *out, struct bytes der, bool strict)
{
	auto_free(cert) c = NULL;
	struct cert *mine;
	enum sg_err e = cert_parse(&c, der);

	if (e == SG_ENOMEM || (e != SG_OK && strict))
		return e;
	sg_note_clear();
	if (e != SG_OK)
		return SG_OK;
	mine = c;
	c = NULL;
	return certs_add(out, mine);
}

enum sg_err
scep_certs(struct certs *out, struct bytes set, bool strict)
{
	struct reader r = reader_of(set);

	for (size_t n = 0; !r.failed && r.left.n > 0; n++) {
		bool is_cert = der_next_is(&r, DER_SEQUENCE);
		struct bytes der = der_get_whole(&r);

		if (n == SCEP_CERTS_MAX)
			return sg_fail(SG_ELIMIT, "more than %d certificates",
			    SCEP_CERTS_MAX);
		if (is_cert && !r.failed)
			SG_TRY(take_cert(out, der, strict && n == 0));
	}
	return r.failed ? sg_fail(SG_EFORMAT, "the certificates are malformed")
			: SG_OK;
}

struct cert *
scep_signer(const struct certs *l, const struct signed_by *s)
{
	const struct issuer_serial name = { s->issuer, s->serial };

	for (size_t i = 0; i < l->n; i++) {
		struct cert *c = l->v[i];

		if (s->key_id.n == 0 ? issuer_serial_is(&name, c)
		    : bytes_eq(s->key_id, buf_bytes(&c->ext.ski)) ||
		    bytes_eq(s->key_id, bytes_of(c->key_id, KEY_ID_LEN)))
			return c;
	}
	return NULL;
}
