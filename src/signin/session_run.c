/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "ipc/client_card.h"
#include "pcsc/reader.h"
#include "signin/child.h"
#include "signin/krb5_conf.h"
#include "signin/private_folder.h"
#include "signin/tgt.h"
#include "signin/trust.h"

#define KEPT_LINES	6	/* of the log, for a vague failure */
#define CLIENT_MAJOR	3	/* the FreeRDP version whose options we use */

/* FreeRDP connects once or twice, and gets two tickets each time; the other
 * uses are the host's. */
#define SESSION_SECONDS	300
#define SESSION_USES	8
#define CARD_WAIT_MS	5000	/* until the reader shows it */
#define CARD_LOOK_MS	50

/* What lives while the sign-in runs. */
struct running {
	const struct session *s;
	struct private_folder folder;
	struct trust trust;
	char *krb5_config;
	char *ccache;
	struct secret pin;		/* a session PIN */
	bool bound;			/* ... and the card is bound to it */
	char reader[CARD_READER_MAX];	/* "": none is redirected */
	struct diagnosis diagnosis;
	char *kept[KEPT_LINES];
	size_t seen;
};

static void
running_done(struct running *r)
{
	/* Over, or signetd is: then it is over, too. */
	if (r->bound)
		SG_IGNORE(client_session_pin_end(r->s->ask->daemon));
	secret_done(&r->pin);
	for (size_t i = 0; i < KEPT_LINES; i++)
		free(r->kept[i]);
	free(r->ccache);
	free(r->krb5_config);
	trust_done(&r->trust);
	private_folder_done(&r->folder);
}

static void
keep(struct running *r, const char *line)
{
	char **at = &r->kept[r->seen % KEPT_LINES];

	free(*at);
	/* Without memory a line is missing, no more. */
	*at = strdup(line);
	r->seen++;
}

static void
heard(void *arg, const char *line)
{
	struct running *r = arg;
	const struct session_ask *ask = r->s->ask;

	diagnose_line(&r->diagnosis, line);
	if (ask->verbose)
		ask->line(ask->arg, line);
	else if (strstr(line, "[ERROR]") != NULL)
		keep(r, line);
}

static void
tell_kept(const struct running *r)
{
	const struct session_ask *ask = r->s->ask;

	if (!diagnosis_is_vague(&r->diagnosis))
		return;
	for (size_t i = 0; i < KEPT_LINES; i++) {
		const char *line = r->kept[(r->seen + i) % KEPT_LINES];

		if (line != NULL)
			ask->line(ask->arg, line);
	}
}

static void
tell_cause(const struct running *r)
{
	const struct session_ask *ask = r->s->ask;
	auto_str line = NULL;

	if (ask->verbose && str_printf(&line, "diagnosis: %s",
	    cause_name(r->diagnosis.cause)) == SG_OK)
		ask->line(ask->arg, line);
	tell_kept(r);
}

/* e is what the caller does with it, the note what the person reads. */
static enum sg_err
fail_diagnosed(const struct running *r, enum sg_err e)
{
	const struct session *s = r->s;
	auto_done(buf) words = { 0 };
	auto_str user = NULL;
	struct diagnose_about about = {
		.host = s->ask->host, .realm = s->who.realm,
		.cert = s->cert->label,
	};

	tell_cause(r);
	SG_TRY(str_printf(&user, "%s@%s", s->who.user, s->who.realm));
	about.user = user;
	SG_TRY(diagnose_words(&r->diagnosis, &about, &words));
	SG_TRY(buf_terminate(&words));
	return sg_fail(e, "%s", words.p);
}

static enum sg_err
write_config(struct running *r)
{
	const struct session *s = r->s;
	auto_done(kdc_names) kdcs = { 0 };
	auto_done(buf) text = { 0 };
	auto_str path = NULL;
	struct krb5_conf conf = { .realm = s->who.realm, .kdcs = &kdcs };

	SG_TRY(kdc_names_find(&kdcs, s->who.realm, s->ask->kdc_hostname));
	SG_TRY(trust_write(&r->trust, &r->folder, s->ask->objects));
	conf.anchors = r->trust.anchors;
	conf.pool = r->trust.pool;
	SG_TRY(krb5_conf_text(&text, &conf));
	SG_TRY(private_folder_write(&r->folder, "krb5.conf",
	    buf_bytes(&text), &path));
	return krb5_conf_paths(path, &r->krb5_config);
}

static enum sg_err
check_anchors(struct running *r)
{
	const struct session *s = r->s;
	bool any = false;

	SG_TRY(krb5_conf_has_anchors(r->krb5_config, s->who.realm, &any));
	if (any)
		return SG_OK;
	r->diagnosis.cause = CAUSE_NO_ANCHORS;
	return fail_diagnosed(r, SG_EVERIFY);
}

