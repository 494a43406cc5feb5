/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/container.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "crypto/digest.h"
#include "ipc/objects_wire.h"
#include "pki/cert.h"

/*
 * The file: magic, version, phase, uid, creation, vault, salt and scrypt cost,
 * the objects as on the socket, a pair of blobs for each key, and the SHA-256
 * of all that.  Numbers are big-endian.
 */
static const uint8_t magic[8] = "SGNTCTNR";
#define FORMAT_VERSION 1

void
container_done(struct container *c)
{
	objects_done(&c->objects);
	for (size_t i = 0; i < c->blob_count; i++)
		tpm_key_done(&c->blobs[i]);
	free(c->blobs);
	*c = (struct container) { 0 };
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
	SG_TRY(write_vault(&b, &c->vault));
	SG_TRY(buf_add(&b, c->salt, sizeof(c->salt)));
	SG_TRY(buf_add_u32(&b, c->cost.n));
	SG_TRY(buf_add_u32(&b, c->cost.r));
	SG_TRY(buf_add_u32(&b, c->cost.p));
	SG_TRY(objects_write(&b, &c->objects));
	for (size_t i = 0; i < c->blob_count; i++) {
		SG_TRY(buf_add_block(&b, buf_bytes(&c->blobs[i].public)));
		SG_TRY(buf_add_block(&b, buf_bytes(&c->blobs[i].private)));
	}
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

static enum sg_err
read_head(struct reader *r, struct container *c)
{
	uint16_t version;
	uint8_t phase;

	(void)read_bytes(r, sizeof(magic));
	version = read_u16(r);
	if (!r->failed && version != FORMAT_VERSION)
		return sg_fail(SG_EUNSUPPORTED, "its format is version %u and "
		    "this signetd knows %d", version, FORMAT_VERSION);
	phase = read_u8(r);
	if (phase < CONTAINER_PLANNED || phase > CONTAINER_DOOMED)
		reader_fail(r);
	c->phase = (enum container_phase)phase;
	c->uid = read_u32(r);
	c->created = read_u64(r);
	read_vault(r, &c->vault);
	read_copy(r, c->salt, sizeof(c->salt));
	c->cost.n = read_u32(r);
	c->cost.r = read_u32(r);
	c->cost.p = read_u32(r);
	if (!r->failed && (!pin_cost_valid(c->cost) ||
	    c->vault.pin_limit < 1 || c->vault.pin_limit > 255))
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
	for (size_t i = 0; i < c->blob_count; i++) {
		struct tpm_key *k = &c->blobs[i];

		k->type = tpm_type(c->objects.keys[i].type);
		SG_TRY(buf_set(&k->public,
		    read_block(r, TPM_KEY_PUBLIC_MAX)));
		SG_TRY(buf_set(&k->private,
		    read_block(r, TPM_KEY_PRIVATE_MAX)));
	}
	return SG_OK;
}

/* A record that names another public key than the TPM's blob would make the
 * owner certify a key that is not his. */
static enum sg_err
check_key(const struct container *c, size_t i)
{
	const struct key_object *k = &c->objects.keys[i];
	auto_done(buf) spki = { 0 };
	uint8_t id[OBJECT_ID_LEN];

	SG_TRY(container_name_check(k->name, "a key's name"));
	SG_TRY(tpm_key_spki(&c->blobs[i], &c->vault, &spki));
	SG_TRY(spki_key_id(buf_bytes(&spki), id));
	if (!bytes_eq(buf_bytes(&spki), buf_bytes(&k->spki)) ||
	    memcmp(id, k->id, sizeof(id)) != 0)
		return sg_fail(SG_EFORMAT, "key '%s' is not the one that the "
		    "TPM made", k->name);
	return SG_OK;
}

static enum sg_err
read_all(struct bytes x, struct container *c)
{
	struct reader r;

	SG_TRY(check_sum(&x));
	r = reader_of(x);
	SG_TRY(read_head(&r, c));
	if (!r.failed)
		SG_TRY(objects_read(&r, &c->objects));
	SG_TRY(read_blobs(&r, c));
	SG_TRY(reader_finish(&r, "container"));
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

static enum sg_err
fill_key(struct key_object *o, const char *name, enum object_key_type type,
    uint64_t created, const struct vault *v, const struct tpm_key *k)
{
	SG_TRY(str_dup(&o->name, name));
	o->type = type;
	o->created = created;
	SG_TRY(tpm_key_spki(k, v, &o->spki));
	return spki_key_id(buf_bytes(&o->spki), o->id);
}

enum sg_err
container_add_key(struct container *c, const char *name,
    enum object_key_type type, uint64_t created, struct tpm_key *k)
{
	struct objects *o = &c->objects;
	struct key_object *object;
	struct tpm_key *blob;
	enum sg_err e;

	SG_TRY(container_name_check(name, "a key's name"));
	if (objects_key(o, name) != NULL)
		return sg_fail(SG_EEXIST, "there is a key '%s' already",
		    name);
	SG_TRY(objects_grow(&c->blobs, &c->blob_count, sizeof(*blob),
	    &blob));
	e = objects_grow(&o->keys, &o->key_count, sizeof(*object), &object);
	if (e != SG_OK) {
		c->blob_count--;
		return e;
	}
	e = fill_key(object, name, type, created, &c->vault, k);
	if (e != SG_OK) {
		container_drop_key(c, o->key_count - 1);
		return e;
	}
	*blob = *k;
	*k = (struct tpm_key) { 0 };
	return SG_OK;
}

void
container_drop_key(struct container *c, size_t index)
{
	tpm_key_done(&c->blobs[index]);
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
