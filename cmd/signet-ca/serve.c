/* SPDX-License-Identifier: BSD-2-Clause */

/* One process, two halves: serve_web.c talks to the world, serve_signer.c has
 * the keys; between them is desk.h and nothing else. */

#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "net/listen.h"
#include "serve_signer.h"
#include "serve_web.h"

#define WORK_MS		1000	/* between two looks at the clock */
#define DRAIN_SECONDS	10	/* for those that are being served */

struct serving {
	struct signing signing;
	struct desk desk;
	struct http_server *http;
	int lock;
	int signals;
	int64_t stop_at;	/* 0: goes on */
};

static void
serving_done(struct serving *s)
{
	http_server_free(s->http);
	signing_done(&s->signing);
	if (s->signals >= 0)
		(void)close(s->signals);
	if (s->lock >= 0)
		(void)close(s->lock);
}

static enum sg_err
signals_open(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	/* Clients that hang up are no reason to die. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return sg_fail(SG_EIO, "signals: %s", strerror(errno));
	return SG_OK;
}

static enum sg_err
http_open(struct serving *s, const struct options *o)
{
	const struct lists *l = signing_lists(&s->signing);
	const struct serve_config *c = &l->config;
	struct http_config h = { web_routes, &s->desk, http_limits_usual,
		clock_now };
	auto_str where = NULL;
	int fd = -1;

	h.limits.connections = c->connections;
	h.limits.per_address = c->per_address;
	SG_TRY(listen_on(&fd, o->listen != NULL ? o->listen : c->listen));
	SG_TRY(listen_where(&where, fd));
	SG_TRY(http_start(&s->http, fd, &h));
	log_info("%s serves http://%s/", l->p.cert->subject, where);
	return SG_OK;
}

static void
signals_take(struct serving *s)
{
	struct signalfd_siginfo i;

	while (read(s->signals, &i, sizeof(i)) == sizeof(i)) {
		if (i.ssi_signo == SIGHUP) {
			signing_publish(&s->signing);
			continue;
		}
		if (s->stop_at == 0)
			s->stop_at = clock_now() + DRAIN_SECONDS;
		http_drain(s->http);
	}
}

static enum sg_err
turn(struct serving *s)
{
	int wait = http_wait_ms(s->http);
	struct pollfd p[] = { { s->signals, POLLIN, 0 },
		{ http_fd(s->http), POLLIN, 0 } };

	if (wait < 0 || wait > WORK_MS)
		wait = WORK_MS;
	if (poll(p, 2, wait) < 0 && errno != EINTR)
		return sg_fail(SG_EIO, "poll: %s", strerror(errno));
	SG_TRY(http_turn(s->http));
	signals_take(s);
	return SG_OK;
}

static bool
finished(const struct serving *s)
{
	return s->stop_at != 0 &&
	    (http_idle(s->http) || clock_now() >= s->stop_at);
}

static enum sg_err
loop(struct serving *s)
{
	int64_t looked = 0;

	while (!finished(s)) {
		int64_t now = clock_now();

		/* Files are read for that: not for each request. */
		if (now != looked && s->stop_at == 0)
			signing_work(&s->signing);
		looked = now;
		SG_TRY(turn(s));
	}
	log_info("stopped");
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	auto_done(serving) s = { .lock = -1, .signals = -1 };

	SG_TRY(signals_open(&s.signals));
	SG_TRY(serve_lock(&s.lock, o->dir));
	SG_TRY(signing_init(&s.signing, o));
	s.desk = signing_desk(&s.signing);
	/* Nobody is served before there is something to serve. */
	signing_work(&s.signing);
	SG_TRY(http_open(&s, o));
	return loop(&s);
}

static const enum opt options[] = { OPT_DIR, OPT_LISTEN, OPT_PASSPHRASE_FD,
	OPT_END };

const struct verb verb_serve = {
	.name = "serve",
	.summary = "serves revocation lists, certificates and OCSP by HTTP",
	.usage = "serve --dir DIR [--listen ADDRESS:PORT] "
	    "[--passphrase-fd N]",
	.text = "Stays in the foreground, and makes new lists before the last"
	    " ones run out and\non SIGHUP. DIR/serve.conf says the rest;"
	    " signet-ca(1).\n\n"
	    "  --listen ADDR:PORT   where (127.0.0.1:8080)\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = options,
	.run = run,
};
