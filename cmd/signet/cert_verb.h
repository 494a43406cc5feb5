/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SIGNET_CERT_VERB_H
#define SIGNET_CERT_VERB_H

/* The larger forms of 'signet cert'. */

#include "base/err.h"

enum sg_err cert_show(int argc, char **argv);
enum sg_err cert_import(int argc, char **argv);

#endif
