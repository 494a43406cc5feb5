/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * scep_load: many SCEP clients at once, for tests and the bench.
 *
 *   scep_load HOST:PORT ca.pem... OPTION...
 *
 * ca.pem: the RA's certificate first, as GetCACert has them.  Each enrolment has
 * a name and a request of its own.  Messages are made before, and answers are
 * looked at after, they were sent, so that the time between is the server's.
 *
 *   --count N          enrolments (100)
 *   --clients N        connections (1)
 *   --challenge TEXT   for all of them, or
 *   --challenges FILE  one a line
 *   --ec               requests for P-256 keys, a new one each; else for one of
 *                      a few RSA keys
 *   --patience S       what got no answer is sent again for so long
 *   --write FILE       one message, which is not sent
 *   --serials FILE     what was got, a line for each enrolment
 *
 * Prints one line: ok, refused, pending, lost, duplicates, and in milliseconds
 * the mean, the median and the 99th percentile of the time for an answer.  Ends
 * with 1 if anything was lost.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/name.h"
#include "proto/scep.h"

#define KEYS		8
#define BATCH		2000	/* messages that wait to be sent */
#define CLIENTS_MAX	1024
#define ANSWER_MAX	((size_t)128 << 10)
#define PAUSE_NS	20000000	/* between two tries */
#define SOCKET_S	60

enum outcome { LOST, OK, REFUSED, PENDING };

struct exchange {
	char transaction[48];
	uint8_t nonce[SCEP_NONCE_LEN];
	unsigned signer;
	struct buf message;
	struct buf answer;
	double ms;
	enum outcome outcome;
	char *serial;
};

static struct {
	struct sockaddr_in where;
	struct certs ca;
	struct pkey *key[KEYS];
	struct cert *cert[KEYS];
	const char *challenge;
	const char *write;
	char **challenges;
	size_t challenge_count;
	long count;
	long clients;
	long patience;
	bool ec;
	FILE *serials;
	/* Of the present batch. */
	struct exchange *v;
	size_t n;
	atomic_size_t next;
} all = { .count = 100, .clients = 1 };

static void
die(enum sg_err e)
{
	if (e == SG_OK)
		return;
	(void)fprintf(stderr, "scep_load: %s\n", sg_note(e));
	exit(2);
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* --- messages --- */

static enum sg_err
csr_make(struct buf *out, const struct exchange *x, long number)
{
	auto_done(csr_content) c;
	auto_free(pkey) fresh = NULL;
	auto_str name = NULL;
	const char *challenge = all.challenge;

	csr_content_init(&c);
	if (all.challenge_count > 0)
		challenge = all.challenges[(size_t)number %
		    all.challenge_count];
	SG_TRY(str_printf(&name, "CN=load-%ld,O=Load", number));
	SG_TRY(name_parse(&c.subject, name));
	if (challenge != NULL)
		SG_TRY(str_dup(&c.challenge, challenge));
	if (all.ec)
		SG_TRY(pkey_new_p256(&fresh));
	return csr_build(out, &c, DIGEST_SHA256, false,
	    pkey_signer(fresh != NULL ? fresh : all.key[x->signer]));
}

static enum sg_err
message_make(struct exchange *x, long number)
{
	auto_done(buf) csr = { 0 };
	struct scep_ask a = { .type = SCEP_PKCS_REQ,
		.transaction = x->transaction, .nonce = x->nonce,
		.to = all.ca.v[0], .hash = DIGEST_SHA256,
		.cipher = CIPHER_AES128_CBC };
	uint64_t random;

	x->signer = (unsigned)(number % KEYS);
	SG_TRY(random_fill(&random, sizeof(random)));
	SG_TRY(random_fill(x->nonce, sizeof(x->nonce)));
	(void)snprintf(x->transaction, sizeof(x->transaction), "%ld-%016llx",
	    number, (unsigned long long)random);
	SG_TRY(csr_make(&csr, x, number));
	a.cert = all.cert[x->signer];
	a.signer = pkey_signer(all.key[x->signer]);
	a.csr = buf_bytes(&csr);
	return scep_ask_write(&x->message, &a);
}

static enum sg_err
answer_read(struct exchange *x)
{
	auto_done(scep_answer) a = { 0 };
	const struct scep_expect e = { .transaction = x->transaction,
		.nonce = x->nonce, .from = &all.ca,
		.cert = all.cert[x->signer],
		.signer = pkey_signer(all.key[x->signer]) };

	SG_TRY(scep_answer_read(&a, buf_bytes(&x->answer), &e));
	x->outcome = a.status == SCEP_SUCCESS ? OK
	    : a.status == SCEP_PENDING ? PENDING : REFUSED;
	if (a.status != SCEP_SUCCESS)
		return SG_OK;
	return str_dup(&x->serial, a.certs.v[0]->serial);
}

/* --- HTTP --- */

static int
dial(void)
{
	const struct timeval limit = { .tv_sec = SOCKET_S };
	const int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&all.where,
	    sizeof(all.where)) != 0) {
		fd_close(&fd);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static bool
send_all(int fd, struct bytes x)
{
	while (x.n > 0) {
		ssize_t n = send(fd, x.p, x.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		x = bytes_of(x.p + n, x.n - (size_t)n);
	}
	return true;
}

/* Status and length of what has come; 0 while the headers are not whole. */
static size_t
headers_end(const struct buf *b, long *status, size_t *length)
{
	const char *text = (const char *)b->p, *end, *l;

	end = memmem(b->p, b->n, "\r\n\r\n", 4);
	if (end == NULL)
		return 0;
	*status = b->n > 12 ? strtol(text + 9, NULL, 10) : 0;
	l = memmem(b->p, (size_t)(end - text) + 2, "Content-Length: ", 16);
	*length = l != NULL ? strtoul(l + 16, NULL, 10) : 0;
	return (size_t)(end - text) + 4;
}

static bool
receive(int fd, struct buf *body)
{
	auto_done(buf) b = { 0 };
	uint8_t piece[8192];
	size_t head = 0, length = 0;
	long status = 0;

	while (head == 0 || b.n < head + length) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || b.n + (size_t)n > ANSWER_MAX ||
		    buf_add(&b, piece, (size_t)n) != SG_OK ||
		    buf_terminate(&b) != SG_OK)
			return false;
		if (head == 0)
			head = headers_end(&b, &status, &length);
	}
	return status == 200 && buf_set(body, bytes_of(b.p + head,
	    length)) == SG_OK;
}

