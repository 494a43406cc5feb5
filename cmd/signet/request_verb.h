/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_REQUEST_VERB_H
#define SIGNET_REQUEST_VERB_H

/* The larger forms of 'signet request'. */

#include "base/err.h"

enum sg_err request_new(int argc, char **argv);
enum sg_err request_accept(int argc, char **argv);

#endif
