/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The lengths stand in front of what they measure, and the signature is over
 * both.  So the entries are written first, at a place further back; then they
 * are as long as they are, the digest is taken and signed, and they move to
 * their place behind the header.
 */

#include "pki/crl_write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pki/asn1.h"
#include "pki/crl_ext.h"
#include "pki/sigalg.h"

#define CHUNK ((size_t)128 << 10)	/* bytes of the file in memory */
/* Tags and lengths of what stands around the entries: the list, what is
 * signed of it, and the entries. */
#define HEADERS_MAX (3 * DER_HEADER_MAX)

struct writer {
	int fd;
	const struct crl_head *h;
	const struct sig_alg *alg;
	struct pkey *public;	/* the issuer's */
	struct buf before;	/* of what is signed, before the entries */
	struct buf after;	/* the same, behind them */
	struct buf end;		/* algorithm and signature */
	struct buf chunk;
	uint64_t entries_at;	/* in the file, until they move */
	uint64_t entries;	/* bytes */
	size_t count;
};

static void
writer_done(struct writer *w)
{
	pkey_free(w->public);
	buf_done(&w->before);
	buf_done(&w->after);
	buf_done(&w->end);
	buf_done(&w->chunk);
}

static enum sg_err
put_at(int fd, struct bytes x, uint64_t at)
{
	while (x.n > 0) {
		ssize_t n = pwrite(fd, x.p, x.n, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sg_fail(SG_EIO, "writing the list: %s",
			    strerror(errno));
		x.p += n;
		x.n -= (size_t)n;
		at += (uint64_t)n;
	}
	return SG_OK;
}

/* Fills the chunk from the file: n bytes, which are there. */
static enum sg_err
get_at(struct writer *w, size_t n, uint64_t at)
{
	uint8_t *p;

	w->chunk.n = 0;
	SG_TRY(buf_extend(&w->chunk, n, &p));
	while (n > 0) {
		ssize_t got = pread(w->fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return sg_fail(SG_EIO, "reading the list back: %s",
			    got < 0 ? strerror(errno) : "it is cut short");
		p += got;
		n -= (size_t)got;
		at += (uint64_t)got;
	}
	return SG_OK;
}

static enum sg_err
entry_put(struct buf *b, const struct crl_item *i)
{
	/* Extensions with the one of them, RFC 5280 5.3.1. */
	uint8_t reason[] = { 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d,
		0x15, 0x04, 0x03, 0x0a, 0x01, (uint8_t)i->reason };
	size_t from = b->n;

	SG_TRY(der_put_number(b, i->serial));
	SG_TRY(der_put_time(b, i->when));
	/* "unspecified" is written by leaving it out. */
	if (i->reason != CRL_UNSPECIFIED)
		SG_TRY(buf_add(b, reason, sizeof(reason)));
	return der_wrap(b, from, DER_SEQUENCE);
}

static enum sg_err
entries_flush(struct writer *w)
{
	SG_TRY(put_at(w->fd, buf_bytes(&w->chunk),
	    w->entries_at + w->entries));
	w->entries += w->chunk.n;
	w->chunk.n = 0;
	return SG_OK;
}

static enum sg_err
entries_write(struct writer *w, struct crl_source from)
{
	for (;;) {
		struct crl_item i = { 0 };
		bool more = false;

		SG_TRY(from.next(from.ctx, &i, &more));
		if (!more)
			return entries_flush(w);
		if (i.reason == CRL_REMOVE && !w->h->delta)
			return sg_fail(SG_EARG,
			    "only a delta list takes entries back");
		SG_TRY(entry_put(&w->chunk, &i));
		w->count++;
		if (w->chunk.n >= CHUNK)
			SG_TRY(entries_flush(w));
	}
}

static enum sg_err
before_make(struct writer *w)
{
	const struct crl_head *h = w->h;

	SG_TRY(der_put_u64(&w->before, 1));	/* v2 */
	SG_TRY(buf_add_bytes(&w->before, w->alg->der));
	SG_TRY(buf_add_bytes(&w->before, buf_bytes(&h->issuer->subject_der)));
	SG_TRY(der_put_time(&w->before, h->this_update));
	return der_put_time(&w->before, h->next_update);
}

/* What stands behind the first n bytes comes before them. */
static enum sg_err
rotate(struct buf *b, size_t n)
{
	auto_done(buf) x = { 0 };

	SG_TRY(buf_add(&x, b->p + n, b->n - n));
	SG_TRY(buf_add(&x, b->p, n));
	return buf_set(b, buf_bytes(&x));
}

/* The headers between and before what is in memory and in the file. */
static enum sg_err
headers_make(struct writer *w)
{
	uint8_t header[DER_HEADER_MAX];
	size_t n;

	/* RFC 5280 5.1.2.6: without entries there is no list of them. */
	if (w->entries > 0)
		SG_TRY(buf_add(&w->before, header, der_header(header,
		    DER_SEQUENCE, w->entries)));
	n = w->before.n;
	SG_TRY(buf_add(&w->before, header, der_header(header, DER_SEQUENCE,
	    n + w->entries + w->after.n)));
	return rotate(&w->before, n);
}

static enum sg_err
digest_add(EVP_MD_CTX *ctx, struct bytes x)
{
	if (EVP_DigestUpdate(ctx, x.p, x.n) != 1)
		return ossl_fail(SG_ECRYPTO, "computing a digest");
	return SG_OK;
}

/* Over the entries in the file, in pieces of n bytes. */
#define EACH_CHUNK(w, done, n)                                            \
	for (uint64_t done = 0, n; n = (w)->entries - done,               \
	    n = n < CHUNK ? n : CHUNK, n > 0; done += n)

static enum sg_err
digest_take(struct writer *w, uint8_t out[DIGEST_MAX])
{
	auto_ossl(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

	if (ctx == NULL ||
	    EVP_DigestInit_ex(ctx, digest_md(w->alg->hash), NULL) != 1)
		return ossl_fail(SG_ECRYPTO, "computing a digest");
	SG_TRY(digest_add(ctx, buf_bytes(&w->before)));
	EACH_CHUNK(w, done, n) {
		SG_TRY(get_at(w, n, w->entries_at + done));
		SG_TRY(digest_add(ctx, buf_bytes(&w->chunk)));
	}
	SG_TRY(digest_add(ctx, buf_bytes(&w->after)));
	if (EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		return ossl_fail(SG_ECRYPTO, "computing a digest");
	return SG_OK;
}

static enum sg_err
sign(struct writer *w, struct signer s)
{
	uint8_t full[DIGEST_MAX];
	struct bytes digest = bytes_of(full, digest_size(w->alg->hash));
	auto_done(buf) signature = { 0 };

	SG_TRY(digest_take(w, full));
	SG_TRY(s.ops->sign(s.ctx, w->alg->scheme, w->alg->hash, digest,
	    &signature));
	SG_TRY(sg_while(pkey_verify(w->public, w->alg->scheme, w->alg->hash,
	    digest, buf_bytes(&signature)), "the list of %s",
	    w->h->issuer->subject));
	SG_TRY(buf_add_bytes(&w->end, w->alg->der));
	return sig_alg_put(&w->end, buf_bytes(&signature));
}

/* The outermost header, and everything to its place. */
static enum sg_err
assemble(struct writer *w)
{
	uint8_t header[DER_HEADER_MAX];
	size_t n = der_header(header, DER_SEQUENCE,
	    w->before.n + w->entries + w->after.n + w->end.n);
	uint64_t at = n + w->before.n;

	SG_TRY(put_at(w->fd, bytes_of(header, n), 0));
	EACH_CHUNK(w, done, k) {
		SG_TRY(get_at(w, k, w->entries_at + done));
		SG_TRY(put_at(w->fd, buf_bytes(&w->chunk), at + done));
	}
	SG_TRY(put_at(w->fd, buf_bytes(&w->before), n));
	at += w->entries;
	SG_TRY(put_at(w->fd, buf_bytes(&w->after), at));
	at += w->after.n;
	SG_TRY(put_at(w->fd, buf_bytes(&w->end), at));
	at += w->end.n;
	if (ftruncate(w->fd, (off_t)at) != 0)
		return sg_fail(SG_EIO, "cutting the list to its size: %s",
		    strerror(errno));
	return SG_OK;
}

static enum sg_err
check(const struct crl_head *h)
{
	if (h->delta && h->freshest != NULL && h->freshest->n > 0)
		return sg_fail(SG_EARG, "a delta list names no other");
	if (h->delta && h->base > h->number)
		return sg_fail(SG_EARG, "a delta list adds to an older list");
	if (h->next_update <= h->this_update)
		return sg_fail(SG_EARG, "the list would never be valid");
	if (h->users_only && h->cas_only)
		return sg_fail(SG_EARG, "the list would be about nobody");
	return SG_OK;
}

enum sg_err
crl_write(int fd, const struct crl_head *h, struct crl_source from,
    enum digest hash, struct signer s, size_t *count)
{
	auto_done(writer) w = { .fd = fd, .h = h };

	SG_TRY(check(h));
	SG_TRY(cert_key(&w.public, h->issuer));
	if ((w.alg = sig_alg_of(pkey_kind(w.public), hash)) == NULL)
		return sg_fail(SG_EUNSUPPORTED, "no list is signed so");
	SG_TRY(before_make(&w));
	SG_TRY(crl_extensions(&w.after, h));
	w.entries_at = w.before.n + HEADERS_MAX;
	SG_TRY(entries_write(&w, from));
	SG_TRY(headers_make(&w));
	SG_TRY(sign(&w, s));
	SG_TRY(assemble(&w));
	*count = w.count;
	return SG_OK;
}
