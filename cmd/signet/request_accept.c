/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>

#include "enroll/accept.h"
#include "options.h"
#include "output.h"
#include "request_verb.h"
#include "stored.h"
#include "taking.h"
#include "trust_root.h"

/* Differences that do not matter enough to refuse it. */
static void
print_notes(const struct accept *a)
{
	for (size_t i = 0; i < a->notes.n; i++)
		(void)printf("Note: %s.\n", a->notes.v[i]);
}

/* Objections end it, unless it is forced. */
static enum sg_err
judge(const struct accept *a, bool force)
{
	auto_str all = NULL;

	if (a->objections.n == 0)
		return SG_OK;
	SG_TRY(texts_join(&all, &a->objections));
	if (!force)
		return sg_fail(SG_EVERIFY, "the certificate is not what it"
		    " should be: %s (--force takes it all the same)", all);
	(void)printf("Taken by force: %s.\n", all);
	return SG_OK;
}

static enum sg_err
print_done(const struct accept *a, const struct objects *have,
    const char *label)
{
	auto_str chosen = NULL;
	char until[DATE_TEXT_MAX];

	SG_TRY(label != NULL ? str_dup(&chosen, label)
			     : accept_label(&chosen, a->leaf, have));
	date_text(until, a->leaf->not_after);
	(void)printf("Installed: '%s', valid until %s, for the key '%s' of the"
	    " %s.\n", chosen, until, a->key->name,
	    provider_name(a->key->provider));
	if (!a->root_known)
		(void)printf("Trusted: the root '%s'.\n",
		    accept_root(a)->subject);
	/* The container's card shows passport keys only. */
	(void)printf("Next: signet rdp %sHOST\n",
	    a->key->provider == KSP_PASSPORT ? "" : "--credential kerberos ");
	return SG_OK;
}

/* Where programs that use the card by its own module look for it. */
static enum sg_err
onto_card(struct keys *k, const struct accept *a, const struct objects *have,
    const char *label)
{
	auto_str own = NULL;

	SG_TRY(label != NULL ? str_dup(&own, label)
			     : accept_label(&own, a->leaf, have));
	return card_store_cert(&k->ksp, a->key, own,
	    buf_bytes(&a->leaf->der));
}

enum sg_err
take(struct client *c, const struct taking *t, const struct accept *a,
    const struct objects *have)
{
	auto_done(keys) keys = { 0 };

	SG_TRY(judge(a, t->force));
	if (!a->root_known)
		SG_TRY(trust_root(&t->pin, accept_root(a), t->trust));
	keys_init(&keys, c, &t->pin, &t->keys, "To install the certificate.");
	if (a->key->provider == KSP_SMARTCARD)
		SG_TRY(onto_card(&keys, a, have, t->label));
	if (accept_wants_login(a, have))
		SG_TRY(keys_login(&keys));
	SG_TRY(accept_install(c, a, have, t->label));
	print_notes(a);
	return print_done(a, have, t->label);
}

void
taking_done(struct taking *t)
{
	pin_options_done(&t->pin);
	certs_done(&t->given);
}

enum sg_err
taking_parse(struct taking *t, int argc, char **argv)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "trust-root", .flag = &t->trust },
		{ .name = "label", .text = &t->label },
		{ .name = "force", .flag = &t->force },
		KEY_OPTION_ROWS(&t->keys),
		PIN_OPTION_ROWS(&t->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, argc, "at least one FILE"));
	SG_TRY(pin_options_load(&t->pin));
	return certs_load(&t->given, a.v, a.n);
}

enum sg_err
request_accept(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(taking) t = TAKING_INIT;
	auto_done(objects) have = { 0 };
	auto_done(accept) a = { 0 };

	SG_TRY(taking_parse(&t, argc, argv));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &have));
	SG_TRY(accept_check(&a, &t.given, &have, time(NULL)));
	if (a.request == NULL)
		return sg_fail(SG_ENOENT, "no request waits for the certificate"
		    " of '%s' ('signet cert import' takes it without)",
		    a.leaf->subject);
	return take(c, &t, &a, &have);
}
