/* SPDX-License-Identifier: BSD-2-Clause */

/* Keys and who holds them: the keeper's side of container/ksp.h. */

#include <string.h>

#include "base/log.h"
#include "container/keeper_impl.h"
#include "ipc/objects_wire.h"

static struct ksp_room
room_of(struct keeper *k, struct held *h)
{
	return (struct ksp_room) { .tpm = k->tpm, .c = &h->c,
		.login = &h->login, .root = &h->root };
}

enum sg_err
keeper_find_for(struct keeper *k, const struct caller *c, enum provider p,
    struct held **out)
{
	return provider_wants_gesture(p) ? keeper_find_open(k, c, out)
					 : keeper_find(k, c->uid, out);
}

enum sg_err
keeper_private(struct keeper *k, struct held *h, size_t key, struct bytes in,
    struct buf *out)
{
	const struct key_object *o = &h->c.objects.keys[key];
	const struct ksp *p = ksp_find(o->provider);
	struct ksp_room room = room_of(k, h);
	struct tpm *t = NULL;
	enum sg_err e;

	if (ksp_wants_tpm(&room, o->provider))
		SG_TRY(keeper_tpm(k, &t));
	room.tpm = k->tpm;
	e = p->use(&room, o, &h->c.blobs[key], in, out);
	if (keeper_again(k, e)) {
		room.tpm = k->tpm;
		e = p->use(&room, o, &h->c.blobs[key], in, out);
	}
	return e;
}

/* A fresh one into the copy that will be saved. */
static enum sg_err
make_in(struct keeper *k, struct held *h, struct container *copy,
    const struct key_ask *ask)
{
	auto_done(key_object) record = { .provider = ask->provider,
		.type = ask->type, .created = (uint64_t)time(NULL) };
	auto_done(key_blob) blob = { 0 };
	struct ksp_room room = room_of(k, h);
	struct tpm *t = NULL;

	if (h->c.lock == CONTAINER_BY_TPM)
		SG_TRY(keeper_tpm(k, &t));
	room.tpm = t;
	SG_TRY(str_dup(&record.name, ask->name));
	SG_TRY(str_dup(&record.token, ""));
	SG_TRY(str_dup(&record.serial, ""));
	SG_TRY(ksp_find(ask->provider)->make(&room, copy, ask->name,
	    ask->type, &blob, &record.spki));
	return container_add_key(copy, &record, &blob);
}

static enum sg_err
name_free(const struct held *h, const char *name)
{
	SG_TRY(container_name_check(name, "a key's name"));
	if (objects_key(&h->c.objects, name) != NULL)
		return sg_fail(SG_EEXIST, "there is a key '%s' already",
		    name);
	return SG_OK;
}

static enum sg_err
key_make(struct keeper *k, const struct caller *c, const struct key_ask *ask)
{
	auto_done(container) copy = { 0 };
	struct held *h = NULL;
	enum sg_err e;

	if (ksp_find(ask->provider) == NULL)
		return sg_fail(SG_EARG, "no such key storage provider");
	SG_TRY(keeper_find_for(k, c, ask->provider, &h));
	SG_TRY(name_free(h, ask->name));
	if (ask->type != OBJECT_RSA2048 && ask->type != OBJECT_P256)
		return sg_fail(SG_EARG, "the key type is neither RSA-2048 "
		    "nor P-256");
	/* Before the TPM takes its time. */
	SG_TRY(quota_check(h->c.objects.key_count + 1, k->quota.keys, "keys",
	    "keys"));
	SG_TRY(keeper_edit(h, &copy));
	e = make_in(k, h, &copy, ask);
	if (e == SG_OK)
		e = keeper_commit(k, h, &copy);
	/* A root that is not on the disk would encrypt keys for nobody. */
	if (e != SG_OK && h->c.root.public.n == 0)
		secret_done(&h->root);
	return e;
}

enum sg_err
keeper_key_make(struct keeper *k, const struct caller *c,
    const struct key_ask *ask)
{
	enum sg_err e = key_make(k, c, ask);

	if (keeper_tells(k, e))
		audit("key-make", CALLER_AUDIT " key=\"%s\" provider=%s "
		    "result=%s", CALLER_ARGS(c), audit_text(ask->name).s,
		    provider_word(ask->provider), sg_err_name(e));
	return e;
}

/* Another record of the same key would leave the choice between them to
 * chance. */
static enum sg_err
not_recorded(const struct objects *o, const struct key_object *record)
{
	for (size_t i = 0; i < o->key_count; i++)
		if (bytes_eq(buf_bytes(&o->keys[i].spki),
		    buf_bytes(&record->spki)))
			return sg_fail(SG_EEXIST, "the key is known already, "
			    "as '%s'", o->keys[i].name);
	return SG_OK;
}

static enum sg_err
key_record(struct keeper *k, const struct caller *c,
    struct key_object *record)
{
	auto_done(container) copy = { 0 };
	struct key_blob none = { 0 };
	struct held *h = NULL;

	if (record->provider != KSP_SMARTCARD)
		return sg_fail(SG_EARG, "only keys of a token are recorded; "
		    "others are made");
	SG_TRY(keeper_find(k, c->uid, &h));
	SG_TRY(name_free(h, record->name));
	SG_TRY(not_recorded(&h->c.objects, record));
	SG_TRY(quota_check(h->c.objects.key_count + 1, k->quota.keys, "keys",
	    "keys"));
	SG_TRY(keeper_edit(h, &copy));
	record->created = (uint64_t)time(NULL);
	SG_TRY(container_add_key(&copy, record, &none));
	return keeper_commit(k, h, &copy);
}

enum sg_err
keeper_key_record(struct keeper *k, const struct caller *c,
    struct key_object *record)
{
	auto_str name = NULL;
	auto_str serial = NULL;
	enum sg_err e;

	SG_TRY(str_dup(&name, record->name));
	SG_TRY(str_dup(&serial, record->serial));
	e = key_record(k, c, record);
	if (keeper_tells(k, e))
		audit("key-record", CALLER_AUDIT " key=\"%s\" serial=\"%s\" "
		    "result=%s", CALLER_ARGS(c), audit_text(name).s,
		    audit_text(serial).s, sg_err_name(e));
	return e;
}
