/* SPDX-License-Identifier: BSD-2-Clause */

/* signet-ca: an issuing CA in a folder.  See signet-ca(1). */

#include <stdio.h>
#include <string.h>

#include "paths.h"
#include "verb.h"

static const struct verb *const verbs[] = {
	&verb_init,
	&verb_issue,
	&verb_submit,
	&verb_server,
	&verb_request_list,
	&verb_request_show,
	&verb_request_approve,
	&verb_request_deny,
	&verb_account_add,
	&verb_account_list,
	&verb_account_remove,
	&verb_challenge_new,
	&verb_challenge_list,
	&verb_challenge_revoke,
	&verb_ra_new,
	&verb_ra_renew,
	&verb_ra_list,
	&verb_cert_list,
	&verb_cert_search,
	&verb_cert_show,
	&verb_cert_export,
	&verb_cert_renew,
	&verb_cert_revoke,
	&verb_cert_hold,
	&verb_cert_release,
	&verb_ca_list,
	&verb_ca_export,
	&verb_ca_sign,
	&verb_ca_renew,
	&verb_ca_install,
	&verb_crl,
	&verb_template_list,
	&verb_template_show,
	&verb_template_lint,
	&verb_template_duplicate,
	&verb_template_set,
	&verb_template_access,
	&verb_template_publish,
	&verb_template_withdraw,
	&verb_template_delete,
	&verb_template_export,
	&verb_template_import,
	&verb_dstemplate,
	&verb_dsaddtemplate,
	&verb_serve,
	&verb_serve_signer,
	&verb_serve_web,
	&verb_reload,
	&verb_audit_list,
	&verb_audit_verify,
	&verb_backup,
	&verb_restore,
};
#define VERBS_LEN (sizeof(verbs) / sizeof(verbs[0]))

/* How many of the words are the name; 0 when they are another's. */
static int
words_match(const char *name, int argc, char **argv)
{
	const char *other = argc > 0 ? certutil_verb(argv[0]) : NULL;
	int words = 0;

	if (other != NULL)
		return name != NULL && strcmp(name, other) == 0 ? 1 : 0;
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

/* The verb that the words begin with; *used are its words. */
static const struct verb *
find(int argc, char **argv, int *used)
{
	for (size_t i = 0; i < VERBS_LEN; i++) {
		*used = words_match(verbs[i]->name, argc, argv);
		if (*used == 0)
			*used = words_match(verbs[i]->alias, argc, argv);
		if (*used > 0)
			return verbs[i];
	}
	return NULL;
}

/* Whose first word there is needs another. */
static enum sg_err
unknown(const char *word)
{
	auto_done(buf) all = { 0 };
	size_t n = strlen(word);

	for (size_t i = 0; i < VERBS_LEN; i++)
		if (strncmp(verbs[i]->name, word, n) == 0 &&
		    verbs[i]->name[n] == ' ')
			SG_TRY(buf_printf(&all, " %s",
			    verbs[i]->name + n + 1));
	if (all.n == 0)
		return sg_fail(SG_EARG, "there is no verb '%s'"
		    " ('signet-ca help' lists them)", word);
	SG_TRY(buf_terminate(&all));
	return sg_fail(SG_EARG, "%s: one of%s ('signet-ca help %s')", word,
	    (const char *)all.p, word);
}

static int
finish(enum sg_err e)
{
	/* What was said before the refusal comes before it. */
	bool lost = fflush(stdout) != 0;

	if (e != SG_OK)
		(void)fprintf(stderr, "signet-ca: %s\n", sg_note(e));
	if (lost && e == SG_OK) {
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

/* Those of two words that begin with word, or (NULL) all; how many. */
static size_t
list_lines(FILE *f, const char *word)
{
	size_t n = word != NULL ? strlen(word) : 0, count = 0;

	for (size_t i = 0; i < VERBS_LEN; i++) {
		const struct verb *v = verbs[i];

		if (word != NULL && (strncmp(v->name, word, n) != 0 ||
		    v->name[n] != ' '))
			continue;
		(void)fprintf(f, "  %-18s %s\n", v->name, v->summary);
		count++;
	}
	return count;
}

static void
list_verbs(FILE *f)
{
	(void)fprintf(f, "An issuing certification authority in a folder.\n\n"
	    "usage: signet-ca VERB [OPTIONS]\n\n");
	(void)list_lines(f, NULL);
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

/* For the shells' completion. */
static enum sg_err
list_options(int argc, char **argv)
{
	int used;
	const struct verb *v = find(argc, argv, &used);

	if (v == NULL)
		return sg_fail(SG_EARG, "help --options: which verb's?");
	for (const enum opt *o = v->options; *o != OPT_END; o++)
		(void)printf("--%s\n", option_name(*o));
	return SG_OK;
}

static int
help(int argc, char **argv)
{
	const struct verb *v;
	int used;

	if (argc == 0) {
		list_verbs(stdout);
		return finish(SG_OK);
	}
	if (strcmp(argv[0], "--names") == 0) {
		list_names();
		return finish(SG_OK);
	}
	if (strcmp(argv[0], "--options") == 0)
		return finish(list_options(argc - 1, argv + 1));
	if ((v = find(argc, argv, &used)) == NULL) {
		if ((argc == 1 || strcmp(argv[1], "--help") == 0) &&
		    list_lines(stdout, argv[0]) > 0)
			return finish(SG_OK);
		return finish(unknown(argv[0]));
	}
	(void)printf("%s: %s\n\nusage: signet-ca %s\n\n%s", v->name,
	    v->summary, v->usage, v->text);
	return finish(SG_OK);
}

static enum sg_err
run_verb(const struct verb *v, int argc, char **argv, bool *understood)
{
	auto_done(options) o = { .passphrase_fd = -1 };

	SG_TRY(options_parse(&o, argc, argv, v->options, v->operands,
	    v->operands_more < 0 ? -1 : v->operands + v->operands_more));
	if (v->options[0] == OPT_DIR)
		SG_TRY(option_needed(o.dir, "dir"));
	*understood = true;
	if (v->options[0] == OPT_DIR && !v->own_rights)
		SG_TRY(owner_act(o.dir));
	return v->run(&o);
}

static int
run(const struct verb *v, int argc, char **argv)
{
	bool understood = false;
	int rc = finish(sg_while(run_verb(v, argc, argv, &understood), "%s",
	    v->name));

	if (!understood)
		(void)fprintf(stderr, "usage: signet-ca %s\n", v->usage);
	return rc;
}

int
main(int argc, char **argv)
{
	const struct verb *v;
	int used = 0;

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
	if (strcmp(argv[argc - 1], "--help") == 0)
		return help(argc - 1, argv + 1);
	if ((v = find(argc - 1, argv + 1, &used)) == NULL)
		return finish(unknown(argv[1]));
	return run(v, argc - used, argv + used);
}
