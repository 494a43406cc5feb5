/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * serve in the foreground: starts the signer (serve_desk.h) and web
 * (serve_site.c), and sees to it that web ends before the signer does.  It
 * keeps the listening sockets, so that nobody is turned away while web starts
 * anew.
 */

#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/handed.h"
#include "base/log.h"
#include "ca/serve_config.h"
#include "ipc/server.h"
#include "net/listen.h"
#include "sandbox/sandbox.h"
#include "serve_desk.h"
#include "verb.h"

#define WAIT_MS		500
#define PAUSE_SECONDS	1	/* before web is started again */
#define WEB_SECONDS	15	/* to end; it drains for 10 of them */
#define SIGNER_SECONDS	30
#define DESCRIPTORS	2048	/* for the signer; web takes what it needs */
#define FIRST_FD	3	/* of those that web gets, sd_listen_fds(3) */
#define NOBODY		"nobody"
#define WEB_ENV_MAX	5
#define WEB_ARGS_MAX	7

struct serving {
	const struct options *options;
	struct serve_config config;
	struct handed handed;
	int http, admin;	/* listening; admin -1: none */
	int desk;		/* likewise, until the signer has it */
	char *desk_name;
	int ready;		/* the signer's word */
	const char *web_user;	/* or NULL: the caller */
	uid_t web_uid;
	uid_t owner;		/* of the folder, whom the signer becomes */
	pid_t self;
	pid_t signer, web;	/* 0: none */
	int64_t web_at;		/* when web is started, if there is none */
	int64_t stop_by;	/* 0: goes on */
	int lock;
	int signals;
};

static void
serving_done(struct serving *s)
{
	/* Whatever made it end: none of the two goes on alone. */
	if (s->web > 0)
		(void)kill(s->web, SIGTERM);
	if (s->signer > 0)
		(void)kill(s->signer, SIGTERM);
	serve_config_done(&s->config);
	handed_done(&s->handed);
	fd_close(&s->http);
	fd_close(&s->admin);
	fd_close(&s->desk);
	fd_close(&s->ready);
	fd_close(&s->lock);
	fd_close(&s->signals);
	free(s->desk_name);
}

enum sg_err
serve_signals(int *out)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_SETMASK, &set, NULL) != 0 ||
	    (*out = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
		return sg_fail(SG_EIO, "signals: %s", strerror(errno));
	return SG_OK;
}

enum sg_err
serve_follow(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return sg_fail(SG_EIO, "prctl: %s", strerror(errno));
	/* Of an end that came before, nobody tells. */
	if (getppid() != parent)
		return sg_fail(SG_ECANCEL, "who started this has ended");
	return SG_OK;
}

/* --- the signer --- */

/* Never more than the owner of the folder may. */
static enum sg_err
owner_become(uid_t owner)
{
	const struct passwd *p;

	if (geteuid() != 0 || owner == 0)
		return SG_OK;
	if ((p = getpwuid(owner)) == NULL)
		return sg_fail(SG_EPERM, "the folder's owner, %u, is no user",
		    (unsigned)owner);
	if (initgroups(p->pw_name, p->pw_gid) != 0 ||
	    setgid(p->pw_gid) != 0 || setuid(p->pw_uid) != 0)
		return sg_fail(SG_EPERM, "becoming %s: %s", p->pw_name,
		    strerror(errno));
	return SG_OK;
}

static enum sg_err
signer_run(const struct serving *s, int ready)
{
	const struct desk_config c = { s->options, s->desk, s->web_uid,
		ready };

	SG_TRY(owner_become(s->owner));
	SG_TRY(serve_follow(s->self));
	return desk_serve(&c);
}

/* Says what has gone wrong to whoever waits for it, or else to the log. */
static int
signer_end(enum sg_err e, int ready)
{
	const char code = (char)e;
	const char *note = sg_note(e);

	if (e == SG_OK)
		return 0;
	if (write(ready, &code, 1) != 1 ||
	    write(ready, note, strlen(note)) < 0)
		log_error("signer-failed why=\"%s\"", audit_text(note).s);
	return EXIT_REFUSED;
}

static enum sg_err
signer_start(struct serving *s)
{
	int word[2];

	if (pipe2(word, O_CLOEXEC) != 0 || (s->signer = fork()) < 0)
		return sg_fail(SG_EIO, "starting the signer: %s",
		    strerror(errno));
	if (s->signer == 0) {
		(void)close(word[0]);
		fd_close(&s->http);
		fd_close(&s->admin);
		fd_close(&s->signals);
		_exit(signer_end(signer_run(s, word[1]), word[1]));
	}
	(void)close(word[1]);
	s->ready = word[0];
	fd_close(&s->desk);
	return SG_OK;
}

