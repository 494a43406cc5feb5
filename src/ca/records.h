/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_CA_RECORDS_H
#define SG_CA_RECORDS_H

/* Between store.c and records.c. */

#include "ca/store.h"

/* DIR/folder/SERIALsuffix; SG_EARG when the serial number is none. */
enum sg_err ca_record_path(char **out, const struct ca_store *s,
    const char *folder, const char *serial, const char *suffix);

#endif
