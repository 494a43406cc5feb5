/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Two threads, as ipc/server.h has them: the worker has the keys and the
 * database, and does what is due; the other one never waits, and answers for
 * the first how it is.
 */

#include "serve_desk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "ipc/server.h"
#include "sandbox/sandbox.h"
#include "serve.h"
#include "serve_metrics.h"
#include "serve_signer.h"

#define DESCRIPTORS	1024
#define TICK_SECONDS	1	/* between two looks at the clock */

/* Web's connections, and those of one that comes while another goes. */
static const struct server_quota quota = {
	.total = 4 * DESK_CONNECTIONS,
	.connections = 2 * DESK_CONNECTIONS,
	.waiting = 2 * DESK_CONNECTIONS,
	.bytes = 4u << 20,
};

struct desk {
	const struct desk_config *config;
	struct signing signing;		/* the worker's */
	struct server *server;
	atomic_bool reload;		/* somebody wants new lists */
	pthread_mutex_t mutex;		/* of what follows */
	struct signing_state state;
	int signals;
	int timer;
	int wake;			/* readable: one of the two is */
};

static void
desk_done(struct desk *d)
{
	server_free(d->server);
	signing_done(&d->signing);
	fd_close(&d->wake);
	fd_close(&d->timer);
	fd_close(&d->signals);
	(void)pthread_mutex_destroy(&d->mutex);
}

/* --- requests --- */

static enum sg_err
do_file(struct desk *d, const struct field *f, struct answer *out)
{
	auto_done(signing_file) file = { .fd = -1 };
	auto_str name = NULL;
	size_t n;

	SG_TRY(str_from_bytes(&name, f[0].b));
	SG_TRY(signing_file(&file, &d->signing, name));
	n = file.bytes.n;
	SG_TRY(buf_add_bytes(&out->hold, buf_bytes(&file.bytes)));
	SG_TRY(buf_add_str(&out->hold, file.tag));
	out->f[DESK_FILE_FD] = field_u(file.fd >= 0);
	out->f[DESK_FILE_BYTES] = field_b(bytes_of(out->hold.p, n));
	out->f[DESK_FILE_MODIFIED] = field_u((uint64_t)file.modified);
	out->f[DESK_FILE_EXPIRES] = field_u((uint64_t)file.expires);
	out->f[DESK_FILE_TAG] = field_b(bytes_of(out->hold.p + n,
	    out->hold.n - n));
	out->fd = file.fd;
	file.fd = -1;
	return SG_OK;
}

static enum sg_err
do_ocsp(struct desk *d, const struct field *f, struct answer *out)
{
	int64_t expires = 0;

	SG_TRY(signing_ocsp(&d->signing, f[0].b, &out->hold, &expires));
	out->f[DESK_OCSP_ANSWER] = field_b(buf_bytes(&out->hold));
	out->f[DESK_OCSP_EXPIRES] = field_u((uint64_t)expires);
	return SG_OK;
}

/* What of it is borrowed from r lies in hold afterwards. */
static enum sg_err
outcome_give(struct answer *out, const struct desk *d,
    const struct ca_outcome *r)
{
	auto_str hash = NULL;
	size_t words = 0, hex = 0;
	struct buf *b = &out->hold;

	SG_TRY(hex_encode(&hash, bytes_of(r->sha256, sizeof(r->sha256))));
	SG_TRY(buf_add_str(b, r->verdict.words));
	words = b->n;
	SG_TRY(buf_add_str(b, hash));
	hex = b->n;
	SG_TRY(issuing_chain(b, &d->signing.session, r->cert));
	out->f[DESK_OUTCOME_DISPOSITION] = field_u(r->verdict.disposition);
	out->f[DESK_OUTCOME_REQUEST] = field_u((uint64_t)r->request);
	out->f[DESK_OUTCOME_STATUS] = field_u(r->verdict.status);
	out->f[DESK_OUTCOME_WORDS] = field_b(bytes_of(b->p, words));
	out->f[DESK_OUTCOME_SHA256] = field_b(bytes_of(b->p + words,
	    hex - words));
	out->f[DESK_OUTCOME_CERTS] = field_b(bytes_of(b->p + hex,
	    b->n - hex));
	return SG_OK;
}

