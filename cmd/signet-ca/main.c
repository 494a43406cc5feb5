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
	&verb_request_list,
	&verb_request_show,
	&verb_request_approve,
	&verb_request_deny,
	&verb_cert_list,
	&verb_cert_search,
	&verb_cert_show,
	&verb_cert_export,
	&verb_cert_renew,
	&verb_cert_revoke,
	&verb_cert_hold,
	&verb_cert_release,
	&verb_crl,
	&verb_serve,
	&verb_audit_list,
	&verb_audit_verify,
	&verb_backup,
	&verb_restore,
};
#define VERBS_LEN (sizeof(verbs) / sizeof(verbs[0]))

/* Does the verb's name begin what argv[0..] says?  How many words it has. */
static int
words_match(const char *name, int argc, char **argv)
{
	int words = 0;

	while (name != NULL && words < argc) {
		size_t n = strcspn(name, " ");

		if (strlen(argv[words]) != n ||
		    strncmp(argv[words], name, n) != 0)
			return 0;
		words++;
		if (name[n] == '\0')
			return words;
		name += n + 1;
	}
	return 0;
}

static const struct verb *
find(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < VERBS_LEN; i++) {
		*words = words_match(verbs[i]->name, argc, argv);
		if (*words == 0)
			*words = words_match(verbs[i]->alias, argc, argv);
		if (*words > 0)
			return verbs[i];
	}
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
	if (e == SG_EBUSY)
		return EXIT_LATER;
	return e == SG_EARG ? EXIT_USAGE : EXIT_REFUSED;
}

static void
list_verbs(FILE *f)
{
	(void)fprintf(f, "An issuing certification authority in a folder.\n\n"
	    "usage: signet-ca VERB [OPTIONS]\n\n");
	for (size_t i = 0; i < VERBS_LEN; i++)
		(void)fprintf(f, "  %-15s %s\n", verbs[i]->name,
		    verbs[i]->summary);
	(void)fprintf(f, "\n'signet-ca help VERB' explains a verb,"
	    " signet-ca(1) all of them.\n");
}

static void
list_names(void)
{
	for (size_t i = 0; i < VERBS_LEN; i++) {
		(void)printf("%s\n", verbs[i]->name);
		if (verbs[i]->alias != NULL)
			(void)printf("%s\n", verbs[i]->alias);
	}
}

static enum sg_err
unknown(const char *name)
{
	return sg_fail(SG_EARG,
	    "there is no verb '%s' ('signet-ca help' lists them)", name);
}

static int
help(int argc, char **argv)
{
	const struct verb *v;
	int words;

	if (argc == 0) {
		list_verbs(stdout);
		return finish(SG_OK);
	}
	if (strcmp(argv[0], "--names") == 0) {
		list_names();
		return finish(SG_OK);
	}
	if ((v = find(argc, argv, &words)) == NULL)
		return finish(unknown(argv[0]));
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
	int words;

	if (argc < 2) {
		list_verbs(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("signet-ca %s\n", SIGNET_VERSION);
		return finish(SG_OK);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return help(argc - 2, argv + 2);
	if ((v = find(argc - 1, argv + 1, &words)) == NULL)
		return finish(unknown(argv[1]));
	if (strcmp(argv[argc - 1], "--help") == 0)
		return help(argc - 1, argv + 1);
	return finish(sg_while(run_verb(v, argc - words, argv + words), "%s",
	    v->name));
}
