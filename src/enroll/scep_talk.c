/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/scep_talk.h"

static void
tell(const struct scep_talk *t, const struct scep_run *r)
{
	const char *what = "Asking the CA...";

	if (t->tell == NULL)
		return;
	if (r->at == SCEP_AT_CAPS || r->at == SCEP_AT_CA)
		what = "Asking the server what it can do...";
	t->tell(t->arg, what);
}

static enum sg_err
exchange(struct scep_run *r, const struct scep_talk *t, bool *reached)
{
	auto_done(fetch_answer) a = { 0 };
	struct fetch_ask ask;
	enum sg_err e;

	tell(t, r);
	SG_TRY(scep_run_ask(r, &ask));
	e = fetch(t->fetcher, &ask, &a);
	*reached = e == SG_OK;
	if (e != SG_OK && r->at == SCEP_AT_CAPS)
		return scep_run_take(r, NULL, t->clock());
	SG_TRY(e);
	/* A server that is busy is as good as none while there are others. */
	*reached = a.status < 500;
	return scep_run_take(r, &a, t->clock());
}

/* Until the CA is known; *reached: the server is there, whatever it said. */
static enum sg_err
find_ca(struct scep_run *r, const struct scep_talk *t, bool *reached)
{
	while (scep_run_next(r) == SCEP_EXCHANGE)
		SG_TRY(exchange(r, t, reached));
	return SG_OK;
}

static enum sg_err
saved(const struct scep_run *r, const struct scep_talk *t)
{
	return enrollment_save(t->store, r->e);
}

/* What the CA says for good leaves nothing to go on with. */
static enum sg_err
after_sending(enum sg_err e, const struct scep_run *r)
{
	if (e == SG_OK || r->fault.refused)
		return e;
	return sg_fail(e, "%s; the request may have arrived: 'signet enroll"
	    " scep --resume %s' goes on", sg_note(e), r->e->profile.name);
}

static enum sg_err
send_message(struct scep_run *r, const struct scep_talk *t)
{
	bool reached;

	SG_TRY(saved(r, t));
	SG_TRY(t->sending(t->arg, r->e));
	SG_TRY(after_sending(exchange(r, t, &reached), r));
	return saved(r, t);
}

static enum sg_err
wait(struct scep_run *r, const struct scep_talk *t)
{
	if (!t->wait(t->arg, scep_run_seconds(r))) {
		r->next = SCEP_UNDECIDED;
		return SG_OK;
	}
	return scep_run_waited(r);
}

enum sg_err
scep_talk_on(struct scep_run *r, const struct scep_talk *t)
{
	for (;;) {
		switch (scep_run_next(r)) {
		case SCEP_REQUEST:
			SG_TRY(t->request(t->arg, r));
			break;
		case SCEP_EXCHANGE:
			SG_TRY(send_message(r, t));
			break;
		case SCEP_WAIT:
			SG_TRY(wait(r, t));
			break;
		case SCEP_ISSUED:
		case SCEP_UNDECIDED:
			return SG_OK;
		}
	}
}

enum sg_err
scep_talk_first(struct scep_run *r, const struct scep_talk *t,
    struct enrollment *e, const struct certs *anchors)
{
	enum sg_err err = SG_OK;

	for (e->url = 0;; e->url++) {
		bool reached = false;

		scep_run_done(r);
		SG_TRY(scep_run_begin(r, e, anchors));
		err = find_ca(r, t, &reached);
		if (err == SG_OK || reached || e->url + 1 == e->profile.urls.n)
			break;
	}
	SG_TRY(err);
	return scep_talk_on(r, t);
}