static enum sg_err
do_submit(struct desk *d, const struct field *f, struct answer *out)
{
	auto_done(ca_outcome) r = { 0 };
	auto_str template = NULL;

	SG_TRY(str_from_bytes(&template, f[0].b));
	SG_TRY(issuing_submit(&r, &d->signing.issuing, f[1].b,
	    *template != '\0' ? template : NULL));
	return outcome_give(out, d, &r);
}

static enum sg_err
do_retrieve(struct desk *d, const struct field *f, struct answer *out)
{
	auto_done(ca_outcome) r = { 0 };

	SG_TRY(issuing_retrieve(&r, &d->signing.issuing, f[0].u, f[1].b));
	return outcome_give(out, d, &r);
}

static enum sg_err
do_scep(struct desk *d, const struct field *f, struct answer *out)
{
	bool hold = false;

	SG_TRY(serve_ra_answer(&out->hold, &hold, &d->signing.ra, f[0].b));
	out->f[DESK_SCEP_MESSAGE] = field_b(buf_bytes(&out->hold));
	out->f[DESK_SCEP_HOLD] = field_u(hold);
	return SG_OK;
}

static enum sg_err
do_scep_ca(struct desk *d, const struct field *f, struct answer *out)
{
	enum desk_scep_body kind;

	if (f[0].u > DESK_SCEP_NEXT)
		return sg_fail(SG_ENOENT, "there is nothing like that");
	SG_TRY(serve_ra_body(&out->hold, &kind, &d->signing.ra,
	    (enum desk_scep_ask)f[0].u));
	out->f[DESK_SCEP_CA_BODY] = field_b(buf_bytes(&out->hold));
	out->f[DESK_SCEP_CA_KIND] = field_u(kind);
	return SG_OK;
}

static enum sg_err
do_status(struct desk *d, const struct field *f, struct answer *out)
{
	struct signer_metrics m = { .server = server_stats(d->server),
		.load = server_load(d->server) };

	(void)f;
	(void)pthread_mutex_lock(&d->mutex);
	m.state = d->state;
	(void)pthread_mutex_unlock(&d->mutex);
	SG_TRY(signer_metrics_write(&m, &out->hold));
	out->f[DESK_STATUS_LIST_ENDS] = field_u((uint64_t)m.state.base_ends);
	out->f[DESK_STATUS_WRITABLE] = field_u(m.state.writable);
	out->f[DESK_STATUS_METRICS] = field_b(buf_bytes(&out->hold));
	return SG_OK;
}

/* One function for each line of the table. */
static enum sg_err
answer(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct desk *d = arg;

	(void)peer;
	switch ((enum desk_verb)in->verb->number) {
	case DESK_FILE:
		return do_file(d, in->f, out);
	case DESK_OCSP:
		return do_ocsp(d, in->f, out);
	case DESK_SUBMIT:
		return do_submit(d, in->f, out);
	case DESK_RETRIEVE:
		return do_retrieve(d, in->f, out);
	case DESK_SCEP:
		return do_scep(d, in->f, out);
	case DESK_SCEP_CA:
		return do_scep_ca(d, in->f, out);
	case DESK_STATUS:
		return do_status(d, in->f, out);
	}
	return sg_fail(SG_EUNSUPPORTED, "not here");
}

static void
post(struct desk *d)
{
	(void)pthread_mutex_lock(&d->mutex);
	d->state = d->signing.state;
	(void)pthread_mutex_unlock(&d->mutex);
}

static enum sg_err
in_turn(void *arg, const struct peer *peer, const struct message *in,
    struct answer *out)
{
	struct desk *d = arg;
	enum sg_err e = answer(d, peer, in, out);

	post(d);
	return e;
}

