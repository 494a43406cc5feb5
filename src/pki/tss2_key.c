/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/tss2_key.h"

#include <string.h>

#include "pki/asn1.h"

#define LABEL		"TSS2 PRIVATE KEY"
#define OID_LOADABLE	"2.23.133.10.1.3"
#define BLOB_MAX	4096

/* Fields 1 to 5 (policies, secret, description, where the parent comes from)
 * are for keys that we do not make; what is there is refused. */
typedef struct {
	ASN1_OBJECT *type;
	ASN1_BOOLEAN empty_auth;
	ASN1_TYPE *policy;
	ASN1_TYPE *secret;
	ASN1_TYPE *auth_policy;
	ASN1_UTF8STRING *description;
	ASN1_BOOLEAN rsa_parent;
	ASN1_INTEGER *parent;
	ASN1_OCTET_STRING *public;
	ASN1_OCTET_STRING *private;
} TPM_KEY;

ASN1_SEQUENCE(TPM_KEY) = {
	ASN1_SIMPLE(TPM_KEY, type, ASN1_OBJECT),
	ASN1_EXP_OPT(TPM_KEY, empty_auth, ASN1_BOOLEAN, 0),
	ASN1_EXP_OPT(TPM_KEY, policy, ASN1_ANY, 1),
	ASN1_EXP_OPT(TPM_KEY, secret, ASN1_ANY, 2),
	ASN1_EXP_OPT(TPM_KEY, auth_policy, ASN1_ANY, 3),
	ASN1_EXP_OPT(TPM_KEY, description, ASN1_UTF8STRING, 4),
	ASN1_EXP_OPT(TPM_KEY, rsa_parent, ASN1_BOOLEAN, 5),
	ASN1_SIMPLE(TPM_KEY, parent, ASN1_INTEGER),
	ASN1_SIMPLE(TPM_KEY, public, ASN1_OCTET_STRING),
	ASN1_SIMPLE(TPM_KEY, private, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(TPM_KEY)

static void
tpm_key_auto_free(TPM_KEY **k)
{
	ASN1_item_free((ASN1_VALUE *)*k, ASN1_ITEM_rptr(TPM_KEY));
}
#define auto_tpm_key __attribute__((cleanup(tpm_key_auto_free))) TPM_KEY *

void
tss2_key_done(struct tss2_key *k)
{
	buf_done(&k->public);
	buf_done(&k->private);
}

static enum sg_err
fill(TPM_KEY *to, const struct tss2_key *k)
{
	ASN1_OBJECT_free(to->type);
	to->type = NULL;
	SG_TRY(object_parse(&to->type, OID_LOADABLE));
	/* DER: FALSE is left away, -1 is "absent". */
	to->empty_auth = k->empty_auth ? 0xff : -1;
	to->rsa_parent = -1;
	if (ASN1_INTEGER_set_uint64(to->parent, k->parent) != 1 ||
	    ASN1_OCTET_STRING_set(to->public, k->public.p,
	    (int)k->public.n) != 1 ||
	    ASN1_OCTET_STRING_set(to->private, k->private.p,
	    (int)k->private.n) != 1)
		return ossl_fail(SG_ENOMEM, "writing a TPM key");
	return SG_OK;
}

enum sg_err
tss2_key_write(const struct tss2_key *k, struct buf *out)
{
	auto_tpm_key der_key = (TPM_KEY *)ASN1_item_new(
	    ASN1_ITEM_rptr(TPM_KEY));
	auto_done(buf) der = { 0 };

	if (k->public.n > BLOB_MAX || k->private.n > BLOB_MAX)
		return sg_fail(SG_ELIMIT, "a TPM key's blobs are too large");
	if (der_key == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(fill(der_key, k));
	SG_TRY(der_add(&der, ASN1_ITEM_rptr(TPM_KEY), der_key));
	return pem_write(out, LABEL, buf_bytes(&der));
}

static enum sg_err
kind_check(const TPM_KEY *k)
{
	auto_str oid = NULL;

	SG_TRY(object_text(&oid, k->type));
	if (strcmp(oid, OID_LOADABLE) != 0)
		return sg_fail(SG_EUNSUPPORTED, "the TPM key file is not a "
		    "key that can be loaded (its type is %s)", oid);
	if (k->policy != NULL || k->secret != NULL || k->auth_policy != NULL)
		return sg_fail(SG_EUNSUPPORTED, "the TPM key file has a "
		    "policy or is to be imported");
	return SG_OK;
}

static enum sg_err
blob_read(const ASN1_OCTET_STRING *s, struct buf *out)
{
	int n = ASN1_STRING_length(s);

	if (n <= 0 || n > BLOB_MAX)
		return sg_fail(SG_EFORMAT, "a TPM key's blob of %d bytes", n);
	return buf_add(out, ASN1_STRING_get0_data(s), (size_t)n);
}

enum sg_err
tss2_key_read(struct tss2_key *out, struct bytes pem)
{
	static const char *const labels[] = { LABEL, NULL };
	auto_done(tss2_key) k = { 0 };
	auto_done(buf) der = { 0 };
	auto_tpm_key x = NULL;
	void *decoded = NULL;
	uint64_t parent;

	SG_TRY(pem_or_der(&der, pem, labels, "a TPM key file"));
	SG_TRY(der_read(&decoded, ASN1_ITEM_rptr(TPM_KEY), buf_bytes(&der),
	    "a TPM key file"));
	x = decoded;
	SG_TRY(kind_check(x));
	if (ASN1_INTEGER_get_uint64(&parent, x->parent) != 1 ||
	    parent > UINT32_MAX) {
		ERR_clear_error();
		return sg_fail(SG_EFORMAT, "a TPM key's parent is no handle");
	}
	k.parent = (uint32_t)parent;
	k.empty_auth = x->empty_auth > 0;
	SG_TRY(blob_read(x->public, &k.public));
	SG_TRY(blob_read(x->private, &k.private));
	*out = k;
	k = (struct tss2_key) { 0 };
	return SG_OK;
}
