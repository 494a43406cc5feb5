/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CRYPTO_PADDING_H
#define SG_CRYPTO_PADDING_H

/*
 * What stands around a digest or a message before and after the bare private
 * operation: RFC 8017 for RSA, FIPS 186-5 6.4 for ECDSA.  Every function
 * appends to out; k is the length of the modulus in bytes, whose top bit is
 * set.
 */

#include "crypto/hashes.h"

#define ECDSA_BLOCK_LEN	32	/* P-256: what is signed, and r, and s */

/* The DER DigestInfo of RFC 8017 9.2 note 1; the digest's length must fit. */
enum sg_err padding_digest_info(enum digest hash, struct bytes digest,
    struct buf *out);

/* EMSA-PKCS1-v1_5 around t, which is a DigestInfo or anything else (9.2);
 * SG_ELIMIT when t is longer than k - 11. */
enum sg_err padding_pkcs1(struct bytes t, size_t k, struct buf *out);

/* EMSA-PSS (9.1.1); SG_ELIMIT when digest and salt do not fit. */
struct pss {
	enum digest hash;
	enum digest mgf;	/* of the mask, RFC 8017 B.2.1 */
	struct bytes salt;
};
enum sg_err padding_pss(const struct pss *p, struct bytes digest, size_t k,
    struct buf *out);

/*
 * Takes EME-PKCS1-v1_5 off (7.2.2).  The time depends on the length of the
 * block and, when it is good, of the message; a bad block is SG_EVERIFY, and
 * neither time nor note tell what is wrong with it.
 */
enum sg_err padding_pkcs1_open(struct bytes block, struct buf *out);

/*
 * The message of EME-PKCS1-v1_5 if the block is good and the message has as
 * many bytes as other, and else other.  out has room for them; the time depends
 * on the lengths only, and nothing says which of them it is.
 */
void padding_pkcs1_key(struct bytes block, struct bytes other, uint8_t *out);

/*
 * Where the padding of RFC 5652 6.3 begins in whole blocks of block bytes;
 * SIZE_MAX when it is none.  The time depends on the lengths only.
 */
size_t padding_block_end(struct bytes plain, size_t block);

/* Takes EME-OAEP off (7.1.2); the same about bad blocks. */
struct oaep {
	enum digest hash;
	enum digest mgf;
	struct bytes label;
};
enum sg_err padding_oaep_open(const struct oaep *o, struct bytes block,
    struct buf *out);

/* The leftmost 256 bits of a digest, a shorter one with zeros in front: the
 * number that ECDSA signs.  SG_ELIMIT for an empty digest. */
enum sg_err padding_ecdsa(struct bytes digest, struct buf *out);

/* DER Ecdsa-Sig-Value of r and s, half of rs each, up to 66 bytes (P-521; RFC
 * 3279 2.2.3). */
enum sg_err padding_ecdsa_der(struct bytes rs, struct buf *out);
/* The other way: r and s of half bytes each; SG_EFORMAT. */
enum sg_err padding_ecdsa_raw(struct bytes der, size_t half, struct buf *out);

#endif
