/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/legacy.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "ca/revocations.h"

#define REVOKED_FILE_MAX 256

/* A file before it is read again; thousands are sorted. */
struct old {
	int64_t not_before;
	char *serial;
};
struct olds {
	struct old *v;
	size_t n;
};

static void
olds_done(struct olds *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].serial);
	free(l->v);
	*l = (struct olds) { 0 };
}

bool
ca_legacy_found(const char *dir)
{
	auto_str path = NULL;
	struct stat st;

	return str_printf(&path, "%s/issued", dir) == SG_OK &&
	    stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "1763758800 superseded\n" */
static enum sg_err
revoked_parse(int64_t *at, enum crl_reason *reason, struct bytes text)
{
	char line[REVOKED_FILE_MAX + 1], name[32];
	long long when;
	int end = 0;

	memcpy(line, text.p, text.n);
	line[text.n] = '\0';
	if (sscanf(line, "%18lld %31[A-Za-z]%n", &when, name, &end) != 2 ||
	    strcmp(line + end, "\n") != 0)
		return sg_fail(SG_EFORMAT, "not a revocation's record");
	*at = when;
	return crl_reason_parse(reason, name);
}

static enum sg_err
revoked_import(const struct ca_store *s, const char *serial)
{
	auto_str path = NULL;
	auto_done(buf) text = { 0 };
	enum crl_reason reason;
	struct ca_act act = { .who = "import" };
	enum sg_err e;

	SG_TRY(str_printf(&path, "%s/revoked/%s", s->dir, serial));
	if ((e = file_read(&text, path, REVOKED_FILE_MAX)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	SG_TRY(sg_while(revoked_parse(&act.at, &reason, buf_bytes(&text)),
	    "%s", path));
	return ca_revoke(s, serial, reason, &act);
}

static enum sg_err
cert_load(struct cert **out, const struct ca_store *s, const char *serial)
{
	auto_free(cert) c = NULL;
	auto_str path = NULL;
	auto_done(buf) text = { 0 };

	SG_TRY(str_printf(&path, "%s/issued/%s.pem", s->dir, serial));
	SG_TRY(file_read(&text, path, CERT_MAX));
	SG_TRY(sg_while(cert_read(&c, buf_bytes(&text)), "%s", path));
	if (strcmp(c->serial, serial) != 0)
		return sg_fail(SG_EFORMAT, "%s has the serial number %s",
		    path, c->serial);
	*out = c;
	c = NULL;
	return SG_OK;
}

static enum sg_err
push(struct olds *l, const struct ca_store *s, const char *serial)
{
	struct old *v = reallocarray(l->v, l->n + 1, sizeof(*v));
	auto_free(cert) c = NULL;

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	l->v = v;
	SG_TRY(cert_load(&c, s, serial));
	v[l->n].not_before = c->not_before;
	SG_TRY(str_dup(&v[l->n].serial, serial));
	l->n++;
	return SG_OK;
}

static int
by_issue(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	if (x->not_before != y->not_before)
		return x->not_before < y->not_before ? -1 : 1;
	return strcmp(x->serial, y->serial);
}

static void
dir_close(DIR **d)
{
	if (*d != NULL)
		(void)closedir(*d);
}

static enum sg_err
collect(struct olds *l, const struct ca_store *s)
{
	__attribute__((cleanup(dir_close))) DIR *d = NULL;
	auto_str path = NULL;
	struct dirent *e;

	SG_TRY(str_printf(&path, "%s/issued", s->dir));
	if ((d = opendir(path)) == NULL)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		const char *dot = strrchr(e->d_name, '.');
		auto_str serial = NULL;

		/* A crash left "SERIAL.pem.new-XXXXXX" behind. */
		if (dot == NULL || strcmp(dot, ".pem") != 0)
			continue;
		SG_TRY(str_from_bytes(&serial, bytes_of(e->d_name,
		    (size_t)(dot - e->d_name))));
		SG_TRY(push(l, s, serial));
	}
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_issue);
	return SG_OK;
}

/* What a crash between commit and renaming left is there already. */
static enum sg_err
one_import(const struct ca_store *s, const char *serial, size_t *added)
{
	auto_done(buf) number = { 0 };
	auto_free(cert) c = NULL;
	struct ca_row row;
	enum sg_err e;

	SG_TRY(ca_serial_parse(&number, serial));
	e = ca_certs_status(&row, s, buf_bytes(&number));
	if (e != SG_ENOENT)
		return e;
	SG_TRY(cert_load(&c, s, serial));
	SG_TRY(ca_certs_add(s, c, NULL, 0));
	(*added)++;
	return revoked_import(s, serial);
}

static enum sg_err
put_away(const struct ca_store *s, const char *folder)
{
	auto_str from = NULL, *to = NULL;

	SG_TRY(str_printf(&from, "%s/%s", s->dir, folder));
	SG_TRY(str_printf(&to, "%s/%s.imported", s->dir, folder));
	if (rename(from, to) != 0 && errno != ENOENT)
		return sg_fail(SG_EIO, "%s, whose contents are in the "
		    "database: %s", from, strerror(errno));
	return SG_OK;
}

static enum sg_err
import(const struct ca_store *s)
{
	__attribute__((cleanup(olds_done))) struct olds l = { 0 };
	auto_done(db_tx) tx = { 0 };
	auto_str detail = NULL;
	size_t added = 0;

	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	/* Somebody may have been quicker. */
	if (!ca_legacy_found(s->dir))
		return SG_OK;
	SG_TRY(collect(&l, s));
	for (size_t i = 0; i < l.n; i++)
		SG_TRY(one_import(s, l.v[i].serial, &added));
	SG_TRY(str_printf(&detail, "certificates=%zu", added));
	SG_TRY(ca_audit_add(s->db, &(struct ca_audit) {
	    .at = (int64_t)time(NULL), .who = "import", .what = "import",
	    .detail = detail, .result = "imported" }));
	return db_commit(&tx);
}

enum sg_err
ca_legacy_import(const struct ca_store *s)
{
	SG_TRY(sg_while(import(s), "moving the files to the database"));
	/* The revocations first: while issued/ is there, this is repeated. */
	SG_TRY(put_away(s, "revoked"));
	return put_away(s, "issued");
}