static bool
post(int *fd, struct exchange *x)
{
	auto_done(buf) b = { 0 };

	if (*fd < 0 && (*fd = dial()) < 0)
		return false;
	if (buf_printf(&b, "POST /scep?operation=PKIOperation HTTP/1.1\r\n"
	    "Host: load\r\nContent-Type: application/x-pki-message\r\n"
	    "Content-Length: %zu\r\n\r\n", x->message.n) != SG_OK ||
	    buf_add_bytes(&b, buf_bytes(&x->message)) != SG_OK)
		return false;
	if (send_all(*fd, buf_bytes(&b)) && receive(*fd, &x->answer))
		return true;
	fd_close(fd);
	return false;
}

/* --- the work --- */

static void *
client(void *arg)
{
	const struct timespec pause = { 0, PAUSE_NS };
	auto_fd fd = -1;

	(void)arg;
	for (size_t i; (i = atomic_fetch_add(&all.next, 1)) < all.n;) {
		struct exchange *x = &all.v[i];
		double begin = now_ms();

		while (!post(&fd, x) &&
		    now_ms() - begin < (double)all.patience * 1e3)
			(void)nanosleep(&pause, NULL);
		x->ms = now_ms() - begin;
	}
	return NULL;
}

static void
in_parallel(void *(*what)(void *), long threads)
{
	pthread_t t[CLIENTS_MAX];

	atomic_store(&all.next, 0);
	for (long i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, what, NULL) != 0)
			exit(2);
	for (long i = 0; i < threads; i++)
		(void)pthread_join(t[i], NULL);
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct totals {
	size_t by[4];
	double *ms;
	size_t n;
	char **serials;
	size_t got;
	double seconds;
};

static void
batch(struct totals *t, long first, size_t n)
{
	double begin;

	all.v = calloc(n, sizeof(*all.v));
	all.n = n;
	if (all.v == NULL)
		exit(2);
	for (size_t i = 0; i < n; i++)
		die(message_make(&all.v[i], first + (long)i));
	begin = now_ms();
	in_parallel(client, all.clients);
	t->seconds += (now_ms() - begin) / 1e3;
	for (size_t i = 0; i < n; i++) {
		struct exchange *x = &all.v[i];

		if (x->answer.n > 0)
			die(answer_read(x));
		t->by[x->outcome]++;
		t->ms[t->n++] = x->ms;
		if (all.serials != NULL)
			(void)fprintf(all.serials, "%s\n",
			    x->serial != NULL ? x->serial : "-");
		if (x->serial != NULL)
			t->serials[t->got++] = x->serial;
		buf_done(&x->message);
		buf_done(&x->answer);
	}
	free(all.v);
}

static void
totals_done(struct totals *t)
{
	for (size_t i = 0; i < t->got; i++)
		free(t->serials[i]);
	free(t->serials);
	free(t->ms);
}

