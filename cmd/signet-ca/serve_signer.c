/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "pki/crl_summary.h"

#define DAY		((int64_t)86400)
#define RETRY		60		/* seconds */
#define CERT_KEEP	DAY		/* a CA's certificate in caches */
#define TRY_EVERY	5		/* seconds, of the database */

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
		.good_seconds = l->config.ocsp_minutes * 60,
		.counts = &s->state.ocsp };
	struct responder *r;

	SG_TRY(responder_new(&r, &c));
	responder_free(s->responder);
	if (s->cert != cert)
		cert_free(s->cert);
	if (s->key != key)
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

/* When there is something to do next, Unix seconds. */
static int64_t
due(const struct signing *s)
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
	s->state.bases += all;
	s->state.deltas += !all;
	log_info("list-published kind=%s number=%llu entries=%zu",
	    all ? "base" : "delta", (unsigned long long)made.number,
	    made.count);
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

static int64_t
list_ends(const struct signing *s, enum ca_list which)
{
	struct crl_summary sum;
	auto_str path = NULL;

	if (which == CA_LIST_DELTA && s->lists.p.delta_hours == 0)
		return 0;
	if (str_printf(&path, "%s/%s", s->lists.p.folder,
	    ca_list_file(which)) != SG_OK)
		return 0;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && crl_summary_read(&sum, fd) == SG_OK
	    ? sum.next_update : 0;
}

/* A transaction that changes nothing finds out what one that does would. */
static bool
writable(const struct signing *s)
{
	struct db_tx tx;
	enum sg_err e = db_begin(&tx, s->session.store->db, DB_WRITE);

	if (e == SG_OK)
		db_tx_done(&tx);
	return e == SG_OK || e == SG_EBUSY;
}

static void
look(struct signing *s)
{
	s->state.base_ends = list_ends(s, CA_LIST_BASE);
	s->state.delta_ends = list_ends(s, CA_LIST_DELTA);
	s->state.responder_ends = s->cert->not_after;
}

static void
attempt(struct signing *s, enum sg_err (*what)(struct signing *))
{
	enum sg_err e = what(s);

	s->retry = 0;
	s->state.failing = e != SG_OK;
	if (e != SG_OK) {
		log_error("work-failed why=\"%s\"",
		    audit_text(sg_note(e)).s);
		s->retry = clock_now() + RETRY;
	}
	/* The database has it in any case, and the next one writes it there. */
	if ((e = session_mirror(&s->session)) != SG_OK)
		log_warn("audit-log-failed why=\"%s\"",
		    audit_text(sg_note(e)).s);
}

void
signing_work(struct signing *s)
{
	int64_t now = clock_now();

	if (due(s) <= now)
		attempt(s, work);
	if (now - s->tried >= TRY_EVERY) {
		s->tried = now;
		s->state.writable = writable(s);
	}
	look(s);
}

static enum sg_err
config_read(struct signing *s)
{
	auto_done(serve_config) good = { 0 };

	SG_TRY(serve_config_read(&good, s->session.store->dir));
	lists_configure(&s->lists, &good);
	return responder_make(s, s->cert, s->key);
}

void
signing_reload(struct signing *s)
{
	enum sg_err e = config_read(s);

	if (e != SG_OK)
		log_error("reload-failed why=\"%s\"",
		    audit_text(sg_note(e)).s);
	attempt(s, publish_all);
	look(s);
}

enum sg_err
signing_ocsp(struct signing *s, struct bytes request, struct buf *out,
    int64_t *expires)
{
	return responder_answer(s->responder, request, clock_now(), out,
	    expires);
}

/* Each list is a file of its own, so that its number is a tag. */
static enum sg_err
list_open(struct signing_file *out, const char *dir, const char *name)
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
	out->modified = st.st_mtim.tv_sec;
	out->expires = s.next_update;
	(void)snprintf(out->tag, sizeof(out->tag), "%llu-%llx-%lx",
	    (unsigned long long)s.number, (unsigned long long)st.st_ino,
	    st.st_mtim.tv_nsec);
	return SG_OK;
}

static enum sg_err
cert_give(struct signing_file *out, const struct cert *c)
{
	out->expires = clock_now() + CERT_KEEP;
	(void)snprintf(out->tag, sizeof(out->tag), "%.*s",
	    DESK_TAG_MAX, c->serial);
	return buf_set(&out->bytes, buf_bytes(&c->der));
}

static enum sg_err
file_give(struct signing_file *out, const struct signing *s, uint64_t name)
{
	const struct ca_store *store = s->session.store;

	switch ((enum desk_name)name) {
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

void
signing_file_done(struct signing_file *f)
{
	fd_close(&f->fd);
	buf_done(&f->bytes);
}

enum sg_err
signing_file(struct signing_file *out, const struct signing *s,
    uint64_t name)
{
	auto_done(signing_file) f = { .fd = -1 };

	/* A larger one must not be cut to one that is there. */
	if (name > DESK_ISSUING_CERT)
		return sg_fail(SG_ENOENT, "there is no such file");
	SG_TRY(file_give(&f, s, name));
	*out = f;
	f = (struct signing_file) { .fd = -1 };
	return SG_OK;
}
