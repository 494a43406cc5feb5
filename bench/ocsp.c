/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ocsp [COUNT]: microseconds on the processor for an OCSP answer, beside those
 * of its signature alone, in turns, with an RSA-2048 and a P-256 key.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ca/responder.h"
#include "pki/issue.h"

#define COUNT	2000
#define ROUND	20	/* operations of a kind before it is the other's turn */

static enum sg_err
good(void *ctx, struct bytes serial, struct ca_standing *out)
{
	(void)ctx;
	(void)serial;
	*out = (struct ca_standing) { 0 };
	return SG_OK;
}

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* As clients ask: one certificate, SHA-1, a nonce of 16 octets. */
static enum sg_err
request_make(struct buf *out, const struct cert *ca)
{
	static const uint8_t sha1[] = { 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e,
		0x03, 0x02, 0x1a, 0x05, 0x00 };
	static const uint8_t nonce[] = { 0x30, 0x1f, 0x06, 0x09, 0x2b, 0x06,
		0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02, 0x04, 0x12, 0x04,
		0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	static const uint8_t serial[16] = { 0x4a, 1 };
	uint8_t name[DIGEST_MAX];
	size_t at;

	SG_TRY(digest_of(DIGEST_SHA1, buf_bytes(&ca->subject_der), name));
	SG_TRY(buf_add(out, sha1, sizeof(sha1)));
	SG_TRY(der_put(out, DER_OCTETS, bytes_of(name, 20)));
	SG_TRY(der_put(out, DER_OCTETS, bytes_of(ca->key_id, KEY_ID_LEN)));
	SG_TRY(der_put_number(out, bytes_of(serial, sizeof(serial))));
	for (int i = 0; i < 3; i++)
		SG_TRY(der_wrap(out, 0, DER_SEQUENCE));
	at = out->n;
	SG_TRY(buf_add(out, nonce, sizeof(nonce)));
	SG_TRY(der_wrap(out, at, DER_SEQUENCE));
	SG_TRY(der_wrap(out, at, DER_EXPLICIT(2)));
	SG_TRY(der_wrap(out, 0, DER_SEQUENCE));
	return der_wrap(out, 0, DER_SEQUENCE);
}

struct work {
	struct responder *r;
	struct signer signer;
	const struct sig_alg *alg;
	struct bytes request;
};

static enum sg_err
sign_round(const struct work *w, double *us)
{
	static const uint8_t digest[SHA256_LEN] = { 1 };
	double start = cpu_us();

	for (int i = 0; i < ROUND; i++) {
		auto_done(buf) out = { 0 };

		SG_TRY(w->signer.ops->sign(w->signer.ctx, w->alg->scheme,
		    w->alg->hash, bytes_of(digest, sizeof(digest)), &out));
	}
	*us += cpu_us() - start;
	return SG_OK;
}

static enum sg_err
answer_round(const struct work *w, double *us)
{
	double start = cpu_us();

	for (int i = 0; i < ROUND; i++) {
		auto_done(buf) out = { 0 };
		int64_t expires;

		SG_TRY(responder_answer(w->r, w->request, 1750000000, &out,
		    &expires));
		if (out.n < 100)
			return sg_fail(SG_EINTERNAL, "it refused");
	}
	*us += cpu_us() - start;
	return SG_OK;
}

static enum sg_err
measure(const struct work *w, const char *name, long count)
{
	double sign = 0, answer = 0;
	long n = 0;

	for (; n < count; n += ROUND) {
		SG_TRY(sign_round(w, &sign));
		SG_TRY(answer_round(w, &answer));
	}
	(void)printf("%-7s signature=%.1f answer=%.1f ratio=%.3f\n", name,
	    sign / (double)n, answer / (double)n, answer / sign);
	return SG_OK;
}

static enum sg_err
run(const char *name, struct pkey *k, long count)
{
	static const struct ca_ledger_ops ops = { .standing = good };
	const struct ca_plan plan = { "CN=Bench,DC=corp,DC=example", 0,
		1750000000, 1000 };
	auto_done(buf) request = { 0 };
	auto_done(texts) none = { 0 };
	auto_free(cert) ca = NULL, *cert = NULL;
	auto_free(responder) r = NULL;
	struct work w = { .signer = pkey_signer(k),
		.alg = sig_alg_of(pkey_kind(k), DIGEST_SHA256) };
	struct responder_config c = { .signer = w.signer,
		.ledger = { &ops, NULL }, .good_seconds = 3600 };
	struct ca_issuer i;

	SG_TRY(ca_make(&ca, &plan, w.signer, NULL));
	i = (struct ca_issuer) { ca, w.signer, &none, &none, &none };
	SG_TRY(responder_cert(&cert, &i, w.signer, plan.now, RESPONDER_DAYS));
	c.ca = ca;
	c.cert = cert;
	SG_TRY(responder_new(&r, &c));
	SG_TRY(request_make(&request, ca));
	w.r = r;
	w.request = buf_bytes(&request);
	return measure(&w, name, count);
}

static enum sg_err
run_all(long count)
{
	auto_free(pkey) rsa = NULL, *ec = NULL;

	SG_TRY(pkey_new_rsa(&rsa, 2048));
	SG_TRY(pkey_new_p256(&ec));
	SG_TRY(run("rsa2048", rsa, count));
	return run("p256", ec, count * 10);
}

int
main(int argc, char **argv)
{
	enum sg_err e = run_all(argc > 1 ? atol(argv[1]) : COUNT);

	if (e != SG_OK)
		(void)fprintf(stderr, "ocsp: %s\n", sg_note(e));
	return e != SG_OK;
}
