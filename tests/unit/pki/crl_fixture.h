/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TEST_PKI_CRL_FIXTURE_H
#define SG_TEST_PKI_CRL_FIXTURE_H

#include <openssl/pem.h>
#include <stdio.h>

#include "base/file.h"
#include "base/text.h"
#include "fixture.h"
#include "pki/crl_write.h"

struct fixture_revoked {
	const char *serial;	/* hex; NULL behind the last one */
	enum crl_reason reason;
};

struct fixture_source {
	const struct fixture_revoked *at;
	struct buf serial;
};

static inline enum sg_err
fixture_next(void *ctx, struct crl_item *out, bool *more)
{
	struct fixture_source *s = ctx;

	*more = s->at->serial != NULL;
	if (!*more)
		return SG_OK;
	s->serial.n = 0;
	SG_TRY(hex_decode(&s->serial, s->at->serial));
	*out = (struct crl_item) { buf_bytes(&s->serial), NOW - 10,
		s->at->reason };
	s->at++;
	return SG_OK;
}

/* The DER of a's list number 7, a day old. */
static inline void
fixture_crl(struct buf *der, const struct authority *a, int64_t next_update,
    const struct fixture_revoked *revoked)
{
	struct crl_head h = { .issuer = a->cert, .number = 7,
		.this_update = NOW - DAY, .next_update = next_update };
	struct fixture_source from = { .at = revoked };
	FILE *f = tmpfile();
	size_t n;

	assert_non_null(f);
	OK(crl_write(fileno(f), &h, (struct crl_source) { fixture_next,
	    &from }, DIGEST_SHA256, pkey_signer(a->key), &n));
	rewind(f);
	OK(file_read_fd(der, fileno(f), CRL_MAX, "the list"));
	(void)fclose(f);
	buf_done(&from.serial);
}

static inline void
fixture_crl_pem(struct buf *pem, struct bytes der)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *text;
	long n;

	assert_true(PEM_write_bio(b, PEM_STRING_X509_CRL, "", der.p,
	    (long)der.n) > 0);
	n = BIO_get_mem_data(b, &text);
	OK(buf_add(pem, text, (size_t)n));
	BIO_free(b);
}

#endif
