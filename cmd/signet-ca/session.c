/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "verb.h"

#define PASSPHRASE_MAX	1024

int64_t
clock_now(void)
{
	return (int64_t)time(NULL);
}

enum sg_err
mirror_open(struct ca_mirror *m, const char *dir)
{
	auto_str path = NULL;

	SG_TRY(str_printf(&path, "%s/audit.log", dir));
	return ca_mirror_open(m, path);
}

enum sg_err
session_mirror(const struct session *s)
{
	auto_done(ca_mirror) m = { .fd = -1 };

	SG_TRY(mirror_open(&m, s->store->dir));
	return ca_mirror_update(&m, s->store->db);
}

void
session_done(struct session *s)
{
	enum sg_err e = s->store != NULL ? session_mirror(s) : SG_OK;

	/* What was done is done; the next one writes it there. */
	if (e != SG_OK)
		log_warn("audit.log: %s", sg_note(e));
	for (int i = 0; i < CA_LEVELS; i++)
		ca_key_free(s->key[i]);
	secret_done(&s->passphrase);
	ca_store_free(s->store);
	free(s->who);
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

enum sg_err
officer_name(char **out)
{
	const struct passwd *p = getpwuid(getuid());

	if (p == NULL)
		return str_printf(out, "uid %u", (unsigned)getuid());
	return str_dup(out, p->pw_name);
}

enum sg_err
session_open(struct session *s, const struct options *o)
{
	SG_TRY(officer_name(&s->who));
	SG_TRY(ca_store_open(&s->store, o->dir));
	return passphrase_read(&s->passphrase, &s->has_passphrase, o);
}

struct ca_act
session_act(const struct session *s)
{
	return (struct ca_act) { s->who, clock_now() };
}

enum sg_err
session_template(struct template *out, const struct session *s,
    const char *name)
{
	return ca_template_published(out, s->store, name);
}

enum sg_err
session_issuer(struct ca_issuer *out, struct session *s, enum ca_level level)
{
	const struct ca_config *c = &s->store->config;

	if (s->key[level] == NULL)
		SG_TRY(ca_store_key(&s->key[level], s->store, level,
		    s->has_passphrase ? &s->passphrase : NULL));
	*out = (struct ca_issuer) { s->store->cert[level],
		ca_key_signer(s->key[level]), &c->cdp[level],
		&c->ca_issuers[level], &c->ocsp[level] };
	return SG_OK;
}
