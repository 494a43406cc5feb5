/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests: what is made of them, by whom, and how many may wait. */

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/server_impl.h"

#define TELL_EVERY_S 60

const char *
server_limit_name(enum server_limit l)
{
	static const char *const names[LIMIT_COUNT] = {
		[LIMIT_TOTAL] = "connections-total",
		[LIMIT_CONNECTIONS] = "connections",
		[LIMIT_WAITING] = "waiting",
		[LIMIT_BYTES] = "pending-bytes",
	};

	return names[l];
}

static uint32_t
limit_of(const struct server *s, enum server_limit l)
{
	const uint32_t limits[LIMIT_COUNT] = {
		[LIMIT_TOTAL] = s->quota.total,
		[LIMIT_CONNECTIONS] = s->quota.connections,
		[LIMIT_WAITING] = s->quota.waiting,
		[LIMIT_BYTES] = s->quota.bytes,
	};

	return limits[l];
}

enum sg_err
limit_refuse(struct server *s, enum server_limit l, enum sg_err e,
    const struct ucred *who, const char *what)
{
	struct user *u = user_find(s, who->uid);
	time_t *told = u != NULL ? &u->told : &s->told;
	time_t t = server_now();

	s->refused[l]++;
	/* Who runs into it does so a thousand times a second. */
	if (*told == 0 || t - *told >= TELL_EVERY_S) {
		*told = t;
		audit("quota", "uid=%u pid=%ld quota=%s limit=%u",
		    (unsigned)who->uid, (long)who->pid, server_limit_name(l),
		    limit_of(s, l));
	}
	return sg_fail(e, "%s: the limit is %u (quota %s of %s)", what,
	    limit_of(s, l), server_limit_name(l), s->table->limits);
}

enum sg_err
stranger_refuse(struct server *s, const struct ucred *who)
{
	time_t t = server_now();

	s->strangers++;
	if (s->told == 0 || t - s->told >= TELL_EVERY_S) {
		s->told = t;
		audit("stranger", "uid=%u pid=%ld", (unsigned)who->uid,
		    (long)who->pid);
	}
	return sg_fail(SG_EPERM, "user %u may not ask the %s",
	    (unsigned)who->uid, s->table->server);
}

void
reply_make(const struct server *s, const struct peer *peer,
    const struct message *in, server_call *call, struct job *j)
{
	struct answer a = { .fd = -1 };
	struct message reply = { .verb = in->verb,
		.sequence = in->sequence };

	if (j->result == SG_OK)
		j->result = call(s->calls.arg, peer, in, &a);
	reply.error = j->result;
	reply.detail = a.detail;
	if (j->result != SG_OK)
		reply.note = bytes_str(sg_note(j->result));
	memcpy(reply.f, a.f, sizeof(reply.f));
	j->made = message_write_reply(&reply, &j->out);
	if (j->made == SG_OK && message_brings_fd(&reply)) {
		j->fd = a.fd;
		a.fd = -1;
	}
	fd_close(&a.fd);
	buf_done(&a.hold);
	secret_done(&a.secret);
}

void
reply_count(struct server *s, const struct verb_info *verb,
    enum sg_err result, uint64_t since)
{
	struct server_verb_stats *v = &s->verbs[verb - s->table->verbs];

	v->results[result]++;
	v->us += server_us() - since;
}

/* A LOCK overtakes what its user asked for before: a PIN that was still on its
 * way must not open the container behind it. */
static enum sg_err
still_wanted(const struct job *j)
{
	if (j->in.verb->when != VERB_OVERTAKEN ||
	    j->locks == atomic_load(&j->process->user->locks))
		return SG_OK;
	return sg_fail(SG_ECANCEL, "the container was locked meanwhile");
}

void
job_run(void *arg, struct turn *t)
{
	struct server *s = arg;
	struct job *j = (struct job *)t;

	if (j == &s->chore) {
		s->calls.chore(s->calls.arg);
		return;
	}
	if (j->in.verb == NULL) {
		s->calls.gone(s->calls.arg, &j->process->peer);
		return;
	}
	sg_note_clear();
	j->result = still_wanted(j);
	reply_make(s, &j->process->peer, &j->in, s->calls.handle, j);
	secret_done(&j->frame);
}

/* A farewell has no verb, and a chore no process. */
struct line *
job_group(void *arg, const struct turn *t)
{
	const struct job *j = (const struct job *)t;

	(void)arg;
	return j->in.verb != NULL && j->in.verb->when == VERB_GROUPED
	    ? &j->process->user->grouped : NULL;
}

/* What was said to be done is not. */
static void
unmake(const struct server *s, struct job *j, enum sg_err e)
{
	if (j->result != SG_OK)
		return;
	secret_done(&j->out);
	fd_close(&j->fd);
	j->result = e;
	reply_make(s, &j->process->peer, &j->in, s->calls.handle, j);
}

void
job_flush(void *arg, struct turn *first)
{
	const struct server *s = arg;
	enum sg_err e;

	sg_note_clear();
	if ((e = s->calls.flush(s->calls.arg)) == SG_OK)
		return;
	for (struct turn *t = first; t != NULL; t = t->next)
		unmake(s, (struct job *)t, e);
}

void
job_rest(void *arg)
{
	struct server *s = arg;

	if (s->calls.rest != NULL)
		s->calls.rest(s->calls.arg);
}

static enum sg_err
may_wait(struct server *s, const struct process *p,
    const struct message *in)
{
	const struct ucred who = { p->peer.pid, p->peer.uid, 0 };

	if (in->verb->when == VERB_FIRST || queue_line_count(
	    &s->worker.queue, &p->user->line) + queue_line_count(
	    &s->worker.queue, &p->user->grouped) < s->quota.waiting)
		return SG_OK;
	return limit_refuse(s, LIMIT_WAITING, SG_EBUSY, &who,
	    "too many requests of yours wait");
}

enum sg_err
job_put(struct server *s, struct connection *c, const struct message *in)
{
	struct process *p = c->process;
	bool first = in->verb->when == VERB_FIRST;
	struct job *j;

	SG_TRY(may_wait(s, p, in));
	if ((j = calloc(1, sizeof(*j))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*j = (struct job) { .process = p, .from = c, .in = *in,
		.frame = c->in, .fd = -1, .since = server_us(),
		.locks = atomic_fetch_add(&p->user->locks, first ? 1 : 0) };
	c->in = (struct secret) { 0 };
	c->job = j;
	p->begun++;
	queue_put(&s->worker.queue, in->verb->when == VERB_GROUPED
	    ? &p->user->grouped : &p->user->line, &j->turn,
	    first ? QUEUE_FIRST : QUEUE_LAST);
	return SG_OK;
}

void
job_leave(struct server *s, struct job *j)
{
	struct user *u = j->process->user;

	j->from = NULL;
	/* A LOCK is done even so, but one is as good as a thousand. */
	if (j->in.verb->when == VERB_FIRST && u->orphan == NULL) {
		u->orphan = j;
		return;
	}
	if (!queue_drop(&s->worker.queue, &j->turn))
		return;
	j->process->begun--;
	job_free(j);
}

void
job_free(struct job *j)
{
	if (j->process->user->orphan == j)
		j->process->user->orphan = NULL;
	secret_done(&j->frame);
	secret_done(&j->out);
	fd_close(&j->fd);
	free(j);
}
