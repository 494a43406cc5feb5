/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "module.h"

#define BOTH (CKF_SIGN | CKF_DECRYPT)

static const struct mechanism table[] = {
	{ CKM_RSA_PKCS_KEY_PAIR_GEN, SCHEME_PKCS1, 0, CKF_GENERATE_KEY_PAIR },
	{ CKM_EC_KEY_PAIR_GEN, SCHEME_ECDSA, 0, CKF_GENERATE_KEY_PAIR },
	{ CKM_RSA_PKCS, SCHEME_PKCS1, 0, BOTH },
	{ CKM_RSA_X_509, SCHEME_RAW, 0, BOTH },
	{ CKM_RSA_PKCS_OAEP, SCHEME_OAEP, 0, CKF_DECRYPT },
	{ CKM_RSA_PKCS_PSS, SCHEME_PSS, 0, CKF_SIGN },
	{ CKM_SHA1_RSA_PKCS, SCHEME_PKCS1, DIGEST_SHA1, CKF_SIGN },
	{ CKM_SHA256_RSA_PKCS, SCHEME_PKCS1, DIGEST_SHA256, CKF_SIGN },
	{ CKM_SHA384_RSA_PKCS, SCHEME_PKCS1, DIGEST_SHA384, CKF_SIGN },
	{ CKM_SHA512_RSA_PKCS, SCHEME_PKCS1, DIGEST_SHA512, CKF_SIGN },
	{ CKM_SHA1_RSA_PKCS_PSS, SCHEME_PSS, DIGEST_SHA1, CKF_SIGN },
	{ CKM_SHA256_RSA_PKCS_PSS, SCHEME_PSS, DIGEST_SHA256, CKF_SIGN },
	{ CKM_SHA384_RSA_PKCS_PSS, SCHEME_PSS, DIGEST_SHA384, CKF_SIGN },
	{ CKM_SHA512_RSA_PKCS_PSS, SCHEME_PSS, DIGEST_SHA512, CKF_SIGN },
	{ CKM_ECDSA, SCHEME_ECDSA, 0, CKF_SIGN },
	{ CKM_ECDSA_SHA1, SCHEME_ECDSA, DIGEST_SHA1, CKF_SIGN },
	{ CKM_ECDSA_SHA256, SCHEME_ECDSA, DIGEST_SHA256, CKF_SIGN },
	{ CKM_ECDSA_SHA384, SCHEME_ECDSA, DIGEST_SHA384, CKF_SIGN },
	{ CKM_ECDSA_SHA512, SCHEME_ECDSA, DIGEST_SHA512, CKF_SIGN },
};
#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

const struct mechanism *
mechanism_find(ck_mechanism_type_t type)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].type == type)
			return &table[i];
	return NULL;
}

ck_rv_t
C_GetMechanismList(ck_slot_id_t slot, ck_mechanism_type_t *list,
    unsigned long *count)
{
	auto_module m = module_enter();
	unsigned long room;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot != MODULE_SLOT)
		return CKR_SLOT_ID_INVALID;
	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	room = *count;
	*count = TABLE_LEN;
	if (list == NULL)
		return CKR_OK;
	if (room < TABLE_LEN)
		return CKR_BUFFER_TOO_SMALL;
	for (size_t i = 0; i < TABLE_LEN; i++)
		list[i] = table[i].type;
	return CKR_OK;
}

ck_rv_t
C_GetMechanismInfo(ck_slot_id_t slot, ck_mechanism_type_t type,
    struct ck_mechanism_info *info)
{
	auto_module m = module_enter();
	const struct mechanism *how = mechanism_find(type);

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (slot != MODULE_SLOT)
		return CKR_SLOT_ID_INVALID;
	if (how == NULL)
		return CKR_MECHANISM_INVALID;
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	if (how->scheme == SCHEME_ECDSA)
		*info = (struct ck_mechanism_info) { 256, 256, CKF_HW |
			CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS };
	else
		*info = (struct ck_mechanism_info) { 2048, 2048, CKF_HW };
	info->flags |= how->flags;
	return CKR_OK;
}

static enum digest
hash_of(ck_mechanism_type_t type)
{
	switch (type) {
	case CKM_SHA_1:
		return DIGEST_SHA1;
	case CKM_SHA256:
		return DIGEST_SHA256;
	case CKM_SHA384:
		return DIGEST_SHA384;
	case CKM_SHA512:
		return DIGEST_SHA512;
	default:
		return 0;
	}
}

