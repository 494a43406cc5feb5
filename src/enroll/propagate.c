/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/propagate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "enroll/accept.h"

#define ID_SHOWN 20	/* bytes of a CKA_ID in a key's name */

struct copying {
	struct client *client;
	struct objects *have;
	size_t added;
	char *above;	/* a token that has more than PROPAGATE_MAX */
};

static bool
stored(const struct objects *have, struct bytes der)
{
	for (size_t i = 0; i < have->cert_count; i++)
		if (bytes_eq(buf_bytes(&have->certs[i].der), der))
			return true;
	return false;
}

static const struct key_object *
key_of(const struct objects *have, struct bytes spki)
{
	for (size_t i = 0; i < have->key_count; i++)
		if (bytes_eq(buf_bytes(&have->keys[i].spki), spki))
			return &have->keys[i];
	return NULL;
}

static bool
is_of(const struct key_object *key, const char *serial)
{
	return key != NULL && key->provider == KSP_SMARTCARD &&
	    strcmp(key->serial, serial) == 0;
}

/* Both are counted: a token may have many certificates for one key. */
static bool
has_room(const struct objects *have, const struct key_object *record)
{
	size_t keys = 0, certs = 0;

	for (size_t i = 0; i < have->key_count; i++)
		keys += is_of(&have->keys[i], record->serial);
	for (size_t i = 0; i < have->cert_count; i++)
		certs += is_of(objects_key(have, have->certs[i].key),
		    record->serial);
	return certs < PROPAGATE_MAX && (keys < PROPAGATE_MAX ||
	    key_of(have, buf_bytes(&record->spki)) != NULL);
}

/* Serial number and id say which key it is; characters that names do not have
 * become '_'. */
static enum sg_err
name_of(char **out, const struct key_object *record)
{
	struct bytes id = buf_bytes(&record->token_id);
	auto_str hex = NULL;

	if (id.n > ID_SHOWN)
		id.n = ID_SHOWN;
	SG_TRY(hex_encode(&hex, id));
	SG_TRY(str_printf(out, "card-%s/%s", record->serial, hex));
	for (char *s = *out; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("._@/{}-", *s) ==
		    NULL)
			*s = '_';
	return SG_OK;
}

static enum sg_err
again(struct copying *c)
{
	objects_done(c->have);
	return client_objects(c->client, c->have);
}

/* The name of its record, which is made if there is none. */
static enum sg_err
key_name(struct copying *c, struct key_object *record, char **out)
{
	const struct key_object *known = key_of(c->have,
	    buf_bytes(&record->spki));

	if (known != NULL)
		return str_dup(out, known->name);
	SG_TRY(name_of(&record->name, record));
	SG_TRY(client_key_record(c->client, record));
	SG_TRY(again(c));
	return str_dup(out, record->name);
}

static enum sg_err
one(void *arg, struct bytes der, struct key_object *record)
{
	struct copying *c = arg;
	auto_free(cert) x = NULL;
	auto_str label = NULL;
	auto_str key = NULL;
	struct cert_ask ask = { .kind = CERT_PERSONAL, .der = der,
		.provider = PROVIDER_SMARTCARD };
	const struct key_object *k;

	if (stored(c->have, der))
		return SG_OK;
	if (!has_room(c->have, record))
		return c->above != NULL ? SG_OK
		    : str_printf(&c->above, "'%s' (serial number %s)",
		    record->token, record->serial);
	SG_TRY(cert_parse(&x, der));
	SG_TRY(accept_label(&label, x, c->have));
	SG_TRY(key_name(c, record, &key));
	k = objects_key(c->have, key);
	/* The same key may have been brought to the card from elsewhere. */
	if (k == NULL || k->provider != KSP_SMARTCARD)
		return SG_OK;
	ask.label = label;
	ask.key = key;
	SG_TRY(client_certs_add(c->client, &ask, 1, NULL));
	c->added++;
	return again(c);
}

enum sg_err
propagate(struct client *client, const struct cards *cards,
    struct objects *have, size_t *added)
{
	struct copying c = { client, have, 0, NULL };
	enum sg_err e = cards_certs(cards, one, &c);
	auto_str above = c.above;

	*added = c.added;
	SG_TRY(e);
	if (above != NULL)
		return sg_fail(SG_ELIMIT, "the card %s has more than the %u "
		    "that are copied of one card: delete what you need not "
		    "('signet cert delete', 'signet key delete')", above,
		    PROPAGATE_MAX);
	return SG_OK;
}