/* What the signer says when it is ready, or why it will never be. */
static enum sg_err
signer_hear(struct serving *s)
{
	char said[1 + SG_NOTE_MAX] = { SG_EIO };
	ssize_t n = read(s->ready, said, sizeof(said) - 1);
	enum sg_err e = (enum sg_err)said[0];

	fd_close(&s->ready);
	if (n == 1 && e == SG_OK)
		return SG_OK;
	return sg_fail(e, "%s", n > 1 ? said + 1 : "the signer has ended");
}

/* --- web --- */

/* Descriptors from FIRST_FD on, and no others; nothing to read. */
static int
web_descriptors(const struct serving *s)
{
	const int given[] = { s->http, s->admin };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), n = 0;
	int high[2] = { -1, -1 };

	for (int i = 0; i < 2; i++)
		if (given[i] >= 0)
			high[n++] = fcntl(given[i], F_DUPFD_CLOEXEC,
			    FIRST_FD + 2);
	for (int i = 0; i < n; i++)
		if (dup2(high[i], FIRST_FD + i) < 0)
			return -1;
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    close_range((unsigned)(FIRST_FD + n), ~0u, 0) != 0)
		return -1;
	return n;
}

/* Nothing of ours but this; the values are to be freed by exec. */
static enum sg_err
web_environment(char *env[WEB_ENV_MAX], int descriptors)
{
	const char *journal = getenv("JOURNAL_STREAM");
	size_t n = 0;

	SG_TRY(str_printf(&env[n++], "LISTEN_PID=%ld", (long)getpid()));
	SG_TRY(str_printf(&env[n++], "LISTEN_FDS=%d", descriptors));
	SG_TRY(str_dup(&env[n++], "LISTEN_FDNAMES=http:admin"));
	if (journal != NULL)
		SG_TRY(str_printf(&env[n++], "JOURNAL_STREAM=%s", journal));
	env[n] = NULL;
	return SG_OK;
}

static enum sg_err
web_arguments(char *argv[WEB_ARGS_MAX], const struct serving *s)
{
	const struct serve_config *c = &s->config;
	size_t n = 0;

	SG_TRY(str_dup(&argv[n++], "signet-ca"));
	SG_TRY(str_dup(&argv[n++], "serve-web"));
	SG_TRY(str_printf(&argv[n++], "--desk=%s", s->desk_name));
	SG_TRY(str_printf(&argv[n++], "--connections=%u", c->connections));
	SG_TRY(str_printf(&argv[n++], "--per-address=%u", c->per_address));
	if (s->web_user != NULL)
		SG_TRY(str_printf(&argv[n++], "--user=%s", s->web_user));
	argv[n] = NULL;
	return SG_OK;
}

