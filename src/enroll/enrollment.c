/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/enrollment.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/reader.h"

static const char magic[] = "signet enrollment 1\n";

#define MAGIC_LEN	(sizeof(magic) - 1)
#define TEXT_MAX	4096u
#define TRANSPORT_MAX	8192u

void
enrollment_init(struct enrollment *e)
{
	*e = (struct enrollment) { 0 };
	scep_profile_init(&e->profile);
}

static void
text_drop(char **s)
{
	free(*s);
	*s = NULL;
}

void
enrollment_forget(struct enrollment *e)
{
	text_drop(&e->key);
	text_drop(&e->transaction);
	text_drop(&e->why);
	buf_done(&e->csr);
	buf_done(&e->message);
	buf_done(&e->signer);
	secret_done(&e->transport);
	certs_done(&e->issued);
	e->issued = (struct certs) { 0 };
	wipe(e->nonce, sizeof(e->nonce));
	e->polls = 0;
	e->key_fresh = false;
}

void
enrollment_done(struct enrollment *e)
{
	enrollment_forget(e);
	text_drop(&e->label);
	scep_profile_done(&e->profile);
	certs_done(&e->ca);
	enrollment_init(e);
}

const char *
enrollment_state_name(enum enrollment_state s)
{
	switch (s) {
	case ENROLLMENT_SENT:
		return "sent";
	case ENROLLMENT_PENDING:
		return "pending";
	case ENROLLMENT_RECEIVED:
		return "received";
	case ENROLLMENT_INSTALLED:
		return "installed";
	case ENROLLMENT_STATE_END:
		break;
	}
	return "unknown";
}

const struct cert *
certs_find(const struct certs *l, const uint8_t sha256[SHA256_LEN])
{
	for (size_t i = 0; i < l->n; i++)
		if (memcmp(l->v[i]->sha256, sha256, SHA256_LEN) == 0)
			return l->v[i];
	return NULL;
}

enum sg_err
certs_copy(struct certs *to, const struct cert *c)
{
	struct cert *copy;

	SG_TRY(cert_parse(&copy, buf_bytes(&c->der)));
	return certs_add(to, copy);
}

/* --- as bytes --- */

static enum sg_err
add_text(struct buf *out, const char *s)
{
	return buf_add_block(out, bytes_str(s != NULL ? s : ""));
}

static enum sg_err
add_certs(struct buf *out, const struct certs *l)
{
	SG_TRY(buf_add_u32(out, (uint32_t)l->n));
	for (size_t i = 0; i < l->n; i++)
		SG_TRY(buf_add_block(out, buf_bytes(&l->v[i]->der)));
	return SG_OK;
}

static enum sg_err
write_ca(struct buf *out, const struct enrollment *e)
{
	auto_done(buf) profile = { 0 };

	SG_TRY(scep_profile_write(&profile, &e->profile));
	SG_TRY(buf_add_block(out, buf_bytes(&profile)));
	SG_TRY(buf_add_u32(out, e->url));
	SG_TRY(buf_add_u32(out, e->caps));
	SG_TRY(add_certs(out, &e->ca));
	return buf_add(out, e->anchor, sizeof(e->anchor));
}

static enum sg_err
write_request(struct buf *out, const struct enrollment *e)
{
	SG_TRY(add_text(out, e->key));
	SG_TRY(buf_add_u8(out, e->key_fresh));
	SG_TRY(add_text(out, e->transaction));
	SG_TRY(buf_add(out, e->nonce, sizeof(e->nonce)));
	SG_TRY(buf_add_block(out, buf_bytes(&e->csr)));
	SG_TRY(buf_add_block(out, buf_bytes(&e->message)));
	SG_TRY(buf_add_block(out, buf_bytes(&e->signer)));
	return buf_add_block(out, secret_bytes(&e->transport));
}

enum sg_err
enrollment_write(struct buf *out, const struct enrollment *e)
{
	SG_TRY(buf_add(out, magic, MAGIC_LEN));
	SG_TRY(buf_add_u8(out, (uint8_t)e->state));
	SG_TRY(write_ca(out, e));
	SG_TRY(write_request(out, e));
	SG_TRY(buf_add_u8(out, e->renewal));
	SG_TRY(buf_add(out, e->old, sizeof(e->old)));
	SG_TRY(add_certs(out, &e->issued));
	SG_TRY(buf_add(out, e->cert, sizeof(e->cert)));
	SG_TRY(buf_add_u64(out, (uint64_t)e->changed));
	SG_TRY(buf_add_u32(out, e->polls));
	SG_TRY(add_text(out, e->why));
	return add_text(out, e->label);
}

