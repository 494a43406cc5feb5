/* SPDX-License-Identifier: BSD-2-Clause */

/* Which of the things that we can print is it? */

#include <stdlib.h>
#include <string.h>

#include "pki/print.h"

void
inspection_done(struct inspection *i)
{
	for (size_t k = 0; k < i->n; k++)
		fields_done(&i->v[k]);
	free(i->v);
	*i = (struct inspection) { 0 };
}

enum sg_err
inspection_add(struct inspection *i, struct fields *f)
{
	struct fields *v = reallocarray(i->v, i->n + 1, sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	i->v = v;
	v[i->n++] = *f;
	*f = (struct fields) { 0 };
	return SG_OK;
}

static enum sg_err
move(struct inspection *to, struct inspection *from)
{
	for (size_t i = 0; i < from->n; i++)
		SG_TRY(inspection_add(to, &from->v[i]));
	return SG_OK;
}

static enum sg_err
inspect_certs(struct inspection *out, struct bytes text)
{
	auto_done(certs) l = { 0 };

	SG_TRY(certs_read(&l, text));
	for (size_t i = 0; i < l.n; i++) {
		auto_done(fields) f = { 0 };

		SG_TRY(cert_fields(&f, l.v[i]));
		SG_TRY(inspection_add(out, &f));
	}
	return SG_OK;
}

static enum sg_err
inspect_csr(struct inspection *out, struct bytes text)
{
	auto_free(csr) r = NULL;
	auto_done(fields) f = { 0 };

	SG_TRY(csr_read(&r, text));
	SG_TRY(csr_fields(&f, r));
	return inspection_add(out, &f);
}

static enum sg_err
inspect_crl(struct inspection *out, struct bytes text)
{
	auto_free(crl) l = NULL;
	auto_done(fields) f = { 0 };

	SG_TRY(crl_read(&l, text));
	SG_TRY(crl_fields(&f, l));
	return inspection_add(out, &f);
}

static bool
says(struct bytes text, const char *word)
{
	return text.n > 0 && memmem(text.p, text.n, word, strlen(word));
}

static enum sg_err
inspect_pem(struct inspection *out, struct bytes text)
{
	if (says(text, "CERTIFICATE REQUEST-----"))
		return inspect_csr(out, text);
	if (says(text, "BEGIN X509 CRL-----"))
		return inspect_crl(out, text);
	return inspect_certs(out, text);
}

/* DER has no label: what decodes, it is. */
static enum sg_err
inspect_der(struct inspection *out, struct bytes der)
{
	static enum sg_err (*const tries[])(struct inspection *out,
	    struct bytes der) = { inspect_certs, inspect_csr, inspect_crl };

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		auto_done(inspection) got = { 0 };
		enum sg_err e = tries[i](&got, der);

		if (e == SG_OK)
			return move(out, &got);
		if (e == SG_ENOMEM)
			return e;
	}
	return sg_fail(SG_EFORMAT,
	    "neither a certificate, a request, a CRL nor a PKCS#7 bundle");
}

enum sg_err
inspect(struct inspection *out, struct bytes text)
{
	auto_done(inspection) got = { 0 };

	SG_TRY(text.n > 0 && text.p[0] == 0x30 ? inspect_der(&got, text)
					       : inspect_pem(&got, text));
	return move(out, &got);
}