static enum digest
mgf_of(unsigned long mgf)
{
	switch (mgf) {
	case CKG_MGF1_SHA1:
		return DIGEST_SHA1;
	case CKG_MGF1_SHA256:
		return DIGEST_SHA256;
	case CKG_MGF1_SHA384:
		return DIGEST_SHA384;
	case CKG_MGF1_SHA512:
		return DIGEST_SHA512;
	default:
		return 0;
	}
}

static ck_rv_t
pss_read(struct operation *op, const struct ck_mechanism *how)
{
	const struct ck_rsa_pkcs_pss_params *p = how->parameter;

	if (p == NULL || how->parameter_len != sizeof(*p))
		return CKR_MECHANISM_PARAM_INVALID;
	op->hash = hash_of(p->hash_alg);
	op->mgf = mgf_of(p->mgf);
	op->salt = p->s_len;
	if (op->hash == 0 || op->mgf == 0 ||
	    (op->mechanism->hash != 0 && op->mechanism->hash != op->hash) ||
	    p->s_len > MODULE_RSA_LEN - 2 - digest_size(op->hash))
		return CKR_MECHANISM_PARAM_INVALID;
	return CKR_OK;
}

static ck_rv_t
oaep_read(struct operation *op, const struct ck_mechanism *how)
{
	const struct ck_rsa_pkcs_oaep_params *p = how->parameter;

	if (p == NULL || how->parameter_len != sizeof(*p))
		return CKR_MECHANISM_PARAM_INVALID;
	op->hash = hash_of(p->hash_alg);
	op->mgf = mgf_of(p->mgf);
	if (op->hash == 0 || op->mgf == 0 ||
	    (p->source_data == NULL && p->source_data_len != 0) ||
	    (p->source != CKZ_DATA_SPECIFIED && p->source_data_len != 0))
		return CKR_MECHANISM_PARAM_INVALID;
	return module_rv(buf_set(&op->label,
	    bytes_of(p->source_data, p->source_data_len)));
}

static ck_rv_t
parameters_read(struct operation *op, const struct ck_mechanism *how)
{
	if (op->mechanism->scheme == SCHEME_PSS)
		return pss_read(op, how);
	if (op->mechanism->scheme == SCHEME_OAEP)
		return oaep_read(op, how);
	return how->parameter_len == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

static ck_rv_t
key_fits(const struct module *m, const struct mechanism *how,
    const struct object *o)
{
	if (o == NULL || o->class != CKO_PRIVATE_KEY)
		return CKR_KEY_HANDLE_INVALID;
	if (!object_visible(m, o))
		return CKR_USER_NOT_LOGGED_IN;
	if ((how->scheme == SCHEME_ECDSA) != (o->key->type == OBJECT_P256))
		return CKR_KEY_TYPE_INCONSISTENT;
	return CKR_OK;
}

static ck_rv_t
operation_fill(struct operation *op, const struct ck_mechanism *how,
    const struct object *key)
{
	ck_rv_t rv = parameters_read(op, how);
	enum sg_err e = SG_OK;

	if (rv != CKR_OK)
		return rv;
	if (op->mechanism->hash != 0)
		e = hashing_new(&op->hashing, op->mechanism->hash);
	if (e == SG_OK)
		e = str_dup(&op->key, key->key->name);
	return module_rv(e);
}

ck_rv_t
operation_start(const struct module *m, struct operation *op,
    const struct ck_mechanism *how, ck_object_handle_t key, ck_flags_t flag)
{
	const struct object *o = object_find(m, key);
	const struct mechanism *found;
	ck_rv_t rv;

	if (how == NULL)
		return CKR_ARGUMENTS_BAD;
	if (op->mechanism != NULL)
		return CKR_OPERATION_ACTIVE;
	found = mechanism_find(how->mechanism);
	if (found == NULL || (found->flags & flag) == 0)
		return CKR_MECHANISM_INVALID;
	if ((rv = key_fits(m, found, o)) != CKR_OK)
		return rv;
	op->mechanism = found;
	if ((rv = operation_fill(op, how, o)) != CKR_OK)
		operation_done(op);
	return rv;
}

ck_rv_t
key_gone(struct module *m)
{
	return daemon_present(m) == SG_OK ? CKR_KEY_HANDLE_INVALID
					  : CKR_DEVICE_REMOVED;
}

void
operation_done(struct operation *op)
{
	free(op->key);
	buf_done(&op->label);
	hashing_free(op->hashing);
	buf_done(&op->input);
	buf_done(&op->output);
	*op = (struct operation) { 0 };
}
