/* SPDX-License-Identifier: BSD-2-Clause */

/* The questions of init, each with an answer that Enter gives. */

#include "init.h"

#include <string.h>
#include <unistd.h>

#include "gesture/terminal.h"
#include "net/listen.h"
#include "pki/name.h"

#define FOLDER		"ca"
#define NOTHING		"none"
#define ANSWER_MAX	900	/* bytes; a line of ca.conf holds it */
#define PASSPHRASE_MAX	1024
#define HOST_LEN	256

bool
init_asks(const struct options *o)
{
	for (int i = OPT_DIR; i < OPT_BEYOND; i++)
		if (o->said[i - OPT_DIR] && i != OPT_DIR)
			return false;
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	    terminal_present();
}

/* SG_EARG asks again. */
typedef enum sg_err check_fn(const char *answer);

static enum sg_err
ask(const char **out, struct options *o, const char *label,
    const char *usual, check_fn *check)
{
	auto_done(secret) line = { 0 };
	auto_str question = NULL;

	SG_TRY(str_printf(&question, "%s [%s]: ", label, usual));
	SG_TRY(secret_init(&line, ANSWER_MAX));
	for (;;) {
		auto_str answer = NULL;
		enum sg_err e;

		SG_TRY(terminal_line(question, &line));
		SG_TRY(str_from_bytes(&answer, line.n > 0
		    ? secret_bytes(&line) : bytes_str(usual)));
		e = check(answer);
		if (e == SG_OK)
			return options_keep(out, o, answer);
		if (e != SG_EARG)
			return e;
		SG_TRY(terminal_say(sg_note(e)));
	}
}

/* --- what an answer must be --- */

static enum sg_err
folder_check(const char *answer)
{
	if (ca_store_there(answer) == SG_OK)
		return sg_fail(SG_EARG, "there is a CA in %s already", answer);
	return SG_OK;
}

static enum sg_err
role_check(const char *answer)
{
	bool has[CA_LEVELS];

	if (init_role_parse(has, answer) == SG_OK)
		return SG_OK;
	return sg_fail(SG_EARG, "both, root or issuing");
}

/* A name alone is a common name. */
static enum sg_err
full_name(char **out, const char *answer)
{
	if (strchr(answer, '=') != NULL)
		return str_dup(out, answer);
	return str_printf(out, "CN=%s", answer);
}

static enum sg_err
name_check(const char *answer)
{
	auto_done(buf) der = { 0 };
	auto_str name = NULL;

	SG_TRY(full_name(&name, answer));
	return name_parse(&der, name);
}

static enum sg_err
host_check(const char *answer)
{
	if (strcmp(answer, NOTHING) == 0)
		return SG_OK;
	return init_host_check(answer);
}

static enum sg_err
key_check(const char *answer)
{
	struct ca_key_type type;

	return ca_key_type_parse(&type, answer);
}

static enum sg_err
place_check(const char *answer)
{
	if (strcmp(answer, "file") == 0 || strcmp(answer, "tpm") == 0 ||
	    strncmp(answer, "pkcs11:", strlen("pkcs11:")) == 0)
		return SG_OK;
	return sg_fail(SG_EARG, "file, tpm, or a token's URI: "
	    "pkcs11:token=...;object=...");
}

static enum sg_err
anything(const char *answer)
{
	(void)answer;
	return SG_OK;
}

/* --- the questions --- */

static enum sg_err
ask_folder(struct options *o, const char *said)
{
	if (said != NULL && folder_check(said) != SG_OK)
		return sg_fail(SG_EEXIST, "there is a CA in %s already", said);
	SG_TRY(terminal_say("A certification authority is made, in a folder."
	    " Enter takes what stands in\nbrackets, Ctrl-C ends it; nothing is"
	    " made before the last question.\n"));
	if (said != NULL)
		return options_keep(&o->dir, o, said);
	return ask(&o->dir, o, "Folder", FOLDER, folder_check);
}

static enum sg_err
ask_role(struct options *o, bool has[CA_LEVELS])
{
	SG_TRY(terminal_say("\nboth:    a root and an issuing CA below it\n"
	    "root:    a root alone, which can stay off the network\n"
	    "issuing: an issuing CA alone; another CA signs its request"));
	SG_TRY(ask(&o->role, o, "Role", "both", role_check));
	return init_role_parse(has, o->role);
}

static enum sg_err
ask_name(struct options *o, const bool has[CA_LEVELS])
{
	const char *answer = NULL;
	auto_str name = NULL;

	SG_TRY(terminal_say("\nCertificates say who issued them, as \"Corp "
	    "Issuing CA\" or, in full,\n\"CN=Corp Issuing "
	    "CA,DC=corp,DC=example\"."));
	SG_TRY(has[CA_ISSUING]
	    ? ask(&answer, o, "Name of the issuing CA", "Signet Issuing CA",
		name_check)
	    : ask(&answer, o, "Name of the root", "Signet Root CA",
		name_check));
	SG_TRY(full_name(&name, answer));
	return options_keep(&o->name, o, name);
}

/* This machine's, if it has a domain. */
static const char *
host_usual(char host[HOST_LEN])
{
	if (gethostname(host, HOST_LEN) == 0 &&
	    memchr(host, '\0', HOST_LEN) != NULL && strchr(host, '.') != NULL &&
	    init_host_check(host) == SG_OK)
		return host;
	return NOTHING;
}

