/* SPDX-License-Identifier: BSD-2-Clause */

/* Requests: what is made of them, by whom, and how many may wait. */

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ipc/server_impl.h"

#define TELL_EVERY_S 60

enum sg_err
quota_refuse(struct server *s, enum sg_err e, const struct ucred *who,
    const char *quota, size_t limit, const char *what)
{
	struct user *u = user_find(s, who->uid);
	time_t *told = u != NULL ? &u->told : &s->told;
	time_t t = server_now();

	/* Who runs into it does so a thousand times a second. */
	if (*told == 0 || t - *told >= TELL_EVERY_S) {
		*told = t;
		audit("quota", "uid=%u pid=%ld quota=%s limit=%zu",
		    (unsigned)who->uid, (long)who->pid, quota, limit);
	}
	return sg_fail(e, "%s: the limit is %zu (quota %s of signetd.conf)",
	    what, limit, quota);
}

enum sg_err
reply_make(const struct server *s, const struct peer *peer,
    const struct message *in, enum sg_err e, server_call *call,
    struct secret *out)
{
	struct answer a = { 0 };
	struct message reply = { .verb = in->verb,
		.sequence = in->sequence };

	if (e == SG_OK)
		e = call(s->calls.arg, peer, in, &a);
	reply.error = e;
	reply.detail = a.detail;
	if (e != SG_OK)
		reply.note = bytes_str(sg_note(e));
	memcpy(reply.f, a.f, sizeof(reply.f));
	e = message_write_reply(&reply, out);
	buf_done(&a.hold);
	secret_done(&a.secret);
	return e;
}

void
job_run(void *arg, struct turn *t)
{
	struct server *s = arg;
	struct job *j = (struct job *)t;

	if (j->in.verb == NULL) {
		s->calls.gone(s->calls.arg, &j->process->peer);
		return;
	}
	sg_note_clear();
	j->made = reply_make(s, &j->process->peer, &j->in, SG_OK,
	    s->calls.handle, &j->out);
	secret_done(&j->frame);
}

static enum sg_err
may_wait(struct server *s, const struct process *p,
    const struct message *in)
{
	const struct ucred who = { p->peer.pid, p->peer.uid, 0 };

	if (in->verb->when == VERB_FIRST || queue_line_count(
	    &s->worker.queue, &p->user->line) < s->quota.waiting)
		return SG_OK;
	return quota_refuse(s, SG_EBUSY, &who, "waiting", s->quota.waiting,
	    "too many requests of yours wait for the TPM");
}

enum sg_err
job_put(struct server *s, struct connection *c, const struct message *in)
{
	struct process *p = c->process;
	struct job *j;

	SG_TRY(may_wait(s, p, in));
	if ((j = calloc(1, sizeof(*j))) == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	*j = (struct job) { .process = p, .from = c, .in = *in,
		.frame = c->in };
	c->in = (struct secret) { 0 };
	c->job = j;
	p->begun++;
	queue_put(&s->worker.queue, &p->user->line, &j->turn,
	    in->verb->when == VERB_FIRST ? QUEUE_FIRST : QUEUE_LAST);
	return SG_OK;
}

void
job_leave(struct server *s, struct job *j)
{
	j->from = NULL;
	if (j->in.verb->when == VERB_FIRST ||
	    !queue_drop(&s->worker.queue, &j->turn))
		return;
	j->process->begun--;
	job_free(j);
}

void
job_free(struct job *j)
{
	secret_done(&j->frame);
	secret_done(&j->out);
	free(j);
}
