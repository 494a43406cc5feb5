/* SPDX-License-Identifier: BSD-2-Clause */

/* Web's process: it opens what it serves, gives up everything else, and goes
 * round. */

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/handed.h"
#include "base/log.h"
#include "net/listen.h"
#include "sandbox/sandbox.h"
#include "serve.h"
#include "serve_web.h"

#define CONNECTIONS	256
#define PER_ADDRESS	64
#define ADMIN_CONNECTIONS 8
#define DESCRIPTORS	64	/* besides clients and what they are sent */

#define ANSWER_MS	10000	/* the signer's time for an answer */
#define GONE_MS		2000	/* and to come back */
#define WORK_MS		1000
#define DRAIN_SECONDS	10	/* for those that are being served */

struct site {
	struct web web;
	struct handed handed;
	int signals;
	int64_t stop_at;	/* 0: goes on */
};

static void
site_done(struct site *s)
{
	/* Whoever waits is told before the servers go. */
	pool_free(s->web.pool);
	web_held_turn(&s->web, true);
	http_server_free(s->web.admin);
	http_server_free(s->web.http);
	handed_done(&s->handed);
	fd_close(&s->signals);
}

static enum sg_err
door_open(struct http_server **out, struct site *s, const char *name,
    const char *where, const struct http_config *c)
{
	auto_str text = NULL;
	int fd = handed_find(&s->handed, name);

	if (fd < 0 && where == NULL)
		return SG_OK;
	if (fd < 0)
		SG_TRY(listen_on(&fd, where));
	SG_TRY(sandbox_answers_only(fd));
	SG_TRY(listen_where(&text, fd));
	SG_TRY(http_start(out, fd, c));
	log_info("web %s http://%s/", c->routes == web_routes ? "serves"
	    : "reports at", text);
	return SG_OK;
}

static enum sg_err
doors_open(struct site *s, const struct options *o)
{
	struct http_config c = { .routes = web_routes, .ctx = &s->web,
		.limits = http_limits_usual, .clock = clock_now,
		.seen = web_seen };

	c.limits.connections = o->connections > 0 ? o->connections
						  : CONNECTIONS;
	c.limits.per_address = o->per_address > 0 ? o->per_address
						  : PER_ADDRESS;
	SG_TRY(door_open(&s->web.http, s, "http", o->listen, &c));
	if (s->web.http == NULL)
		return sg_fail(SG_EARG, "no socket was handed over, and "
		    "there is no --listen");
	c = (struct http_config) { .routes = admin_routes, .ctx = &s->web,
		.limits = http_limits_usual, .clock = clock_now };
	c.limits.connections = c.limits.per_address = ADMIN_CONNECTIONS;
	return door_open(&s->web.admin, s, "admin", o->admin, &c);
}

static enum sg_err
user_become(const char *name, const struct passwd *p)
{
	if (name == NULL)
		return SG_OK;
	if (setgroups(0, NULL) != 0 || setgid(p->pw_gid) != 0 ||
	    setuid(p->pw_uid) != 0)
		return sg_fail(SG_EPERM, "becoming %s: %s", name,
		    strerror(errno));
	return SG_OK;
}

/* Whatever would open a file later does so now: time zone, OpenSSL. */
static enum sg_err
warm_up(void)
{
	char tag[HTTP_ETAG_MAX];

	tzset();
	return http_etag(tag, bytes_str(""));
}

/* An abstract name is the desk of a 'serve' that started this, and with which
 * it ends.  It has seen to that, but becoming somebody else undoes it. */
static enum sg_err
parent_follow(const char *desk, pid_t parent)
{
	return desk[0] == '@' ? serve_follow(parent) : SG_OK;
}