/* The program anew, so that nothing of ours is in its memory; for _exit(). */
static int
web_exec(const struct serving *s)
{
	char *env[WEB_ENV_MAX], *argv[WEB_ARGS_MAX];
	sigset_t none;
	int n = web_descriptors(s);

	(void)setpgid(0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (n > 0 && serve_follow(s->self) == SG_OK &&
	    web_environment(env, n) == SG_OK && web_arguments(argv, s) == SG_OK)
		(void)execve("/proc/self/exe", argv, env);
	log_error("web-failed why=\"%s\"", strerror(errno));
	return EXIT_REFUSED;
}

static enum sg_err
web_start(struct serving *s)
{
	if ((s->web = fork()) < 0)
		return sg_fail(SG_EIO, "starting web: %s", strerror(errno));
	if (s->web == 0)
		_exit(web_exec(s));
	return SG_OK;
}

/* --- both --- */

/* Root gives web a user of its own, and in no case itself. */
static enum sg_err
web_user_choose(struct serving *s)
{
	const struct passwd *p = getpwnam(SERVE_WEB_USER);

	s->web_user = SERVE_WEB_USER;
	if (p == NULL) {
		log_warn("no-web-user: there is no user " SERVE_WEB_USER
		    ", web becomes " NOBODY);
		s->web_user = NOBODY;
		p = getpwnam(NOBODY);
	}
	if (p == NULL || p->pw_uid == 0)
		return sg_fail(SG_EPERM, "there is no user '%s' for web",
		    s->web_user);
	s->web_uid = p->pw_uid;
	return SG_OK;
}

static enum sg_err
users_choose(struct serving *s)
{
	s->web_uid = geteuid();
	if (geteuid() == 0)
		SG_TRY(web_user_choose(s));
	if (s->web_uid == (geteuid() != 0 ? geteuid() : s->owner))
		log_warn("one-user uid=%u: web and signer are kept apart by "
		    "their sandboxes only", (unsigned)s->web_uid);
	return SG_OK;
}

static enum sg_err
door_open(int *out, struct serving *s, const char *name, const char *where)
{
	*out = handed_find(&s->handed, name);
	if (*out >= 0 || where == NULL)
		return SG_OK;
	return listen_on(out, where);
}

static enum sg_err
prepare(struct serving *s)
{
	const struct options *o = s->options;
	const struct serve_config *c = &s->config;
	struct stat st;

	SG_TRY(sandbox_basics(DESCRIPTORS + 2 * c->connections));
	SG_TRY(serve_signals(&s->signals));
	SG_TRY(handed_take(&s->handed));
	SG_TRY(serve_lock(&s->lock, o->dir));
	if (stat(o->dir, &st) != 0)
		return sg_fail(SG_EIO, "%s: %s", o->dir, strerror(errno));
	s->owner = st.st_uid;
	SG_TRY(door_open(&s->http, s, "http",
	    o->listen != NULL ? o->listen : c->listen));
	SG_TRY(door_open(&s->admin, s, "admin",
	    o->admin != NULL ? o->admin : c->admin));
	SG_TRY(users_choose(s));
	return server_listen_apart(&s->desk_name, &s->desk);
}

/* Web first: until it has gone, the signer answers. */
static void
stop(struct serving *s)
{
	pid_t whom = s->web > 0 ? s->web : s->signer;

	if (whom > 0)
		(void)kill(whom, SIGTERM);
	s->stop_by = clock_now() + (s->web > 0 ? WEB_SECONDS
					       : SIGNER_SECONDS);
}

static void
signals_take(struct serving *s)
{
	struct signalfd_siginfo i;

	while (read(s->signals, &i, sizeof(i)) == sizeof(i)) {
		if (i.ssi_signo == SIGHUP && s->signer > 0)
			(void)kill(s->signer, SIGHUP);
		if (s->stop_by == 0 && (i.ssi_signo == SIGTERM ||
		    i.ssi_signo == SIGINT))
			stop(s);
	}
}

/* Neither comes back from another's death. */
static enum sg_err
children_bury(struct serving *s)
{
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->web) {
			s->web = 0;
			s->web_at = clock_now() + PAUSE_SECONDS;
			if (s->stop_by == 0)
				log_warn("web-ended status=%#x", status);
			else
				stop(s);
		}
		if (pid != s->signer)
			continue;
		s->signer = 0;
		if (s->stop_by == 0 && s->ready < 0)
			return sg_fail(SG_EIO, "the signer has ended");
	}
	return SG_OK;
}

static enum sg_err
turn(struct serving *s)
{
	struct pollfd p[] = { { s->signals, POLLIN, 0 },
		{ s->ready, POLLIN, 0 } };

	if (poll(p, 2, WAIT_MS) < 0 && errno != EINTR)
		return sg_fail(SG_EIO, "poll: %s", strerror(errno));
	signals_take(s);
	if (s->ready >= 0 && p[1].revents != 0)
		SG_TRY(signer_hear(s));
	SG_TRY(children_bury(s));
	if (s->stop_by != 0 && clock_now() > s->stop_by) {
		log_warn("killed pid=%ld", (long)(s->web > 0 ? s->web
		    : s->signer));
		(void)kill(s->web > 0 ? s->web : s->signer, SIGKILL);
		s->stop_by = clock_now() + WEB_SECONDS;
	}
	if (s->web == 0 && s->ready < 0 && s->stop_by == 0 &&
	    clock_now() >= s->web_at)
		return web_start(s);
	return SG_OK;
}

static enum sg_err
run(const struct options *o)
{
	auto_done(serving) s = { .options = o, .self = getpid(), .http = -1,
		.admin = -1, .desk = -1, .ready = -1, .lock = -1,
		.signals = -1 };

	SG_TRY(serve_config_read(&s.config, o->dir));
	SG_TRY(prepare(&s));
	SG_TRY(signer_start(&s));
	/* Whoever ended before it was heard is heard still. */
	while (s.signer > 0 || s.web > 0 || s.ready >= 0)
		SG_TRY(turn(&s));
	log_info("stopped");
	return SG_OK;
}

static const enum opt options[] = { OPT_DIR, OPT_LISTEN, OPT_ADMIN,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_serve = {
	.name = "serve",
	.summary = "serves revocation lists, certificates and OCSP by HTTP",
	.usage = "serve --dir DIR [--listen ADDRESS:PORT] "
	    "[--admin ADDRESS:PORT]\n                        "
	    "[--passphrase-fd N]",
	.text = "Stays in the foreground with two processes: the signer has"
	    " the keys, web speaks\nHTTP and has nothing.  Makes new lists"
	    " before the last ones run out and on\n'reload'.  DIR/serve.conf"
	    " says the rest; signet-ca(1).\n\n"
	    "  --listen ADDR:PORT   where (127.0.0.1:8080)\n"
	    "  --admin ADDR:PORT    health and metrics (nowhere)\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = options,
	.run = run,
	.own_rights = true,
};
