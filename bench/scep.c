/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * scep [ROUNDS]: microseconds on the processor for the messages of an
 * enrolment by SCEP at the server's end, beside those of the RSA arithmetic in
 * them alone, in turns.  A PKCSReq is read, its signature verified, opened with
 * the RA's key, and the request inside proven; a CertRep with a certificate
 * that is there already is sealed and signed.  The bare arithmetic is two
 * private operations with the RA's key, two verifications and one encryption
 * with the client's.  All keys are RSA-2048, and the next message is by another
 * client: its key is as new to the server as a client's is.
 */

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pki/issue.h"
#include "pki/name.h"
#include "proto/scep.h"

#define ROUNDS	40
#define GROUP	16	/* exchanges before it is the other's turn, each with
			 * another client */
#define NOW	((int64_t)1750000000)

struct client {
	struct pkey *key;
	struct cert *self;
	struct buf message;
	EVP_PKEY_CTX *verify, *encrypt;
	uint8_t sig[256];
};

struct bench {
	struct pkey *ra_key;
	struct cert *ra_cert;
	struct scep_ra ra;
	struct scep_opener opener;
	struct client client[GROUP];
	EVP_PKEY_CTX *sign, *decrypt;
	uint8_t digest[SHA256_LEN];
	uint8_t number[256];	/* to decrypt; below every modulus */
};

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static enum sg_err
message_make(struct client *c, const struct cert *ra)
{
	auto_done(csr_content) content;
	auto_done(buf) csr = { 0 };
	struct scep_ask a = { .type = SCEP_PKCS_REQ, .transaction = "T-1",
		.nonce = (const uint8_t *)"0123456789abcdef",
		.cert = c->self, .signer = pkey_signer(c->key), .to = ra,
		.hash = DIGEST_SHA256, .cipher = CIPHER_AES128_CBC };

	csr_content_init(&content);
	SG_TRY(buf_set(&content.subject, buf_bytes(&c->self->subject_der)));
	SG_TRY(texts_add(&content.ext.dns, "host1.corp.example"));
	SG_TRY(str_dup(&content.challenge, "0123456789ABCDEF"));
	SG_TRY(csr_build(&csr, &content, DIGEST_SHA256, false,
	    pkey_signer(c->key)));
	a.csr = buf_bytes(&csr);
	return scep_ask_write(&c->message, &a);
}

static enum sg_err
self_make(struct cert **out, const char *name, struct pkey *k)
{
	auto_done(buf) subject = { 0 };

	SG_TRY(name_parse(&subject, name));
	return scep_self_signed(out, buf_bytes(&subject), pkey_signer(k),
	    NOW);
}

static EVP_PKEY_CTX *
context(const struct pkey *k)
{
	EVP_PKEY *e = pkey_evp(k);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, e, NULL);

	EVP_PKEY_free(e);
	return c;
}

static enum sg_err
sig_make(struct client *c, struct bytes digest)
{
	auto_done(buf) sig = { 0 };
	struct signer s = pkey_signer(c->key);

	SG_TRY(s.ops->sign(s.ctx, SIGN_RSA_PKCS1, DIGEST_SHA256, digest,
	    &sig));
	for (size_t i = 0; i < sig.n && i < sizeof(c->sig); i++)
		c->sig[i] = sig.p[i];
	return SG_OK;
}

static enum sg_err
client_make(struct client *c, const struct bench *b)
{
	SG_TRY(pkey_new_rsa(&c->key, 2048));
	SG_TRY(self_make(&c->self, "CN=host1,O=Corp", c->key));
	SG_TRY(message_make(c, b->ra_cert));
	SG_TRY(sig_make(c, bytes_of(b->digest, SHA256_LEN)));
	c->verify = context(c->key);
	c->encrypt = context(c->key);
	if (EVP_PKEY_verify_init(c->verify) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(c->verify, EVP_sha256()) != 1 ||
	    EVP_PKEY_encrypt_init(c->encrypt) != 1)
		return sg_fail(SG_ECRYPTO, "libcrypto does not begin");
	return SG_OK;
}

