/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/container.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "container/ksp.h"
#include "crypto/digest.h"
#include "ipc/objects_wire.h"
#include "pki/cert.h"
#include "tpm/sealed.h"

/*
 * The file: magic, version, phase, uid, creation, what opens it (a byte; the
 * vault, or the lock), salt and scrypt cost, the software root's pair of
 * blobs, the objects as on the socket, each key's private half as its provider
 * has it, and the SHA-256 of all that.  Numbers are big-endian.
 *
 * Version 1 has a vault, no byte for it, no software root, and keys of the
 * passport provider only.
 */
static const uint8_t magic[8] = "SGNTCTNR";
#define FORMAT_VERSION 2
#define FORMAT_OLD 1

void
key_blob_done(struct key_blob *b)
{
	tpm_key_done(&b->tpm);
	buf_done(&b->sealed);
}

void
container_done(struct container *c)
{
	objects_done(&c->objects);
	for (size_t i = 0; i < c->blob_count; i++)
		key_blob_done(&c->blobs[i]);
	free(c->blobs);
	tpm_key_done(&c->root);
	secret_lock_done(&c->secret);
	*c = (struct container) { 0 };
}

uint16_t
container_tries(const struct container *c)
{
	return c->lock == CONTAINER_BY_TPM ? c->vault.pin_limit
					   : c->secret.limit;
}

static enum tpm_key_type
tpm_type(enum object_key_type type)
{
	return type == OBJECT_P256 ? TPM_KEY_P256 : TPM_KEY_RSA2048;
}

static enum sg_err
write_vault(struct buf *b, const struct vault *v)
{
	SG_TRY(buf_add(b, v->id, sizeof(v->id)));
	SG_TRY(buf_add_u32(b, v->pin_index));
	SG_TRY(buf_add_u32(b, v->login_index));
	SG_TRY(buf_add_u16(b, v->pin_limit));
	SG_TRY(buf_add(b, v->srk_name, sizeof(v->srk_name)));
	SG_TRY(buf_add(b, v->recovery_x, sizeof(v->recovery_x)));
	SG_TRY(buf_add(b, v->recovery_y, sizeof(v->recovery_y)));
	return buf_add(b, v->approval, sizeof(v->approval));
}

static void
read_vault(struct reader *r, struct vault *v)
{
	read_copy(r, v->id, sizeof(v->id));
	v->pin_index = read_u32(r);
	v->login_index = read_u32(r);
	v->pin_limit = read_u16(r);
	read_copy(r, v->srk_name, sizeof(v->srk_name));
	read_copy(r, v->recovery_x, sizeof(v->recovery_x));
	read_copy(r, v->recovery_y, sizeof(v->recovery_y));
	read_copy(r, v->approval, sizeof(v->approval));
}

static enum sg_err
write_lock(struct buf *b, const struct container *c)
{
	SG_TRY(buf_add_u8(b, (uint8_t)c->lock));
	if (c->lock == CONTAINER_BY_TPM)
		return write_vault(b, &c->vault);
	SG_TRY(buf_add_u16(b, c->secret.limit));
	SG_TRY(buf_add_u16(b, c->secret.used));
	SG_TRY(buf_add_block(b, buf_bytes(&c->secret.by_pin)));
	return buf_add_block(b, buf_bytes(&c->secret.by_code));
}

static enum sg_err
read_lock(struct reader *r, struct secret_lock *l)
{
	l->limit = read_u16(r);
	l->used = read_u16(r);
	SG_TRY(buf_set(&l->by_pin, read_block(r, LOCK_SEALED_LEN)));
	SG_TRY(buf_set(&l->by_code, read_block(r, LOCK_SEALED_LEN)));
	if (l->by_pin.n != LOCK_SEALED_LEN || l->by_code.n != LOCK_SEALED_LEN)
		reader_fail(r);
	return SG_OK;
}

static enum sg_err
write_blobs(struct buf *b, const struct tpm_key *k)
{
	SG_TRY(buf_add_block(b, buf_bytes(&k->public)));
	return buf_add_block(b, buf_bytes(&k->private));
}

static enum sg_err
read_pair(struct reader *r, struct tpm_key *k)
{
	SG_TRY(buf_set(&k->public, read_block(r, TPM_KEY_PUBLIC_MAX)));
	return buf_set(&k->private, read_block(r, TPM_KEY_PRIVATE_MAX));
}

static enum sg_err
write_private(struct buf *b, enum provider p, const struct key_blob *blob)
{
	if (p == KSP_PASSPORT || p == KSP_PLATFORM)
		return write_blobs(b, &blob->tpm);
	return p == KSP_SOFTWARE ? buf_add_block(b, buf_bytes(&blob->sealed))
				 : SG_OK;
}

