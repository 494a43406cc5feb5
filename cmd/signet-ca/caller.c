/* SPDX-License-Identifier: BSD-2-Clause */
#include "caller.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verb.h"

enum sg_err
owner_act(const char *dir)
{
	const struct passwd *p;
	struct stat st;

	if (geteuid() != 0 || getuid() != 0 || stat(dir, &st) != 0 ||
	    st.st_uid == 0)
		return SG_OK;
	if ((p = getpwuid(st.st_uid)) == NULL)
		return sg_fail(SG_EPERM, "%s: its owner, %u, is no user", dir,
		    (unsigned)st.st_uid);
	if (initgroups(p->pw_name, p->pw_gid) != 0 ||
	    setegid(p->pw_gid) != 0 || seteuid(p->pw_uid) != 0)
		return sg_fail(SG_EPERM, "%s: acting as %s: %s", dir,
		    p->pw_name, strerror(errno));
	return SG_OK;
}

/* Whoever cannot go back must not go on. */
static void
must(int rc)
{
	if (rc != 0)
		_exit(EXIT_REFUSED);
}

void
caller_act(struct caller *c)
{
	*c = (struct caller) { getuid() == 0 && geteuid() != 0, geteuid(),
		getegid() };
	if (!c->back)
		return;
	must(seteuid(0));
	must(setegid(0));
}

void
caller_done(struct caller *c)
{
	if (!c->back)
		return;
	c->back = false;
	must(setegid(c->gid));
	must(seteuid(c->uid));
}
