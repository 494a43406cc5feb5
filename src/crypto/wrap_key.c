/* SPDX-License-Identifier: BSD-2-Clause */

/* Key management, provider-keymgmt(7). */

#include <stdlib.h>

#include "crypto/wrap.h"

static void *
key_new(void *provctx)
{
	(void)provctx;
	return calloc(1, sizeof(struct wrapped_key));
}

static void
key_free(void *arg)
{
	struct wrapped_key *k = arg;

	if (k == NULL)
		return;
	EVP_PKEY_free(k->public);
	free(k);
}

static int
key_has(const void *arg, int selection)
{
	const struct wrapped_key *k = arg;

	if (k->public == NULL)
		return 0;
	return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 ||
	    k->has_signer;
}

static int
key_match(const void *a, const void *b, int selection)
{
	const struct wrapped_key *x = a, *y = b;

	(void)selection;	/* a private half is known by its public one */
	return EVP_PKEY_eq(x->public, y->public) == 1;
}

/* One of our own, by reference. */
static int
import_own(struct wrapped_key *k, const OSSL_PARAM *p)
{
	const struct wrapped_key *from;
	const void *at;
	size_t n;

	if (OSSL_PARAM_get_octet_string_ptr(p, &at, &n) != 1 ||
	    n != sizeof(*from))
		return 0;
	from = at;
	if (EVP_PKEY_up_ref(from->public) != 1)
		return 0;
	*k = *from;
	return 1;
}

/* Somebody's public key, to be compared with one of ours. */
static int
import_public(struct wrapped_key *k, const char *type,
    const OSSL_PARAM params[])
{
	auto_ossl(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, type,
	    NULL);
	/* EVP_PKEY_fromdata() does not write to them. */
	OSSL_PARAM *p = OSSL_PARAM_dup(params);
	int ok = ctx != NULL && p != NULL &&
	    EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &k->public, EVP_PKEY_PUBLIC_KEY, p) == 1;

	OSSL_PARAM_free(p);
	return ok;
}

static int
import(struct wrapped_key *k, const char *type, const OSSL_PARAM params[])
{
	const OSSL_PARAM *own = OSSL_PARAM_locate_const(params, WRAP_PARAM);

	return own != NULL ? import_own(k, own)
			   : import_public(k, type, params);
}

static int
rsa_import(void *key, int selection, const OSSL_PARAM params[])
{
	(void)selection;
	return import(key, "RSA", params);
}

static int
ec_import(void *key, int selection, const OSSL_PARAM params[])
{
	(void)selection;
	return import(key, "EC", params);
}

/* Only the public half leaves: asked for more, OpenSSL must come back to this
 * provider for the operation itself. */
static int
key_export(void *arg, int selection, OSSL_CALLBACK *cb, void *cbarg)
{
	const struct wrapped_key *k = arg;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return 0;
	return EVP_PKEY_export(k->public, EVP_PKEY_PUBLIC_KEY, cb, cbarg);
}

static const OSSL_PARAM *
rsa_types(int selection)
{
	static const OSSL_PARAM public[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return public;
}

static const OSSL_PARAM *
ec_types(int selection)
{
	static const OSSL_PARAM public[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)selection;
	return public;
}

static int
key_get_params(void *arg, OSSL_PARAM params[])
{
	const struct wrapped_key *k = arg;

	return EVP_PKEY_get_params(k->public, params);
}

static const OSSL_PARAM *
key_gettable(void *provctx)
{
	static const OSSL_PARAM table[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		    NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)provctx;
	return table;
}

static const char *
rsa_operation(int operation)
{
	(void)operation;
	return "RSA";
}

static const char *
ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

#define FN(id, f) { OSSL_FUNC_KEYMGMT_##id, (void (*)(void))(f) }
#define KEYMGMT(name, kind)                                       \
	const OSSL_DISPATCH name[] = {                            \
		FN(NEW, key_new),                                 \
		FN(FREE, key_free),                               \
		FN(HAS, key_has),                                 \
		FN(MATCH, key_match),                             \
		FN(IMPORT, kind##_import),                        \
		FN(IMPORT_TYPES, kind##_types),                   \
		FN(EXPORT, key_export),                           \
		FN(EXPORT_TYPES, kind##_types),                   \
		FN(GET_PARAMS, key_get_params),                   \
		FN(GETTABLE_PARAMS, key_gettable),                \
		FN(QUERY_OPERATION_NAME, kind##_operation),       \
		{ 0, NULL },                                      \
	}

KEYMGMT(wrap_rsa_keymgmt, rsa);
KEYMGMT(wrap_ec_keymgmt, ec);
