/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/crl_summary.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pki/crl_ext.h"

/* Tag and length of a value whose contents need not be there yet. */
static uint64_t
get_header(struct reader *r, uint8_t tag)
{
	uint64_t n = 0;
	uint8_t first;

	if (read_u8(r) != tag)
		reader_fail(r);
	first = read_u8(r);
	if (first < 0x80)
		return first;
	if (first == 0x80 || first > 0x88)
		reader_fail(r);
	for (unsigned i = 0; i < (first & 0x7fu) && !r->failed; i++)
		n = n << 8 | read_u8(r);
	/* What no file has, so that sums of these do not overflow. */
	if (n > INT64_MAX / 4)
		reader_fail(r);
	return n;
}

/* From the version up to nextUpdate. */
static void
get_fields(struct crl_summary *s, struct reader *r)
{
	if (der_get_u64(r) != 1)
		reader_fail(r);
	(void)der_get(r, DER_SEQUENCE);		/* algorithm */
	(void)der_get(r, DER_SEQUENCE);		/* issuer */
	s->this_update = der_get_time(r);
	if (der_next_is(r, DER_UTC_TIME) || der_next_is(r, DER_GENERALIZED))
		s->next_update = der_get_time(r);
}

enum sg_err
crl_summary_head(struct crl_summary *out, struct bytes head,
    uint64_t *tail_at, uint64_t *tail_len)
{
	struct reader r = reader_of(head);
	struct crl_summary s = { 0 };
	uint64_t whole, end, n = 0, at;

	whole = get_header(&r, DER_SEQUENCE);
	whole += head.n - r.left.n;
	end = get_header(&r, DER_SEQUENCE);
	end += head.n - r.left.n;
	get_fields(&s, &r);
	s.empty = !der_next_is(&r, DER_SEQUENCE);
	if (!s.empty)
		n = get_header(&r, DER_SEQUENCE);
	at = head.n - r.left.n + n;
	if (r.failed || end > whole || at > end || end - at > CRL_HEAD_MAX)
		return sg_fail(SG_EFORMAT, "this is no revocation list");
	*tail_at = at;
	*tail_len = end - at;
	*out = s;
	return SG_OK;
}

static void
get_extension(struct crl_summary *s, struct reader *r)
{
	struct reader in = reader_of(der_get(r, DER_SEQUENCE)), value;
	struct bytes oid = der_get(&in, DER_OID);

	if (der_next_is(&in, DER_BOOLEAN))
		(void)der_get(&in, DER_BOOLEAN);
	value = reader_of(der_get(&in, DER_OCTETS));
	if (bytes_eq(oid, crl_oid_number)) {
		s->number = der_get_u64(&value);
	} else if (bytes_eq(oid, crl_oid_delta)) {
		s->delta = true;
		s->base = der_get_u64(&value);
	}
	if (!reader_end(&in) || value.failed)
		reader_fail(r);
}

enum sg_err
crl_summary_tail(struct crl_summary *out, struct bytes tail)
{
	struct reader r = reader_of(tail), in;
	struct crl_summary s = *out;

	in = reader_of(der_get(&r, DER_EXPLICIT(0)));
	if (!reader_end(&r))
		reader_fail(&in);
	r = reader_of(der_get(&in, DER_SEQUENCE));
	while (!r.failed && r.left.n > 0)
		get_extension(&s, &r);
	if (r.failed || !reader_end(&in))
		return sg_fail(SG_EFORMAT, "a list's extensions are damaged");
	*out = s;
	return SG_OK;
}

/* At most n bytes; fewer at the file's end. */
static enum sg_err
read_at(struct buf *out, int fd, uint64_t at, size_t n)
{
	uint8_t *p;
	size_t got = 0;

	SG_TRY(buf_extend(out, n, &p));
	while (got < n) {
		ssize_t k = pread(fd, p + got, n - got, (off_t)(at + got));

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return sg_fail(SG_EIO, "reading a list: %s",
			    strerror(errno));
		if (k == 0)
			break;
		got += (size_t)k;
	}
	out->n -= n - got;
	return SG_OK;
}

enum sg_err
crl_summary_read(struct crl_summary *out, int fd)
{
	auto_done(buf) head = { 0 }, tail = { 0 };
	struct crl_summary s;
	uint64_t at, n;

	SG_TRY(read_at(&head, fd, 0, CRL_HEAD_MAX));
	SG_TRY(crl_summary_head(&s, buf_bytes(&head), &at, &n));
	if (n > 0) {
		SG_TRY(read_at(&tail, fd, at, n));
		SG_TRY(crl_summary_tail(&s, buf_bytes(&tail)));
	}
	*out = s;
	return SG_OK;
}
