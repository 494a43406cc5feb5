/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/log.h"
#include "verb.h"

#define PASSPHRASE_MAX	1024

int64_t
clock_now(void)
{
	return (int64_t)time(NULL);
}

void
session_done(struct session *s)
{
	for (int i = 0; i < CA_LEVELS; i++)
		pkey_free(s->key[i]);
	secret_done(&s->passphrase);
	ca_store_free(s->store);
	*s = (struct session) { 0 };
}

enum sg_err
passphrase_read(struct secret *out, bool *has, const struct options *o)
{
	*has = o->passphrase_fd >= 0;
	if (!*has)
		return SG_OK;
	SG_TRY(secret_init(out, PASSPHRASE_MAX));
	SG_TRY(sg_while(file_read_secret_line(out, o->passphrase_fd),
	    "--passphrase-fd"));
	if (out->n == 0)
		return sg_fail(SG_EARG, "--passphrase-fd: an empty line");
	return SG_OK;
}

static enum sg_err
audit_open(const char *dir)
{
	auto_str path = NULL;
	int fd;

	SG_TRY(str_printf(&path, "%s/audit.log", dir));
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	audit_set_fd(fd);
	return SG_OK;
}

enum sg_err
session_open(struct session *s, const struct options *o)
{
	SG_TRY(ca_store_open(&s->store, o->dir));
	SG_TRY(audit_open(o->dir));
	return passphrase_read(&s->passphrase, &s->has_passphrase, o);
}

enum sg_err
session_issuer(struct ca_issuer *out, struct session *s, enum ca_level level)
{
	const struct ca_config *c = &s->store->config;

	if (s->key[level] == NULL)
		SG_TRY(ca_store_key(&s->key[level], s->store, level,
		    s->has_passphrase ? &s->passphrase : NULL));
	*out = (struct ca_issuer) { s->store->cert[level],
		pkey_signer(s->key[level]), &c->cdp[level],
		&c->ca_issuers[level] };
	return SG_OK;
}