static enum sg_err
flush(void *arg)
{
	struct desk *d = arg;
	enum sg_err e = issuing_flush(&d->signing.issuing);

	post(d);
	return e;
}

static void
chore(void *arg)
{
	struct desk *d = arg;

	if (atomic_exchange(&d->reload, false))
		signing_reload(&d->signing);
	signing_work(&d->signing);
	post(d);
}

static void
gone(void *arg, const struct peer *peer)
{
	(void)arg;
	(void)peer;
}

/* Whoever is this process's user has the keys already. */
static bool
admits(void *arg, uid_t uid)
{
	const struct desk *d = arg;

	return uid == d->config->web || uid == geteuid();
}

/* --- the process --- */

static enum sg_err
wake_on(struct desk *d, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(d->wake, EPOLL_CTL_ADD, fd, &ev) != 0)
		return sg_fail(SG_EIO, "epoll: %s", strerror(errno));
	return SG_OK;
}

static enum sg_err
wake_open(struct desk *d)
{
	const struct itimerspec every = { { TICK_SECONDS, 0 },
		{ TICK_SECONDS, 0 } };

	SG_TRY(serve_signals(&d->signals));
	d->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC |
	    TFD_NONBLOCK);
	d->wake = epoll_create1(EPOLL_CLOEXEC);
	if (d->timer < 0 || d->wake < 0 ||
	    timerfd_settime(d->timer, 0, &every, NULL) != 0)
		return sg_fail(SG_EIO, "timer: %s", strerror(errno));
	SG_TRY(wake_on(d, d->signals));
	return wake_on(d, d->timer);
}

static enum sg_err
server_open(struct desk *d)
{
	const struct server_calls calls = { .at_once = answer,
		.handle = in_turn, .flush = flush, .gone = gone, .arg = d,
		.admits = admits, .chore = chore };

	return server_new(&d->server, d->config->listener, &desk_verbs,
	    &calls, &quota);
}

/* False when it is time to stop. */
static bool
woken(struct desk *d)
{
	struct signalfd_siginfo i;
	uint64_t ticks;
	bool on = true;

	if (read(d->timer, &ticks, sizeof(ticks)) != sizeof(ticks))
		ticks = 0;
	while (read(d->signals, &i, sizeof(i)) == sizeof(i)) {
		if (i.ssi_signo == SIGHUP)
			atomic_store(&d->reload, true);
		else if (i.ssi_signo != SIGCHLD)
			on = false;
	}
	server_chore(d->server);
	return on;
}

static void
ready(struct desk *d)
{
	const char ok = SG_OK;

	log_info("signer-ready uid=%u web-uid=%u network=%s",
	    (unsigned)geteuid(), (unsigned)d->config->web,
	    signing_lists(&d->signing)->config.network ? "yes" : "no");
	if (d->config->ready < 0)
		return;
	/* Whoever started us sees it end in any case. */
	if (write(d->config->ready, &ok, 1) != 1)
		log_warn("nobody-waits");
	(void)close(d->config->ready);
}

enum sg_err
desk_serve(const struct desk_config *c)
{
	auto_done(desk) d = { .config = c, .signals = -1, .timer = -1,
		.wake = -1, .mutex = PTHREAD_MUTEX_INITIALIZER };

	SG_TRY(sandbox_basics(DESCRIPTORS));
	SG_TRY(wake_open(&d));
	SG_TRY(signing_init(&d.signing, c->options));
	/* From here on Ctrl-C is for whoever started us; until now there may
	 * have been a question at the terminal. */
	if (c->ready >= 0)
		(void)setpgid(0, 0);
	SG_TRY(sandbox_keeper_calls(
	    signing_lists(&d.signing)->config.network));
	/* Nobody is served before there is something to serve. */
	chore(&d);
	SG_TRY(server_open(&d));
	ready(&d);
	do {
		SG_TRY(server_run(d.server, d.wake));
	} while (woken(&d));
	server_drain(d.server);
	log_info("signer-stopped");
	return SG_OK;
}
