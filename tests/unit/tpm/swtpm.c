/* SPDX-License-Identifier: BSD-2-Clause */
#include "swtpm.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS		5
#define STEPS_MAX	2000

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) != 0 && errno == EINTR)
		;
}

static void
become_swtpm(const struct swtpm *s)
{
	char state[128], server[128], ctrl[128];
	int null = open("/dev/null", O_RDWR);
	int err = fcntl(2, F_DUPFD_CLOEXEC, 3);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It reports every command's connection. */
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)snprintf(state, sizeof(state), "dir=%s", s->folder);
	(void)snprintf(server, sizeof(server), "type=unixio,path=%s/s",
	    s->folder);
	(void)snprintf(ctrl, sizeof(ctrl), "type=unixio,path=%s/s.ctrl",
	    s->folder);
	(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state,
	    "--server", server, "--ctrl", ctrl, "--flags",
	    "not-need-init,startup-clear", (char *)NULL);
	(void)dprintf(err, "swtpm: %s\n", strerror(errno));
	_exit(127);
}

static void
wait_for_socket(const struct swtpm *s, const char *name)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX };

	(void)snprintf(path.sun_path, sizeof(path.sun_path), "%s/%s",
	    s->folder, name);
	for (int i = 0; i < STEPS_MAX; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool up = connect(fd, (struct sockaddr *)&path,
		    sizeof(path)) == 0;

		(void)close(fd);
		if (up)
			return;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			fail_msg("swtpm ended at once");
		pause_ms(STEP_MS);
	}
	fail_msg("swtpm does not listen on %s", path.sun_path);
}

void
swtpm_run(struct swtpm *s)
{
	if ((s->pid = fork()) < 0)
		fail_msg("fork: %s", strerror(errno));
	if (s->pid == 0)
		become_swtpm(s);
	wait_for_socket(s, "s");
	wait_for_socket(s, "s.ctrl");
}

void
swtpm_start(struct swtpm *s)
{
	*s = (struct swtpm) { .folder = "/tmp/signet-tpm-XXXXXX" };
	if (mkdtemp(s->folder) == NULL)
		fail_msg("mkdtemp: %s", strerror(errno));
	(void)snprintf(s->tcti, sizeof(s->tcti), "swtpm:path=%s/s", s->folder);
	swtpm_run(s);
}

void
swtpm_kill(struct swtpm *s)
{
	char path[128];

	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	(void)snprintf(path, sizeof(path), "%s/s", s->folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/s.ctrl", s->folder);
	(void)unlink(path);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
swtpm_stop(struct swtpm *s)
{
	swtpm_kill(s);
	(void)nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
secret_number(struct secret *out, unsigned n)
{
	uint8_t p[VAULT_AUTH_LEN];

	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(n >> (i % 4 * 8) ^ i * 7 ^ 0x5a);
	OK(secret_set(out, p, sizeof(p)));
}

int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	tpm_quiet();
	(void)signal(SIGPIPE, SIG_IGN);
	swtpm_start(&f->swtpm);
	OK(tpm_open(&f->t, f->swtpm.tcti));
	OK(pkey_new_p256(&f->recovery));
	secret_number(&f->pin, 123456);
	secret_number(&f->wrong, 654321);
	OK(vault_plan(f->t, fixture_signer(f), TRIES, &f->v));
	OK(vault_make(f->t, &f->v, fixture_signer(f), &f->pin));
	OK(tpm_key_make(f->t, &f->v, TPM_KEY_P256, &f->key));
	*state = f;
	return 0;
}

int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	tpm_free(f->t);
	swtpm_stop(&f->swtpm);
	pkey_free(f->recovery);
	secret_done(&f->pin);
	secret_done(&f->wrong);
	secret_done(&f->login);
	tpm_key_done(&f->key);
	free(f);
	return 0;
}

void
fixture_reset(struct fixture *f)
{
	swtpm_kill(&f->swtpm);
	tpm_free(f->t);
	f->t = NULL;
	swtpm_run(&f->swtpm);
	OK(tpm_open(&f->t, f->swtpm.tcti));
}

void
fixture_reconnect(struct fixture *f)
{
	tpm_free(f->t);
	f->t = NULL;
	OK(tpm_open(&f->t, f->swtpm.tcti));
}

enum sg_err
fixture_sign(struct fixture *f, const struct secret *login)
{
	auto_done(buf) out = { 0 };
	uint8_t digest[32] = { 1, 2, 3 };

	return tpm_key_use(f->t, &f->v, login, &f->key,
	    bytes_of(digest, sizeof(digest)), &out);
}
