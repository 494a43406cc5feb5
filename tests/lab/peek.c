/*
 * A look at the credentials that an RDP client delegates. Preloaded into the
 * lab's RDP server it sits before libkrb5's decryption, knows a decrypted
 * TSCredentials ([MS-CSSP] 2.2.1.2) by its first bytes and keeps each one in
 * the folder LAB_CREDS as NNN.der; tests/lab/tscreds reads them. All that TLS
 * carries, both ways, is added to the file LAB_TRAFFIC, if it is set.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <krb5/krb5.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef krb5_error_code decrypt_fn(krb5_context, krb5_key, krb5_keyusage,
    const krb5_data *, krb5_crypto_iov *, size_t);

/*
 * SEQUENCE { [0] INTEGER of one byte, [1] ... }: the whole of it, or we do not
 * want it.
 */
static int
is_tscredentials(const unsigned char *p, size_t len)
{
	size_t head = 2, body, i;

	if (len < 9 || p[0] != 0x30)
		return 0;
	body = p[1];
	if (body & 0x80) {
		head += body & 0x7f;
		if (head > 6 || head + 7 > len)
			return 0;
		for (body = 0, i = 2; i < head; i++)
			body = body << 8 | p[i];
	}
	return head + body == len && p[head] == 0xa0 && p[head + 1] == 3 &&
	       p[head + 2] == 2 && p[head + 3] == 1 && p[head + 5] == 0xa1;
}

static void
keep(const unsigned char *p, size_t len)
{
	const char *dir = getenv("LAB_CREDS");
	char path[256], part[264];
	int fd, i;

	for (i = 1; dir != NULL && i < 1000; i++) {
		snprintf(path, sizeof(path), "%s/%03d.der", dir, i);
		if (access(path, F_OK) == 0)
			continue;
		/* A reader that waits for the name finds all of it. */
		snprintf(part, sizeof(part), "%s.part", path);
		fd = open(part, O_WRONLY | O_CREAT | O_EXCL, 0600);
		if (fd < 0)
			return;
		if (write(fd, p, len) == (ssize_t)len)
			rename(part, path);
		close(fd);
		return;
	}
}

krb5_error_code
krb5_k_decrypt_iov(krb5_context context, krb5_key key, krb5_keyusage usage,
    const krb5_data *state, krb5_crypto_iov *data, size_t count)
{
	static decrypt_fn *real;
	krb5_error_code rc;
	size_t i;

	if (real == NULL)
		real = (decrypt_fn *)dlsym(RTLD_NEXT, "krb5_k_decrypt_iov");
	rc = real(context, key, usage, state, data, count);
	for (i = 0; rc == 0 && i < count; i++) {
		const unsigned char *p = (void *)data[i].data.data;
		size_t len = data[i].data.length;

		if (data[i].flags == KRB5_CRYPTO_TYPE_DATA &&
		    is_tscredentials(p, len))
			keep(p, len);
	}
	return rc;
}

static void
keep_traffic(const void *p, int n)
{
	const char *path = getenv("LAB_TRAFFIC");
	int fd;

	if (n <= 0 || path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	/* A test that looks for nothing in it must not find half of it. */
	if (fd < 0 || write(fd, p, (size_t)n) != n)
		abort();
	close(fd);
}

int
SSL_read(SSL *ssl, void *p, int n)
{
	static int (*real)(SSL *, void *, int);
	int got;

	if (real == NULL)
		real = (int (*)(SSL *, void *, int))dlsym(RTLD_NEXT,
		    "SSL_read");
	got = real(ssl, p, n);
	keep_traffic(p, got);
	return got;
}

int
SSL_write(SSL *ssl, const void *p, int n)
{
	static int (*real)(SSL *, const void *, int);
	int put;

	if (real == NULL)
		real = (int (*)(SSL *, const void *, int))dlsym(RTLD_NEXT,
		    "SSL_write");
	put = real(ssl, p, n);
	keep_traffic(p, put);
	return put;
}