static enum sg_err
give_up(const struct options *o)
{
	/* A client has a socket and perhaps a list. */
	const unsigned files = DESCRIPTORS + 2 * (o->connections > 0
	    ? o->connections : CONNECTIONS);
	const struct passwd *p = o->user != NULL ? getpwnam(o->user) : NULL;
	const pid_t parent = getppid();
	enum sandbox_files how;

	if (o->user != NULL && p == NULL)
		return sg_fail(SG_EARG, "there is no user '%s'", o->user);
	SG_TRY(warm_up());
	SG_TRY(sandbox_basics(files));
	SG_TRY(sandbox_no_files(&how));
	SG_TRY(user_become(o->user, p));
	/* Becoming somebody else has undone some of it. */
	SG_TRY(sandbox_basics(files));
	SG_TRY(parent_follow(o->desk, parent));
	log_info("web-confined uid=%u files=%s", (unsigned)getuid(),
	    how == SANDBOX_LANDLOCK ? "landlock" : "chroot");
	return sandbox_server_calls();
}

static void
signals_take(struct site *s)
{
	struct signalfd_siginfo i;

	while (read(s->signals, &i, sizeof(i)) == sizeof(i)) {
		if (i.ssi_signo != SIGTERM && i.ssi_signo != SIGINT)
			continue;
		if (s->stop_at == 0)
			s->stop_at = clock_now() + DRAIN_SECONDS;
		http_drain(s->web.http);
		if (s->web.admin != NULL)
			http_drain(s->web.admin);
	}
}

static int
shorter(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static enum sg_err
turn(struct site *s)
{
	struct web *w = &s->web;
	int wait = shorter(shorter(WORK_MS, http_wait_ms(w->http)),
	    shorter(pool_wait_ms(w->pool), web_held_ms(w)));
	struct pollfd p[] = { { s->signals, POLLIN, 0 },
		{ http_fd(w->http), POLLIN, 0 },
		{ pool_fd(w->pool), POLLIN, 0 }, { -1, POLLIN, 0 } };

	if (w->admin != NULL) {
		p[3].fd = http_fd(w->admin);
		wait = shorter(wait, http_wait_ms(w->admin));
	}
	if (poll(p, 4, wait) < 0 && errno != EINTR)
		return sg_fail(SG_EIO, "poll: %s", strerror(errno));
	SG_TRY(http_turn(w->http));
	if (w->admin != NULL)
		SG_TRY(http_turn(w->admin));
	pool_turn(w->pool);
	web_held_turn(w, false);
	signals_take(s);
	return SG_OK;
}

static bool
finished(const struct site *s)
{
	if (s->stop_at == 0)
		return false;
	return clock_now() >= s->stop_at || (http_idle(s->web.http) &&
	    (s->web.admin == NULL || http_idle(s->web.admin)));
}

static enum sg_err
serve(const struct options *o)
{
	auto_done(site) s = { .signals = -1 };
	const struct pool_config pool = { &desk_verbs, o->desk,
		DESK_CONNECTIONS, http_limits_usual.connections * 4,
		ANSWER_MS, GONE_MS };

	SG_TRY(serve_signals(&s.signals));
	SG_TRY(handed_take(&s.handed));
	SG_TRY(pool_new(&s.web.pool, &pool));
	SG_TRY(doors_open(&s, o));
	SG_TRY(give_up(o));
	while (!finished(&s))
		SG_TRY(turn(&s));
	log_info("web-stopped");
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	SG_TRY(option_needed(o->desk, "desk"));
	SG_TRY(serve(o));
	/* What others do at the end is not for a sandbox. */
	_exit(0);
}

static const enum opt options[] = { OPT_DESK, OPT_LISTEN, OPT_ADMIN,
	OPT_CONNECTIONS, OPT_PER_ADDRESS, OPT_USER, OPT_END };

const struct verb verb_serve_web = {
	.name = "serve-web",
	.summary = "the part of serve that speaks HTTP and has no keys",
	.usage = "serve-web --desk PATH [--listen ADDRESS:PORT]\n"
	    "                        [--admin ADDRESS:PORT] [OPTIONS]",
	.text = "Asks the signer for whatever it serves.  Its sockets may be"
	    " handed over by\nsystemd, as \"http\" and \"admin\".\n\n"
	    "  --desk PATH          the signer's socket\n"
	    "  --listen ADDR:PORT   where, if no socket is handed over\n"
	    "  --admin ADDR:PORT    health and metrics, likewise\n"
	    "  --connections N      at once (256)\n"
	    "  --per-address N      of them from one address (64)\n"
	    "  --user NAME          becomes this user, if it is root\n",
	.options = options,
	.run = run,
};