static void
print(struct totals *t)
{
	size_t duplicates = 0;
	double sum = 0;

	qsort(t->ms, t->n, sizeof(*t->ms), by_number);
	qsort(t->serials, t->got, sizeof(*t->serials), by_text);
	for (size_t i = 1; i < t->got; i++)
		duplicates += strcmp(t->serials[i - 1], t->serials[i]) == 0;
	for (size_t i = 0; i < t->n; i++)
		sum += t->ms[i];
	(void)printf("ok=%zu refused=%zu pending=%zu lost=%zu duplicates=%zu "
	    "seconds=%.2f mean=%.2f median=%.2f p99=%.2f\n", t->by[OK],
	    t->by[REFUSED], t->by[PENDING], t->by[LOST], duplicates,
	    t->seconds, sum / (double)t->n, t->ms[t->n / 2],
	    t->ms[t->n * 99 / 100]);
}

static enum sg_err
keys_make(void)
{
	auto_done(buf) name = { 0 };

	SG_TRY(name_parse(&name, "CN=load"));
	for (int i = 0; i < KEYS; i++) {
		SG_TRY(pkey_new_rsa(&all.key[i], 2048));
		SG_TRY(scep_self_signed(&all.cert[i], buf_bytes(&name),
		    pkey_signer(all.key[i]), (int64_t)time(NULL)));
	}
	return SG_OK;
}

static enum sg_err
challenges_read(const char *path)
{
	auto_done(buf) text = { 0 };
	char *line, *rest;

	SG_TRY(file_read(&text, path, (size_t)64 << 20));
	SG_TRY(buf_terminate(&text));
	for (line = strtok_r((char *)text.p, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		char **v = reallocarray(all.challenges,
		    all.challenge_count + 1, sizeof(*v));

		if (v == NULL)
			return SG_ENOMEM;
		all.challenges = v;
		SG_TRY(str_dup(&v[all.challenge_count], line));
		all.challenge_count++;
	}
	return SG_OK;
}

static enum sg_err
where_read(const char *text)
{
	const char *colon = strrchr(text, ':');
	auto_str host = NULL;
	long long port;

	if (colon == NULL)
		return sg_fail(SG_EARG, "expected HOST:PORT");
	SG_TRY(str_from_bytes(&host, bytes_of(text,
	    (size_t)(colon - text))));
	SG_TRY(number_parse(&port, colon + 1, 1, 65535, "port"));
	all.where = (struct sockaddr_in) { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };
	if (inet_pton(AF_INET, host, &all.where.sin_addr) != 1)
		return sg_fail(SG_EARG, "expected an IPv4 address");
	return SG_OK;
}

static enum sg_err
option(const char *name, const char *value)
{
	const struct {
		const char *name;
		long *to;
		long max;
	} numbers[] = { { "--count", &all.count, 10000000 },
		{ "--clients", &all.clients, CLIENTS_MAX },
		{ "--patience", &all.patience, 3600 } };
	long long v;

	if (strcmp(name, "--challenge") == 0)
		all.challenge = value;
	else if (strcmp(name, "--challenges") == 0)
		return challenges_read(value);
	else if (strcmp(name, "--write") == 0)
		all.write = value;
	else if (strcmp(name, "--serials") == 0)
		all.serials = fopen(value, "w");
	for (size_t i = 0; i < 3; i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		SG_TRY(number_parse(&v, value, 1, numbers[i].max, name));
		*numbers[i].to = (long)v;
	}
	return SG_OK;
}

static enum sg_err
certs_load(const char *path)
{
	auto_done(buf) text = { 0 };

	SG_TRY(file_read(&text, path, BUNDLE_MAX));
	return certs_read(&all.ca, buf_bytes(&text));
}

int
main(int argc, char **argv)
{
	struct totals t = { 0 };
	int i;

	if (argc < 3)
		return 2;
	die(where_read(argv[1]));
	for (i = 2; i < argc && strncmp(argv[i], "--", 2) != 0; i++)
		die(certs_load(argv[i]));
	for (; i < argc; i++) {
		if (strcmp(argv[i], "--ec") == 0)
			all.ec = true;
		else if (i + 1 < argc)
			die(option(argv[i], argv[i + 1])), i++;
		else
			return 2;
	}
	t.ms = calloc((size_t)all.count, sizeof(*t.ms));
	t.serials = calloc((size_t)all.count, sizeof(*t.serials));
	if (t.ms == NULL || t.serials == NULL || all.ca.n == 0)
		return 2;
	die(keys_make());
	if (all.write != NULL) {
		struct exchange x = { 0 };

		die(message_make(&x, 0));
		die(file_create(all.write, buf_bytes(&x.message), 0644));
		buf_done(&x.message);
		totals_done(&t);
		return 0;
	}
	for (long done = 0; done < all.count; done += BATCH)
		batch(&t, done, (size_t)(all.count - done < BATCH
		    ? all.count - done : BATCH));
	print(&t);
	totals_done(&t);
	if (all.serials != NULL && fclose(all.serials) != 0)
		return 2;
	return t.by[LOST] > 0;
}
