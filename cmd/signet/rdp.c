/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys.h"
#include "options.h"
#include "output.h"
#include "paths.h"
#include "signin/session.h"
#include "verb.h"

#define CLIENT_DEFAULT	"xfreerdp3"
#define PORT_MAX	65535

struct rdp {
	struct pin_options pin;
	const char *credential;
	bool remote_guard;
	bool verbose;
	bool dry_run;
	const char *module;
	struct key_options keys;
	struct session_ask ask;
};

static void
rdp_done(struct rdp *r)
{
	pin_options_done(&r->pin);
}

/* The log quotes what the host says. */
static void
show_line(void *arg, const char *line)
{
	const struct rdp *r = arg;

	if (!r->ask.verbose)
		progress(NULL);
	for (; *line != '\0'; line++)
		(void)fputc((unsigned char)*line < 0x20 && *line != '\t' ?
		    '?' : *line, stderr);
	(void)fputc('\n', stderr);
}

static enum sg_err
credential_parse(enum rdp_credential *out, const char *word)
{
	if (strcmp(word, "smartcard") == 0)
		*out = RDP_CREDENTIAL_SMARTCARD;
	else if (strcmp(word, "kerberos") == 0)
		*out = RDP_CREDENTIAL_KERBEROS;
	else
		return sg_fail(SG_EARG, "--credential is smartcard or "
		    "kerberos, not '%s'", word);
	return SG_OK;
}

/* The command line wins over the host's section, that over [rdp]. */
static enum sg_err
choose_credential(struct rdp *r)
{
	const struct config *c = &r->pin.config;
	const struct config_host *h = config_host_find(c, r->ask.host);
	enum rdp_credential *out = &r->ask.credential;

	r->ask.remote_guard = r->remote_guard;
	if (r->credential != NULL)
		return credential_parse(out, r->credential);
	if (h != NULL && h->remote_guard_set && h->remote_guard)
		r->ask.remote_guard = true;
	*out = RDP_CREDENTIAL_SMARTCARD;
	if (r->ask.remote_guard)
		*out = RDP_CREDENTIAL_KERBEROS;
	else if (h != NULL && h->credential != RDP_CREDENTIAL_DEFAULT)
		*out = h->credential;
	else if (c->credential != RDP_CREDENTIAL_DEFAULT)
		*out = c->credential;
	return SG_OK;
}

static enum sg_err
parse(struct rdp *r, int argc, char **argv)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "credential", .text = &r->credential },
		{ .name = "remote-guard", .flag = &r->remote_guard },
		{ .name = "cert", .text = &r->ask.cert },
		{ .name = "user", .text = &r->ask.user },
		{ .name = "port", .number = &r->ask.port, .max = PORT_MAX },
		{ .name = "module", .text = &r->module },
		{ .name = "verbose", .flag = &r->ask.verbose },
		{ .name = "dry-run", .flag = &r->dry_run },
		{ .name = "no-card", .flag = &r->ask.no_card },
		{ .name = "card-pin-fd", .fd = &r->keys.card_pin_fd },
		PIN_OPTION_ROWS(&r->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	r->ask.extra = a.rest;
	r->ask.extra_count = (size_t)a.rest_n;
	a.rest_n = 0;
	SG_TRY(arguments_check(&a, 1, 1, "one HOST"));
	r->ask.host = a.v[0];
	SG_TRY(pin_options_load(&r->pin));
	return choose_credential(r);
}

static enum sg_err
print_plan(const struct session *s)
{
	auto_done(buf) b = { 0 };

	SG_TRY(session_plan(s, &b));
	(void)fwrite(b.p, 1, b.n, stdout);
	return SG_OK;
}

/* Before anybody types a PIN in vain. */
static enum sg_err
check_module(const char *path)
{
	if (access(path, R_OK) == 0)
		return SG_OK;
	return sg_fail(SG_ENOENT, "Signet's PKCS#11 module cannot be read at"
	    " %s; install it, or name it with --module", path);
}

/* Until the window is there nothing else shows that something goes on. */
static enum sg_err
show_desktop(const struct session *s, const struct rdp *r)
{
	enum sg_err e;

	if (r->ask.verbose)
		return session_run(s);
	progress("Signing in; the desktop has a window of its own...");
	e = session_run(s);
	progress(NULL);
	return e;
}

