/* SPDX-License-Identifier: BSD-2-Clause */

/* The functions below are deprecated in favour of EVP, whose digests look for
 * an engine and load openssl.cnf for that: see the header. */
#undef OPENSSL_NO_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/hashes.h"

#include <openssl/sha.h>
#include <stdlib.h>

struct hashing {
	enum digest hash;
	union {
		SHA_CTX sha1;
		SHA256_CTX sha256;
		SHA512_CTX sha512;	/* SHA-384 too */
	} u;
};

static enum sg_err
checked(int ok)
{
	return ok == 1 ? SG_OK
		: sg_fail(SG_EUNSUPPORTED, "an unknown digest");
}

static enum sg_err
start(struct hashing *r)
{
	switch (r->hash) {
	case DIGEST_SHA1:
		return checked(SHA1_Init(&r->u.sha1));
	case DIGEST_SHA256:
		return checked(SHA256_Init(&r->u.sha256));
	case DIGEST_SHA384:
		return checked(SHA384_Init(&r->u.sha512));
	case DIGEST_SHA512:
		return checked(SHA512_Init(&r->u.sha512));
	}
	return checked(0);
}

enum sg_err
hashing_new(struct hashing **out, enum digest hash)
{
	auto_free(hashing) r = calloc(1, sizeof(*r));

	if (r == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	r->hash = hash;
	SG_TRY(start(r));
	*out = r;
	r = NULL;
	return SG_OK;
}

void
hashing_free(struct hashing *r)
{
	wipe(r, sizeof(*r));
	free(r);
}

enum sg_err
hashing_add(struct hashing *r, struct bytes part)
{
	switch (r->hash) {
	case DIGEST_SHA1:
		return checked(SHA1_Update(&r->u.sha1, part.p, part.n));
	case DIGEST_SHA256:
		return checked(SHA256_Update(&r->u.sha256, part.p, part.n));
	case DIGEST_SHA384:
		return checked(SHA384_Update(&r->u.sha512, part.p, part.n));
	case DIGEST_SHA512:
		return checked(SHA512_Update(&r->u.sha512, part.p, part.n));
	}
	return checked(0);
}

enum sg_err
hashing_end(struct hashing *r, uint8_t out[DIGEST_MAX])
{
	switch (r->hash) {
	case DIGEST_SHA1:
		return checked(SHA1_Final(out, &r->u.sha1));
	case DIGEST_SHA256:
		return checked(SHA256_Final(out, &r->u.sha256));
	case DIGEST_SHA384:
		return checked(SHA384_Final(out, &r->u.sha512));
	case DIGEST_SHA512:
		return checked(SHA512_Final(out, &r->u.sha512));
	}
	return checked(0);
}

enum sg_err
hashes_of(enum digest hash, const struct bytes *parts, size_t count,
    uint8_t out[DIGEST_MAX])
{
	struct hashing r = { .hash = hash };
	enum sg_err e = start(&r);

	for (size_t i = 0; i < count && e == SG_OK; i++)
		e = hashing_add(&r, parts[i]);
	if (e == SG_OK)
		e = hashing_end(&r, out);
	wipe(&r, sizeof(r));
	return e;
}
