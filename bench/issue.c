/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * issue DIR COUNT SIZE...: microseconds on the processor for a certificate,
 * beside those of a signature by the CA's key and the verification of the
 * request's alone, in turns.  A certificate is all that signet-ca does for
 * one when a caller is known: the request is read and checked, account and
 * template looked up, the certificate made, all of it and the audit record
 * written, and GROUP of them wait for the disk together.  A renewal is what web
 * brings: the old certificate, which the store has to find and whose key has
 * signed, is checked besides; its bare work is a second verification.
 *
 * The database, in DIR, holds SIZE certificates to begin with; each size adds
 * to the one before.
 */

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "ca/accounts.h"
#include "ca/certs.h"
#include "ca/issuing.h"
#include "enroll/renew.h"

#define GROUP	32
#define REQUESTS 512	/* of each kind; all of them differ */
#define KEYS	16	/* of theirs; RSA keys take their time */
#define FILL_STEP 10000
#define NOW	((int64_t)1750000000)

enum kind { RSA, EC, KINDS };
static const char *const kind_names[KINDS] = { "rsa2048", "p256" };

/* A signature by a key and one to check, with everything at hand. */
struct bare {
	EVP_PKEY_CTX *sign, *verify;
	uint8_t digest[SHA256_LEN];
	uint8_t sig[512];
	size_t sig_len;
};

struct request {
	struct buf der;
	struct identity id;
};

struct bench {
	struct ca_store *store;
	struct pkey *key[KINDS];
	struct cert *cert[KINDS];
	struct bare bare[KINDS];
	struct texts cdp, aia, ocsp;
	struct template t;
	struct request *requests[KINDS];
	struct pkey *old_key[KINDS];	/* of certificates to renew */
	struct cert *old[KINDS];
	size_t count;		/* certificates of each kind */
};

static double
cpu_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static enum sg_err
key_make(struct pkey **out, enum kind k)
{
	return k == RSA ? pkey_new_rsa(out, 2048) : pkey_new_p256(out);
}

