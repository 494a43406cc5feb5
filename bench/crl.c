/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * crl COUNT KEY CERT OUT: a list of COUNT entries, as crl.sh compares it with
 * OpenSSL's.  The entries are made up on the way, so that what is measured is
 * the writing.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "pki/crl_write.h"

#define KEY_FILE_MAX 16384

struct made_up {
	size_t at, n;
	uint8_t serial[16];
};

/* As long as ours are, and positive. */
static enum sg_err
next(void *ctx, struct crl_item *out, bool *more)
{
	struct made_up *m = ctx;
	uint64_t x = (m->at + 1) * 0x9e3779b97f4a7c15u;

	*more = m->at < m->n;
	memcpy(m->serial, &x, sizeof(x));
	memcpy(m->serial + sizeof(x), &m->at, sizeof(x));
	m->serial[0] = (uint8_t)((m->serial[0] & 0x7f) | 0x40);
	*out = (struct crl_item) { { m->serial, sizeof(m->serial) },
		1750000000 + (int64_t)m->at, CRL_KEY_COMPROMISE };
	m->at++;
	return SG_OK;
}

static enum sg_err
key_read(struct pkey **out, const char *path)
{
	auto_done(buf) pem = { 0 };

	SG_TRY(file_read(&pem, path, KEY_FILE_MAX));
	return pkey_from_private_pem(out, buf_bytes(&pem), NULL);
}

static enum sg_err
run(char **argv)
{
	auto_done(draft) d = { 0 };
	auto_done(buf) pem = { 0 };
	auto_free(pkey) k = NULL;
	auto_free(cert) c = NULL;
	struct made_up m = { .n = (size_t)atol(argv[1]) };
	struct crl_head h = { .number = 1, .this_update = 1750000000,
		.next_update = 1760000000 };
	size_t n = 0;

	SG_TRY(key_read(&k, argv[2]));
	SG_TRY(file_read(&pem, argv[3], CERT_MAX));
	SG_TRY(cert_read(&c, buf_bytes(&pem)));
	h.issuer = c;
	SG_TRY(draft_open(&d, argv[4]));
	SG_TRY(crl_write(d.fd, &h, (struct crl_source) { next, &m },
	    DIGEST_SHA256, pkey_signer(k), &n));
	return draft_commit(&d, 0644, DRAFT_REPLACES);
}

int
main(int argc, char **argv)
{
	enum sg_err e;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: crl COUNT KEY CERT OUT\n");
		return 2;
	}
	if ((e = run(argv)) != SG_OK)
		(void)fprintf(stderr, "crl: %s\n", sg_note(e));
	return e != SG_OK;
}
