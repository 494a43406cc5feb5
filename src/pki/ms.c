/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/ms.h"

ASN1_SEQUENCE(MS_TEMPLATE) = {
	ASN1_SIMPLE(MS_TEMPLATE, oid, ASN1_OBJECT),
	ASN1_OPT(MS_TEMPLATE, major, ASN1_INTEGER),
	ASN1_OPT(MS_TEMPLATE, minor, ASN1_INTEGER),
} ASN1_SEQUENCE_END(MS_TEMPLATE)
IMPLEMENT_ASN1_FUNCTIONS(MS_TEMPLATE)

ASN1_SEQUENCE(MS_CSP) = {
	ASN1_SIMPLE(MS_CSP, spec, ASN1_INTEGER),
	ASN1_SIMPLE(MS_CSP, provider, ASN1_BMPSTRING),
	ASN1_SIMPLE(MS_CSP, signature, ASN1_BIT_STRING),
} ASN1_SEQUENCE_END(MS_CSP)
IMPLEMENT_ASN1_FUNCTIONS(MS_CSP)

ASN1_SEQUENCE(MS_PAIR) = {
	ASN1_SIMPLE(MS_PAIR, name, ASN1_BMPSTRING),
	ASN1_SIMPLE(MS_PAIR, value, ASN1_BMPSTRING),
} ASN1_SEQUENCE_END(MS_PAIR)
IMPLEMENT_ASN1_FUNCTIONS(MS_PAIR)

ASN1_SEQUENCE(MS_CLIENT) = {
	ASN1_SIMPLE(MS_CLIENT, id, ASN1_INTEGER),
	ASN1_SIMPLE(MS_CLIENT, machine, ASN1_UTF8STRING),
	ASN1_SIMPLE(MS_CLIENT, user, ASN1_UTF8STRING),
	ASN1_SIMPLE(MS_CLIENT, process, ASN1_UTF8STRING),
} ASN1_SEQUENCE_END(MS_CLIENT)
IMPLEMENT_ASN1_FUNCTIONS(MS_CLIENT)

ASN1_SEQUENCE(KRB_NAME) = {
	ASN1_EXP(KRB_NAME, type, ASN1_INTEGER, 0),
	ASN1_EXP_SEQUENCE_OF(KRB_NAME, parts, ASN1_GENERALSTRING, 1),
} ASN1_SEQUENCE_END(KRB_NAME)
IMPLEMENT_ASN1_FUNCTIONS(KRB_NAME)

ASN1_SEQUENCE(KRB_PRINCIPAL) = {
	ASN1_EXP(KRB_PRINCIPAL, realm, ASN1_GENERALSTRING, 0),
	ASN1_EXP(KRB_PRINCIPAL, name, KRB_NAME, 1),
} ASN1_SEQUENCE_END(KRB_PRINCIPAL)
IMPLEMENT_ASN1_FUNCTIONS(KRB_PRINCIPAL)

enum sg_err
ms_pair_add(struct buf *out, const char *name, const char *value)
{
	auto_ossl(MS_PAIR) m = MS_PAIR_new();

	if (m == NULL)
		return ossl_fail(SG_ENOMEM, "adding a name and value");
	ASN1_STRING_free(m->name);
	ASN1_STRING_free(m->value);
	m->name = m->value = NULL;
	SG_TRY(bmp_make(&m->name, name));
	SG_TRY(bmp_make(&m->value, value));
	return der_add(out, ASN1_ITEM_rptr(MS_PAIR), m);
}

enum sg_err
ms_pair_read(char **name, char **value, struct bytes der)
{
	auto_ossl(MS_PAIR) m = NULL;
	auto_str n = NULL;
	void *v;

	SG_TRY(der_read(&v, ASN1_ITEM_rptr(MS_PAIR), der, "value"));
	m = v;
	SG_TRY(string_text(&n, m->name));
	SG_TRY(string_text(value, m->value));
	*name = n;
	n = NULL;
	return SG_OK;
}
