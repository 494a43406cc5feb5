/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CA_CALLER_H
#define SIGNET_CA_CALLER_H

/*
 * Root in somebody else's folder.  What stands there is its owner's to
 * replace at any moment, by links to files that he could not open himself.  So
 * root works in it with the owner's rights; with its own only on files that
 * the command line names, and to signal the server.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Takes the rights of the folder's owner.  Nothing when the caller is not
 * root, the folder is root's, or there is none.  SG_EPERM. */
enum sg_err owner_act(const char *dir);

/* auto_done(caller) c = { 0 }; caller_act(&c): the caller's own rights until
 * the end of the scope. */
struct caller {
	bool back;
	uid_t uid;
	gid_t gid;
};
void caller_act(struct caller *c);
void caller_done(struct caller *c);

#endif
