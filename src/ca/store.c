/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/legacy.h"
#include "ca/lineage.h"
#include "ca/schema.h"
#include "ca/urls.h"
#include "pki/csr.h"

#define CRL_DAYS	7	/* of a list, unless told otherwise */

void
ca_config_done(struct ca_config *c)
{
	free(c->oid_base);
	free(c->tcti);
	for (int i = 0; i < CA_LEVELS; i++) {
		texts_done(&c->cdp[i]);
		texts_done(&c->ca_issuers[i]);
		texts_done(&c->ocsp[i]);
	}
	*c = (struct ca_config) { 0 };
}

void
ca_store_free(struct ca_store *s)
{
	if (s == NULL)
		return;
	ca_config_done(&s->config);
	for (int i = 0; i < CA_LEVELS; i++)
		ca_generations_done(&s->gen[i]);
	db_free(s->db);
	if (s->lock >= 0)
		(void)close(s->lock);
	free(s->dir);
	free(s);
}

static enum sg_err
config_urls(struct buf *out, const char *key, const struct texts *urls)
{
	for (size_t i = 0; i < urls->n; i++) {
		SG_TRY(ca_url_check(urls->v[i]));
		SG_TRY(buf_printf(out, "%s = %s\n", key, urls->v[i]));
	}
	return SG_OK;
}

static enum sg_err
config_write(struct buf *out, const struct ca_config *c)
{
	SG_TRY(buf_printf(out, "# written by signet-ca init; signet-ca(1)\n"
	    "[ca]\noid-base = %s\ncrl-days = %u\n", c->oid_base,
	    c->crl_days > 0 ? c->crl_days : CRL_DAYS));
	if (c->tcti != NULL)
		SG_TRY(buf_printf(out, "tcti = %s\n", c->tcti));
	for (int i = 0; i < CA_LEVELS; i++) {
		SG_TRY(buf_printf(out, "\n[%s]\n",
		    ca_level_name((enum ca_level)i)));
		SG_TRY(config_urls(out, "cdp-url", &c->cdp[i]));
		SG_TRY(config_urls(out, "aia-url", &c->ca_issuers[i]));
		SG_TRY(config_urls(out, "ocsp-url", &c->ocsp[i]));
	}
	return SG_OK;
}

static enum sg_err
config_ca(struct ca_config *c, const struct conf_line *l)
{
	long long n;

	if (strcmp(l->key, "oid-base") == 0) {
		if (!oid_valid(l->value))
			return sg_fail(SG_EFORMAT, "not an OID");
		free(c->oid_base);
		c->oid_base = NULL;
		return str_dup(&c->oid_base, l->value);
	}
	if (strcmp(l->key, "tcti") == 0) {
		free(c->tcti);
		c->tcti = NULL;
		return str_dup(&c->tcti, l->value);
	}
	if (strcmp(l->key, "crl-days") != 0)
		return sg_fail(SG_EFORMAT, "unknown key '%s'", l->key);
	SG_TRY(number_parse(&n, l->value, 1, CA_DAYS_MAX, "crl-days"));
	c->crl_days = (unsigned)n;
	return SG_OK;
}

static enum sg_err
config_line(void *arg, const struct conf_line *l)
{
	struct ca_config *c = arg;

	if (strcmp(l->section, "ca") == 0)
		return config_ca(c, l);
	for (int i = 0; i < CA_LEVELS; i++) {
		if (strcmp(l->section, ca_level_name((enum ca_level)i)) != 0)
			continue;
		SG_TRY(ca_url_check(l->value));
		if (strcmp(l->key, "cdp-url") == 0)
			return texts_add(&c->cdp[i], l->value);
		if (strcmp(l->key, "aia-url") == 0)
			return texts_add(&c->ca_issuers[i], l->value);
		if (strcmp(l->key, "ocsp-url") == 0)
			return texts_add(&c->ocsp[i], l->value);
		return sg_fail(SG_EFORMAT, "unknown key '%s'", l->key);
	}
	return sg_fail(SG_EFORMAT, "unknown section '%s'", l->section);
}

