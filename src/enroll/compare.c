/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/compare.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pki/name.h"

#define SID_TAG "tag:microsoft.com,2022-09-14:sid:"

static enum sg_err add(struct texts *to, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static enum sg_err
add(struct texts *to, const char *fmt, ...)
{
	char text[SG_NOTE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return texts_add(to, text);
}

static enum sg_err
compare_upn(const struct cert *got, const struct csr *wanted,
    struct texts *objections)
{
	const char *want = wanted != NULL ? wanted->content.ext.upn : NULL;
	const char *have = got->ext.upn;

	if (want == NULL || (have != NULL && strcasecmp(have, want) == 0))
		return SG_OK;
	if (have == NULL)
		return add(objections, "it names no user; '%s' was requested",
		    want);
	return add(objections, "it is for the user '%s'; '%s' was requested",
	    have, want);
}

static enum sg_err
missing_eku(const struct cert *got, const char *oid, struct texts *notes,
    struct texts *objections)
{
	if (got->ext.eku.n == 0)
		return SG_OK;	/* said once, below */
	if (strcmp(oid, OID_SMARTCARD_LOGON) == 0)
		return add(objections, "it is not good for %s, which was"
		    " requested", oid_name(oid));
	return add(notes, "it is not good for %s, which was requested",
	    oid_name(oid));
}

static enum sg_err
compare_ekus(const struct cert *got, const struct csr *wanted,
    struct texts *notes, struct texts *objections)
{
	const struct texts *have = &got->ext.eku;

	if (have->n == 0)
		return add(notes, "it names no extended key usage");
	for (size_t i = 0; wanted != NULL && i < wanted->content.ext.eku.n;
	    i++) {
		const char *oid = wanted->content.ext.eku.v[i];

		if (!cert_allows(got, oid))
			SG_TRY(missing_eku(got, oid, notes, objections));
	}
	for (size_t i = 0; wanted != NULL && i < have->n; i++)
		if (!texts_has(&wanted->content.ext.eku, have->v[i]))
			SG_TRY(add(notes, "it is also good for %s",
			    oid_name(have->v[i])));
	return SG_OK;
}

static enum sg_err
compare_subject(const struct cert *got, const struct csr *wanted,
    struct texts *notes)
{
	if (wanted == NULL || name_empty(buf_bytes(&wanted->content.subject)) ||
	    name_same(buf_bytes(&wanted->content.subject),
	    buf_bytes(&got->subject_der)))
		return SG_OK;
	return add(notes, "its subject is '%s'; '%s' was requested",
	    got->subject, wanted->subject);
}

static bool
has_sid(const struct extensions *x)
{
	if (x->sid != NULL)
		return true;
	for (size_t i = 0; i < x->uri.n; i++)
		if (strncmp(x->uri.v[i], SID_TAG, strlen(SID_TAG)) == 0)
			return true;
	return false;
}

static enum sg_err
check_use(const struct cert *got, struct texts *notes,
    struct texts *objections)
{
	const struct extensions *x = &got->ext;

	if (x->has_basic && x->ca)
		SG_TRY(add(objections, "it is the certificate of a CA"));
	if (x->key_usage != 0 && (x->key_usage & USAGE_DIGITAL_SIGNATURE) == 0)
		SG_TRY(add(objections, "its key usage does not allow"
		    " signatures"));
	if (x->upn != NULL && !has_sid(x))
		SG_TRY(add(notes, "it holds no security identifier: a Windows"
		    " domain needs the account's altSecurityIdentities to name"
		    " this certificate"));
	return SG_OK;
}

enum sg_err
compare(const struct cert *got, const struct csr *wanted, struct texts *notes,
    struct texts *objections)
{
	SG_TRY(compare_upn(got, wanted, objections));
	SG_TRY(compare_ekus(got, wanted, notes, objections));
	SG_TRY(compare_subject(got, wanted, notes));
	return check_use(got, notes, objections);
}