static enum sg_err
bench_make(struct bench *b)
{
	SG_TRY(pkey_new_rsa(&b->ra_key, 2048));
	SG_TRY(self_make(&b->ra_cert, "CN=RA", b->ra_key));
	b->ra = (struct scep_ra) { b->ra_cert, pkey_signer(b->ra_key) };
	SG_TRY(scep_opener_init(&b->opener, &b->ra, 1));
	b->sign = context(b->ra_key);
	b->decrypt = context(b->ra_key);
	if (EVP_PKEY_sign_init(b->sign) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(b->sign, EVP_sha256()) != 1 ||
	    EVP_PKEY_decrypt_init(b->decrypt) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(b->decrypt, RSA_NO_PADDING) != 1)
		return sg_fail(SG_ECRYPTO, "libcrypto does not begin");
	SG_TRY(random_fill(b->number + 1, sizeof(b->number) - 1));
	for (int i = 0; i < GROUP; i++)
		SG_TRY(client_make(&b->client[i], b));
	return SG_OK;
}

static void
bench_done(struct bench *b)
{
	for (int i = 0; i < GROUP; i++) {
		struct client *c = &b->client[i];

		EVP_PKEY_CTX_free(c->verify);
		EVP_PKEY_CTX_free(c->encrypt);
		buf_done(&c->message);
		cert_free(c->self);
		pkey_free(c->key);
	}
	EVP_PKEY_CTX_free(b->sign);
	EVP_PKEY_CTX_free(b->decrypt);
	scep_opener_done(&b->opener);
	cert_free(b->ra_cert);
	pkey_free(b->ra_key);
}

static bool
bare(const struct bench *b, const struct client *c)
{
	uint8_t out[256], small[32] = { 0 };
	size_t n = sizeof(out), m = sizeof(out), k = sizeof(out);
	bool good = EVP_PKEY_decrypt(b->decrypt, out, &n, b->number,
	    256) == 1 && EVP_PKEY_sign(b->sign, out, &m, b->digest,
	    SHA256_LEN) == 1 && EVP_PKEY_encrypt(c->encrypt, out, &k, small,
	    16) == 1;

	for (int i = 0; i < 2; i++)
		good = good && EVP_PKEY_verify(c->verify, c->sig, 256,
		    b->digest, SHA256_LEN) == 1;
	return good;
}

static enum sg_err
exchange(struct bench *b, const struct client *client, double *read)
{
	const struct scep_rules rules = { .verifier = b->opener.verifier };
	auto_free(scep_request) r = NULL;
	auto_done(scep_content) c = { 0 };
	auto_done(buf) reply = { 0 };
	const struct cert *issued[] = { client->self, b->ra_cert };
	struct scep_reply p = { .status = SCEP_SUCCESS, .certs = issued,
		.n = 2, .nonce = (const uint8_t *)"fedcba9876543210" };
	double start = cpu_us();

	SG_TRY(scep_request_read(&r, buf_bytes(&client->message), &rules));
	SG_TRY(scep_request_open(&c, r, &b->opener));
	*read += cpu_us() - start;
	return scep_reply_write(&reply, &p, r, &b->ra);
}

static enum sg_err
run(struct bench *b, int rounds)
{
	double bare_us = 0, read = 0, all = 0, n = (double)rounds * GROUP;

	SG_TRY(bench_make(b));
	for (int i = 0; i < rounds; i++) {
		double start = cpu_us();

		for (int k = 0; k < GROUP; k++)
			if (!bare(b, &b->client[k]))
				return sg_fail(SG_ECRYPTO,
				    "libcrypto does not go on");
		bare_us += cpu_us() - start;
		start = cpu_us();
		for (int k = 0; k < GROUP; k++)
			SG_TRY(exchange(b, &b->client[k], &read));
		all += cpu_us() - start;
	}
	(void)printf("bare=%.1f messages=%.1f ratio=%.3f read=%.1f "
	    "write=%.1f second=%.0f\n", bare_us / n, all / n, all / bare_us,
	    read / n, (all - read) / n, 1e6 * n / all);
	return SG_OK;
}

int
main(int argc, char **argv)
{
	struct bench b = { 0 };
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
	enum sg_err e = rounds > 0 ? run(&b, rounds)
	    : sg_fail(SG_EARG, "usage: scep [ROUNDS]");

	bench_done(&b);
	if (e != SG_OK)
		(void)fprintf(stderr, "scep: %s\n", sg_note(e));
	return e != SG_OK;
}