static enum sg_err
config_path(char **out, const char *dir)
{
	return str_printf(out, "%s/ca.conf", dir);
}

static enum sg_err
lock_open(const char *dir, int *out)
{
	auto_str path = NULL;
	int fd;

	SG_TRY(str_printf(&path, "%s/lock", dir));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EACCES)
		return sg_fail(SG_EPERM, "%s: Permission denied: the CA is "
		    "its owner's, who runs this", dir);
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	*out = fd;
	return SG_OK;
}

static enum sg_err
no_ca_yet(const char *dir)
{
	auto_str path = NULL;

	SG_TRY(config_path(&path, dir));
	if (access(path, F_OK) == 0)
		return sg_fail(SG_EEXIST, "there is a CA in %s already", dir);
	return SG_OK;
}

enum sg_err
ca_store_there(const char *dir)
{
	auto_str path = NULL;

	SG_TRY(config_path(&path, dir));
	if (access(path, F_OK) == 0)
		return SG_OK;
	if (errno == EACCES)
		return sg_fail(SG_EPERM, "%s: %s", dir, strerror(errno));
	return sg_fail(SG_ENOENT, "there is no CA in %s ('signet-ca init' "
	    "makes one)", dir);
}

static enum sg_err
make_alone(const char *dir, int lock)
{
	if (flock(lock, LOCK_EX | LOCK_NB) != 0)
		return sg_fail(SG_EBUSY, "%s: somebody else works on it", dir);
	/* Who had the lock until now may have finished one. */
	return no_ca_yet(dir);
}

/* What an interrupted init left of one. */
static enum sg_err
rests_remove(const char *dir)
{
	static const char *const names[] = { "ca.db-wal", "ca.db-shm",
		"ca.db", "root/cert.pem", "issuing/cert.pem",
		"issuing/request.pem" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		auto_str path = NULL;

		SG_TRY(str_printf(&path, "%s/%s", dir, names[i]));
		SG_TRY(file_remove(path));
	}
	return SG_OK;
}

static enum sg_err
folders_make(const char *dir)
{
	for (int i = 0; i < CA_LEVELS; i++) {
		auto_str sub = NULL;

		SG_TRY(str_printf(&sub, "%s/%s", dir,
		    ca_level_name((enum ca_level)i)));
		SG_TRY(folder_make(sub, 0755));
	}
	return SG_OK;
}

enum sg_err
ca_store_make(const char *dir, int *lock)
{
	enum sg_err e;
	int fd = -1;

	SG_TRY(no_ca_yet(dir));
	SG_TRY(folder_make(dir, 0755));
	SG_TRY(lock_open(dir, &fd));
	e = make_alone(dir, fd);
	if (e == SG_OK)
		e = folders_make(dir);
	if (e == SG_OK)
		e = rests_remove(dir);
	if (e != SG_OK) {
		(void)close(fd);
		return e;
	}
	*lock = fd;
	return SG_OK;
}

enum sg_err
ca_store_put_key(const char *dir, enum ca_level level, unsigned number,
    const struct secret *key)
{
	auto_str path = NULL;

	SG_TRY(ca_lineage_path(&path, dir, level, "key", number));
	return file_replace(path, secret_bytes(key), 0600);
}

enum sg_err
ca_store_put(const char *dir, enum ca_level level, const struct cert *c,
    const struct secret *key)
{
	auto_str path = NULL;
	auto_done(buf) text = { 0 };

	SG_TRY(ca_lineage_path(&path, dir, level, "cert", 0));
	SG_TRY(cert_pem(&text, c));
	SG_TRY(ca_store_put_key(dir, level, 0, key));
	return file_replace(path, buf_bytes(&text), 0644);
}

enum sg_err
ca_store_put_request(const char *dir, enum ca_level level,
    struct bytes request, const struct secret *key)
{
	auto_str path = NULL;
	auto_done(buf) text = { 0 };

