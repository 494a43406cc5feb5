/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/accounts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ca/requests.h"

void
ca_account_done(struct ca_account *a)
{
	free(a->name);
	identity_done(&a->identity);
	texts_done(&a->groups);
	*a = (struct ca_account) { 0 };
}

/* As names are compared: ASCII without case.  NULL stays NULL. */
static enum sg_err
fold(char **out, const char *s)
{
	if (s == NULL)
		return SG_OK;
	SG_TRY(str_dup(out, s));
	for (char *p = *out; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return SG_OK;
}

/* An entry may say either: "DU" or the SID that it stands for. */
static enum sg_err
add_both(struct texts *who, const char *trustee, const char *domain)
{
	auto_str sid = NULL, *alias = NULL;

	SG_TRY(trustee_sid(&sid, trustee, domain));
	SG_TRY(trustee_of_sid(&alias, sid, domain));
	SG_TRY(texts_add(who, sid));
	return strcmp(sid, alias) != 0 ? texts_add(who, alias) : SG_OK;
}

/* The SID without its last part; NULL for one of no domain. */
static enum sg_err
domain_of(char **out, const char *sid)
{
	const char *last = strrchr(sid, '-');

	if (last == NULL || strncmp(sid, "S-1-5-21-", 9) != 0)
		return SG_OK;
	return str_from_bytes(out, bytes_of(sid, (size_t)(last - sid)));
}

/* What everybody is in, both ways of saying it. */
static const char *const everybody[] = { "S-1-5-11", "AU", "S-1-1-0", "WD" };

static enum sg_err
trustees(struct texts *who, const struct ca_account *a)
{
	auto_str domain = NULL;

	SG_TRY(domain_of(&domain, a->identity.sid));
	SG_TRY(add_both(who, a->identity.sid, domain));
	for (size_t i = 0; i < sizeof(everybody) / sizeof(everybody[0]); i++)
		SG_TRY(texts_add(who, everybody[i]));
	for (size_t i = 0; i < a->groups.n; i++) {
		auto_str group = NULL;

		SG_TRY(trustee_parse(&group, a->groups.v[i]));
		SG_TRY(add_both(who, group, domain));
	}
	return SG_OK;
}

static enum sg_err
check(const struct ca_account *a)
{
	auto_done(texts) who = { 0 };
	size_t n = strlen(a->name);

	if (n == 0 || n > CA_ACCOUNT_NAME_MAX || !text_plain(a->name) ||
	    strchr(a->name, '"') != NULL)
		return sg_fail(SG_EARG, "'%.80s' is no name for an account",
		    a->name);
	if (a->identity.sid == NULL)
		return sg_fail(SG_EARG, "an account needs a SID: templates "
		    "grant rights to SIDs");
	if (a->groups.n > CA_ACCOUNT_GROUPS_MAX)
		return sg_fail(SG_EARG, "%zu groups are too many",
		    a->groups.n);
	SG_TRY(identity_check(&a->identity));
	return trustees(&who, a);
}

/* Blanks are in no alias and no SID. */
static enum sg_err
groups_text(struct buf *out, const struct texts *groups)
{
	for (size_t i = 0; i < groups->n; i++) {
		auto_str trustee = NULL;

		SG_TRY(trustee_parse(&trustee, groups->v[i]));
		SG_TRY(buf_printf(out, "%s%s", i > 0 ? " " : "", trustee));
	}
	return buf_terminate(out);
}

static enum sg_err
groups_read(struct texts *out, const char *text)
{
	auto_str all = NULL;

	SG_TRY(str_dup(&all, text));
	for (char *s = all; *s != '\0';) {
		size_t n = strcspn(s, " ");
		char *next = s + n + (s[n] == ' ');

		s[n] = '\0';
		SG_TRY(texts_add(out, s));
		s = next;
	}
	return SG_OK;
}

static enum sg_err
audit(const struct ca_store *s, const char *what, const char *name,
    const char *sid, const struct ca_act *act)
{
	auto_str detail = NULL;

	SG_TRY(str_printf(&detail, "name=\"%s\" sid=%s", name, sid));
	return ca_audit_add(s->db, &(struct ca_audit) { .at = act->at,
	    .who = act->who, .what = what, .detail = detail,
	    .result = "done" });
}

static enum sg_err
insert(const struct ca_store *s, const struct ca_account *a)
{
	auto_free(db_stmt) st = NULL;
	auto_done(buf) identity = { 0 }, groups = { 0 };
	auto_str name = NULL, *upn = NULL;

	SG_TRY(fold(&name, a->name));
	SG_TRY(fold(&upn, a->identity.upn));
	SG_TRY(ca_identity_encode(&identity, &a->identity));
	SG_TRY(groups_text(&groups, &a->groups));
	SG_TRY(db_prepare(&st, s->db, "INSERT INTO accounts (name, folded,"
	    " sid, upn, identity, member_of) VALUES ($1, $2, $3, $4, $5, $6)"));
	db_bind_text(st, 1, a->name);
	db_bind_text(st, 2, name);
	db_bind_text(st, 3, a->identity.sid);
	db_bind_text(st, 4, upn);
	db_bind_blob(st, 5, buf_bytes(&identity));
	db_bind_text(st, 6, (const char *)groups.p);
	return db_run(st);
}

static enum sg_err
taken(void)
{
	return sg_fail(SG_EEXIST,
	    "there is an account of that name, SID or UPN already");
}

/* One's name is not another's UPN: both find an account. */
static enum sg_err
names_free(const struct ca_store *s, const struct ca_account *a)
{
	const char *names[] = { a->name, a->identity.upn };

	for (size_t i = 0; i < 2 && names[i] != NULL; i++) {
		auto_done(ca_account) other = { 0 };
		enum sg_err e = ca_account_find(&other, s, names[i]);

		if (e != SG_ENOENT)
			return e == SG_OK ? taken() : e;
	}
	return SG_OK;
}

enum sg_err
ca_account_add(const struct ca_store *s, const struct ca_account *a,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	enum sg_err e;

	SG_TRY(check(a));
	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(names_free(s, a));
	if ((e = insert(s, a)) == SG_EEXIST)
		return taken();
	SG_TRY(e);
	SG_TRY(audit(s, "account add", a->name, a->identity.sid, act));
	return db_commit(&tx);
}

enum sg_err
ca_account_remove(const struct ca_store *s, const char *name,
    const struct ca_act *act)
{
	auto_done(db_tx) tx = { 0 };
	auto_done(ca_account) a = { 0 };
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_begin(&tx, s->db, DB_WRITE));
	SG_TRY(ca_account_find(&a, s, name));
	SG_TRY(db_prepare(&st, s->db, "DELETE FROM accounts WHERE id = $1"));
	db_bind_int(st, 1, a.id);
	SG_TRY(db_run(st));
	SG_TRY(audit(s, "account remove", a.name, a.identity.sid, act));
	return db_commit(&tx);
}

