/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/issuing.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "ca/template_store.h"
#include "db/queue.h"

/* One that was judged, or must be under the lock. */
struct job {
	struct ca_issuing *g;
	const struct ca_order *order;
	struct ca_outcome out;
	ca_handed *handed;
	void *arg;
	struct job *next;
};

/* What has changed when a template was changed, published or withdrawn: files
 * are replaced there, so that the folder changes with them. */
struct stamp {
	struct stat folder;
	struct stat published;
};

struct ca_issuing {
	const struct ca_store *s;
	const struct ca_issuer *i;
	struct verifier *verifier;
	struct db_queue *queue;
	size_t group;
	struct job *first, **end;	/* those that wait, in their order */
	size_t n;
	struct ca_templates templates;	/* all there are, when read */
	struct stamp read_at;
	bool read;
};

enum sg_err
ca_issuing_new(struct ca_issuing **out, const struct ca_store *s,
    const struct ca_issuer *i, size_t group)
{
	auto_free(ca_issuing) g = calloc(1, sizeof(*g));

	if (g == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	g->s = s;
	g->i = i;
	g->group = group > 0 ? group : 1;
	g->end = &g->first;
	SG_TRY(verifier_new(&g->verifier));
	/* It must not commit by itself. */
	SG_TRY(db_queue_new(&g->queue, s->db, g->group + 1));
	*out = g;
	g = NULL;
	return SG_OK;
}

static void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	ca_outcome_done(&j->out);
	free(j);
}
SG_AUTO_FREE(job)

static struct job *
take_all(struct ca_issuing *g)
{
	struct job *first = g->first;

	g->first = NULL;
	g->end = &g->first;
	g->n = 0;
	return first;
}

static void
hand_out(struct job *j, enum sg_err e)
{
	j->handed(j->arg, e, e == SG_OK ? &j->out : NULL);
	job_free(j);
}

void
ca_issuing_free(struct ca_issuing *g)
{
	struct job *next;

	if (g == NULL)
		return;
	for (struct job *j = take_all(g); j != NULL; j = next) {
		next = j->next;
		hand_out(j, sg_fail(SG_ECANCEL, "it was not committed"));
	}
	db_queue_free(g->queue);
	verifier_free(g->verifier);
	ca_templates_done(&g->templates);
	free(g);
}

enum sg_err
ca_issuing_read(struct csr **out, struct ca_issuing *g, struct bytes der)
{
	auto_free(csr) r = NULL;

	SG_TRY(csr_parse(&r, der));
	/* If it does not hold, ca_judge() finds that and denies. */
	SG_IGNORE(csr_prove(r, g->verifier));
	*out = r;
	r = NULL;
	return SG_OK;
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
static enum sg_err
templates_fresh(struct ca_issuing *g)
{
	struct stamp now;

	SG_TRY(stamp_take(&now, g->s));
	if (g->read && stat_same(&now.folder, &g->read_at.folder) &&
	    stat_same(&now.published, &g->read_at.published))
		return SG_OK;
	ca_issuing_flush(g);
	ca_templates_done(&g->templates);
	g->read = false;
	SG_TRY(ca_template_list(&g->templates, g->s));
	g->read_at = now;
	g->read = true;
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
ca_issuing_template(const struct template **out, struct ca_issuing *g,
    const char *name)
{
	auto_done(template) none;
	const struct ca_template *t;

	template_init(&none);
	SG_TRY(templates_fresh(g));
	t = find(&g->templates, name);
	if (t != NULL && t->published) {
		*out = &t->t;
		return SG_OK;
	}
	/* It has the words for that. */
	SG_TRY(ca_template_published(&none, g->s, name));
	return sg_fail(SG_EBUSY, "the template %s is being changed", name);
}

enum sg_err
ca_issuing_submit(struct ca_issuing *g, const struct ca_order *o,
    ca_handed *handed, void *arg)
{
	auto_free(job) j = calloc(1, sizeof(*j));

	if (j == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*j = (struct job) { .g = g, .order = o, .handed = handed, .arg = arg };
	if (ca_submit_apart(o))
		SG_TRY(ca_judge(&j->out.verdict, &j->out.cert, g->i, o));
	*g->end = j;
	g->end = &j->next;
	j = NULL;
	if (++g->n >= g->group)
		ca_issuing_flush(g);
	return SG_OK;
}

static enum sg_err
keep(void *arg, struct db *db)
{
	struct job *j = arg;

	(void)db;
	if (ca_submit_apart(j->order))
		return ca_submit_keep(&j->out, j->g->s, j->order);
	return ca_submit(&j->out, j->g->s, j->g->i, j->order);
}

static void
kept(void *arg, enum sg_err e)
{
	hand_out(arg, e);
}

void
ca_issuing_flush(struct ca_issuing *g)
{
	struct job *next;

	for (struct job *j = take_all(g); j != NULL; j = next) {
		enum sg_err e;

		next = j->next;
		if ((e = db_queue_add(g->queue, keep, kept, j)) != SG_OK)
			hand_out(j, e);
	}
	/* Each was told what came of it. */
	SG_IGNORE(db_queue_flush(g->queue));
}

size_t
ca_issuing_waiting(const struct ca_issuing *g)
{
	return g->n;
}
