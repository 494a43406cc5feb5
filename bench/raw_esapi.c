/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The least that a signature by a TPM costs: ESAPI, a key that is loaded, a
 * password session.
 *
 *	raw_esapi TCTI sign rsa2048|p256 N	N signatures
 *	raw_esapi TCTI random N			N round trips
 *	raw_esapi TCTI handles			what is loaded in the TPM
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "measure.h"

#define MUST(expr) must((expr), #expr)

static ESYS_CONTEXT *esys;

static void
must(TSS2_RC rc, const char *what)
{
	if (rc != TSS2_RC_SUCCESS)
		die("0x%x: %s", rc, what);
}

static TPM2B_PUBLIC
key_template(const char *type)
{
	TPM2B_PUBLIC t = { .publicArea = {
		.nameAlg = TPM2_ALG_SHA256,
		.objectAttributes = TPMA_OBJECT_FIXEDTPM |
		    TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
		    TPMA_OBJECT_SIGN_ENCRYPT,
	} };

	if (strcmp(type, "rsa2048") == 0) {
		t.publicArea.type = TPM2_ALG_RSA;
		t.publicArea.parameters.rsaDetail = (TPMS_RSA_PARMS) {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_RSASSA,
			.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA256,
			.keyBits = 2048,
		};
	} else if (strcmp(type, "p256") == 0) {
		t.publicArea.type = TPM2_ALG_ECC;
		t.publicArea.parameters.eccDetail = (TPMS_ECC_PARMS) {
			.symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_ECDSA,
			.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256,
			.curveID = TPM2_ECC_NIST_P256,
			.kdf.scheme = TPM2_ALG_NULL,
		};
	} else {
		die("what is a key of type %s?", type);
	}
	return t;
}

static ESYS_TR
key_make(const char *type)
{
	const TPM2B_SENSITIVE_CREATE sensitive = {
		.sensitive.userAuth = { .size = 6, .buffer = "135790" },
	};
	const TPM2B_PUBLIC template = key_template(type);
	const TPM2B_DATA no_data = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };
	ESYS_TR key;

	MUST(Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD,
	    ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template, &no_data,
	    &no_pcr, &key, NULL, NULL, NULL, NULL));
	MUST(Esys_TR_SetAuth(esys, key, &sensitive.sensitive.userAuth));
	return key;
}

static void
sign_once(ESYS_TR key)
{
	const TPM2B_DIGEST digest = { .size = 32, .buffer = "digest" };
	const TPMT_SIG_SCHEME by_key = { .scheme = TPM2_ALG_NULL };
	const TPMT_TK_HASHCHECK no_ticket = {
		.tag = TPM2_ST_HASHCHECK,
		.hierarchy = TPM2_RH_NULL,
	};
	TPMT_SIGNATURE *sig;

	MUST(Esys_Sign(esys, key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
	    &digest, &by_key, &no_ticket, &sig));
	Esys_Free(sig);
}

static void
random_once(ESYS_TR none)
{
	TPM2B_DIGEST *bytes;

	(void)none;
	MUST(Esys_GetRandom(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, 20,
	    &bytes));
	Esys_Free(bytes);
}

static void
measure(void (*once)(ESYS_TR), ESYS_TR key, long n)
{
	struct samples s = { 0 };
	double start, cpu;

	once(key);
	cpu = cpu_us(0);
	start = now_us();
	for (long i = 0; i < n; i++) {
		double t = now_us();

		once(key);
		samples_add(&s, now_us() - t);
	}
	report_calls(&s, now_us() - start, cpu_us(0) - cpu, 0);
	samples_done(&s);
}

static void
sign(const char *type, long n)
{
	ESYS_TR key = key_make(type);

	measure(sign_once, key, n);
	MUST(Esys_FlushContext(esys, key));
}

static UINT32
count(TPM2_HANDLE first)
{
	TPMS_CAPABILITY_DATA *cap;
	TPMI_YES_NO more;
	UINT32 n;

	MUST(Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
	    TPM2_CAP_HANDLES, first, 64, &more, &cap));
	n = cap->data.handles.count;
	Esys_Free(cap);
	return n;
}

static void
handles(void)
{
	(void)printf("objects=%u sessions=%u saved=%u persistent=%u "
	    "indices=%u\n", count((TPM2_HANDLE)0x80000000),
	    count(TPM2_LOADED_SESSION_FIRST), count(TPM2_ACTIVE_SESSION_FIRST),
	    count(TPM2_PERSISTENT_FIRST), count(TPM2_NV_INDEX_FIRST));
}

int
main(int argc, char **argv)
{
	TSS2_TCTI_CONTEXT *tcti = NULL;

	if (argc < 3)
		die("usage: raw_esapi TCTI sign TYPE N | random N | handles");
	MUST(Tss2_TctiLdr_Initialize(argv[1], &tcti));
	MUST(Esys_Initialize(&esys, tcti, NULL));
	if (argc == 5 && strcmp(argv[2], "sign") == 0)
		sign(argv[3], atol(argv[4]));
	else if (argc == 4 && strcmp(argv[2], "random") == 0)
		measure(random_once, ESYS_TR_NONE, atol(argv[3]));
	else if (argc == 3 && strcmp(argv[2], "handles") == 0)
		handles();
	else
		die("raw_esapi: what is %s?", argv[2]);
	Esys_Finalize(&esys);
	Tss2_TctiLdr_Finalize(&tcti);
	return 0;
}
