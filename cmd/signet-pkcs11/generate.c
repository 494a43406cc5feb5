/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "base/text.h"
#include "module.h"

/*
 * C_GenerateKeyPair makes a key in the container.  What a key of the TPM is
 * must be granted by the template; who may use it for what is the program's
 * own business, so less than everything may be asked.  Two things are asked for
 * in vain, and the object then says what it is: CKA_ID, which is made of the
 * public key (OpenSC's and GnuTLS's tools give one), and CKA_DERIVE (OpenSC's
 * tool wants it of every P-256 key).
 */

#define COMMON                                                         \
	{ .type = CKA_TOKEN, .kind = DEMAND_TRUE, .required = true },  \
	{ .type = CKA_LABEL }, { .type = CKA_ID },                     \
	{ .type = CKA_SUBJECT }, { .type = CKA_START_DATE },           \
	{ .type = CKA_END_DATE }, { .type = CKA_MODIFIABLE },          \
	{ .type = CKA_COPYABLE }, { .type = CKA_DESTROYABLE }

static const struct demand private_key[] = {
	COMMON,
	{ .type = CKA_CLASS, .kind = DEMAND_NUMBER,
	    .number = CKO_PRIVATE_KEY },
	{ .type = CKA_PRIVATE, .kind = DEMAND_TRUE },
	{ .type = CKA_SENSITIVE, .kind = DEMAND_TRUE },
	{ .type = CKA_EXTRACTABLE, .kind = DEMAND_FALSE },
	{ .type = CKA_SIGN },
	{ .type = CKA_SIGN_RECOVER, .kind = DEMAND_FALSE },
	{ .type = CKA_UNWRAP, .kind = DEMAND_FALSE },
	{ .type = CKA_DERIVE },
	{ .type = CKA_ALWAYS_AUTHENTICATE, .kind = DEMAND_FALSE },
	{ .type = CKA_WRAP_WITH_TRUSTED, .kind = DEMAND_FALSE },
};

static const struct demand public_key[] = {
	COMMON,
	{ .type = CKA_CLASS, .kind = DEMAND_NUMBER,
	    .number = CKO_PUBLIC_KEY },
	{ .type = CKA_PRIVATE, .kind = DEMAND_FALSE },
	{ .type = CKA_TRUSTED, .kind = DEMAND_FALSE },
	{ .type = CKA_VERIFY },
	{ .type = CKA_VERIFY_RECOVER, .kind = DEMAND_FALSE },
	{ .type = CKA_WRAP, .kind = DEMAND_FALSE },
	{ .type = CKA_DERIVE },
};

static const struct demand private_rsa[] = {
	{ .type = CKA_KEY_TYPE, .kind = DEMAND_NUMBER, .number = CKK_RSA },
	{ .type = CKA_DECRYPT },
};

static const uint8_t f4[] = { 1, 0, 1 };
static const struct demand public_rsa[] = {
	{ .type = CKA_KEY_TYPE, .kind = DEMAND_NUMBER, .number = CKK_RSA },
	{ .type = CKA_MODULUS_BITS, .kind = DEMAND_NUMBER,
	    .number = MODULE_RSA_LEN * 8, .required = true,
	    .otherwise = CKR_KEY_SIZE_RANGE },
	{ .type = CKA_PUBLIC_EXPONENT, .kind = DEMAND_BYTES,
	    .bytes = { f4, sizeof(f4) },
	    .otherwise = CKR_ATTRIBUTE_VALUE_INVALID },
	{ .type = CKA_ENCRYPT },
};

static const struct demand private_ec[] = {
	{ .type = CKA_KEY_TYPE, .kind = DEMAND_NUMBER, .number = CKK_EC },
	{ .type = CKA_DECRYPT, .kind = DEMAND_FALSE },
};