	SG_TRY(ca_lineage_path(&path, dir, level, "request", 0));
	SG_TRY(csr_pem(&text, request, false));
	SG_TRY(ca_store_put_key(dir, level, 0, key));
	return file_replace(path, buf_bytes(&text), 0644);
}

enum sg_err
ca_store_url(char **out, const char *dir)
{
	return str_printf(out, "sqlite:%s/ca.db", dir);
}

static enum sg_err
db_make(const char *dir, const struct ca_audit *first)
{
	static const struct db_options o = { .create = true };
	auto_str url = NULL;
	auto_free(db) db = NULL;
	auto_done(db_tx) tx = { 0 };

	SG_TRY(ca_store_url(&url, dir));
	SG_TRY(db_open(&db, url, &o));
	SG_TRY(db_migrate(db, &ca_schema));
	SG_TRY(db_begin(&tx, db, DB_WRITE));
	SG_TRY(ca_audit_add(db, first));
	SG_TRY(ca_lineage_import(db, dir, first->at));
	return db_commit(&tx);
}

enum sg_err
ca_store_finish(const char *dir, const struct ca_config *c,
    const struct ca_audit *first)
{
	auto_done(buf) text = { 0 };
	auto_str path = NULL;

	SG_TRY(config_write(&text, c));
	SG_TRY(db_make(dir, first));
	SG_TRY(config_path(&path, dir));
	return file_create(path, buf_bytes(&text), 0644);
}

/* Nobody replaces what is in use. */
static enum sg_err
lock(struct ca_store *s)
{
	SG_TRY(lock_open(s->dir, &s->lock));
	if (flock(s->lock, LOCK_SH | LOCK_NB) == 0)
		return SG_OK;
	return sg_fail(errno == EWOULDBLOCK ? SG_EBUSY : SG_EIO,
	    "%s: somebody else makes or restores it", s->dir);
}

/* Before version 2 of the database the CAs' certificates were files only. */
static enum sg_err
lineage_move(struct ca_store *s)
{
	auto_done(db_tx) tx = { 0 };

	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	/* Somebody may have been quicker. */
	SG_TRY(ca_lineage_load(s));
	if (s->gen[CA_ROOT].n > 0 || s->gen[CA_ISSUING].n > 0)
		return SG_OK;
	SG_TRY(ca_lineage_import(s->db, s->dir, (int64_t)time(NULL)));
	SG_TRY(db_commit(&tx));
	return ca_lineage_load(s);
}

static enum sg_err
lineage_ready(struct ca_store *s)
{
	const struct ca_generation *g;

	SG_TRY(ca_lineage_load(s));
	if (s->gen[CA_ROOT].n == 0 && s->gen[CA_ISSUING].n == 0)
		SG_TRY(lineage_move(s));
	g = ca_current(&s->gen[CA_ISSUING]);
	if (g != NULL && g->above.n > 0)
		SG_TRY(cert_signed_by(g->cert, g->above.v[0]));
	return ca_lineage_files(s);
}

/* An empty one in place of one that got lost would forget every revocation,
 * so it is made only where an earlier version kept its files. */
static enum sg_err
db_load(struct ca_store *s)
{
	bool legacy = ca_legacy_found(s->dir);
	struct db_options o = { .create = legacy, .busy_ms = DB_BUSY_MS };
	auto_str url = NULL;
	enum sg_err e;

	SG_TRY(ca_store_url(&url, s->dir));
	if ((e = db_open(&s->db, url, &o)) == SG_ENOENT)
		return sg_fail(SG_EIO, "%s/ca.db is missing: the certificates"
		    " are in it, it must come from a backup", s->dir);
	SG_TRY(e);
	SG_TRY(sg_while(db_migrate(s->db, &ca_schema), "%s/ca.db", s->dir));
	SG_TRY(lineage_ready(s));
	return legacy ? ca_legacy_import(s) : SG_OK;
}

static enum sg_err
load(struct ca_store *s)
{
	auto_str path = NULL;

	SG_TRY(config_path(&path, s->dir));
	s->config.crl_days = CRL_DAYS;
	SG_TRY(conf_read(path, config_line, &s->config));
	SG_TRY(lock(s));
	return db_load(s);
}

