/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "crypto/padding.h"
#include "module.h"

static size_t
message_max(const struct operation *op)
{
	if (op->mechanism->scheme == SCHEME_PKCS1)
		return MODULE_RSA_LEN - 11;
	if (op->mechanism->scheme == SCHEME_OAEP)
		return MODULE_RSA_LEN - 2 - 2 * digest_size(op->hash);
	return MODULE_RSA_LEN;
}

static enum sg_err
block_open(const struct operation *op, struct bytes block, struct buf *out)
{
	const struct oaep o = { op->hash, op->mgf, buf_bytes(&op->label) };

	if (op->mechanism->scheme == SCHEME_PKCS1)
		return padding_pkcs1_open(block, out);
	if (op->mechanism->scheme != SCHEME_OAEP)
		return buf_add_bytes(out, block);
	return padding_oaep_open(&o, block, out);
}

/* Leaves the message in op->output, where it waits for room enough: asked
 * again with the same cipher text, the TPM has no second part in it. */
static enum sg_err
message_make(struct module *m, struct operation *op, struct bytes in)
{
	auto_done(buf) block = { 0 };

	if (op->input.n > 0 && bytes_eq(buf_bytes(&op->input), in))
		return SG_OK;
	buf_done(&op->output);
	buf_done(&op->input);
	SG_TRY(daemon_key_use(m, op->key, in, &block));
	SG_TRY(block_open(op, buf_bytes(&block), &op->output));
	return buf_set(&op->input, in);
}

static ck_rv_t
decrypt(struct module *m, struct operation *op, struct bytes in,
    unsigned char *data, unsigned long *len)
{
	unsigned long room = *len;
	enum sg_err e;

	if (in.n != MODULE_RSA_LEN)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	e = message_make(m, op, in);
	if (e == SG_ENOENT)
		return key_gone(m);
	if (e != SG_OK)
		return e == SG_EARG ? CKR_ENCRYPTED_DATA_INVALID
				    : module_rv(e);
	*len = op->output.n;
	if (room < op->output.n)
		return CKR_BUFFER_TOO_SMALL;
	if (op->output.n > 0)
		memcpy(data, op->output.p, op->output.n);
	return CKR_OK;
}

ck_rv_t
C_DecryptInit(ck_session_handle_t handle, struct ck_mechanism *how,
    ck_object_handle_t key)
{
	auto_module m = module_enter();
	struct session *s;
	ck_rv_t rv;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if ((rv = login_on_use(m, handle)) != CKR_OK)
		return rv;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	return operation_start(m, &s->decrypt, how, key, CKF_DECRYPT);
}

ck_rv_t
C_Decrypt(ck_session_handle_t handle, unsigned char *in, unsigned long in_len,
    unsigned char *data, unsigned long *len)
{
	auto_module m = module_enter();
	struct operation *op;
	struct session *s;
	ck_rv_t rv;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if ((s = session_find(m, handle)) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	op = &s->decrypt;
	if (op->mechanism == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	if (len == NULL || in == NULL) {
		operation_done(op);
		return CKR_ARGUMENTS_BAD;
	}
	if (data == NULL) {
		/* 5.2: more than is needed in the end is allowed. */
		*len = message_max(op);
		return CKR_OK;
	}
	rv = decrypt(m, op, bytes_of(in, in_len), data, len);
	if (rv != CKR_BUFFER_TOO_SMALL)
		operation_done(op);
	return rv;
}
