/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "enroll_run.h"
#include "enroll_verb.h"

/* Settings of a profile that are options too, by the same names. */
static const char *const single[] = { "ca-id", "subject", "upn", "template",
	"key-usage", "key-provider", "key-type", "renew-key", "retry-count",
	"retry-delay", "renew-at" };
static const char *const several[] = { "ca-fingerprint", "dns", "email", "uri",
	"eku" };

#define SINGLE	(sizeof(single) / sizeof(*single))
#define SEVERAL	(sizeof(several) / sizeof(*several))
#define OWN	20	/* rows of the table that are no settings, at most */

struct scep_options {
	struct enroll_run run;
	const char *name;	/* --name, or NULL */
	const char *resume;	/* --resume NAME, or NULL */
	const char *what;	/* URL or profile */
	bool again;		/* --again */
	bool legacy;		/* --allow-legacy */
	const char *text[SINGLE];
	struct option_list list[SEVERAL];
};

static void
scep_options_done(struct scep_options *o)
{
	enroll_run_done(&o->run);
}

static void
settings_rows(struct option *table, size_t *n, struct scep_options *o)
{
	for (size_t i = 0; i < SINGLE; i++)
		table[(*n)++] = (struct option) { .name = single[i],
			.text = &o->text[i] };
	for (size_t i = 0; i < SEVERAL; i++)
		table[(*n)++] = (struct option) { .name = several[i],
			.list = &o->list[i] };
}

static enum sg_err
parse(struct scep_options *o, int argc, char **argv)
{
	struct option table[SINGLE + SEVERAL + OWN] = {
		{ .name = "name", .text = &o->name },
		{ .name = "resume", .text = &o->resume },
		{ .name = "again", .flag = &o->again },
		{ .name = "allow-legacy", .flag = &o->legacy },
		{ .name = "challenge-fd", .fd = &o->run.challenge_fd },
		{ .name = "no-challenge", .flag = &o->run.no_challenge },
		{ .name = "key", .text = &o->run.key },
		{ .name = "label", .text = &o->run.label },
		ENROLL_OPTION_ROWS(&o->run),
	};
	struct arguments a;
	size_t n = 0;

	while (table[n].name != NULL)
		n++;
	settings_rows(table, &n, o);
	SG_TRY(options_parse(argc, argv, table, &a));
	if (o->resume != NULL)
		return arguments_check(&a, 0, 0, "--resume alone");
	SG_TRY(arguments_check(&a, 1, 1, "one URL or profile"));
	o->what = a.v[0];
	return SG_OK;
}

/* What the person says counts before what the profile says. */
static enum sg_err
override(struct scep_profile *p, const struct scep_options *o)
{
	for (size_t i = 0; i < SINGLE; i++)
		if (o->text[i] != NULL)
			SG_TRY(scep_profile_set(p, single[i], o->text[i]));
	for (size_t i = 0; i < SEVERAL; i++) {
		if (o->list[i].n > 0)
			scep_profile_clear(p, several[i]);
		for (size_t k = 0; k < o->list[i].n; k++)
			SG_TRY(scep_profile_set(p, several[i],
			    o->list[i].v[k]));
	}
	return o->legacy ? scep_profile_set(p, "allow-legacy", "yes") : SG_OK;
}

static enum sg_err
profile_base(struct scep_profile *out, const struct scep_options *o)
{
	const struct scep_profile *p;

	if (strstr(o->what, "://") != NULL)
		return scep_profile_set(out, "url", o->what);
	p = config_profile_find(&o->run.pin.config, o->what);
	if (p == NULL)
		return sg_fail(SG_EARG, "'%s' is neither a URL nor a [scep %s]"
		    " section of signet.conf", o->what, o->what);
	return scep_profile_copy(out, p);
}

static enum sg_err
set_name(struct scep_profile *p, const struct scep_options *o)
{
	const char *choices[] = { o->name, p->name, p->upn, p->subject,
		p->dns.n > 0 ? p->dns.v[0] : NULL };

	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		char *name;

		if (choices[i] == NULL)
			continue;
		SG_TRY(str_dup(&name, choices[i]));
		if (choices[i] != o->name)
			scep_profile_tame_name(name);
		free(p->name);
		p->name = name;
		return scep_profile_check_name(name);
	}
	return sg_fail(SG_EARG, "whose certificate shall it be? name a subject,"
	    " a user principal name or a DNS name (--subject, --upn, --dns)");
}

static enum sg_err
make_profile(struct scep_profile *out, const struct scep_options *o)
{
	auto_done(scep_profile) p;

	scep_profile_init(&p);
	SG_TRY(profile_base(&p, o));
	SG_TRY(override(&p, o));
	SG_TRY(set_name(&p, o));
	scep_profile_done(out);
	*out = p;
	scep_profile_init(&p);
	return SG_OK;
}

/* One that is under way must not be forgotten for another. */
static enum sg_err
check_earlier(const struct scep_options *o, const char *name)
{
	auto_done(enrollment) e;
	enum sg_err err;

	enrollment_init(&e);
	err = enrollment_load(&e, &o->run.store, name);
	if (err == SG_ENOENT)
		return SG_OK;
	SG_TRY(err);
	if (e.state != ENROLLMENT_INSTALLED)
		return sg_fail(SG_EEXIST, "the enrollment '%s' is under way"
		    " ('signet enroll scep --resume %s' goes on, 'signet"
		    " enroll delete %s' ends it, --name chooses another"
		    " name)", name, name, name);
	if (o->again || enroll_stored(&o->run.have, e.cert) == NULL)
		return SG_OK;
	return sg_fail(SG_EEXIST, "'%s' has its certificate ('signet enroll"
	    " renew %s' renews it, --again enrolls once more, --name chooses"
	    " another name)", name, name);
}

static enum sg_err
start(struct scep_options *o)
{
	struct enroll_run *r = &o->run;

	if (o->resume != NULL) {
		SG_TRY(enrollment_load(&r->e, &r->store, o->resume));
		return enroll_on(r);
	}
	SG_TRY(make_profile(&r->e.profile, o));
	SG_TRY(check_earlier(o, r->e.profile.name));
	return enroll_first(r);
}

enum sg_err
enroll_scep(int argc, char **argv)
{
	auto_done(scep_options) o = { .run = ENROLL_RUN_INIT };

	SG_TRY(parse(&o, argc, argv));
	SG_TRY(enroll_run_open(&o.run));
	return start(&o);
}
