/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/template_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What has changed when a template was changed, published or withdrawn: files
 * are replaced there, so that the folder changes with them. */
struct stamp {
	struct stat folder;
	struct stat published;
};

struct template_cache {
	const struct ca_store *s;
	int dir;		/* its folder: the way there is long */
	struct ca_templates all;
	struct stamp read_at;
	bool read;
};

enum sg_err
template_cache_new(struct template_cache **out, const struct ca_store *s)
{
	auto_free(template_cache) c = calloc(1, sizeof(*c));

	if (c == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->s = s;
	c->dir = open(s->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return sg_fail(SG_EIO, "%s: %s", s->dir, strerror(errno));
	*out = c;
	c = NULL;
	return SG_OK;
}

void
template_cache_free(struct template_cache *c)
{
	if (c == NULL)
		return;
	if (c->dir >= 0)
		(void)close(c->dir);
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
static void
stat_take(struct stat *out, int dir, const char *name)
{
	if (fstatat(dir, name, out, 0) != 0)
		*out = (struct stat) { 0 };
}

/* The stamp is older than what is read: what changes meanwhile is found. */
enum sg_err
template_cache_list(const struct ca_templates **out, struct template_cache *c)
{
	struct stamp now;

	*out = &c->all;
	stat_take(&now.folder, c->dir, "templates");
	stat_take(&now.published, c->dir, "published");
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
