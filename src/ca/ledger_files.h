/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_LEDGER_FILES_H
#define SG_CA_LEDGER_FILES_H

/* The ledger of a store that is files (ca/store.h): the folders are read as
 * they are at that moment, and no lock is needed. */

#include <dirent.h>

#include "ca/ledger.h"
#include "ca/store.h"

struct ca_ledger_files {
	const char *dir;	/* of the store */
	enum ca_level level;
	DIR *walk;		/* private from here on */
	int64_t since;
	struct buf serial;
};
void ca_ledger_files_done(struct ca_ledger_files *f);
/* f, with dir and level set, as a ledger. */
struct ca_ledger ca_ledger_of_files(struct ca_ledger_files *f);

#endif
