/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "ca/published.h"
#include "pki/crl_summary.h"

#define DAY		((int64_t)86400)
#define RETRY		60		/* seconds */
#define CERT_KEEP	DAY		/* a CA's certificate in caches */
#define TRY_EVERY	5		/* seconds, of the database */

void
signing_done(struct signing *s)
{
	serve_ra_done(&s->ra);
	issuing_done(&s->issuing);
	for (size_t i = 0; i < s->key_count; i++)
		serve_key_done(&s->keys[i]);
	free(s->keys);
	session_done(&s->session);
	*s = (struct signing) { 0 };
}

enum sg_err
signing_init(struct signing *s, const struct options *o)
{
	unsigned keys[CA_INDEX_MAX + 1], n;

	SG_TRY(session_open(&s->session, o));
	SG_TRY(ca_store_ready(s->session.store, CA_ISSUING));
	n = lists_keys(keys, &s->session, CA_ISSUING);
	if ((s->keys = calloc(n, sizeof(*s->keys))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	for (s->key_count = 0; s->key_count < n;) {
		struct serve_key *k = &s->keys[s->key_count++];

		SG_TRY(serve_key_init(k, &s->session,
		    keys[s->key_count - 1], &s->state.totals));
	}
	SG_TRY(issuing_init(&s->issuing, &s->session,
	    &s->state.issued));
	issuing_allow(&s->issuing, signing_lists(s)->config.enroll_http);
	SG_TRY(serve_ra_init(&s->ra, &s->session, &s->issuing,
	    &s->state.ra, signing_lists(s)->config.scep));
	/* It has opened the keys, and opens nothing else. */
	secret_done(&s->session.passphrase);
	s->session.has_passphrase = false;
	return SG_OK;
}

const struct lists *
signing_lists(const struct signing *s)
{
	return &s->keys[s->key_count - 1].lists;
}

/* When there is something to do next, Unix seconds. */
static int64_t
due(const struct signing *s)
{
	int64_t first = serve_ra_due(&s->ra);

	for (size_t i = 0; i < s->key_count; i++) {
		int64_t at = serve_key_due(&s->keys[i]);

		if (at < first)
			first = at;
	}
	return first < s->retry ? s->retry : first;
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

static int64_t
list_ends(const struct signing *s, enum ca_list which)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < s->key_count; i++) {
		const struct serve_key *k = &s->keys[i];
		int64_t at = serve_key_list_ends(k, which);

		if (serve_key_live(k) && at < first)
			first = at;
	}
	return first;
}

static void
look(struct signing *s)
{
	s->state.base_ends = list_ends(s, CA_LIST_BASE);
	s->state.delta_ends = list_ends(s, CA_LIST_DELTA);
	s->state.responder_ends = INT64_MAX;
	s->state.ra_ends = serve_ra_ends(&s->ra);
	for (size_t i = 0; i < s->key_count; i++)
		if (s->keys[i].cert->not_after < s->state.responder_ends)
			s->state.responder_ends = s->keys[i].cert->not_after;
}

/* Later, then. */
static void
failed(struct signing *s, enum sg_err e)
{
	if (e == SG_OK)
		return;
	log_error("work-failed why=\"%s\"", audit_text(sg_note(e)).s);
	s->state.failing = true;
	s->retry = clock_now() + RETRY;
}

/* One that fails keeps no other from its turn. */
static void
attempt(struct signing *s, enum sg_err (*what)(struct serve_key *))
{
	if (lists_stale(&s->session, CA_ISSUING))
		log_warn("the CA was renewed: start the server again");
	s->retry = 0;
	s->state.failing = false;
	for (size_t i = 0; i < s->key_count; i++)
		failed(s, what(&s->keys[i]));
	failed(s, serve_ra_work(&s->ra));
	s->mirror = true;
}

/* The database has it in any case, and the next one writes it there. */
static void
mirror(struct signing *s)
{
	enum sg_err e;

	if (!s->mirror && !issuing_told(&s->issuing))
		return;
	s->mirror = false;
	if ((e = session_mirror(&s->session)) != SG_OK)
		log_warn("audit-log-failed why=\"%s\"",
		    audit_text(sg_note(e)).s);
}

void
signing_work(struct signing *s)
{
	int64_t now = clock_now();

	if (due(s) <= now)
		attempt(s, serve_key_work);
	if (now - s->tried >= TRY_EVERY) {
		s->tried = now;
		s->state.writable = writable(s);
	}
	mirror(s);
	look(s);
}

void
signing_reload(struct signing *s)
{
	enum sg_err e = SG_OK;

	for (size_t i = 0; i < s->key_count && e == SG_OK; i++)
		e = serve_key_reload(&s->keys[i]);
	if (e != SG_OK)
		log_error("reload-failed why=\"%s\"",
		    audit_text(sg_note(e)).s);
	issuing_allow(&s->issuing, signing_lists(s)->config.enroll_http);
	serve_ra_allow(&s->ra, signing_lists(s)->config.scep);
	attempt(s, serve_key_publish);
	mirror(s);
	look(s);
}

enum sg_err
signing_ocsp(struct signing *s, struct bytes request, struct buf *out,
    int64_t *expires)
{
	struct responder *all[CA_INDEX_MAX + 1];

	for (size_t i = 0; i < s->key_count; i++)
		all[i] = s->keys[i].responder;
	return responders_answer(all, s->key_count, request, clock_now(),
	    out, expires);
}

/* Each list is a file of its own, so that its number is a tag. */
static enum sg_err
list_open(struct signing_file *out, const char *path)
{
	struct crl_summary s;
	struct stat st;

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

void
signing_file_done(struct signing_file *f)
{
	fd_close(&f->fd);
	buf_done(&f->bytes);
}

enum sg_err
signing_file(struct signing_file *out, const struct signing *s,
    const char *name)
{
	auto_done(signing_file) f = { .fd = -1 };
	auto_done(ca_file) found = { 0 };

	SG_TRY(ca_file_find(&found, s->session.store, name));
	SG_TRY(found.kind == CA_FILE_CRL ? list_open(&f, found.path)
					 : cert_give(&f, found.cert));
	*out = f;
	f = (struct signing_file) { .fd = -1 };
	return SG_OK;
}