#define COLUMNS "SELECT id, name, identity, member_of FROM accounts"

static enum sg_err
row_read(struct ca_account *out, struct db_stmt *st)
{
	auto_done(ca_account) a = { .id = db_int(st, 0) };

	SG_TRY(str_dup(&a.name, db_text(st, 1)));
	SG_TRY(ca_identity_decode(&a.identity, db_blob(st, 2)));
	SG_TRY(groups_read(&a.groups, db_text(st, 3)));
	*out = a;
	a = (struct ca_account) { 0 };
	return SG_OK;
}

#define BY_NAME	COLUMNS " WHERE folded = $1"
#define BY_SID	COLUMNS " WHERE sid = $1"
#define BY_UPN	COLUMNS " WHERE upn = $1"

static enum sg_err
find(struct ca_account *out, const struct ca_store *s, const char *sql,
    const char *key)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, sql));
	db_bind_text(st, 1, key);
	SG_TRY(db_step(&row, st));
	if (!row)
		return sg_fail(SG_ENOENT, "there is no account '%.120s' "
		    "('signet-ca account list')", key);
	return row_read(out, st);
}

/* A name before a UPN of the same letters: one statement for both would sort
 * what it finds. */
enum sg_err
ca_account_find(struct ca_account *out, const struct ca_store *s,
    const char *name)
{
	auto_str key = NULL;
	enum sg_err e;

	SG_TRY(fold(&key, name));
	e = find(out, s, BY_NAME, key);
	return e == SG_ENOENT ? find(out, s, BY_UPN, key) : e;
}

enum sg_err
ca_account_of(struct ca_account *out, const struct ca_store *s,
    const struct identity *id)
{
	auto_done(ca_account) a = { 0 };
	auto_str upn = NULL;
	const char *now;

	SG_TRY(fold(&upn, id->upn));
	if (id->sid == NULL && upn == NULL)
		return sg_fail(SG_ENOENT,
		    "a certificate without SID and UPN is no account's");
	SG_TRY(id->sid != NULL ? find(&a, s, BY_SID, id->sid)
	    : find(&a, s, BY_UPN, upn));
	now = a.identity.upn;
	if (upn != NULL && (now == NULL || strcasecmp(now, upn) != 0))
		return sg_fail(SG_EVERIFY, "the account %s is called %s by "
		    "now, not %s", a.name, now != NULL ? now : "otherwise",
		    upn);
	*out = a;
	a = (struct ca_account) { 0 };
	return SG_OK;
}

enum sg_err
ca_accounts_each(const struct ca_store *s, ca_account_each *each, void *arg)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	SG_TRY(db_prepare(&st, s->db, COLUMNS " ORDER BY folded"));
	for (;;) {
		auto_done(ca_account) a = { 0 };

		SG_TRY(db_step(&row, st));
		if (!row)
			return SG_OK;
		SG_TRY(row_read(&a, st));
		SG_TRY(each(arg, &a));
	}
}

enum sg_err
ca_account_may(bool *out, const struct ca_account *a,
    const struct sd *security, enum access_right right)
{
	auto_done(texts) who = { 0 };

	*out = false;
	if (!security->dacl.present)
		return SG_OK;
	SG_TRY(trustees(&who, a));
	*out = access_granted(security, &who, right);
	return SG_OK;
}
