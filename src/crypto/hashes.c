/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/hashes.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#define HASH_COUNT (DIGEST_SHA512 + 1)

struct hashes {
	OSSL_LIB_CTX *ctx;
	EVP_MD *md[HASH_COUNT];		/* fetched when first asked for */
};

struct hashing {
	EVP_MD_CTX *ctx;
};

/* The queue of OpenSSL's errors is the host's: leave nothing in it. */
static enum sg_err
refused(void)
{
	(void)ERR_pop_to_mark();
	return sg_fail(SG_ECRYPTO, "a digest cannot be made");
}

static enum sg_err
checked(int ok)
{
	if (ok != 1)
		return refused();
	(void)ERR_clear_last_mark();
	return SG_OK;
}

enum sg_err
hashes_new(struct hashes **out)
{
	auto_free(hashes) h = calloc(1, sizeof(*h));

	if (h == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	(void)ERR_set_mark();
	h->ctx = OSSL_LIB_CTX_new();
	SG_TRY(checked(h->ctx != NULL));
	*out = h;
	h = NULL;
	return SG_OK;
}

void
hashes_free(struct hashes *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < HASH_COUNT; i++)
		EVP_MD_free(h->md[i]);
	OSSL_LIB_CTX_free(h->ctx);
	free(h);
}

static enum sg_err
md_get(struct hashes *h, enum digest hash, EVP_MD **out)
{
	static const char *const name[HASH_COUNT] = {
		[DIGEST_SHA1] = "SHA1",
		[DIGEST_SHA256] = "SHA256",
		[DIGEST_SHA384] = "SHA384",
		[DIGEST_SHA512] = "SHA512",
	};

	if ((size_t)hash >= HASH_COUNT || name[hash] == NULL)
		return sg_fail(SG_EUNSUPPORTED, "an unknown digest");
	if (h->md[hash] == NULL) {
		(void)ERR_set_mark();
		h->md[hash] = EVP_MD_fetch(h->ctx, name[hash], NULL);
		SG_TRY(checked(h->md[hash] != NULL));
	}
	*out = h->md[hash];
	return SG_OK;
}

enum sg_err
hashing_new(struct hashing **out, struct hashes *h, enum digest hash)
{
	auto_free(hashing) r = calloc(1, sizeof(*r));
	EVP_MD *md = NULL;

	SG_TRY(md_get(h, hash, &md));
	if (r == NULL || (r->ctx = EVP_MD_CTX_new()) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	(void)ERR_set_mark();
	SG_TRY(checked(EVP_DigestInit_ex2(r->ctx, md, NULL)));
	*out = r;
	r = NULL;
	return SG_OK;
}

void
hashing_free(struct hashing *r)
{
	if (r == NULL)
		return;
	EVP_MD_CTX_free(r->ctx);
	free(r);
}

enum sg_err
hashing_add(struct hashing *r, struct bytes part)
{
	(void)ERR_set_mark();
	return checked(EVP_DigestUpdate(r->ctx, part.p, part.n));
}

enum sg_err
hashing_end(struct hashing *r, uint8_t out[DIGEST_MAX])
{
	(void)ERR_set_mark();
	return checked(EVP_DigestFinal_ex(r->ctx, out, NULL));
}

enum sg_err
hashes_of(struct hashes *h, enum digest hash, const struct bytes *parts,
    size_t count, uint8_t out[DIGEST_MAX])
{
	auto_free(hashing) r = NULL;

	SG_TRY(hashing_new(&r, h, hash));
	for (size_t i = 0; i < count; i++)
		SG_TRY(hashing_add(r, parts[i]));
	return hashing_end(r, out);
}
