/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Renewals by P-256 keys in files, as a container signs them by its TPM.
 *
 *	renewals make CERT KEY OUT [OTHER]
 *		one message (DER) for a new key; with OTHER, it is that
 *		certificate whose renewal CERT's key asks for
 *	renewals run PORT CERT KEY
 *		POSTs one after the other to 127.0.0.1:PORT/enroll until SIGTERM,
 *		each for a new key; whoever is told to come back later, or hung
 *		up on, asks with the same message again, and after CHAIN_MAX of
 *		them by the first certificate once more.  Prints the serial
 *		number of each certificate that was handed out, at once, and at
 *		the end how often it was put off.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "enroll/renew.h"

#define ANSWER_MAX	65536
#define PAUSE_MS	50	/* before it asks again */
#define PATIENCE_S	20
#define CHAIN_MAX	500	/* renewals of one another: a CA has a limit */

static volatile sig_atomic_t stop;

static void
on_term(int sig)
{
	(void)sig;
	stop = 1;
}

struct holder {
	struct cert *cert;
	struct pkey *key;
	unsigned long put_off;
};

static void
holder_done(struct holder *h)
{
	cert_free(h->cert);
	pkey_free(h->key);
	h->cert = NULL;
	h->key = NULL;
}

static enum sg_err
holder_read(struct holder *h, const char *cert, const char *key)
{
	auto_done(buf) c = { 0 }, k = { 0 };

	holder_done(h);
	SG_TRY(file_read(&c, cert, BUNDLE_MAX));
	SG_TRY(file_read(&k, key, BUNDLE_MAX));
	SG_TRY(cert_read(&h->cert, buf_bytes(&c)));
	return pkey_from_private_pem(&h->key, buf_bytes(&k), NULL);
}

/* As renewal_build(), but for somebody else's certificate. */
static enum sg_err
steal(struct buf *out, const struct holder *h, const char *path,
    struct signer fresh)
{
	auto_done(buf) text = { 0 }, der = { 0 };
	auto_free(cert) other = NULL;
	auto_done(csr_content) c;
	struct signed_plan p = { .cert = h->cert,
		.signer = pkey_signer(h->key) };

	csr_content_init(&c);
	SG_TRY(file_read(&text, path, BUNDLE_MAX));
	SG_TRY(cert_read(&other, buf_bytes(&text)));
	SG_TRY(buf_set(&c.subject, buf_bytes(&other->subject_der)));
	SG_TRY(buf_set(&c.renewal, buf_bytes(&other->der)));
	SG_TRY(csr_build(&der, &c, DIGEST_SHA256, false, fresh));
	p.content = buf_bytes(&der);
	return signed_write(out, &p);
}

static enum sg_err
make(struct holder *h, int argc, char **argv)
{
	auto_free(pkey) fresh = NULL;
	auto_done(buf) request = { 0 }, message = { 0 };

	SG_TRY(holder_read(h, argv[2], argv[3]));
	SG_TRY(pkey_new_p256(&fresh));
	if (argc > 5)
		SG_TRY(steal(&message, h, argv[5], pkey_signer(fresh)));
	else
		SG_TRY(renewal_build(&request, &message, h->cert,
		    pkey_signer(h->key), pkey_signer(fresh),
		    PROVIDER_PASSPORT));
	return file_replace(argv[4], buf_bytes(&message), 0644);
}

static bool
send_all(int fd, const void *p, size_t n)
{
	const uint8_t *at = p;

	while (n > 0) {
		ssize_t m = send(fd, at, n, MSG_NOSIGNAL);

		if (m <= 0)
			return false;
		at += m;
		n -= (size_t)m;
	}
	return true;
}

/* The answer's status; 0 when there was none. */
static int
post(struct buf *body, uint16_t port, struct bytes message)
{
	const struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char head[256], chunk[4096];
	auto_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int n = snprintf(head, sizeof(head), "POST /enroll HTTP/1.1\r\n"
	    "Host: localhost\r\nContent-Type: application/pkcs7-mime\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n", message.n);
	const char *end;
	ssize_t got;

	body->n = 0;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)) != 0 || connect(fd,
	    (const struct sockaddr *)(const void *)&a, sizeof(a)) != 0 ||
	    !send_all(fd, head, (size_t)n) ||
	    !send_all(fd, message.p, message.n))
		return 0;
	while ((got = recv(fd, chunk, sizeof(chunk), 0)) > 0 &&
	    body->n < ANSWER_MAX)
		if (buf_add(body, chunk, (size_t)got) != SG_OK)
			return 0;
	if (got < 0 || body->n < 12 || memcmp(body->p, "HTTP/1.1 ", 9) != 0)
		return 0;
	end = memmem(body->p, body->n, "\r\n\r\n", 4);
	if (end == NULL)
		return 0;
	n = atoi((const char *)body->p + 9);
	body->n -= (size_t)(end + 4 - (const char *)body->p);
	memmove(body->p, end + 4, body->n);
	return n;
}

/* Of the certificates that came, the one of this key. */
static enum sg_err
take(struct holder *h, struct bytes certs, struct pkey **fresh)
{
	auto_done(certs) all = { 0 };
	auto_done(buf) spki = { 0 };

	SG_TRY(certs_read(&all, certs));
	SG_TRY(pkey_spki(*fresh, &spki));
	for (size_t i = 0; i < all.n; i++) {
		if (!cert_fits(all.v[i], buf_bytes(&spki)))
			continue;
		cert_free(h->cert);
		pkey_free(h->key);
		h->cert = all.v[i];
		all.v[i] = NULL;
		h->key = *fresh;
		*fresh = NULL;
		(void)printf("%s\n", h->cert->serial);
		(void)fflush(stdout);
		return SG_OK;
	}
	return sg_fail(SG_EVERIFY, "the certificate is not among them");
}

static void
pause_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)nanosleep(&t, NULL);
}

static enum sg_err
renew(struct holder *h, uint16_t port)
{
	auto_free(pkey) fresh = NULL;
	auto_done(buf) request = { 0 }, message = { 0 }, body = { 0 };

	SG_TRY(pkey_new_p256(&fresh));
	SG_TRY(renewal_build(&request, &message, h->cert,
	    pkey_signer(h->key), pkey_signer(fresh),
	    PROVIDER_PASSPORT));
	for (;;) {
		int status = post(&body, port, buf_bytes(&message));

		if (status == 200)
			return take(h, buf_bytes(&body), &fresh);
		if (status != 0 && status != 503)
			return sg_fail(SG_EIO, "HTTP status %d: %.*s", status,
			    (int)body.n, (const char *)body.p);
		h->put_off++;
		if (stop)
			return SG_OK;
		pause_ms(PAUSE_MS);
	}
}

static enum sg_err
run(struct holder *h, char **argv)
{
	const struct sigaction act = { .sa_handler = on_term };

	(void)sigaction(SIGTERM, &act, NULL);
	for (unsigned n = 0; !stop; n++) {
		if (n % CHAIN_MAX == 0)
			SG_TRY(holder_read(h, argv[3], argv[4]));
		SG_TRY(renew(h, (uint16_t)atoi(argv[2])));
	}
	(void)fprintf(stderr, "put off %lu times\n", h->put_off);
	return SG_OK;
}

int
main(int argc, char **argv)
{
	auto_done(holder) h = { 0 };
	enum sg_err e;

	if (argc < 5)
		return 2;
	e = strcmp(argv[1], "run") == 0 ? run(&h, argv)
	    : make(&h, argc, argv);
	if (e != SG_OK)
		(void)fprintf(stderr, "renewals: %s\n", sg_note(e));
	return e != SG_OK;
}