static enum sg_err
read_private(struct reader *r, const struct key_object *k,
    struct key_blob *blob)
{
	if (k->provider == KSP_SOFTWARE)
		return buf_set(&blob->sealed, read_block(r, KEY_SEALED_MAX));
	if (k->provider == KSP_SMARTCARD)
		return SG_OK;
	blob->tpm.type = tpm_type(k->type);
	return read_pair(r, &blob->tpm);
}

enum sg_err
container_write(const struct container *c, struct buf *out)
{
	auto_done(buf) b = { 0 };
	uint8_t sum[SHA256_LEN];

	SG_TRY(buf_add(&b, magic, sizeof(magic)));
	SG_TRY(buf_add_u16(&b, FORMAT_VERSION));
	SG_TRY(buf_add_u8(&b, (uint8_t)c->phase));
	SG_TRY(buf_add_u32(&b, c->uid));
	SG_TRY(buf_add_u64(&b, c->created));
	SG_TRY(write_lock(&b, c));
	SG_TRY(buf_add(&b, c->salt, sizeof(c->salt)));
	SG_TRY(buf_add_u32(&b, c->cost.n));
	SG_TRY(buf_add_u32(&b, c->cost.r));
	SG_TRY(buf_add_u32(&b, c->cost.p));
	SG_TRY(write_blobs(&b, &c->root));
	SG_TRY(objects_write(&b, &c->objects));
	for (size_t i = 0; i < c->blob_count; i++)
		SG_TRY(write_private(&b, c->objects.keys[i].provider,
		    &c->blobs[i]));
	SG_TRY(sha256(buf_bytes(&b), sum));
	SG_TRY(buf_add(&b, sum, sizeof(sum)));
	if (b.n > CONTAINER_FILE_MAX)
		return sg_fail(SG_ELIMIT,
		    "the container would be larger than %u bytes",
		    CONTAINER_FILE_MAX);
	buf_done(out);
	*out = b;
	b = (struct buf) { 0 };
	return SG_OK;
}

/* Takes the checksum off the end of *x and compares it. */
static enum sg_err
check_sum(struct bytes *x)
{
	uint8_t sum[SHA256_LEN];

	if (x->n < sizeof(magic) + sizeof(sum) ||
	    memcmp(x->p, magic, sizeof(magic)) != 0)
		return sg_fail(SG_EFORMAT, "not a Signet container, or cut "
		    "short");
	x->n -= sizeof(sum);
	SG_TRY(sha256(*x, sum));
	if (memcmp(sum, x->p + x->n, sizeof(sum)) != 0)
		return sg_fail(SG_EFORMAT, "its checksum is wrong: it was "
		    "damaged, cut short or changed");
	return SG_OK;
}

/* What opens it. */
static enum sg_err
read_opener(struct reader *r, bool old, struct container *c)
{
	uint8_t lock = old ? CONTAINER_BY_TPM : read_u8(r);

	c->lock = (enum container_lock)lock;
	if (lock == CONTAINER_BY_TPM)
		read_vault(r, &c->vault);
	else if (lock == CONTAINER_BY_SECRET)
		SG_TRY(read_lock(r, &c->secret));
	else
		reader_fail(r);
	return SG_OK;
}

static enum sg_err
read_head(struct reader *r, bool *old, struct container *c)
{
	uint16_t version, tries;
	uint8_t phase;

	(void)read_bytes(r, sizeof(magic));
	version = read_u16(r);
	if (!r->failed && version != FORMAT_VERSION && version != FORMAT_OLD)
		return sg_fail(SG_EUNSUPPORTED, "its format is version %u and "
		    "this signetd knows %d", version, FORMAT_VERSION);
	*old = version == FORMAT_OLD;
	phase = read_u8(r);
	if (phase < CONTAINER_PLANNED || phase > CONTAINER_DOOMED)
		reader_fail(r);
	c->phase = (enum container_phase)phase;
	c->uid = read_u32(r);
	c->created = read_u64(r);
	SG_TRY(read_opener(r, *old, c));
	read_copy(r, c->salt, sizeof(c->salt));
	c->cost.n = read_u32(r);
	c->cost.r = read_u32(r);
	c->cost.p = read_u32(r);
	tries = container_tries(c);
	if (!r->failed && (!pin_cost_valid(c->cost) || tries < 1 ||
	    tries > 255))
		return sg_fail(SG_EFORMAT,
		    "its PIN settings are out of range");
	return SG_OK;
}

