/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/template_cache.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

/* What has changed when a template was changed, published or withdrawn: files
 * are replaced there, so that the folder changes with them. */
struct stamp {
	struct stat folder;
	struct stat published;
};

struct template_cache {
	const struct ca_store *s;
	struct ca_templates all;
	struct stamp read_at;
	bool read;
};

enum sg_err
template_cache_new(struct template_cache **out, const struct ca_store *s)
{
	struct template_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->s = s;
	*out = c;
	return SG_OK;
}

void
template_cache_free(struct template_cache *c)
{
	if (c == NULL)
		return;
	ca_templates_done(&c->all);
	free(c);
}

static bool
stat_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* One that is not there is all zeroes. */
static enum sg_err
stamp_take(struct stamp *out, const struct ca_store *s)
{
	auto_str folder = NULL, *published = NULL;

	*out = (struct stamp) { 0 };
	SG_TRY(str_printf(&folder, "%s/templates", s->dir));
	SG_TRY(str_printf(&published, "%s/published", s->dir));
	if (stat(folder, &out->folder) != 0)
		out->folder = (struct stat) { 0 };
	if (stat(published, &out->published) != 0)
		out->published = (struct stat) { 0 };
	return SG_OK;
}

/* The stamp is older than what is read: what changes meanwhile is found. */
enum sg_err
template_cache_list(const struct ca_templates **out, struct template_cache *c)
{
	struct stamp now;

	*out = &c->all;
	SG_TRY(stamp_take(&now, c->s));
	if (c->read && stat_same(&now.folder, &c->read_at.folder) &&
	    stat_same(&now.published, &c->read_at.published))
		return SG_OK;
	ca_templates_done(&c->all);
	c->read = false;
	SG_TRY(ca_template_list(&c->all, c->s));
	c->read_at = now;
	c->read = true;
	return SG_OK;
}

static const struct ca_template *
find(const struct ca_templates *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcasecmp(l->v[i].t.cn, name) == 0)
			return &l->v[i];
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].t.display_name != NULL &&
		    strcasecmp(l->v[i].t.display_name, name) == 0)
			return &l->v[i];
	return NULL;
}

enum sg_err
template_cache_published(const struct template **out,
    struct template_cache *c, const char *name)
{
	auto_done(template) none;
	const struct ca_templates *all;
	const struct ca_template *t;

	template_init(&none);
	SG_TRY(template_cache_list(&all, c));
	t = find(all, name);
	if (t != NULL && t->published) {
		*out = &t->t;
		return SG_OK;
	}
	/* It has the words for that. */
	SG_TRY(ca_template_published(&none, c->s, name));
	return sg_fail(SG_EBUSY, "the template %s is being changed", name);
}
