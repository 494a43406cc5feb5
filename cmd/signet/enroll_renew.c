/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "enroll_run.h"
#include "enroll_verb.h"
#include "output.h"

struct renew_options {
	struct enroll_run run;
	bool due;		/* --due */
	struct arguments names;
	struct enrollments all;
	struct texts unasked;	/* what a PIN was missing for */
	char *who;
};

static void
renew_options_done(struct renew_options *o)
{
	enrollments_done(&o->all);
	texts_done(&o->unasked);
	enroll_run_done(&o->run);
	free(o->who);
}

static enum sg_err
parse(struct renew_options *o, int argc, char **argv)
{
	const struct option table[] = {
		{ .name = "due", .flag = &o->due },
		{ .name = "keep-old", .flag = &o->run.keep_old },
		ENROLL_OPTION_ROWS(&o->run),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &o->names));
	SG_TRY(arguments_check(&o->names, 0, argc, "NAMEs"));
	if (o->due && o->names.n > 0)
		return sg_fail(SG_EARG, "--due chooses by itself; no NAME"
		    " goes with it");
	if (!o->due && o->names.n == 0)
		return sg_fail(SG_EARG, "which enrollment? name it ('signet"
		    " enroll list'), or say --due");
	return SG_OK;
}

/* The end and the day of an installed certificate; false when it is gone. */
static bool
times_of(const struct renew_options *o, const struct enrollment *e,
    int64_t *due, int64_t *end)
{
	const struct cert_object *c = enroll_stored(&o->run.have, e->cert);
	auto_free(cert) x = NULL;

	if (c == NULL || cert_parse(&x, buf_bytes(&c->der)) != SG_OK)
		return false;
	*due = enrollment_due(x, e->profile.renew_at);
	*end = x->not_after;
	return true;
}

static bool
is_named(const struct renew_options *o, const struct enrollment *e)
{
	for (int i = 0; i < o->names.n; i++)
		if (strcmp(o->names.v[i], e->profile.name) == 0)
			return true;
	return false;
}

/* What is under way is gone on with, too. */
static bool
is_wanted(const struct renew_options *o, const struct enrollment *e)
{
	int64_t due = 0, end = 0;

	if (!o->due)
		return is_named(o, e);
	if (e->state != ENROLLMENT_INSTALLED)
		return true;
	return times_of(o, e, &due, &end) && time(NULL) >= due &&
	    time(NULL) < end;
}

static size_t
count_wanted(const struct renew_options *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->all.n; i++)
		n += is_wanted(o, &o->all.v[i]);
	return n;
}

static enum sg_err
check_names(const struct renew_options *o)
{
	for (int i = 0; i < o->names.n; i++) {
		bool found = false;

		for (size_t k = 0; k < o->all.n; k++)
			found = found || strcmp(o->names.v[i],
			    o->all.v[k].profile.name) == 0;
		if (!found)
			return sg_fail(SG_ENOENT, "there is no enrollment '%s'"
			    " ('signet enroll list' shows them)",
			    o->names.v[i]);
	}
	return SG_OK;
}

/* What a person has to know of those that cannot be renewed any more. */
static void
tell_lost(const struct renew_options *o)
{
	for (size_t i = 0; i < o->all.n; i++) {
		const struct enrollment *e = &o->all.v[i];
		int64_t due = 0, end = 0;

		if (o->due && e->state == ENROLLMENT_INSTALLED &&
		    times_of(o, e, &due, &end) && time(NULL) >= end)
			(void)fprintf(stderr, "signet: the certificate of '%s'"
			    " has expired, and no CA renews that: enroll once"
			    " more ('signet enroll scep --again')\n",
			    e->profile.name);
	}
	for (size_t i = 0; i < o->all.broken.n; i++)
		(void)fprintf(stderr, "signet: %s\n", o->all.broken.v[i]);
}