static enum sg_err
read_blobs(struct reader *r, struct container *c)
{
	if (c->objects.key_count == 0)
		return SG_OK;
	c->blobs = calloc(c->objects.key_count, sizeof(*c->blobs));
	if (c->blobs == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	c->blob_count = c->objects.key_count;
	for (size_t i = 0; i < c->blob_count; i++)
		SG_TRY(read_private(r, &c->objects.keys[i], &c->blobs[i]));
	return SG_OK;
}

/* A record that names another public key than the TPM's blob would make the
 * owner certify a key that is not his. */
static enum sg_err
check_key(const struct container *c, size_t i)
{
	const struct key_object *k = &c->objects.keys[i];
	const struct ksp *p = ksp_find(k->provider);
	uint8_t id[OBJECT_ID_LEN];

	SG_TRY(container_name_check(k->name, "a key's name"));
	SG_TRY(p->check(c, k, &c->blobs[i]));
	SG_TRY(spki_key_id(buf_bytes(&k->spki), id));
	if (memcmp(id, k->id, sizeof(id)) != 0)
		return sg_fail(SG_EFORMAT, "key '%s' is not the one that was "
		    "made", k->name);
	return SG_OK;
}

static enum sg_err
read_root(struct reader *r, struct container *c)
{
	SG_TRY(read_pair(r, &c->root));
	if (c->root.public.n > 0)
		c->root.type = TPM_KEY_SEALED;
	return SG_OK;
}

static enum sg_err
check_root(const struct container *c)
{
	if (c->root.public.n == 0 && c->root.private.n == 0)
		return SG_OK;
	if (c->lock != CONTAINER_BY_TPM)
		return sg_fail(SG_EFORMAT, "it has no TPM, and something that "
		    "is sealed in one");
	return sg_while(tpm_sealed_check(&c->root, &c->vault),
	    "the software keys' secret");
}

static enum sg_err
read_objects(struct reader *r, bool old, struct container *c)
{
	if (r->failed)
		return SG_OK;
	if (old)
		return objects_read_v1(r, &c->objects);
	SG_TRY(read_root(r, c));
	return objects_read(r, &c->objects);
}

static enum sg_err
read_all(struct bytes x, struct container *c)
{
	struct reader r;
	bool old = false;

	SG_TRY(check_sum(&x));
	r = reader_of(x);
	SG_TRY(read_head(&r, &old, c));
	SG_TRY(read_objects(&r, old, c));
	SG_TRY(read_blobs(&r, c));
	SG_TRY(reader_finish(&r, "container"));
	SG_TRY(check_root(c));
	for (size_t i = 0; i < c->blob_count; i++)
		SG_TRY(check_key(c, i));
	return SG_OK;
}

enum sg_err
container_read(struct bytes x, const char *file, struct container *out)
{
	struct container c = { 0 };
	enum sg_err e = read_all(x, &c);

	if (e != SG_OK) {
		container_done(&c);
		return sg_while(e, "%s", file);
	}
	container_done(out);
	*out = c;
	return SG_OK;
}

enum sg_err
container_add_key(struct container *c, struct key_object *record,
    struct key_blob *blob)
{
	const struct ksp *p = ksp_find(record->provider);
	struct objects *o = &c->objects;
	struct key_object *key_at;
	struct key_blob *blob_at;
	enum sg_err e;

	SG_TRY(container_name_check(record->name, "a key's name"));
	if (objects_key(o, record->name) != NULL)
		return sg_fail(SG_EEXIST, "there is a key '%s' already",
		    record->name);
	SG_TRY(p->check(c, record, blob));
	SG_TRY(spki_key_id(buf_bytes(&record->spki), record->id));
	SG_TRY(objects_grow(&c->blobs, &c->blob_count, sizeof(*blob_at),
	    &blob_at));
	e = objects_grow(&o->keys, &o->key_count, sizeof(*key_at), &key_at);
	if (e != SG_OK) {
		c->blob_count--;
		return e;
	}
	*key_at = *record;
	*blob_at = *blob;
	*record = (struct key_object) { 0 };
	*blob = (struct key_blob) { 0 };
	return SG_OK;
}

void
container_drop_key(struct container *c, size_t index)
{
	key_blob_done(&c->blobs[index]);
	objects_shrink(c->blobs, &c->blob_count, sizeof(*c->blobs), index);
	objects_drop_key(&c->objects, index);
}

enum sg_err
container_name_check(const char *name, const char *what)
{
	size_t n = strlen(name);

	if (n == 0 || n > OBJECT_NAME_MAX)
		return sg_fail(SG_EARG, "%s has 1 to %d characters", what,
		    OBJECT_NAME_MAX);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    strchr("._@/{}-", name[i]) == NULL)
			return sg_fail(SG_EARG, "%s is made of letters, "
			    "digits and ._@/{}- only", what);
	return SG_OK;
}
