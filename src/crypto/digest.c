/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/digest.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/hashes.h"
#include "crypto/ossl.h"

/* 1 GiB: enough for any cost that is sensible, a stop for one that is not. */
#define SCRYPT_MEMORY_MAX ((uint64_t)1 << 30)

static const struct {
	enum digest hash;
	int nid;
	size_t size;
	const EVP_MD *(*md)(void);
} table[] = {
	{ DIGEST_SHA1, NID_sha1, 20, EVP_sha1 },
	{ DIGEST_SHA256, NID_sha256, 32, EVP_sha256 },
	{ DIGEST_SHA384, NID_sha384, 48, EVP_sha384 },
	{ DIGEST_SHA512, NID_sha512, 64, EVP_sha512 },
};
#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

size_t
digest_size(enum digest hash)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].hash == hash)
			return table[i].size;
	return 0;
}

const EVP_MD *
digest_md(enum digest hash)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].hash == hash)
			return table[i].md();
	return NULL;
}

enum sg_err
digest_from_nid(enum digest *out, int nid)
{
	for (size_t i = 0; i < TABLE_LEN; i++) {
		if (table[i].nid == nid) {
			*out = table[i].hash;
			return SG_OK;
		}
	}
	return sg_fail(SG_EUNSUPPORTED, "the digest %s is not supported",
	    nid == NID_undef ? "of that name" : OBJ_nid2sn(nid));
}

enum sg_err
digest_from_name(enum digest *out, const char *name)
{
	const EVP_MD *md = EVP_get_digestbyname(name);

	return digest_from_nid(out, md != NULL ? EVP_MD_get_type(md)
					       : NID_undef);
}

enum sg_err
digest_of(enum digest hash, struct bytes in, uint8_t out[DIGEST_MAX])
{
	/* EVP_Digest() would look for the digest each time, which takes as
	 * long as one of a short text. */
	return hashes_of(hash, &in, 1, out);
}

enum sg_err
sha256(struct bytes in, uint8_t out[SHA256_LEN])
{
	uint8_t full[DIGEST_MAX];

	SG_TRY(digest_of(DIGEST_SHA256, in, full));
	memcpy(out, full, SHA256_LEN);
	return SG_OK;
}

enum sg_err
random_fill(void *p, size_t n)
{
	uint8_t *at = p;

	while (n > 0) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return sg_fail(SG_EIO,
			    "the system gives no random bytes: %s",
			    strerror(errno));
		at += got;
		n -= (size_t)got;
	}
	return SG_OK;
}

enum sg_err
scrypt_derive(const struct secret *password, struct bytes salt,
    struct scrypt_cost cost, size_t len, struct secret *out)
{
	/* RFC 7914 section 2: N is a power of two above 1. */
	if (cost.n < 2 || (cost.n & (cost.n - 1)) != 0 || cost.r == 0 ||
	    cost.p == 0)
		return sg_fail(SG_EFORMAT, "the scrypt cost %u/%u/%u is wrong",
		    cost.n, cost.r, cost.p);
	if (len > out->cap)
		return sg_fail(SG_EINTERNAL, "no room for a derived key");
	secret_clear(out);
	if (EVP_PBE_scrypt((const char *)password->p, password->n, salt.p,
	    salt.n, cost.n, cost.r, cost.p, SCRYPT_MEMORY_MAX, out->p,
	    len) != 1) {
		secret_clear(out);
		return ossl_fail(SG_ECRYPTO, "scrypt");
	}
	out->n = len;
	return SG_OK;
}