static enum sg_err
ask_host(struct options *o)
{
	char host[HOST_LEN];

	SG_TRY(terminal_say("\nCertificates say where revocation lists, the "
	    "CA's certificate and OCSP are\nfetched: http://HOST/... Active "
	    "Directory insists on that. It cannot be added\nlater to what was "
	    "issued. A port other than 80 goes behind it, HOST:8080."));
	SG_TRY(ask(&o->host, o, "Host", host_usual(host), host_check));
	if (strcmp(o->host, NOTHING) == 0)
		o->host = NULL;
	return SG_OK;
}

static enum sg_err
ask_keys(struct options *o, const bool has[CA_LEVELS])
{
	SG_TRY(terminal_say("\nrsa2048, rsa3072 and rsa4096 are understood "
	    "everywhere, p256 and p384 sign faster."));
	SG_TRY(ask(&o->key, o, "Type of the keys", "rsa3072", key_check));
	SG_TRY(terminal_say("\nA key is made in a file, in the TPM (tpm), or "
	    "in a token (its PKCS#11 URI), and\nstays there."));
	if (has[CA_ISSUING])
		SG_TRY(ask(&o->key_at, o, "Place of the issuing CA's key",
		    "file", place_check));
	if (has[CA_ROOT])
		SG_TRY(ask(&o->root_key_at, o, "Place of the root's key",
		    "file", place_check));
	return SG_OK;
}

static enum sg_err
ask_twice(struct secret *out)
{
	auto_done(secret) again = { 0 };

	SG_TRY(secret_init(&again, PASSPHRASE_MAX));
	for (;;) {
		SG_TRY(terminal_ask("Passphrase", out));
		if (out->n == 0)
			return SG_OK;
		SG_TRY(terminal_ask("The same again", &again));
		if (bytes_eq_secret(secret_bytes(out), secret_bytes(&again)))
			return SG_OK;
		SG_TRY(terminal_say("The two differ; please try again."));
	}
}

static enum sg_err
ask_passphrase(struct secret *out)
{
	SG_TRY(terminal_say("\nThe passphrase encrypts keys in files and "
	    "guards those in the TPM; for a token\nit is the PIN. Whoever "
	    "starts the server types it. Without one (Enter), it\nstarts by "
	    "itself, and who can read the folder is the CA."));
	SG_TRY(secret_init(out, PASSPHRASE_MAX));
	return ask_twice(out);
}

static enum sg_err
ask_doors(struct options *o)
{
	auto_str usual = NULL;

	SG_TRY(init_listen_default(&usual, o->host));
	SG_TRY(terminal_say("\n'signet-ca serve' serves all that by HTTP; "
	    "0.0.0.0 is every address."));
	return ask(&o->listen, o, "Listens at", usual, listen_check);
}

static enum sg_err
ask_request(struct options *o)
{
	auto_str usual = NULL;

	SG_TRY(str_printf(&usual, "%s.req", o->dir));
	SG_TRY(terminal_say("\nThe other CA gets a request."));
	return ask(&o->request_out, o, "File for the request", usual,
	    anything);
}

static enum sg_err
ask_all(struct options *o, struct secret *passphrase, const char *dir)
{
	bool has[CA_LEVELS];

	SG_TRY(ask_folder(o, dir));
	SG_TRY(ask_role(o, has));
	SG_TRY(ask_name(o, has));
	SG_TRY(ask_host(o));
	SG_TRY(ask_keys(o, has));
	SG_TRY(ask_passphrase(passphrase));
	if (has[CA_ISSUING])
		SG_TRY(ask_doors(o));
	if (!has[CA_ROOT])
		SG_TRY(ask_request(o));
	return SG_OK;
}

/* --- what will be made --- */

static enum sg_err
show_ca(struct buf *out, const struct init_plan *p, enum ca_level level,
    bool open)
{
	const struct ca_config *c = &p->config;
	const char *place = p->place[level];

	if (!p->has[level])
		return SG_OK;
	SG_TRY(buf_printf(out, "  %s\n    key          %s, %s%s\n",
	    p->name[level], p->key, place,
	    open && strcmp(place, "file") == 0 ? ", not encrypted" : ""));
	for (size_t i = 0; i < c->cdp[level].n; i++)
		SG_TRY(buf_printf(out, "    CRL          %s\n",
		    c->cdp[level].v[i]));
	for (size_t i = 0; i < c->ca_issuers[level].n; i++)
		SG_TRY(buf_printf(out, "    certificate  %s\n",
		    c->ca_issuers[level].v[i]));
	for (size_t i = 0; i < c->ocsp[level].n; i++)
		SG_TRY(buf_printf(out, "    OCSP         %s\n",
		    c->ocsp[level].v[i]));
	return SG_OK;
}

static enum sg_err
confirm(const struct options *o, bool open)
{
	auto_done(init_plan) p = { 0 };
	auto_done(buf) all = { 0 };

	SG_TRY(init_plan_make(&p, o));
	SG_TRY(buf_printf(&all, "\nThis is made in %s:\n", o->dir));
	SG_TRY(show_ca(&all, &p, CA_ROOT, open));
	SG_TRY(show_ca(&all, &p, CA_ISSUING, open));
	if (p.listen != NULL)
		SG_TRY(buf_printf(&all, "  served at %s\n", p.listen));
	if (o->host != NULL)
		SG_TRY(buf_printf(&all, "(%%4 and %%8 become (1) and so on "
		    "when the CA is renewed.)\n"));
	SG_TRY(buf_terminate(&all));
	SG_TRY(terminal_say((const char *)all.p));
	return terminal_confirm("Make it?");
}

enum sg_err
init_ask(struct options *out, struct secret *passphrase,
    const struct options *said)
{
	SG_TRY(ask_all(out, passphrase, said->dir));
	return confirm(out, passphrase->n == 0);
}
