/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_PKEY_H
#define SG_CRYPTO_PKEY_H

/* Public keys, and private keys that live in files or are derived. */

#include "base/secret.h"
#include "crypto/signer.h"

/* A public key, or a pair whose private half is in this process. */
struct pkey;
void pkey_free(struct pkey *k);
SG_AUTO_FREE(pkey)

/* From DER SubjectPublicKeyInfo; SG_EFORMAT, SG_EUNSUPPORTED for kinds other
 * than RSA (1024 to 8192 bits) and EC on P-256, P-384, P-521. */
enum sg_err pkey_from_spki(struct pkey **out, struct bytes der);
/* What kind it is, for the usual kinds without making a key of it: that a
 * point lies on its curve is then not known.  Errors as above. */
enum sg_err spki_kind(enum key_kind *kind, unsigned *bits, struct bytes der);
/* From the modulus and public exponent, or from a point on P-256 or P-384 (32
 * or 48 bytes each, big-endian). */
enum sg_err pkey_from_rsa(struct pkey **out, struct bytes n, uint32_t e);
enum sg_err pkey_from_point(struct pkey **out, struct bytes x,
    struct bytes y);
/* From a PEM text: "PUBLIC KEY" or "CERTIFICATE". */
enum sg_err pkey_from_public_pem(struct pkey **out, struct bytes pem);
/* From an unencrypted or (with a passphrase) encrypted PKCS#8 PEM text. */
enum sg_err pkey_from_private_pem(struct pkey **out, struct bytes pem,
    const struct secret *passphrase);

enum sg_err pkey_new_rsa(struct pkey **out, unsigned bits);
/* 256 or 384: P-256, P-384. */
enum sg_err pkey_new_ec(struct pkey **out, unsigned bits);
enum sg_err pkey_new_p256(struct pkey **out);
/* The P-256 pair that 16 or more bytes of seed determine (RFC 5869 HKDF, then
 * FIPS 186-5 A.2.1); info separates uses. */
enum sg_err pkey_derive_p256(struct pkey **out, const struct secret *seed,
    const char *info);
/* PKCS#8 PEM, encrypted (AES-256, scrypt) when there is a passphrase. */
enum sg_err pkey_private_pem(const struct pkey *k,
    const struct secret *passphrase, struct secret *out);

enum key_kind pkey_kind(const struct pkey *k);
unsigned pkey_bits(const struct pkey *k);
/* SG_EVERIFY for an RSA key that others can break or that proves nothing: an
 * exponent outside FIPS 186-5 A.1.1, a modulus with a small factor or made as
 * in CVE-2017-15361.  A key that passes need not be good.  Points of EC keys
 * were looked at when the key was read. */
enum sg_err pkey_sound(const struct pkey *k);
enum sg_err pkey_spki(const struct pkey *k, struct buf *out);
/* Big-endian coordinates of a P-256 key, 32 bytes each. */
enum sg_err pkey_point(const struct pkey *k, uint8_t x[32], uint8_t y[32]);

/* SG_EVERIFY when the signature does not hold. */
enum sg_err pkey_verify(const struct pkey *k, enum sign_scheme scheme,
    enum digest hash, struct bytes digest, struct bytes signature);

/* A pair as a signer; the pair must outlive it, and signs for one thread at a
 * time. */
struct signer pkey_signer(struct pkey *k);

/*
 * Any signer as an OpenSSL key, for src/pki only (the type is opaque here).
 * The signer must outlive it.  Free it with EVP_PKEY_free.  It signs and
 * decrypts; what a public key does (X509_set_pubkey, verifying, encrypting) is
 * done with pkey_evp(pkey_from_spki()).
 */
struct evp_pkey_st;
enum sg_err pkey_wrap_signer(struct evp_pkey_st **out, struct signer s);

/* The OpenSSL key of a pkey, one reference more; for src/pki only. */
struct evp_pkey_st *pkey_evp(const struct pkey *k);

#endif
