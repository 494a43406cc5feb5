/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/template_store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "pki/template_attr.h"
#include "proto/dstemplate.h"

#define SUFFIX ".txt"
#define PUBLISHED_MAX ((size_t)CA_TEMPLATES_MAX * (TEMPLATE_NAME_MAX + 1))

/* Of a CA where nobody decided yet. */
static const char *const published_first[] = { "CA", "ClientAuth",
	"DomainController", "KerberosAuthentication", "Machine",
	"SmartcardLogon", "SmartcardUser", "SubCA", "WebServer" };

void
ca_templates_done(struct ca_templates *l)
{
	for (size_t i = 0; i < l->n; i++)
		template_done(&l->v[i].t);
	free(l->v);
	*l = (struct ca_templates) { 0 };
}

static enum sg_err
folder_path(char **out, const struct ca_store *s)
{
	return str_printf(out, "%s/templates", s->dir);
}

/* The name was checked: it is no path. */
static enum sg_err
file_path(char **out, const struct ca_store *s, const char *cn)
{
	SG_TRY(template_name_check(cn));
	return str_printf(out, "%s/templates/%s" SUFFIX, s->dir, cn);
}

static bool
has(const struct texts *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i], name) == 0)
			return true;
	return false;
}

static enum sg_err
published_parse(struct texts *out, char *text)
{
	while (*text != '\0') {
		char *end = text + strcspn(text, "\n");
		char *next = end + (*end == '\n');

		*end = '\0';
		if (*text != '\0' && !has(out, text)) {
			SG_TRY(template_name_check(text));
			SG_TRY(texts_add(out, text));
		}
		text = next;
	}
	return SG_OK;
}

static enum sg_err
published_path(char **out, const struct ca_store *s)
{
	return str_printf(out, "%s/published", s->dir);
}

static enum sg_err
published_load(struct texts *out, const struct ca_store *s)
{
	auto_str path = NULL, *text = NULL;
	auto_done(buf) b = { 0 };
	enum sg_err e;

	SG_TRY(published_path(&path, s));
	if ((e = file_read(&b, path, PUBLISHED_MAX)) == SG_ENOENT) {
		for (size_t i = 0; i < sizeof(published_first) /
		    sizeof(published_first[0]); i++)
			SG_TRY(texts_add(out, published_first[i]));
		return SG_OK;
	}
	SG_TRY(e);
	SG_TRY(sg_while(str_from_bytes(&text, buf_bytes(&b)), "%s", path));
	return sg_while(published_parse(out, text), "%s", path);
}

static enum sg_err
published_save(const struct ca_store *s, const struct texts *l)
{
	auto_done(buf) b = { 0 };
	auto_str path = NULL;

	for (size_t i = 0; i < l->n; i++)
		SG_TRY(buf_printf(&b, "%s\n", l->v[i]));
	SG_TRY(published_path(&path, s));
	return file_replace(path, buf_bytes(&b), 0644);
}

static enum sg_err
load(struct template *out, const char *path)
{
	auto_done(dstemplates) l = { 0 };
	auto_done(buf) text = { 0 };

	SG_TRY(file_read(&text, path, DSTEMPLATE_FILE_MAX));
	SG_TRY(dstemplate_read(&l, buf_bytes(&text), path));
	if (l.n != 1)
		return sg_fail(SG_EFORMAT, "%s: more than one template",
		    path);
	*out = l.v[0];
	template_init(&l.v[0]);
	return SG_OK;
}

static struct ca_template *
find(const struct ca_templates *l, const char *cn)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i].t.cn, cn) == 0)
			return &l->v[i];
	return NULL;
}

/* Takes t's contents; in the place of one of the same name. */
static enum sg_err
add(struct ca_templates *l, struct template *t, bool stored)
{
	struct ca_template *at = find(l, t->cn);

	if (at == NULL) {
		if (l->n >= CA_TEMPLATES_MAX)
			return sg_fail(SG_ELIMIT, "more than %d templates",
			    CA_TEMPLATES_MAX);
		at = reallocarray(l->v, l->n + 1, sizeof(*at));
		if (at == NULL)
			return sg_fail(SG_ENOMEM, "out of memory");
		l->v = at;
		at = &l->v[l->n++];
		*at = (struct ca_template) { .built_in = !stored };
	} else {
		template_done(&at->t);
	}
	at->t = *t;
	at->stored = stored;
	template_init(t);
	return SG_OK;
}

