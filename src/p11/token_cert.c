/* SPDX-License-Identifier: BSD-2-Clause */

/* Certificates beside a token's keys. */

#include <string.h>

#include "p11/token_impl.h"
#include "pki/view.h"

#define CERTS_MAX	64

static bool
is_there(const struct token *t, CK_OBJECT_CLASS class, struct bytes id)
{
	CK_ATTRIBUTE want[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, (void *)(uintptr_t)id.p, id.n },
	};
	CK_OBJECT_HANDLE found;
	CK_ULONG n = 0;

	return token_search(t, want, 2, &found, 1, &n) == SG_OK && n > 0;
}

/* Private keys are hidden until somebody logs in; the public one is a hint. */
static bool
has_key(const struct token *t, struct bytes id)
{
	return is_there(t, CKO_PRIVATE_KEY, id) ||
	    is_there(t, CKO_PUBLIC_KEY, id);
}

enum sg_err
token_certs(const struct token *t,
    enum sg_err (*each)(void *arg, struct bytes id, struct bytes der),
    void *arg)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_ATTRIBUTE want = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[CERTS_MAX];
	CK_ULONG n = 0;

	SG_TRY(token_search(t, &want, 1, found, CERTS_MAX, &n));
	for (CK_ULONG i = 0; i < n; i++) {
		auto_done(buf) id = { 0 };
		auto_done(buf) der = { 0 };

		if (token_attribute(t, found[i], CKA_ID, &id) != SG_OK ||
		    token_attribute(t, found[i], CKA_VALUE, &der) != SG_OK ||
		    !has_key(t, buf_bytes(&id)))
			continue;
		SG_TRY(each(arg, buf_bytes(&id), buf_bytes(&der)));
	}
	return SG_OK;
}

struct wanted {
	struct bytes der;
	bool found;
};

static enum sg_err
compare(void *arg, struct bytes id, struct bytes der)
{
	struct wanted *w = arg;

	(void)id;
	w->found |= bytes_eq(w->der, der);
	return SG_OK;
}

static CK_ATTRIBUTE
value(CK_ATTRIBUTE_TYPE type, struct bytes x)
{
	return (CK_ATTRIBUTE) { type, (void *)(uintptr_t)x.p, x.n };
}

enum sg_err
token_cert_add(struct token *t, struct bytes id, const char *label,
    struct bytes der)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	struct wanted w = { der, false };
	auto_done(cert_view) v = { 0 };
	CK_OBJECT_HANDLE made;

	SG_TRY(token_certs(t, compare, &w));
	if (w.found)
		return SG_OK;
	SG_TRY(cert_view_read(der, &v));
	{
		CK_ATTRIBUTE a[] = {
			{ CKA_CLASS, &class, sizeof(class) },
			{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
			{ CKA_TOKEN, &yes, sizeof(yes) },
			{ CKA_PRIVATE, &no, sizeof(no) },
			value(CKA_ID, id),
			value(CKA_LABEL, bytes_str(label)),
			value(CKA_SUBJECT, buf_bytes(&v.subject)),
			value(CKA_ISSUER, buf_bytes(&v.issuer)),
			value(CKA_SERIAL_NUMBER, buf_bytes(&v.serial)),
			value(CKA_VALUE, der),
		};

		return token_rv(t, t->module->C_CreateObject(t->session, a,
		    sizeof(a) / sizeof(*a), &made), "storing a certificate");
	}
}
