/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-ca: an issuing CA in a folder.  See signet-ca(1). */

#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "verb.h"

static const struct verb *const verbs[] = {
	&verb_init,
	&verb_issue,
	&verb_server,
	&verb_revoke,
	&verb_crl,
	&verb_serve,
	&verb_list,
	&verb_show,
};
#define VERBS_LEN (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *
find(const char *name)
{
	for (size_t i = 0; i < VERBS_LEN; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

static int
finish(enum sg_err e)
{
	if (e != SG_OK)
		(void)fprintf(stderr, "signet-ca: %s\n", sg_note(e));
	if (fflush(stdout) != 0 && e == SG_OK) {
		(void)fprintf(stderr,
		    "signet-ca: writing the output failed\n");
		return EXIT_REFUSED;
	}
	if (e == SG_OK)
		return 0;
	return e == SG_EARG ? EXIT_USAGE : EXIT_REFUSED;
}

static void
list_verbs(FILE *f)
{
	(void)fprintf(f, "An issuing certification authority in a folder.\n\n"
	    "usage: signet-ca VERB [OPTIONS]\n\n");
	for (size_t i = 0; i < VERBS_LEN; i++)
		(void)fprintf(f, "  %-8s %s\n", verbs[i]->name,
		    verbs[i]->summary);
	(void)fprintf(f, "\n'signet-ca help VERB' explains a verb,"
	    " signet-ca(1) all of them.\n");
}

static int
help(const char *name)
{
	const struct verb *v;

	if (name == NULL) {
		list_verbs(stdout);
		return finish(SG_OK);
	}
	if (strcmp(name, "--names") == 0) {
		for (size_t i = 0; i < VERBS_LEN; i++)
			(void)printf("%s\n", verbs[i]->name);
		return finish(SG_OK);
	}
	if ((v = find(name)) == NULL)
		return finish(sg_fail(SG_EARG, "there is no verb '%s'"
		    " ('signet-ca help' lists them)", name));
	(void)printf("%s: %s\n\nusage: signet-ca %s\n\n%s", v->name,
	    v->summary, v->usage, v->text);
	return finish(SG_OK);
}

static enum sg_err
run_verb(const struct verb *v, int argc, char **argv)
{
	auto_done(options) o = { .passphrase_fd = -1 };

	SG_TRY(options_parse(&o, argc, argv, v->options, v->operands));
	SG_TRY(option_needed(o.dir, "dir"));
	return v->run(&o);
}

int
main(int argc, char **argv)
{
	const struct verb *v;

	if (argc < 2) {
		list_verbs(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("signet-ca %s\n", SIGNET_VERSION);
		return finish(SG_OK);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return help(argc > 2 ? argv[2] : NULL);
	if ((v = find(argv[1])) == NULL)
		return finish(sg_fail(SG_EARG, "there is no verb '%s'"
		    " ('signet-ca help' lists them)", argv[1]));
	if (strcmp(argv[argc - 1], "--help") == 0)
		return help(argv[1]);
	return finish(sg_while(run_verb(v, argc - 1, argv + 1), "%s",
	    v->name));
}
