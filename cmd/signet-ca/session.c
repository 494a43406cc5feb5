/* SPDX-License-Identifier: BSD-2-Clause */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "gesture/terminal.h"
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

static void
keys_close(struct session *s)
{
	for (size_t i = 0; i < s->key_count; i++)
		ca_key_free(s->keys[i].key);
	free(s->keys);
	s->keys = NULL;
	s->key_count = 0;
}

/* What was done is done; the next one writes it there. */
static void
mirror_try(const struct session *s)
{
	enum sg_err e = s->store != NULL ? session_mirror(s) : SG_OK;

	if (e != SG_OK)
		log_warn("audit.log: %s", sg_note(e));
}

void
session_done(struct session *s)
{
	mirror_try(s);
	keys_close(s);
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

/* In the background nobody may read what is typed. */
bool
passphrase_askable(void)
{
	return isatty(STDIN_FILENO) &&
	    tcgetpgrp(STDIN_FILENO) == getpgrp() && terminal_present();
}

enum sg_err
passphrase_ask(struct secret *out, const char *dir)
{
	auto_str label = NULL;

	SG_TRY(str_printf(&label, "Passphrase of the keys in %s", dir));
	SG_TRY(secret_init(out, PASSPHRASE_MAX));
	return terminal_ask(label, out);
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
session_again(struct session *s)
{
	auto_str dir = NULL;

	SG_TRY(str_dup(&dir, s->store->dir));
	mirror_try(s);
	keys_close(s);
	ca_store_free(s->store);
	s->store = NULL;
	return ca_store_open(&s->store, dir);
}

/* As the options have it, or else a person at the terminal. */
static enum sg_err
key_reach(struct ca_key **out, struct session *s, enum ca_level level,
    unsigned number)
{
	enum sg_err e = ca_store_key_of(out, s->store, level, number,
	    s->has_passphrase ? &s->passphrase : NULL);

	if (e != SG_EPIN || s->has_passphrase)
		return e;
	if (!passphrase_askable())
		return sg_while(e, "--passphrase-fd");
	SG_TRY(passphrase_ask(&s->passphrase, s->store->dir));
	s->has_passphrase = true;
	return ca_store_key_of(out, s->store, level, number, &s->passphrase);
}

static enum sg_err
key_open(struct ca_key **out, struct session *s, enum ca_level level,
    unsigned number)
{
	struct opened_key *k;

	for (size_t i = 0; i < s->key_count; i++) {
		k = &s->keys[i];
		if (k->level == level && k->number == number) {
			*out = k->key;
			return SG_OK;
		}
	}
	k = reallocarray(s->keys, s->key_count + 1, sizeof(*k));
	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	s->keys = k;
	k += s->key_count;
	*k = (struct opened_key) { level, number, NULL };
	SG_TRY(key_reach(&k->key, s, level, number));
	s->key_count++;
	*out = k->key;
	return SG_OK;
}

enum sg_err
session_key_check(struct session *s, enum ca_level level, unsigned number)
{
	struct ca_key *key = NULL;

	return key_open(&key, s, level, number);
}

enum sg_err
session_issuer_of(struct ca_issuer *out, struct session *s,
    enum ca_level level, unsigned number)
{
	const struct ca_generation *g;
	struct ca_key *key = NULL;

	SG_TRY(ca_store_ready(s->store, level));
	SG_TRY(key_open(&key, s, level, number));
	g = ca_of_key(&s->store->gen[level], number);
	*out = (struct ca_issuer) { g->cert, ca_key_signer(key), &g->cdp,
		&g->ca_issuers, &g->ocsp };
	return SG_OK;
}

enum sg_err
session_issuer(struct ca_issuer *out, struct session *s, enum ca_level level)
{
	SG_TRY(ca_store_ready(s->store, level));
	return session_issuer_of(out, s, level,
	    ca_current(&s->store->gen[level])->version.key);
}
