/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_VERDICT_H
#define SG_CA_VERDICT_H

/* What became of a request, in the numbers and words of MS-WCCE. */

#include "base/bytes.h"

/* MS-WCCE 3.2.1.4.2.1.4.1; the COM interface's CR_DISP_*. */
enum ca_disposition {
	CA_DENIED = 2,
	CA_ISSUED = 3,
	CA_PENDING = 5,
};
/* "issued" and so on; "?" for others. */
const char *ca_disposition_name(enum ca_disposition d);

/* HRESULTs (MS-ERREF), as AD CS denies by them. */
#define CA_E_INVALID_DATA		0x8007000du	/* ERROR_ */
#define CA_E_BAD_KEY			0x80090003u	/* NTE_ */
#define CA_E_BAD_SIGNATURE		0x80090006u	/* NTE_ */
#define CA_E_BAD_ALGORITHM		0x80090008u	/* NTE_BAD_ALGID */
#define CA_E_BAD_PROVIDER		0x80090013u	/* NTE_ */
#define CA_E_NO_SIGNER			0x8009200eu	/* CRYPT_E_ */
#define CA_E_REVOKED			0x80092010u	/* CRYPT_E_ */
#define CA_E_EXPIRED			0x800b0101u	/* CERT_E_ */
#define CA_E_ROLE			0x800b0103u	/* CERT_E_ */
#define CA_E_PATH_LENGTH		0x800b0104u	/* CERT_E_ */
#define CA_E_CRITICAL			0x800b0105u	/* CERT_E_ */
#define CA_E_UNTRUSTED			0x800b0109u	/* CERT_E_ */
/* CERTSRV_E_* */
#define CA_E_BAD_SUBJECT		0x80094001u
#define CA_E_BAD_STATUS			0x80094003u
#define CA_E_BAD_RENEWAL		0x8009400eu
#define CA_E_TEMPLATE_DENIED		0x80094012u
#define CA_E_ADMIN_DENIED		0x80094014u
#define CA_E_UNSUPPORTED_TEMPLATE	0x80094800u
#define CA_E_NO_TEMPLATE		0x80094801u
#define CA_E_TEMPLATE_CONFLICT		0x80094802u
#define CA_E_ARCHIVAL			0x80094804u
#define CA_E_RENEWAL_SUBJECT		0x80094806u
#define CA_E_SIGNATURE_COUNT		0x8009480au
#define CA_E_SIGNATURE_REJECTED		0x8009480bu
#define CA_E_UPN			0x8009480du
#define CA_E_GUID			0x8009480eu
#define CA_E_DNS			0x8009480fu
#define CA_E_KEY_LENGTH			0x80094811u
#define CA_E_EMAIL			0x80094812u
#define CA_E_OVERLAP			0x80094814u
#define CA_E_RENEWAL_KEY		0x80094816u

/* "CERTSRV_E_KEY_LENGTH" and a sentence; NULL for numbers that are not
 * above. */
const char *ca_status_symbol(uint32_t status);
const char *ca_status_text(uint32_t status);

struct ca_verdict {
	enum ca_disposition disposition;
	uint32_t status;	/* 0 unless denied */
	char *words;		/* the disposition message */
	enum sg_err why;	/* of a denial, for the caller's exit code */
};
void ca_verdict_done(struct ca_verdict *v);

enum sg_err ca_verdict_issued(struct ca_verdict *v);
enum sg_err ca_verdict_pending(struct ca_verdict *v);
/* Whether an error is the fault of who asks, and so a denial; the others are
 * the CA's own. */
bool ca_verdict_denies(enum sg_err e);
/* Denied by policy; the note says why in particular. */
enum sg_err ca_verdict_denied(struct ca_verdict *v, uint32_t status,
    enum sg_err why);

#endif
