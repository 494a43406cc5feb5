/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "options.h"
#include "output.h"
#include "pin_ask.h"
#include "verb.h"

#define KEY_NAME_DEFAULT "login"
#define TRIES_MAX	 32
#define ESCROW_KEY_MAX	 65536

struct setup {
	unsigned tries;
	const char *type;
	const char *key_name;
	const char *escrow_key;
	const char *escrow_out;
	bool without_tpm;
	struct pin_options pin;
	bool made;
};

static void
setup_done(struct setup *s)
{
	pin_options_done(&s->pin);
}

static enum sg_err
parse(struct setup *s, int argc, char **argv)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "tries", .number = &s->tries, .max = TRIES_MAX },
		{ .name = "key-type", .text = &s->type },
		{ .name = "key-name", .text = &s->key_name },
		{ .name = "escrow-key", .text = &s->escrow_key },
		{ .name = "escrow-out", .text = &s->escrow_out },
		{ .name = "without-tpm", .flag = &s->without_tpm },
		{ .name = "pin-fd", .fd = &s->pin.new_pin_fd },
		{ .name = "new-pin-fd", .fd = &s->pin.new_pin_fd },
		{ .name = "pinentry", .text = &s->pin.pinentry },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	if ((s->escrow_key == NULL) != (s->escrow_out == NULL))
		return sg_fail(SG_EARG,
		    "--escrow-key and --escrow-out belong together");
	return pin_options_load(&s->pin);
}

static enum sg_err
check_absent(struct client *c)
{
	auto_done(status) s = { 0 };

	SG_TRY(client_status(c, (uint32_t)geteuid(), &s));
	if (s.state == CONTAINER_NONE)
		return SG_OK;
	return sg_fail(SG_EEXIST, "you have a container already ('signet"
	    " status' shows it, 'signet reset' deletes it)");
}

/* The escrow file is made before the container, so that a code which only it
 * will hold cannot be lost to a full disk or a wrong path. */
static enum sg_err
escrow_prepare(const struct setup *s, struct buf *key)
{
	if (s->escrow_key == NULL)
		return SG_OK;
	SG_TRY(file_read(key, s->escrow_key, ESCROW_KEY_MAX));
	return sg_while(file_create(s->escrow_out, bytes_of(NULL, 0), 0600),
	    "the escrow file");
}

static enum sg_err
show_code(const struct secret *code)
{
	static const char before[] =
	    "\nYour recovery code, shown this once:\n\n    ";
	static const char after[] =
	    "\n\nWrite it down and keep it away from this machine. It sets a"
	    " new PIN when the\nold one is forgotten or blocked ('signet pin"
	    " recover').\n\n";

	/* Past stdio, whose buffers are not wiped. */
	(void)fflush(stdout);
	SG_TRY(file_write_fd(STDOUT_FILENO, bytes_str(before), "the output"));
	SG_TRY(file_write_fd(STDOUT_FILENO, secret_bytes(code), "the output"));
	return file_write_fd(STDOUT_FILENO, bytes_str(after), "the output");
}

/* What only this process holds must not be lost with a full disk. */
static enum sg_err
save_escrow(const char *path, struct bytes cms)
{
	enum sg_err e = file_replace(path, cms, 0600);
	auto_str base64 = NULL;

	if (e == SG_OK) {
		(void)printf("The recovery code is in %s, for your"
		    " administrator's key only: hand it over.\n", path);
		return SG_OK;
	}
	SG_TRY(base64_encode(&base64, cms));
	(void)printf("The escrow file could not be written (%s). Keep this"
	    " instead, it is the file in\nbase64:\n\n%s\n\n", sg_note(e),
	    base64);
	return SG_OK;
}

static enum sg_err
hand_over(const struct setup *s, const struct secret *code,
    const struct buf *escrow)
{
	(void)puts("The container is ready.");
	SG_TRY(s->escrow_out != NULL
		? save_escrow(s->escrow_out, buf_bytes(escrow))
		: show_code(code));
	(void)puts("Next: signet request new --upn YOU@REALM");
	return SG_OK;
}

static enum sg_err
make(struct client *c, struct setup *s, struct bytes escrow_key)
{
	auto_done(secret) pin = { 0 };
	auto_done(secret) code = { 0 };
	auto_done(buf) escrow = { 0 };
	struct setup_ask ask = { .pin = &pin, .key_name = s->key_name,
		.tries = s->tries, .escrow = escrow_key,
		.without_tpm = s->without_tpm };
	enum sg_err e;

	SG_TRY(key_type_parse(&ask.type, s->type));
	SG_TRY(secret_init(&pin, CLIENT_PIN_MAX));
	SG_TRY(pin_ask_new(c, &s->pin, "Choose a PIN for your container. It"
	    " holds on this machine only and never leaves it.", &pin));
	progress(s->without_tpm ? "Making the key..." : "Making the key in the"
	    " TPM; this can take half a minute...");
	e = client_setup(c, &ask, &code, &escrow);
	progress(NULL);
	SG_TRY(e);
	s->made = true;
	return hand_over(s, &code, &escrow);
}

static enum sg_err
setup(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(buf) escrow_key = { 0 };
	auto_done(setup) s = { .type = "rsa2048",
		.key_name = KEY_NAME_DEFAULT, .pin = PIN_OPTIONS_INIT };
	enum sg_err e;

	SG_TRY(parse(&s, argc, argv));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(check_absent(c));
	SG_TRY(escrow_prepare(&s, &escrow_key));
	e = make(c, &s, buf_bytes(&escrow_key));
	/* An empty escrow file would look like one that holds a code. */
	if (!s.made && s.escrow_out != NULL)
		SG_IGNORE(file_remove(s.escrow_out));
	return e;
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(setup(argc, argv), "setup"));
}

const struct cli_verb cli_setup = {
	.name = "setup",
	.summary = "makes your container: a PIN, and a key in the TPM",
	.usage = "setup [--tries N] [--key-type TYPE] [--key-name NAME]\n"
		 "setup ... --escrow-key FILE --escrow-out FILE\n"
		 "setup ... --without-tpm\n",
	.text = "The recovery code is shown once; write it down. With an"
		" escrow key it is not\nshown but encrypted for your"
		" administrator.\n\n"
		"  --tries N          wrong PINs until the container blocks (1 to"
		" 32)\n"
		"  --key-type TYPE    rsa2048 (default) or p256\n"
		"  --key-name NAME    of the first key (login)\n"
		"  --escrow-key FILE  PEM certificate or public key of an"
		" administrator\n"
		"  --escrow-out FILE  where the encrypted code goes (CMS)\n"
		"  --without-tpm      on a machine without one, if its"
		" administrator allows it:\n"
		"                     software keys that are as good as the"
		" PIN\n"
		"  --new-pin-fd N     read the PIN from this file descriptor\n"
		"  --pinentry PATH    ask with this program\n",
	.run = run,
};