static enum sg_err
choose_ccache(struct running *r)
{
	auto_str path = NULL;

	/* FreeRDP would take a ticket of the person's own cache instead of
	 * getting one with the certificate. */
	if (r->s->ask->credential == RDP_CREDENTIAL_SMARTCARD)
		return str_dup(&r->ccache, "MEMORY:signet");
	SG_TRY(private_folder_path(&r->folder, "ccache", &path));
	return str_printf(&r->ccache, "FILE:%s", path);
}

/* The key as its record says: by our module, or by that of its card. */
static enum sg_err
key_identity(const struct session *s, char **out)
{
	const struct session_card *card = s->ask->card;
	auto_str id = NULL;

	if (card == NULL)
		return tgt_module_identity(s->ask->module, s->cert->id_hex,
		    out);
	SG_TRY(hex_encode(&id, card->id));
	return tgt_slot_identity(card->module, card->slot, id, out);
}

static enum sg_err
get_ticket(struct running *r)
{
	const struct session *s = r->s;
	auto_str identity = NULL;
	struct tgt tgt = { 0 };
	struct tgt_ask ask = {
		.who = &s->who, .config = r->krb5_config,
		.ccache = r->ccache, .line = heard, .arg = r,
	};
	enum sg_err e;

	SG_TRY(key_identity(s, &identity));
	ask.identity = identity;
	if (s->ask->card != NULL)
		ask.pin = s->ask->card->pin;
	/* For the module, which libkrb5 loads into this process: the login
	 * that it finds is ours, and it shows one certificate. */
	if (setenv("SIGNET_PIN_ENTRY", "protected", 1) != 0 ||
	    setenv("SIGNET_CERT", s->cert->fingerprint, 1) != 0)
		return sg_fail(SG_ENOMEM, "out of memory");
	e = tgt_get(&ask, &tgt);
	if (e == SG_OK && s->ask->remote_guard && !tgt.forwardable) {
		r->diagnosis.cause = CAUSE_NOT_FORWARDABLE;
		e = SG_EVERIFY;
	}
	diagnose_end(&r->diagnosis, 0);
	return e == SG_OK ? SG_OK : fail_diagnosed(r, e);
}

static enum sg_err
client_environment(const struct running *r, struct environment *e)
{
	struct rdp_environment own = {
		.krb5_config = r->krb5_config, .ccache = r->ccache,
		.trust = r->trust.both,
		.cert = r->s->cert->fingerprint,
		.card = r->reader[0] != '\0',
	};

	if (r->s->ask->credential == RDP_CREDENTIAL_SMARTCARD)
		own.pcsc = r->s->ask->pcsc;
	if (own.card)
		own.reader = r->reader;

	SG_TRY(environment_init(e, environ));
	return rdp_environment(&own, e);
}

/* 9A shows the certificate that signs in, whatever else there is. */
static enum sg_err
get_session_pin(struct running *r)
{
	const struct session_pin_ask ask = { .seconds = SESSION_SECONDS,
		.uses = SESSION_USES, .bound = true,
		.cert = buf_bytes(&r->s->cert->cert->der) };
	uint32_t left;

	SG_TRY(sg_while(client_session_pin(r->s->ask->daemon, &ask, &r->pin,
	    &left), "a session PIN for the host"));
	r->bound = true;
	return SG_OK;
}

static enum sg_err
no_card(enum sg_err e)
{
	auto_str why = NULL;

	if (e == SG_OK)
		return SG_OK;
	SG_TRY(str_dup(&why, sg_note(e)));
	return sg_fail(e == SG_ETIMEOUT ? SG_EIO : e, "%s; without a card "
	    "--no-card signs in to Linux hosts, --credential kerberos with a "
	    "ticket", why);
}

/* A card that shows something else than before is another card, and takes the
 * place of the old one. */
static enum sg_err
wait_told(struct client *c, uint32_t *slot)
{
	const struct timespec pause = { 0, CARD_LOOK_MS * 1000000L };

	for (int i = 0; i < CARD_WAIT_MS / CARD_LOOK_MS; i++) {
		auto_done(card_status) card = { 0 };

		SG_TRY(client_card_status(c, &card));
		if (card.slot == CARD_NO_SLOT)
			return sg_fail(SG_EBUSY, "another user's card is in "
			    "the reader, and no slot is left (slots in [card] "
			    "of signetd.conf)");
		*slot = card.slot;
		if (card.told)
			return SG_OK;
		(void)nanosleep(&pause, NULL);
	}
	return sg_fail(SG_EIO, "the card service does not run (systemctl "
	    "start signet-card.socket, then systemctl restart pcscd.socket; "
	    "systemctl status signet-card)");
}

static enum sg_err
show_card(struct running *r)
{
	uint32_t slot = CARD_NO_SLOT;

	SG_TRY(no_card(wait_told(r->s->ask->daemon, &slot)));
	card_reader_name(slot, r->reader);
	return no_card(reader_wait_card(r->reader, CARD_WAIT_MS));
}

