/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ca/challenges.h"
#include "pki/name.h"
#include "rows.h"

#define HOUR		((int64_t)3600)
#define VALID		HOUR		/* as NDES has it */
#define VALID_STATIC	(365 * 24 * HOUR)
#define VALID_MAX	(3650 * 24 * HOUR)

/* "90m", "1h", "7d" */
static enum sg_err
valid_parse(int64_t *out, const char *text)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', HOUR },
		{ 'd', 24 * HOUR } };
	size_t n = strlen(text);
	auto_str digits = NULL;
	long long v;

	for (size_t i = 0; n > 1 && i < sizeof(units) / sizeof(units[0]);
	    i++) {
		if (text[n - 1] != units[i].unit)
			continue;
		SG_TRY(str_from_bytes(&digits, bytes_of(text, n - 1)));
		SG_TRY(number_parse(&v, digits, 1, VALID_MAX /
		    units[i].seconds, "--valid"));
		*out = v * units[i].seconds;
		return SG_OK;
	}
	return sg_fail(SG_EARG, "--valid: '%.40s' is no time: expected one as"
	    " 30m, 1h or 7d", text);
}

static enum sg_err
uses_from(struct texts *out, const struct options *o)
{
	for (size_t i = 0; i < o->eku.n; i++) {
		const char *oid = oid_of_name(o->eku.v[i]);

		if (oid == NULL)
			return sg_fail(SG_EARG, "--eku: there is no use "
			    "'%.80s'", o->eku.v[i]);
		SG_TRY(texts_add(out, oid));
	}
	return SG_OK;
}

static enum sg_err
binding_from(struct ca_binding *b, const struct options *o)
{
	SG_TRY(identity_from(&b->identity, o));
	SG_TRY(uses_from(&b->eku, o));
	b->key_bits = o->key_size;
	if (o->key_hash != NULL && (hex_decode(&b->key_hash, o->key_hash) !=
	    SG_OK || b->key_hash.n != SHA256_LEN))
		return sg_fail(SG_EARG, "--key-hash: expected a SHA-256 in "
		    "hexadecimal");
	return SG_OK;
}