/* "" is NULL; what a terminal would follow is no text. */
static enum sg_err
read_text(struct reader *r, char **out)
{
	struct bytes x = read_block(r, TEXT_MAX);

	if (x.n == 0)
		return SG_OK;
	SG_TRY(str_from_bytes(out, x));
	if (!text_plain(*out))
		reader_fail(r);
	return SG_OK;
}

static enum sg_err
read_certs(struct reader *r, struct certs *out)
{
	uint32_t n = read_u32(r);

	if (n > ENROLLMENT_CERTS_MAX)
		reader_fail(r);
	for (uint32_t i = 0; i < n && !r->failed; i++) {
		struct bytes der = read_block(r, CERT_MAX);
		struct cert *c;

		if (r->failed)
			break;
		SG_TRY(cert_parse(&c, der));
		SG_TRY(certs_add(out, c));
	}
	return SG_OK;
}

static bool
read_flag(struct reader *r)
{
	uint8_t x = read_u8(r);

	if (x > 1)
		reader_fail(r);
	return x == 1;
}

static enum sg_err
read_ca(struct reader *r, struct enrollment *e)
{
	struct bytes profile = read_block(r, CONF_FILE_MAX);

	if (r->failed)
		return SG_OK;
	SG_TRY(scep_profile_read(&e->profile, profile, "the profile"));
	e->url = read_u32(r);
	e->caps = read_u32(r);
	SG_TRY(read_certs(r, &e->ca));
	read_copy(r, e->anchor, sizeof(e->anchor));
	if (e->url >= e->profile.urls.n)
		reader_fail(r);
	return SG_OK;
}

static enum sg_err
read_request(struct reader *r, struct enrollment *e)
{
	struct bytes transport;

	SG_TRY(read_text(r, &e->key));
	e->key_fresh = read_flag(r);
	SG_TRY(read_text(r, &e->transaction));
	read_copy(r, e->nonce, sizeof(e->nonce));
	SG_TRY(buf_set(&e->csr, read_block(r, CSR_MAX)));
	SG_TRY(buf_set(&e->message, read_block(r, SCEP_MAX)));
	SG_TRY(buf_set(&e->signer, read_block(r, CERT_MAX)));
	transport = read_block(r, TRANSPORT_MAX);
	return transport.n > 0
	    ? secret_set(&e->transport, transport.p, transport.n) : SG_OK;
}

static enum sg_err
read_rest(struct reader *r, struct enrollment *e)
{
	e->renewal = read_flag(r);
	read_copy(r, e->old, sizeof(e->old));
	SG_TRY(read_certs(r, &e->issued));
	read_copy(r, e->cert, sizeof(e->cert));
	e->changed = (int64_t)read_u64(r);
	e->polls = read_u32(r);
	SG_TRY(read_text(r, &e->why));
	return read_text(r, &e->label);
}

/* Each state has what it needs. */
static bool
whole(const struct enrollment *e)
{
	switch (e->state) {
	case ENROLLMENT_SENT:
	case ENROLLMENT_PENDING:
		return e->key != NULL && e->transaction != NULL &&
		    e->csr.n > 0 && e->message.n > 0 && e->signer.n > 0 &&
		    certs_find(&e->ca, e->anchor) != NULL;
	case ENROLLMENT_RECEIVED:
		return e->key != NULL && e->issued.n > 0;
	case ENROLLMENT_INSTALLED:
		return true;
	case ENROLLMENT_STATE_END:
		break;
	}
	return false;
}

enum sg_err
enrollment_read(struct enrollment *out, struct bytes x)
{
	auto_done(enrollment) e;
	struct reader r = reader_of(x);

	enrollment_init(&e);
	if (!bytes_eq(read_bytes(&r, MAGIC_LEN), bytes_of(magic, MAGIC_LEN)))
		return sg_fail(SG_EFORMAT, "it is no record of an enrollment"
		    " that this version knows");
	e.state = (enum enrollment_state)read_u8(&r);
	SG_TRY(read_ca(&r, &e));
	if (!r.failed)
		SG_TRY(read_request(&r, &e));
	if (!r.failed)
		SG_TRY(read_rest(&r, &e));
	SG_TRY(reader_finish(&r, "record"));
	if (!whole(&e))
		return sg_fail(SG_EFORMAT, "the record lacks what its state"
		    " needs");
	*out = e;
	enrollment_init(&e);
	return SG_OK;
}

int64_t
enrollment_due(const struct cert *c, unsigned percent)
{
	int64_t life = c->not_after - c->not_before;

	return c->not_after - life / 100 * (int64_t)percent;
}
