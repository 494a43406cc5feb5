/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_LEGACY_H
#define SG_CA_LEGACY_H

/* Between store.c and legacy.c: what version 0.1 kept in files, issued/SERIAL
 * .pem and revoked/SERIAL ("SECONDS REASON"). */

#include "ca/store.h"

bool ca_legacy_found(const char *dir);
/* Into the database, the oldest first, in one transaction; afterwards the
 * folders are called issued.imported and revoked.imported.  The note names a
 * file that cannot be read. */
enum sg_err ca_legacy_import(const struct ca_store *s);

#endif