/* Without it the host would get at every reader. */
static enum sg_err
check_pcsc(const char *folder)
{
	auto_str path = NULL;

	/* Else it is a list of folders, or one that depends on where we are. */
	if (folder[0] != '/' || strpbrk(folder, ":;") != NULL)
		return sg_fail(SG_EARG, "%s: no folder for a library",
		    folder);
	SG_TRY(str_printf(&path, "%s/libpcsclite.so.1", folder));
	if (access(path, R_OK) == 0)
		return SG_OK;
	return sg_fail(SG_ENOENT, "%s cannot be read, which keeps your other "
	    "card readers from the host; install it", path);
}

enum sg_err
session_check_card(const struct session *s)
{
	auto_done(card_status) card = { 0 };
	char reader[CARD_READER_MAX];

	if (s->ask->credential != RDP_CREDENTIAL_SMARTCARD)
		return SG_OK;
	SG_TRY(check_pcsc(s->ask->pcsc));
	SG_TRY(client_card_status(s->ask->daemon, &card));
	if (card.use == CARD_USE_NONE)
		return sg_fail(SG_EPERM, "there are no emulated cards on this "
		    "machine (emulation in [card] of signetd.conf), so no "
		    "smartcard credential either; use --credential kerberos");
	if (s->ask->no_card)
		return SG_OK;
	card_reader_name(card.slot, reader);
	return no_card(reader_find(reader));
}

static enum sg_err
run_client(struct running *r, int *status)
{
	const struct session *s = r->s;
	struct rdp_ask rdp = session_rdp_ask(s, r->reader);
	char args_from[] = "/args-from:fd:3", *argv[3];
	auto_done(environment) env = { 0 };
	auto_done(secret) args = { 0 };
	auto_str program = NULL;
	struct child c = { .program = s->ask->client, .argv = argv,
		.input = &args, .line = heard, .arg = r };

	_Static_assert(CHILD_INPUT_FD == 3, "named in args_from");
	SG_TRY(str_dup(&program, s->ask->client));
	argv[0] = program;
	argv[1] = args_from;
	argv[2] = NULL;
	SG_TRY(client_environment(r, &env));
	c.environment = env.v;
	SG_TRY(secret_init(&args, RDP_ARGS_MAX));
	SG_TRY(rdp_args_secret(&rdp, &r->pin, &args));
	secret_done(&r->pin);
	return child_run(&c, status);
}

enum sg_err
session_run(const struct session *s)
{
	__attribute__((cleanup(running_done))) struct running r = {
		.s = s, .folder = { .fd = -1 },
		.diagnosis = { .remote_guard = s->ask->remote_guard },
	};
	bool smartcard = s->ask->credential == RDP_CREDENTIAL_SMARTCARD;
	int status = 0;

	SG_TRY(private_folder_init(&r.folder));
	SG_TRY(write_config(&r));
	SG_TRY(check_anchors(&r));
	SG_TRY(choose_ccache(&r));
	SG_TRY(smartcard ? get_session_pin(&r) : get_ticket(&r));
	/* FreeRDP logs in by itself; a desktop may stay open for days. */
	SG_TRY(client_logout(s->ask->daemon));
	if (smartcard && !s->ask->no_card)
		SG_TRY(show_card(&r));
	/* What the ticket's way said is no failure of the host's. */
	r.diagnosis = (struct diagnosis) {
		.remote_guard = s->ask->remote_guard };
	SG_TRY(run_client(&r, &status));
	if (diagnosis_is_end(&r.diagnosis, status))
		return SG_OK;
	diagnose_end(&r.diagnosis, status);
	return fail_diagnosed(&r, SG_EVERIFY);
}

static void
version_line(void *arg, const char *line)
{
	static const char said[] = "FreeRDP version ";
	const char *p = strstr(line, said);
	long *major = arg;

	if (p != NULL)
		*major = strtol(p + strlen(said), NULL, 10);
}

enum sg_err
session_check_client(const struct session *s)
{
	char option[] = "/version", *argv[3];
	auto_str program = NULL;
	long major = 0;
	struct child c = { .program = s->ask->client, .argv = argv,
		.environment = environ, .line = version_line, .arg = &major };
	enum sg_err e;
	int status;

	SG_TRY(str_dup(&program, s->ask->client));
	argv[0] = program;
	argv[1] = option;
	argv[2] = NULL;
	e = child_run(&c, &status);
	if (e == SG_ENOENT)
		return sg_fail(e, "there is no program '%s': install the "
		    "package freerdp3-x11, or name another in signet.conf "
		    "([rdp] client)", s->ask->client);
	SG_TRY(e);
	if (major < CLIENT_MAJOR)
		return sg_fail(SG_EUNSUPPORTED, "'%s' is not FreeRDP %d or "
		    "later", s->ask->client, CLIENT_MAJOR);
	return SG_OK;
}
