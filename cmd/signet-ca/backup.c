/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/backup.h"
#include "verb.h"

#define CHUNK	65536	/* bytes */

static enum sg_err
copy_out(int from, const char *path)
{
	auto_done(caller) caller = { 0 };
	auto_done(draft) d = { .fd = -1 };
	uint8_t chunk[CHUNK];
	ssize_t n;

	caller_act(&caller);
	SG_TRY(draft_open(&d, path));
	while ((n = read(from, chunk, sizeof(chunk))) > 0)
		SG_TRY(file_write_fd(d.fd, bytes_of(chunk, (size_t)n), path));
	if (n < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	return draft_commit(&d, 0600, DRAFT_CREATES);
}

/* The owner of the folder makes it there, where he may, and it becomes the
 * caller's where that one wants it. */
static enum sg_err
backup_across(const struct ca_store *s, const char *path,
    const struct ca_act *act)
{
	auto_str here = NULL;
	auto_fd fd = -1;

	if (access(path, F_OK) == 0)
		return sg_fail(SG_EEXIST, "%s exists already", path);
	SG_TRY(str_printf(&here, "%s/backup.%d", s->dir, (int)getpid()));
	SG_TRY(ca_backup(s, here, act));
	fd = open(here, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return sg_fail(SG_EIO, "%s: %s", here, strerror(errno));
	SG_TRY(file_remove(here));
	return copy_out(fd, path);
}

static enum sg_err
run_backup(const struct options *o)
{
	auto_done(session) s = { 0 };
	struct ca_act act;

	SG_TRY(session_open(&s, o));
	act = session_act(&s);
	SG_TRY(geteuid() == getuid() ? ca_backup(s.store, o->operand, &act)
	    : backup_across(s.store, o->operand, &act));
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
	.own_rights = true,
};
