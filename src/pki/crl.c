/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/crl.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pki/asn1.h"
#include "pki/name.h"
#include "pki/sign.h"

static const struct {
	enum crl_reason reason;
	const char *name;
} reasons[] = {
	{ CRL_UNSPECIFIED, "unspecified" },
	{ CRL_KEY_COMPROMISE, "keyCompromise" },
	{ CRL_CA_COMPROMISE, "cACompromise" },
	{ CRL_AFFILIATION_CHANGED, "affiliationChanged" },
	{ CRL_SUPERSEDED, "superseded" },
	{ CRL_CESSATION, "cessationOfOperation" },
	{ CRL_HOLD, "certificateHold" },
	{ CRL_REMOVE, "removeFromCRL" },
	{ CRL_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn" },
	{ CRL_AA_COMPROMISE, "aACompromise" },
};
#define REASONS_LEN (sizeof(reasons) / sizeof(reasons[0]))

const char *
crl_reason_name(enum crl_reason r)
{
	for (size_t i = 0; i < REASONS_LEN; i++)
		if (reasons[i].reason == r)
			return reasons[i].name;
	return "?";
}

enum sg_err
crl_reason_parse(enum crl_reason *out, const char *name)
{
	auto_done(buf) all = { 0 };
	char number[sizeof("-2147483648")];

	for (size_t i = 0; i < REASONS_LEN; i++) {
		/* That is no reason to revoke. */
		if (reasons[i].reason == CRL_REMOVE)
			continue;
		(void)snprintf(number, sizeof(number), "%d",
		    (int)reasons[i].reason);
		if (strcasecmp(reasons[i].name, name) == 0 ||
		    strcmp(number, name) == 0) {
			*out = reasons[i].reason;
			return SG_OK;
		}
		SG_TRY(buf_printf(&all, " %s", reasons[i].name));
	}
	SG_TRY(buf_terminate(&all));
	return sg_fail(SG_EARG, "'%.80s' is not a reason; there are%s", name,
	    (const char *)all.p);
}

void
crl_content_done(struct crl_content *c)
{
	buf_done(&c->issuer);
	buf_done(&c->aki);
	for (size_t i = 0; i < c->count; i++)
		free(c->entries[i].serial);
	free(c->entries);
	*c = (struct crl_content) { 0 };
}

static enum sg_err
entry_add(struct crl_content *c, const char *serial, int64_t when,
    enum crl_reason reason)
{
	struct crl_entry *v = reallocarray(c->entries, c->count + 1,
	    sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->entries = v;
	v += c->count;
	SG_TRY(str_dup(&v->serial, serial));
	v->when = when;
	v->reason = reason;
	c->count++;
	return SG_OK;
}

SG_AUTO_OSSL(ASN1_ENUMERATED)
SG_AUTO_OSSL(AUTHORITY_KEYID)

void
crl_free(struct crl *l)
{
	if (l == NULL)
		return;
	buf_done(&l->der);
	free(l->issuer);
	crl_content_done(&l->content);
	X509_CRL_free(l->crl);
	free(l);
}

static enum sg_err
read_entry(struct crl_content *c, const X509_REVOKED *r)
{
	auto_ossl(ASN1_ENUMERATED) reason = NULL;
	auto_str serial = NULL;
	int64_t when;
	int critical;

	SG_TRY(serial_text(&serial, X509_REVOKED_get0_serialNumber(r)));
	SG_TRY(time_read(&when, X509_REVOKED_get0_revocationDate(r)));
	reason = X509_REVOKED_get_ext_d2i(r, NID_crl_reason, &critical, NULL);
	if (reason == NULL && critical != -1)
		return ossl_fail(SG_EFORMAT, "a reason");
	return entry_add(c, serial, when, reason == NULL
	    ? CRL_UNSPECIFIED : (enum crl_reason)ASN1_ENUMERATED_get(reason));
}

static enum sg_err
read_extensions(struct crl_content *c, X509_CRL *x)
{
	auto_ossl(ASN1_INTEGER) number = NULL;
	auto_ossl(AUTHORITY_KEYID) aki = NULL;
	int critical;

	number = X509_CRL_get_ext_d2i(x, NID_crl_number, &critical, NULL);
	if (number == NULL && critical != -1)
		return ossl_fail(SG_EFORMAT, "the number");
	if (number != NULL &&
	    ASN1_INTEGER_get_uint64(&c->number, number) != 1)
		return ossl_fail(SG_ELIMIT, "the number");
	aki = X509_CRL_get_ext_d2i(x, NID_authority_key_identifier, &critical,
	    NULL);
	if (aki == NULL && critical != -1)
		return ossl_fail(SG_EFORMAT, "the key id");
	if (aki == NULL || aki->keyid == NULL)
		return SG_OK;
	return buf_add(&c->aki, ASN1_STRING_get0_data(aki->keyid),
	    (size_t)ASN1_STRING_length(aki->keyid));
}

static enum sg_err
read_entries(struct crl_content *c, X509_CRL *x)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(x);

	if (sk_X509_REVOKED_num(all) > CRL_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "%d entries are too many",
		    sk_X509_REVOKED_num(all));
	for (int i = 0; i < sk_X509_REVOKED_num(all); i++)
		SG_TRY(read_entry(c, sk_X509_REVOKED_value(all, i)));
	return SG_OK;
}

static enum sg_err
fill(struct crl *l, struct bytes der)
{
	struct crl_content *c = &l->content;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509_CRL), der, "DER"));
	l->crl = v;
	SG_TRY(buf_set(&l->der, der));
	SG_TRY(der_add(&c->issuer, ASN1_ITEM_rptr(X509_NAME),
	    X509_CRL_get_issuer(l->crl)));
	SG_TRY(name_print(&l->issuer, buf_bytes(&c->issuer)));
	SG_TRY(time_read(&c->this_update, X509_CRL_get0_lastUpdate(l->crl)));
	if (X509_CRL_get0_nextUpdate(l->crl) != NULL)
		SG_TRY(time_read(&c->next_update,
		    X509_CRL_get0_nextUpdate(l->crl)));
	SG_TRY(read_entries(c, l->crl));
	return read_extensions(c, l->crl);
}

enum sg_err
crl_parse(struct crl **out, struct bytes der)
{
	auto_free(crl) l = NULL;

	if (der.n > CRL_MAX)
		return sg_fail(SG_ELIMIT, "a CRL of %zu bytes", der.n);
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(sg_while(fill(l, der), "CRL"));
	*out = l;
	l = NULL;
	return SG_OK;
}

enum sg_err
crl_read(struct crl **out, struct bytes text)
{
	static const char *const labels[] = { PEM_STRING_X509_CRL, NULL };
	auto_done(buf) der = { 0 };

	SG_TRY(pem_or_der(&der, text, labels, "CRL"));
	return crl_parse(out, buf_bytes(&der));
}

enum sg_err
crl_verify(const struct crl *l, const struct cert *issuer)
{
	auto_free(pkey) k = NULL;

	if (!name_same(buf_bytes(&l->content.issuer),
	    buf_bytes(&issuer->subject_der)))
		return sg_fail(SG_EVERIFY, "the CRL's issuer is %s, not %s",
		    l->issuer, issuer->subject);
	SG_TRY(cert_key(&k, issuer));
	if (X509_CRL_verify(l->crl, k->evp) == 1)
		return SG_OK;
	ERR_clear_error();
	return sg_fail(SG_EVERIFY, "the CRL is not signed by %s",
	    issuer->subject);
}

