/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/trust.h"

#include <stdlib.h>

#include "base/file.h"
#include "pki/cert.h"

#define GIVEN_MAX	(8U << 20)	/* bytes of somebody's $SSL_CERT_FILE */

void
trust_done(struct trust *t)
{
	free(t->anchors);
	free(t->pool);
	free(t->both);
	*t = (struct trust) { 0 };
}

/* OpenSSL takes every root in a file of trusted certificates for an anchor,
 * and only what is stored as an anchor was put there with the PIN. */
static enum sg_err
pem_add(struct buf *out, const struct cert_object *o)
{
	auto_free(cert) c = NULL;

	SG_TRY(cert_parse(&c, buf_bytes(&o->der)));
	if (o->kind == CERT_INTERMEDIATE && cert_self_issued(c))
		return SG_OK;
	return cert_pem(out, c);
}

static enum sg_err
pem_of_kind(struct buf *out, const struct objects *o, enum cert_kind kind)
{
	for (size_t i = 0; i < o->cert_count; i++)
		if (o->certs[i].kind == kind)
			SG_TRY(pem_add(out, &o->certs[i]));
	return SG_OK;
}

static enum sg_err
write_some(const struct private_folder *f, const char *name,
    const struct buf *pem, char **path)
{
	return pem->n == 0 ? SG_OK :
	    private_folder_write(f, name, buf_bytes(pem), path);
}

enum sg_err
trust_write(struct trust *t, const struct private_folder *f,
    const struct objects *o)
{
	const char *given = getenv("SSL_CERT_FILE");
	auto_done(buf) anchors = { 0 };
	auto_done(buf) pool = { 0 };
	auto_done(buf) both = { 0 };

	SG_TRY(pem_of_kind(&anchors, o, CERT_ANCHOR));
	SG_TRY(pem_of_kind(&pool, o, CERT_INTERMEDIATE));
	SG_TRY(write_some(f, "anchors.pem", &anchors, &t->anchors));
	SG_TRY(write_some(f, "pool.pem", &pool, &t->pool));
	if (anchors.n + pool.n == 0)
		return SG_OK;
	if (given != NULL)
		SG_TRY(file_read(&both, given, GIVEN_MAX));
	SG_TRY(buf_add_bytes(&both, buf_bytes(&anchors)));
	SG_TRY(buf_add_bytes(&both, buf_bytes(&pool)));
	return write_some(f, "trust.pem", &both, &t->both);
}
