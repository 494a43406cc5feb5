/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "ipc/client_card.h"
#include "options.h"
#include "output.h"
#include "pin_ask.h"
#include "signin/choose.h"
#include "verb.h"

#define MINUTES_DEFAULT	10
#define USES_DEFAULT	6
#define MINUTES_MAX	(CARD_SESSION_SECONDS_MAX / 60)

static const char *
use_word(const struct card_status *s)
{
	switch (s->use) {
	case CARD_USE_NONE:
		return "off";
	case CARD_USE_SESSION:
		return "session";
	case CARD_USE_CARD:
		break;
	}
	return "card";
}

static enum sg_err
fingerprint(const struct card_key *k, char **out)
{
	uint8_t sum[SHA256_LEN];

	SG_TRY(sha256(buf_bytes(&k->cert), sum));
	return hex_encode(out, bytes_of(sum, sizeof(sum)));
}

static enum sg_err
json_key(struct json_out *j, const struct card_key *k)
{
	auto_str print = NULL;
	char ref[3];

	SG_TRY(fingerprint(k, &print));
	(void)snprintf(ref, sizeof(ref), "%02X", k->ref & 0xffu);
	json_put_object(j, NULL);
	json_put_str(j, "reference", ref);
	json_put_str(j, "key", k->key);
	json_put_str(j, "type", key_type_name(k->type));
	json_put_str(j, "label", k->label);
	json_put_str(j, "fingerprint", print);
	json_close(j);
	return SG_OK;
}

static enum sg_err
print_json(const struct card_status *s)
{
	auto_free(json_out) j = NULL;
	char reader[CARD_READER_MAX];

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_str(j, "policy", use_word(s));
	json_put_bool(j, "all_users", s->all_users);
	json_put_bool(j, "service", s->service);
	json_put_bool(j, "present", s->slot != CARD_NO_SLOT);
	if (s->slot != CARD_NO_SLOT) {
		card_reader_name(s->slot, reader);
		json_put_str(j, "reader", reader);
	}
	json_put_bool(j, "crowded", s->crowded);
	json_put_bool(j, "verified", s->verified);
	json_put_num(j, "tries", s->tries);
	json_put_bool(j, "session_pin", s->session);
	if (s->session) {
		json_put_num(j, "seconds", s->seconds);
		json_put_num(j, "uses", s->uses);
	}
	json_put_bool(j, "bound", s->held);
	json_put_bool(j, "pin_too_long", s->pin_long);
	json_put_array(j, "certificates");
	for (size_t i = 0; i < s->keys.n; i++)
		SG_TRY(json_key(j, &s->keys.v[i]));
	json_close(j);
	json_close(j);
	return json_print(j, stdout);
}

static const char *
takes(const struct card_status *s)
{
	if (s->session)
		return "the session PIN that is open, and nothing else";
	if (s->held)
		return "nothing: a program has bound it to a session PIN that"
		       " is over";
	if (s->use != CARD_USE_CARD)
		return "session PINs only";
	return s->pin_long ? "session PINs only: the container's PIN is longer"
			     " than a card's" : "the container's PIN";
}

static enum sg_err
print_session(const struct card_status *s)
{
	auto_str text = NULL;

	if (!s->session)
		return SG_OK;
	SG_TRY(str_printf(&text, "%u min %u s, %u uses and %u wrong tries left",
	    s->seconds / 60, s->seconds % 60, s->uses, s->tries));
	field_print("Session PIN", text);
	return SG_OK;
}

static enum sg_err
print_keys(const struct card_keys *keys)
{
	static const char *const heads[] = { "REFERENCE", "CERTIFICATE",
		"KEY", "TYPE" };
	auto_done(table) t = { .heads = heads, .columns = 4 };

	for (size_t i = 0; i < keys->n; i++) {
		const struct card_key *k = &keys->v[i];
		char ref[3];

		(void)snprintf(ref, sizeof(ref), "%02X", k->ref & 0xffu);
		table_cell(&t, ref);
		table_cell(&t, k->label);
		table_cell(&t, k->key);
		table_cell(&t, key_type_name(k->type));
	}
	return table_print(&t, "The container has no certificate that a card"
	    " could show.");
}

