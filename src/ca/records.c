/* SPDX-License-Identifier: BSD-2-Clause */

/* The issued and revoked certificates of a store. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "ca/records.h"

#define REVOKED_FILE_MAX 256

void
ca_record_done(struct ca_record *r)
{
	cert_free(r->cert);
	*r = (struct ca_record) { 0 };
}

void
ca_records_done(struct ca_records *r)
{
	for (size_t i = 0; i < r->n; i++)
		ca_record_done(&r->v[i]);
	free(r->v);
	*r = (struct ca_records) { 0 };
}

/* "1763758800 superseded\n" */
static enum sg_err
revoked_parse(struct ca_record *r, struct bytes text)
{
	char line[REVOKED_FILE_MAX + 1], name[32];
	long long when;
	int end = 0;

	memcpy(line, text.p, text.n);
	line[text.n] = '\0';
	if (sscanf(line, "%18lld %31[A-Za-z]%n", &when, name, &end) != 2 ||
	    strcmp(line + end, "\n") != 0)
		return sg_fail(SG_EFORMAT, "not a revocation's record");
	r->revoked = true;
	r->when = when;
	return crl_reason_parse(&r->reason, name);
}

static enum sg_err
revoked_load(struct ca_record *r, const struct ca_store *s,
    const char *serial)
{
	auto_str path = NULL;
	auto_done(buf) text = { 0 };
	enum sg_err e;

	SG_TRY(ca_record_path(&path, s, "revoked", serial, ""));
	if ((e = file_read(&text, path, REVOKED_FILE_MAX)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	return sg_while(revoked_parse(r, buf_bytes(&text)), "%s", path);
}

enum sg_err
ca_store_get(struct ca_record *out, const struct ca_store *s,
    const char *serial)
{
	auto_done(ca_record) r = { 0 };
	auto_str path = NULL;
	auto_done(buf) text = { 0 };
	enum sg_err e;

	SG_TRY(ca_record_path(&path, s, "issued", serial, ".pem"));
	if ((e = file_read(&text, path, CERT_MAX)) == SG_ENOENT)
		return sg_fail(SG_ENOENT,
		    "no certificate %s was issued here", serial);
	SG_TRY(e);
	SG_TRY(sg_while(cert_read(&r.cert, buf_bytes(&text)), "%s", path));
	SG_TRY(revoked_load(&r, s, serial));
	*out = r;
	r = (struct ca_record) { 0 };
	return SG_OK;
}

static enum sg_err
push(struct ca_records *l, const struct ca_store *s, const char *serial)
{
	struct ca_record *v = reallocarray(l->v, l->n + 1, sizeof(*v));

	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	l->v = v;
	SG_TRY(ca_store_get(&v[l->n], s, serial));
	l->n++;
	return SG_OK;
}

static int
by_issue(const void *a, const void *b)
{
	const struct cert *x = ((const struct ca_record *)a)->cert;
	const struct cert *y = ((const struct ca_record *)b)->cert;

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
folder_open(DIR **out, const struct ca_store *s, const char *folder)
{
	auto_str path = NULL;

	SG_TRY(str_printf(&path, "%s/%s", s->dir, folder));
	if ((*out = opendir(path)) == NULL)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	return SG_OK;
}

enum sg_err
ca_store_list(struct ca_records *out, const struct ca_store *s)
{
	__attribute__((cleanup(dir_close))) DIR *d = NULL;
	auto_done(ca_records) l = { 0 };
	struct dirent *e;

	SG_TRY(folder_open(&d, s, "issued"));
	while ((e = readdir(d)) != NULL) {
		const char *dot = strrchr(e->d_name, '.');
		auto_str serial = NULL;

		/* A crash leaves "SERIAL.pem.new-XXXXXX" behind. */
		if (dot == NULL || strcmp(dot, ".pem") != 0)
			continue;
		SG_TRY(str_from_bytes(&serial, bytes_of(e->d_name,
		    (size_t)(dot - e->d_name))));
		SG_TRY(push(&l, s, serial));
	}
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_issue);
	*out = l;
	l = (struct ca_records) { 0 };
	return SG_OK;
}

enum sg_err
ca_store_revoke(const struct ca_store *s, const char *serial, int64_t when,
    enum crl_reason reason)
{
	auto_done(ca_record) r = { 0 };
	auto_str path = NULL;
	auto_done(buf) text = { 0 };

	SG_TRY(ca_store_get(&r, s, serial));
	if (r.revoked)
		return sg_fail(SG_EEXIST, "%s is revoked already (%s)",
		    r.cert->serial, crl_reason_name(r.reason));
	SG_TRY(ca_record_path(&path, s, "revoked", serial, ""));
	SG_TRY(buf_printf(&text, "%lld %s\n", (long long)when,
	    crl_reason_name(reason)));
	return file_create(path, buf_bytes(&text), 0644);
}

static enum sg_err
crl_path(char **out, const struct ca_store *s, enum ca_level level)
{
	return str_printf(out, "%s/%s/ca.crl", s->dir,
	    level == CA_ROOT ? "root" : "issuing");
}

static enum sg_err
number_next(uint64_t *out, const struct ca_store *s, enum ca_level level)
{
	auto_str path = NULL;
	auto_done(buf) der = { 0 };
	auto_free(crl) last = NULL;
	enum sg_err e;

	*out = 1;
	SG_TRY(crl_path(&path, s, level));
	if ((e = file_read(&der, path, CRL_MAX)) == SG_ENOENT)
		return SG_OK;
	SG_TRY(e);
	SG_TRY(sg_while(crl_read(&last, buf_bytes(&der)), "%s", path));
	*out = last->content.number + 1;
	return SG_OK;
}

enum sg_err
ca_store_crl_next(struct crl_content *out, const struct ca_store *s,
    enum ca_level level)
{
	auto_done(ca_records) l = { 0 };
	auto_done(crl_content) c = { 0 };

	SG_TRY(number_next(&c.number, s, level));
	/* The root has issued nothing but the issuing CA. */
	if (level == CA_ISSUING)
		SG_TRY(ca_store_list(&l, s));
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].revoked)
			SG_TRY(crl_content_add(&c, l.v[i].cert->serial,
			    l.v[i].when, l.v[i].reason));
	*out = c;
	c = (struct crl_content) { 0 };
	return SG_OK;
}

enum sg_err
ca_store_crl_put(const struct ca_store *s, enum ca_level level,
    struct bytes der)
{
	auto_str path = NULL;

	SG_TRY(crl_path(&path, s, level));
	return file_replace(path, der, 0644);
}
