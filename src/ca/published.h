/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_PUBLISHED_H
#define SG_CA_PUBLISHED_H

/*
 * What others may fetch of a store, by the names that it has in URLs:
 *
 *	root.crt  root(1).crt  issuing.crt ...	each certificate
 *	root.crl  issuing.crl  issuing(2).crl ...	the list of each key
 *	issuing-delta.crl  issuing(2)-delta.crl ...
 */

#include "ca/publish.h"
#include "ca/store.h"

enum ca_file_kind { CA_FILE_CERT, CA_FILE_CRL };
#define CA_FILE_NAME_MAX 32

struct ca_file {
	char name[CA_FILE_NAME_MAX];
	enum ca_file_kind kind;
	const struct cert *cert;	/* the store's; NULL: a list */
	char *path;			/* of a list, which may not be there */
};
void ca_file_done(struct ca_file *f);


/* Borrowed: valid until the callback returns. */
typedef enum sg_err ca_file_each(void *arg, const struct ca_file *f);
enum sg_err ca_files_each(const struct ca_store *s, ca_file_each *each,
    void *arg);
/* SG_ENOENT when there is no such name. */
enum sg_err ca_file_find(struct ca_file *out, const struct ca_store *s,
    const char *name);

#endif
