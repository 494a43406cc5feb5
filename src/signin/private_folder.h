/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_SIGNIN_PRIVATE_FOLDER_H
#define SG_SIGNIN_PRIVATE_FOLDER_H

/*
 * A folder that lives as long as one sign-in and that nobody else can enter:
 * $XDG_RUNTIME_DIR/signet/rdp-XXXXXX, or under /tmp/signet-UID without such a
 * place.  It is locked while its process lives; what a killed one left behind
 * is removed by the next.
 */

#include "base/bytes.h"

struct private_folder {
	char *path;
	char *base;
	int fd;		/* holds the lock; not inherited by programs */
};

/*
 * Removes the leftovers of dead processes and makes a folder.  SG_EPERM when
 * the place above it belongs to or is open to somebody else.
 */
enum sg_err private_folder_init(struct private_folder *f);

/* Overwrites and removes every file in it, and the folder. */
void private_folder_done(struct private_folder *f);

/* The path of a file in it, in memory of its own. */
enum sg_err private_folder_path(const struct private_folder *f,
    const char *name, char **out);

/* Writes a file that only its owner reads; *path as above. */
enum sg_err private_folder_write(const struct private_folder *f,
    const char *name, struct bytes x, char **path);

#endif
