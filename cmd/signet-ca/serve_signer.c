/* SPDX-License-Identifier: BSD-2-Clause */
#include "serve_signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "ca/published.h"
#include "pki/crl_summary.h"

#define DAY		((int64_t)86400)
#define RETRY		60		/* seconds */
#define CERT_KEEP	DAY		/* a CA's certificate in caches */

void
signing_done(struct signing *s)
{
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
		    keys[s->key_count - 1]));
	}
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

int64_t
signing_due(const struct signing *s)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < s->key_count; i++) {
		int64_t due = serve_key_due(&s->keys[i]);

		if (due < first)
			first = due;
	}
	return first < s->retry ? s->retry : first;
}

/* One that fails keeps no other from its turn. */
static void
attempt(struct signing *s, enum sg_err (*what)(struct serve_key *))
{
	enum sg_err e;

	if (lists_stale(&s->session, CA_ISSUING))
		log_warn("the CA was renewed: start the server again");
	s->retry = 0;
	for (size_t i = 0; i < s->key_count; i++) {
		if ((e = what(&s->keys[i])) == SG_OK)
			continue;
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
		attempt(s, serve_key_work);
}

void
signing_publish(struct signing *s)
{
	attempt(s, serve_key_publish);
}

static enum sg_err
desk_ocsp(void *ctx, struct bytes request, struct buf *out, int64_t *expires)
{
	struct signing *s = ctx;
	struct responder *all[CA_INDEX_MAX + 1];

	for (size_t i = 0; i < s->key_count; i++)
		all[i] = s->keys[i].responder;
	return responders_answer(all, s->key_count, request, clock_now(),
	    out, expires);
}

/* Each list is a file of its own, so that its number is a tag. */
static enum sg_err
list_open(struct desk_file *out, const char *path)
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
file_give(struct desk_file *out, const struct signing *s, const char *name)
{
	auto_done(ca_file) f = { 0 };

	SG_TRY(ca_file_find(&f, s->session.store, name));
	out->type = ca_file_type(f.kind);
	return f.kind == CA_FILE_CRL ? list_open(out, f.path)
				     : cert_give(out, f.cert);
}

static enum sg_err
desk_file(void *ctx, const char *name, struct desk_file *out)
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