/* With a card's key the container stays closed. */
static enum sg_err
sign_in_by_card(const struct session *s, struct rdp *r, struct client *c,
    const struct key_object *key, const char *why)
{
	auto_done(ksp_place) place = { 0 };
	auto_done(secret) pin = { 0 };
	struct session_card card = { .id = buf_bytes(&key->token_id) };
	auto_done(keys) k = { 0 };

	keys_init(&k, c, &r->pin, &r->keys, why);
	SG_TRY(ksp_key_place(&k.ksp, key, &place, &pin));
	card.module = place.module;
	card.slot = place.slot;
	card.pin = pin.n > 0 ? &pin : NULL;
	r->ask.card = &card;
	return show_desktop(s, r);
}

static enum sg_err
sign_in(const struct session *s, struct rdp *r, struct client *c)
{
	const struct key_object *key;
	auto_str why = NULL;

	SG_TRY(session_key(s, &key));
	SG_TRY(session_check_client(s));
	SG_TRY(session_check_card(s));
	SG_TRY(str_printf(&why, "Sign in to %s as %s@%s.", r->ask.host,
	    s->who.user, s->who.domain));
	if (key->provider == KSP_SMARTCARD)
		return sign_in_by_card(s, r, c, key, why);
	SG_TRY(check_module(r->module));
	SG_TRY(pin_login(c, &r->pin, why, NULL));
	return show_desktop(s, r);
}

static const char *
one_reader(void)
{
	const char *set = secure_getenv("SIGNET_ONE_READER");

	return set != NULL && *set != '\0' ? set : SIGNET_ONE_READER_DIR;
}

static enum sg_err
rdp(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(objects) objects = { 0 };
	auto_done(session) s = { 0 };
	auto_done(rdp) r = { .pin = PIN_OPTIONS_INIT,
		.keys = KEY_OPTIONS_INIT, .module = SIGNET_MODULE,
		.ask = { .client = CLIENT_DEFAULT, .line = show_line } };

	SG_TRY(parse(&r, argc, argv));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &objects));
	r.ask.arg = &r;
	r.ask.objects = &objects;
	r.ask.daemon = c;
	r.ask.module = r.module;
	r.ask.pcsc = one_reader();
	r.ask.kdc_hostname = r.pin.config.kdc_hostname;
	if (r.pin.config.rdp_client != NULL)
		r.ask.client = r.pin.config.rdp_client;
	SG_TRY(session_init(&s, &r.ask));
	return r.dry_run ? print_plan(&s) : sign_in(&s, &r, c);
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(rdp(argc, argv), "rdp"));
}

const struct cli_verb cli_rdp = {
	.name = "rdp",
	.summary = "signs in to a remote desktop with a certificate",
	.usage = "rdp [OPTION]... HOST [-- FREERDP-OPTION...]\n",
	.text = "HOST is a name, never an address. Two credentials:\n\n"
		"  smartcard  (default) the host gets your card, redirected,"
		" and a session PIN of\n             a few minutes; for Windows"
		" and Linux hosts\n"
		"  kerberos   no card and no PIN leave this machine; for Linux"
		" hosts, and with\n"
		"             --remote-guard for Windows hosts, which need it\n\n"
		"  --credential WORD  smartcard or kerberos\n"
		"  --remote-guard     kerberos with Remote Credential Guard\n"
		"  --cert WHICH       a certificate's label or fingerprint\n"
		"  --user USER        whom to sign in as, where the certificate"
		" fits several\n"
		"  --port N           the host's port (3389)\n"
		"  --verbose          show what FreeRDP and Kerberos log\n"
		"  --no-card          smartcard without the card: for Linux"
		" hosts, where no card\n"
		"                     service runs here\n"
		"  --dry-run          show what would be done, and do nothing\n"
		"  --module FILE      another PKCS#11 module than the installed"
		" one\n"
		"  --card-pin-fd N    read a card's PIN from this file"
		" descriptor\n"
		"  --pin-fd N         read the PIN from this file descriptor\n"
		"  --pinentry PATH    ask with this program\n\n"
		"What stands behind -- goes to FreeRDP as it is.\n",
	.run = run,
};
