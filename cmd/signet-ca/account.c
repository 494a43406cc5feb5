/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "ca/accounts.h"
#include "pki/name.h"
#include "rows.h"

static enum sg_err
account_from(struct ca_account *a, const struct options *o)
{
	SG_TRY(option_needed(o->sid, "sid"));
	SG_TRY(str_dup(&a->name, o->operand));
	SG_TRY(identity_from(&a->identity, o));
	return texts_add_all(&a->groups, &o->group);
}

static enum sg_err
run_add(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(ca_account) a = { 0 };
	struct ca_act act;

	SG_TRY(account_from(&a, o));
	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(ca_account_add(s.store, &a, &act));
	(void)printf("added %s\n", a.name);
	return SG_OK;
}

static const enum opt add_options[] = { OPT_DIR, OPT_SID, OPT_UPN, OPT_GROUP,
	OPT_SUBJECT, OPT_EMAIL, OPT_DNS, OPT_GUID, OPT_END };

const struct verb verb_account_add = {
	.name = "account add",
	.summary = "makes somebody known, with names and groups",
	.usage = "account add --dir DIR NAME --sid SID [--upn UPN]"
	    " [--group WHO]...\n"
	    "                        [OPTIONS]",
	.text = "Requests that an officer does not vouch for are issued to"
	    " accounts only, by\nthe rights that templates grant them and"
	    " their groups.  NAME is what Windows\ncalls it, DOMAIN\\user.\n\n"
	    "  --sid SID            the account's; its domain is the one that"
	    " 'Domain\n"
	    "                       Users' and the like belong to\n"
	    "  --group WHO          a SID, an SDDL alias (DU), or a group"
	    " that every\n"
	    "                       domain has; may be repeated\n"
	    "  --upn USER@DOMAIN    --email ADDRESS    --dns NAME    --guid"
	    " GUID\n"
	    "  --subject DN         as LDAP writes it, CN first\n",
	.options = add_options,
	.operands = 1,
	.run = run_add,
};

static enum sg_err
run_remove(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct ca_act act;

	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(ca_account_remove(s.store, o->operand, &act));
	(void)printf("removed %s; its certificates stay valid ('signet-ca"
	    " cert search')\n", o->operand);
	return SG_OK;
}

static const enum opt remove_options[] = { OPT_DIR, OPT_END };

const struct verb verb_account_remove = {
	.name = "account remove",
	.summary = "forgets somebody",
	.usage = "account remove --dir DIR NAME",
	.text = "By name or UPN.  From then on nothing is issued to the"
	    " account, nor renewed;\nwhat it has is not revoked by that.\n",
	.options = remove_options,
	.operands = 1,
	.run = run_remove,
};

static enum sg_err
row_json(struct rows *rows, const struct ca_account *a)
{
	const struct identity *id = &a->identity;
	auto_free(json_out) j = NULL;
	auto_str subject = NULL;

	SG_TRY(rows_object(&j));
	if (id->subject.n > 0)
		SG_TRY(name_print(&subject, buf_bytes(&id->subject)));
	json_put_str(j, "name", a->name);
	json_put_str(j, "sid", id->sid);
	json_put_str(j, "upn", id->upn);
	json_put_str(j, "email", id->email);
	json_put_str(j, "subject", subject);
	json_put_array(j, "dns");
	for (size_t i = 0; i < id->dns.n; i++)
		json_put_str(j, NULL, id->dns.v[i]);
	json_close(j);
	json_put_array(j, "groups");
	for (size_t i = 0; i < a->groups.n; i++)
		json_put_str(j, NULL, a->groups.v[i]);
	json_close(j);
	return rows_put(rows, j);
}

static enum sg_err
row_print(void *arg, const struct ca_account *a)
{
	struct rows *rows = arg;
	auto_str groups = NULL;

	if (rows->json)
		return row_json(rows, a);
	SG_TRY(texts_join(&groups, &a->groups));
	rows_line(rows, "%-20s  %-28s  %s  %s", a->name,
	    a->identity.upn != NULL ? a->identity.upn : "-",
	    a->identity.sid, groups);
	return SG_OK;
}

static enum sg_err
run_list(const struct options *o)
{
	auto_free(ca_store) s = NULL;
	struct rows rows;

	SG_TRY(ca_store_open(&s, o->dir));
	rows_begin(&rows, o, "NAME                  UPN                         "
	    "  SID, GROUPS", "Nobody is known ('signet-ca account add').");
	SG_TRY(ca_accounts_each(s, row_print, &rows));
	rows_end(&rows);
	return SG_OK;
}

static const enum opt list_options[] = { OPT_DIR, OPT_JSON, OPT_END };

const struct verb verb_account_list = {
	.name = "account list",
	.summary = "lists who is known",
	.usage = "account list --dir DIR [--json]",
	.text = "Name, UPN, SID and groups.\n\n"
	    "  --json               for programs\n",
	.options = list_options,
	.run = run_list,
};
