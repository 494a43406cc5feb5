/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/verdict.h"

#include <stdlib.h>

static const struct status {
	uint32_t status;
	const char *symbol;
	const char *text;
} statuses[] = {
	{ CA_E_INVALID_DATA, "ERROR_INVALID_DATA", "The data is invalid." },
	{ CA_E_BAD_KEY, "NTE_BAD_KEY", "Bad Key." },
	{ CA_E_BAD_SIGNATURE, "NTE_BAD_SIGNATURE", "Invalid Signature." },
	{ CA_E_BAD_ALGORITHM, "NTE_BAD_ALGID",
	    "Invalid algorithm specified." },
	{ CA_E_BAD_PROVIDER, "NTE_BAD_PROVIDER",
	    "Invalid provider specified." },
	{ CA_E_NO_SIGNER, "CRYPT_E_NO_SIGNER",
	    "The signed cryptographic message does not have a signer for the "
	    "specified signer index." },
	{ CA_E_REVOKED, "CRYPT_E_REVOKED", "The certificate is revoked." },
	{ CA_E_EXPIRED, "CERT_E_EXPIRED",
	    "A required certificate is not within its validity period." },
	{ CA_E_ROLE, "CERT_E_ROLE",
	    "An end entity's certificate cannot be used as a CA's." },
	{ CA_E_PATH_LENGTH, "CERT_E_PATHLENCONST",
	    "A path length constraint in the certification chain has been "
	    "violated." },
	{ CA_E_CRITICAL, "CERT_E_CRITICAL",
	    "There is an unknown extension that is marked critical." },
	{ CA_E_UNTRUSTED, "CERT_E_UNTRUSTEDROOT",
	    "A certificate chain processed, but terminated in a root "
	    "certificate which is not trusted by the trust provider." },
	{ CA_E_BAD_SUBJECT, "CERTSRV_E_BAD_REQUESTSUBJECT",
	    "The request subject name is invalid or too long." },
	{ CA_E_BAD_STATUS, "CERTSRV_E_BAD_REQUESTSTATUS",
	    "The request's current status does not allow this operation." },
	{ CA_E_BAD_RENEWAL, "CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE",
	    "The request contains an invalid renewal certificate "
	    "attribute." },
	{ CA_E_ADMIN_DENIED, "CERTSRV_E_ADMIN_DENIED_REQUEST",
	    "The request was denied by a certificate manager or CA "
	    "administrator." },
	{ CA_E_TEMPLATE_DENIED, "CERTSRV_E_TEMPLATE_DENIED",
	    "The permissions on the certificate template do not allow the "
	    "current user to enroll for this type of certificate." },
	{ CA_E_UNSUPPORTED_TEMPLATE, "CERTSRV_E_UNSUPPORTED_CERT_TYPE",
	    "The requested certificate template is not supported by this "
	    "CA." },
	{ CA_E_NO_TEMPLATE, "CERTSRV_E_NO_CERT_TYPE",
	    "The request contains no certificate template information." },
	{ CA_E_TEMPLATE_CONFLICT, "CERTSRV_E_TEMPLATE_CONFLICT",
	    "The request contains conflicting template information." },
	{ CA_E_ARCHIVAL, "CERTSRV_E_ARCHIVED_KEY_REQUIRED",
	    "The request is missing a required private key for archival by "
	    "the server." },
	{ CA_E_RENEWAL_SUBJECT, "CERTSRV_E_BAD_RENEWAL_SUBJECT",
	    "The request was made on behalf of a subject other than the "
	    "caller. The certificate template must be configured to require "
	    "at least one signature to authorize the request." },
	{ CA_E_SIGNATURE_COUNT, "CERTSRV_E_SIGNATURE_COUNT",
	    "The request is missing one or more required signatures." },
	{ CA_E_SIGNATURE_REJECTED, "CERTSRV_E_SIGNATURE_REJECTED",
	    "One or more signatures did not include the required application "
	    "or issuance policies. The request is missing one or more "
	    "required valid signatures." },
	{ CA_E_UPN, "CERTSRV_E_SUBJECT_UPN_REQUIRED",
	    "The UPN is unavailable and cannot be added to the Subject "
	    "Alternate name." },
	{ CA_E_GUID, "CERTSRV_E_SUBJECT_DIRECTORY_GUID_REQUIRED",
	    "The directory GUID is unavailable and cannot be added to the "
	    "Subject Alternate name." },
	{ CA_E_DNS, "CERTSRV_E_SUBJECT_DNS_REQUIRED",
	    "The DNS name is unavailable and cannot be added to the Subject "
	    "Alternate name." },
	{ CA_E_KEY_LENGTH, "CERTSRV_E_KEY_LENGTH",
	    "The public key does not meet the minimum size required by the "
	    "specified certificate template." },
	{ CA_E_EMAIL, "CERTSRV_E_SUBJECT_EMAIL_REQUIRED",
	    "The EMail name is unavailable and cannot be added to the "
	    "Subject or Subject Alternate name." },
	{ CA_E_OVERLAP, "CERTSRV_E_CERT_TYPE_OVERLAP",
	    "The certificate template renewal period is longer than the "
	    "certificate validity period." },
	{ CA_E_RENEWAL_KEY, "CERTSRV_E_RENEWAL_BAD_PUBLIC_KEY",
	    "The certificate template requires renewal with the same public "
	    "key, but the request uses a different public key." },
};

static const struct status *
find(uint32_t status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return NULL;
}

const char *
ca_status_symbol(uint32_t status)
{
	const struct status *s = find(status);

	return s != NULL ? s->symbol : NULL;
}

const char *
ca_status_text(uint32_t status)
{
	const struct status *s = find(status);

	return s != NULL ? s->text : NULL;
}

const char *
ca_disposition_name(enum ca_disposition d)
{
	switch (d) {
	case CA_DENIED:
		return "denied";
	case CA_ISSUED:
		return "issued";
	case CA_PENDING:
		return "pending";
	}
	return "?";
}

void
ca_verdict_done(struct ca_verdict *v)
{
	free(v->words);
	*v = (struct ca_verdict) { 0 };
}

static enum sg_err
plain(struct ca_verdict *v, enum ca_disposition d, const char *words)
{
	auto_str copy = NULL;

	SG_TRY(str_dup(&copy, words));
	ca_verdict_done(v);
	v->disposition = d;
	v->words = copy;
	copy = NULL;
	return SG_OK;
}

enum sg_err
ca_verdict_issued(struct ca_verdict *v)
{
	return plain(v, CA_ISSUED, "Issued");
}

enum sg_err
ca_verdict_pending(struct ca_verdict *v)
{
	return plain(v, CA_PENDING, "Taken Under Submission");
}

bool
ca_verdict_denies(enum sg_err e)
{
	return e == SG_EVERIFY || e == SG_EARG || e == SG_EUNSUPPORTED ||
	    e == SG_EFORMAT || e == SG_ELIMIT || e == SG_ENOENT;
}

enum sg_err
ca_verdict_denied(struct ca_verdict *v, uint32_t status, enum sg_err why)
{
	auto_str words = NULL;

	SG_TRY(str_printf(&words, "Denied by Policy Module  0x%08x, %s (%s)",
	    status, ca_status_text(status), sg_note(why)));
	SG_TRY(plain(v, CA_DENIED, words));
	v->status = status;
	v->why = why;
	return SG_OK;
}
