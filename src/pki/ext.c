/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/ext.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pki/der.h"
#include "pki/ext_ossl.h"

#define SID_PARTS_MAX	17	/* authority and 15 subauthorities, and "1" */
#define DNS_NAME_MAX	253
#define DNS_LABEL_MAX	63
#define UPN_MAX		1024

void
extensions_init(struct extensions *x)
{
	*x = (struct extensions) { .path_len = -1, .template_major = -1,
		.template_minor = -1 };
}

void
extensions_done(struct extensions *x)
{
	struct texts *lists[] = { &x->dns, &x->email, &x->uri, &x->ip,
		&x->eku, &x->app_policies, &x->policies, &x->cdp,
		&x->ca_issuers, &x->ocsp };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		texts_done(lists[i]);
	free(x->upn);
	free(x->principal);
	free(x->sid);
	free(x->template_name);
	free(x->template_oid);
	buf_done(&x->guid);
	buf_done(&x->ski);
	buf_done(&x->aki);
	for (size_t i = 0; i < x->raw_count; i++) {
		free(x->raw[i].oid);
		buf_done(&x->raw[i].der);
	}
	free(x->raw);
	extensions_init(x);
}

enum sg_err
extensions_add_raw(struct extensions *x, const char *oid, bool critical,
    struct bytes der)
{
	struct raw_ext r = { .critical = critical };
	struct raw_ext *v;

	if (!oid_valid(oid))
		return sg_fail(SG_EARG, "'%.80s' is not an OID", oid);
	v = reallocarray(x->raw, x->raw_count + 1, sizeof(*v));
	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	x->raw = v;
	SG_TRY(str_dup(&r.oid, oid));
	if (buf_set(&r.der, der) != SG_OK) {
		free(r.oid);
		return SG_ENOMEM;
	}
	x->raw[x->raw_count++] = r;
	return SG_OK;
}

void
ext_list_free(STACK_OF(X509_EXTENSION) **list)
{
	sk_X509_EXTENSION_pop_free(*list, X509_EXTENSION_free);
}

enum sg_err
extensions_decode(struct extensions *x, struct bytes der)
{
	__attribute__((cleanup(ext_list_free)))
	STACK_OF(X509_EXTENSION) *list = NULL;
	struct reader r = reader_of(der);
	struct bytes inner = der_get(&r, DER_SEQUENCE);
	enum sg_err e = reader_end(&r) ? ext_der_read(x, inner) : SG_ENOENT;
	void *v;

	if (e != SG_ENOENT)
		return e;
	SG_TRY(der_read(&v, ASN1_ITEM_rptr(X509_EXTENSIONS), der,
	    "extensions"));
	list = v;
	return ext_list_read(x, list);
}

bool
sid_valid(const char *sid)
{
	unsigned parts = 0;

	if (strncmp(sid, "S-1-", 4) != 0)
		return false;
	for (sid += 3; *sid == '-';) {
		size_t n = strspn(++sid, "0123456789");

		if (n == 0 || n > 15 || ++parts > SID_PARTS_MAX - 1)
			return false;
		sid += n;
	}
	return *sid == '\0' && parts >= 2;
}

bool
upn_valid(const char *upn)
{
	const char *at = strchr(upn, '@');

	return at != NULL && at != upn && strchr(at + 1, '@') == NULL &&
	    dns_valid(at + 1) && strlen(upn) <= UPN_MAX && text_plain(upn);
}

bool
dns_valid(const char *name)
{
	if (strlen(name) > DNS_NAME_MAX)
		return false;
	if (strncmp(name, "*.", 2) == 0)
		name += 2;
	for (;;) {
		size_t n = 0;

		while (isalnum((unsigned char)name[n]) || name[n] == '-' ||
		    name[n] == '_')
			n++;
		if (n == 0 || n > DNS_LABEL_MAX || name[0] == '-' ||
		    name[n - 1] == '-')
			return false;
		if (name[n] == '\0')
			return true;
		if (name[n] != '.')
			return false;
		name += n + 1;
	}
}
