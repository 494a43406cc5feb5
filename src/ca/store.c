/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/text.h"
#include "ca/legacy.h"
#include "ca/schema.h"

#define CRL_DAYS	7	/* of a list, unless told otherwise */

static const char *const level_names[CA_LEVELS] = { "root", "issuing" };

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
		cert_free(s->cert[i]);
	db_free(s->db);
	if (s->lock >= 0)
		(void)close(s->lock);
	free(s->dir);
	free(s);
}

static enum sg_err
level_path(char **out, const char *dir, enum ca_level level, const char *file)
{
	return str_printf(out, "%s/%s/%s", dir, level_names[level], file);
}

/* The value ends a line of the configuration. */
static enum sg_err
url_check(const char *url)
{
	for (const char *p = url; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return sg_fail(SG_EARG, "'%.80s' is not a URL", url);
	if (strstr(url, "://") == NULL || strlen(url) > CONF_LINE_MAX / 2)
		return sg_fail(SG_EARG, "'%.80s' is not a URL", url);
	return SG_OK;
}

static enum sg_err
config_urls(struct buf *out, const char *key, const struct texts *urls)
{
	for (size_t i = 0; i < urls->n; i++) {
		SG_TRY(url_check(urls->v[i]));
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
		SG_TRY(buf_printf(out, "\n[%s]\n", level_names[i]));
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
		if (strcmp(l->section, level_names[i]) != 0)
			continue;
		SG_TRY(url_check(l->value));
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
	if (fd < 0)
		return sg_fail(errno == EACCES ? SG_EPERM : SG_EIO, "%s: %s",
		    path, strerror(errno));
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
db_remove(const char *dir)
{
	static const char *const names[] = { "ca.db-wal", "ca.db-shm",
		"ca.db" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		auto_str path = NULL;

		SG_TRY(str_printf(&path, "%s/%s", dir, names[i]));
		SG_TRY(file_remove(path));
	}
	return SG_OK;
}

enum sg_err
ca_store_make(const char *dir, int *lock)
{
	static const char *const folders[] = { "root", "issuing" };
	enum sg_err e;
	int fd = -1;

	SG_TRY(no_ca_yet(dir));
	SG_TRY(folder_make(dir, 0755));
	SG_TRY(lock_open(dir, &fd));
	e = make_alone(dir, fd);
	if (e == SG_OK)
		e = db_remove(dir);
	if (e != SG_OK) {
		(void)close(fd);
		return e;
	}
	*lock = fd;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		auto_str sub = NULL;

		SG_TRY(str_printf(&sub, "%s/%s", dir, folders[i]));
		SG_TRY(folder_make(sub, 0755));
	}
	return SG_OK;
}

enum sg_err
ca_store_put(const char *dir, enum ca_level level, const struct cert *c,
    const struct secret *key)
{
	auto_str cert_path = NULL, *key_path = NULL;
	auto_done(buf) text = { 0 };

	SG_TRY(level_path(&cert_path, dir, level, "cert.pem"));
	SG_TRY(level_path(&key_path, dir, level, "key.pem"));
	SG_TRY(cert_pem(&text, c));
	SG_TRY(file_replace(key_path, secret_bytes(key), 0600));
	return file_replace(cert_path, buf_bytes(&text), 0644);
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

static enum sg_err
cert_load(struct cert **out, const char *path)
{
	auto_done(buf) text = { 0 };

	SG_TRY(file_read(&text, path, CERT_MAX));
	return sg_while(cert_read(out, buf_bytes(&text)), "%s", path);
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
	for (int i = 0; i < CA_LEVELS; i++) {
		auto_str file = NULL;

		SG_TRY(level_path(&file, s->dir, (enum ca_level)i,
		    "cert.pem"));
		SG_TRY(cert_load(&s->cert[i], file));
	}
	SG_TRY(cert_signed_by(s->cert[CA_ISSUING], s->cert[CA_ROOT]));
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

/* A key may be in clear there, so it goes nowhere but into a secret. */
static enum sg_err
key_text(struct secret *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 1;

	if (fd < 0)
		return sg_fail(errno == ENOENT ? SG_ENOENT : SG_EPERM,
		    "%s: %s", path, strerror(errno));
	while (n > 0 && out->n < out->cap) {
		n = read(fd, out->p + out->n, out->cap - out->n);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			out->n += (size_t)n;
	}
	(void)close(fd);
	if (n < 0)
		return sg_fail(SG_EIO, "%s: cannot be read", path);
	if (n > 0)
		return sg_fail(SG_ELIMIT, "%s is larger than %d bytes", path,
		    CA_KEY_KEPT_MAX);
	return SG_OK;
}

enum sg_err
ca_store_key(struct ca_key **out, const struct ca_store *s,
    enum ca_level level, const struct secret *passphrase)
{
	auto_str path = NULL;
	auto_done(secret) text = { 0 };
	auto_done(buf) spki = { 0 };
	auto_free(ca_key) k = NULL;
	const struct ca_key_access access = { passphrase, s->config.tcti };
	struct signer signer;

	SG_TRY(level_path(&path, s->dir, level, "key.pem"));
	SG_TRY(secret_init(&text, CA_KEY_KEPT_MAX));
	SG_TRY(key_text(&text, path));
	SG_TRY(sg_while(ca_key_open(&k, secret_bytes(&text), &access), "%s",
	    path));
	signer = ca_key_signer(k);
	SG_TRY(signer.ops->spki(signer.ctx, &spki));
	if (!cert_fits(s->cert[level], buf_bytes(&spki)))
		return sg_fail(SG_EVERIFY, "%s is not the key of %s", path,
		    s->cert[level]->subject);
	SG_TRY(cert_prepare(s->cert[level]));
	*out = k;
	k = NULL;
	return SG_OK;
}