enum sg_err
ca_store_open(struct ca_store **out, const char *dir)
{
	auto_free(ca_store) s = calloc(1, sizeof(*s));
	enum sg_err e;

	if (s == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	s->lock = -1;
	SG_TRY(str_dup(&s->dir, dir));
	if ((e = load(s)) == SG_ENOENT)
		return sg_while(e, "there is no CA in %s ('signet-ca init' "
		    "makes one)", dir);
	SG_TRY(e);
	*out = s;
	s = NULL;
	return SG_OK;
}

enum sg_err
ca_store_ready(const struct ca_store *s, enum ca_level level)
{
	if (s->ours[level] && s->cert[level] != NULL)
		return SG_OK;
	if (s->ours[level])
		return sg_fail(SG_EBUSY, "the issuing CA waits for its "
		    "certificate: have %s/issuing/request.pem signed, then "
		    "'signet-ca install-cert' takes what comes back", s->dir);
	if (level == CA_ISSUING)
		return sg_fail(SG_ENOENT, "there is only a root in %s: it "
		    "signs the requests of CAs ('signet-ca sign-ca')",
		    s->dir);
	return sg_fail(SG_ENOENT, "the root of this CA and its key are "
	    "elsewhere");
}

/* SG_EVERIFY unless the public key is that of the key of that number. */
static enum sg_err
key_fits(const struct ca_store *s, enum ca_level level, unsigned number,
    struct bytes spki)
{
	const struct ca_generation *g = ca_of_key(&s->gen[level], number);
	const struct ca_generation *w = ca_waiting(&s->gen[level]);
	auto_free(csr) r = NULL;

	if (g == NULL && (w == NULL || w->version.key != number))
		return sg_fail(SG_ENOENT, "the %s CA has no key %u",
		    ca_level_name(level), number);
	if (g != NULL)
		return cert_fits(g->cert, spki) ? SG_OK : sg_fail(SG_EVERIFY,
		    "it is not the key of %s", g->cert->subject);
	SG_TRY(csr_parse(&r, buf_bytes(&w->request)));
	return bytes_eq(buf_bytes(&r->spki), spki) ? SG_OK
	    : sg_fail(SG_EVERIFY, "it is not the key of the request");
}

enum sg_err
ca_store_key_of(struct ca_key **out, const struct ca_store *s,
    enum ca_level level, unsigned number, const struct secret *passphrase)
{
	auto_str path = NULL;
	auto_done(secret) text = { 0 };
	auto_done(buf) spki = { 0 };
	auto_free(ca_key) k = NULL;
	const struct ca_key_access access = { passphrase, s->config.tcti };
	struct signer signer;

	SG_TRY(ca_lineage_path(&path, s->dir, level, "key", number));
	SG_TRY(ca_key_read(&text, path));
	SG_TRY(sg_while(ca_key_open(&k, secret_bytes(&text), &access), "%s",
	    path));
	signer = ca_key_signer(k);
	SG_TRY(signer.ops->spki(signer.ctx, &spki));
	SG_TRY(sg_while(key_fits(s, level, number, buf_bytes(&spki)), "%s",
	    path));
	*out = k;
	k = NULL;
	return SG_OK;
}

enum sg_err
ca_store_key(struct ca_key **out, const struct ca_store *s,
    enum ca_level level, const struct secret *passphrase)
{
	SG_TRY(ca_store_ready(s, level));
	SG_TRY(cert_prepare(s->cert[level]));
	return ca_store_key_of(out, s, level,
	    ca_current(&s->gen[level])->version.key, passphrase);
}

enum sg_err
ca_store_key_place(char **out, const struct ca_store *s, enum ca_level level,
    unsigned number)
{
	auto_str path = NULL;
	auto_done(secret) text = { 0 };

	SG_TRY(ca_lineage_path(&path, s->dir, level, "key", number));
	SG_TRY(ca_key_read(&text, path));
	return ca_key_place(out, secret_bytes(&text));
}
