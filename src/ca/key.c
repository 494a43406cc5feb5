/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/pkey.h"
#include "p11/token.h"
#include "pki/tss2_key.h"
#include "tpm/bound.h"

#define URI_SCHEME	"pkcs11:"
#define TSS2_BEGIN	"-----BEGIN TSS2 PRIVATE KEY-----"
#define SRK		0x81000001	/* as tpm_open() makes it ready */

/* One of the three. */
struct ca_key {
	struct pkey *pair;
	struct token *token;
	struct token_key *token_key;
	struct tpm *tpm;
	struct tpm_bound *bound;
};

enum sg_err
ca_key_type_parse(struct ca_key_type *out, const char *text)
{
	static const struct {
		const char *text;
		struct ca_key_type type;
	} table[] = {
		{ "rsa2048", { KEY_RSA, 2048 } },
		{ "rsa3072", { KEY_RSA, 3072 } },
		{ "rsa4096", { KEY_RSA, 4096 } },
		{ "p256", { KEY_EC, 256 } },
		{ "p384", { KEY_EC, 384 } },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].text, text) == 0) {
			*out = table[i].type;
			return SG_OK;
		}
	}
	return sg_fail(SG_EARG, "'%s' is none of rsa2048, rsa3072, rsa4096, "
	    "p256, p384", text);
}

void
ca_key_free(struct ca_key *k)
{
	if (k == NULL)
		return;
	pkey_free(k->pair);
	token_key_free(k->token_key);
	token_free(k->token);
	tpm_bound_free(k->bound);
	tpm_free(k->tpm);
	free(k);
}

struct signer
ca_key_signer(struct ca_key *k)
{
	if (k->token_key != NULL)
		return token_key_signer(k->token_key);
	if (k->bound != NULL)
		return tpm_bound_signer(k->bound);
	return pkey_signer(k->pair);
}

/* --- a file --- */

static enum sg_err
file_make(struct ca_key *k, struct ca_key_type type,
    const struct ca_key_access *a, struct secret *keep)
{
	if (type.kind == KEY_RSA)
		SG_TRY(pkey_new_rsa(&k->pair, type.bits));
	else
		SG_TRY(pkey_new_ec(&k->pair, type.bits));
	return pkey_private_pem(k->pair, a->passphrase, keep);
}

/* --- a token --- */

static enum sg_err
token_reach(struct ca_key *k, const char *uri, const struct ca_key_access *a)
{
	SG_TRY(token_open(&k->token, uri));
	if (!token_wants_pin(k->token))
		return SG_OK;
	return token_login(k->token, a->passphrase);
}

static enum sg_err
token_make(struct ca_key *k, struct ca_key_type type, const char *uri,
    const struct ca_key_access *a, struct secret *keep)
{
	SG_TRY(token_reach(k, uri, a));
	SG_TRY(token_key_make(&k->token_key, k->token, uri, type.kind,
	    type.bits));
	SG_TRY(secret_init(keep, strlen(uri) + 1));
	SG_TRY(secret_add(keep, uri, strlen(uri)));
	return secret_add(keep, "\n", 1);
}

static enum sg_err
token_find(struct ca_key *k, struct bytes kept, const struct ca_key_access *a)
{
	const uint8_t *end = memchr(kept.p, '\n', kept.n);
	auto_str uri = NULL;

	if (end != NULL)
		kept.n = (size_t)(end - kept.p);
	SG_TRY(str_from_bytes(&uri, kept));
	SG_TRY(token_reach(k, uri, a));
	return token_key_find(&k->token_key, k->token, uri);
}

/* --- the TPM --- */

static enum sg_err
tpm_make(struct ca_key *k, struct ca_key_type type,
    const struct ca_key_access *a, struct secret *keep)
{
	auto_done(tpm_blobs) blobs = { 0 };
	auto_done(buf) pem = { 0 };
	struct tss2_key file = { .empty_auth = a->passphrase == NULL,
		.parent = SRK };

	SG_TRY(tpm_open(&k->tpm, a->tcti));
	SG_TRY(tpm_bound_make(k->tpm, type.kind, type.bits, a->passphrase,
	    &blobs));
	SG_TRY(tpm_bound_load(&k->bound, k->tpm, &blobs, a->passphrase));
	file.public = blobs.public;
	file.private = blobs.private;
	SG_TRY(tss2_key_write(&file, &pem));
	return secret_set(keep, pem.p, pem.n);
}