static enum sg_err
add_built_in(struct ca_templates *l, const struct ca_store *s)
{
	const char *name;

	for (size_t i = 0; (name = template_builtin_name(i)) != NULL; i++) {
		auto_done(template) t;

		template_init(&t);
		SG_TRY(template_builtin(&t, name, s->config.oid_base));
		SG_TRY(add(l, &t, false));
	}
	return SG_OK;
}

static enum sg_err
add_file(struct ca_templates *l, const char *folder, const char *file)
{
	size_t n = strlen(file);
	auto_done(template) t;
	auto_str path = NULL;
	enum sg_err e;

	template_init(&t);
	if (file[0] == '.' || n <= strlen(SUFFIX) ||
	    strcmp(file + n - strlen(SUFFIX), SUFFIX) != 0)
		return SG_OK;
	SG_TRY(str_printf(&path, "%s/%s", folder, file));
	/* A file without a template is damaged, not missing. */
	if ((e = load(&t, path)) != SG_OK)
		return e == SG_ENOENT ? sg_fail(SG_EFORMAT, "%s: no template "
		    "in it", path) : e;
	if (strlen(t.cn) != n - strlen(SUFFIX) ||
	    strncmp(t.cn, file, strlen(t.cn)) != 0)
		return sg_fail(SG_EFORMAT, "%s holds the template %s", path,
		    t.cn);
	return add(l, &t, true);
}

static enum sg_err
add_files(struct ca_templates *l, DIR *d, const char *folder)
{
	const struct dirent *e;

	while ((e = readdir(d)) != NULL)
		SG_TRY(add_file(l, folder, e->d_name));
	return SG_OK;
}

static enum sg_err
add_stored(struct ca_templates *l, const struct ca_store *s)
{
	auto_str folder = NULL;
	enum sg_err e;
	DIR *d;

	SG_TRY(folder_path(&folder, s));
	if ((d = opendir(folder)) == NULL)
		return errno == ENOENT ? SG_OK : sg_fail(SG_EIO, "%s: %s",
		    folder, strerror(errno));
	e = add_files(l, d, folder);
	(void)closedir(d);
	return e;
}

static int
by_name(const void *a, const void *b)
{
	const struct ca_template *x = a, *y = b;

	return strcasecmp(x->t.cn, y->t.cn);
}

enum sg_err
ca_template_list(struct ca_templates *out, const struct ca_store *s)
{
	auto_done(ca_templates) l = { 0 };
	auto_done(texts) published = { 0 };

	SG_TRY(add_built_in(&l, s));
	SG_TRY(add_stored(&l, s));
	SG_TRY(published_load(&published, s));
	for (size_t i = 0; i < l.n; i++)
		l.v[i].published = has(&published, l.v[i].t.cn);
	qsort(l.v, l.n, sizeof(*l.v), by_name);
	*out = l;
	l = (struct ca_templates) { 0 };
	return SG_OK;
}

/* A name counts before a display name. */
static struct ca_template *
find_shown(const struct ca_templates *l, const char *name)
{
	struct ca_template *at = find(l, name);

	for (size_t i = 0; at == NULL && i < l->n; i++)
		if (strcasecmp(l->v[i].t.display_name, name) == 0)
			at = &l->v[i];
	return at;
}

static enum sg_err
unknown(const struct ca_templates *l, const char *name, bool published)
{
	auto_done(buf) all = { 0 };

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].published || !published)
			SG_TRY(buf_printf(&all, " %s", l->v[i].t.cn));
	SG_TRY(buf_terminate(&all));
	return sg_fail(SG_ENOENT, "there is no template '%.80s'; there are%s",
	    name, (const char *)all.p);
}

static enum sg_err
get(struct template *out, const struct ca_store *s, const char *name,
    bool published)
{
	auto_done(ca_templates) l = { 0 };
	struct ca_template *at;

	SG_TRY(ca_template_list(&l, s));
	if ((at = find_shown(&l, name)) == NULL)
		return unknown(&l, name, published);
	if (published && !at->published)
		return sg_fail(SG_ENOENT, "the requested certificate template "
		    "is not supported by this CA (0x80094800): %s is not "
		    "published ('signet-ca template publish')", at->t.cn);
	*out = at->t;
	template_init(&at->t);
	return SG_OK;
}

enum sg_err
ca_template_get(struct template *out, const struct ca_store *s,
    const char *name)
{
	return get(out, s, name, false);
}

enum sg_err
ca_template_published(struct template *out, const struct ca_store *s,
    const char *name)
{
	return get(out, s, name, true);
}

