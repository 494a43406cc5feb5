/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_BACKUP_H
#define SG_CA_BACKUP_H

/*
 * One file with everything: the database, and in a table of it the other files
 * of the folder, keys included.  It is as secret as they are.
 */

#include "ca/revocations.h"

/* While the CA works; a record in the audit log tells it.  SG_EEXIST when the
 * file is there. */
enum sg_err ca_backup(const struct ca_store *s, const char *file,
    const struct ca_act *act);

/* Into a folder without a CA (SG_EEXIST).  Everything is checked first, the
 * audit chain too; the folder becomes a CA in one step. */
enum sg_err ca_restore(const char *dir, const char *file,
    const struct ca_act *act);

#endif