static const uint8_t p256[] = { 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static const struct demand public_ec[] = {
	{ .type = CKA_KEY_TYPE, .kind = DEMAND_NUMBER, .number = CKK_EC },
	{ .type = CKA_EC_PARAMS, .kind = DEMAND_BYTES,
	    .bytes = { p256, sizeof(p256) }, .required = true,
	    .otherwise = CKR_CURVE_NOT_SUPPORTED },
	{ .type = CKA_ENCRYPT, .kind = DEMAND_FALSE },
};

#define TABLE(t) { (t), sizeof(t) / sizeof((t)[0]) }

static ck_rv_t
templates_check(enum object_key_type type, const struct template *public,
    const struct template *private)
{
	const bool ec = type == OBJECT_P256;
	const struct demands public_rsa_all[] = { TABLE(public_key),
		TABLE(public_rsa), { NULL, 0 } };
	const struct demands public_ec_all[] = { TABLE(public_key),
		TABLE(public_ec), { NULL, 0 } };
	const struct demands private_rsa_all[] = { TABLE(private_key),
		TABLE(private_rsa), { NULL, 0 } };
	const struct demands private_ec_all[] = { TABLE(private_key),
		TABLE(private_ec), { NULL, 0 } };
	ck_rv_t rv = template_check(public,
	    ec ? public_ec_all : public_rsa_all);

	return rv != CKR_OK ? rv : template_check(private,
	    ec ? private_ec_all : private_rsa_all);
}

/* The label, which names the key for `signet` too, or the first free one. */
static ck_rv_t
name_choose(const struct module *m, const struct template *public,
    const struct template *private, char **out)
{
	ck_rv_t rv = template_label(private, out);

	if (rv == CKR_OK && *out == NULL)
		rv = template_label(public, out);
	for (unsigned i = 1; rv == CKR_OK && *out == NULL; i++) {
		rv = module_rv(str_printf(out, "key-%u", i));
		if (rv != CKR_OK || objects_key(&m->objects, *out) == NULL)
			break;
		free(*out);
		*out = NULL;
	}
	return rv;
}

/* A name that is taken is found out here: making an RSA key takes a while. */
static ck_rv_t
key_make(struct module *m, const char *name, enum object_key_type type)
{
	enum sg_err e;

	if (objects_key(&m->objects, name) != NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	e = daemon_key_make(m, name, type);
	if (e == SG_OK)
		e = daemon_refresh(m);
	return write_rv(e);
}

static ck_rv_t
pair_make(struct module *m, enum object_key_type type,
    const struct template *public, const struct template *private,
    struct bytes *spki)
{
	auto_str name = NULL;
	const struct key_object *key;
	ck_rv_t rv = module_rv(daemon_refresh(m));

	if (rv == CKR_OK)
		rv = name_choose(m, public, private, &name);
	if (rv == CKR_OK)
		rv = key_make(m, name, type);
	if (rv != CKR_OK)
		return rv;
	key = objects_key(&m->objects, name);
	if (key == NULL)
		return CKR_DEVICE_ERROR;
	*spki = buf_bytes(&key->spki);
	return CKR_OK;
}

static ck_rv_t
mechanism_check(const struct ck_mechanism *how, enum object_key_type *type)
{
	const struct mechanism *found = mechanism_find(how->mechanism);

	if (found == NULL || (found->flags & CKF_GENERATE_KEY_PAIR) == 0)
		return CKR_MECHANISM_INVALID;
	*type = found->scheme == SCHEME_ECDSA ? OBJECT_P256 : OBJECT_RSA2048;
	return how->parameter_len == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

ck_rv_t
C_GenerateKeyPair(ck_session_handle_t handle, struct ck_mechanism *how,
    struct ck_attribute *public_templ, unsigned long public_count,
    struct ck_attribute *private_templ, unsigned long private_count,
    ck_object_handle_t *public_key_out, ck_object_handle_t *private_key_out)
{
	auto_module m = module_enter();
	const struct template public = { public_templ, public_count },
		private = { private_templ, private_count };
	enum object_key_type type;
	struct bytes spki = { 0 };
	ck_rv_t rv;

	if (m == NULL)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	if (session_find(m, handle) == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	if (how == NULL || public_key_out == NULL || private_key_out == NULL ||
	    !template_valid(&public) || !template_valid(&private))
		return CKR_ARGUMENTS_BAD;
	if ((rv = mechanism_check(how, &type)) != CKR_OK ||
	    (rv = templates_check(type, &public, &private)) != CKR_OK ||
	    (rv = login_to_write(m, handle)) != CKR_OK ||
	    (rv = pair_make(m, type, &public, &private, &spki)) != CKR_OK)
		return rv;
	*public_key_out = object_handle(&m->list, CKO_PUBLIC_KEY, spki);
	*private_key_out = object_handle(&m->list, CKO_PRIVATE_KEY, spki);
	return CKR_OK;
}
