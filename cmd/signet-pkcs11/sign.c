/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "crypto/padding.h"
#include "module.h"

#define DIGEST_INPUT_MAX 64	/* bytes that CKM_ECDSA takes */

static size_t
signature_len(const struct operation *op)
{
	return op->mechanism->scheme == SCHEME_ECDSA ? MODULE_EC_LEN
						     : MODULE_RSA_LEN;
}

static size_t
input_max(const struct operation *op)
{
	switch (op->mechanism->scheme) {
	case SCHEME_PKCS1:
		return MODULE_RSA_LEN - 11;
	case SCHEME_PSS:
		return digest_size(op->hash);
	case SCHEME_ECDSA:
		return DIGEST_INPUT_MAX;
	case SCHEME_RAW:
	case SCHEME_OAEP:
		break;
	}
	return MODULE_RSA_LEN;
}

static ck_rv_t
feed(struct operation *op, struct bytes part)
{
	if (op->hashing != NULL)
		return module_rv(hashing_add(op->hashing, part));
	if (part.n > input_max(op) - op->input.n)
		return CKR_DATA_LEN_RANGE;
	return module_rv(buf_add_bytes(&op->input, part));
}

/* What CKM_RSA_PKCS and its kin put the padding around. */
static enum sg_err
pkcs1_block(const struct operation *op, struct buf *block)
{
	auto_done(buf) info = { 0 };

	if (op->mechanism->hash == 0)
		return padding_pkcs1(buf_bytes(&op->input), MODULE_RSA_LEN,
		    block);
	SG_TRY(padding_digest_info(op->mechanism->hash,
	    buf_bytes(&op->input), &info));
	return padding_pkcs1(buf_bytes(&info), MODULE_RSA_LEN, block);
}

static enum sg_err
raw_block(const struct operation *op, struct buf *block)
{
	uint8_t *at;

	SG_TRY(buf_extend(block, MODULE_RSA_LEN - op->input.n, &at));
	return buf_add_bytes(block, buf_bytes(&op->input));
}

static enum sg_err
pss_block(const struct operation *op, struct buf *block)
{
	uint8_t salt[MODULE_RSA_LEN];
	const struct pss p = { op->hash, op->mgf, { salt, op->salt } };

	SG_TRY(random_fill(salt, op->salt));
	return padding_pss(&p, buf_bytes(&op->input), MODULE_RSA_LEN,
	    block);
}

static enum sg_err
block_make(const struct operation *op, struct buf *block)
{
	switch (op->mechanism->scheme) {
	case SCHEME_PKCS1:
		return pkcs1_block(op, block);
	case SCHEME_RAW:
		return raw_block(op, block);
	case SCHEME_PSS:
		return pss_block(op, block);
	case SCHEME_ECDSA:
		return padding_ecdsa(buf_bytes(&op->input), block);
	case SCHEME_OAEP:
		break;
	}
	return sg_fail(SG_EINTERNAL, "that mechanism does not sign");
}

static enum sg_err
digest_end(struct operation *op)
{
	uint8_t d[DIGEST_MAX];

	if (op->hashing == NULL)
		return SG_OK;
	SG_TRY(hashing_end(op->hashing, d));
	return buf_set(&op->input,
	    bytes_of(d, digest_size(op->mechanism->hash)));
}

static enum sg_err
signature_make(struct module *m, struct operation *op, struct buf *out)
{
	auto_done(buf) block = { 0 };

	SG_TRY(digest_end(op));
	SG_TRY(block_make(op, &block));
	SG_TRY(daemon_key_use(m, op->key, buf_bytes(&block), out));
	if (out->n != signature_len(op))
		return sg_fail(SG_ETPM, "a signature of %zu bytes", out->n);
	return SG_OK;
}

/* The room is looked at before the TPM is asked, so that no signature is made
 * twice; the operation goes on after a question or a refusal for room. */
static bool
room_missing(const struct operation *op, const unsigned char *signature,
    unsigned long *len, ck_rv_t *rv)
{
	unsigned long room = *len, need = signature_len(op);

	if (signature != NULL && room >= need)
		return false;
	*len = need;
	*rv = signature == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	return true;
}

static ck_rv_t
sign_end(struct module *m, struct operation *op, unsigned char *signature,
    unsigned long *len)
{
	auto_done(buf) out = { 0 };
	enum sg_err e;

	if (op->mechanism->scheme == SCHEME_PSS && op->hashing == NULL &&
	    op->input.n != digest_size(op->hash))
		return CKR_DATA_LEN_RANGE;
	e = signature_make(m, op, &out);
	if (e != SG_OK)
		return e == SG_ENOENT ? key_gone(m) : module_rv(e);
	memcpy(signature, out.p, out.n);
	*len = out.n;
	return CKR_OK;
}

static ck_rv_t
sign_find(const struct module *m, ck_session_handle_t handle,
    struct operation **op)
{
	struct session *s;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	*op = &s->sign;
	return CKR_OK;
}

static ck_rv_t
sign_find_active(const struct module *m, ck_session_handle_t handle,
    struct operation **op)
{
	ck_rv_t rv = sign_find(m, handle, op);

	if (rv == CKR_OK && (*op)->mechanism == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	return rv;
}

ck_rv_t
C_SignInit(ck_session_handle_t handle, struct ck_mechanism *how,
    ck_object_handle_t key)
{
	auto_module m = module_enter();
	struct operation *op;
	ck_rv_t rv = sign_find(m, handle, &op);

	if (rv == CKR_OK)
		rv = login_on_use(m, handle);
	if (rv == CKR_OK)
		rv = sign_find(m, handle, &op);
	return rv != CKR_OK ? rv
			    : operation_start(m, op, how, key, CKF_SIGN);
}

ck_rv_t
C_Sign(ck_session_handle_t handle, unsigned char *data, unsigned long data_len,
    unsigned char *signature, unsigned long *len)
{
	auto_module m = module_enter();
	struct operation *op;
	ck_rv_t rv = sign_find_active(m, handle, &op);

	if (rv != CKR_OK)
		return rv;
	if (op->updated)
		return CKR_OPERATION_ACTIVE;
	if (len == NULL || (data == NULL && data_len != 0))
		rv = CKR_ARGUMENTS_BAD;
	else if (room_missing(op, signature, len, &rv))
		return rv;
	if (rv == CKR_OK)
		rv = feed(op, bytes_of(data, data_len));
	if (rv == CKR_OK)
		rv = sign_end(m, op, signature, len);
	operation_done(op);
	return rv;
}

ck_rv_t
C_SignUpdate(ck_session_handle_t handle, unsigned char *part,
    unsigned long part_len)
{
	auto_module m = module_enter();
	struct operation *op;
	ck_rv_t rv = sign_find_active(m, handle, &op);

	if (rv != CKR_OK)
		return rv;
	op->updated = true;
	rv = part == NULL && part_len != 0 ? CKR_ARGUMENTS_BAD
		: feed(op, bytes_of(part, part_len));
	if (rv != CKR_OK)
		operation_done(op);
	return rv;
}

ck_rv_t
C_SignFinal(ck_session_handle_t handle, unsigned char *signature,
    unsigned long *len)
{
	auto_module m = module_enter();
	struct operation *op;
	ck_rv_t rv = sign_find_active(m, handle, &op);

	if (rv != CKR_OK)
		return rv;
	if (len == NULL)
		rv = CKR_ARGUMENTS_BAD;
	else if (room_missing(op, signature, len, &rv))
		return rv;
	if (rv == CKR_OK)
		rv = sign_end(m, op, signature, len);
	operation_done(op);
	return rv;
}