static enum sg_err
bare_make(struct bare *b, const struct pkey *k)
{
	EVP_PKEY *key = pkey_evp(k);

	b->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	b->verify = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	EVP_PKEY_free(key);
	b->sig_len = sizeof(b->sig);
	if (EVP_PKEY_sign_init(b->sign) != 1 ||
	    EVP_PKEY_verify_init(b->verify) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(b->sign, EVP_sha256()) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(b->verify, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(b->sign, b->sig, &b->sig_len, b->digest,
	    sizeof(b->digest)) != 1)
		return sg_fail(SG_ECRYPTO, "libcrypto does not sign");
	return SG_OK;
}

static enum sg_err
bare_round(struct bench *b, enum kind ca, enum kind subject, int checks,
    double *us)
{
	struct bare *s = &b->bare[ca], *v = &b->bare[subject];
	double start = cpu_us();

	for (int i = 0; i < GROUP; i++) {
		uint8_t sig[512];
		size_t n = sizeof(sig);
		bool good = EVP_PKEY_sign(s->sign, sig, &n, s->digest,
		    sizeof(s->digest)) == 1;

		for (int k = 0; k < checks; k++)
			good = good && EVP_PKEY_verify(v->verify, v->sig,
			    v->sig_len, v->digest, sizeof(v->digest)) == 1;
		if (!good)
			return sg_fail(SG_ECRYPTO, "libcrypto does not sign");
	}
	*us += cpu_us() - start;
	return SG_OK;
}

static enum sg_err
submit(struct ca_issuing *g, const struct buf *m, bool signed_by_old)
{
	static const struct ca_caller bench = { "CORP\\bench",
		CA_BY_KERBEROS };
	auto_done(ca_outcome) r = { 0 };
	const struct ca_submission sub = { .message = buf_bytes(m),
		.template = "SmartcardLogon", .now = NOW,
		.caller = signed_by_old ? NULL : &bench };

	SG_TRY(ca_issuing_submit(&r, g, &sub));
	if (r.cert == NULL)
		return sg_fail(SG_EINTERNAL, "it refused: %s",
		    r.verdict.words);
	return SG_OK;
}

/* Signed requests are good once: they are made for each round, and that does
 * not count. */
static enum sg_err
messages_make(struct buf *m, struct bench *b, enum kind subject, bool renewal,
    size_t from)
{
	for (size_t k = 0; k < GROUP; k++) {
		auto_done(buf) request = { 0 };

		m[k].n = 0;
		if (renewal)
			SG_TRY(renewal_build(&request, &m[k],
			    b->old[subject], pkey_signer(b->old_key[subject]),
			    pkey_signer(b->old_key[subject]),
			    PROVIDER_PASSPORT));
		else
			SG_TRY(buf_set(&m[k], buf_bytes(
			    &b->requests[subject][from + k].der)));
	}
	return SG_OK;
}

static enum sg_err
issue_round(struct ca_issuing *g, const struct buf *m, bool renewal,
    double *us)
{
	double start = cpu_us();

	for (int k = 0; k < GROUP; k++)
		SG_TRY(submit(g, &m[k], renewal));
	SG_TRY(ca_issuing_commit(g));
	*us += cpu_us() - start;
	return SG_OK;
}

struct row {
	enum kind ca, subject;
	bool renewal;
};

static enum sg_err
rounds(struct bench *b, const struct row *r, struct buf *m, double *bare,
    double *issue)
{
	auto_free(ca_issuing) g = NULL;
	struct ca_issuer i = { b->cert[r->ca], pkey_signer(b->key[r->ca]),
		&b->cdp, &b->aia, &b->ocsp };

	SG_TRY(ca_issuing_new(&g, b->store, &i));
	for (size_t n = 0; n < b->count; n += GROUP) {
		SG_TRY(bare_round(b, r->ca, r->subject, 1 + r->renewal,
		    bare));
		SG_TRY(messages_make(m, b, r->subject, r->renewal,
		    n % REQUESTS));
		SG_TRY(issue_round(g, m, r->renewal, issue));
	}
	return SG_OK;
}

static enum sg_err
measure(struct bench *b, const struct row *r, size_t size)
{
	struct buf m[GROUP] = { 0 };
	double bare = 0, issue = 0, n;
	enum sg_err e = rounds(b, r, m, &bare, &issue);
	struct rusage u;

	for (int k = 0; k < GROUP; k++)
		buf_done(&m[k]);
	SG_TRY(e);
	(void)getrusage(RUSAGE_SELF, &u);
	n = (double)((b->count + GROUP - 1) / GROUP * GROUP);
	(void)printf("size=%zu ca=%s %s=%s bare=%.1f issue=%.1f"
	    " ratio=%.3f second=%.0f kib=%ld\n", size, kind_names[r->ca],
	    r->renewal ? "renewal" : "request", kind_names[r->subject],
	    bare / n, issue / n, issue / bare, 1e6 * n / issue, u.ru_maxrss);
	(void)fflush(stdout);
	return SG_OK;
}

/* As a store keeps what was issued, with a serial number of its own. */
static enum sg_err
fill_one(struct bench *b, const struct ca_order *o, struct cert *c)
{
	static const struct ca_verdict issued = { CA_ISSUED, 0,
		(char *)(uintptr_t)"Issued", SG_OK };
	int64_t id;

	free(c->serial);
	c->serial = NULL;
	SG_TRY(cert_serial_new(&c->serial));
	SG_TRY(ca_request_add(&id, b->store, o, &issued, c));
	SG_TRY(ca_certs_add(b->store, c, b->t.cn, id));
	return ca_audit_add(b->store->db, &(struct ca_audit) { .at = NOW,
	    .who = "CORP\\bench", .what = "issue", .detail = c->subject,
	    .result = "issued" });
}

static enum sg_err
fill(struct bench *b, size_t count)
{
	const struct request *q = &b->requests[EC][0];
	auto_free(csr) r = NULL;
	auto_free(cert) c = NULL;
	struct ca_issuer i = { b->cert[EC], pkey_signer(b->key[EC]), &b->cdp,
		&b->aia, &b->ocsp };
	struct ca_order o = { .template = &b->t, .identity = &q->id,
		.now = NOW, .requester = "CORP\\bench" };

	SG_TRY(csr_parse(&r, buf_bytes(&q->der)));
	o.request = r;
	SG_TRY(ca_issue(&c, &i, &o));
	while (count > 0) {
		size_t n = count < FILL_STEP ? count : FILL_STEP;
		auto_done(db_tx) tx = { 0 };

		SG_TRY(db_begin(&tx, b->store->db, DB_WRITE));
		for (size_t k = 0; k < n; k++)
			SG_TRY(fill_one(b, &o, c));
		SG_TRY(db_commit(&tx));
		count -= n;
	}
	return SG_OK;
}

static enum sg_err
request_make(struct bench *b, struct request *q, struct pkey *k, size_t n)
{
	auto_done(csr_content) c;

	csr_content_init(&c);
	SG_TRY(str_printf(&q->id.upn, "user%zu@corp.example", n));
	SG_TRY(str_printf(&q->id.sid, "S-1-5-21-1-2-3-%zu", n));
	SG_TRY(template_request(&c, &b->t, &q->id));
	return csr_build(&q->der, &c, DIGEST_SHA256, false, pkey_signer(k));
}

static enum sg_err
requests_make(struct bench *b, enum kind kind)
{
	b->requests[kind] = calloc(REQUESTS, sizeof(*b->requests[kind]));
	if (b->requests[kind] == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (size_t first = 0; first < KEYS; first++) {
		auto_free(pkey) k = NULL;

		SG_TRY(key_make(&k, kind));
		for (size_t i = first; i < REQUESTS; i += KEYS)
			SG_TRY(request_make(b, &b->requests[kind][i], k, i));
	}
	return SG_OK;
}

static enum sg_err
store_make(struct bench *b, const char *dir)
{
	static const struct ca_audit first = { .at = NOW, .who = "bench",
		.what = "init", .detail = "", .result = "made" };
	auto_done(ca_config) c = { .crl_days = 3 };
	auto_done(secret) kept = { 0 };
	int lock = -1;

	SG_TRY(str_dup(&c.oid_base, "1.2.3"));
	SG_TRY(ca_store_make(dir, &lock));
	SG_TRY(pkey_private_pem(b->key[EC], NULL, &kept));
	for (int i = 0; i < CA_LEVELS; i++)
		SG_TRY(ca_store_put(dir, (enum ca_level)i, b->cert[EC],
		    &kept));
	SG_TRY(ca_store_finish(dir, &c, &first));
	(void)close(lock);
	return ca_store_open(&b->store, dir);
}

/* Who asks, and may: and certificates of his. */
static enum sg_err
caller_make(struct bench *b)
{
	static const struct ca_act act = { "bench", NOW };
	auto_done(ca_account) a = { 0 };
	auto_done(template) t;
	const struct template *one = &t;

	template_init(&t);
	SG_TRY(str_dup(&a.name, "CORP\\bench"));
	SG_TRY(str_dup(&a.identity.upn, "bench@corp.example"));
	SG_TRY(str_dup(&a.identity.sid, "S-1-5-21-1-2-3-1104"));
	SG_TRY(texts_add(&a.groups, "DU"));
	SG_TRY(ca_account_add(b->store, &a, &act));
	SG_TRY(ca_template_get(&t, b->store, "SmartcardLogon"));
	SG_TRY(access_grant(&t.security, "DU", ACCESS_ENROLL));
	return ca_template_put(b->store, &one, 1, true);
}

static enum sg_err
old_make(struct bench *b, enum kind kind)
{
	auto_free(csr) r = NULL;
	auto_done(ca_outcome) made = { 0 };
	struct ca_issuer i = { b->cert[EC], pkey_signer(b->key[EC]), &b->cdp,
		&b->aia, &b->ocsp };
	struct request q = { 0 };
	struct ca_order o = { .template = &b->t, .now = NOW,
		.requester = "CORP\\bench", .identity = &q.id };
	enum sg_err e;

	SG_TRY(key_make(&b->old_key[kind], kind));
	e = request_make(b, &q, b->old_key[kind], 1104);
	if (e == SG_OK)
		e = csr_parse(&r, buf_bytes(&q.der));
	if (e == SG_OK) {
		free(q.id.upn);
		q.id.upn = NULL;
		e = str_dup(&q.id.upn, "bench@corp.example");
	}
	o.request = r;
	if (e == SG_OK)
		e = ca_submit(&made, b->store, &i, &o);
	buf_done(&q.der);
	identity_done(&q.id);
	SG_TRY(e);
	b->old[kind] = made.cert;
	made.cert = NULL;
	return b->old[kind] != NULL ? SG_OK
	    : sg_fail(SG_EINTERNAL, "it refused: %s", made.verdict.words);
}

static enum sg_err
bench_make(struct bench *b, const char *dir)
{
	const struct ca_plan plan = { "CN=Bench,DC=corp,DC=example", 0,
		NOW - 1000, 1000 };

	SG_TRY(template_builtin(&b->t, "SmartcardLogon", NULL));
	SG_TRY(texts_add(&b->cdp, "http://pki.corp.example/issuing.crl"));
	SG_TRY(texts_add(&b->aia, "http://pki.corp.example/issuing.crt"));
	SG_TRY(texts_add(&b->ocsp, "http://pki.corp.example/ocsp"));
	for (int k = 0; k < KINDS; k++) {
		SG_TRY(key_make(&b->key[k], (enum kind)k));
		SG_TRY(ca_make(&b->cert[k], &plan, pkey_signer(b->key[k]),
		    NULL));
		SG_TRY(cert_prepare(b->cert[k]));
		SG_TRY(bare_make(&b->bare[k], b->key[k]));
		SG_TRY(requests_make(b, (enum kind)k));
	}
	SG_TRY(store_make(b, dir));
	SG_TRY(caller_make(b));
	for (int k = 0; k < KINDS; k++)
		SG_TRY(old_make(b, (enum kind)k));
	return SG_OK;
}

static void
bench_done(struct bench *b)
{
	for (int k = 0; k < KINDS; k++) {
		for (size_t i = 0; i < REQUESTS && b->requests[k] != NULL;
		    i++) {
			buf_done(&b->requests[k][i].der);
			identity_done(&b->requests[k][i].id);
		}
		free(b->requests[k]);
		cert_free(b->old[k]);
		pkey_free(b->old_key[k]);
		EVP_PKEY_CTX_free(b->bare[k].sign);
		EVP_PKEY_CTX_free(b->bare[k].verify);
		cert_free(b->cert[k]);
		pkey_free(b->key[k]);
	}
	texts_done(&b->cdp);
	texts_done(&b->aia);
	texts_done(&b->ocsp);
	template_done(&b->t);
	ca_store_free(b->store);
}

static enum sg_err
run(struct bench *b, int argc, char **argv)
{
	size_t held = 0;

	b->count = strtoul(argv[2], NULL, 10);
	SG_TRY(bench_make(b, argv[1]));
	for (int a = 3; a < argc; a++) {
		size_t size = strtoul(argv[a], NULL, 10);

		SG_TRY(fill(b, size > held ? size - held : 0));
		held = size;
		for (unsigned i = 0; i < 2 * KINDS * KINDS; i++)
			SG_TRY(measure(b, &(struct row) {
			    (enum kind)(i / KINDS % KINDS),
			    (enum kind)(i % KINDS),
			    i >= KINDS * KINDS }, size));
	}
	return SG_OK;
}

int
main(int argc, char **argv)
{
	auto_done(bench) b = { 0 };
	enum sg_err e;

	if (argc < 4) {
		(void)fprintf(stderr, "usage: issue DIR COUNT SIZE...\n");
		return 2;
	}
	if ((e = run(&b, argc, argv)) != SG_OK)
		(void)fprintf(stderr, "issue: %s\n", sg_note(e));
	return e != SG_OK;
}
