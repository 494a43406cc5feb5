/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "pki/crl_summary.h"

#define HOUR	((int64_t)3600)
/* Clocks differ. */
#define SKEW	((int64_t)600)
/* A list is made anew a tenth of its time before it runs out, within these
 * bounds: so much may go wrong before anybody is without one. */
#define OVERLAP_MIN	(15 * (int64_t)60)
#define OVERLAP_MAX	(12 * HOUR)

enum sg_err
ca_list_file(char **out, enum ca_list l, unsigned key)
{
	char suffix[CA_SUFFIX_MAX];

	ca_suffix(suffix, key);
	return str_printf(out, "%s%s.crl", l == CA_LIST_DELTA ? "delta" : "ca",
	    suffix);
}

static enum sg_err
list_path(char **out, const struct ca_publisher *p, enum ca_list which)
{
	auto_str file = NULL;

	SG_TRY(ca_list_file(&file, which, p->key));
	return str_printf(out, "%s/%s", p->folder, file);
}

static int64_t
renewal(int64_t from, int64_t to)
{
	int64_t overlap = (to - from) / 10;

	if (overlap < OVERLAP_MIN)
		overlap = OVERLAP_MIN;
	if (overlap > OVERLAP_MAX)
		overlap = OVERLAP_MAX;
	/* Of an hour's list even the least is too much. */
	if (overlap > (to - from) / 2)
		overlap = (to - from) / 2;
	return to - overlap;
}

int64_t
ca_publish_due(const struct ca_publisher *p, enum ca_list which)
{
	auto_str path = NULL;
	struct crl_summary s;

	if (which == CA_LIST_DELTA && p->delta_hours == 0)
		return INT64_MAX;
	if (list_path(&path, p, which) != SG_OK)
		return 0;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || crl_summary_read(&s, fd) != SG_OK)
		return 0;
	return renewal(s.this_update, s.next_update);
}

/* Held until the descriptor is closed. */
static enum sg_err
folder_lock(int *out, const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", folder, strerror(errno));
	while (flock(fd, LOCK_EX) != 0) {
		if (errno == EINTR)
			continue;
		(void)close(fd);
		return sg_fail(SG_EIO, "%s: %s", folder, strerror(errno));
	}
	*out = fd;
	return SG_OK;
}

/* One list on its way. */
struct job {
	const struct ca_publisher *p;
	struct crl_head head;
	struct ca_list_made made;
	int64_t since;
	size_t count;
};

static enum sg_err
job_plan(struct job *j, const struct ca_publisher *p, enum ca_list which,
    int64_t now)
{
	struct ca_list_made base = { 0 };
	const struct ca_ledger *l = &p->ledger;
	unsigned hours = p->base_hours;

	*j = (struct job) { .p = p };
	j->made.made = now;
	j->head = (struct crl_head) { .issuer = p->cert,
		.this_update = now - SKEW };
	if (which == CA_LIST_DELTA) {
		SG_TRY(l->ops->last_base(l->ctx, &base));
		if (base.number == 0)
			return sg_fail(SG_ENOENT,
			    "there is no list that a delta could add to");
		hours = p->delta_hours;
		j->since = base.mark;
		j->head.delta = j->made.delta = true;
		j->head.base = j->made.base = base.number;
	} else if (p->delta_hours > 0) {
		j->head.freshest = p->delta_urls;
	}
	SG_TRY(l->ops->number_next(l->ctx, &j->made.number));
	j->head.number = j->made.number;
	j->head.next_update = now + hours * HOUR;
	j->head.next_publish = renewal(j->head.this_update,
	    j->head.next_update);
	return SG_OK;
}

static enum sg_err
job_walk(struct job *j, int fd)
{
	const struct ca_ledger *l = &j->p->ledger;
	const struct crl_source from = { l->ops->next, l->ctx };

	/* Since a base that had nothing to tell, changes and state are one. */
	SG_TRY(l->ops->walk(l->ctx, j->since, &j->made.mark));
	return crl_write(fd, &j->head, from, DIGEST_SHA256, j->p->signer,
	    &j->count);
}

static enum sg_err
job_write(struct job *j, enum ca_list which)
{
	const struct ca_ledger *l = &j->p->ledger;
	auto_done(draft) d = { 0 };
	auto_str path = NULL;
	enum sg_err e;

	SG_TRY(list_path(&path, j->p, which));
	SG_TRY(draft_open(&d, path));
	e = job_walk(j, d.fd);
	l->ops->end(l->ctx);
	SG_TRY(sg_while(e, "%s", path));
	SG_TRY(l->ops->note(l->ctx, &j->made));
	return draft_commit(&d, 0644, DRAFT_REPLACES);
}

enum sg_err
ca_publish(struct ca_published *out, const struct ca_publisher *p,
    enum ca_list which, int64_t now)
{
	struct job j;
	auto_fd lock = -1;

	if (which == CA_LIST_DELTA && p->delta_hours == 0)
		return sg_fail(SG_EARG, "this CA has no delta lists");
	SG_TRY(folder_lock(&lock, p->folder));
	SG_TRY(job_plan(&j, p, which, now));
	SG_TRY(job_write(&j, which));
	*out = (struct ca_published) { j.made.number, j.count,
		j.head.next_publish };
	return SG_OK;
}

enum sg_err
ca_publish_all(struct ca_published *base, const struct ca_publisher *p,
    int64_t now)
{
	struct ca_published delta;

	SG_TRY(ca_publish(base, p, CA_LIST_BASE, now));
	if (p->delta_hours == 0)
		return SG_OK;
	/* A delta that adds to an older base would hide what the new one
	 * released. */
	return ca_publish(&delta, p, CA_LIST_DELTA, now);
}