/* Names, display names and OIDs find one template. */
static enum sg_err
alone(const struct ca_templates *l, const struct template *t, bool replace)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct template *o = &l->v[i].t;

		if (strcasecmp(o->cn, t->cn) == 0) {
			if (!replace)
				return sg_fail(SG_EEXIST, "there is a "
				    "template %s already", o->cn);
			continue;
		}
		if (strcasecmp(o->display_name, t->display_name) == 0)
			return sg_fail(SG_EEXIST, "the template %s is called "
			    "'%s' already", o->cn, o->display_name);
		if (t->oid != NULL && o->oid != NULL &&
		    strcmp(o->oid, t->oid) == 0)
			return sg_fail(SG_EEXIST, "the template %s has the "
			    "OID %s already", o->cn, o->oid);
	}
	return SG_OK;
}

/* Checked against what is there, and against those in front of it. */
static enum sg_err
admit(struct ca_templates *l, const struct template *t, bool replace)
{
	const struct ca_template *old = find(l, t->cn);
	auto_done(template) copy;

	template_init(&copy);
	SG_TRY(template_name_check(t->cn));
	SG_TRY(alone(l, t, replace));
	/* Two files on a disk, one template. */
	if (old != NULL && strcmp(old->t.cn, t->cn) != 0)
		return sg_fail(SG_EEXIST, "there is a template %s already",
		    old->t.cn);
	SG_TRY(template_copy(&copy, t));
	return add(l, &copy, true);
}

static enum sg_err
save(const struct ca_store *s, const struct template *t)
{
	const struct template *const one[] = { t };
	auto_done(buf) text = { 0 };
	auto_str path = NULL;

	SG_TRY(dstemplate_write(&text, one, 1));
	SG_TRY(file_path(&path, s, t->cn));
	return file_replace(path, buf_bytes(&text), 0644);
}

enum sg_err
ca_template_put(const struct ca_store *s, const struct template *const *t,
    size_t n, bool replace)
{
	auto_done(ca_templates) l = { 0 };
	auto_str folder = NULL;

	SG_TRY(ca_template_list(&l, s));
	for (size_t i = 0; i < n; i++)
		SG_TRY(admit(&l, t[i], replace));
	SG_TRY(folder_path(&folder, s));
	SG_TRY(folder_make(folder, 0755));
	for (size_t i = 0; i < n; i++)
		SG_TRY(save(s, t[i]));
	return SG_OK;
}

enum sg_err
ca_template_delete(const struct ca_store *s, const char *name)
{
	auto_done(ca_templates) l = { 0 };
	const struct ca_template *at;
	auto_str path = NULL;

	SG_TRY(ca_template_list(&l, s));
	if ((at = find_shown(&l, name)) == NULL)
		return unknown(&l, name, false);
	if (!at->stored)
		return sg_fail(SG_ENOENT, "%s is built in and was not changed",
		    at->t.cn);
	if (at->published && !at->built_in)
		return sg_fail(SG_EBUSY, "%s is published ('signet-ca template"
		    " withdraw' comes first)", at->t.cn);
	SG_TRY(file_path(&path, s, at->t.cn));
	return file_remove(path);
}

enum sg_err
ca_template_publish(const struct ca_store *s, const char *name)
{
	auto_done(ca_templates) l = { 0 };
	auto_done(texts) published = { 0 };
	const struct ca_template *at;

	SG_TRY(ca_template_list(&l, s));
	if ((at = find_shown(&l, name)) == NULL)
		return unknown(&l, name, false);
	if (at->published)
		return sg_fail(SG_EEXIST, "%s is published already",
		    at->t.cn);
	SG_TRY(published_load(&published, s));
	SG_TRY(texts_add(&published, at->t.cn));
	return published_save(s, &published);
}

enum sg_err
ca_template_withdraw(const struct ca_store *s, const char *name)
{
	auto_done(ca_templates) l = { 0 };
	auto_done(texts) published = { 0 }, left = { 0 };
	const struct ca_template *at;

	SG_TRY(ca_template_list(&l, s));
	if ((at = find_shown(&l, name)) == NULL)
		return unknown(&l, name, false);
	if (!at->published)
		return sg_fail(SG_ENOENT, "%s is not published", at->t.cn);
	SG_TRY(published_load(&published, s));
	for (size_t i = 0; i < published.n; i++)
		if (strcasecmp(published.v[i], at->t.cn) != 0)
			SG_TRY(texts_add(&left, published.v[i]));
	return published_save(s, &left);
}
