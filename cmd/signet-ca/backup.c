/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "ca/backup.h"
#include "verb.h"

static enum sg_err
run_backup(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct ca_act act;

	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(ca_backup(s.store, o->operand, &act));
	(void)printf("%s holds everything, the keys too\n", o->operand);
	return SG_OK;
}

static const enum opt options[] = { OPT_DIR, OPT_END };

const struct verb verb_backup = {
	.name = "backup",
	.summary = "writes everything to one file",
	.usage = "backup --dir DIR FILE",
	.text = "Database, certificates, keys (as they are encrypted there),"
	    " lists, templates and\nconfiguration, of one moment, while the CA"
	    " works.  The file is as secret as the\nkeys are.\n",
	.options = options,
	.operands = 1,
	.run = run_backup,
};

static enum sg_err
run_restore(const struct options *o)
{
	auto_str who = NULL;
	struct ca_act act = { .at = clock_now() };

	SG_TRY(officer_name(&who));
	act.who = who;
	SG_TRY(ca_restore(o->dir, o->operand, &act));
	(void)printf("%s is the CA of %s\n", o->dir, o->operand);
	return SG_OK;
}

const struct verb verb_restore = {
	.name = "restore",
	.summary = "makes the folder anew from such a file",
	.usage = "restore --dir DIR FILE",
	.text = "Into a folder without a CA: one that is damaged is moved away"
	    " first.  Database and\naudit log are checked before.  What was"
	    " issued since the backup is not known to\nthe CA any more, and so"
	    " cannot be revoked.\n",
	.options = options,
	.operands = 1,
	.run = run_restore,
};
