/* SPDX-License-Identifier: BSD-2-Clause */
#include "objects_verb.h"

#include "options.h"

enum sg_err
objects_list(int argc, char **argv, objects_fn *json, objects_fn *text)
{
	auto_free(client) c = NULL;
	auto_done(objects) o = { 0 };
	struct arguments a;
	bool wants_json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &wants_json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &o));
	return wants_json ? json(&o) : text(&o);
}

void
deletion_done(struct deletion *d)
{
	pin_options_done(&d->pin);
}

enum sg_err
deletion_parse(struct deletion *d, int argc, char **argv, const char *what)
{
	struct arguments a;
	const struct option table[] = {
		{ .name = "yes", .flag = &d->yes },
		PIN_OPTION_ROWS(&d->pin),
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, 1, what));
	d->which = a.v[0];
	return pin_options_load(&d->pin);
}

enum sg_err
deletion_confirm(const struct deletion *d, const char *question)
{
	return d->yes ? SG_OK : pin_confirm(&d->pin, question);
}
