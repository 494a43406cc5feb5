/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "options.h"
#include "verb.h"

static void
list_verbs(void)
{
	(void)printf("Keys bound to this machine's TPM, certificates for them,"
	    " and signing in with\nthem to remote desktops.\n\n"
	    "usage: signet VERB [OPTIONS] [ARGUMENTS]\n\n");
	for (size_t i = 0; cli_verbs()[i] != NULL; i++)
		(void)printf("  %-9s %s\n", cli_verbs()[i]->name,
		    cli_verbs()[i]->summary);
	(void)printf("\n'signet help VERB' explains a verb, signet(1) all of"
	    " them.\nA first use: signet setup; signet request new --upn"
	    " YOU@REALM\n");
}

static void
list_names(void)
{
	for (size_t i = 0; cli_verbs()[i] != NULL; i++)
		(void)printf("%s\n", cli_verbs()[i]->name);
}

static enum sg_err
explain(const char *name)
{
	const struct cli_verb *v = cli_verb_find(name);
	const char *form;

	if (v == NULL)
		return sg_fail(SG_EARG, "there is no verb '%s' ('signet help'"
		    " lists them)", name);
	(void)printf("%s: %s\n\n", v->name, v->summary);
	for (form = v->usage; *form != '\0';) {
		size_t n = strcspn(form, "\n");

		(void)printf("%s %s%.*s\n",
		    form == v->usage ? "usage:" : "      ",
		    *form == ' ' ? "" : "signet ", (int)n, form);
		form += n + (form[n] == '\n');
	}
	(void)printf("\n%s", v->text);
	return SG_OK;
}

static enum sg_err
help(int argc, char **argv)
{
	bool names = false;
	struct arguments a;
	const struct option table[] = {
		{ .name = "names", .flag = &names },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 1, "at most one VERB"));
	if (a.n == 1)
		return explain(a.v[0]);
	if (names)
		list_names();
	else
		list_verbs();
	return SG_OK;
}

static int
run(int argc, char **argv)
{
	/* "signet VERB --help" comes here as it stands. */
	if (strcmp(argv[0], "help") != 0 && argv[0][0] != '-')
		return cli_end(explain(argv[0]));
	if (argv[0][0] == '-')
		argc = 1;
	return cli_end(help(argc, argv));
}

const struct cli_verb cli_help = {
	.name = "help",
	.summary = "explains the verbs",
	.usage = "help [VERB]\n",
	.text = "Lists all verbs, or explains one.\n\n"
		"  --names   only the names, for scripts\n",
	.run = run,
};