static enum sg_err
tpm_find(struct ca_key *k, struct bytes kept, const struct ca_key_access *a)
{
	auto_done(tss2_key) file = { 0 };
	struct tpm_blobs blobs;

	SG_TRY(tss2_key_read(&file, kept));
	if (file.parent != SRK)
		return sg_fail(SG_EUNSUPPORTED, "the TPM key's parent is "
		    "0x%x, expected the storage root key 0x%x", file.parent,
		    SRK);
	if (!file.empty_auth && a->passphrase == NULL)
		return sg_fail(SG_EPIN, "the key in the TPM has a passphrase");
	SG_TRY(tpm_open(&k->tpm, a->tcti));
	blobs = (struct tpm_blobs) { file.public, file.private };
	return tpm_bound_load(&k->bound, k->tpm, &blobs,
	    file.empty_auth ? NULL : a->passphrase);
}

/* --- whichever --- */

static bool
begins(struct bytes x, const char *with)
{
	size_t n = strlen(with);

	return x.n >= n && memcmp(x.p, with, n) == 0;
}

static enum sg_err
make(struct ca_key *k, struct ca_key_type type, const char *place,
    const struct ca_key_access *a, struct secret *keep)
{
	if (strcmp(place, "file") == 0)
		return file_make(k, type, a, keep);
	if (strcmp(place, "tpm") == 0)
		return tpm_make(k, type, a, keep);
	if (begins(bytes_str(place), URI_SCHEME))
		return token_make(k, type, place, a, keep);
	return sg_fail(SG_EARG, "'%s' is no place for a key: expected file, "
	    "tpm, or a pkcs11: URI", place);
}

enum sg_err
ca_key_make(struct ca_key **out, struct ca_key_type type, const char *place,
    const struct ca_key_access *a, struct secret *keep)
{
	auto_free(ca_key) k = calloc(1, sizeof(*k));

	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	SG_TRY(make(k, type, place, a, keep));
	*out = k;
	k = NULL;
	return SG_OK;
}

/* A key may be in clear there, so it goes nowhere but into a secret. */
enum sg_err
ca_key_read(struct secret *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = 1;

	if (fd < 0)
		return sg_fail(errno == ENOENT ? SG_ENOENT : SG_EPERM,
		    "%s: %s", path, strerror(errno));
	if (secret_init(out, CA_KEY_KEPT_MAX) != SG_OK) {
		(void)close(fd);
		return SG_ENOMEM;
	}
	while (n > 0 && out->n < out->cap) {
		n = read(fd, out->p + out->n, out->cap - out->n);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			out->n += (size_t)n;
	}
	(void)close(fd);
	if (n < 0)
		return sg_fail(SG_EIO, "%s: cannot be read", path);
	if (n > 0)
		return sg_fail(SG_ELIMIT, "%s is larger than %d bytes", path,
		    CA_KEY_KEPT_MAX);
	return SG_OK;
}

enum sg_err
ca_key_open(struct ca_key **out, struct bytes kept,
    const struct ca_key_access *a)
{
	auto_free(ca_key) k = calloc(1, sizeof(*k));

	if (k == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	if (begins(kept, URI_SCHEME))
		SG_TRY(token_find(k, kept, a));
	else if (begins(kept, TSS2_BEGIN))
		SG_TRY(tpm_find(k, kept, a));
	else
		SG_TRY(pkey_from_private_pem(&k->pair, kept, a->passphrase));
	*out = k;
	k = NULL;
	return SG_OK;
}

enum sg_err
ca_key_place(char **out, struct bytes kept)
{
	const uint8_t *end = memchr(kept.p, '\n', kept.n);

	if (begins(kept, TSS2_BEGIN))
		return str_dup(out, "tpm");
	if (!begins(kept, URI_SCHEME))
		return str_dup(out, "file");
	if (end != NULL)
		kept.n = (size_t)(end - kept.p);
	return str_from_bytes(out, kept);
}

/* Without a "(1)" at its end. */
static size_t
stem(const char *name, size_t n)
{
	size_t digits = 0;

	if (n == 0 || name[n - 1] != ')')
		return n;
	while (digits + 2 < n && name[n - 2 - digits] >= '0' &&
	    name[n - 2 - digits] <= '9')
		digits++;
	return digits > 0 && name[n - 2 - digits] == '(' ? n - 2 - digits : n;
}

enum sg_err
ca_key_place_next(char **out, const char *place, unsigned number)
{
	static const char attribute[] = "object=";
	const char *name;
	size_t n;

	if (!begins(bytes_str(place), URI_SCHEME))
		return str_dup(out, place);
	name = strstr(place, attribute);
	if (name == NULL)
		return sg_fail(SG_EARG, "'%s' does not name the key: "
		    "--key-at has to say where the new one is made", place);
	name += sizeof(attribute) - 1;
	n = strcspn(name, ";?&");
	return str_printf(out, "%.*s(%u)%s",
	    (int)((size_t)(name - place) + stem(name, n)), place, number,
	    name + n);
}
