/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/scep.h"

/* By number: RFC 8894 3.2.1.4, and CMC's from 5 on (RFC 5272 6.1.3). */
static const char *const fails[SCEP_FAIL_MAX + 1] = {
	[SCEP_BAD_ALG] = "it does not do that algorithm",
	[SCEP_BAD_MESSAGE_CHECK] = "it could not verify or decrypt the request",
	[SCEP_BAD_REQUEST] = "it does not allow the request",
	[SCEP_BAD_TIME] = "the request's time is too far from its own",
	[SCEP_BAD_CERT_ID] = "it knows no such certificate",
	[5] = "it does not do an extension that was asked for",
	[6] = "it wants the private key to be archived",
	[7] = "it does not accept the identity",
	[8] = "it wants a proof of possession",
	[9] = "the proof of possession does not hold",
	[10] = "it does not certify a key twice",
	[11] = "the CA itself failed",
	[12] = "it cannot now; try later",
};

static const char *
fail_words(int fail)
{
	return fail >= 0 && fail <= SCEP_FAIL_MAX ? fails[fail]
						  : "it gives no reason";
}

/* NDES's own reasons, as its documentation and winerror.h name them. */
static const struct {
	uint32_t code;
	const char *text;
} hresults[] = {
	{ 0x80070005, "E_ACCESSDENIED, its account may not enroll" },
	{ 0x80070057, "E_INVALIDARG, it could not read the request" },
	{ 0x800706ba, "RPC_S_SERVER_UNAVAILABLE, its CA does not answer" },
	{ 0x80090005, "NTE_BAD_DATA, it could not decrypt the request" },
	{ 0x80090006, "NTE_BAD_SIGNATURE" },
	{ 0x80090008, "NTE_BAD_ALGID, an algorithm it does not do" },
	{ 0x80092004, "CRYPT_E_NOT_FOUND, no such certificate or request" },
	{ 0x80093100, "CRYPT_E_ASN1_ERROR, it could not read the request" },
	{ 0x80094001, "CERTSRV_E_BAD_REQUESTSUBJECT, the subject is wrong or"
	    " too long" },
	{ 0x80094011, "CERTSRV_E_ENROLL_DENIED, no permission to enroll" },
	{ 0x80094012, "CERTSRV_E_TEMPLATE_DENIED, no permission for the"
	    " template" },
	{ 0x80094014, "CERTSRV_E_ADMIN_DENIED_REQUEST, an officer denied it" },
	{ 0x80094800, "CERTSRV_E_UNSUPPORTED_CERT_TYPE, the CA does not offer"
	    " the template" },
	{ 0x80094802, "CERTSRV_E_TEMPLATE_CONFLICT, the template does not fit"
	    " the request" },
	{ 0x8009480f, "CERTSRV_E_SUBJECT_DNS_REQUIRED, a DNS name is missing" },
	{ 0x80094809, "CERTSRV_E_SIGNATURE_POLICY_REQUIRED, a signature by an"
	    " agent is missing" },
	{ 0x80094811, "CERTSRV_E_KEY_LENGTH, the key is too short for the"
	    " template" },
	{ 0x800b0101, "CERT_E_EXPIRED, a certificate has expired" },
	{ 0x800b0109, "CERT_E_UNTRUSTEDROOT, it does not trust the root" },
	{ 0x800b010a, "CERT_E_CHAINING, it builds no chain" },
	{ 0x80070032, "ERROR_NOT_SUPPORTED" },
	{ 0x8007052e, "ERROR_LOGON_FAILURE, the challenge is wrong, used or"
	    " expired" },
};

static const char *
hresult_words(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hresults) / sizeof(*hresults); i++)
		if (hresults[i].code == code)
			return hresults[i].text;
	return "a reason that is looked up with certutil -error";
}

enum sg_err
scep_reason(char **out, const struct scep_answer *a)
{
	const char *name = scep_fail_name(a->fail);
	auto_done(buf) b = { 0 };

	SG_TRY(buf_printf(&b, "%s", fail_words(a->fail)));
	if (name != NULL)
		SG_TRY(buf_printf(&b, " (%s)", name));
	else if (a->fail != SCEP_NO_FAIL)
		SG_TRY(buf_printf(&b, " (failInfo %d)", a->fail));
	if (a->has_hresult)
		SG_TRY(buf_printf(&b, "; NDES says 0x%08x, %s", a->hresult,
		    hresult_words(a->hresult)));
	if (a->fail_text != NULL && *a->fail_text != '\0')
		SG_TRY(buf_printf(&b, "; it says: %s", a->fail_text));
	return str_from_bytes(out, buf_bytes(&b));
}
