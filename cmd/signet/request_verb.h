/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_REQUEST_VERB_H
#define SIGNET_REQUEST_VERB_H

/* The larger forms of 'signet request'. */

#include "ipc/objects.h"

enum sg_err request_new(int argc, char **argv);
enum sg_err request_renew(int argc, char **argv);
enum sg_err request_accept(int argc, char **argv);

/* SG_EEXIST when a request of that name waits. */
enum sg_err request_name_free(const struct objects *have, const char *name);
/* Where its files are: as --out says, or by its name in this folder. */
enum sg_err request_file_base(char **out, const char *given,
    const char *name);
/* SG_EEXIST says what to do. */
enum sg_err request_file_create(const char *path, struct bytes x);

#endif