static enum sg_err
made_print(const struct options *o, const struct secret *challenge,
    int64_t id, int64_t expires)
{
	auto_free(json_out) j = NULL;
	char until[32];

	time_text(until, expires);
	if (!o->json) {
		(void)fwrite(challenge->p, 1, challenge->n, stdout);
		(void)printf("\n");
		told("Challenge %lld for %s, good until %s; it is not shown "
		    "again.\n", (long long)id, o->template, until);
		return SG_OK;
	}
	SG_TRY(rows_object(&j));
	json_put_num(j, "challenge_number", id);
	json_put_str(j, "challenge", (const char *)challenge->p);
	json_put_str(j, "template", o->template);
	json_put_time(j, "expires", expires);
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
run_new(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(ca_binding) b = { 0 };
	auto_done(secret) challenge = { 0 };
	struct challenge_plan p = { .template = o->template, .binding = &b,
		.uses = o->is_static ? 0 : o->count > 0 ? o->count : 1,
		.seconds = o->is_static ? VALID_STATIC : VALID };
	struct ca_act act;
	int64_t id;

	SG_TRY(option_needed(o->template, "template"));
	if (o->is_static && o->count > 0)
		return sg_fail(SG_EARG, "--static is for any number of uses:"
		    " no --count with it");
	if (o->valid != NULL)
		SG_TRY(valid_parse(&p.seconds, o->valid));
	SG_TRY(binding_from(&b, o));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	/* One byte more stays zero: a string. */
	SG_TRY(secret_init(&challenge, CHALLENGE_LEN + 1));
	SG_TRY(challenge_new(&challenge, &id, s.store, &p, &act));
	return made_print(o, &challenge, id, act.at + p.seconds);
}

static const enum opt new_options[] = { OPT_DIR, OPT_TEMPLATE, OPT_SUBJECT,
	OPT_UPN, OPT_SID, OPT_EMAIL, OPT_DNS, OPT_IP, OPT_GUID, OPT_REALM,
	OPT_EKU, OPT_KEY_SIZE, OPT_KEY_HASH, OPT_VALID, OPT_COUNT, OPT_STATIC,
	OPT_JSON, OPT_END };

const struct verb verb_challenge_new = {
	.name = "challenge new",
	.summary = "makes a password by which a device enrolls",
	.usage = "challenge new --dir DIR --template NAME [OPTIONS]",
	.text = "Prints a challenge for SCEP: good once, for an hour, for one"
	    " template, and for no\nother names than are said here.  Without"
	    " names the request says its own, if the\ntemplate lets it, but"
	    " never a UPN or a SID, and no template for signing in is\ngiven"
	    " out so.\n\n"
	    "  --upn USER@DOMAIN    --sid SID    --email ADDRESS    --guid"
	    " GUID\n"
	    "  --dns NAME           --ip ADDRESS, may be repeated    --realm"
	    " REALM\n"
	    "  --subject DN         as LDAP writes it, CN first\n"
	    "  --eku USE            the request may ask for no other;"
	    " repeated\n"
	    "  --key-size BITS      of the key, exactly\n"
	    "  --key-hash HEX       SHA-256 of the key"
	    " (SubjectPublicKeyInfo, DER)\n"
	    "  --valid TIME         1h, as a rule; 30m, 7d\n"
	    "  --count N            good for so many certificates (1)\n"
	    "  --static             for any number, a year long; without"
	    " names only\n"
	    "  --json               with number and end, for programs\n",
	.options = new_options,
	.run = run_new,
};

struct listing {
	struct rows rows;
	int64_t now;
};

/* Whose certificate it will be, in a word. */
static enum sg_err
whose(char **out, const struct ca_binding *b)
{
	const struct identity *id = &b->identity;

	if (id->upn != NULL)
		return str_dup(out, id->upn);
	if (id->dns.n > 0)
		return str_dup(out, id->dns.v[0]);
	if (id->subject.n > 0)
		return name_print(out, buf_bytes(&id->subject));
	return str_dup(out, id->sid != NULL ? id->sid : "-");
}

static enum sg_err
put_binding(struct json_out *j, const struct ca_binding *b)
{
	const struct identity *id = &b->identity;
	auto_str subject = NULL, *hash = NULL;

	if (id->subject.n > 0)
		SG_TRY(name_print(&subject, buf_bytes(&id->subject)));
	if (b->key_hash.n > 0)
		SG_TRY(hex_encode(&hash, buf_bytes(&b->key_hash)));
	json_put_str(j, "subject", subject);
	json_put_str(j, "upn", id->upn);
	json_put_str(j, "sid", id->sid);
	json_put_array(j, "dns");
	for (size_t i = 0; i < id->dns.n; i++)
		json_put_str(j, NULL, id->dns.v[i]);
	json_close(j);
	json_put_array(j, "eku");
	for (size_t i = 0; i < b->eku.n; i++)
		json_put_str(j, NULL, b->eku.v[i]);
	json_close(j);
	json_put_num(j, "key_size", b->key_bits);
	json_put_str(j, "key_hash", hash);
	return SG_OK;
}

static enum sg_err
row_json(struct listing *l, const struct challenge_row *r)
{
	auto_free(json_out) j = NULL;

	SG_TRY(rows_object(&j));
	json_put_num(j, "challenge_number", r->id);
	json_put_str(j, "state", challenge_state(r, l->now));
	json_put_str(j, "template", r->template);
	json_put_str(j, "who", r->who);
	json_put_time(j, "made", r->made);
	json_put_time(j, "expires", r->expires);
	if (r->limited)
		json_put_num(j, "left", r->left);
	json_put_num(j, "used", r->used);
	json_put_num(j, "refused", r->refused);
	if (r->last_request > 0)
		json_put_num(j, "last_request", r->last_request);
	SG_TRY(put_binding(j, r->binding));
	return rows_put(&l->rows, j);
}

static enum sg_err
row_print(void *arg, const struct challenge_row *r)
{
	struct listing *l = arg;
	auto_str name = NULL;
	char until[32];

	if (l->rows.json)
		return row_json(l, r);
	SG_TRY(whose(&name, r->binding));
	time_text(until, r->expires);
	rows_line(&l->rows, "%6lld  %-7s  %s  %4lld  %7lld  %-22s  %s",
	    (long long)r->id, challenge_state(r, l->now), until,
	    (long long)r->used, (long long)r->refused, r->template, name);
	return SG_OK;
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct listing l = { .now = clock_now() };
	int64_t after;

	SG_TRY(after_number(&after, o));
	SG_TRY(ca_store_open(&s, o->dir));
	rows_begin(&l.rows, o, "NUMBER  STATE    GOOD UNTIL            USED"
	    "  REFUSED  TEMPLATE                FOR",
	    "There is none ('signet-ca challenge new').");
	SG_TRY(challenges_each(s, after, o->limit, row_print, &l));
	rows_end(&l.rows);
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_LIMIT, OPT_AFTER,
	OPT_JSON, OPT_END };

const struct verb verb_challenge_list = {
	.name = "challenge list",
	.summary = "lists challenges and what became of them",
	.usage = "challenge list --dir DIR [--limit N] [--after N] [--json]",
	.text = "Number, state, end, certificates and refusals, template, and"
	    " for whom.  The\nchallenge itself is known to nobody but whom it"
	    " was given.\n\n"
	    "  --limit N            so many at most\n"
	    "  --after N            only those after that one\n"
	    "  --json               for programs\n",
	.options = list_options,
	.run = run_list,
};

static enum sg_err
run_revoke(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct ca_act act;
	int64_t id;

	SG_TRY(operand_number(&id, o));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(challenge_revoke(s.store, id, &act));
	(void)printf("challenge %lld is revoked; what was issued by it stays"
	    " valid\n", (long long)id);
	return SG_OK;
}

static const enum opt revoke_options[] = { OPT_DIR, OPT_END };

const struct verb verb_challenge_revoke = {
	.name = "challenge revoke",
	.summary = "takes a challenge back",
	.usage = "challenge revoke --dir DIR NUMBER",
	.text = "Nobody gets anything by it from then on.\n",
	.options = revoke_options,
	.operands = 1,
	.run = run_revoke,
};