static enum sg_err
renew(struct enroll_run *r)
{
	const struct cert_object *c;
	auto_free(cert) x = NULL;

	if (r->e.state != ENROLLMENT_INSTALLED)
		return enroll_on(r);
	if ((c = enroll_stored(&r->have, r->e.cert)) == NULL)
		return sg_fail(SG_ENOENT, "its certificate is no longer in the"
		    " container");
	SG_TRY(cert_parse(&x, buf_bytes(&c->der)));
	if (time(NULL) >= x->not_after)
		return sg_fail(SG_EVERIFY, "its certificate has expired, and"
		    " no CA renews that: 'signet enroll scep --again' enrolls"
		    " once more");
	return enroll_again(r);
}

/* What is left to do, for a person who was not there. */
static enum sg_err
nobody_there(const struct renew_options *o)
{
	auto_str all = NULL;

	SG_TRY(texts_join(&all, &o->unasked));
	return sg_fail(SG_ECANCEL, "due, and nobody can be asked for the PIN:"
	    " %s; 'signet enroll renew --due' on a terminal renews them",
	    all);
}

static bool
ends_all(const struct renew_options *o, enum sg_err e)
{
	return !o->run.keys.open && (e == SG_EPIN || e == SG_EBLOCKED ||
	    e == SG_ECANCEL || e == SG_ETIMEOUT);
}

/* One that fails keeps the others from nothing; the first failure is the
 * answer. */
static enum sg_err
renew_wanted(struct renew_options *o)
{
	auto_str first = NULL;
	enum sg_err worst = SG_OK;

	for (size_t i = 0; i < o->all.n; i++) {
		struct enrollment *e = &o->all.v[i];
		enum sg_err err;

		if (!is_wanted(o, e))
			continue;
		o->run.e = *e;
		enrollment_init(e);
		err = sg_while(renew(&o->run), "%s", o->run.e.profile.name);
		*e = o->run.e;
		enrollment_init(&o->run.e);
		enroll_next(&o->run);
		if (err == SG_OK)
			continue;
		if (err == SG_EIO && o->run.keys.unasked) {
			SG_TRY(texts_add(&o->unasked, e->profile.name));
			continue;
		}
		if (ends_all(o, err))
			return err;
		if (worst != SG_OK)
			(void)fprintf(stderr, "signet: %s\n", first);
		free(first);
		first = NULL;
		SG_TRY(str_dup(&first, sg_note(err)));
		worst = err;
	}
	if (worst != SG_OK && o->unasked.n > 0)
		(void)fprintf(stderr, "signet: %s\n", first);
	if (o->unasked.n > 0)
		return nobody_there(o);
	return worst == SG_OK ? SG_OK : sg_fail(worst, "%s", first);
}

static enum sg_err
tell_nothing(const struct renew_options *o)
{
	char text[DATE_TEXT_MAX];
	int64_t next = INT64_MAX;
	const char *name = NULL;

	for (size_t i = 0; i < o->all.n; i++) {
		int64_t due = 0, end = 0;

		if (!times_of(o, &o->all.v[i], &due, &end) || due >= next ||
		    time(NULL) >= end)
			continue;
		next = due;
		name = o->all.v[i].profile.name;
	}
	if (o->run.json)
		return SG_OK;
	if (name == NULL) {
		(void)puts("Nothing is due.");
		return SG_OK;
	}
	date_text(text, next);
	(void)printf("Nothing is due; the next is '%s', on %s.\n", name, text);
	return SG_OK;
}

enum sg_err
enroll_renew(int argc, char **argv)
{
	auto_done(renew_options) o = { .run = ENROLL_RUN_INIT };
	size_t n;

	SG_TRY(parse(&o, argc, argv));
	SG_TRY(enroll_run_open(&o.run));
	SG_TRY(enrollments_load(&o.all, &o.run.store));
	SG_TRY(check_names(&o));
	tell_lost(&o);
	if ((n = count_wanted(&o)) == 0)
		return tell_nothing(&o);
	/* A timer has no terminal; the person may have a screen. */
	if (o.run.pin.pin_fd < 0 && o.run.pin.pinentry == NULL &&
	    isatty(STDIN_FILENO) == 0) {
		SG_TRY(str_printf(&o.who, "signet, to renew %zu certificate%s,",
		    n, n == 1 ? "" : "s"));
		o.run.keys.who = o.who;
	}
	return renew_wanted(&o);
}
