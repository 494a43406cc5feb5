/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "pki/crl_summary.h"

#define DAY		((int64_t)86400)
#define RETRY		60		/* seconds */
#define CERT_KEEP	DAY		/* a CA's certificate in caches */

void
signing_done(struct signing *s)
{
	responder_free(s->responder);
	cert_free(s->cert);
	pkey_free(s->key);
	lists_done(&s->lists);
	session_done(&s->session);
	*s = (struct signing) { 0 };
}

static enum sg_err
responder_make(struct signing *s, struct cert *cert, struct pkey *key)
{
	const struct lists *l = &s->lists;
	const struct responder_config c = { .ca = l->p.cert, .cert = cert,
		.signer = pkey_signer(key), .ledger = l->p.ledger,
		.good_seconds = l->config.ocsp_minutes * 60 };
	struct responder *r;

	SG_TRY(responder_new(&r, &c));
	responder_free(s->responder);
	cert_free(s->cert);
	pkey_free(s->key);
	s->responder = r;
	s->cert = cert;
	s->key = key;
	return SG_OK;
}

/* A new key and certificate for the responder, kept like any other that the
 * CA issues. */
static enum sg_err
delegate(struct signing *s)
{
	auto_free(pkey) key = NULL;
	auto_free(cert) cert = NULL;
	const struct ca_act act = session_act(&s->session);
	struct ca_issuer i;

	SG_TRY(session_issuer(&i, &s->session, CA_ISSUING));
	SG_TRY(key_make(&key, s->lists.config.ocsp_key));
	SG_TRY(responder_cert(&cert, &i, pkey_signer(key), act.at,
	    RESPONDER_DAYS));
	SG_TRY(ca_responder_keep(s->session.store, cert, &act));
	SG_TRY(responder_make(s, cert, key));
	cert = NULL;
	key = NULL;
	return SG_OK;
}

enum sg_err
signing_init(struct signing *s, const struct options *o)
{
	SG_TRY(session_open(&s->session, o));
	SG_TRY(lists_init(&s->lists, &s->session, CA_ISSUING, 0));
	SG_TRY(delegate(s));
	/* It has opened the key, and opens nothing else. */
	secret_done(&s->session.passphrase);
	s->session.has_passphrase = false;
	return SG_OK;
}

/* With a quarter of its time left. */
static int64_t
delegate_due(const struct signing *s)
{
	return s->cert->not_after -
	    (s->cert->not_after - s->cert->not_before) / 4;
}

int64_t
signing_due(const struct signing *s)
{
	const int64_t all[] = { ca_publish_due(&s->lists.p, CA_LIST_BASE),
		ca_publish_due(&s->lists.p, CA_LIST_DELTA),
		delegate_due(s) };
	int64_t first = all[0];

	for (size_t i = 1; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] < first)
			first = all[i];
	return first < s->retry ? s->retry : first;
}

static enum sg_err
publish(struct signing *s, bool all)
{
	struct ca_published made;

	if (all)
		SG_TRY(lists_all(&made, &s->lists));
	else
		SG_TRY(lists_delta(&made, &s->lists));
	log_info("%s %llu with %zu entries", all ? "CRL" : "delta CRL",
	    (unsigned long long)made.number, made.count);
	return SG_OK;
}

static enum sg_err
work(struct signing *s)
{
	int64_t now = clock_now();

	if (delegate_due(s) <= now)
		SG_TRY(delegate(s));
	if (ca_publish_due(&s->lists.p, CA_LIST_BASE) <= now)
		return publish(s, true);
	if (ca_publish_due(&s->lists.p, CA_LIST_DELTA) <= now)
		return publish(s, false);
	return SG_OK;
}

static enum sg_err
publish_all(struct signing *s)
{
	return publish(s, true);
}

static void
attempt(struct signing *s, enum sg_err (*what)(struct signing *))
{
	enum sg_err e = what(s);

	s->retry = 0;
	if (e != SG_OK) {
		log_error("%s", sg_note(e));
		s->retry = clock_now() + RETRY;
	}
	/* The database has it in any case, and the next one writes it there. */
	if ((e = session_mirror(&s->session)) != SG_OK)
		log_warn("audit.log: %s", sg_note(e));
}

void
signing_work(struct signing *s)
{
	if (signing_due(s) <= clock_now())
		attempt(s, work);
}

void
signing_publish(struct signing *s)
{
	attempt(s, publish_all);
}

static enum sg_err
desk_ocsp(void *ctx, struct bytes request, struct buf *out, int64_t *expires)
{
	struct signing *s = ctx;

	return responder_answer(s->responder, request, clock_now(), out,
	    expires);
}

/* Each list is a file of its own, so that its number is a tag. */
static enum sg_err
list_open(struct desk_file *out, const char *dir, const char *name)
{
	struct crl_summary s;
	struct stat st;
	auto_str path = NULL;

	SG_TRY(str_printf(&path, "%s/%s", dir, name));
	out->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (out->fd < 0)
		return sg_fail(errno == ENOENT ? SG_ENOENT : SG_EIO,
		    "%s: %s", path, strerror(errno));
	if (fstat(out->fd, &st) != 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	SG_TRY(sg_while(crl_summary_read(&s, out->fd), "%s", path));
	out->size = (uint64_t)st.st_size;
	out->modified = st.st_mtim.tv_sec;
	out->expires = s.next_update;
	(void)snprintf(out->tag, sizeof(out->tag), "%llu-%llx-%lx",
	    (unsigned long long)s.number, (unsigned long long)st.st_ino,
	    st.st_mtim.tv_nsec);
	return SG_OK;
}

static enum sg_err
cert_give(struct desk_file *out, const struct cert *c)
{
	out->expires = clock_now() + CERT_KEEP;
	(void)snprintf(out->tag, sizeof(out->tag), "%.*s",
	    DESK_TAG_MAX - 1, c->serial);
	return buf_set(&out->bytes, buf_bytes(&c->der));
}

static enum sg_err
file_give(struct desk_file *out, const struct signing *s, enum desk_name n)
{
	const struct ca_store *store = s->session.store;

	switch (n) {
	case DESK_ROOT_CRL:
		return list_open(out, store->dir, "root/ca.crl");
	case DESK_ISSUING_CRL:
		return list_open(out, store->dir, "issuing/ca.crl");
	case DESK_DELTA_CRL:
		return list_open(out, store->dir, "issuing/delta.crl");
	case DESK_ROOT_CERT:
		return cert_give(out, store->cert[CA_ROOT]);
	case DESK_ISSUING_CERT:
		return cert_give(out, store->cert[CA_ISSUING]);
	}
	return sg_fail(SG_ENOENT, "there is no such file");
}

static enum sg_err
desk_file(void *ctx, enum desk_name name, struct desk_file *out)
{
	struct desk_file f = { .fd = -1 };
	enum sg_err e = file_give(&f, ctx, name);

	if (e != SG_OK) {
		if (f.fd >= 0)
			(void)close(f.fd);
		buf_done(&f.bytes);
		return e;
	}
	*out = f;
	return SG_OK;
}

struct desk
signing_desk(struct signing *s)
{
	return (struct desk) { s, desk_ocsp, desk_file };
}
