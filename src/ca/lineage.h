/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_LINEAGE_H
#define SG_CA_LINEAGE_H

/* The CAs' certificates between the database and a store's folder; for
 * src/ca only. */

#include "ca/store.h"

/* What lies there as init and earlier versions left it, into an empty table:
 * root/cert.pem, issuing/cert.pem, or issuing/request.pem that waits for one.
 * Inside a transaction. */
enum sg_err ca_lineage_import(struct db *db, const char *dir, int64_t at);

/* Reads them anew: s->gen, s->ours, s->cert, the URLs. */
enum sg_err ca_lineage_load(struct ca_store *s);

/* Writes the files that are missing; SG_EVERIFY when one is another than the
 * database's. */
enum sg_err ca_lineage_files(const struct ca_store *s);

/* "DIR/issuing/cert(1).pem" */
enum sg_err ca_lineage_path(char **out, const char *dir, enum ca_level level,
    const char *stem, unsigned number);

#endif