static enum sg_err
print_text(const struct card_status *s)
{
	char reader[CARD_READER_MAX];

	if (s->use == CARD_USE_NONE) {
		field_print("Card", "emulation is off on this machine");
		return SG_OK;
	}
	card_reader_name(s->slot, reader);
	field_print("Card", s->slot != CARD_NO_SLOT ? "in the reader"
	    : s->crowded ? "not in the reader: another user's card is, and it"
			   " has no slot left (slots in [card] of signetd.conf)"
			 : "not in the reader now");
	if (s->slot != CARD_NO_SLOT)
		field_print("Reader", reader);
	if (!s->service)
		field_print("Service", "not running; it starts with the first"
		    " use of PC/SC (systemctl start signet-card.socket"
		    " pcscd.socket)");
	field_print("Takes", takes(s));
	field_print("PIN", s->verified ? "verified" : "not verified");
	SG_TRY(print_session(s));
	return print_keys(&s->keys);
}

static enum sg_err
status(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(card_status) s = { 0 };
	struct arguments a;
	bool json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_card_status(c, &s));
	return json ? print_json(&s) : print_text(&s);
}

/* --cert WHICH, as a DER that lives as long as the objects. */
static enum sg_err
find_cert(struct client *c, const char *which, struct objects *objects,
    struct bytes *out)
{
	auto_done(candidates) all = { 0 };
	const struct candidate *found = NULL;

	if (which == NULL)
		return SG_OK;
	SG_TRY(client_objects(c, objects));
	SG_TRY(candidates_init(&all, objects));
	SG_TRY(choose(&all, which, (int64_t)time(NULL), &found));
	*out = buf_bytes(&found->cert->der);
	return SG_OK;
}

/* Past stdio's buffers. */
static enum sg_err
show_pin(const struct secret *pin, int fd)
{
	auto_done(secret) line = { 0 };

	SG_TRY(secret_init(&line, pin->n + 1));
	SG_TRY(secret_add(&line, pin->p, pin->n));
	SG_TRY(secret_add(&line, "\n", 1));
	return file_write_fd(fd, secret_bytes(&line), "the session PIN");
}

static enum sg_err
session_pin(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(pin_options) o = PIN_OPTIONS_INIT;
	auto_done(objects) objects = { 0 };
	auto_done(secret) pin = { 0 };
	struct session_pin_ask ask = { 0 };
	struct arguments a;
	unsigned minutes = MINUTES_DEFAULT, uses = USES_DEFAULT;
	const char *cert = NULL;
	uint32_t left = 0;
	int fd = STDOUT_FILENO;
	const struct option table[] = {
		{ .name = "minutes", .number = &minutes, .max = MINUTES_MAX },
		{ .name = "uses", .number = &uses,
		    .max = CARD_SESSION_USES_MAX },
		{ .name = "cert", .text = &cert },
		{ .name = "out-fd", .fd = &fd },
		PIN_OPTION_ROWS(&o),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(pin_options_load(&o));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(find_cert(c, cert, &objects, &ask.cert));
	SG_TRY(pin_login(c, &o, "Your PIN, for a session PIN of your card.",
	    NULL));
	ask.seconds = minutes * 60;
	ask.uses = uses;
	SG_TRY(client_session_pin(c, &ask, &pin, &left));
	return show_pin(&pin, fd);
}

static enum sg_err
end(int argc, char **argv)
{
	auto_free(client) c = NULL;
	struct arguments a;
	const struct option table[] = { { .name = NULL } };

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_session_pin_end(c));
	(void)puts("The session PIN is over.");
	return SG_OK;
}

static const struct cli_form forms[] = {
	{ "status", status },
	{ "session-pin", session_pin },
	{ "end", end },
	{ NULL, NULL },
};

static int
run(int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-')
		return cli_end(sg_while(status(argc, argv), "card"));
	return cli_run_form(&cli_card, forms, argc, argv);
}

const struct cli_verb cli_card = {
	.name = "card",
	.summary = "shows your emulated smart card; session PINs for it",
	.usage = "card status [--json]\n"
		 "card session-pin [--minutes N] [--uses N] [--cert WHICH]\n"
		 " [--out-fd N]\n"
		 "card end\n",
	.text = "'signet card' alone is 'signet card status'.\n\n"
		"A session PIN is eight random digits that the card takes for"
		" a while instead of\nyour PIN. Give it to programs and hosts"
		" that should not have yours: they can use\nwhat the card"
		" shows, for as long and as often as you say. It never opens"
		" the\ncontainer, and three wrong tries end it. 'card end' ends"
		" it at once, as do\n'signet lock', a change of the PIN and the"
		" end of signetd.\n\n"
		"  --json        for programs\n"
		"  --minutes N   how long it is good (10)\n"
		"  --uses N      how often it may be presented (6)\n"
		"  --cert WHICH  a certificate's label or fingerprint; the card"
		" shows it alone\n"
		"  --out-fd N    write the session PIN to this file"
		" descriptor\n"
		"  --pin-fd N    read your PIN from this file descriptor\n"
		"  --pinentry PATH  ask with this program\n",
	.run = run,
};
