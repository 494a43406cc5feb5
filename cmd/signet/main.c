/* SPDX-License-Identifier: BSD-2-Clause */

/* signet: the command line.  See signet(1). */

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "verb.h"

static const struct cli_verb *const verbs[] = {
	&cli_setup,
	&cli_status,
	&cli_pin,
	&cli_lock,
	&cli_key,
	&cli_request,
	&cli_enroll,
	&cli_cert,
	&cli_card,
	&cli_rdp,
	&cli_inspect,
	&cli_audit,
	&cli_metrics,
	&cli_reset,
	&cli_help,
	NULL,
};

const struct cli_verb *const *
cli_verbs(void)
{
	return verbs;
}

const struct cli_verb *
cli_verb_find(const char *name)
{
	for (size_t i = 0; verbs[i] != NULL; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

static int
exit_code(enum sg_err e)
{
	if (e == SG_OK)
		return CLI_OK;
	if (e == SG_EARG)
		return CLI_USAGE;
	if (e == SG_EPIN)
		return CLI_PIN;
	if (e == SG_EBLOCKED)
		return CLI_BLOCKED;
	return e == SG_ECANCEL || e == SG_ETIMEOUT ? CLI_CANCEL : CLI_FAILED;
}

int
cli_end(enum sg_err e)
{
	if (e != SG_OK)
		(void)fprintf(stderr, "signet: %s\n", sg_note(e));
	if (fflush(stdout) != 0 && e == SG_OK) {
		(void)fprintf(stderr, "signet: writing the output failed\n");
		return CLI_FAILED;
	}
	return exit_code(e);
}

int
cli_run_form(const struct cli_verb *v, const struct cli_form *forms, int argc,
    char **argv)
{
	if (argc < 2)
		return cli_end(sg_fail(SG_EARG, "%s what? ('signet help %s')",
		    v->name, v->name));
	for (const struct cli_form *f = forms; f->name != NULL; f++)
		if (strcmp(f->name, argv[1]) == 0)
			return cli_end(sg_while(f->run(argc - 1, argv + 1),
			    "%s %s", v->name, f->name));
	return cli_end(sg_fail(SG_EARG, "there is no '%s %s' ('signet help"
	    " %s')", v->name, argv[1], v->name));
}

/* "signet VERB ... --help", but for what goes to FreeRDP. */
static bool
asks_for_help(int argc, char **argv)
{
	for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static int
run(int argc, char **argv)
{
	char help[] = "help";
	char *none[] = { help, NULL };
	const struct cli_verb *v;

	if (argc < 2) {
		(void)cli_help.run(1, none);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("signet %s\n", SIGNET_VERSION);
		return cli_end(SG_OK);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cli_help.run(argc - 1, argv + 1);
	if ((v = cli_verb_find(argv[1])) == NULL)
		return cli_end(sg_fail(SG_EARG, "there is no verb '%s'"
		    " ('signet help' lists them)", argv[1]));
	if (asks_for_help(argc, argv))
		return cli_help.run(2, argv + 1);
	return v->run(argc - 1, argv + 1);
}

int
main(int argc, char **argv)
{
	(void)setlocale(LC_ALL, "");
	return run(argc, argv);
}
