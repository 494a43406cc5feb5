/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/published.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
ca_file_done(struct ca_file *f)
{
	free(f->path);
	*f = (struct ca_file) { 0 };
}

static enum sg_err
cert_make(struct ca_file *f, enum ca_level level,
    const struct ca_generation *g)
{
	char suffix[CA_SUFFIX_MAX];

	ca_suffix(suffix, g->version.index);
	*f = (struct ca_file) { .kind = CA_FILE_CERT, .cert = g->cert };
	(void)snprintf(f->name, sizeof(f->name), "%s%s.crt",
	    ca_level_name(level), suffix);
	return SG_OK;
}

static enum sg_err
list_make(struct ca_file *f, const struct ca_store *s, enum ca_level level,
    const struct ca_generation *g, enum ca_list which)
{
	char suffix[CA_SUFFIX_MAX];
	auto_str file = NULL;

	ca_suffix(suffix, g->version.key);
	*f = (struct ca_file) { .kind = CA_FILE_CRL };
	(void)snprintf(f->name, sizeof(f->name), "%s%s%s.crl",
	    ca_level_name(level), suffix,
	    which == CA_LIST_DELTA ? "-delta" : "");
	SG_TRY(ca_list_file(&file, which, g->version.key));
	return str_printf(&f->path, "%s/%s/%s", s->dir, ca_level_name(level),
	    file);
}

static enum sg_err
list_give(const struct ca_store *s, enum ca_level level,
    const struct ca_generation *g, enum ca_list which, ca_file_each *each,
    void *arg)
{
	auto_done(ca_file) f = { 0 };

	SG_TRY(list_make(&f, s, level, g, which));
	return each(arg, &f);
}

static enum sg_err
generation_give(const struct ca_store *s, enum ca_level level,
    const struct ca_generation *g, ca_file_each *each, void *arg)
{
	auto_done(ca_file) f = { 0 };

	SG_TRY(cert_make(&f, level, g));
	SG_TRY(each(arg, &f));
	/* A key has one list, whatever the number of its certificates. */
	if (g->version.key != g->version.index)
		return SG_OK;
	SG_TRY(list_give(s, level, g, CA_LIST_BASE, each, arg));
	return level == CA_ROOT ? SG_OK
	    : list_give(s, level, g, CA_LIST_DELTA, each, arg);
}

enum sg_err
ca_files_each(const struct ca_store *s, ca_file_each *each, void *arg)
{
	for (int i = 0; i < CA_LEVELS; i++)
		for (size_t j = 0; j < s->gen[i].n; j++)
			if (s->gen[i].v[j].cert != NULL)
				SG_TRY(generation_give(s, (enum ca_level)i,
				    &s->gen[i].v[j], each, arg));
	return SG_OK;
}

struct finding {
	const char *name;
	struct ca_file found;
};

static enum sg_err
compare(void *arg, const struct ca_file *f)
{
	struct finding *x = arg;
	struct ca_file copy = *f;

	if (strcmp(x->name, f->name) != 0)
		return SG_OK;
	copy.path = NULL;
	if (f->path != NULL)
		SG_TRY(str_dup(&copy.path, f->path));
	x->found = copy;
	return SG_OK;
}

enum sg_err
ca_file_find(struct ca_file *out, const struct ca_store *s, const char *name)
{
	struct finding x = { .name = name };

	SG_TRY(ca_files_each(s, compare, &x));
	if (x.found.name[0] == '\0')
		return sg_fail(SG_ENOENT, "there is no file '%.80s'", name);
	*out = x.found;
	return SG_OK;
}
